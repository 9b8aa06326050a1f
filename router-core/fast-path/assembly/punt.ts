/**
 * Handing things to the router worker, bounded for everybody together and for each peer.
 *
 * Not standardized; docs/architecture.md §6.
 *
 *   │ 512 entries │ handshakes 128 │ one peer 128 │ and 16 above the mark are kept for roaming │
 *
 * Invariant: what does not fit is dropped and counted; nothing waits.
 *
 * @module
 */
import {
  ADDRESS_BYTES,
  CONTROL_DATAGRAMS_WAITING,
  DESCRIPTOR_ADDRESS,
  DESCRIPTOR_SOCKET,
  DROP_QUEUE_FULL,
  ENTRY_ADDRESS,
  ENTRY_BANK,
  ENTRY_FLAGS,
  ENTRY_INDEX,
  ENTRY_KEY_PAIR,
  ENTRY_KIND,
  ENTRY_LENGTH,
  ENTRY_PEER,
  ENTRY_SOCKET,
  FIRST_MESH_LINK,
  KEY_PAIR_LOCAL_INDEX,
  KEY_PAIR_PEER,
  MESH_HEADER_BYTES,
  PEER_PUNTS,
  PUNT_DATAGRAM,
  PUNT_PACKET,
  PUNT_ROAMED,
  PUNTS,
  RING_ENTRIES,
} from '../../packet/plane-layout';
import { contentOf, nextEntry, publish, waiting } from './ring';
import { bankNumber, countDrop, NONE, peerAt } from './tables';

/** Entries a peer may have under way, and all strangers together. */
const PEER_SHARE: i32 = 128;
const STRANGERS_SHARE: i32 = 128;
/** Of that, what comes by disguised ports, where nothing can be checked before: the rest is kept for others. */
export const DISGUISED_SHARE: i32 = 64;
/** Above this only what changes tables gets in. */
const MARK: u32 = RING_ENTRIES - 16;

/** Whether anything was handed over since the driver asked last. */
let hasPunted: bool = false;
export function takePunted(): bool {
  const had = hasPunted;
  hasPunted = false;
  return had;
}

/** Hands a datagram over as it came. */
export function puntDatagram(
  descriptor: usize,
  start: usize,
  length: u32,
  flags: u32,
  share: i32 = STRANGERS_SHARE,
): void {
  const strangers = atomic.load<i32>(CONTROL_DATAGRAMS_WAITING);
  if (waiting(PUNTS) >= MARK || strangers >= share) {
    countDrop(DROP_QUEUE_FULL);
    return;
  }
  atomic.add<i32>(CONTROL_DATAGRAMS_WAITING, 1);
  const entry = nextEntry(PUNTS);
  store<i32>(entry, PUNT_DATAGRAM, ENTRY_KIND);
  store<i32>(entry, NONE, ENTRY_PEER);
  store<u32>(entry, flags, ENTRY_FLAGS);
  fill(entry, descriptor, start, length);
}

/** Hands over what a key pair of the youngest bank opened. */
export function puntPacket(
  bank: usize,
  pair: usize,
  row: u32,
  descriptor: usize,
  start: usize,
  length: u32,
  flags: u32,
): void {
  const number = load<i32>(pair, KEY_PAIR_PEER);
  const peer = peerAt(bank, number);
  if (waiting(PUNTS) >= MARK || atomic.load<i32>(peer, PEER_PUNTS) >= PEER_SHARE) {
    countDrop(DROP_QUEUE_FULL);
    return;
  }
  atomic.add<i32>(peer, 1, PEER_PUNTS);
  const entry = nextEntry(PUNTS);
  store<i32>(entry, PUNT_PACKET, ENTRY_KIND);
  store<i32>(entry, number, ENTRY_PEER);
  store<u32>(entry, row, ENTRY_KEY_PAIR);
  store<u32>(entry, load<u32>(pair, KEY_PAIR_LOCAL_INDEX), ENTRY_INDEX);
  store<u32>(entry, flags, ENTRY_FLAGS);
  store<i32>(entry, bankNumber(bank), ENTRY_BANK);
  // Usage and TTL go with a content of the mesh, where they came: in front of it.
  if (number >= FIRST_MESH_LINK) {
    store<u16>(contentOf(entry) - MESH_HEADER_BYTES, load<u16>(start - MESH_HEADER_BYTES));
  }
  fill(entry, descriptor, start, length);
}

/** Tells that an authenticated message of the peer came from another address or socket. */
export function puntRoamed(bank: usize, pair: usize, descriptor: usize): void {
  const number = load<i32>(pair, KEY_PAIR_PEER);
  const peer = peerAt(bank, number);
  if (waiting(PUNTS) >= <u32>RING_ENTRIES || atomic.load<i32>(peer, PEER_PUNTS) >= PEER_SHARE)
    return;
  atomic.add<i32>(peer, 1, PEER_PUNTS);
  const entry = nextEntry(PUNTS);
  store<i32>(entry, PUNT_ROAMED, ENTRY_KIND);
  store<i32>(entry, number, ENTRY_PEER);
  store<u32>(entry, load<u32>(pair, KEY_PAIR_LOCAL_INDEX), ENTRY_INDEX);
  store<i32>(entry, bankNumber(bank), ENTRY_BANK);
  fill(entry, descriptor, 0, 0);
}

function fill(entry: usize, descriptor: usize, start: usize, length: u32): void {
  store<u32>(entry, length, ENTRY_LENGTH);
  store<i32>(entry, load<i32>(descriptor, DESCRIPTOR_SOCKET), ENTRY_SOCKET);
  memory.copy(entry + ENTRY_ADDRESS, descriptor + DESCRIPTOR_ADDRESS, ADDRESS_BYTES);
  memory.copy(contentOf(entry), start, length);
  publish(PUNTS);
  hasPunted = true;
}
