/**
 * Which next hop of ours a session is told, and in which attribute.
 *
 * Standard: RFC 4271 §5.1.3, RFC 2545 §3, RFC 8950 §4; BGP specification §2.3 and §6.3.
 *
 *   session            IPv4 routes                           IPv6 routes
 *   IPv4               NEXT_HOP = its address                global, else `::` + link-local
 *   IPv6 global, ENH   its address (+ link-local)            its address (+ link-local)
 *   link-local, ENH    global or `::`, + link-local          global or `::`, + link-local
 *   IPv6 without ENH   NEXT_HOP = configured IPv4, or none   as above
 *
 * @module
 */
import { concatBytes } from '../../base/bytes.ts';
import { isLinkLocal } from '../../base/ip-address.ts';
import type { NegotiatedSession } from '../types.ts';
import type { NextHopForm } from '../update/update-writer.ts';
import type { RouteNeighborConfig } from './types.ts';

const UNSPECIFIED = new Uint8Array(16);

/** Returns undefined when no address of ours will do: the family is not announced. */
export function nextHopSelf(
  family: 4 | 6,
  session: NegotiatedSession,
  own: RouteNeighborConfig['nextHopSelf'],
): NextHopForm | undefined {
  const isOverIpv4 = session.localAddress.family === 4;
  if (family === 4) {
    if (isOverIpv4) return { kind: 'classic', bytes: session.localAddress.bytes };
    if (!session.extendedNextHop) {
      return own.ipv4 === undefined ? undefined : { kind: 'classic', bytes: own.ipv4.bytes };
    }
  } else if (isOverIpv4) {
    if (own.ipv6Global !== undefined) return { kind: 'mp', bytes: own.ipv6Global.bytes };
    return own.linkLocal === undefined
      ? undefined
      : { kind: 'mp', bytes: concatBytes(UNSPECIFIED, own.linkLocal.bytes) };
  }
  const isOnLink = isLinkLocal(session.localAddress);
  const global = isOnLink ? (own.ipv6Global?.bytes ?? UNSPECIFIED) : session.localAddress.bytes;
  const linkLocal = isOnLink ? session.localAddress.bytes : own.linkLocal?.bytes;
  return {
    kind: 'mp',
    bytes: linkLocal === undefined ? global : concatBytes(global, linkLocal),
  };
}
