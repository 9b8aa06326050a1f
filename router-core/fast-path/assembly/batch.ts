/**
 * Batches: what the underlay received in, what it is to send out.
 *
 * Not standardized; docs/architecture.md §4 steps 3 to 10.
 *
 *   RX_DESCRIPTORS ─► each: transport or handshake ─► sealed ─► by peer ─► TX_DESCRIPTORS
 *   transmits ring ─► each: seal or take as it is ──────────────────────► TX_DESCRIPTORS
 *
 * What leaves for one peer is put side by side, in the order it came, so that the system takes it with
 * one call (UDP segmentation).
 *
 * Invariant: the packets of a tunnel keep their order.
 *
 * @module
 */
import {
  ADDRESS_BYTES,
  DESCRIPTOR_ADDRESS,
  DESCRIPTOR_BYTES,
  DESCRIPTOR_LENGTH,
  DESCRIPTOR_SOCKET,
  DESCRIPTOR_START,
  DESCRIPTOR_TAG,
  ENTRY_ADDRESS,
  ENTRY_BANK,
  ENTRY_FLAGS,
  ENTRY_KIND,
  ENTRY_LENGTH,
  ENTRY_PEER,
  ENTRY_SOCKET,
  FRAMING_OBFUSCATED,
  FRAMING_WIREGUARD,
  PEERS,
  RESTORED,
  RING_TAIL,
  RX_DESCRIPTORS,
  SOCKET_FRAMINGS,
  SOCKETS_MAX,
  TRANSMIT_DATAGRAM,
  TRANSMIT_MAX,
  TRANSMITS,
  TX_DESCRIPTORS,
  WORKER,
  WORKER_FIRST,
  WORKER_LAST,
  WORKER_ROUTES4,
  WORKER_ROUTES6,
  WORKER_SEALED,
} from '../../packet/plane-layout';
import { batchArrived } from './fair-share';
import { isTransport } from './framing';
import { receiveHandshake } from './handshakes';
import { contentOf, entryAt, waiting } from './ring';
import { clearCache } from './route-lookup';
import { forwardingBank, NONE } from './tables';
import { clearSealed, receiveTransport, sealedCount, sealForRouter } from './transport';

let routesOf: usize = 0;

/** Takes `count` received datagrams; returns how many are to be sent. */
export function receiveBatch(count: u32, now: f64): u32 {
  followForwarding();
  batchArrived(count);
  for (let i: u32 = 0; i < count; i++) {
    const descriptor = <usize>RX_DESCRIPTORS + <usize>i * DESCRIPTOR_BYTES;
    const socket = load<i32>(descriptor, DESCRIPTOR_SOCKET) & (SOCKETS_MAX - 1);
    const framing: u32 = load<u8>(<usize>SOCKET_FRAMINGS + <usize>socket);
    const message: usize = load<u32>(descriptor, DESCRIPTOR_START);
    if (framing === FRAMING_OBFUSCATED) {
      // What the driver did not restore may look like anything.
      if (load<i32>(descriptor, DESCRIPTOR_TAG) === RESTORED) {
        receiveTransport(descriptor, FRAMING_WIREGUARD, now);
      } else {
        receiveHandshake(descriptor, framing, now);
      }
    } else if (isTransport(framing, message, load<u32>(descriptor, DESCRIPTOR_LENGTH))) {
      receiveTransport(descriptor, framing, now);
    } else {
      receiveHandshake(descriptor, framing, now);
    }
  }
  return sortSealed(0);
}

/** Entries of the transmits ring that the last call of `transmitBatch` used. */
let taken: u32 = 0;

/** Takes what the router worker wants sent; `transmitted` must follow when it was handed over. */
export function transmitBatch(now: f64): u32 {
  followForwarding();
  const tail = load<u32>(TRANSMITS, RING_TAIL);
  const count = min<u32>(waiting(TRANSMITS), TRANSMIT_MAX);
  let sent: u32 = 0;
  taken = count;
  for (let i: u32 = 0; i < count; i++) {
    const entry = entryAt(TRANSMITS, tail + i);
    const length = load<u32>(entry, ENTRY_LENGTH);
    if (load<i32>(entry, ENTRY_KIND) !== TRANSMIT_DATAGRAM) {
      sealForRouter(
        load<i32>(entry, ENTRY_BANK),
        load<i32>(entry, ENTRY_PEER),
        contentOf(entry),
        length,
        load<u32>(entry, ENTRY_FLAGS),
        now,
      );
      continue;
    }
    // Handshakes and packets of one peer keep their order: what was sealed before leaves before.
    sent = sortSealed(sent);
    const descriptor = <usize>TX_DESCRIPTORS + <usize>sent * DESCRIPTOR_BYTES;
    store<u32>(descriptor, <u32>contentOf(entry), DESCRIPTOR_START);
    store<u32>(descriptor, length, DESCRIPTOR_LENGTH);
    store<i32>(descriptor, load<i32>(entry, ENTRY_SOCKET), DESCRIPTOR_SOCKET);
    store<i32>(descriptor, NONE, DESCRIPTOR_TAG);
    memory.copy(descriptor + DESCRIPTOR_ADDRESS, entry + ENTRY_ADDRESS, ADDRESS_BYTES);
    sent++;
  }
  return sortSealed(sent);
}

/** Whether more waits than the last call of `transmitBatch` used. */
export function hasMoreTransmits(): bool {
  return waiting(TRANSMITS) > taken;
}

/** The underlay has what `transmitBatch` gave: its entries are free. Returns how many still wait. */
export function transmitted(): u32 {
  atomic.store<u32>(TRANSMITS, load<u32>(TRANSMITS, RING_TAIL) + taken, RING_TAIL);
  taken = 0;
  return waiting(TRANSMITS);
}

/** Appends what was sealed to the descriptors to send, by peer; returns how many there are then. */
function sortSealed(from: u32): u32 {
  const count = sealedCount;
  if (count === 0) return from;
  let sent = from;
  // Chains: first and last of each peer, and the next one in the word nobody else uses.
  for (let i: u32 = 0; i < count; i++) {
    const descriptor = sealedAt(i);
    store<i32>(descriptor, NONE, NEXT);
    const place = (<usize>(load<i32>(descriptor, DESCRIPTOR_TAG) & (2 * PEERS - 1))) << 1;
    const first = load<i16>(<usize>WORKER + WORKER_FIRST + place);
    // Entries are one more than the number, so that fresh memory is empty.
    if (first === 0) store<i16>(<usize>WORKER + WORKER_FIRST + place, <i16>(i + 1));
    else store<i32>(sealedAt(load<i16>(<usize>WORKER + WORKER_LAST + place) - 1), i, NEXT);
    store<i16>(<usize>WORKER + WORKER_LAST + place, <i16>(i + 1));
  }
  for (let i: u32 = 0; i < count; i++) {
    const place = (<usize>(load<i32>(sealedAt(i), DESCRIPTOR_TAG) & (2 * PEERS - 1))) << 1;
    if (load<i16>(<usize>WORKER + WORKER_FIRST + place) === 0) continue;
    store<i16>(<usize>WORKER + WORKER_FIRST + place, 0);
    for (let at: i32 = i; at >= 0; at = load<i32>(sealedAt(at), NEXT)) {
      memory.copy(
        <usize>TX_DESCRIPTORS + <usize>sent * DESCRIPTOR_BYTES,
        sealedAt(at),
        DESCRIPTOR_BYTES,
      );
      sent++;
    }
  }
  clearSealed();
  return sent;
}

const NEXT: usize = 48;

function sealedAt(i: u32): usize {
  return <usize>WORKER + WORKER_SEALED + <usize>i * DESCRIPTOR_BYTES;
}

/** Answers of another bank's tables say nothing. */
function followForwarding(): void {
  const bank = forwardingBank();
  if (bank === routesOf) return;
  routesOf = bank;
  clearCache(<usize>WORKER + WORKER_ROUTES4);
  clearCache(<usize>WORKER + WORKER_ROUTES6);
}
