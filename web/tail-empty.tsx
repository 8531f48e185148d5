/** What stands where lines would be: why there are none, and what to do next. */
export function TailEmpty(props: {
  readonly loading: boolean;
  /** What is filtered by; null: nothing. */
  readonly filter: string | null;
  /** Lines held before the filter. */
  readonly held: number;
  /** False on a hub without agents, where the fleet's place says what to do. */
  readonly expected: boolean;
  /** Whose lines are shown; null: all agents'. */
  readonly host: string | null;
  readonly onClearFilter: () => void;
  readonly onSearch: () => void;
}) {
  if (props.filter !== null && props.held > 0) {
    return (
      <div class="empty">
        <h2>No line here contains “{props.filter}”</h2>
        <p>New lines that do will appear by themselves.</p>
        <button type="button" class="secondary" onClick={props.onClearFilter}>
          Clear the filter
        </button>{' '}
        <button type="button" class="secondary" onClick={props.onSearch}>
          Search all stored lines
        </button>
      </div>
    );
  }
  if (props.loading) return <p class="note">Fetching the last lines …</p>;
  if (!props.expected) return <p class="note">Lines will appear here.</p>;
  return (
    <div class="empty">
      <h2>{props.host === null ? 'No lines yet' : `No lines of ${props.host} yet`}</h2>
      <p>
        A line appears here within a second of being written. Files that were there when the agent first
        started are followed from their end: append a line to one of them to try it.
      </p>
      <span class="command">
        <code>echo "hello, raft" &gt;&gt; /path/of/a/followed.log</code>
      </span>
    </div>
  );
}
