/**
 * What a transport message of EtherGuard carries: the header of node numbers, in front of an Ethernet frame
 * or a control message.
 *
 * Not standardized; wire format of etherguard-go v0.3.5-f5, checked with captures of real nodes.
 *
 *   outside the AEAD   │ usage 1 │ TTL 1 │ receiver 4 │ counter 8 │
 *   content            │ destination 2 │ source 2 │ body … │ zero padding │     node numbers big-endian
 *                      ↑ `at`: arena.start of an opened packet, and of one that is handed in to be sealed
 *
 * Usage and TTL stand in the headroom, where the device found them or will send them (framing.ts of
 * wireguard/), so a relay changes an octet and hands the slot on. They are not authenticated.
 *
 * Padding is never removed: a frame has no length of its own, so it belongs to it from then on, also in the
 * check for duplicates. A reader never relies on the length of a frame and never refuses zero octets behind it.
 *
 * Nothing here allocates: offsets into the caller's octets, and small integers.
 *
 * Invariant: readers are called after `meshPacketProblem` found none.
 *
 * @module
 */
import { at as octetAt, readUint16, writeUint16 } from '../../../base/bytes.ts';
import type { DropReason } from '../../../base/drop-reason.ts';
import { type NodeNumber, SUPERNODE } from '../../node-number.ts';
import { ETHERGUARD_FRAMING } from './framing.ts';

/** What the body is: the first octet of a transport message. */
export const USAGE = {
  /** An Ethernet frame. */
  normal: 4,
  register: 5,
  serverUpdate: 6,
  ping: 7,
  pong: 8,
  queryPeer: 9,
  broadcastPeer: 10,
} as const;
export type Usage = (typeof USAGE)[keyof typeof USAGE];

export const MESH_HEADER_BYTES = 4;
/** Frames are longer than two MAC addresses; shorter ones are dropped by sender and receiver. */
export const FRAME_BYTES_MIN = 13;
/** The TTL of what is not relayed. */
export const NO_RELAY = 0;

/** Offsets from the start of the content; usage and TTL are 14 and 13 octets in front of it. */
const USAGE_AT = -ETHERGUARD_FRAMING.transportHeaderBytes,
  TTL_AT = USAGE_AT + ETHERGUARD_FRAMING.ttlOffset,
  DESTINATION = 0,
  SOURCE = 2;

const PADDING_MULTIPLE = 16;
const ETHERNET_HEADER_BYTES = 14;
const LAST_USAGE: number = USAGE.broadcastPeer;

export const meshUsage = (b: Uint8Array, at: number): number => octetAt(b, at + USAGE_AT);
export const meshTtl = (b: Uint8Array, at: number): number => octetAt(b, at + TTL_AT);
export const meshDestination = (b: Uint8Array, at: number): NodeNumber =>
  readUint16(b, at + DESTINATION) as NodeNumber;
export const meshSource = (b: Uint8Array, at: number): NodeNumber =>
  readUint16(b, at + SOURCE) as NodeNumber;

/** Why the opened content from `at` to `end` is no packet of the mesh; what is in its body is not looked at. */
export function meshPacketProblem(b: Uint8Array, at: number, end: number): DropReason | undefined {
  const usage = meshUsage(b, at);
  if (usage < USAGE.normal || usage > LAST_USAGE) return 'unknown-protocol';
  const body = end - at - MESH_HEADER_BYTES;
  if (body < 1) return 'truncated';
  if (usage === USAGE.normal && body < FRAME_BYTES_MIN) return 'truncated';
  return undefined;
}

/** Writes usage and TTL in front of the content at `at`, and the header at its start. */
export function writeMeshPacket(
  b: Uint8Array,
  at: number,
  usage: Usage,
  ttl: number,
  destination: NodeNumber,
  source: NodeNumber,
): void {
  b[at + USAGE_AT] = usage;
  b[at + TTL_AT] = ttl;
  writeUint16(b, at + DESTINATION, destination);
  writeUint16(b, at + SOURCE, source);
}

/**
 * Takes one from the TTL before a packet is passed on; false when it goes no further. A node processes
 * whatever comes to it: the TTL says only whether it may leave again.
 */
export function takeHop(b: Uint8Array, at: number): boolean {
  const ttl = meshTtl(b, at);
  if (ttl === NO_RELAY) return false;
  b[at + TTL_AT] = ttl - 1;
  return true;
}

/**
 * The TTL of a packet of our own: `defaultTtl`, 1 to 255, for what others may relay. Pings measure one link
 * and what passes between edge and supernode never goes by a third.
 */
export function firstTtl(usage: Usage, destination: NodeNumber, defaultTtl: number): number {
  switch (usage) {
    case USAGE.normal:
    case USAGE.queryPeer:
    case USAGE.broadcastPeer:
      return defaultTtl;
    case USAGE.pong:
      return destination === SUPERNODE ? NO_RELAY : defaultTtl;
    default:
      return NO_RELAY;
  }
}

/** The longest content that padding fills up to: a full frame of the interface and its header. */
export const contentLimit = (mtu: number): number =>
  mtu + ETHERNET_HEADER_BYTES + MESH_HEADER_BYTES;

/**
 * How many zero octets follow a content of `octets`: up to a multiple of 16, but not beyond `limit`
 * (contentLimit); of a longer content the part beyond whole limits counts, as in the original.
 */
export function paddingBytes(octets: number, limit: number): number {
  const unit = octets > limit ? octets % limit : octets;
  const padded = Math.ceil(unit / PADDING_MULTIPLE) * PADDING_MULTIPLE;
  return (padded < limit ? padded : limit) - unit;
}
