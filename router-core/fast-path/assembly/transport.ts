/**
 * Transport messages: opened in place, forwarded, sealed in place.
 *
 * Standard: WireGuard paper §5.4.6, §6.2; wireguard/transport.ts is the same, complete and with words.
 *
 *   descriptor ─► key pair ─► open ─► replay window ─► activity ─┬─► route or link ─► seal ─► sealed list
 *                                                                │     └────► discarded
 *                                                                └─► punt
 *
 * The consumed header becomes the headroom of the new one: sixteen octets in front of the packet, fourteen in
 * the mesh. Both end with index and counter.
 *
 * Invariants
 * - Replay windows and send counters of a bank belong to this worker while it runs.
 * - A key pair sends only when its peer has proved that it has it.
 *
 * @module
 */
import {
  ADDRESS_BYTES,
  ATTENTION_ANSWERED,
  ATTENTION_AWAITS,
  ATTENTION_HANDSHAKE,
  ATTENTION_RECEIVING,
  BANK_AWAITS_ANSWER_SINCE,
  BANK_INTERFACE_LAST_RECEIVED,
  BANK_INTERFACE_RX_BYTES,
  BANK_INTERFACE_RX_PACKETS,
  BANK_INTERFACE_TX_BYTES,
  BANK_INTERFACE_TX_PACKETS,
  BANK_KEY_PAIRS,
  BANK_LAST_RECEIVED,
  BANK_LAST_TRAVERSAL,
  BANK_OWES_ANOTHER,
  BANK_OWES_ANSWER_SINCE,
  BANK_RX_BYTES,
  BANK_RX_PACKETS,
  BANK_TX_BYTES,
  BANK_TX_PACKETS,
  BATCH_MAX,
  DESCRIPTOR_ADDRESS,
  DESCRIPTOR_BYTES,
  DESCRIPTOR_LENGTH,
  DESCRIPTOR_SOCKET,
  DESCRIPTOR_START,
  DESCRIPTOR_TAG,
  DROP_BLACKHOLE,
  DROP_KEY_EXPIRED,
  DROP_NO_ENDPOINT,
  DROP_NO_KEY_PAIR,
  DROP_NOT_AUTHENTIC,
  DROP_OVERLOADED,
  DROP_RATE_LIMITED,
  DROP_REPLAYED,
  DROP_STALE,
  DROP_TRUNCATED,
  DROP_UNKNOWN_INDEX,
  FIRST_MESH_LINK,
  FRAMING_ETHERGUARD,
  INTERFACE_PEER,
  KEY_PAIR_BYTES,
  KEY_PAIR_CREATED,
  KEY_PAIR_FREE,
  KEY_PAIR_IS_INITIATOR,
  KEY_PAIR_LOCAL_INDEX,
  KEY_PAIR_NEXT,
  KEY_PAIR_PEER,
  KEY_PAIR_RECEIVE_KEY,
  KEY_PAIR_REMOTE_INDEX,
  KEY_PAIR_SEND_COUNTER,
  KEY_PAIR_SEND_KEY,
  KEY_PAIR_STATE,
  MESH_HEADER_BYTES,
  PEER_ADDRESS,
  PEER_ATTENTION,
  PEER_CURRENT,
  PEER_FLAG_ALLOWS_IPV4,
  PEER_FLAG_ALLOWS_IPV6,
  PEER_FLAG_ENDPOINT,
  PEER_FLAG_OBFUSCATED,
  PEER_FLAG_PADDED,
  PEER_FLAG_PUNT,
  PEER_FLAG_USED,
  PEER_FLAGS,
  PEER_IDENTITY,
  PEER_INTERFACE,
  PEER_MTU,
  PEER_RATE,
  PEER_SEQUENCE,
  PEER_SOCKET,
  PEER_TOKENS,
  PEER_TOKENS_AT,
  PUNT_FLAG_CONFIRMS,
  TRANSMIT_FLAG_DATA,
  TRANSMIT_FLAG_PADDED,
  WORKER,
  WORKER_SEALED,
} from '../../packet/plane-layout';
import { aeadOpen, aeadSeal } from './chacha20-poly1305';
import { hasShare } from './fair-share';
import { DISCARDED, decrementHopLimit, PUNT, packetBytes, route } from './forward';
import { counterOffset, headerBytes, receiverOffset } from './framing';
import { mayComeFrom } from './ingress-check';
import { countRelayed, nextLink, takeHop } from './mesh-relay';
import { puntPacket, puntRoamed } from './punt';
import { acceptCounter } from './replay-window';
import {
  add,
  bankAt,
  countDrop,
  fence,
  findKeyPair,
  forwardingBank,
  interfaceColumn,
  keyPairAt,
  peerAt,
  tagOf,
  youngestBank,
} from './tables';

const TAG_BYTES: u32 = 16;
/** WireGuard's transport header. */
const HEADER_BYTES: u32 = 16;
/** WireGuard's type, four octets; of a keepalive in the mesh its usage, and a TTL of 0 behind it. */
const TRANSPORT: u32 = 4;
// From the packet back, in either header.
const INDEX: usize = 12;
const COUNTER: usize = 8;
const PADDING_MASK: u32 = 15;
const REKEY_AFTER_TIME: f64 = 120000;
const REJECT_AFTER_TIME: f64 = 180000;
/** REJECT_AFTER_TIME - KEEPALIVE_TIMEOUT - REKEY_TIMEOUT (WireGuard paper §6.2). */
const REKEY_WHILE_RECEIVING: f64 = 165000;
/** Below 2^53, as on the TypeScript path (wireguard/constants.ts). */
const REKEY_AFTER_MESSAGES: u64 = (<u64>1) << 52;
const REJECT_AFTER_MESSAGES: u64 = ((<u64>1) << 53) - (1 << 13) - 1;
const NEVER: f64 = -Infinity;
/** Attempts to read a peer's endpoint while it is written. */
const ATTEMPTS: i32 = 1000;
/** A peer with a limit may send so much of a second at once. */
const RATE_BURST: f32 = 0.1;

/** What was sealed since the driver asked last: descriptors in WORKER_SEALED. */
export let sealedCount: u32 = 0;
export function clearSealed(): void {
  sealedCount = 0;
}

/** Takes the transport message of a descriptor. */
export function receiveTransport(descriptor: usize, framing: u32, now: f64): void {
  const message: usize = load<u32>(descriptor, DESCRIPTOR_START);
  const length = load<u32>(descriptor, DESCRIPTOR_LENGTH);
  const header = headerBytes(framing);
  if (length < header + TAG_BYTES) return countDrop(DROP_TRUNCATED);

  const index = load<u32>(message + receiverOffset(framing));
  const isMesh = framing === FRAMING_ETHERGUARD;
  let bank = youngestBank();
  let pair: usize = bank === 0 ? 0 : findKeyPair(bank, index, isMesh);
  if (pair === 0) {
    // The peer may still use a key pair of the router worker's former life.
    const former = forwardingBank();
    if (former !== 0 && former !== bank) {
      bank = former;
      pair = findKeyPair(bank, index, isMesh);
    }
    if (pair === 0) return countDrop(DROP_UNKNOWN_INDEX);
  }
  if (now - load<f64>(pair, KEY_PAIR_CREATED) >= REJECT_AFTER_TIME) {
    return countDrop(DROP_KEY_EXPIRED);
  }
  const counter = load<u64>(message + counterOffset(framing));
  if (counter >= REJECT_AFTER_MESSAGES) return countDrop(DROP_KEY_EXPIRED);

  const number = load<i32>(pair, KEY_PAIR_PEER);
  const peer = peerAt(bank, number);
  // Before the cipher: who floods pays less than he costs.
  if (!admits(peer, now)) return countDrop(DROP_RATE_LIMITED);
  if (!hasShare(tagOf(bank, number))) return countDrop(DROP_OVERLOADED);
  const content = message + header;
  if (!aeadOpen(pair + KEY_PAIR_RECEIVE_KEY, counter, content, length - header)) {
    return countDrop(DROP_NOT_AUTHENTIC);
  }
  if (!isStill(pair, index)) return countDrop(DROP_UNKNOWN_INDEX);
  if (!acceptCounter(pair, counter)) return countDrop(DROP_REPLAYED);
  arrived(bank, pair, number, descriptor, length, now);
  opened(bank, pair, descriptor, content, length - header - TAG_BYTES, now);
}

/** Counters, roaming and timers of an authenticated message. */
function arrived(
  bank: usize,
  pair: usize,
  number: i32,
  descriptor: usize,
  length: u32,
  now: f64,
): void {
  const column = bank + ((<usize>number) << 3);
  const peer = peerAt(bank, number);
  add(column + BANK_RX_BYTES, length);
  add(column + BANK_RX_PACKETS, 1);
  store<f64>(column + BANK_LAST_RECEIVED, now);
  store<f64>(column + BANK_LAST_TRAVERSAL, now);
  store<f64>(column + BANK_AWAITS_ANSWER_SINCE, NEVER);
  if (!isAt(peer, descriptor)) puntRoamed(bank, pair, descriptor);
  // WireGuard paper §6.2: who only receives rekeys in time as well.
  if (
    load<i32>(pair, KEY_PAIR_IS_INITIATOR) !== 0 &&
    now - load<f64>(pair, KEY_PAIR_CREATED) >= REKEY_WHILE_RECEIVING
  ) {
    attend(peer, ATTENTION_RECEIVING);
  }
}

function opened(
  bank: usize,
  pair: usize,
  descriptor: usize,
  packet: usize,
  length: u32,
  now: f64,
): void {
  const number = load<i32>(pair, KEY_PAIR_PEER);
  const peer = peerAt(bank, number);
  const confirms = atomic.load<i32>(pair, KEY_PAIR_STATE) === KEY_PAIR_NEXT;
  const flags = load<u32>(peer, PEER_FLAGS);
  // No packet begins with a zero octet; padded keepalives of some disguises do.
  if ((flags & PEER_FLAG_OBFUSCATED) !== 0 && length > 0 && load<u8>(packet) === 0) length = 0;
  if (length > 0) received(bank, number, now);
  else if (!confirms) return;
  const isDone =
    length > 0 &&
    (number < FIRST_MESH_LINK
      ? forwarded(bank, peer, flags, packet, length, now)
      : relayed(peer, packet, length, now));
  if (bank !== youngestBank()) {
    if (!isDone) countDrop(DROP_STALE);
    return;
  }
  // A packet does not wait until the router worker knows of its key pair, nor has a new one routes at once.
  if (!isDone) hand(bank, pair, descriptor, packet, length, confirms);
  else if (confirms) hand(bank, pair, descriptor, packet, 0, confirms);
}

/** Sends an IP packet to its next hop; false when the router worker has to decide. */
function forwarded(
  bank: usize,
  peer: usize,
  flags: u32,
  packet: usize,
  length: u32,
  now: f64,
): bool {
  const routes = forwardingBank();
  // While a former life routes, the present router worker knows no routes: it watches nothing.
  if ((flags & PEER_FLAG_PUNT) !== 0 && routes === bank) return false;
  if (routes === 0 || !isSourceAllowed(flags, packet)) return false;
  const out = route(routes, packet, packet + length, now);
  if (out === PUNT || !mayComeFrom(routes, peer, flags, packet, now)) return false;
  const bytes = packetBytes;
  if (out === DISCARDED) {
    countInterface(bank, load<i32>(peer, PEER_INTERFACE), bytes, now);
    countDrop(DROP_BLACKHOLE);
    return true;
  }
  const next = load<i32>(out, INTERFACE_PEER);
  const nextPeer = peerAt(routes, next);
  // Never back into the tunnel it came from (RFC 4443 §3.1): the sender hears of it.
  if (isSame(peer, nextPeer) || !canSeal(routes, nextPeer, now)) return false;
  countInterface(bank, load<i32>(peer, PEER_INTERFACE), bytes, now);
  decrementHopLimit(packet);
  countOutgoing(routes, load<i32>(nextPeer, PEER_INTERFACE), bytes);
  const padded = paddedLength(bytes, load<u32>(nextPeer, PEER_MTU));
  seal(routes, next, packet, bytes, padded, true, now);
  return true;
}

/** Passes a content of the mesh on to the link that leads to its node; false when the router worker has to decide. */
function relayed(peer: usize, content: usize, length: u32, now: f64): bool {
  const routes = forwardingBank();
  if (routes === 0) return false;
  const next = nextLink(routes, content, length);
  if (next < FIRST_MESH_LINK) return false;
  const nextPeer = peerAt(routes, next);
  // Back to whom it came from: the tables of the two do not agree.
  if (isSame(peer, nextPeer) || !canSeal(routes, nextPeer, now)) return false;
  takeHop(content);
  countRelayed(routes, next, length);
  const padded = paddedLength(length, load<u32>(nextPeer, PEER_MTU));
  seal(routes, next, content, length, padded, true, now);
  return true;
}

/** Whether both are the same peer, in one bank or in two. */
function isSame(peer: usize, other: usize): bool {
  return load<u32>(peer, PEER_IDENTITY) === load<u32>(other, PEER_IDENTITY);
}

/** To the router worker: what it has to decide, or nothing but that the key pair is confirmed. */
function hand(
  bank: usize,
  pair: usize,
  descriptor: usize,
  packet: usize,
  length: u32,
  confirms: bool,
): void {
  puntPacket(
    bank,
    pair,
    <u32>((pair - bank - BANK_KEY_PAIRS) / KEY_PAIR_BYTES),
    descriptor,
    packet,
    length,
    confirms ? PUNT_FLAG_CONFIRMS : 0,
  );
}

/** Seals an inner packet that stands in memory with room on both sides, and lists the datagram. */
function seal(
  bank: usize,
  number: i32,
  packet: usize,
  length: u32,
  padded: u32,
  isData: bool,
  now: f64,
): void {
  const peer = peerAt(bank, number);
  const row = atomic.load<i32>(peer, PEER_CURRENT);
  if (row < 0) return countDrop(DROP_NO_KEY_PAIR);
  const pair = keyPairAt(bank, row);
  const index = load<u32>(pair, KEY_PAIR_LOCAL_INDEX);
  const isMesh = number >= FIRST_MESH_LINK;
  const header: u32 = isMesh ? MESH_HEADER_BYTES : HEADER_BYTES;
  const message = packet - header;
  const descriptor = <usize>WORKER + WORKER_SEALED + <usize>sealedCount * DESCRIPTOR_BYTES;
  if (!addressed(peer, descriptor)) return countDrop(DROP_NO_ENDPOINT);

  const counter = load<u64>(pair, KEY_PAIR_SEND_COUNTER);
  store<u64>(pair, counter + 1, KEY_PAIR_SEND_COUNTER);
  // In the mesh data comes with usage and TTL where they leave.
  if (!isMesh) store<u32>(message, TRANSPORT);
  else if (!isData) store<u16>(message, <u16>TRANSPORT);
  store<u32>(packet - INDEX, load<u32>(pair, KEY_PAIR_REMOTE_INDEX));
  store<u64>(packet - COUNTER, counter);
  if (padded !== length) memory.fill(packet + length, 0, padded - length);
  aeadSeal(pair + KEY_PAIR_SEND_KEY, counter, packet, padded);
  if (!isStill(pair, index)) return countDrop(DROP_NO_KEY_PAIR);
  const bytes = padded + header + TAG_BYTES;
  store<u32>(descriptor, <u32>message, DESCRIPTOR_START);
  store<u32>(descriptor, bytes, DESCRIPTOR_LENGTH);
  store<i32>(descriptor, tagOf(bank, number), DESCRIPTOR_TAG);
  sealedCount++;
  departed(bank, number, bytes, isData, now);
  if (
    counter > REKEY_AFTER_MESSAGES ||
    (load<i32>(pair, KEY_PAIR_IS_INITIATOR) !== 0 &&
      now - load<f64>(pair, KEY_PAIR_CREATED) >= REKEY_AFTER_TIME)
  ) {
    attend(peer, ATTENTION_HANDSHAKE);
  }
}

/** Whether the peer has a key pair that may send, and somewhere to send to. */
function canSeal(bank: usize, peer: usize, now: f64): bool {
  const flags = load<u32>(peer, PEER_FLAGS);
  const wanted = PEER_FLAG_USED | PEER_FLAG_ENDPOINT;
  if ((flags & PEER_FLAG_PADDED) !== 0) return false;
  const row = atomic.load<i32>(peer, PEER_CURRENT);
  if ((flags & wanted) !== wanted || row < 0) return false;
  return isFresh(keyPairAt(bank, row), now) && sealedCount < <u32>BATCH_MAX;
}

/** Seals what the router worker sends; its packets pass whatever is punted. */
export function sealForRouter(
  bankOf: i32,
  number: i32,
  packet: usize,
  length: u32,
  flags: u32,
  now: f64,
): void {
  const bank = bankAt(bankOf);
  const peer = peerAt(bank, number);
  const row = atomic.load<i32>(peer, PEER_CURRENT);
  if (row < 0 || !isFresh(keyPairAt(bank, row), now)) return countDrop(DROP_NO_KEY_PAIR);
  const isData = (flags & TRANSMIT_FLAG_DATA) !== 0;
  const mtu = load<u32>(peer, PEER_MTU);
  const isFinal = (flags & TRANSMIT_FLAG_PADDED) !== 0;
  seal(bank, number, packet, length, isFinal ? length : paddedLength(length, mtu), isData, now);
}

/**
 * Asked after the cipher: the router worker may have overwritten the key while it was used, and what
 * zeros opened or sealed is nobody's.
 */
function isStill(pair: usize, index: u32): bool {
  return (
    atomic.load<i32>(pair, KEY_PAIR_STATE) !== KEY_PAIR_FREE &&
    load<u32>(pair, KEY_PAIR_LOCAL_INDEX) === index
  );
}

function isFresh(pair: usize, now: f64): bool {
  return (
    now - load<f64>(pair, KEY_PAIR_CREATED) < REJECT_AFTER_TIME &&
    load<u64>(pair, KEY_PAIR_SEND_COUNTER) < REJECT_AFTER_MESSAGES
  );
}

/** Sixteen octets at a time, but not beyond the MTU: a full packet must still fit the path. */
function paddedLength(length: u32, mtu: u32): u32 {
  const padded = (length + PADDING_MASK) & ~PADDING_MASK;
  return mtu !== 0 && padded > mtu ? max<u32>(length, mtu) : padded;
}

/** Copies the peer's endpoint into the descriptor; false when there is none. */
function addressed(peer: usize, descriptor: usize): bool {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const sequence = atomic.load<u32>(peer, PEER_SEQUENCE);
    if ((sequence & 1) !== 0) continue;
    const isKnown = (load<u32>(peer, PEER_FLAGS) & PEER_FLAG_ENDPOINT) !== 0;
    store<i32>(descriptor, load<i32>(peer, PEER_SOCKET), DESCRIPTOR_SOCKET);
    memory.copy(descriptor + DESCRIPTOR_ADDRESS, peer + PEER_ADDRESS, ADDRESS_BYTES);
    fence();
    if (atomic.load<u32>(peer, PEER_SEQUENCE) === sequence) return isKnown;
  }
  return false;
}

/** Whether the datagram came by the socket and from the address the peer is known at. */
function isAt(peer: usize, descriptor: usize): bool {
  const known = peer + PEER_ADDRESS;
  const from = descriptor + DESCRIPTOR_ADDRESS;
  return (
    load<i32>(peer, PEER_SOCKET) === load<i32>(descriptor, DESCRIPTOR_SOCKET) &&
    load<u64>(known) === load<u64>(from) &&
    load<u64>(known, 8) === load<u64>(from, 8) &&
    load<u64>(known, 16) === load<u64>(from, 16)
  );
}

function isSourceAllowed(flags: u32, packet: usize): bool {
  const wanted = load<u8>(packet) >>> 4 === 4 ? PEER_FLAG_ALLOWS_IPV4 : PEER_FLAG_ALLOWS_IPV6;
  return (flags & wanted) !== 0;
}

/** Data came: an answer is owed, and the router worker is told when the wait begins. */
function received(bank: usize, number: i32, now: f64): void {
  const since = bank + BANK_OWES_ANSWER_SINCE + ((<usize>number) << 3);
  if (load<f64>(since) !== NEVER) {
    store<u8>(bank + BANK_OWES_ANOTHER + <usize>number, 1);
    return;
  }
  store<f64>(since, now);
  attend(peerAt(bank, number), ATTENTION_ANSWERED);
}

function departed(bank: usize, number: i32, bytes: u32, isData: bool, now: f64): void {
  const column = bank + ((<usize>number) << 3);
  add(column + BANK_TX_BYTES, bytes);
  add(column + BANK_TX_PACKETS, 1);
  store<f64>(column + BANK_LAST_TRAVERSAL, now);
  store<f64>(column + BANK_OWES_ANSWER_SINCE, NEVER);
  store<u8>(bank + BANK_OWES_ANOTHER + <usize>number, 0);
  if (isData && load<f64>(column + BANK_AWAITS_ANSWER_SINCE) === NEVER) {
    store<f64>(column + BANK_AWAITS_ANSWER_SINCE, now);
    attend(peerAt(bank, number), ATTENTION_AWAITS);
  }
}

/** Tells the router worker at its next look that the peer needs something. */
function attend(peer: usize, what: i32): void {
  if ((load<i32>(peer, PEER_ATTENTION) & what) === 0) atomic.or<i32>(peer, what, PEER_ATTENTION);
}

/** A token bucket per peer, for those that have a limit. */
function admits(peer: usize, now: f64): bool {
  const rate = load<u32>(peer, PEER_RATE);
  if (rate === 0) return true;
  const burst = max<f32>(<f32>rate * RATE_BURST, 32);
  const gained = <f32>((now - load<f64>(peer, PEER_TOKENS_AT)) * <f64>rate * 0.001);
  const tokens = min<f32>(burst, load<f32>(peer, PEER_TOKENS) + gained);
  store<f64>(peer, now, PEER_TOKENS_AT);
  if (tokens < 1) {
    store<f32>(peer, tokens, PEER_TOKENS);
    return false;
  }
  store<f32>(peer, tokens - 1, PEER_TOKENS);
  return true;
}

function countInterface(bank: usize, id: i32, bytes: u32, now: f64): void {
  const column = bank + interfaceColumn(id);
  add(column + BANK_INTERFACE_RX_BYTES, bytes);
  add(column + BANK_INTERFACE_RX_PACKETS, 1);
  store<f64>(column + BANK_INTERFACE_LAST_RECEIVED, now);
}

function countOutgoing(bank: usize, id: i32, bytes: u32): void {
  const column = bank + interfaceColumn(id);
  add(column + BANK_INTERFACE_TX_BYTES, bytes);
  add(column + BANK_INTERFACE_TX_PACKETS, 1);
}
