/** Blocks with links, as an agent makes them. */
import type { Batch, BatchBody } from '../../src/event/batch.ts';
import { type Breaks, type Chain, noLink, type Statement } from '../../src/event/chain.ts';
import { nodeWork } from '../../src/host/node/work.ts';
import { encodeBlock } from '../../src/protocol/block.ts';
import { linkHash } from '../../src/protocol/chain.ts';
import type { Session } from '../../src/protocol/protocol.ts';
import { batchOf, type Piece } from '../compat/batches.ts';

export interface Made {
  readonly batch: Batch & { readonly chain: Chain; readonly contentHash: string };
  readonly body: BatchBody;
}

export interface More {
  readonly breaks?: Breaks;
  readonly statements?: readonly Statement[];
  readonly descriptions?: ReadonlyMap<string, object>;
}

/** Gives batches their places, one after another. */
export class ChainOfTests {
  readonly epoch: string;
  #previous = noLink;
  #sequence = 0;

  constructor(epoch = 'e'.repeat(32)) {
    this.epoch = epoch;
  }

  next(pieces: readonly Piece[], more: More = {}): Made {
    const { batch, body } = batchOf(...pieces);
    const { breaks, ...beside } = more;
    const contentHash = nodeWork.sha256([...body]);
    this.#sequence += 1;
    const batchId = nodeWork.sha256([`${this.epoch} ${this.#sequence}`, JSON.stringify(batch.segments)]);
    const link = { epoch: this.epoch, sequence: this.#sequence, previous: this.#previous };
    const chain = { ...link, part: '', batchId, contentHash, ...(breaks === undefined ? {} : { breaks }) };
    this.#previous = linkHash(chain, nodeWork);
    return { batch: { ...batch, ...beside, id: batchId, chain, contentHash }, body };
  }
}

/** A part of a batch that was split, with pieces of its own. */
export function partOf({ batch }: Made, part: string, pieces: readonly Piece[]): Made {
  const { batch: own, body } = batchOf(...pieces);
  const contentHash = nodeWork.sha256([...body]);
  const id = nodeWork.sha256([`${batch.id} ${part}`]);
  return { batch: { ...own, id, chain: { ...batch.chain, part }, contentHash }, body };
}

export const sessionOfTests: Session = {
  ...{ agentId: 'web', hostname: 'web', osType: 'Linux', key: 'k', version: '1' },
  ...{ envelope: 1, gzip: true, block: 1, chain: 1, instance: '1'.repeat(32) },
};

export function blockOf({ batch, body }: Made, session: Partial<Session> = {}): Uint8Array {
  return Buffer.concat(encodeBlock(batch, body, { ...sessionOfTests, ...session }).body);
}
