/**
 * Datagrams of which some fragments have come: their octets, and how long they wait.
 *
 * Standard: RFC 791 §3.2 (what belongs together), RFC 8200 §4.5 and RFC 5722 §4 (fragments that overlap end
 * the whole datagram), RFC 1122 §3.3.2. RFC 815 keeps a list of holes; without overlaps a sum tells as much.
 *
 * Fragments belong together when family, both addresses, identification, the protocol (IPv4) and the tunnel
 * they came by are the same. The tunnel is ours: a path rarely changes within a datagram, and no neighbor can
 * spoil what another sends.
 *
 * Invariants
 * - At most `REASSEMBLIES_MAX` datagrams wait, of a tunnel and a source fewer; a new one evicts the oldest of
 *   whoever has too many.
 * - A datagram ends `timeout` after its first fragment came, whatever comes later.
 * - The octets of a datagram were all written once, and lie below `DATA_BYTES`.
 *
 * @module
 */
import type { IpFamily } from '../base/ip-address.ts';
import type { Instant, InterfaceId } from '../base/units.ts';
import { DATA_BYTES } from '../packet/index.ts';
import {
  FRAGMENTS_PER_DATAGRAM,
  REASSEMBLIES_MAX,
  REASSEMBLIES_PER_INTERFACE,
  REASSEMBLIES_PER_SOURCE,
} from './limits.ts';

/** What fragments of one datagram have in common. */
export type DatagramKey = {
  readonly interface: InterfaceId;
  readonly family: IpFamily;
  /** IPv4; 0 of IPv6, where the identification alone is to differ. */
  readonly protocol: number;
  readonly identification: number;
  /** Source and destination, one behind the other. */
  readonly addresses: Uint8Array;
};

export type PartialDatagram = {
  readonly key: DatagramKey;
  readonly expiresAt: Instant;
  /** What stood before the data of the first fragment, once that is here. */
  header: Uint8Array | undefined;
  /** IPv6: what the first fragment says the whole datagram carries, and where its header names that. */
  nextHeader: number;
  nextHeaderAt: number;
  readonly data: Uint8Array;
  /** Octets of the first fragment, for an error about it. */
  firstBytes: number;
  /** From and to of every fragment. */
  readonly parts: number[];
  received: number;
  /** Undefined until the last fragment is here. */
  total: number | undefined;
  /** Fragments overlapped: whatever else comes is dropped as well (RFC 5722 §4). */
  isSpoiled: boolean;
};

export class PartialDatagrams {
  /** The oldest first. */
  private readonly waiting: PartialDatagram[] = [];
  private readonly spare: Uint8Array[] = [];

  get size(): number {
    return this.waiting.length;
  }

  find(key: DatagramKey): PartialDatagram | undefined {
    return this.waiting.find((datagram) => isSame(datagram.key, key));
  }

  /** Makes room when there is none and adds; returns how many datagrams were evicted. */
  add(key: DatagramKey, expiresAt: Instant): { datagram: PartialDatagram; evicted: number } {
    const evicted =
      this.evict(REASSEMBLIES_PER_SOURCE, (other) => isSameSource(other, key)) +
      this.evict(REASSEMBLIES_PER_INTERFACE, (other) => other.interface === key.interface) +
      this.evict(REASSEMBLIES_MAX, () => true);
    const datagram: PartialDatagram = {
      key,
      expiresAt,
      header: undefined,
      nextHeader: 0,
      nextHeaderAt: 0,
      data: this.spare.pop() ?? new Uint8Array(DATA_BYTES),
      firstBytes: 0,
      parts: [],
      received: 0,
      total: undefined,
      isSpoiled: false,
    };
    this.waiting.push(datagram);
    return { datagram, evicted };
  }

  remove(datagram: PartialDatagram): void {
    const index = this.waiting.indexOf(datagram);
    if (index < 0) return;
    this.waiting.splice(index, 1);
    this.spare.push(datagram.data);
  }

  /** Takes a datagram whose time is over, if there is one; it stays readable until the next call. */
  takeExpired(now: Instant): PartialDatagram | undefined {
    const expired = this.waiting.find(({ expiresAt }) => expiresAt <= now);
    if (expired !== undefined) this.remove(expired);
    return expired;
  }

  nextDeadline(): Instant | undefined {
    let next: Instant | undefined;
    for (const { expiresAt } of this.waiting)
      if (next === undefined || expiresAt < next) next = expiresAt;
    return next;
  }

  /** Removes the oldest of these until one more keeps within the limit. */
  private evict(limit: number, isMeant: (key: DatagramKey) => boolean): number {
    const meant = this.waiting.filter(({ key }) => isMeant(key));
    const tooMany = meant.slice(0, Math.max(0, meant.length + 1 - limit));
    for (const datagram of tooMany) this.remove(datagram);
    return tooMany.length;
  }
}

/** What a fragment does to its datagram. */
export type Placed = 'complete' | 'waiting' | 'repeated' | 'spoiled' | 'too-big';

/** Puts the octets from `start` to `end` of `b` where they belong. */
export function placeFragment(
  datagram: PartialDatagram,
  offset: number,
  isLast: boolean,
  b: Uint8Array,
  start: number,
  end: number,
): Placed {
  if (datagram.isSpoiled) return 'spoiled';
  const to = offset + end - start;
  if (to > DATA_BYTES) return spoil(datagram, 'too-big');
  const { parts } = datagram;
  for (let i = 0; i < parts.length; i += 2) {
    const otherFrom = parts[i] as number;
    const otherTo = parts[i + 1] as number;
    // RFC 8200 §4.5: an exact repetition may be passed over, the network makes those.
    if (otherFrom === offset && otherTo === to) return 'repeated';
    if (otherFrom < to && offset < otherTo) return spoil(datagram, 'spoiled');
    if (isLast && otherTo > offset) return spoil(datagram, 'spoiled');
  }
  if (datagram.total !== undefined && (isLast || to > datagram.total)) {
    return spoil(datagram, 'spoiled');
  }
  if (parts.length / 2 >= FRAGMENTS_PER_DATAGRAM) return spoil(datagram, 'too-big');
  parts.push(offset, to);
  datagram.data.set(b.subarray(start, end), offset);
  datagram.received += end - start;
  if (isLast) datagram.total = to;
  return datagram.received === datagram.total ? 'complete' : 'waiting';
}

function spoil(datagram: PartialDatagram, outcome: 'spoiled' | 'too-big'): Placed {
  datagram.isSpoiled = true;
  datagram.header = undefined;
  return outcome;
}

const isSame = (a: DatagramKey, b: DatagramKey): boolean =>
  a.identification === b.identification &&
  a.interface === b.interface &&
  a.family === b.family &&
  a.protocol === b.protocol &&
  a.addresses.every((octet, i) => octet === b.addresses[i]);

/** An IPv4 address, or the /64 of an IPv6 address: one network's hosts share. */
function isSameSource(a: DatagramKey, b: DatagramKey): boolean {
  if (a.family !== b.family || a.interface !== b.interface) return false;
  const octets = a.family === 4 ? 4 : 8;
  for (let i = 0; i < octets; i++) if (a.addresses[i] !== b.addresses[i]) return false;
  return true;
}
