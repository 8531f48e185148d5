// The agent from file to HTTP, by kind of line, uncompressed and with gzip.
import { almadia } from '../rivals/almadia.mjs';
import { measureCeiling } from '../support/ceiling.mjs';
import { kinds } from '../support/data.mjs';
import { alternate, column } from '../support/rounds.mjs';
import { median, medianRatio } from '../support/statistics.mjs';
import { figure, times } from '../support/table.mjs';

export const throughput = {
  summary: 'file to HTTP, each kind of line, uncompressed and gzip',
  run: async (context) => {
    const { version, settings } = almadia.find();
    const entrants = [false, true].flatMap((gzip) =>
      Object.keys(kinds)
        .filter((kind) => kind === 'plain' || (context.options.kinds?.includes(kind) ?? true))
        .map((kind) => ({ program: almadia, kind, gzip })),
    );
    const results = await alternate(entrants, context);
    const measured = entrants.map((entrant, index) => ({ ...entrant, ...results[index] }));
    for (const entry of measured) {
      context.tell(`the receiver's ceiling: ${entry.kind}`);
      entry.ceiling = await measureCeiling(entry);
    }
    const tables = [false, true].map((gzip) =>
      tableOf(
        measured.filter((entry) => entry.gzip === gzip),
        gzip,
      ),
    );
    const figures = Object.fromEntries(
      measured.map((entry) => [`${entry.kind}${entry.gzip ? '-gzip' : ''}`, figuresOf(entry, measured)]),
    );
    return { settings: [`almadia ${version}: ${settings}`], tables, figures };
  },
};

function figuresOf(entry, measured) {
  const plain = measured.find(({ kind, gzip }) => kind === 'plain' && gzip === entry.gzip);
  const speeds = column(entry.runs, 'mbPerSecond');
  return {
    mbPerSecond: median(speeds),
    ofPlain: medianRatio(speeds, column(plain.runs, 'mbPerSecond')),
    cpuPerGb: median(column(entry.runs, 'cpuPerGb')),
    cpuOfPlain: medianRatio(column(entry.runs, 'cpuPerGb'), column(plain.runs, 'cpuPerGb')),
    peakBytes: Math.max(...column(entry.runs, 'peakBytes')),
    sentPerByte: median(column(entry.runs, 'sentPerByte')),
    receiverBusy: median(column(entry.runs, 'receiverBusy')),
    ceilingMbPerSecond: entry.ceiling,
    fileBytes: entry.bytes,
  };
}

function tableOf(entries, gzip) {
  return {
    title: `Throughput of the agent, ${gzip ? 'gzip (output hub)' : 'uncompressed (output ila-soc)'}`,
    columns: [
      ...['lines', 'MB/s of input', 'to plain', 'CPU s/GB', 'to plain', 'peak MB', 'sent per byte'],
      ...['receiver busy', 'of its ceiling', 'file MB'],
    ],
    rows: entries.map((entry) => {
      const of = figuresOf(entry, entries);
      return [
        `${entry.kind}: ${kinds[entry.kind].describe}`,
        figure(of.mbPerSecond),
        times(of.ofPlain),
        figure(of.cpuPerGb),
        times(of.cpuOfPlain),
        figure(of.peakBytes / 1e6),
        figure(of.sentPerByte),
        figure(of.receiverBusy),
        figure(of.mbPerSecond / entry.ceiling),
        figure(entry.bytes / 1e6),
      ];
    }),
    notes: [
      'Receiver busy: its share of a core meanwhile. Its ceiling: what it takes from a sender that does no work.',
    ],
  };
}
