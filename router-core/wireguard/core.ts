/**
 * What the parts of a device share: tables, timers, sinks, primitives.
 *
 * Not standardized. device.ts makes one; initiator.ts, responder.ts and transport.ts work on it.
 *
 *   device ──► initiator, responder ──► transport ──► key-rotation ──► core ──► tables, timers, events
 *
 * @module
 */
import { readUint32LittleEndian } from '../base/bytes.ts';
import type { DropCounters, DropReason } from '../base/drop-reason.ts';
import { type Instant, NONE, type PacketSlot, type PeerId, type WallClock } from '../base/units.ts';
import type { PacketArena } from '../packet/arena.ts';
import type { TransportPlane } from '../packet/forwarding-plane.ts';
import type { PacketSink } from '../packet/sinks.ts';
import type { WireguardCrypto } from './crypto.ts';
import type { EventQueue } from './events.ts';
import type { Framing } from './framing.ts';
import type { KeyPairTable } from './key-pair-table.ts';
import { destroyInitiated } from './noise.ts';
import {
  LEFT_OUT,
  type MessageKind,
  type Obfuscation,
  WRAPPED,
  type WrapResult,
} from './obfuscation/index.ts';
import type { PeerRates } from './peer-rates.ts';
import type { PeerTable } from './peer-table.ts';
import type { SocketForms } from './socket-forms.ts';
import type { WireguardTimers } from './timers.ts';

export type DeviceCore = {
  readonly arena: PacketArena;
  readonly crypto: WireguardCrypto;
  readonly wallClock: WallClock;
  readonly framing: Framing;
  readonly peers: PeerTable;
  readonly keyPairs: KeyPairTable;
  readonly timers: WireguardTimers;
  readonly rates: PeerRates;
  readonly events: EventQueue;
  readonly drops: DropCounters;
  readonly packets: PacketSink;
  readonly forms: SocketForms;
  /** What carries packets beside this device, if anything does. */
  readonly plane: TransportPlane | undefined;
  /** Hands a datagram to the underlay; the sink must not call back (asserted). */
  transmit(slot: PacketSlot): void;
};

/** Counts a drop and releases the slot. */
export function drop(core: DeviceCore, slot: PacketSlot, reason: DropReason): DropReason {
  core.drops[reason]++;
  core.arena.release(slot);
  return reason;
}

/** Sends a message to the peer it was addressed to, in the peer's form. */
export function transmitTo(
  core: DeviceCore,
  peer: PeerId,
  kind: MessageKind,
  slot: PacketSlot,
): WrapResult {
  const { forms } = core;
  const form = forms.ofPeer(peer);
  if (form === undefined) {
    core.transmit(slot);
    return WRAPPED;
  }
  const result = transmitAs(core, form, kind, slot);
  if (result === WRAPPED) forms.widen(peer, form.end - form.start);
  return result;
}

/** Sends a message to a stranger in the form its datagram came in; undefined is plain. */
export function transmitAs(
  core: DeviceCore,
  form: Obfuscation | undefined,
  kind: MessageKind,
  slot: PacketSlot,
): WrapResult {
  const { arena, forms, drops } = core;
  const result = form === undefined ? WRAPPED : forms.wrap(slot, kind, form);
  if (result === WRAPPED) core.transmit(slot);
  else {
    if (result !== LEFT_OUT) drops['too-big']++;
    arena.release(slot);
  }
  return result;
}

/** Fills the MACs of a handshake message at `start`; a cookie reply to it finds the peer. */
export function writeMacs(
  core: DeviceCore,
  peer: PeerId,
  start: number,
  mac1: number,
  now: Instant,
): void {
  const { arena, framing, peers } = core;
  peers.get(peer).macs.writeMacs(arena.bytes, start, mac1, now);
  if (framing.misreadSenderOffset === NONE) return;
  const misread = start + framing.misreadSenderOffset;
  peers.misreadIndex[peer] = readUint32LittleEndian(arena.bytes, misread);
}

/** An authenticated message of any kind arrived: counters, roaming, timers. */
export function authenticatedArrival(
  core: DeviceCore,
  peer: PeerId,
  slot: PacketSlot,
  octets: number,
  now: Instant,
): void {
  const { peers, timers, events } = core;
  peers.rxBytes[peer] = (peers.rxBytes[peer] as number) + octets;
  peers.rxPackets[peer] = (peers.rxPackets[peer] as number) + 1;
  peers.lastReceived[peer] = now;
  if (peers.isHeard[peer] === 0) {
    peers.isHeard[peer] = 1;
    events.push({ kind: 'first-packet', peer });
  }
  if (!peers.isAtEndpoint(peer, slot)) roam(core, peer, slot);
  peers.hasEndpointAnswered[peer] = 1;
  core.forms.arrivedFrom(peer, slot);
  timers.authenticatedTraversal(peer, now);
  timers.authenticatedReceived(peer);
}

/** A datagram of this peer is about to leave: counters and timers. */
export function authenticatedDeparture(
  core: DeviceCore,
  peer: PeerId,
  octets: number,
  now: Instant,
): void {
  const { peers, timers } = core;
  peers.txBytes[peer] = (peers.txBytes[peer] as number) + octets;
  peers.txPackets[peer] = (peers.txPackets[peer] as number) + 1;
  timers.authenticatedTraversal(peer, now);
  timers.authenticatedSent(peer);
}

/** A key pair became current: we know that the peer has it too. */
export function handshakeCompleted(core: DeviceCore, peer: PeerId, asInitiator: boolean): void {
  const { peers, keyPairs, timers, events } = core;
  const state = peers.get(peer);
  state.attempts.reset();
  state.hasRekeyedWhileReceiving = false;
  state.unconfirmedResponses = 0;
  state.lastHandshake = core.wallClock.now();
  state.handshakesCompleted++;
  // An ephemeral key lives no longer than needed: an answer to it would come too late.
  abandonInitiation(core, peer);
  peers.hasKeyPair[peer] = 1;
  timers.handshakeCompleted(peer);
  timers.keyPairBecameCurrent(peer, keyPairs.created[peers.current[peer] as number] as Instant);
  events.push({ kind: 'handshake-completed', peer, asInitiator });
}

/** Ends our initiation under way, if there is one, with its index and its ephemeral key. */
export function abandonInitiation(core: DeviceCore, peer: PeerId): void {
  const state = core.peers.get(peer);
  if (state.initiated === undefined) return;
  destroyInitiated(state.initiated.handshake);
  core.keyPairs.release(state.initiated.row);
  state.initiated = undefined;
}

/** The current key pair may not be used any more, or is gone. */
export function tunnelBecameStale(core: DeviceCore, peer: PeerId): void {
  const { peers, events } = core;
  if (peers.hasKeyPair[peer] === 0) return;
  peers.hasKeyPair[peer] = 0;
  peers.isHeard[peer] = 0;
  events.push({ kind: 'tunnel-stale', peer });
}

/** An authenticated message of the peer came from the address in the slot's columns. */
export function roam(core: DeviceCore, peer: PeerId, slot: PacketSlot): void {
  const { peers, events } = core;
  peers.roamTo(peer, slot);
  const endpoint = peers.endpoint(peer);
  if (endpoint === undefined) return;
  events.pushLatest({ kind: 'endpoint-changed', peer, endpoint, socket: peers.socketOf(peer) });
}
