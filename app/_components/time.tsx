'use client';

/**
 * Times that stay true while the page is open: ages, clocks in the reader's zone, countdowns.
 *
 * Not standardized; style §11. One interval serves all of them. The first render uses the server's
 * time and UTC, so hydration finds what the server wrote; the exact UTC time is in `title`.
 */
import { use, useSyncExternalStore } from 'react';
import { formatAge, formatClock, formatDuration, formatUtc } from '../_text/format.ts';
import { RenderedAt } from '../_text/text-provider.tsx';

const listeners = new Set<() => void>();
let interval: ReturnType<typeof setInterval> | undefined;

/** Milliseconds since 1970, changing once a second. */
export function useNow(): number {
  const renderedAt = use(RenderedAt);
  return useSyncExternalStore(subscribe, currentSecond, () => renderedAt);
}

/** `12 min` since then, or `4 d 6 h` with `long`. */
export function Age({ at, long = false }: { readonly at: string; readonly long?: boolean }) {
  const seconds = (useNow() - Date.parse(at)) / 1000;
  return (
    <time className="whitespace-nowrap" dateTime={at} title={formatUtc(at)}>
      {long ? formatDuration(seconds) : formatAge(seconds)}
    </time>
  );
}

/** `14:02:11`, in UTC until the browser tells its zone; the width is the same. */
export function Clock({ at }: { readonly at: string }) {
  const zone = useSyncExternalStore(never, browserZone, utc);
  return (
    <time className="whitespace-nowrap font-mono" dateTime={at} title={formatUtc(at)}>
      {formatClock(at, zone)}
    </time>
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  interval ??= setInterval(() => {
    for (const each of listeners) each();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(interval);
    interval = undefined;
  };
}

const currentSecond = (): number => Math.floor(Date.now() / 1_000) * 1_000;
const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
const utc = (): string => 'UTC';
const never = (): (() => void) => () => undefined;
