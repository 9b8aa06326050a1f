/**
 * The reverse-path and bogon checks for packets that would be forwarded: netstack/ingress-check.ts for the
 * common case.
 *
 * Standard: RFC 3704 §2.2 and §2.4; what belongs into DN42 stands in netstack/ingress-check.ts.
 *
 * Only what surely passes passes. Everything else, the exempt sources among it, is punted: the router worker
 * judges, counts and drops. Nothing of a virtual router other than the default one passes.
 *
 * @module
 */
import {
  BANK_FIB4,
  BANK_FIB6,
  INTERFACE_PEER,
  PEER_FLAG_BOGONS,
  PEER_FLAG_LOOSE,
  PEER_FLAG_SECLUDED,
  PEER_FLAG_STRICT,
  PEER_IDENTITY,
  WORKER,
  WORKER_ROUTES4,
  WORKER_ROUTES6,
} from '../../packet/plane-layout';
import { findSet, isStill, memberAt, membersOf } from './next-hop-sets';
import { lookup } from './route-lookup';
import { findInterface, peerAt } from './tables';

const CHECKS = PEER_FLAG_STRICT | PEER_FLAG_LOOSE | PEER_FLAG_BOGONS | PEER_FLAG_SECLUDED;

/** Whether a packet that `route` found a way for may have come from this peer. */
export function mayComeFrom(routes: usize, peer: usize, flags: u32, packet: usize, now: f64): bool {
  if ((flags & CHECKS) === 0) return true;
  // These tables are of another virtual router, whichever life of the router worker made them.
  if ((flags & PEER_FLAG_SECLUDED) !== 0) return false;
  const is4 = load<u8>(packet) >>> 4 === 4;
  if ((flags & PEER_FLAG_BOGONS) !== 0) {
    const isInside = is4
      ? isDn42Ipv4(packet + 12) && isDn42Ipv4(packet + 16)
      : load<u8>(packet, 8) === 0xfd && load<u8>(packet, 24) === 0xfd;
    if (!isInside) return false;
  }
  if ((flags & (PEER_FLAG_STRICT | PEER_FLAG_LOOSE)) === 0) return true;
  const id = is4
    ? lookup(routes + BANK_FIB4, packet + 12, 4, WORKER + WORKER_ROUTES4, now)
    : lookup(routes + BANK_FIB6, packet + 8, 16, WORKER + WORKER_ROUTES6, now);
  const isLoose = (flags & PEER_FLAG_LOOSE) !== 0;
  const set = findSet(routes, id);
  if (set === 0) return isBack(routes, findInterface(routes, id), peer, isLoose);
  for (let i: u32 = 0; i < membersOf(set); i++) {
    const member = findInterface(routes, memberAt(set, i));
    if (isBack(routes, member, peer, isLoose)) return isStill(set, id);
  }
  return false;
}

/** Whether a source may be behind an interface its route leads to. */
function isBack(routes: usize, back: usize, peer: usize, isLoose: bool): bool {
  if (back === 0) return false;
  if (isLoose) return true;
  // The peer may be one of this life and the routes those of the former: only its key is the same.
  const number = load<i32>(back, INTERFACE_PEER);
  if (number < 0) return false;
  return load<u32>(peerAt(routes, number), PEER_IDENTITY) === load<u32>(peer, PEER_IDENTITY);
}

/** 172.20.0.0/14, 172.31.0.0/16, 10.0.0.0/8. */
function isDn42Ipv4(address: usize): bool {
  const first = load<u8>(address);
  if (first === 10) return true;
  const second = load<u8>(address, 1);
  return first === 172 && (second >>> 2 === 5 || second === 31);
}
