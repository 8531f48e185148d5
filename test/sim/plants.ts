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
    piece: '    if (!(await equalWithin(there, run, { stream: stream.number, tables, work }))) continue;\n',
    instead: '    await equalWithin(there, run, { stream: stream.number, tables, work });\n',
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
  'the hub acks what it could not commit': {
    file: 'src/store/intake.ts',
    piece: 'if (group.length === 1) group[0]!.reject(asStoreError(error, this.#options.path));',
    instead: `if (group.length === 1) {
        const records = group[0]!.parts.map((part) => (part.kind === 'gap' ? 0 : countOf(part.run)));
        const stored = records.reduce((sum, count) => sum + count, 0);
        group[0]!.resolve({ ...nothing, stored, placed: [] } as never);
      }`,
  },
  'the hub knows a repeat for three seconds only': {
    file: 'src/store/placement.ts',
    piece: '    const known = intersect(range, near);',
    instead: `    const seen = ((globalThis as any).firstSeen ??= new Map());
    const name = \`\${stream.number} \${range.from}\`;
    const nowMs = (run as any).receivedAtMs ?? 0;
    if (!seen.has(name)) seen.set(name, nowMs);
    const known = nowMs - seen.get(name) > 3000 ? [] : intersect(range, near);`,
  },
  'each attempt is a new link of the chain': {
    file: 'src/agent/delivery.ts',
    piece: 'if (!links.has(batch)) outbox.linked(entry, contentHash);',
    instead: 'outbox.linked(entry, contentHash);',
  },
  'a segment ends one byte late': {
    file: 'src/source/file/tailer.ts',
    piece: '{ from: start + part.from, to: start + part.to, body, tail }',
    instead: '{ from: start + part.from, to: start + part.to + 1, body, tail }',
  },
  'a file is let go before all of it arrived': {
    file: 'src/source/file/review.ts',
    piece: 'else if (follow.released >= follow.position) await this.#generations.end(follow);',
    instead: 'else await this.#generations.end(follow);',
  },
  'streams are named by counting': {
    file: 'src/source/file/generations.ts',
    piece: 'id: randomName(options.host.random),',
    instead: "id: String([...registry.all()].length).padStart(32, '0'),",
  },
  'what a moved file still holds is given up': {
    file: 'src/source/file/generations.ts',
    piece: `    this.#endings.leave(follow);
    follow.size = Math.max(follow.size, stat.size);
    if (stat.links`,
    instead: `    this.#endings.over(follow, 'gone-before-read');
    follow.size = Math.max(follow.size, stat.size);
    if (stat.links`,
  },
  'batches that were on their way are forgotten at a restart': {
    file: 'src/agent/outbox.ts',
    piece: 'else this.queue.add(entry);\n      if (stored.status ===',
    instead: "else if (stored.status === 'spooled') this.queue.add(entry);\n      if (stored.status ===",
  },
  'the newest batch is sent first': {
    file: 'src/agent/queue.ts',
    piece: 'for (const entry of this.#pending) {\n      const { segments }',
    instead: 'for (const entry of [...this.#pending].reverse()) {\n      const { segments }',
  },
};
