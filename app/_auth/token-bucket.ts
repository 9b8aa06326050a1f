/**
 * Token buckets per client, in a map of bounded size.
 *
 * Not standardized; RFC 9331 calls it quota. Time is a parameter, so tests need no clock.
 *
 * Invariants
 * - The map never holds more than `limit` keys; the one unused longest goes first. Whoever could
 *   fill the map gets at most a fresh bucket for it, never more memory.
 *
 * @module
 */

export type BucketOptions = {
  /** Most that may be taken at once. */
  readonly capacity: number;
  /** Time in which an empty bucket is full again. */
  readonly refillMs: number;
  /** Greatest number of keys kept. */
  readonly limit: number;
};

export interface TokenBuckets {
  /** Takes one token; returns the seconds to wait when there is none. */
  take(key: string, nowMs: number): number | undefined;
  readonly size: number;
}

export function createTokenBuckets(options: BucketOptions): TokenBuckets {
  const buckets = new Map<string, { tokens: number; at: number }>();
  const perMs = options.capacity / options.refillMs;
  return {
    take(key, nowMs) {
      const known = buckets.get(key);
      const elapsed = known === undefined ? 0 : Math.max(0, nowMs - known.at);
      const tokens = Math.min(
        options.capacity,
        (known?.tokens ?? options.capacity) + elapsed * perMs,
      );
      // Deleted and set again: a Map keeps the order of insertion, so the first is the oldest.
      buckets.delete(key);
      const enough = tokens >= 1;
      buckets.set(key, { tokens: enough ? tokens - 1 : tokens, at: nowMs });
      if (buckets.size > options.limit) {
        const oldest = buckets.keys().next();
        if (!oldest.done) buckets.delete(oldest.value);
      }
      return enough ? undefined : Math.ceil((1 - tokens) / perMs / 1000);
    },
    get size() {
      return buckets.size;
    },
  };
}
