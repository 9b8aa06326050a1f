/**
 * Devices on a virtual network and virtual time: for tests only, of this room and of other framings.
 *
 * Not standardized; the idea is quinn's `Pair`. Datagrams are copied out of the sender's arena, may be
 * lost, doubled or delayed by seed, and are handed to whoever has the address they go to.
 *
 * Invariants
 * - Every device has its own arena, so that a leaked slot is seen (`expectNoLeak`).
 * - Nothing here depends on real time or real randomness.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import { toHex } from '../base/bytes.ts';
import type { DropReason } from '../base/drop-reason.ts';
import type { UnderlayAddress } from '../base/endpoint.ts';
import { type IpPrefix, parseIpAddress, parseIpPrefix } from '../base/ip-address.ts';
import { type Random, seededRandom } from '../base/random.ts';
import { createTimerQueue } from '../base/timer-queue.ts';
import {
  type Instant,
  instant,
  interfaceId,
  NONE,
  type PacketSlot,
  type PeerId,
  socketId,
  wallTime,
} from '../base/units.ts';
import { createPacketArena, type PacketArena } from '../packet/arena.ts';
import type { DeviceCore } from './core.ts';
import type { PrivateKey, WireguardCrypto } from './crypto.ts';
import { createWireguardDevice } from './device.ts';
import type { WireguardDevice, WireguardPeerConfig } from './device-contract.ts';
import type { WireguardEvent } from './events.ts';
import type { Framing } from './framing.ts';
import { createNobleCrypto } from './noble-crypto.ts';
import type { FormsListener } from './socket-forms.ts';

export type MessageName = 'initiation' | 'response' | 'cookie-reply' | 'keepalive' | 'data';
export type Datagram = {
  readonly at: Instant;
  readonly from: UnderlayAddress;
  readonly to: UnderlayAddress;
  readonly bytes: Uint8Array;
  readonly name: MessageName;
  /** The sender's. */
  readonly socket: number;
};
export type Conditions = {
  readonly latencyMs: number;
  /** Probabilities from 0 to 1. */
  readonly loss: number;
  readonly duplication: number;
  /** Up to this much more latency, drawn per datagram: reordering. */
  readonly jitterMs: number;
};

/** Of a transport message of WireGuard, the longest there is. */
const HEADER_BYTES = 16;
const CLOCK_AT_ZERO = 1_800_000_000_000;
const MESSAGE_NAMES = ['', 'initiation', 'response', 'cookie-reply'] as const;
export const ANYWHERE = prefixes('0.0.0.0/0', '::/0');
const CALM: Conditions = { latencyMs: 10, loss: 0, duplication: 0, jitterMs: 0 };

export type HostOptions = {
  readonly crypto?: WireguardCrypto;
  readonly greatestTimestamp?: Uint8Array;
  readonly slots?: number;
  readonly peersMax?: number;
  readonly framing?: Framing;
  readonly formsListener?: FormsListener;
  /** For a host that was there before. */
  readonly privateKey?: Uint8Array;
};

export class Lab {
  readonly random: Random;
  readonly timerQueue = createTimerQueue();
  /** Everything that was sent, lost or not. */
  readonly sent: Datagram[] = [];
  conditions: Conditions = CALM;
  /** What a middlebox does: returns false to lose a datagram. */
  passes: (datagram: Datagram) => boolean = () => true;
  now: Instant = instant(0);
  /** Added to the wall clock only. */
  clockStepMs = 0;
  readonly hosts: Host[] = [];
  private inFlight: { readonly at: number; readonly order: number; readonly datagram: Datagram }[] =
    [];
  private order = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  addHost(name: string, options: HostOptions = {}): Host {
    const host = new Host(this, name, this.hosts.length + 1, options);
    this.hosts.push(host);
    return host;
  }

  /** Runs everything up to the given second. */
  runUntil(seconds: number): void {
    const end = seconds * 1000;
    for (;;) {
      this.inFlight.sort((a, b) => a.at - b.at || a.order - b.order);
      const arrival = this.inFlight[0]?.at ?? Number.POSITIVE_INFINITY;
      const deadline = this.timerQueue.nextDeadline() ?? Number.POSITIVE_INFINITY;
      const next = Math.min(arrival, deadline);
      if (next > end) break;
      this.now = instant(Math.max(this.now, next));
      if (deadline <= arrival) this.timerQueue.runDue(this.now);
      else this.deliver((this.inFlight.shift() as { datagram: Datagram }).datagram);
    }
    this.now = instant(Math.max(this.now, end));
  }

  runFor(seconds: number): void {
    this.runUntil(this.now / 1000 + seconds);
  }

  transmit(datagram: Datagram): void {
    this.sent.push(datagram);
    const { latencyMs, loss, duplication, jitterMs } = this.conditions;
    if (!this.passes(datagram) || this.chance(loss)) return;
    const copies = this.chance(duplication) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const at = this.now + latencyMs + this.random.below(jitterMs + 1);
      this.inFlight.push({ at, order: this.order++, datagram });
    }
  }

  /** Names of the messages sent from `host` since the given second. */
  namesSince(seconds: number, host: Host): MessageName[] {
    return this.sentBy(host)
      .filter((d) => d.at >= seconds * 1000)
      .map((d) => d.name);
  }

  sentBy(host: Host): Datagram[] {
    return this.sent.filter(
      (d) => toHex(d.from.address.bytes) === toHex(host.address.address.bytes),
    );
  }

  private deliver(datagram: Datagram): void {
    const target = this.hosts.find((h) => h.isAt(datagram.to));
    target?.receive(datagram.bytes, datagram.from);
  }

  private chance(probability: number): boolean {
    return probability > 0 && this.random.below(1_000_000) < probability * 1_000_000;
  }
}

/** One node: a device, its arena and what came out of it. */
export class Host {
  readonly name: string;
  readonly device: WireguardDevice;
  readonly arena: PacketArena;
  readonly privateKey: Uint8Array;
  /** Where its datagrams come from; may change while running. */
  address: UnderlayAddress;
  readonly delivered: {
    readonly at: Instant;
    readonly packet: Uint8Array;
    /** What stands in front of the packet: of a longer header its end. */
    readonly header: Uint8Array;
    readonly ingress: number;
  }[] = [];
  readonly events: WireguardEvent[] = [];
  readonly reasons: DropReason[] = [];
  private readonly lab: Lab;

  constructor(lab: Lab, name: string, number: number, options: HostOptions) {
    this.lab = lab;
    this.name = name;
    this.address = underlay(`192.0.2.${number}`, 51820);
    this.arena = createPacketArena(options.slots ?? 64);
    this.privateKey = options.privateKey ?? lab.random.bytes(32);
    const { greatestTimestamp, framing, formsListener } = options;
    this.device = createWireguardDevice({
      arena: this.arena,
      random: lab.random,
      wallClock: { now: () => wallTime(CLOCK_AT_ZERO + lab.now + lab.clockStepMs) },
      timerQueue: lab.timerQueue,
      crypto: options.crypto ?? createToyCrypto(lab.random),
      datagrams: { sendDatagram: (slot) => this.transmit(slot) },
      packets: { receivePacket: (slot, now) => this.take(slot, now) },
      privateKey: this.privateKey,
      peersMax: options.peersMax ?? 8,
      ...(framing !== undefined && { framing }),
      ...(formsListener !== undefined && { formsListener }),
      ...(greatestTimestamp !== undefined && { greatestTimestamp }),
    });
  }

  knows(other: Host, config: Partial<WireguardPeerConfig> & { isPassive?: boolean } = {}): PeerId {
    const { isPassive, ...rest } = config;
    return this.device.addPeer(
      {
        publicKey: other.device.publicKey,
        socket: socketId(1),
        persistentKeepalive: 0,
        interface: interfaceId(7),
        allowedIps: ANYWHERE,
        mtu: 1420,
        ...(isPassive !== true && { endpoint: other.address }),
        ...rest,
      },
      this.lab.now,
    );
  }

  /** Sends an inner packet; returns what the device answered. */
  sends(peer: PeerId, packet: Uint8Array = ipv4Packet(100)): DropReason | undefined {
    const slot = this.slotWith(packet);
    return this.device.sendPacket(peer, slot, this.lab.now);
  }

  receive(bytes: Uint8Array, from: UnderlayAddress, socket = 1, flags = 0): DropReason | undefined {
    const slot = this.arrivalOf(bytes, from, socket);
    this.arena.flags[slot] = flags;
    return this.noted(this.device.receiveDatagram(slot, this.lab.now));
  }

  /** A packet worker hands over a handshake message that needs a cookie. */
  answersWithCookie(bytes: Uint8Array, from: UnderlayAddress): DropReason | undefined {
    const slot = this.arrivalOf(bytes, from, 1);
    return this.noted(this.device.answerWithCookie(slot, this.lab.now));
  }

  /** Sets the counter of the next message to the peer: nobody sends 2^52 of them. */
  setSendCounter(peer: PeerId, counter: number): void {
    // A test may look inside where the outside would take 100 years.
    const { core } = this.device as unknown as { readonly core: DeviceCore };
    core.keyPairs.sendCounter[core.peers.current[peer] as number] = counter;
  }

  isAt(address: UnderlayAddress): boolean {
    return (
      this.address.port === address.port &&
      toHex(this.address.address.bytes) === toHex(address.address.bytes)
    );
  }

  /** Takes and returns the kinds of all events so far, first to last. */
  eventKinds(): string[] {
    this.takeEvents();
    return this.events.map((event) => event.kind);
  }

  /** Takes the events so far and returns those of one kind. */
  eventsOf<K extends WireguardEvent['kind']>(kind: K): Extract<WireguardEvent, { kind: K }>[] {
    this.takeEvents();
    return this.events.filter(
      (event): event is Extract<WireguardEvent, { kind: K }> => event.kind === kind,
    );
  }

  /** Every slot is free but those that wait for a key pair. */
  expectNoLeak(staged = 0): void {
    const { slots } = this.arena;
    assert(this.arena.free() === slots - staged, `${this.name} leaks: ${this.arena.free()} free`);
  }

  private arrivalOf(bytes: Uint8Array, from: UnderlayAddress, socket: number): PacketSlot {
    const { arena } = this;
    const slot = this.slotWith(bytes);
    arena.socket[slot] = socketId(socket);
    arena.remoteFamily[slot] = from.address.family;
    arena.remotePort[slot] = from.port;
    arena.remoteAddress.fill(0, slot * 16, slot * 16 + 16);
    arena.remoteAddress.set(from.address.bytes, slot * 16);
    return slot;
  }

  private noted(reason: DropReason | undefined): DropReason | undefined {
    if (reason !== undefined) this.reasons.push(reason);
    this.takeEvents();
    return reason;
  }

  private slotWith(bytes: Uint8Array): PacketSlot {
    const { arena } = this;
    const slot = arena.allocate();
    assert(slot !== NONE, `${this.name} has a free slot`);
    const start = arena.start[slot] as number;
    arena.bytes.set(bytes, start);
    arena.end[slot] = start + bytes.length;
    return slot;
  }

  private transmit(slot: PacketSlot): void {
    const { arena, lab } = this;
    const bytes = arena.bytes.slice(arena.start[slot], arena.end[slot]);
    const family = arena.remoteFamily[slot] === 6 ? 6 : 4;
    const addressBytes = arena.remoteAddress.slice(slot * 16, slot * 16 + (family === 4 ? 4 : 16));
    const to = {
      address: { family, bytes: addressBytes },
      port: arena.remotePort[slot] as number,
    } as const;
    const socket = arena.socket[slot] as number;
    arena.release(slot);
    lab.transmit({ at: lab.now, from: this.address, to, bytes, name: nameOf(bytes), socket });
  }

  private take(slot: PacketSlot, now: Instant): void {
    const { arena } = this;
    const start = arena.start[slot] as number;
    const header = arena.bytes.slice(start - HEADER_BYTES, start);
    const packet = arena.bytes.slice(start, arena.end[slot]);
    this.delivered.push({ at: now, packet, header, ingress: arena.ingress[slot] as number });
    arena.release(slot);
  }

  private takeEvents(): void {
    for (let e = this.device.nextOutput(); e !== undefined; e = this.device.nextOutput()) {
      this.events.push(e);
    }
  }
}

/** Two hosts that know each other; `established` has already exchanged a packet. */
export function createPair(seed: number, config: Partial<WireguardPeerConfig> = {}) {
  const lab = new Lab(seed);
  const alice = lab.addHost('alice');
  const bob = lab.addHost('bob');
  const toBob = alice.knows(bob, config);
  const toAlice = bob.knows(alice, config);
  return { lab, alice, bob, toBob, toAlice };
}

export function establishedPair(seed: number, config: Partial<WireguardPeerConfig> = {}) {
  const pair = createPair(seed, config);
  pair.alice.sends(pair.toBob);
  pair.lab.runFor(0.1);
  assert(pair.bob.delivered.length === 1, 'bob got the first packet');
  pair.bob.sends(pair.toAlice);
  pair.lab.runFor(0.1);
  assert(pair.alice.delivered.length === 1, 'alice got the first answer');
  return pair;
}

/** An IPv4 packet of `length` octets whose last octets count up. */
export function ipv4Packet(length: number, source = '10.0.0.1', mark = 0): Uint8Array {
  const packet = new Uint8Array(length).map((_, i) => i + mark);
  packet[0] = 0x45;
  packet[2] = length >>> 8;
  packet[3] = length;
  packet.set(parseIpAddress(source)?.bytes as Uint8Array, 12);
  return packet;
}

export function ipv6Packet(length: number, source: string): Uint8Array {
  const packet = new Uint8Array(length).map((_, i) => i);
  packet[0] = 0x60;
  packet[4] = (length - 40) >>> 8;
  packet[5] = length - 40;
  packet.set(parseIpAddress(source)?.bytes as Uint8Array, 8);
  return packet;
}

export function underlay(address: string, port: number): UnderlayAddress {
  const parsed = parseIpAddress(address);
  if (parsed === undefined) throw new Error(`not an address: ${address}`);
  return { address: parsed, port };
}

export function prefixes(...texts: string[]): IpPrefix[] {
  return texts.map((text) => {
    const prefix = parseIpPrefix(text);
    if (prefix === undefined) throw new Error(`not a prefix: ${text}`);
    return prefix;
  });
}

/**
 * Noble with a toy in place of X25519, which is a hundred times as fast: whoever knows both public
 * keys knows the secret. Everything else is real, so all that is not about X25519 behaves the same.
 */
export function createToyCrypto(random: Random): WireguardCrypto {
  const noble = createNobleCrypto(random);
  const privateKeyOf = (secret: Uint8Array): PrivateKey => {
    const publicKey = { bytes: noble.hash(secret) };
    return {
      publicKey,
      agree(remote) {
        if (remote.bytes.every((octet) => octet === 0)) return undefined;
        const [a, b] = [toHex(publicKey.bytes), toHex(remote.bytes)];
        return a < b
          ? noble.hash(publicKey.bytes, remote.bytes)
          : noble.hash(remote.bytes, publicKey.bytes);
      },
      destroy: () => undefined,
    };
  };
  return {
    ...noble,
    importPrivateKey: (bytes) => privateKeyOf(bytes),
    generatePrivateKey: () => privateKeyOf(random.bytes(32)),
  };
}

function nameOf(bytes: Uint8Array): MessageName {
  const name = MESSAGE_NAMES[bytes[0] as number];
  if (name !== undefined && name !== '') return name;
  return bytes.length === 32 ? 'keepalive' : 'data';
}
