/** The agents: one row each, the state as a shape and a word. Choosing a row shows only that agent's lines. */
import type { FleetAgent } from './agent-wire.ts';
import { arrivedOf, hoursLabel, proofState, proofWord } from './agent-words.ts';
import { hueClass } from './colour.ts';
import { ConnectAgent } from './connect-agent.tsx';
import type { Fleet } from './fleet-poll.ts';
import { formatAgo, formatBytes, formatCount, formatInstant, formatWait } from './format.ts';
import { Plain } from './line-row.tsx';
import { Sparkline } from './sparkline.tsx';

export function FleetTable(props: {
  readonly fleet: Fleet;
  readonly chosen: string | null;
  readonly onChoose: (agent: string | null) => void;
  readonly onOpen: (agent: string) => void;
}) {
  const { fleet, chosen, onChoose } = props;
  if (fleet.agents === null) {
    return fleet.trouble === null ? <p class="note">Asking the hub for its agents …</p> : null;
  }
  if (fleet.agents.length === 0) return <ConnectAgent />;
  return (
    <div class="fleet-scroll">
      <table class="fleet">
        <thead>
          <tr>
            <th scope="col">Host</th>
            <th scope="col" class="state-head">
              State
            </th>
            <th scope="col" class="wide">
              System
            </th>
            <th scope="col" class="wide">
              Version
            </th>
            <th scope="col">Last seen</th>
            <th scope="col" class="number">
              Lines
            </th>
            <th scope="col" class="number medium">
              Stored
            </th>
            <th scope="col" class="wide">
              Last 24 h
            </th>
            <th scope="col" class="medium">
              Arrived
            </th>
            <th scope="col" class="number">
              Lag
            </th>
            <th scope="col">
              <span class="unseen">More</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {fleet.agents.map((agent) => (
            <AgentRow
              key={agent.id}
              agent={agent}
              chosen={agent.id === chosen}
              hubTimeMs={fleet.hubTimeMs}
              onChoose={onChoose}
              onOpen={props.onOpen}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function AgentRow(props: {
  readonly agent: FleetAgent;
  readonly chosen: boolean;
  readonly hubTimeMs: number;
  readonly onChoose: (agent: string | null) => void;
  readonly onOpen: (agent: string) => void;
}) {
  const { agent, chosen } = props;
  const choose = () => props.onChoose(chosen ? null : agent.id);
  return (
    <tr class={chosen ? 'chosen' : ''} onClick={choose}>
      <th scope="row">
        <button
          type="button"
          class="agent-button"
          aria-pressed={chosen}
          title={`${agent.hostname}, agent ${agent.id}\n${chosen ? 'Show all agents' : 'Show only its lines'}`}
          onClick={(event) => {
            event.stopPropagation();
            choose();
          }}
        >
          <span class={`swatch ${hueClass(agent.id)}`} aria-hidden="true" />
          <span class="name">
            <Plain text={agent.hostname} />
          </span>
        </button>
      </th>
      <td>
        <span class={`state ${agent.status}`} title={agent.status}>
          {agent.status}
        </span>
      </td>
      <td class="wide">
        <Plain text={agent.system} />
      </td>
      <td class="wide">{agent.version === null ? '–' : <Plain text={agent.version} />}</td>
      <td title={agent.lastSeenMs === null ? '' : formatInstant(agent.lastSeenMs)}>
        {agent.lastSeenMs === null ? 'never' : formatAgo(props.hubTimeMs - agent.lastSeenMs)}
      </td>
      <td class="number">{formatCount(agent.lines)}</td>
      <td class="number medium">{formatBytes(agent.bytes)}</td>
      <td class="wide">
        {agent.hourlyLines.length > 0 && (
          <Sparkline values={agent.hourlyLines} label={hoursLabel(agent.hourlyLines)} />
        )}
      </td>
      <td class="medium" title={arrivedOf(agent)}>
        <span class={`state ${proofState(agent)}`}>{proofWord(agent)}</span>
      </td>
      <td
        class={`number ${agent.lagBytes ? 'lagging' : ''}`}
        title={agent.lagMs ? `The oldest of it waits for ${formatWait(agent.lagMs)}` : ''}
      >
        {formatBytes(agent.lagBytes)}
        {agent.deadLetters !== null && agent.deadLetters > 0 && (
          <span class="set-aside" title="Lines refused here and kept by the agent: almadia dead-letters list">
            {formatCount(agent.deadLetters)} set aside
          </span>
        )}
        {agent.lastError !== null && (
          <span class="set-aside" title={agent.lastError.reason}>
            error
          </span>
        )}
      </td>
      <td class="more">
        <button
          type="button"
          class="icon-button"
          title={`About ${agent.hostname}${chosen ? ' (i)' : ''}`}
          aria-label={`About ${agent.hostname}`}
          onClick={(event) => {
            event.stopPropagation();
            props.onOpen(agent.id);
          }}
        >
          i
        </button>
      </td>
    </tr>
  );
}

/** "3 active · 1 idle · 1 offline", for the page's head. */
export function FleetSummary({ agents }: { readonly agents: readonly FleetAgent[] }) {
  const states = (['active', 'idle', 'offline'] as const)
    .map((status) => ({ status, count: agents.filter((agent) => agent.status === status).length }))
    .filter(({ count }) => count > 0);
  return (
    <span class="summary">
      {states.map(({ status, count }) => (
        <span key={status} class={`state ${status}`}>
          <strong>{formatCount(count)}</strong> {status}
        </span>
      ))}
    </span>
  );
}
