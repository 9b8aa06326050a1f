/**
 * What a neighbor's segments must prove before TCP looks at them, and what ours carry to it.
 *
 * Standard: RFC 2385 §2 (signatures; a wrong one is not answered); RFC 5925 §7.5 (MACs); RFC 5082 §3 (GTSM).
 *
 * A guard belongs to a remote address on an interface: every tunnel has the same fe80::/64. One of a
 * neighbor behind other routers (`ROUTED`) is asked on every interface that has none of its own. It is asked
 * before a listener makes a connection, and on RST like on everything else.
 *
 * Invariants
 * - A connection keeps the guard it began with, so both directions change together.
 * - A refused segment changes nothing but counters and is not answered.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import { at } from '../../base/bytes.ts';
import type { IpAddress, IpFamily } from '../../base/ip-address.ts';
import { type Instant, type InterfaceId, instant, interfaceId, NONE } from '../../base/units.ts';
import { ipv4Ttl, ipv6HopLimit, TCP_ACK, TCP_SYN } from '../../packet/index.ts';
import { GTSM_HOP_LIMIT } from '../constants.ts';
import type { MasterKey } from './authentication-option.ts';
import { type ConnectionAuthentication, isSynAuthentic } from './connection-authentication.ts';
import type { SegmentRefusal, TcpNeighbor, TcpTuple } from './contract.ts';
import { isSignatureRight } from './md5-signature.ts';
import type { Segment } from './segment.ts';

const NEVER = instant(Number.NEGATIVE_INFINITY);

export class NeighborGuard {
  readonly neighbor: TcpNeighbor;
  /** When each refusal was told last, so that a flood of them is told seldom. */
  private readonly toldAt: Record<SegmentRefusal, Instant> = {
    'signature-missing': NEVER,
    'signature-wrong': NEVER,
    'signature-unexpected': NEVER,
    'hop-limit-low': NEVER,
  };

  constructor(neighbor: TcpNeighbor) {
    this.neighbor = neighbor;
  }

  /** Whether to tell of this refusal, which is then told. */
  mayTell(refusal: SegmentRefusal, interval: number, now: Instant): boolean {
    if (now - this.toldAt[refusal] < interval) return false;
    this.toldAt[refusal] = now;
    return true;
  }
}

/** The guards of all neighbors. A tunnel has one or two, so they are walked. */
export class NeighborGuards {
  private readonly guards = new Map<InterfaceId, NeighborGuard[]>();

  add(neighbor: TcpNeighbor): void {
    assert(this.findAddress(neighbor.interface, neighbor.remote) === undefined, 'one guard each');
    const others = this.guards.get(neighbor.interface) ?? [];
    this.guards.set(neighbor.interface, [...others, new NeighborGuard(neighbor)]);
  }

  remove(id: InterfaceId, remote: IpAddress): void {
    const guard = this.findAddress(id, remote);
    const others = (this.guards.get(id) ?? []).filter((other) => other !== guard);
    if (others.length > 0) this.guards.set(id, others);
    else this.guards.delete(id);
  }

  removeInterface(id: InterfaceId): void {
    this.guards.delete(id);
  }

  findAddress(id: InterfaceId, remote: IpAddress): NeighborGuard | undefined {
    return this.find(id, remote.bytes, 0, remote.bytes.length);
  }

  /** Returns the guard of the neighbor whose address of `length` octets stands in `b`. */
  find(
    id: InterfaceId,
    b: Uint8Array,
    remoteAt: number,
    length: number,
  ): NeighborGuard | undefined {
    const ofInterface = this.guards.get(id);
    if (ofInterface === undefined) return undefined;
    for (const guard of ofInterface)
      if (isAddressAt(guard.neighbor.remote.bytes, b, remoteAt, length)) return guard;
    return undefined;
  }
}

/** Where a received segment stands: its IP header, its addresses in it, itself. */
export type SegmentPlace = {
  readonly family: IpFamily;
  readonly b: Uint8Array;
  readonly ip: number;
  readonly remoteAt: number;
  readonly localAt: number;
  readonly start: number;
  readonly end: number;
};

/**
 * Returns why a segment is refused. Without a guard, as with one without a key, a signed segment is refused as
 * Linux does: its sender relies on what nobody checks. `owner`: of the connection it belongs to.
 */
export function refusalOf(
  guard: NeighborGuard | undefined,
  owner: ConnectionAuthentication | undefined,
  segment: Segment,
  place: SegmentPlace,
): SegmentRefusal | undefined {
  const isSigned = segment.signature !== NONE || segment.authentication !== NONE;
  if (guard === undefined) return isSigned ? 'signature-unexpected' : undefined;
  const { md5Key, masterKeys, hopLimitMin } = guard.neighbor;
  const { family, b, ip, start, end } = place;
  const hopLimit = family === 4 ? ipv4Ttl(b, ip) : ipv6HopLimit(b, ip);
  if (hopLimit < hopLimitMin) return 'hop-limit-low';
  if (masterKeys !== undefined) {
    if (segment.authentication === NONE) return 'signature-missing';
    return isAuthentic(masterKeys, owner, segment, place) ? undefined : 'signature-wrong';
  }
  if (md5Key === undefined) return isSigned ? 'signature-unexpected' : undefined;
  const { signature } = segment;
  if (signature === NONE) return 'signature-missing';
  return isSignatureRight(md5Key, family, b, place.remoteAt, place.localAt, start, end, signature)
    ? undefined
    : 'signature-wrong';
}

/** Outside a connection only a SYN can be checked. */
function isAuthentic(
  keys: readonly MasterKey[],
  owner: ConnectionAuthentication | undefined,
  segment: Segment,
  place: SegmentPlace,
): boolean {
  const { family, b, remoteAt, localAt, start, end } = place;
  if (owner !== undefined) return owner.isAuthentic(segment, b, start, end);
  if (!isFirstSyn(segment)) return false;
  const octets = family === 4 ? 4 : 16;
  const tuple: TcpTuple = {
    interface: interfaceId(NONE),
    local: { family, bytes: b.subarray(localAt, localAt + octets) },
    localPort: segment.destinationPort,
    remote: { family, bytes: b.subarray(remoteAt, remoteAt + octets) },
    remotePort: segment.sourcePort,
  };
  return isSynAuthentic(keys, tuple, segment, b, start, end);
}

/** What our segments leave with; undefined: with what is customary. */
export const hopLimitTo = ({ hopLimitMin, hopLimit }: TcpNeighbor): number | undefined =>
  hopLimitMin > 0 ? GTSM_HOP_LIMIT : hopLimit;

/** A SYN that begins a connection. */
export const isFirstSyn = (segment: Segment): boolean =>
  (segment.flags & (TCP_SYN | TCP_ACK)) === TCP_SYN;

function isAddressAt(address: Uint8Array, b: Uint8Array, start: number, length: number): boolean {
  if (address.length !== length) return false;
  for (let i = 0; i < length; i++) if (at(address, i) !== at(b, start + i)) return false;
  return true;
}
