/**
 * The responding half of handshakes.
 *
 * Standard: WireGuard paper §5.1 (timestamps), §5.4.2, §5.4.3.
 *
 *   length ─► gate ─► X25519 ─► known peer? ─► X25519 ─► timestamp new? ─► response
 *
 * The response is written over the initiation, in the same slot, and leaves by the socket and to the
 * address it came from.
 *
 * Functions that return a DropReason leave the slot to the caller in that case, and have handed it on
 * or released it otherwise.
 *
 * Invariant: before the timestamp opened and was new, nothing of the peer changes.
 *
 * @module
 */
import { zero } from '../base/bytes.ts';
import type { DropReason } from '../base/drop-reason.ts';
import { type Instant, NONE, type PacketSlot, type PeerId, type SocketId } from '../base/units.ts';
import { INITIATION_INTERVAL } from './constants.ts';
import {
  authenticatedArrival,
  authenticatedDeparture,
  type DeviceCore,
  transmitTo,
  writeMacs,
} from './core.ts';
import type { PrivateKey } from './crypto.ts';
import { INITIATION, initiationBytes, RESPONSE, responseBytes } from './framing.ts';
import type { HandshakeGate } from './handshake-gate.ts';
import { rotateAsResponder } from './key-rotation.ts';
import {
  acceptInitiation,
  type ReceivedInitiation,
  readInitiation,
  writeResponse,
} from './noise.ts';
import { RESPONSE_KIND } from './obfuscation/index.ts';
import { underlaySource } from './peer-table.ts';
import { writeDrawnType } from './socket-forms.ts';
import { isLater } from './tai64n.ts';

export class Responder {
  private readonly core: DeviceCore;
  private readonly gate: HandshakeGate;
  private readonly local: PrivateKey;

  constructor(core: DeviceCore, gate: HandshakeGate, local: PrivateKey) {
    this.core = core;
    this.gate = gate;
    this.local = local;
  }

  /** Takes an initiation and answers it. */
  receiveInitiation(slot: PacketSlot, now: Instant): DropReason | undefined {
    const { arena, framing, peers, crypto } = this.core;
    const { bytes } = arena;
    const start = arena.start[slot] as number;
    if ((arena.end[slot] as number) - start !== initiationBytes(framing)) return 'malformed';
    const refusal = this.gate.refusal(slot, start + framing.typeBytes + INITIATION.mac1, now);
    if (refusal !== undefined) return refusal;

    const received = readInitiation(crypto, framing, bytes, start, this.local);
    if (received === undefined) return 'bad-handshake';
    const peer = peers.find(received.remoteStatic);
    const reason =
      peer === NONE
        ? this.keyUnknown(slot, received, now)
        : this.checkTimestamp(peer, slot, received, now);
    if (reason !== undefined) {
      received.state.destroy();
      return reason;
    }
    this.initiationAccepted(peer, slot, now);
    return this.respond(peer, slot, received, now);
  }

  private keyUnknown(slot: PacketSlot, received: ReceivedInitiation, now: Instant): DropReason {
    const { arena, events } = this.core;
    if (events.admitsStranger(now)) {
      const { remoteStatic: publicKey } = received;
      const socket = arena.socket[slot] as SocketId;
      events.push({ kind: 'unknown-key', publicKey, from: underlaySource(arena, slot), socket });
    }
    return 'unknown-key';
  }

  /** Opens the timestamp and remembers it; a reason when it does not open or is not new. */
  private checkTimestamp(
    peer: PeerId,
    slot: PacketSlot,
    received: ReceivedInitiation,
    now: Instant,
  ): DropReason | undefined {
    const { arena, framing, peers, events } = this.core;
    const state = peers.get(peer);
    const start = arena.start[slot] as number;
    const { staticStatic } = state.keys;
    const timestamp = acceptInitiation(framing, arena.bytes, start, received, staticStatic);
    if (timestamp === undefined) return 'bad-handshake';
    if (!isLater(timestamp, state.greatestTimestamp)) {
      if (events.admitsComplaint(peer, 'old-timestamp', now)) {
        events.push({ kind: 'old-timestamp', peer, from: underlaySource(arena, slot) });
      }
      return 'old-timestamp';
    }
    if (state.lastInitiation !== undefined && now - state.lastInitiation < INITIATION_INTERVAL) {
      return 'rate-limited';
    }
    state.greatestTimestamp = timestamp;
    state.lastInitiation = now;
    return undefined;
  }

  private initiationAccepted(peer: PeerId, slot: PacketSlot, now: Instant): void {
    const { framing, peers, events } = this.core;
    const state = peers.get(peer);
    state.initiationsReceived++;
    authenticatedArrival(this.core, peer, slot, initiationBytes(framing), now);
    if (peers.next[peer] === NONE) return;
    const times = ++state.unconfirmedResponses;
    events.push({ kind: 'response-unconfirmed', peer, times });
  }

  private respond(
    peer: PeerId,
    slot: PacketSlot,
    received: ReceivedInitiation,
    now: Instant,
  ): DropReason | undefined {
    const { arena, framing, peers, keyPairs, timers, crypto } = this.core;
    const state = peers.get(peer);
    const row = keyPairs.reserve(peer);
    const start = arena.start[slot] as number;
    const ephemeral = crypto.generatePrivateKey();
    const senderIndex = keyPairs.localIndex[row] as number;
    const message = { received, peer: state.keys, ephemeral, senderIndex };
    const keys = writeResponse(framing, arena.bytes, start, message);
    ephemeral.destroy();
    received.state.destroy();
    if (keys === undefined) {
      keyPairs.release(row);
      return 'bad-handshake';
    }
    writeDrawnType(this.core.forms.ofPeer(peer), RESPONSE_KIND, arena.bytes, start);
    const mac1 = start + framing.typeBytes + RESPONSE.mac1;
    writeMacs(this.core, peer, start, mac1, now);
    arena.end[slot] = start + responseBytes(framing);

    const remoteIndex = received.senderIndex;
    keyPairs.install(row, { keys, remoteIndex, isInitiator: false, now });
    zero(keys.send);
    zero(keys.receive);
    rotateAsResponder(this.core, peer, row);
    state.responsesSent++;
    state.attempts.responseSent(now);
    timers.keyPairDerived(peer, now);
    authenticatedDeparture(this.core, peer, responseBytes(framing), now);
    transmitTo(this.core, peer, RESPONSE_KIND, slot);
    return undefined;
  }
}
