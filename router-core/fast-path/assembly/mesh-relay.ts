/**
 * Which contents of the mesh are the common case, and which link they leave by: what an edge does with a
 * packet for somebody else.
 *
 * Not standardized; wire format and rules of etherguard-go v0.3.5, mesh/etherguard/wire/mesh-packet.ts.
 *
 *   in front   │ usage 1 │ TTL 1 │ receiver 4 │ counter 8 │
 *   content    │ destination 2 │ source 2 │ body … │          node numbers big-endian
 *
 * Anything else — our own number, broadcast, spread, the supernode, an unknown usage, no TTL left, no way — is
 * punted, untouched: the router worker decides, and drops with a reason.
 *
 * Invariant: a content that is punted has not been changed.
 *
 * @module
 */
import {
  BANK_MESH_HOPS,
  BANK_MESH_NODE,
  BANK_RELAYED_BYTES,
  BANK_RELAYED_FRAMES,
  FIRST_MESH_LINK,
  MESH_HEADER_BYTES,
  MESH_TTL,
} from '../../packet/plane-layout';
import { add, NONE } from './tables';

// Usages. Register and server update are between an edge and its supernode: nobody relays them.
const NORMAL: u32 = 4;
const PING: u32 = 7;
const BROADCAST_PEER: u32 = 10;
/** Node numbers, and then a body: more than two MAC addresses of a frame, one octet of a control message. */
const FRAME_CONTENT_BYTES_MIN: u32 = 4 + 13;
const CONTROL_CONTENT_BYTES_MIN: u32 = 4 + 1;
/** The first number that is no edge's (mesh/node-number.ts). */
const FIRST_SPECIAL: u32 = 65532;

/** Returns the number of the link that the content leaves by, NONE when the router worker decides. */
export function nextLink(bank: usize, content: usize, length: u32): i32 {
  const usage: u32 = load<u8>(content - MESH_HEADER_BYTES);
  if (load<u8>(content - MESH_HEADER_BYTES + MESH_TTL) === 0) return NONE;
  if (usage !== NORMAL) {
    if (usage < PING || usage > BROADCAST_PEER) return NONE;
    if (length < CONTROL_CONTENT_BYTES_MIN) return NONE;
  } else if (length < FRAME_CONTENT_BYTES_MIN) return NONE;
  const destination: u32 = bswap<u16>(load<u16>(content));
  const own = atomic.load<u32>(bank, BANK_MESH_NODE);
  if (own === 0 || destination + 1 === own || destination >= FIRST_SPECIAL) return NONE;
  return atomic.load<i32>(bank + BANK_MESH_HOPS + ((<usize>destination) << 2)) - 1;
}

/** Takes one hop off a content that will be relayed. */
export function takeHop(content: usize): void {
  const ttl = content - MESH_HEADER_BYTES + MESH_TTL;
  store<u8>(ttl, load<u8>(ttl) - 1);
}

export function countRelayed(bank: usize, link: i32, octets: u32): void {
  const column = bank + ((<usize>(link - FIRST_MESH_LINK)) << 3);
  add(column + BANK_RELAYED_FRAMES, 1);
  add(column + BANK_RELAYED_BYTES, octets);
}
