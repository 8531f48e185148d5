/** An agent's status as lines for people: seed B's screen first, then the files. Pure. */
import type { AgentStatus } from '../agent/status.ts';
import type { Language } from '../host/errors.ts';
import type { MessageKey } from './messages.ts';
import { say } from './messages.ts';
import { ago, plain, shortBytes, shortDuration, table } from './show.ts';

export function statusLines(status: AgentStatus, language: Language): readonly string[] {
  const row = (key: MessageKey, text: string): readonly [string, string] => [`${say(language, key)}:`, text];
  const { output, buffer, deadLetters, nowMs } = status;
  const rows = [
    row('statusAgent', plain(status.agentId)),
    row('statusHost', `${plain(status.hostname)} (${plain(status.osType)})`),
    row('statusServer', `${plain(output.url || output.name)} (${plain(output.type)})`),
    row('statusConnection', connectionText(status, language)),
    row('statusBuffer', bufferText(status, language)),
    row(
      'statusDeadLetters',
      deadLetters.batches === 0
        ? say(language, 'statusNone')
        : say(language, 'statusDeadCount', {
            batches: deadLetters.batches,
            records: deadLetters.records,
            bytes: shortBytes(deadLetters.bytes),
          }),
    ),
    row(
      'statusSent',
      say(language, 'statusSentCount', {
        records: status.totals.ackedLines,
        bytes: shortBytes(status.totals.ackedBytes),
      }),
    ),
    row(
      'statusProcess',
      say(language, 'statusProcessText', {
        pid: status.pid,
        version: plain(status.version),
        since: shortDuration(nowMs - status.startedAtMs),
        memory: shortBytes(status.residentBytes),
      }),
    ),
    row('statusState', plain(status.stateDirectory)),
  ];
  const lines = table(rows);
  const { openStreams, firstPath } = status.ledger;
  if (openStreams > 0) {
    const path = plain(firstPath ?? '');
    lines.push(say(language, 'statusLedgerOpen', { streams: openStreams, path }));
  }
  if (buffer.full) lines.push(say(language, 'statusFull'));
  const { lastError } = output;
  if (lastError !== null) {
    const values = { reason: plain(lastError.reason), ago: ago(nowMs - lastError.atMs, language) };
    lines.push('', say(language, 'statusLastError', values));
    const hint = hintFor(status);
    if (hint !== null) lines.push(`  -> ${say(language, hint)}`);
  }
  return [...lines, '', ...fileLines(status, language)];
}

function connectionText(status: AgentStatus, language: Language): string {
  const { output, nowMs } = status;
  const keys = {
    connecting: 'connectionConnecting',
    connected: 'connectionConnected',
    away: 'connectionAway',
    refused: 'connectionRefused',
  } as const;
  const text = say(language, keys[output.connection], { since: shortDuration(nowMs - output.sinceMs) });
  if (output.nextTryAtMs === null || output.connection === 'connected') return text;
  const seconds = shortDuration(output.nextTryAtMs - nowMs);
  return `${text}; ${say(language, 'connectionNext', { duration: seconds })}`;
}

function bufferText(status: AgentStatus, language: Language): string {
  const { buffer } = status;
  return say(language, 'statusBufferCount', {
    records: buffer.spooledRecords + buffer.heldRecords,
    bytes: shortBytes(buffer.spooledBytes),
    max: shortBytes(buffer.spoolBytesMax),
  });
}

function hintFor(status: AgentStatus): MessageKey | null {
  if (status.output.connection === 'refused') return 'hintRefused';
  return status.output.connection === 'away' ? 'hintAway' : null;
}

function fileLines(status: AgentStatus, language: Language): string[] {
  if (status.streams.length === 0) return [say(language, 'statusNoFiles')];
  const heading = (['filePath', 'filePosition', 'fileSize', 'fileLag', 'fileLagTime'] as const).map((key) =>
    say(language, key),
  );
  const streams = [...status.streams].sort((a, b) => b.lagBytes - a.lagBytes || (a.path < b.path ? -1 : 1));
  const rows = streams.map((stream) => [
    plain(stream.path),
    String(stream.position),
    String(stream.size),
    shortBytes(stream.lagBytes),
    stream.lagBytes === 0 ? '-' : shortDuration(stream.lagMs),
  ]);
  const lines = table([heading, ...rows], [1, 2, 3, 4]);
  return lines.flatMap((line, index) => {
    const trouble = index === 0 ? null : streams[index - 1]!.trouble;
    return trouble === null ? [line] : [line, `  -> ${plain(trouble)}`];
  });
}
