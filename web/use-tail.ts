/**
 * One followed scope (all agents, or one) as a component needs it: its buffer, its connection, whether the view moves,
 * and how fast lines come. However many lines arrive, they draw the component ten times a second at most:
 * building rows is what costs, not receiving lines.
 */
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { TailBuffer } from './tail-buffer.ts';
import { type FeedState, TailFeed } from './tail-feed.ts';

/** `held`: the reader scrolled up; scrolling back down goes on. `paused`: only the reader's word goes on. */
export type Motion = 'following' | 'held' | 'paused';

export interface Tail {
  readonly buffer: TailBuffer;
  readonly state: FeedState;
  /** Lines that came live in the last second. */
  readonly rate: number;
  readonly motion: Motion;
  readonly motionNow: () => Motion;
  readonly setMotion: (next: (now: Motion) => Motion) => void;
  readonly clear: () => void;
  readonly retryNow: () => void;
}

const ratePeriodMs = 1_000;
const drawPeriodMs = 100;

export function useTail(agent: string | null, onSignedOut: () => void): Tail {
  // `agent` is not read: another scope has another buffer.
  const buffer = useMemo(() => new TailBuffer(), [agent]);
  const [state, setState] = useState<FeedState>({ kind: 'connecting' });
  const [rate, setRate] = useState(0);
  const [, setDrawn] = useState(0);
  const motion = useRef<Motion>('following');
  const frame = useRef<number | null>(null);
  const later = useRef<ReturnType<typeof setTimeout> | null>(null);
  const drawnMs = useRef(0);
  const feed = useRef<TailFeed | null>(null);

  const draw = useCallback(() => {
    frame.current ??= requestAnimationFrame((nowMs) => {
      frame.current = null;
      drawnMs.current = nowMs;
      setDrawn((count) => count + 1);
    });
  }, []);
  /** At once after a quiet while, and at most every `drawPeriodMs` in a flood. */
  const drawSoon = useCallback(() => {
    const waitMs = drawnMs.current + drawPeriodMs - performance.now();
    if (waitMs <= 0) return draw();
    later.current ??= setTimeout(() => {
      later.current = null;
      draw();
    }, waitMs);
  }, [draw]);
  const motionNow = useCallback(() => motion.current, []);
  const setMotion = useCallback(
    (next: (now: Motion) => Motion) => {
      const before = motion.current;
      const after = next(before);
      if (before === after) return;
      motion.current = after;
      if (after === 'following') buffer.release();
      else buffer.hold();
      draw();
    },
    [buffer, draw],
  );

  useEffect(() => {
    let arrived = 0;
    if (motion.current !== 'following') buffer.hold();
    const opened = new TailFeed(agent, {
      buffer,
      listener: {
        changed: (liveLines) => {
          arrived += liveLines;
          drawSoon();
        },
        state: setState,
        signedOut: onSignedOut,
      },
    });
    feed.current = opened;
    opened.open();
    const timer = setInterval(() => {
      setRate(arrived);
      arrived = 0;
    }, ratePeriodMs);
    return () => {
      clearInterval(timer);
      opened.close();
    };
  }, [agent, buffer, drawSoon, onSignedOut]);

  const clear = () => {
    buffer.clear();
    draw();
  };
  const retryNow = useCallback(() => feed.current?.retryNow(), []);
  return { buffer, state, rate, motion: motion.current, motionNow, setMotion, clear, retryNow };
}
