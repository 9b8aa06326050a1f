/**
 * A relay: what one stream says the other hears, in both directions, no faster than it listens.
 *
 * Not standardized; RFC 9293 §3.6 (half-closed connections) is kept: the end of one direction passes on and
 * the other goes on. A reset of one side becomes a reset of the other.
 *
 *   a ──pipe──► b     Node's streams stop reading `a` while `b` has more than its high-water mark
 *   a ◄──pipe── b
 *
 * Invariant: when one side is gone the other goes too, at the latest after the idle time.
 *
 * @module
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { FAREWELL_MS, RELAY_HALF_CLOSED_IDLE_MS, RELAY_IDLE_MS } from './limits.ts';

/** Joins two streams until both are closed. */
export function relay(a: Duplex, b: Duplex): void {
  // One may have gone while the other was being opened.
  if (a.destroyed || b.destroyed) {
    cut(a);
    cut(b);
    return;
  }
  let open = 2;
  let idle = setTimeout(cutBoth, RELAY_IDLE_MS);

  function cutBoth(): void {
    cut(a);
    cut(b);
  }

  const direction = (from: Duplex, to: Duplex): void => {
    from.on('data', () => idle.refresh());
    from.once('end', () => {
      clearTimeout(idle);
      idle = setTimeout(cutBoth, RELAY_HALF_CLOSED_IDLE_MS);
    });
    // 'close' follows and tells the other side.
    from.on('error', () => undefined);
    from.once('close', () => {
      if (!(from.readableEnded && from.writableFinished)) cut(to);
      open--;
      if (open === 0) clearTimeout(idle);
    });
    from.pipe(to);
  };
  direction(a, b);
  direction(b, a);
}

/** Ends a stream as by a reset, so that nobody takes what it said so far for the whole. */
export function cut(stream: Duplex): void {
  if (stream.destroyed) return;
  // A Unix socket knows no reset.
  if (stream instanceof Socket && stream.remoteAddress !== undefined) stream.resetAndDestroy();
  else stream.destroy();
}

/** Says the last word to a client and ends; what it still says is not heard, lest a reset overtakes the word. */
export function farewell(client: Duplex, word: Uint8Array | string): void {
  const limit = setTimeout(() => client.destroy(), FAREWELL_MS);
  client.once('close', () => clearTimeout(limit));
  client.end(word);
  client.resume();
}
