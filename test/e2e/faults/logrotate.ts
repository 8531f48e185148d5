/** The real logrotate in its modes, while lines are written. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createHost } from '../../../src/host/node/host.ts';
import { eventually } from '../../support/program.ts';
import type { Fault } from './fault.ts';
import type { Figures } from './figures.ts';
import type { Excuse } from './oracle.ts';
import { caughtUp, onStage, type Scene } from './scene.ts';
import { logrotate } from './tools.ts';

const { clock } = createHost();
const run = promisify(execFile);
const lookEveryMs = 2;

/** Of a generation that was compressed or truncated before any agent saw it nothing is read (docs/limits.md). */
const seenBefore: readonly string[] = ['compress', 'delaycompress', 'copytruncate'];

/** By name: what stands in logrotate's configuration. */
const modes = {
  create: 'create 0640',
  compress: 'create 0640\n  compress',
  delaycompress: 'create 0640\n  compress\n  delaycompress',
  dateext: 'create 0640\n  dateext\n  dateformat -%Y%m%d-%s',
  copytruncate: 'copytruncate',
} as const;
type Mode = keyof typeof modes;

/** Lines between the copy and the truncation are in neither file. */
const betweenCopyAndTruncation: Excuse = { onlyKept: true, gaps: ['truncated-before-read'] };

export const logrotateFaults: readonly Fault[] = (Object.keys(modes) as Mode[]).map((mode) => ({
  name: `logrotate-${mode}`,
  needs: [logrotate],
  cycles: { short: 2, long: 50 },
  run: (cycles, figures) => rotate(mode, cycles, figures),
}));

async function rotate(mode: Mode, cycles: number, figures: Figures): Promise<void> {
  const copies = mode === 'copytruncate';
  const excuse = copies ? betweenCopyAndTruncation : {};
  await onStage({ figures, writer: { rotates: false }, excuse }, async (scene) => {
    const { room, writer } = scene;
    configure(scene, mode);
    let rotatedAt = 0;
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      // Of the date's names there is one a second.
      await eventually('another second', async () => (secondNow() > rotatedAt ? true : null));
      if (seenBefore.includes(mode)) await caughtUp(room, writer);
      const before = writer.rotated().length;
      const asked = join(room.home, 'asked');
      const answering = setInterval(() => {
        if (!existsSync(asked)) return;
        writer.reopen();
        rmSync(asked);
      }, lookEveryMs);
      try {
        await run('logrotate', [
          '--force',
          '--state',
          join(room.home, 'logrotate.state'),
          configurationOf(scene),
        ]);
      } finally {
        clearInterval(answering);
      }
      rotatedAt = secondNow();
      const after = writer.rotated().length;
      assert.ok(after > before, `logrotate has rotated: ${after} after ${before}`);
      figures.fired(mode);
    }
  });
}

function secondNow(): number {
  return Math.floor(clock.now() / 1000);
}

/** logrotate waits until the application has opened its files anew, as its scripts do after a signal. */
function configure(scene: Scene, mode: Mode): void {
  const { room } = scene;
  const asked = join(room.home, 'asked');
  const script =
    mode === 'copytruncate'
      ? ''
      : `\n  sharedscripts\n  postrotate\n    touch ${asked}; while [ -e ${asked} ]; do sleep 0.01; done\n  endscript`;
  const text = `${room.logs}/*.log {\n  su root root\n  rotate 1000\n  missingok\n  ${modes[mode]}${script}\n}\n`;
  writeFileSync(configurationOf(scene), text, { mode: 0o600 });
}

function configurationOf({ room }: Scene): string {
  return join(room.home, 'logrotate.conf');
}
