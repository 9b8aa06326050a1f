/**
 * Notices a peer that speaks from another link-local address than the one it told us.
 *
 * Not standardized. BGP over such a tunnel never comes up, and nothing else says why, so the router's
 * diagnosis wants to know. The packet is not dropped: the address was typed by a person.
 *
 * @module
 */
import { at } from '../base/bytes.ts';
import type { Instant } from '../base/units.ts';
import { SOURCE_MISMATCH_INTERVAL_MS } from './limits.ts';
import type { Stack } from './stack.ts';

/** Tells once per changed address, and at most once in `SOURCE_MISMATCH_INTERVAL_MS`. */
export function checkLinkLocalSource(
  stack: Stack,
  link: number,
  b: Uint8Array,
  source: number,
  now: Instant,
): void {
  const { interfaces } = stack;
  if (interfaces.hasPeerLinkLocal[link] === 0) return;
  if (isSameAddress(interfaces.peerLinkLocal, link * 16, b, source)) return;
  if (isSameAddress(interfaces.mismatch, link * 16, b, source)) return;
  if (now - (interfaces.mismatchAt[link] as number) < SOURCE_MISMATCH_INTERVAL_MS) return;
  interfaces.mismatchAt[link] = now;
  const bytes = b.slice(source, source + 16);
  interfaces.mismatch.set(bytes, link * 16);
  stack.events.push({
    kind: 'inner-source-mismatch',
    interface: interfaces.idOf(link),
    source: { family: 6, bytes },
    at: now,
  });
}

function isSameAddress(a: Uint8Array, i: number, b: Uint8Array, j: number): boolean {
  // From the end: addresses of one link differ there first.
  for (let k = 15; k >= 0; k--) if (at(a, i + k) !== at(b, j + k)) return false;
  return true;
}
