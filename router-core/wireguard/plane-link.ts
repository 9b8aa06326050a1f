/**
 * What a device does differently when a forwarding plane carries its packets.
 *
 * Not standardized; packet/forwarding-plane.ts, docs/architecture.md §6.
 *
 *   plane ─► opened packets, confirmations ─► deliver, rotate keys
 *         ─► another source address ────────► roam
 *         ─► attention bits, once a second ─► timers, handshakes
 *
 * The plane has done what every packet needs: opened it, checked the counter, counted it, moved the
 * columns of the timers. What is rare is done here, with the functions of the path without a plane.
 *
 * Invariant: a punt counts only while the key pair it came under is still there.
 *
 * @module
 */
import type { DropReason } from '../base/drop-reason.ts';
import type { TimerQueue, Timers } from '../base/timer-queue.ts';
import {
  addMilliseconds,
  type Instant,
  type InterfaceId,
  milliseconds,
  NONE,
  type PacketSlot,
  type PeerId,
} from '../base/units.ts';
import { ATTENTION, type TransportPlane } from '../packet/forwarding-plane.ts';
import { REKEY_AFTER_TIME } from './constants.ts';
import { type DeviceCore, roam } from './core.ts';
import type { HandshakeWishes, Transport } from './transport.ts';

/** How often the plane is asked what it noticed; what it tells of lasts ten seconds and more. */
const ATTEND_INTERVAL = milliseconds(1000);

/** An opened message as the plane hands it over; its packet is the content of the slot. */
export type OpenedMessage = {
  readonly peer: PeerId;
  readonly row: number;
  /** The receiver index it came with. */
  readonly index: number;
  /** Whether it was the first under its key pair. */
  readonly confirms: boolean;
};

export class PlaneLink {
  private readonly core: DeviceCore;
  private readonly plane: TransportPlane;
  private readonly transport: Transport;
  private readonly wishes: HandshakeWishes;
  private readonly timers: Timers<'attend'>;

  constructor(
    core: DeviceCore,
    options: {
      readonly plane: TransportPlane;
      readonly transport: Transport;
      readonly wishes: HandshakeWishes;
      readonly timerQueue: TimerQueue;
    },
  ) {
    this.core = core;
    this.plane = options.plane;
    this.transport = options.transport;
    this.wishes = options.wishes;
    this.timers = options.timerQueue.add<'attend'>({
      timerExpired: (_name, now) => this.attend(now),
    });
  }

  /** Begins to ask the plane, with the first peer. */
  peerAdded(now: Instant): void {
    if (!this.timers.isSet('attend'))
      this.timers.set('attend', addMilliseconds(now, ATTEND_INTERVAL));
  }

  /** Tells the plane what it must know of a peer. */
  publish(peer: PeerId): void {
    const { peers, forms, rates } = this.core;
    const form = forms.ofPeer(peer);
    const allowsAll = peers.allowsAll[peer] as number;
    this.plane.setPeer(peer, {
      interface: peers.interface[peer] as InterfaceId,
      mtu: peers.mtu[peer] as number,
      allowsAll4: (allowsAll & 1) !== 0,
      allowsAll6: (allowsAll & 2) !== 0,
      rateLimit: rates.limit[peer] as number,
      publicKey: peers.get(peer).keys.publicKey.bytes,
      isObfuscated: form !== undefined,
      padsContents: form?.padsKeepalives === true,
    });
    peers.endpointChanged(peer);
  }

  /** Takes an opened message; returns why it went no further, and leaves the slot then. */
  receiveOpened(message: OpenedMessage, slot: PacketSlot, now: Instant): DropReason | undefined {
    const { arena, peers } = this.core;
    const { peer, row } = message;
    if (!this.isCurrent(message)) return 'stale-generation';
    peers.hasEndpointAnswered[peer] = 1;
    if (message.confirms && peers.next[peer] === row) this.transport.confirm(peer, now);
    const start = arena.start[slot] as number;
    const end = arena.end[slot] as number;
    if (start === end) {
      arena.release(slot);
      return undefined;
    }
    return this.transport.deliver(peer, slot, start, end, now);
  }

  /** The peer was heard from the address in the slot's columns. Leaves the slot. */
  receiveRoamed(peer: PeerId, index: number, slot: PacketSlot): DropReason | undefined {
    const { peers } = this.core;
    const row = this.core.keyPairs.find(index);
    if (row < 0 || this.core.keyPairs.peer[row] !== peer) return 'stale-generation';
    if (!peers.isAtEndpoint(peer, slot)) roam(this.core, peer, slot);
    peers.hasEndpointAnswered[peer] = 1;
    return undefined;
  }

  private isCurrent({ peer, row, index }: OpenedMessage): boolean {
    const { keyPairs } = this.core;
    return keyPairs.find(index) === row && keyPairs.isKeyPair(row) && keyPairs.peer[row] === peer;
  }

  private attend(now: Instant): void {
    this.timers.set('attend', addMilliseconds(now, ATTEND_INTERVAL));
    const { peers, timers } = this.core;
    peers.forEach((peer) => {
      const noticed = this.plane.takeAttention(peer);
      if (noticed === 0) return;
      if ((noticed & ATTENTION.answered) !== 0) timers.answerOwed(peer);
      if ((noticed & ATTENTION.awaits) !== 0) timers.answerAwaited(peer);
      if ((noticed & ATTENTION.agedReceiving) !== 0)
        this.transport.keepKeyFreshReceiving(peer, now);
      if ((noticed & ATTENTION.agedSending) !== 0 && this.isAged(peer, now))
        this.wishes.wantHandshake(peer, now);
    });
  }

  /** The bit may be older than the key pair that is current by now. */
  private isAged(peer: PeerId, now: Instant): boolean {
    const { peers, keyPairs } = this.core;
    const row = peers.current[peer] as number;
    return row !== NONE && now - (keyPairs.created[row] as number) >= REKEY_AFTER_TIME;
  }
}
