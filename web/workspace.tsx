/** The page after the log-in: the head, the fleet, the tail, and the keys. Owns which agent is looked at. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { readFragment, writeFragment } from './address.ts';
import { AgentView } from './agent-view.tsx';
import { FleetSummary, FleetTable } from './fleet.tsx';
import { useFleet } from './fleet-poll.ts';
import { Help } from './help.tsx';
import { Icon, IconButton } from './icon.tsx';
import { type Shortcut, shortcutOf } from './keyboard.ts';
import { Proof } from './proof.tsx';
import { Search } from './search.tsx';
import { Tail, type TailControls } from './tail.tsx';
import { applyTheme, loadTheme, nextTheme } from './theme.ts';

export function Workspace(props: { readonly onSignedOut: () => void; readonly onLeave: () => void }) {
  const fleet = useFleet(props.onSignedOut);
  const [agent, setAgent] = useState<string | null>(() => readFragment(location.hash).agent);
  const [theme, setTheme] = useState(loadTheme);
  const [wrap, setWrap] = useState(true);
  const [folded, setFolded] = useState(false);
  const [help, setHelp] = useState(false);
  const [proof, setProof] = useState(false);
  const [opened, setOpened] = useState<string | null>(null);
  const [query, setQuery] = useState<string | null>(null);
  const controls = useRef<TailControls | null>(null);
  const nameOf = useNames(fleet.agents);

  const choose = useCallback((chosen: string | null) => {
    setAgent(chosen);
    history.replaceState(null, '', `${location.pathname}${location.search}${writeFragment(chosen)}`);
  }, []);
  const changeTheme = () => {
    const next = nextTheme(theme);
    applyTheme(next);
    setTheme(next);
  };

  const actions: Record<Shortcut, () => void> = {
    filter: () => controls.current?.filter(),
    pause: () => controls.current?.pause(),
    newest: () => controls.current?.newest(),
    wrap: () => setWrap(!wrap),
    fleet: () => setFolded(!folded),
    theme: changeTheme,
    proof: () => setProof(true),
    agent: () => setOpened(agent ?? (fleet.agents?.length === 1 ? fleet.agents[0]!.id : null)),
    help: () => setHelp(true),
    escape: () => {
      if (controls.current?.clearFilter() !== true) choose(null);
    },
  };
  useKeys((shortcut) => actions[shortcut]());

  const agents = fleet.agents ?? [];
  const about = agents.find(({ id }) => id === opened) ?? null;
  return (
    <div class="workspace">
      <header class="head">
        <h1 class="brand">
          <Icon name="raft" /> Almadía
        </h1>
        <FleetSummary agents={agents} />
        <span class="buttons">
          <IconButton
            icon={folded ? 'unfold' : 'fold'}
            label={folded ? 'Show the agents' : 'Hide the agents'}
            shortcut="f"
            onClick={() => setFolded(!folded)}
          />
          <IconButton icon="proof" label="What arrived" shortcut="p" onClick={() => setProof(true)} />
          <IconButton icon={theme} label={`Colours: ${theme}`} shortcut="t" onClick={changeTheme} />
          <button
            type="button"
            class="icon-button"
            aria-label="Help"
            title="Help (?)"
            onClick={() => setHelp(true)}
          >
            ?
          </button>
          <IconButton icon="leave" label="Log out" onClick={props.onLeave} />
        </span>
      </header>
      {fleet.trouble !== null && (
        <p class="banner" role="alert">
          <strong>{fleet.trouble.what}</strong> {fleet.trouble.fix}
        </p>
      )}
      <main>
        {!folded && (
          <section class={`fleet-box ${fleet.trouble === null ? '' : 'stale'}`} aria-label="Agents">
            <FleetTable fleet={fleet} chosen={agent} onChoose={choose} onOpen={setOpened} />
          </section>
        )}
        <Tail
          agent={agent}
          nameOf={nameOf}
          expected={fleet.agents?.length !== 0}
          wrap={wrap}
          onWrap={() => setWrap(!wrap)}
          onSearch={setQuery}
          onAllAgents={() => choose(null)}
          onSignedOut={props.onSignedOut}
          controls={controls}
        />
      </main>
      {proof && (
        <Proof
          agent={agent}
          nameOf={nameOf}
          onClose={() => setProof(false)}
          onSignedOut={props.onSignedOut}
        />
      )}
      {about !== null && (
        <AgentView agent={about} onClose={() => setOpened(null)} onSignedOut={props.onSignedOut} />
      )}
      {query !== null && (
        <Search
          query={query}
          agent={agent}
          nameOf={nameOf}
          onClose={() => setQuery(null)}
          onSignedOut={props.onSignedOut}
        />
      )}
      {help && <Help onClose={() => setHelp(false)} />}
    </div>
  );
}

/** Stays the same function as long as no name changes, so that a poll of the fleet draws no line again. */
function useNames(agents: readonly { readonly id: string; readonly hostname: string }[] | null) {
  const names = (agents ?? []).map((agent) => [agent.id, agent.hostname] as const);
  const known = JSON.stringify(names);
  return useMemo(() => {
    const byId = new Map(JSON.parse(known) as [string, string][]);
    return (id: string) => byId.get(id) ?? id;
  }, [known]);
}

function useKeys(act: (shortcut: Shortcut) => void): void {
  const current = useRef(act);
  current.current = act;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const shortcut = shortcutOf(event);
      if (shortcut === null) return;
      event.preventDefault();
      current.current(shortcut);
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, []);
}
