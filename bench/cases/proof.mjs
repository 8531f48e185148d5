// That what is fast is also right: a file of each kind of line through each output, every line read at the receiver and
// compared with the file. A figure of the other benches is worth nothing where a line is missing here.
import { join } from 'node:path';
import { almadia, almadiaBlocks } from '../rivals/almadia.mjs';
import { kinds, writeData } from '../support/data.mjs';
import { describeFile } from '../support/proof.mjs';
import { shipOnce } from '../support/shipping.mjs';

const bytes = 4e6;
const ways = [
  { name: 'ila-soc', program: almadia, gzip: false },
  { name: 'hub, envelope, gzip', program: almadia, gzip: true },
  { name: 'hub, blocks', program: almadiaBlocks, gzip: false },
  { name: 'hub, blocks, compressed', program: almadiaBlocks, gzip: true },
];

export const proof = {
  summary: 'every line of every kind arrives exactly once, by each output',
  run: async ({ directory, tell }) => {
    const rows = [];
    const failures = [];
    for (const kind of Object.keys(kinds)) {
      const data = writeData(join(directory, `${kind}.log`), { kind, bytes });
      const expected = describeFile(data.path);
      for (const { name, program, gzip } of ways) {
        tell(`${kind}, ${name}`);
        const { proof: seen } = await shipOnce(program, { data, directory, gzip, check: 'proof' });
        const same =
          seen.sum === expected.sum && seen.different === expected.different && seen.repeated === 0;
        rows.push([kind, name, data.lines, seen.different, seen.repeated, same ? 'yes' : 'NO']);
        if (!same) failures.push(`${kind}, ${name}`);
      }
    }
    if (failures.length > 0)
      throw new Error(`lines are missing, repeated or changed: ${failures.join('; ')}`);
    return {
      settings: [`almadia ${almadia.find().version}: defaults`],
      tables: [
        {
          title: 'Every line exactly once',
          columns: ['lines', 'output', 'written', 'arrived', 'repeated', 'all with their content'],
          rows,
        },
      ],
      figures: { files: rows.length },
    };
  },
};
