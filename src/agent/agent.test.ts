import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../host/clock.ts';
import type { Host } from '../host/host.ts';
import { Metrics } from '../host/metrics.ts';
import { createHost } from '../host/node/host.ts';
import { silentLog } from '../host/selflog.ts';
import type { AgentSettings } from '../settings/agent.ts';
import {
  agentSection,
  batchSection,
  fileSourceSection,
  outputSection,
  retrySection,
  spoolSection,
} from '../settings/declaration.ts';
import { defaultsOf } from '../settings/setting.ts';
import { startAgent } from './agent.ts';

/** The machine's clock, which tells how many are waiting on it. */
function countingClock(clock: Clock): Clock & { waiting: number } {
  return {
    waiting: 0,
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
    async sleep(ms, signal) {
      this.waiting += 1;
      await clock.sleep(ms, signal);
      this.waiting -= 1;
    },
  };
}

function settingsIn(directory: string): AgentSettings {
  const {
    keyFile: _keyFile,
    caFile: _caFile,
    certFile: _certFile,
    certKeyFile: _certKeyFile,
    ...output
  } = defaultsOf(outputSection, 'file');
  return {
    profile: 'native',
    agent: { ...defaultsOf(agentSection), stateDirectory: join(directory, 'state') },
    sources: [
      { ...defaultsOf(fileSourceSection), include: [join(directory, '*.log')], startAt: 'beginning' },
    ],
    output: {
      ...output,
      type: 'file',
      format: 'lines',
      url: '',
      ca: null,
      source: '',
      path: join(directory, 'out'),
    },
    batch: defaultsOf(batchSection),
    spool: defaultsOf(spoolSection),
    retry: defaultsOf(retrySection),
    takeover: { kind: 'none' },
  };
}

test('a stop drains what was read, and leaves no timer that would keep the process alive', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'almadia-agent-'));
  context.after(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'a.log'), 'one\ntwo\n');
  const machine = createHost();
  const clock = countingClock(machine.clock);
  const host: Host = { ...machine, clock };
  const options = { log: silentLog, metrics: new Metrics(), version: '0.0.0', freshKey: null };
  const agent = await startAgent(host, settingsIn(directory), options);
  while (agent.status().totals.ackedLines + agent.status().buffer.heldRecords < 2) await setImmediate();
  await agent.stop(20_000);
  await setImmediate();
  assert.equal(clock.waiting, 0);
  assert.equal(readFileSync(join(directory, 'out'), 'utf8'), 'one\ntwo\n');
});
