import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/hub/fixture.ts';
import { RecentLog, rememberedMax } from './recent-log.ts';

test('passes everything on, and remembers the newest but for what is of level debug', () => {
  const clock = new ManualClock();
  const passed: string[] = [];
  const log = new RecentLog({ write: (level, event) => passed.push(`${level} ${event}`) }, clock);
  for (let number = 0; number < rememberedMax + 5; number++) {
    clock.advance(1);
    log.write('debug', 'a.b', 'small');
    log.write('warn', 'c.d', `number ${number}`, { key: 'value' });
  }
  assert.equal(passed.length, 2 * (rememberedMax + 5));
  assert.equal(log.entries.length, rememberedMax);
  const [first, last] = [log.entries[0]!, log.entries.at(-1)!];
  assert.deepEqual(last, { atMs: clock.now(), level: 'warn', event: 'c.d', message: 'number 54' });
  assert.equal(first.message, 'number 5');
});
