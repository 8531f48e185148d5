/** What arrived: how far each file is complete, gaps with their reasons, chains of batches, and what happened. */
import { useEffect, useState } from 'preact/hooks';
import { fetchProof, type Trouble } from './api.ts';
import { Dialog } from './dialog.tsx';
import { formatClock, formatCount, formatInstant } from './format.ts';
import { Plain } from './line-row.tsx';
import {
  type HubEvent,
  type ProofParts,
  proofsOf,
  type StoredChain,
  type StreamProof,
  stateOf,
} from './proof-of.ts';

/** Rows of one list; what is behind is counted. */
const rowsMax = 200;
/** Holes and gaps of one file. */
const partsMax = 4;

interface Scope {
  readonly agent: string | null;
  readonly nameOf: (agent: string) => string;
}

export function Proof(props: Scope & { readonly onClose: () => void; readonly onSignedOut: () => void }) {
  const { agent, nameOf, onSignedOut } = props;
  const [parts, setParts] = useState<ProofParts | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  useEffect(() => {
    let closed = false;
    void fetchProof(agent).then((answer) => {
      if (closed) return;
      if (answer.kind === 'signed-out') onSignedOut();
      else if (answer.kind === 'failed') setTrouble(answer.trouble);
      else setParts(answer.value);
    });
    return () => {
      closed = true;
    };
  }, [agent, onSignedOut]);
  const title = (
    <>
      What arrived{agent === null ? '' : ' from '}
      {agent !== null && <Plain text={nameOf(agent)} />}
    </>
  );
  return (
    <Dialog name="proof" title={title} closeLabel="Close" onClose={props.onClose}>
      {trouble !== null && (
        <p class="trouble" role="alert">
          <strong>{trouble.what}</strong> {trouble.fix}
        </p>
      )}
      {parts === null && trouble === null && <p class="muted">Asking the hub …</p>}
      {parts !== null && <Found parts={parts} agent={agent} nameOf={nameOf} />}
    </Dialog>
  );
}

function Found({ parts, ...scope }: Scope & { readonly parts: ProofParts }) {
  const { streams, chains, events } = parts;
  const proofs = proofsOf(streams);
  return (
    <>
      <p>{verdictOf(proofs)}</p>
      {chains.length > 0 && <h2>Chains of batches</h2>}
      {chains.length > 0 && (
        <ul class="plain-list">
          {chains.slice(-rowsMax).map((chain) => (
            <ChainRow key={`${chain.agent} ${chain.epoch}`} chain={chain} events={events} {...scope} />
          ))}
        </ul>
      )}
      {proofs.length > 0 && <StreamTable proofs={proofs} {...scope} />}
      <h2>What happened</h2>
      {events.length === 0 && <p class="muted">Nothing that you should know.</p>}
      <ul class="plain-list">
        {events.map((event) => (
          <EventRow key={event.id} event={event} {...scope} />
        ))}
      </ul>
    </>
  );
}

function verdictOf(proofs: readonly StreamProof[]): string {
  if (proofs.length === 0) return 'Nothing has arrived yet.';
  const files = proofs.length === 1 ? '1 file' : `${formatCount(proofs.length)} files`;
  const holed = proofs.filter(({ holes }) => holes.length > 0).length;
  const gapped = proofs.filter(({ stream }) => stream.gaps.length > 0).length;
  if (holed > 0) return `Bytes have not arrived in ${formatCount(holed)} of ${files}.`;
  if (gapped > 0)
    return `Gaps, each with its reason, in ${formatCount(gapped)} of ${files}. All else is here.`;
  return proofs.length === 1 ? '1 file, complete up to here.' : `${files}, all complete up to here.`;
}

function ChainRow(props: Scope & { readonly chain: StoredChain; readonly events: readonly HubEvent[] }) {
  const { chain } = props;
  const state = stateOf(chain, props.events);
  const states = { intact: 'active', waiting: 'idle', broken: 'offline' } as const;
  return (
    <li>
      <span class={`state ${states[state.kind]}`}>
        {state.kind === 'intact' && 'intact'}
        {state.kind === 'waiting' && `batch ${formatCount(state.sequence)} is missing`}
        {state.kind === 'broken' && <Plain text={`broken: ${state.detail}`} />}
      </span>
      <span class="muted">
        {' '}
        up to batch {formatCount(chain.contiguousTo)}
        {chain.repeats > 0 && `, ${formatCount(chain.repeats)} came again and were not stored twice`}
        {props.agent === null && ' · '}
        {props.agent === null && <Plain text={props.nameOf(chain.agent)} />}
      </span>
    </li>
  );
}

function StreamTable({ proofs, agent, nameOf }: Scope & { readonly proofs: readonly StreamProof[] }) {
  return (
    <div class="proof-scroll">
      <table class="fleet">
        <thead>
          <tr>
            <th scope="col">File</th>
            {agent === null && (
              <th scope="col" class="medium">
                Host
              </th>
            )}
            <th scope="col" class="number">
              Complete to
            </th>
            <th scope="col">Missing, and why</th>
            <th scope="col" class="number medium" title="Lines that came again and were not stored again">
              Repeats
            </th>
          </tr>
        </thead>
        <tbody>
          {proofs.slice(0, rowsMax).map((proof) => (
            <tr key={`${proof.stream.agent} ${proof.stream.id}`}>
              <th scope="row" class="proof-file" title={`stream ${proof.stream.id}`}>
                <Plain text={proof.stream.name} />
              </th>
              {agent === null && (
                <td class="medium">
                  <Plain text={nameOf(proof.stream.agent)} />
                </td>
              )}
              <td class="number">{formatCount(proof.completeTo)}</td>
              <td class="proof-why">
                <Missing proof={proof} />
              </td>
              <td class="number medium">{formatCount(proof.stream.duplicates)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {proofs.length > rowsMax && (
        <p class="note">{formatCount(proofs.length - rowsMax)} more are not shown.</p>
      )}
    </div>
  );
}

function Missing({ proof: { stream, holes } }: { readonly proof: StreamProof }) {
  const parts = [...holes.map((hole) => ({ ...hole, reason: 'has not arrived' })), ...stream.gaps];
  return (
    <>
      {stream.fork && <div>a fork: other bytes came for the same positions</div>}
      {parts.slice(0, partsMax).map(({ from, to, reason }, index) => (
        <div key={`${from} ${to}`} class={index < holes.length ? 'lagging' : 'muted'}>
          {formatCount(from)}–{formatCount(to)} <Plain text={reason} />
        </div>
      ))}
      {parts.length > partsMax && <div class="muted">and {formatCount(parts.length - partsMax)} more</div>}
      {parts.length === 0 && !stream.fork && <span class="muted">–</span>}
    </>
  );
}

function EventRow({ event, agent, nameOf }: Scope & { readonly event: HubEvent }) {
  return (
    <li>
      <span class="muted" title={formatInstant(event.atMs)}>
        {formatClock(event.atMs, Date.now())}{' '}
      </span>
      <strong>
        <Plain text={event.kind} />
      </strong>{' '}
      {agent === null && <Plain text={`${nameOf(event.agent)} `} />}
      {event.path !== null && <Plain text={`${event.path}: `} />}
      <Plain text={event.detail} />
    </li>
  );
}
