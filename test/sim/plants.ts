/**
 * Bugs that are planted on purpose, one at a time, in a build of its own (`plant-build.ts`): each is a piece of the
 * sources, and what stands in its place. A build whose piece is not found, or found more than once, fails.
 */
export interface Plant {
  readonly file: string;
  readonly piece: string;
  readonly instead: string;
}

export const plants: Readonly<Record<string, Plant>> = {
  'any 2xx is an ack': {
    file: 'src/protocol/hub.ts',
    piece: `  const proof = successOf(reply, sent.nowMs);
  if (proof.kind !== 'success') return proof;
  const refuted`,
    instead: `  if (reply.status === 200) return { kind: 'acked', records: sent.encoded.records, duplicates: 0 };
  const proof = successOf(reply, sent.nowMs);
  if (proof.kind !== 'success') return proof;
  const refuted`,
  },
  'a lost reply is an ack': {
    file: 'src/agent/delivery.ts',
    piece: `        if (given.aborted || outcome.cause === 'unsent') return;
`,
    instead: `        if (given.aborted || outcome.cause === 'unsent') return;
        if (outcome.cause === 'away') {
          const records = given.batch.records;
          await this.#acked(entry, { ...given.answer, outcome: { kind: 'acked', records, duplicates: 0 } }, given.batch);
          return;
        }
`,
  },
  'a batch is dropped silently after two attempts': {
    file: 'src/agent/delivery.ts',
    piece: `    if (attemptsMax === null || entry.stored.attempts < attemptsMax) return;
`,
    instead: `    if (entry.stored.attempts >= 2) {
      const { batch } = entry.stored;
      const outcome = { kind: 'acked', records: batch.records, duplicates: 0 } as const;
      await this.#acked(entry, { outcome, blank: { lines: 0, bytes: 0 }, cut: { lines: 0, bytes: 0 } } as never, batch);
      return;
    }
    if (attemptsMax === null || entry.stored.attempts < attemptsMax) return;
`,
  },
  'what comes while the spool is full is dropped': {
    file: 'src/agent/outbox.ts',
    piece: `    return !this.spooling || this.#spooledBytes < this.#options.spoolBytesMax;
  }`,
    instead: `    return true;
  }`,
  },
  'positions are saved before the batches': {
    file: 'src/agent/outbox.ts',
    piece: `      this.#journal.later([{ kind: 'batch', stored: entry.stored }, ...common]);
`,
    instead: `      const cursors = batch.segments.map(({ stream, to }) => ({
        kind: 'cursor' as const,
        cursor: { output: this.#options.output, stream, read: to, watermark: to },
      }));
      this.#journal.later([...cursors, ...common]);
`,
  },
  'the watermark passes over what is not settled': {
    file: 'src/agent/settlement.ts',
    piece: '      line.watermark = first?.from ?? line.read;',
    instead: '      line.watermark = line.read;',
  },
  'what the disk refused counts as written': {
    file: 'src/agent/journal.ts',
    piece: `      this.trouble = error.message;
      return false;`,
    instead: `      this.trouble = error.message;
      return true;`,
  },
  'a plain destination gets a batch before the one before is acked': {
    file: 'src/agent/delivery.ts',
    piece: '? (output.inFlightMax ?? 1) : 1;',
    instead: '? (output.inFlightMax ?? 4) : 4;',
  },
  'unreadable is taken for deleted': {
    file: 'src/source/file/handles.ts',
    piece: `if (code === 'ENOENT' || code`,
    instead: `if (code === 'EACCES' || code === 'EIO' || code === 'EMFILE' || code === 'ENOENT' || code`,
  },
  'a file is known by its inode alone': {
    file: 'src/source/file/evidence.ts',
    piece: `    if ((await prove(this.#work, handle, follow.record.head)) === null) return null;
    const position = follow.tailer?.position ?? follow.position;
    const before = await bytesBefore(handle, position);`,
    instead: `    const position = follow.tailer?.position ?? follow.position;
    const before = await bytesBefore(handle, position);
    if (before.length >= 0) return before;`,
  },
  'a file is known by its path alone': {
    file: 'src/source/file/handles.ts',
    piece: `    for (const follow of this.#ground.registry.withInode(stat.inode)) {
      if (follow.archive !== null) continue;`,
    instead: `    const there = this.#ground.registry.atPath(path);
    for (const follow of there === undefined ? [] : [there]) {
      if (follow.archive !== null) continue;
      if (follow.tailer !== null) return follow;`,
  },
  'no file is known again': {
    file: 'src/source/file/handles.ts',
    piece: 'if (stat.inode !== follow.record.identity.inode || stat.size < follow.position) return false;',
    instead: 'if (stat.size >= 0) return false;',
  },
  'the bytes before the position are not compared': {
    file: 'src/source/file/tailer.ts',
    piece: 'if (count < overlap || this.#remembered.compare(all, 0, overlap) !== 0) return null;',
    instead: 'if (count < overlap) return null;',
  },
  'an unfinished line is sent as it is': {
    file: 'src/source/file/tailer.ts',
    piece: `      if (last >= 0) return this.#giveLines(block, { end: last + 1, more: full });
      this.#scanned`,
    instead: `      if (block.bytes.length > 0) return this.#giveLines(block, { end: block.bytes.length, more: full });
      if (last >= 0) return this.#giveLines(block, { end: last + 1, more: full });
      this.#scanned`,
  },
  'a cut line ends one byte too early': {
    file: 'src/source/file/split.ts',
    piece: `    parts.push({ kind: 'cut', from: at, to: end + 1, kept: lineBytesMax });
    at = end + 1;`,
    instead: `    parts.push({ kind: 'cut', from: at, to: end, kept: lineBytesMax });
    at = end;`,
  },
  'a cut line keeps less than the limit': {
    file: 'src/source/file/split.ts',
    piece: 'to: end + 1, kept: lineBytesMax });',
    instead: 'to: end + 1, kept: lineBytesMax - 16 });',
  },
  'a truncated file is read on from the old position': {
    file: 'src/source/file/generations.ts',
    piece: 'const from = await largestPrefix(options.host.work, handle, proofs);',
    instead: `await largestPrefix(options.host.work, handle, proofs);
      const from = Math.min(stat.size, follow.position);`,
  },
  'a renamed file is let go at once': {
    file: 'src/source/file/generations.ts',
    piece: `    registry.unplace(follow);
    this.#endings.leave(follow);
    follow.size`,
    instead: `    registry.unplace(follow);
    await this.#handles.shut(follow);
    follow.size = follow.position;
    this.#endings.over(follow, 'gone-before-read');
    if (stat.size >= 0) return;
    follow.size`,
  },
  'the copy of copytruncate is not looked for': {
    file: 'src/source/file/generations.ts',
    piece: '    if (follow.record.head.length === 0) return null;\n    const position',
    instead: '    if (follow.record.head.length >= 0) return null;\n    const position',
  },
  'a copy is taken for a new file': {
    file: 'src/source/file/newcomers.ts',
    piece: 'if (doubtful && (await',
    instead: 'if (doubtful && path === "" && (await',
  },
  'only events tell of files': {
    file: 'src/source/file/patrol.ts',
    piece: `      await this.pass('full');
      await passed();`,
    instead: '      await passed();',
  },
  'an agent without its state does not ask the hub': {
    file: 'src/agent/agent.ts',
    piece: 'if (this.#output.streams === undefined) return;',
    instead: 'if (this.#output.streams !== null) return;',
  },
  'what the hub tells of a stream is believed beyond its ranges': {
    file: 'src/agent/recall.ts',
    piece: '  const read = proofs.at(-1)?.position ?? start;',
    instead: '  const read = record.size;',
  },
  'the hub acks before the disk has it': {
    file: 'src/store/intake.ts',
    piece: `this.#database.transaction('full', () =>`,
    instead: `this.#database.transaction('normal', () =>`,
  },
  'the hub does not compare an overlap': {
    file: 'src/store/placement.ts',
    piece: '    if (!(await equalWithin(known, run, { stream: stream.number, tables, work }))) continue;\n',
    instead: '    await equalWithin(known, run, { stream: stream.number, tables, work });\n',
  },
  'the hub does not look for an overlap': {
    file: 'src/store/placement.ts',
    piece: '    const known = intersect(range, near);',
    instead: '    const known = intersect(range, near).slice(0, 0);',
  },
  'the hub takes only whole repeats for repeats': {
    file: 'src/store/placement.ts',
    piece: '    const known = intersect(range, near);',
    instead:
      '    const known = intersect(range, near).filter((one) => one.from === range.from && one.to === range.to);',
  },
  'the hub keeps the last line of an overlap twice': {
    file: 'src/store/placement.ts',
    piece: 'line.from >= range.from && line.to <= range.to);',
    instead: 'line.from >= range.from && line.to < range.to);',
  },
};
