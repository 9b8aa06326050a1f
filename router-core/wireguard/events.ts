/**
 * What the device tells the outside: causes in the past tense, taken by the driver after each batch.
 *
 * Not standardized; the words are those of diagnosis (portal specification §7).
 *
 * Anybody can make us notice something, so events about strangers share one small rate, complaints
 * about a peer come at most once per interval and kind, and events that only say "look again"
 * (`endpoint-changed`, `timestamp-advanced`) stand in the queue once.
 *
 * Invariants
 * - The queue is bounded; what does not fit is counted in `lost`.
 * - After `forget(peer)` no event names the peer, whose number may be given to another.
 *
 * @module
 */
import type { UnderlayAddress } from '../base/endpoint.ts';
import type { IpAddress } from '../base/ip-address.ts';
import { TokenBucket } from '../base/token-bucket.ts';
import type { Instant, PeerId, SocketId } from '../base/units.ts';
import { PEER_EVENT_INTERVAL, QUEUED_EVENTS_MAX, STRANGER_EVENTS_PER_SECOND } from './limits.ts';

export type WireguardEvent =
  /** Any authenticated message of this peer, once until the tunnel is stale. */
  | { readonly kind: 'first-packet'; readonly peer: PeerId }
  | { readonly kind: 'handshake-completed'; readonly peer: PeerId; readonly asInitiator: boolean }
  /** There was a usable key pair and there is none any more. */
  | { readonly kind: 'tunnel-stale'; readonly peer: PeerId }
  /** REKEY_ATTEMPT_TIME passed without an answer, or a single initiation under backoff had none. */
  | { readonly kind: 'handshake-gave-up'; readonly peer: PeerId }
  /** The peer roamed; an authenticated message came from here. */
  | {
      readonly kind: 'endpoint-changed';
      readonly peer: PeerId;
      readonly endpoint: UnderlayAddress;
      readonly socket: SocketId;
    }
  /** An initiation is meant for us and opens, but we do not know its static key. */
  | {
      readonly kind: 'unknown-key';
      readonly publicKey: Uint8Array;
      readonly from: UnderlayAddress;
      readonly socket: SocketId;
    }
  /** A handshake message is meant for another public key. */
  | { readonly kind: 'wrong-mac1'; readonly from: UnderlayAddress; readonly socket: SocketId }
  | { readonly kind: 'old-timestamp'; readonly peer: PeerId; readonly from: UnderlayAddress }
  /** A response to our initiation does not open: the preshared keys differ. */
  | { readonly kind: 'response-invalid'; readonly peer: PeerId; readonly from: UnderlayAddress }
  /** We answered `times` initiations in a row and only new ones come: preshared key or return path. */
  | { readonly kind: 'response-unconfirmed'; readonly peer: PeerId; readonly times: number }
  | { readonly kind: 'source-not-allowed'; readonly peer: PeerId; readonly source: IpAddress }
  /** `greatestTimestamp()` changed and is to be persisted. */
  | { readonly kind: 'timestamp-advanced' };

type LatestOnly = Extract<WireguardEvent, { kind: 'endpoint-changed' | 'timestamp-advanced' }>;

/** Events about a peer that one hostile or broken peer could cause with every packet. */
export type PeerComplaint = 'old-timestamp' | 'response-invalid' | 'source-not-allowed';

export class EventQueue {
  /** Events that did not fit. */
  lost = 0;
  private queue: WireguardEvent[] = [];
  private head = 0;
  /** Where the events stand of which only the latest matters, by kind and peer. */
  private readonly latest = new Map<string, number>();
  private readonly strangers = new TokenBucket(
    STRANGER_EVENTS_PER_SECOND,
    STRANGER_EVENTS_PER_SECOND,
  );
  private readonly lastComplaints = new Map<PeerId, Map<PeerComplaint, Instant>>();

  /** Queues an event; false when it is lost. */
  push(event: WireguardEvent): boolean {
    if (this.queue.length - this.head >= QUEUED_EVENTS_MAX) {
      this.lost++;
      return false;
    }
    this.queue.push(event);
    return true;
  }

  /** Queues an event of which only the latest matters, in place of the one that waits. */
  pushLatest(event: LatestOnly): void {
    const name = nameOf(event);
    const place = this.latest.get(name);
    if (place !== undefined) this.queue[place] = event;
    else if (this.push(event)) this.latest.set(name, this.queue.length - 1);
  }

  /** Whether an event about a stranger may be made now. */
  admitsStranger(now: Instant): boolean {
    return this.strangers.take(now);
  }

  /** Whether this complaint about the peer may be made now. */
  admitsComplaint(peer: PeerId, complaint: PeerComplaint, now: Instant): boolean {
    let times = this.lastComplaints.get(peer);
    if (times === undefined) {
      times = new Map();
      this.lastComplaints.set(peer, times);
    }
    const last = times.get(complaint);
    if (last !== undefined && now - last < PEER_EVENT_INTERVAL) return false;
    times.set(complaint, now);
    return true;
  }

  next(): WireguardEvent | undefined {
    const event = this.queue[this.head];
    if (event === undefined) return undefined;
    this.latest.delete(nameOf(event));
    this.head++;
    if (this.head === this.queue.length) {
      this.queue = [];
      this.head = 0;
    }
    return event;
  }

  /** Drops what is queued about a peer that was removed. */
  forget(peer: PeerId): void {
    this.queue = this.queue.slice(this.head).filter((event) => peerOf(event) !== peer);
    this.head = 0;
    this.lastComplaints.delete(peer);
    this.latest.clear();
    for (const [place, event] of this.queue.entries()) {
      if (isLatestOnly(event)) this.latest.set(nameOf(event), place);
    }
  }
}

const isLatestOnly = (event: WireguardEvent): event is LatestOnly =>
  event.kind === 'endpoint-changed' || event.kind === 'timestamp-advanced';

const peerOf = (event: WireguardEvent): PeerId | undefined =>
  'peer' in event ? event.peer : undefined;

const nameOf = (event: WireguardEvent): string => `${event.kind} ${peerOf(event)}`;
