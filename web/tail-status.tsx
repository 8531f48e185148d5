/** In what state the tail is: a dot, a word, and what to do when something is wrong. */
import { formatCount } from './format.ts';
import type { FeedState } from './tail-feed.ts';
import type { Motion } from './use-tail.ts';

export function FeedStatus(props: {
  readonly state: FeedState;
  readonly rate: number;
  readonly motion: Motion;
  readonly onRetry: () => void;
}) {
  const { state, rate, motion } = props;
  switch (state.kind) {
    case 'connecting':
      return (
        <span class="feed connecting" role="status">
          Connecting …
        </span>
      );
    case 'waiting':
      return (
        <span class="feed away" role="status" title={`${state.trouble.what} ${state.trouble.fix}`}>
          Reconnecting …{' '}
          <button type="button" class="link" onClick={props.onRetry}>
            now
          </button>
        </span>
      );
    case 'live':
      return (
        <span class={`feed ${motion === 'following' ? 'live' : 'still'}`}>
          <span role="status">
            {motion === 'following' ? 'Live' : motion === 'paused' ? 'Paused' : 'Scrolled up'}
          </span>
          <span class="rate">{formatCount(rate)}/s</span>
        </span>
      );
  }
}
