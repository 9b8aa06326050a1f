/**
 * Transport messages: every packet passes here.
 *
 * Standard: WireGuard paper §5.4.6 (message, padding, replay), §6.2 (rekeying), §2 (source filter).
 *
 *   in   datagram ─ key pair by index ─ open in place ─ replay ─ roam ─ source filter ─► PacketSink
 *   out  packet ─ current key pair, or wait for one ─ header, padding, tag in place ─► DatagramSink
 *
 * The consumed header becomes headroom; header and tag of a sealed packet stand in headroom and
 * tailroom. Nothing is copied and nothing of ours is allocated (transport-allocation.test.ts).
 *
 * Functions that return a DropReason leave the slot to the caller in that case, and have handed it on
 * or released it otherwise.
 *
 * Invariants
 * - A counter is used once per key pair, also when the packet then fails to leave.
 * - State is complete before the PacketSink is called: it may lead to `send` for another peer, as
 *   forwarding does.
 *
 * @module
 */
import { at, readUint16, readUint32LittleEndian, writeUint32LittleEndian } from '../base/bytes.ts';
import type { DropReason } from '../base/drop-reason.ts';
import { type Instant, NONE, type PacketSlot, type PeerId } from '../base/units.ts';
import type { TransportPlane } from '../packet/forwarding-plane.ts';
import { SLOT_BYTES } from '../packet/layout.ts';
import {
  COUNTER_HIGH_LIMIT,
  KEEPALIVE_TIMEOUT,
  PADDING_MULTIPLE,
  REJECT_AFTER_MESSAGES,
  REJECT_AFTER_TIME,
  REKEY_AFTER_MESSAGES,
  REKEY_AFTER_TIME,
  REKEY_TIMEOUT,
  TAG_BYTES,
} from './constants.ts';
import {
  authenticatedArrival,
  authenticatedDeparture,
  type DeviceCore,
  drop,
  handshakeCompleted,
  transmitTo,
} from './core.ts';
import type { CipherKey } from './crypto.ts';
import { keepaliveBytes, writeMessageType } from './framing.ts';
import { STALE } from './key-pair-table.ts';
import { confirmNext } from './key-rotation.ts';
import { LEFT_OUT, TRANSPORT_KIND } from './obfuscation/index.ts';
import { StagedPackets } from './staged-packets.ts';

const IPV4_HEADER_BYTES = 20;
const IPV4_TOTAL_LENGTH = 2;
const IPV4_SOURCE = 12;
const IPV6_HEADER_BYTES = 40;
const IPV6_PAYLOAD_LENGTH = 4;
const IPV6_SOURCE = 8;
/** Of wgobfs four keepalives in five are left out: all of these with a chance of 1 to 1,000. */
const CONFIRMATION_ATTEMPTS = 32;

/**
 * In the flags of a slot handed in: the packet is worth nothing later, as a measurement of time is. Without
 * a key pair it begins a handshake and is dropped.
 */
export const NOT_STAGED = 2;

/** What transport asks of handshakes. */
export interface HandshakeWishes {
  wantHandshake(peer: PeerId, now: Instant): void;
}

export class Transport {
  private readonly core: DeviceCore;
  private readonly wishes: HandshakeWishes;
  private readonly staged: StagedPackets;
  /** Whether the peer's form left the last message out on purpose. */
  private isLeftOut = false;

  constructor(core: DeviceCore, wishes: HandshakeWishes) {
    this.core = core;
    this.wishes = wishes;
    this.staged = new StagedPackets(core.peers.capacity);
  }

  /** Takes a transport message. */
  receive(slot: PacketSlot, now: Instant): DropReason | undefined {
    const { arena, framing, keyPairs, crypto } = this.core;
    // The plane opens all it can; what it leaves over has no key pair.
    if (this.core.plane !== undefined) return 'unknown-receiver-index';
    const { bytes } = arena;
    const start = arena.start[slot] as number;
    const end = arena.end[slot] as number;
    if (end - start < keepaliveBytes(framing)) return 'truncated';

    const row = keyPairs.find(readUint32LittleEndian(bytes, start + framing.receiverOffset));
    if (row < 0) return row === STALE ? 'stale-generation' : 'unknown-receiver-index';
    if (!keyPairs.isKeyPair(row)) return 'unknown-receiver-index';
    if (now - (keyPairs.created[row] as number) >= REJECT_AFTER_TIME) return 'key-expired';

    const low = readUint32LittleEndian(bytes, start + framing.counterOffset);
    const high = readUint32LittleEndian(bytes, start + framing.counterOffset + 4);
    const counter = high * 0x100000000 + low;
    if (high >= COUNTER_HIGH_LIMIT || counter >= REJECT_AFTER_MESSAGES) return 'key-expired';

    const peer = keyPairs.peer[row] as PeerId;
    if (!this.core.rates.admits(peer, now)) return 'rate-limited';
    const content = start + framing.transportHeaderBytes;
    const key = keyPairs.receiveKey[row] as CipherKey;
    if (!crypto.open(key, counter, bytes, content, end)) return 'not-authentic';
    if (!keyPairs.acceptCounter(row, counter)) return 'replayed';

    this.messageOpened(peer, row, slot, end - start, now);
    const contentEnd = end - TAG_BYTES;
    if (content === contentEnd || this.isPaddedKeepalive(peer, content)) {
      arena.release(slot);
      return undefined;
    }
    this.core.timers.dataReceived(peer, now);
    return this.deliver(peer, slot, content, contentEnd, now);
  }

  /** Takes an inner packet: seals it, or lets it wait for a key pair. */
  send(peer: PeerId, slot: PacketSlot, now: Instant): DropReason | undefined {
    const { peers } = this.core;
    // Linux answers "destination address required" here; nothing waits for an endpoint.
    if (!peers.hasEndpoint(peer)) return 'no-endpoint';
    if (!this.canSeal(peer, now)) return this.stage(peer, slot, now);
    return this.seal(peer, slot, true, now);
  }

  /** Sends an empty message, or begins the handshake it needs. */
  sendKeepalive(peer: PeerId, now: Instant): void {
    const { arena, peers, drops } = this.core;
    if (!peers.hasEndpoint(peer)) return;
    if (!this.canSeal(peer, now)) {
      this.wishes.wantHandshake(peer, now);
      return;
    }
    const slot = arena.allocate();
    if (slot === NONE) {
      drops['arena-full']++;
      return;
    }
    const reason = this.seal(peer, slot, false, now);
    if (reason !== undefined) drop(this.core, slot, reason);
  }

  /**
   * Sends the keepalive that makes the responder's new key pair current. A form that leaves keepalives
   * out is asked again: the next one has another counter, and so another fate.
   */
  sendConfirmation(peer: PeerId, now: Instant): void {
    for (let i = 0; i < CONFIRMATION_ATTEMPTS; i++) {
      this.isLeftOut = false;
      this.sendKeepalive(peer, now);
      if (!this.isLeftOut) return;
    }
  }

  /** Sends what waited for a key pair; false when nothing did. */
  sendStaged(peer: PeerId, now: Instant): boolean {
    const hadStaged = this.staged.countOf(peer) > 0;
    for (let slot = this.staged.take(peer); slot !== NONE; slot = this.staged.take(peer)) {
      const reason = this.seal(peer, slot, true, now);
      if (reason !== undefined) drop(this.core, slot, reason);
    }
    return hadStaged;
  }

  /** Drops what waits: the handshake failed, or the peer goes. */
  dropStaged(peer: PeerId): void {
    for (let slot = this.staged.take(peer); slot !== NONE; slot = this.staged.take(peer)) {
      drop(this.core, slot, 'no-key-pair');
    }
  }

  stagedCount(peer: PeerId): number {
    return this.staged.countOf(peer);
  }

  /** A message was opened and is new: whatever it holds, the peer is there. */
  private messageOpened(
    peer: PeerId,
    row: number,
    slot: PacketSlot,
    octets: number,
    now: Instant,
  ): void {
    const { peers } = this.core;
    authenticatedArrival(this.core, peer, slot, octets, now);
    if (peers.next[peer] === row) this.confirm(peer, now);
    this.keepKeyFreshReceiving(peer, now);
  }

  /** The first message under the next key pair came: it is current, and what waited may leave. */
  confirm(peer: PeerId, now: Instant): void {
    confirmNext(this.core, peer);
    handshakeCompleted(this.core, peer, false);
    this.sendStaged(peer, now);
  }

  /** Passes an opened packet on; an IP packet without padding, and when the peer may send from its source. */
  deliver(
    peer: PeerId,
    slot: PacketSlot,
    start: number,
    end: number,
    now: Instant,
  ): DropReason | undefined {
    const { arena, framing, peers } = this.core;
    const { bytes } = arena;
    if (!framing.carriesIp) return this.handOn(peer, slot, start, end, now);

    const version = at(bytes, start) >>> 4;
    let length: number;
    if (version === 4) {
      if (end - start < IPV4_HEADER_BYTES) return 'malformed';
      length = readUint16(bytes, start + IPV4_TOTAL_LENGTH);
      if (length < IPV4_HEADER_BYTES || start + length > end) return 'malformed';
      if (
        ((peers.allowsAll[peer] as number) & 1) === 0 &&
        !peers.get(peer).allowedIps.allows4(bytes, start + IPV4_SOURCE)
      ) {
        return this.sourceRefused(peer, 4, start + IPV4_SOURCE, now);
      }
    } else if (version === 6) {
      if (end - start < IPV6_HEADER_BYTES) return 'malformed';
      length = IPV6_HEADER_BYTES + readUint16(bytes, start + IPV6_PAYLOAD_LENGTH);
      if (start + length > end) return 'malformed';
      if (
        ((peers.allowsAll[peer] as number) & 2) === 0 &&
        !peers.get(peer).allowedIps.allows6(bytes, start + IPV6_SOURCE)
      ) {
        return this.sourceRefused(peer, 6, start + IPV6_SOURCE, now);
      }
    } else {
      return 'malformed';
    }

    return this.handOn(peer, slot, start, start + length, now);
  }

  private handOn(
    peer: PeerId,
    slot: PacketSlot,
    start: number,
    end: number,
    now: Instant,
  ): undefined {
    const { arena, peers, packets } = this.core;
    arena.start[slot] = start;
    arena.end[slot] = end;
    arena.ingress[slot] = peers.interface[peer] as number;
    packets.receivePacket(slot, now);
  }

  private sourceRefused(peer: PeerId, family: 4 | 6, source: number, now: Instant): DropReason {
    const { arena, events } = this.core;
    if (events.admitsComplaint(peer, 'source-not-allowed', now)) {
      const bytes = arena.bytes.slice(source, source + (family === 4 ? 4 : 16));
      events.push({ kind: 'source-not-allowed', peer, source: { family, bytes } });
    }
    return 'source-not-allowed';
  }

  private canSeal(peer: PeerId, now: Instant): boolean {
    const { peers, keyPairs } = this.core;
    const row = peers.current[peer] as number;
    return (
      row !== NONE &&
      now - (keyPairs.created[row] as number) < REJECT_AFTER_TIME &&
      (keyPairs.sendCounter[row] as number) < REJECT_AFTER_MESSAGES
    );
  }

  /** Seals the packet in its slot with the current key pair and sends it. */
  private seal(
    peer: PeerId,
    slot: PacketSlot,
    isData: boolean,
    now: Instant,
  ): DropReason | undefined {
    if (this.core.plane !== undefined) return this.sealInPlane(this.core.plane, peer, slot, isData);
    const { arena, framing, peers, keyPairs, crypto, timers } = this.core;
    const { bytes } = arena;
    const start = arena.start[slot] as number;
    const end = arena.end[slot] as number;
    const header = start - framing.transportHeaderBytes;
    const contentEnd = start + this.contentBytes(peer, end - start);
    const slotBase = slot * SLOT_BYTES;
    if (header < slotBase || contentEnd + TAG_BYTES > slotBase + SLOT_BYTES) return 'too-big';

    const row = peers.current[peer] as number;
    const counter = keyPairs.sendCounter[row] as number;
    keyPairs.sendCounter[row] = counter + 1;
    if (!isData) this.markKeepalive(header);
    else if (framing.ttlOffset === NONE) {
      writeMessageType(framing, bytes, header, framing.transportTypeMin);
    }
    writeUint32LittleEndian(
      bytes,
      header + framing.receiverOffset,
      keyPairs.remoteIndex[row] as number,
    );
    writeUint32LittleEndian(bytes, header + framing.counterOffset, counter % 0x100000000);
    writeUint32LittleEndian(
      bytes,
      header + framing.counterOffset + 4,
      Math.floor(counter / 0x100000000),
    );
    for (let i = end; i < contentEnd; i++) bytes[i] = 0;
    crypto.seal(keyPairs.sendKey[row] as CipherKey, counter, bytes, start, contentEnd);
    arena.start[slot] = header;
    arena.end[slot] = contentEnd + TAG_BYTES;
    peers.address(peer, slot);
    authenticatedDeparture(this.core, peer, contentEnd + TAG_BYTES - header, now);
    this.isLeftOut = transmitTo(this.core, peer, TRANSPORT_KIND, slot) === LEFT_OUT;
    if (isData) timers.dataSent(peer, now);
    this.keepKeyFreshSending(peer, row, now);
    return undefined;
  }

  private markKeepalive(header: number): void {
    const { arena, framing } = this.core;
    writeMessageType(framing, arena.bytes, header, framing.keepaliveType);
    if (framing.ttlOffset !== NONE) arena.bytes[header + framing.ttlOffset] = 0;
  }

  /** Returns how long a content becomes: with WireGuard's padding, or with what the peer's form adds. */
  private contentBytes(peer: PeerId, length: number): number {
    const { peers, forms } = this.core;
    const mtu = peers.mtu[peer] as number;
    const padded = paddedLength(length, mtu);
    const form = forms.ofPeer(peer);
    return form === undefined ? padded : form.contentBytes(length, padded, mtu);
  }

  /** Some forms pad keepalives as well: then a content begins with a zero octet, which no packet does. */
  private isPaddedKeepalive(peer: PeerId, content: number): boolean {
    return (
      at(this.core.arena.bytes, content) === 0 &&
      this.core.forms.ofPeer(peer)?.padsKeepalives === true
    );
  }

  /** The plane seals, counts and tells when the key pair grows old. */
  private sealInPlane(
    plane: TransportPlane,
    peer: PeerId,
    slot: PacketSlot,
    isData: boolean,
  ): DropReason | undefined {
    const { arena, forms } = this.core;
    const form = forms.ofPeer(peer);
    const isPadded = form?.padsKeepalives === true;
    if (isPadded) {
      const end = arena.end[slot] as number;
      const start = arena.start[slot] as number;
      const contentEnd = start + this.contentBytes(peer, end - start);
      if (contentEnd > (slot + 1) * SLOT_BYTES) return 'too-big';
      arena.bytes.fill(0, end, contentEnd);
      arena.end[slot] = contentEnd;
    }
    // Which keepalives such a form leaves out is seen by the plane only.
    this.isLeftOut = form?.leavesKeepalivesOut === true;
    if (!plane.sendPacket(peer, arena, slot, isData, isPadded)) return 'queue-full';
    this.core.arena.release(slot);
    return undefined;
  }

  private stage(peer: PeerId, slot: PacketSlot, now: Instant): DropReason | undefined {
    const { arena, peers } = this.core;
    this.wishes.wantHandshake(peer, now);
    if (((arena.flags[slot] as number) & NOT_STAGED) !== 0) return 'no-key-pair';
    // Under backoff nothing will answer soon: a slot must not wait for a quarter of an hour.
    if (!peers.get(peer).attempts.isHopeful(now)) return 'no-key-pair';
    if (this.staged.isFull(peer)) {
      const oldest = this.staged.take(peer);
      if (oldest === NONE) return 'queue-full';
      drop(this.core, oldest, 'queue-full');
    }
    this.staged.put(peer, slot);
    return undefined;
  }

  /** WireGuard paper §6.2: the initiator of a key pair replaces it when it grows old. */
  private keepKeyFreshSending(peer: PeerId, row: number, now: Instant): void {
    const { keyPairs } = this.core;
    if (
      (keyPairs.sendCounter[row] as number) > REKEY_AFTER_MESSAGES ||
      (keyPairs.isInitiator[row] === 1 &&
        now - (keyPairs.created[row] as number) >= REKEY_AFTER_TIME)
    ) {
      this.wishes.wantHandshake(peer, now);
    }
  }

  /** WireGuard paper §6.2: who only receives rekeys once, in time before the key pair is rejected. */
  keepKeyFreshReceiving(peer: PeerId, now: Instant): void {
    const { peers, keyPairs } = this.core;
    const row = peers.current[peer] as number;
    if (row === NONE || keyPairs.isInitiator[row] === 0) return;
    const age = now - (keyPairs.created[row] as number);
    if (age < REJECT_AFTER_TIME - KEEPALIVE_TIMEOUT - REKEY_TIMEOUT) return;
    const state = peers.get(peer);
    if (state.hasRekeyedWhileReceiving) return;
    state.hasRekeyedWhileReceiving = true;
    this.wishes.wantHandshake(peer, now);
  }
}

/** Returns the length padded to 16 octets, but not beyond the MTU: a full packet must still fit the path. */
function paddedLength(length: number, mtu: number): number {
  const padded = Math.ceil(length / PADDING_MULTIPLE) * PADDING_MULTIPLE;
  return mtu !== 0 && padded > mtu ? Math.max(length, mtu) : padded;
}
