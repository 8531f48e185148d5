/** The hub's metrics, in the Prometheus text format, taken when they are asked for. Agents' names are hostile labels. */
import { Metrics } from '../host/metrics.ts';
import type { Fleet } from './fleet.ts';

/** Each has a line in every metric of agents; the others are only counted. */
const agentsMax = 1000;

export function hubMeasures(fleet: Fleet): string {
  const metrics = new Metrics();
  metrics.declare('almadia_hub_agents', 'gauge', 'Agents by state.');
  metrics.declare('almadia_hub_agent_lines_total', 'counter', 'Lines stored, by agent.');
  metrics.declare('almadia_hub_agent_bytes_total', 'counter', 'Bytes of these lines, without line ends.');
  metrics.declare('almadia_hub_agent_last_seen_seconds', 'gauge', 'When it was last seen, Unix time.');
  metrics.declare(
    'almadia_hub_agent_lag_bytes',
    'gauge',
    'What lies in its files and is not here, as it says.',
  );
  metrics.declare(
    'almadia_hub_agent_spool_bytes',
    'gauge',
    'What it keeps on its disk meanwhile, as it says.',
  );
  metrics.declare('almadia_hub_agent_dead_letters', 'gauge', 'Lines that it set aside, as it says.');
  const agents = fleet.list();
  for (const state of ['active', 'idle', 'offline'] as const) {
    const count = agents.filter((agent) => fleet.stateOf(agent) === state).length;
    metrics.set('almadia_hub_agents', count, `state="${state}"`);
  }
  for (const agent of agents.slice(0, agentsMax)) {
    const label = `agent="${escaped(agent.id)}"`;
    const { lines, bytes } = fleet.totals(agent.id);
    metrics.set('almadia_hub_agent_lines_total', lines, label);
    metrics.set('almadia_hub_agent_bytes_total', bytes, label);
    metrics.set('almadia_hub_agent_last_seen_seconds', agent.lastSeenAtMs / 1000, label);
    if (agent.report === null) continue;
    metrics.set('almadia_hub_agent_lag_bytes', agent.report.lagBytes, label);
    metrics.set('almadia_hub_agent_spool_bytes', agent.report.spoolBytes, label);
    metrics.set('almadia_hub_agent_dead_letters', agent.report.deadLetters, label);
  }
  return metrics.text();
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/: backslash, quote and line feed. */
function escaped(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
