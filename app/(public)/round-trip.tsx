'use client';

/**
 * How far the node is from this browser: one byte, one warm-up, five samples, the least counts.
 *
 * Standard: portal specification §8.1. HTTP adds to the way of the packet, so it is an upper bound.
 */
import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { formatMilliseconds } from '../_text/format.ts';

const SAMPLES = 5;

export function RoundTrip({ url }: { readonly url: string }) {
  const t = useTranslations('ui');
  const [ms, setMs] = useState<number | 'none'>();
  useEffect(() => {
    const stop = new AbortController();
    measure(url, stop.signal).then(setMs, () => {
      if (!stop.signal.aborted) setMs('none');
    });
    return () => stop.abort();
  }, [url]);
  return (
    <span className="inline-block min-w-20 font-mono">
      {ms === undefined ? (
        <span className="text-text-3">…</span>
      ) : ms === 'none' ? (
        <span className="text-text-3">{t('noAnswer')}</span>
      ) : (
        <strong className="font-semibold">{formatMilliseconds(ms)}</strong>
      )}
    </span>
  );
}

async function measure(url: string, signal: AbortSignal): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at <= SAMPLES; at += 1) {
    const start = performance.now();
    const response = await fetch(url, { cache: 'no-store', mode: 'cors', signal });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`answered ${response.status}`);
    // The first one opens the connection.
    if (at > 0) least = Math.min(least, performance.now() - start);
  }
  return least;
}
