/**
 * One WireGuard device: one static key, many peers, any number of sockets.
 *
 * Standard: WireGuard paper; wireguard-go for what the paper leaves open.
 *
 *   receiveDatagram ─ type ─┬─ initiation ─────────────► Responder ──► DatagramSink
 *                           ├─ response, cookie reply ─► Initiator ──► DatagramSink
 *                           └─ transport ──────────────► Transport ──► PacketSink
 *   sendPacket ────────────────────────────────────────► Transport ──► DatagramSink
 *
 * A peer is recognized by receiver index, or by the static key of its initiation, whatever socket the
 * datagram came in by (docs/architecture.md §3).
 *
 * Invariants
 * - The DatagramSink does not call back (asserted). The PacketSink may send, as forwarding does; it
 *   may not hand a datagram in (asserted).
 * - A slot that comes in leaves by a sink, waits in the staged packets, or is released.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import { equalBytes, equalSecrets, zero } from '../base/bytes.ts';
import { createDropCounters, type DropReason } from '../base/drop-reason.ts';
import type { UnderlayAddress } from '../base/endpoint.ts';
import { RouterError } from '../base/errors.ts';
import { type Instant, NONE, type PacketSlot, type PeerId, type SocketId } from '../base/units.ts';
import { AllowedIps } from './allowed-ips.ts';
import { KEY_BYTES, TIMESTAMP_BYTES } from './constants.ts';
import { MacVerifier, MacWriter } from './cookie.ts';
import { type DeviceCore, drop, tunnelBecameStale } from './core.ts';
import type { PrivateKey } from './crypto.ts';
import type {
  WireguardDevice,
  WireguardDeviceOptions,
  WireguardPeerChange,
  WireguardPeerConfig,
  WireguardPeerView,
} from './device-contract.ts';
import { EventQueue, type WireguardEvent } from './events.ts';
import { isTransport, readMessageType, WIREGUARD_FRAMING } from './framing.ts';
import { HandshakeAttempts } from './handshake-attempts.ts';
import { HandshakeGate } from './handshake-gate.ts';
import { Initiator } from './initiator.ts';
import { KeyPairTable } from './key-pair-table.ts';
import { eraseKeys } from './key-rotation.ts';
import { KEY_PAIRS_PER_PEER, PEERS_MAX } from './limits.ts';
import { noPresharedKey, type PeerKeys } from './noise.ts';
import {
  COOKIE_REPLY_KIND,
  INITIATION_KIND,
  NO_MESSAGE,
  RESPONSE_KIND,
  TRANSPORT_KIND,
} from './obfuscation/index.ts';
import { PeerRates } from './peer-rates.ts';
import { PeerTable } from './peer-table.ts';
import { type OpenedMessage, PlaneLink } from './plane-link.ts';
import { Responder } from './responder.ts';
import { SocketForms } from './socket-forms.ts';
import { Tai64nClock } from './tai64n.ts';
import { WireguardTimers } from './timers.ts';
import { Transport } from './transport.ts';

/** The shortest thing with a type. */
const TYPE_BYTES = 4;

export function createWireguardDevice(options: WireguardDeviceOptions): WireguardDevice {
  return new Device(options);
}

class Device implements WireguardDevice {
  readonly publicKey: Uint8Array;
  readonly drops = createDropCounters();
  private readonly core: DeviceCore;
  private readonly local: PrivateKey;
  private readonly clock: Tai64nClock;
  private readonly gate: HandshakeGate;
  private readonly transport: Transport;
  private readonly initiator: Initiator;
  private readonly responder: Responder;
  private readonly planeLink: PlaneLink | undefined;
  private isTransmitting = false;
  private isReceiving = false;

  constructor(options: WireguardDeviceOptions) {
    const { arena, random, crypto, datagrams, timerQueue, plane } = options;
    const capacity = options.peersMax ?? PEERS_MAX;
    const actions = {
      initiationUnanswered: (peer: PeerId, now: Instant) =>
        this.initiator.initiationUnanswered(peer, now),
      wantHandshake: (peer: PeerId, now: Instant) => this.initiator.wantHandshake(peer, now),
      sendKeepalive: (peer: PeerId, now: Instant) => this.transport.sendKeepalive(peer, now),
      keyPairRejected: (peer: PeerId) => tunnelBecameStale(this.core, peer),
      eraseKeys: (peer: PeerId) => {
        this.transport.dropStaged(peer);
        eraseKeys(this.core, peer);
      },
    };
    assert(options.privateKey.length === KEY_BYTES, 'a private key has 32 octets');
    this.local = crypto.importPrivateKey(options.privateKey);
    this.publicKey = this.local.publicKey.bytes;
    const keyPairs = new KeyPairTable({
      rows: capacity * KEY_PAIRS_PER_PEER,
      cipher: crypto,
      random,
      plane,
    });
    const macs = new MacVerifier(crypto, this.publicKey);
    this.core = {
      arena,
      crypto,
      wallClock: options.wallClock,
      framing: options.framing ?? WIREGUARD_FRAMING,
      plane,
      peers: new PeerTable(capacity, arena, plane),
      rates: new PeerRates(capacity),
      keyPairs,
      forms: new SocketForms({
        capacity,
        arena,
        keyPairs,
        macs,
        random,
        listener: options.formsListener,
      }),
      timers: new WireguardTimers(capacity, timerQueue, random, actions, plane?.activity),
      events: new EventQueue(),
      drops: this.drops,
      packets: options.packets,
      transmit: (slot) => {
        this.isTransmitting = true;
        datagrams.sendDatagram(slot);
        this.isTransmitting = false;
      },
    };
    this.clock = new Tai64nClock(options.wallClock, options.greatestTimestamp);
    const gate = new HandshakeGate(this.core, { macs, random, timerQueue });
    this.gate = gate;
    this.transport = new Transport(this.core, actions);
    this.initiator = new Initiator(this.core, {
      transport: this.transport,
      gate,
      local: this.local,
      clock: this.clock,
      random,
    });
    this.responder = new Responder(this.core, gate, this.local);
    const wishes = this.initiator;
    if (plane !== undefined) {
      this.planeLink = new PlaneLink(this.core, {
        plane,
        transport: this.transport,
        wishes,
        timerQueue,
      });
    }
  }

  addPeer(config: WireguardPeerConfig, now: Instant): PeerId {
    const { crypto, peers, timers } = this.core;
    const keys = this.peerKeys(config);
    this.core.forms.checkRoom(config.socket, config.obfuscation);
    const allowedIps = new AllowedIps(config.allowedIps);
    const peer = peers.add({
      keys,
      macs: new MacWriter(crypto, config.publicKey),
      attempts: new HandshakeAttempts(),
      allowedIps,
      initiated: undefined,
      greatestTimestamp: new Uint8Array(TIMESTAMP_BYTES),
      lastInitiation: undefined,
      hasRekeyedWhileReceiving: false,
      unconfirmedResponses: 0,
      lastHandshake: undefined,
      initiationsSent: 0,
      initiationsReceived: 0,
      responsesSent: 0,
      responsesReceived: 0,
      handshakesCompleted: 0,
    });
    timers.add(peer);
    peers.setAllowedIps(peer, allowedIps);
    peers.interface[peer] = config.interface;
    peers.socket[peer] = config.socket;
    this.core.forms.add(peer, config.socket, config.obfuscation);
    peers.mtu[peer] = config.mtu ?? 0;
    this.core.rates.set(peer, config.rateLimit ?? 0, now);
    this.planeLink?.publish(peer);
    this.planeLink?.peerAdded(now);
    if (config.endpoint !== undefined) peers.setEndpoint(peer, config.endpoint);
    if (config.persistentKeepalive > 0) {
      this.setPersistentKeepalive(peer, config.persistentKeepalive, now);
    }
    return peer;
  }

  updatePeer(peer: PeerId, change: WireguardPeerChange, now: Instant): void {
    const { peers } = this.core;
    if ('presharedKey' in change) {
      this.setPresharedKey(peer, change.presharedKey, change.keepsSessions === true);
    }
    if (change.allowedIps !== undefined) {
      peers.setAllowedIps(peer, new AllowedIps(change.allowedIps));
    }
    if (change.interface !== undefined) peers.interface[peer] = change.interface;
    if (change.socket !== undefined) {
      this.core.forms.move(peer, change.socket);
      peers.socket[peer] = change.socket;
    }
    if ('mtu' in change) peers.mtu[peer] = change.mtu ?? 0;
    if (change.rateLimit !== undefined) this.core.rates.set(peer, change.rateLimit, now);
    this.planeLink?.publish(peer);
    if ('endpoint' in change) this.setEndpoint(peer, change.endpoint, now);
    if (change.persistentKeepalive !== undefined) {
      this.setPersistentKeepalive(peer, change.persistentKeepalive, now);
    }
  }

  removePeer(peer: PeerId): void {
    const { peers, timers, events } = this.core;
    this.transport.dropStaged(peer);
    eraseKeys(this.core, peer);
    timers.remove(peer);
    peers.get(peer).macs.forgetCookie();
    this.core.forms.remove(peer);
    this.core.plane?.removePeer(peer);
    peers.remove(peer);
    events.forget(peer);
  }

  receiveDatagram(slot: PacketSlot, now: Instant): DropReason | undefined {
    assert(!this.isTransmitting, 'a DatagramSink does not call back');
    assert(!this.isReceiving, 'a PacketSink does not hand datagrams in');
    this.isReceiving = true;
    const reason = this.dispatch(slot, now);
    this.isReceiving = false;
    return reason === undefined ? undefined : drop(this.core, slot, reason);
  }

  answerWithCookie(slot: PacketSlot, now: Instant): DropReason {
    assert(!this.isTransmitting, 'a DatagramSink does not call back');
    const { arena, forms } = this.core;
    const disguises = forms.ofSocket(arena.socket[slot] as number);
    if (disguises !== undefined && forms.unwrap(slot, disguises) === NO_MESSAGE)
      return drop(this.core, slot, 'not-wireguard');
    return drop(this.core, slot, this.gate.answerWithCookie(slot, now));
  }

  receiveOpened(message: OpenedMessage, slot: PacketSlot, now: Instant): DropReason | undefined {
    assert(!this.isTransmitting, 'a DatagramSink does not call back');
    const reason = this.planeOf().receiveOpened(message, slot, now);
    return reason === undefined ? undefined : drop(this.core, slot, reason);
  }

  receiveRoamed(peer: PeerId, index: number, slot: PacketSlot): DropReason | undefined {
    const reason = this.planeOf().receiveRoamed(peer, index, slot);
    if (reason !== undefined) return drop(this.core, slot, reason);
    this.core.arena.release(slot);
    return undefined;
  }

  sendPacket(peer: PeerId, slot: PacketSlot, now: Instant): DropReason | undefined {
    assert(!this.isTransmitting, 'a DatagramSink does not call back');
    const reason = this.transport.send(peer, slot, now);
    return reason === undefined ? undefined : drop(this.core, slot, reason);
  }

  initiate(peer: PeerId, now: Instant): void {
    this.initiator.initiate(peer, now);
  }

  view(peer: PeerId): WireguardPeerView {
    const { peers } = this.core;
    const state = peers.get(peer);
    const endpoint = peers.endpoint(peer);
    const { lastHandshake } = state;
    const carried = this.core.plane?.traffic;
    const lastReceived = Math.max(
      peers.lastReceived[peer] as number,
      carried?.lastReceived[peer] ?? Number.NEGATIVE_INFINITY,
    ) as Instant;
    return {
      ...(endpoint !== undefined && { endpoint }),
      ...(lastHandshake !== undefined && { lastHandshake }),
      ...(Number.isFinite(lastReceived) && { lastReceived }),
      socket: peers.socket[peer] as SocketId,
      hasKeyPair: peers.hasKeyPair[peer] === 1,
      rxBytes: (peers.rxBytes[peer] as number) + (carried?.rxBytes[peer] ?? 0),
      txBytes: (peers.txBytes[peer] as number) + (carried?.txBytes[peer] ?? 0),
      rxPackets: (peers.rxPackets[peer] as number) + (carried?.rxPackets[peer] ?? 0),
      txPackets: (peers.txPackets[peer] as number) + (carried?.txPackets[peer] ?? 0),
      initiationsSent: state.initiationsSent,
      initiationsReceived: state.initiationsReceived,
      responsesSent: state.responsesSent,
      responsesReceived: state.responsesReceived,
      handshakesCompleted: state.handshakesCompleted,
      stagedPackets: this.transport.stagedCount(peer),
    };
  }

  nextOutput(): WireguardEvent | undefined {
    return this.core.events.next();
  }

  greatestTimestamp(): Uint8Array {
    return this.clock.greatest();
  }

  private planeOf(): PlaneLink {
    assert(this.planeLink !== undefined, 'only a device with a plane hears of its packets');
    return this.planeLink;
  }

  private dispatch(slot: PacketSlot, now: Instant): DropReason | undefined {
    const { arena, framing, forms } = this.core;
    const disguises = forms.ofSocket(arena.socket[slot] as number);
    if (disguises !== undefined) return this.dispatchDisguised(slot, disguises, now);
    const start = arena.start[slot] as number;
    const octets = (arena.end[slot] as number) - start;
    if (octets < TYPE_BYTES) return 'truncated';
    const type = readMessageType(framing, arena.bytes, start);
    if (isTransport(framing, type, octets)) return this.transport.receive(slot, now);
    switch (type) {
      case framing.initiationType:
        return this.responder.receiveInitiation(slot, now);
      case framing.responseType:
        return this.initiator.receiveResponse(slot, now);
      case framing.cookieReplyType:
        return this.initiator.receiveCookieReply(slot, now);
      default:
        return 'not-wireguard';
    }
  }

  /** Takes a datagram of a socket with obfuscations; the form knows which message it is. */
  private dispatchDisguised(
    slot: PacketSlot,
    disguises: readonly number[],
    now: Instant,
  ): DropReason | undefined {
    switch (this.core.forms.unwrap(slot, disguises)) {
      case TRANSPORT_KIND:
        return this.transport.receive(slot, now);
      case INITIATION_KIND:
        return this.responder.receiveInitiation(slot, now);
      case RESPONSE_KIND:
        return this.initiator.receiveResponse(slot, now);
      case COOKIE_REPLY_KIND:
        return this.initiator.receiveCookieReply(slot, now);
      default:
        return 'not-wireguard';
    }
  }

  /** Checks the keys of a new peer and computes what every handshake needs of them. */
  private peerKeys(config: WireguardPeerConfig): PeerKeys {
    if (config.publicKey.length !== KEY_BYTES) {
      throw new RouterError('KEY_ENCODING', 'A public key has 32 octets, 44 characters in base64.');
    }
    if (equalBytes(config.publicKey, this.publicKey)) {
      throw new RouterError('KEY_IS_OURS', "This is the node's own public key, not the peer's.");
    }
    const publicKey = this.core.crypto.importPublicKey(config.publicKey);
    const staticStatic = this.local.agree(publicKey);
    if (staticStatic === undefined) {
      throw new RouterError(
        'KEY_LOW_ORDER',
        'This public key is a point of low order: no private key leads to it. Make a new pair.',
      );
    }
    return { publicKey, staticStatic, presharedKey: presharedKeyOf(config.presharedKey) };
  }

  private setPresharedKey(
    peer: PeerId,
    configured: Uint8Array | undefined,
    keepsSessions: boolean,
  ): void {
    const { peers } = this.core;
    const state = peers.get(peer);
    const before = state.keys.presharedKey;
    const presharedKey = presharedKeyOf(configured);
    if (equalSecrets(before, presharedKey)) return;
    state.keys = { ...state.keys, presharedKey };
    zero(before);
    state.attempts.reset();
    const hasSession = peers.current[peer] !== NONE || peers.next[peer] !== NONE;
    if (!keepsSessions || !hasSession) eraseKeys(this.core, peer);
  }

  private setEndpoint(peer: PeerId, endpoint: UnderlayAddress | undefined, now: Instant): void {
    const { peers, timers } = this.core;
    if (endpoint === undefined) {
      if (peers.hasEndpointAnswered[peer] === 0) peers.clearEndpoint(peer);
      return;
    }
    if (peers.isEndpoint(peer, endpoint)) return;
    peers.setEndpoint(peer, endpoint);
    peers.get(peer).attempts.reset();
    // A peer that waited for its name to be resolved begins at once when it should be kept alive.
    if (timers.hasPersistentKeepalive(peer)) this.transport.sendKeepalive(peer, now);
  }

  private setPersistentKeepalive(peer: PeerId, seconds: number, now: Instant): void {
    this.core.timers.setPersistentKeepalive(peer, seconds, now);
    if (seconds > 0) this.transport.sendKeepalive(peer, now);
  }
}

function presharedKeyOf(configured: Uint8Array | undefined): Uint8Array {
  if (configured === undefined) return noPresharedKey();
  if (configured.length !== KEY_BYTES) {
    throw new RouterError(
      'PSK_ENCODING',
      'A preshared key has 32 octets, 44 characters in base64.',
    );
  }
  return configured.slice();
}
