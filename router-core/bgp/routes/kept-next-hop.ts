/**
 * When a route keeps its next hop on the way out, and in which form.
 *
 * Standard: RFC 4271 §5.1.3, RFC 2545 §3 (a link-local part is for its own link), RFC 8950 §4; BGP
 * specification §6.7 (next-hop-self, next hop keep).
 *
 * Packets follow tunnels here whatever a next hop says, so the default is ours, to internal neighbors
 * too: they reach us.
 *
 * @module
 */
import { at } from '../../base/bytes.ts';
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { CANONICAL_HEADER_BYTES, canonicalEnd } from '../attribute/canonical-block.ts';
import { NEXT_HOP } from '../attribute/table.ts';
import type { NextHopForm } from '../update/update-writer.ts';
import type { RouteOptions } from './route-options.ts';

/** Whether a route that an internal or external neighbor told us goes on with its next hop. */
export function keepsNextHop(
  { nextHopKeep, nextHopSelf }: RouteOptions,
  isToInternal: boolean,
  isFromInternal: boolean,
): boolean {
  if (nextHopKeep) return true;
  if (!isToInternal || nextHopSelf === 'always') return false;
  return nextHopSelf === 'off' || isFromInternal;
}

/** Returns a set's next hop as another link may see it; undefined: none can be told. */
export function receivedNextHop(
  store: AttributeStore,
  id: number,
  family: 4 | 6,
  hasExtendedNextHop: boolean,
): NextHopForm | undefined {
  const o = store.find(id, NEXT_HOP);
  if (o === -1) return undefined;
  const bytes = store.bytes.slice(o + CANONICAL_HEADER_BYTES, canonicalEnd(store.bytes, o));
  if (bytes.length === 4) return { kind: 'classic', bytes };
  const global = bytes.subarray(0, 16);
  const isGlobal = global.some((octet) => octet !== 0) && !isLinkLocal(global);
  if (!isGlobal || (family === 4 && !hasExtendedNextHop)) return undefined;
  return { kind: 'mp', bytes: global };
}

const isLinkLocal = (b: Uint8Array): boolean => at(b, 0) === 0xfe && (at(b, 1) & 0xc0) === 0x80;
