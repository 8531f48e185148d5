/** The agent's own ledger, held against itself at any step. */
import type { Agent } from '../../src/agent/agent.ts';
import { brokenOf } from '../../src/agent/audit.ts';

/** What does not close, as a sentence; null: nothing, or it cannot be told while changes wait for the disk. */
export function auditOf(agent: Pick<Agent, 'audit'>): string | null {
  const audit = agent.audit();
  const [first] = audit === null ? [] : brokenOf(audit);
  if (first === undefined) return null;
  return `the ledger of ${first.path || first.status} does not close: ${JSON.stringify(first)}`;
}
