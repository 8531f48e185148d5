/** One agent: what is wrong with it, its files, the configuration in effect, and the last lines of its own log. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { AgentDetail, FleetAgent } from './agent-wire.ts';
import { arrivedOf } from './agent-words.ts';
import { fetchAgentDetail, type Trouble } from './api.ts';
import { Dialog } from './dialog.tsx';
import { formatBytes, formatClock, formatCount, formatInstant, formatWait } from './format.ts';
import { Plain } from './line-row.tsx';

export function AgentView(props: {
  readonly agent: FleetAgent;
  readonly onClose: () => void;
  readonly onSignedOut: () => void;
}) {
  const { agent, onSignedOut } = props;
  const [detail, setDetail] = useState<AgentDetail | 'asking' | null>('asking');
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  useEffect(() => {
    let closed = false;
    void fetchAgentDetail(agent.id).then((answer) => {
      if (closed) return;
      if (answer.kind === 'signed-out') onSignedOut();
      else if (answer.kind === 'failed') setTrouble(answer.trouble);
      else setDetail(answer.value);
    });
    return () => {
      closed = true;
    };
  }, [agent.id, onSignedOut]);
  return (
    <Dialog
      name="agent-view"
      title={<Plain text={agent.hostname} />}
      closeLabel="Close"
      onClose={props.onClose}
    >
      <Facts agent={agent} />
      {trouble !== null && (
        <p class="trouble" role="alert">
          <strong>{trouble.what}</strong> {trouble.fix}
        </p>
      )}
      {detail === 'asking' && trouble === null && <p class="muted">Asking the hub …</p>}
      {detail === null && (
        <p class="muted">
          It has told nothing of its files since the hub was started. It does with each sign of life.
        </p>
      )}
      {detail !== 'asking' && detail !== null && <Told detail={detail} />}
    </Dialog>
  );
}

function Facts({ agent }: { readonly agent: FleetAgent }) {
  const { lastError } = agent;
  return (
    <dl class="facts">
      <Fact name="State">
        <span class={`state ${agent.status}`}>{agent.status}</span>
      </Fact>
      <Fact name="Agent">
        <code>{agent.id}</code>
      </Fact>
      <Fact name="System">
        <Plain text={agent.system} /> {agent.version !== null && <Plain text={agent.version} />}
      </Fact>
      <Fact name="Arrived">{arrivedOf(agent)}</Fact>
      <Fact name="Lag">
        {formatBytes(agent.lagBytes)}
        {agent.lagMs ? `, for ${formatWait(agent.lagMs)}` : ''}
      </Fact>
      {lastError !== null && (
        <Fact name="Last error">
          <span class="wrong">
            <Plain text={lastError.reason} />
          </span>
          {lastError.hint !== null && (
            <span class="hint">
              <Plain text={lastError.hint} />
            </span>
          )}
        </Fact>
      )}
    </dl>
  );
}

function Told({ detail }: { readonly detail: AgentDetail }) {
  const { streams, streamCount, configuration, transitions } = detail;
  const newest = [...transitions].sort((a, b) => b.atMs - a.atMs);
  return (
    <>
      <h2>
        {streamCount === 1 ? '1 file' : `${formatCount(streamCount)} files`}
        {streams.length < streamCount && `, the ${formatCount(streams.length)} that lag most`}
      </h2>
      {streams.length > 0 && (
        <table class="fleet">
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col" class="number">
                Size
              </th>
              <th scope="col" class="number">
                Arrived
              </th>
              <th scope="col" class="number medium">
                Waits
              </th>
            </tr>
          </thead>
          <tbody>
            {streams.map((stream) => (
              <tr key={stream.id}>
                <th scope="row">
                  <Plain text={stream.path} />
                  {stream.trouble !== null && (
                    <span class="wrong">
                      {' '}
                      <Plain text={stream.trouble} />
                    </span>
                  )}
                </th>
                <td class="number">{formatCount(stream.size)}</td>
                <td class="number">{formatCount(stream.watermark)}</td>
                <td class="number medium">{stream.lagMs ? formatWait(stream.lagMs) : '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <h2>Its log</h2>
      {newest.length === 0 && <p class="muted">It has told none.</p>}
      <ul class="plain-list">
        {newest.map(({ atMs, level, message }, index) => (
          <li key={`${atMs} ${index}`}>
            <time title={formatInstant(atMs)}>{formatClock(atMs, Date.now())}</time>{' '}
            {level !== 'info' && <strong class={level === 'error' ? 'wrong' : ''}>{level} </strong>}
            <Plain text={message} />
          </li>
        ))}
      </ul>
      {configuration.length > 0 && (
        <details>
          <summary>Configuration in effect</summary>
          <dl class="facts">
            {configuration.map(([path, value]) => (
              <Fact key={path} name={path}>
                <Plain text={value} />
              </Fact>
            ))}
          </dl>
        </details>
      )}
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>
        <Plain text={name} />
      </dt>
      <dd>{children}</dd>
    </div>
  );
}
