/**
 * The initiating half of handshakes: when one begins, is repeated, is answered or given up.
 *
 * Standard: WireGuard paper §5.4.2, §5.4.3 (response), §5.4.7 (cookie reply), §6.4 to §6.6.
 *
 *   wantHandshake ─► initiation ─► … ─► response ─► key pair is current, staged packets leave
 *        ▲               │ 5 s + jitter without an answer
 *        └───── retry ◄──┴──► after 90 s: give up
 *
 * Departure: Linux and wireguard-go keep one handshake per peer, so answering an initiation forgets
 * our own, and two that cross both fail for 5 s. We keep ours until a key pair is current; crossing
 * initiations then both succeed, and rotation (key-rotation.ts) already allows for it.
 *
 * Functions that return a DropReason leave the slot to the caller in that case, and have handed it on
 * or released it otherwise.
 *
 * Invariant: only a response that opened ends a handshake; a forged one changes nothing.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import { readUint32LittleEndian, zero } from '../base/bytes.ts';
import type { DropReason } from '../base/drop-reason.ts';
import type { Random } from '../base/random.ts';
import { type Instant, NONE, type PacketSlot, type PeerId } from '../base/units.ts';
import { SLOT_BYTES } from '../packet/layout.ts';
import {
  abandonInitiation,
  authenticatedArrival,
  authenticatedDeparture,
  type DeviceCore,
  handshakeCompleted,
  transmitTo,
  writeMacs,
} from './core.ts';
import type { PrivateKey } from './crypto.ts';
import {
  COOKIE_REPLY,
  cookieReplyBytes,
  INITIATION,
  initiationBytes,
  RESPONSE,
  responseBytes,
} from './framing.ts';
import type { HandshakeGate } from './handshake-gate.ts';
import { type KeyPairId, STALE } from './key-pair-table.ts';
import { rotateAsInitiator } from './key-rotation.ts';
import { destroyInitiated, readResponse, writeInitiation } from './noise.ts';
import { INITIATION_KIND, type Obfuscation } from './obfuscation/index.ts';
import { underlaySource } from './peer-table.ts';
import { writeDrawnType } from './socket-forms.ts';
import type { Tai64nClock } from './tai64n.ts';
import { TargetLimiter } from './target-limiter.ts';
import type { Transport } from './transport.ts';

export class Initiator {
  private readonly core: DeviceCore;
  private readonly transport: Transport;
  private readonly gate: HandshakeGate;
  private readonly local: PrivateKey;
  private readonly clock: Tai64nClock;
  private readonly targets: TargetLimiter;

  constructor(
    core: DeviceCore,
    options: {
      readonly transport: Transport;
      readonly gate: HandshakeGate;
      readonly local: PrivateKey;
      readonly clock: Tai64nClock;
      readonly random: Random;
    },
  ) {
    this.core = core;
    this.transport = options.transport;
    this.gate = options.gate;
    this.local = options.local;
    this.clock = options.clock;
    this.targets = new TargetLimiter(options.random);
  }

  /** Data, a keepalive or a key pair that grows old wants a handshake. */
  wantHandshake(peer: PeerId, now: Instant): void {
    const { peers, timers } = this.core;
    const { attempts } = peers.get(peer);
    if (!peers.hasEndpoint(peer)) return;
    if (attempts.admits(now)) this.sendInitiation(peer, now);
    else if (!attempts.isBackedOff()) timers.handshakePostponed(peer, attempts.earliestRetry());
  }

  /** The operator wants a handshake, whatever became of earlier ones. */
  initiate(peer: PeerId, now: Instant): void {
    this.core.peers.get(peer).attempts.reset();
    this.wantHandshake(peer, now);
  }

  /** No response came in time. */
  initiationUnanswered(peer: PeerId, now: Instant): void {
    const { peers, timers } = this.core;
    const { attempts } = peers.get(peer);
    if (!peers.hasEndpoint(peer)) return abandonInitiation(this.core, peer);
    switch (attempts.unanswered(now)) {
      case 'probe-failed':
        return this.attemptsFailed(peer);
      case 'give-up':
        return this.giveUp(peer, now);
      case 'retry':
        if (attempts.admits(now)) this.sendInitiation(peer, now);
        else timers.handshakePostponed(peer, attempts.earliestRetry());
    }
  }

  /** Takes a response to our initiation. */
  receiveResponse(slot: PacketSlot, now: Instant): DropReason | undefined {
    const { arena, framing, peers, keyPairs, crypto } = this.core;
    const { bytes } = arena;
    const start = arena.start[slot] as number;
    const octets = (arena.end[slot] as number) - start;
    if (octets !== responseBytes(framing)) return 'malformed';
    const fields = start + framing.typeBytes;
    const refusal = this.gate.refusal(slot, fields + RESPONSE.mac1, now);
    if (refusal !== undefined) return refusal;
    const row = keyPairs.find(readUint32LittleEndian(bytes, fields + RESPONSE.receiver));
    if (row < 0) return row === STALE ? 'stale-generation' : 'unknown-receiver-index';
    if (keyPairs.isKeyPair(row)) return 'replayed';

    const peer = keyPairs.peer[row] as PeerId;
    const state = peers.get(peer);
    const { initiated } = state;
    assert(initiated?.row === row, 'the row of a handshake belongs to the initiation of its peer');
    const { presharedKey } = state.keys;
    const { handshake } = initiated;
    const keys = readResponse(crypto, framing, bytes, start, handshake, this.local, presharedKey);
    if (keys === undefined) {
      this.responseRefused(peer, slot, now);
      return 'bad-handshake';
    }

    state.responsesReceived++;
    authenticatedArrival(this.core, peer, slot, octets, now);
    const remoteIndex = readUint32LittleEndian(bytes, fields + RESPONSE.sender);
    arena.release(slot);
    destroyInitiated(handshake);
    state.initiated = undefined;
    keyPairs.install(initiated.row, { keys, remoteIndex, isInitiator: true, now });
    zero(keys.send);
    zero(keys.receive);
    this.becomeCurrent(peer, initiated.row, now);
    return undefined;
  }

  /** Takes a cookie reply; the cookie goes into the next retransmission. */
  receiveCookieReply(slot: PacketSlot, now: Instant): DropReason | undefined {
    const { arena, framing, peers, keyPairs } = this.core;
    const { bytes } = arena;
    const start = arena.start[slot] as number;
    if ((arena.end[slot] as number) - start !== cookieReplyBytes(framing)) return 'malformed';
    const receiver = start + framing.typeBytes + COOKIE_REPLY.receiver;
    const index = readUint32LittleEndian(bytes, receiver);
    const row = keyPairs.find(index);
    const peer = row < 0 ? peers.findMisread(index) : (keyPairs.peer[row] as PeerId);
    if (peer === NONE) return row === STALE ? 'stale-generation' : 'unknown-receiver-index';
    const { macs } = peers.get(peer);
    if (!macs.receiveCookieReply(framing, bytes, start, now)) return 'bad-cookie';
    arena.release(slot);
    return undefined;
  }

  private becomeCurrent(peer: PeerId, row: KeyPairId, now: Instant): void {
    rotateAsInitiator(this.core, peer, row);
    this.core.timers.keyPairDerived(peer, now);
    handshakeCompleted(this.core, peer, true);
    // The responder may not send before it has heard us: with nothing to send, a keepalive confirms.
    if (!this.transport.sendStaged(peer, now)) this.transport.sendConfirmation(peer, now);
  }

  private responseRefused(peer: PeerId, slot: PacketSlot, now: Instant): void {
    const { arena, events } = this.core;
    if (!events.admitsComplaint(peer, 'response-invalid', now)) return;
    events.push({ kind: 'response-invalid', peer, from: underlaySource(arena, slot) });
  }

  private giveUp(peer: PeerId, now: Instant): void {
    const { peers, timers } = this.core;
    peers.get(peer).attempts.gaveUp(peers.hasEndpointAnswered[peer] === 1);
    timers.handshakeGaveUp(peer, now);
    this.attemptsFailed(peer);
  }

  /** Nobody answered a whole series, or a single initiation under backoff. */
  private attemptsFailed(peer: PeerId): void {
    this.transport.dropStaged(peer);
    // An ephemeral key must not wait for an answer that comes too late.
    abandonInitiation(this.core, peer);
    this.core.events.push({ kind: 'handshake-gave-up', peer });
  }

  private sendInitiation(peer: PeerId, now: Instant): void {
    const { arena, framing, peers, keyPairs, timers, events, crypto, drops } = this.core;
    const state = peers.get(peer);
    if (!this.targets.admits(peers, peer, now)) {
      // As if it had been lost on the way: the next attempt comes by the timer, and the series ends.
      drops['target-limited']++;
      state.attempts.initiationSent(now);
      timers.handshakeInitiated(peer, now);
      return;
    }
    const slot = arena.allocate();
    if (slot === NONE) {
      drops['arena-full']++;
      timers.handshakeInitiated(peer, now);
      return;
    }
    abandonInitiation(this.core, peer);
    const row = keyPairs.reserve(peer);
    const start = arena.start[slot] as number;
    const handshake = writeInitiation(crypto, framing, arena.bytes, start, {
      local: this.local,
      peer: state.keys,
      ephemeral: crypto.generatePrivateKey(),
      timestamp: this.clock.next(),
      senderIndex: keyPairs.localIndex[row] as number,
    });
    assert(handshake !== undefined, 'a key of low order was refused when the peer was added');
    state.initiated = { row, handshake };
    events.pushLatest({ kind: 'timestamp-advanced' });
    const form = this.core.forms.ofPeer(peer);
    writeDrawnType(form, INITIATION_KIND, arena.bytes, start);
    const mac1 = start + framing.typeBytes + INITIATION.mac1;
    writeMacs(this.core, peer, start, mac1, now);
    arena.end[slot] = start + initiationBytes(framing);

    state.initiationsSent++;
    state.attempts.initiationSent(now);
    timers.handshakeInitiated(peer, now);
    authenticatedDeparture(this.core, peer, initiationBytes(framing), now);
    if (form !== undefined) this.sendDecoys(peer, form);
    peers.address(peer, slot);
    transmitTo(this.core, peer, INITIATION_KIND, slot);
  }

  /** What some forms send in front of every initiation, so that it is not the first datagram. */
  private sendDecoys(peer: PeerId, form: Obfuscation): void {
    const { arena, peers, drops, wallClock } = this.core;
    const unixSeconds = Math.floor(wallClock.now() / 1000);
    for (let i = 0; i < form.decoys; i++) {
      const slot = arena.allocate();
      if (slot === NONE) {
        drops['arena-full']++;
        return;
      }
      const start = arena.start[slot] as number;
      const high = (slot + 1) * SLOT_BYTES;
      arena.end[slot] = form.writeDecoy(i, arena.bytes, start, high, unixSeconds);
      peers.address(peer, slot);
      this.core.transmit(slot);
    }
  }
}
