/**
 * Four nodes of a mesh, the one in the middle with or without a plane: the same world twice.
 *
 *   alice 1, 192.0.2.1 ══ relay 2, 192.0.2.2 ══ bob 3, 192.0.2.3
 *                              ║
 *                         carol 4, 192.0.2.4
 *
 * Everybody's edge is the same few lines: the rules for what is not for us, and nothing else of an edge.
 * Everything is one call after the other on a clock that the test moves; datagrams arrive at once.
 *
 * @module
 */
import { createDropCounters, type DropReason } from '../../base/drop-reason.ts';
import { seededRandom } from '../../base/random.ts';
import { createTimerQueue } from '../../base/timer-queue.ts';
import {
  type Instant,
  instant,
  interfaceId,
  NONE,
  type PacketSlot,
  type PeerId,
  socketId,
  wallTime,
} from '../../base/units.ts';
import {
  contentLimit,
  ETHERGUARD_FRAMING,
  meshDestination,
  meshPacketProblem,
  takeHop,
  USAGE,
} from '../../mesh/etherguard/wire/index.ts';
import { isEdgeNumber } from '../../mesh/node-number.ts';
import { createPacketArena } from '../../packet/arena.ts';
import type { MeshPlane } from '../../packet/forwarding-plane.ts';
import * as L from '../../packet/plane-layout.ts';
import {
  createNobleCrypto,
  createWireguardDevice,
  HANDSHAKE_CHECKED,
  KEY_PAIR_ROWS,
  type WireguardDevice,
  type WireguardDeviceOptions,
} from '../../wireguard/index.ts';
import type { PuntRing } from '../punt-ring.ts';
import type { SharedPlane } from '../shared-plane.ts';
import { readPlaneDrops } from '../statistics.ts';
import { datagramOf, datagramSlot, type TestDatagram, TestPlane } from './test-plane.ts';

export const MESH_PORT = 3001;
const HEADER_BYTES = ETHERGUARD_FRAMING.transportHeaderBytes;
const CLOCK_AT_ZERO = 1_800_000_000_000;

/** What came for this node: usage, TTL, content. */
export type Delivery = {
  readonly usage: number;
  readonly ttl: number;
  readonly content: Uint8Array;
};

export class MeshNode {
  readonly number: number;
  readonly device: WireguardDevice;
  readonly arena = createPacketArena(256);
  readonly delivered: Delivery[] = [];
  readonly drops = createDropCounters();
  readonly address: Uint8Array;
  readonly outbox: TestDatagram[] = [];
  /** How many contents the edge looked at. */
  seen = 0;
  private readonly links = new Map<number, PeerId>();
  private readonly hops = new Map<number, PeerId>();
  private readonly world: MeshWorld;
  private readonly plane: MeshPlane | undefined;

  constructor(world: MeshWorld, number: number, plane?: SharedPlane) {
    this.world = world;
    this.number = number;
    this.plane = plane?.mesh;
    this.address = Uint8Array.of(192, 0, 2, number);
    const random = seededRandom(number);
    const { arena } = this;
    const options: WireguardDeviceOptions = {
      arena,
      random,
      wallClock: { now: () => wallTime(CLOCK_AT_ZERO + world.now) },
      timerQueue: world.timerQueue,
      crypto: createNobleCrypto(random),
      privateKey: random.bytes(32),
      framing: ETHERGUARD_FRAMING,
      ...(plane === undefined ? {} : { plane: plane.mesh }),
      datagrams: {
        sendDatagram: (slot) => {
          if (plane === undefined) this.outbox.push(datagramOf(arena, slot));
          else plane.transmits.pushDatagram(arena, slot);
          arena.release(slot);
        },
      },
      packets: { receivePacket: (slot) => this.receivePacket(slot) },
    };
    this.device = createWireguardDevice(options);
    plane?.mesh.setMeshNode(number);
  }

  /** A link to another node; without a handshake yet. */
  join(other: MeshNode, mtu = contentLimit(1500)): void {
    const peer = this.device.addPeer(
      {
        publicKey: other.device.publicKey,
        endpoint: { address: { family: 4, bytes: other.address }, port: MESH_PORT },
        socket: socketId(MESH_PORT),
        persistentKeepalive: 0,
        interface: interfaceId(0),
        allowedIps: [],
        mtu,
      },
      this.world.now,
    );
    this.links.set(other.number, peer);
    this.setHop(other.number, other.number);
  }

  leave(other: MeshNode): void {
    const peer = this.linkTo(other.number);
    this.links.delete(other.number);
    for (const [destination, hop] of this.hops) if (hop === peer) this.hops.delete(destination);
    this.device.removePeer(peer);
  }

  linkTo(number: number): PeerId {
    return this.links.get(number) ?? (NONE as PeerId);
  }

  /** Contents for `destination` go by the link to `via`; undefined: nowhere. */
  setHop(destination: number, via: number | undefined): void {
    if (via === undefined) this.hops.delete(destination);
    else this.hops.set(destination, this.linkTo(via));
    this.plane?.setMeshHop(destination, via === undefined ? NONE : this.linkTo(via));
  }

  send(to: number, usage: number, ttl: number, content: Uint8Array): DropReason | undefined {
    const { arena } = this;
    const slot = arena.allocate();
    const start = arena.start[slot] as number;
    arena.bytes[start - HEADER_BYTES] = usage;
    arena.bytes[start - HEADER_BYTES + ETHERGUARD_FRAMING.ttlOffset] = ttl;
    arena.bytes.set(content, start);
    arena.end[slot] = start + content.length;
    return this.device.sendPacket(this.linkTo(to), slot, this.world.now);
  }

  /** Spec of EtherGuard §2.6 and §4.2, for what is for others. */
  private receivePacket(slot: PacketSlot): void {
    const { arena } = this;
    this.seen++;
    const at = arena.start[slot] as number;
    const end = arena.end[slot] as number;
    const destination = meshDestination(arena.bytes, at);
    const usage = arena.bytes[at - HEADER_BYTES] as number;
    const problem = meshPacketProblem(arena.bytes, at, end);
    if (problem !== undefined) return this.drop(slot, problem);
    if (!isEdgeNumber(destination) || destination === this.number) {
      const ttl = arena.bytes[at - HEADER_BYTES + 1] as number;
      this.delivered.push({ usage, ttl, content: arena.bytes.slice(at, end) });
      arena.release(slot);
      return;
    }
    if (usage === USAGE.register || usage === USAGE.serverUpdate)
      return this.drop(slot, 'not-for-us');
    const hop = this.hops.get(destination);
    if (hop === undefined) return this.drop(slot, 'no-route');
    if (!takeHop(arena.bytes, at)) return this.drop(slot, 'hop-limit-exceeded');
    this.device.sendPacket(hop, slot, this.world.now);
  }

  private drop(slot: PacketSlot, reason: DropReason): void {
    this.drops[reason]++;
    this.arena.release(slot);
  }
}

export class MeshWorld {
  now: Instant = instant(1000);
  readonly timerQueue = createTimerQueue();
  readonly carried: TestPlane | undefined;
  readonly life: { readonly plane: SharedPlane; readonly punts: PuntRing } | undefined;
  readonly alice: MeshNode;
  readonly bob: MeshNode;
  readonly carol: MeshNode;
  readonly relay: MeshNode;
  /** Everything that was on the wire towards a node. */
  readonly wire: { readonly to: number; readonly bytes: Uint8Array }[] = [];

  constructor({ plane }: { readonly plane: boolean }) {
    if (plane) {
      this.carried = new TestPlane();
      this.life = this.carried.life(0, KEY_PAIR_ROWS);
      this.life.plane.goLive();
      new Uint8Array(this.carried.buffer)[L.SOCKET_FRAMINGS + MESH_PORT] = L.FRAMING_ETHERGUARD;
    }
    this.relay = new MeshNode(this, 2, this.life?.plane);
    this.alice = new MeshNode(this, 1);
    this.bob = new MeshNode(this, 3);
    this.carol = new MeshNode(this, 4);
    for (const other of this.others) {
      this.relay.join(other);
      other.join(this.relay);
    }
  }

  get others(): readonly MeshNode[] {
    return [this.alice, this.bob, this.carol];
  }

  /** Makes the handshakes, begun by the others. */
  connect(): this {
    for (const node of this.others) {
      node.device.initiate(node.linkTo(this.relay.number), this.now);
      this.settle();
    }
    return this;
  }

  /** Moves the clock, running timers on the way. */
  advance(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (;;) {
      const next = this.timerQueue.nextDeadline();
      if (next === undefined || next > end) break;
      this.now = instant(Math.max(next, this.now));
      this.timerQueue.runDue(this.now);
      this.settle();
    }
    this.now = instant(end);
    this.settle();
  }

  /** Hands datagrams to the relay as they stand, as one batch. */
  deliver(...datagrams: readonly TestDatagram[]): void {
    const { carried, relay } = this;
    if (carried !== undefined) relay.outbox.push(...carried.receive(datagrams, this.now));
    else
      for (const datagram of datagrams)
        relay.device.receiveDatagram(datagramSlot(relay.arena, datagram), this.now);
    this.settle();
  }

  /** What a node has sent and nobody has carried yet, as it comes in at the relay. */
  takeSent(node: MeshNode): TestDatagram[] {
    return node.outbox.splice(0).map(({ bytes }) => arriving(node, bytes));
  }

  /** Carries datagrams until nobody sends any. */
  settle(): void {
    for (;;) {
      this.afterRelay();
      const toRelay = this.others.flatMap((node) => this.takeSent(node));
      const fromRelay = this.relay.outbox.splice(0);
      if (toRelay.length + fromRelay.length === 0) return;
      for (const { address, bytes } of fromRelay) {
        const node = this.others.find((other) => other.address[3] === address[3]);
        if (node === undefined) continue;
        this.wire.push({ to: node.number, bytes });
        const slot = datagramSlot(node.arena, arriving(this.relay, bytes));
        node.device.receiveDatagram(slot, this.now);
      }
      const { carried, relay } = this;
      for (const datagram of toRelay) {
        this.wire.push({ to: relay.number, bytes: datagram.bytes });
        if (carried === undefined)
          relay.device.receiveDatagram(datagramSlot(relay.arena, datagram), this.now);
        else relay.outbox.push(...carried.receive([datagram], this.now));
        this.afterRelay();
      }
    }
  }

  /** Drops of the relay: edge, device and plane, by reason. */
  drops(): Partial<Record<DropReason, number>> {
    const all: Partial<Record<DropReason, number>> = {};
    const ofPlane = this.carried === undefined ? [] : [readPlaneDrops(this.carried.buffer)];
    for (const counters of [this.relay.device.drops, this.relay.drops, ...ofPlane])
      for (const [reason, count] of Object.entries(counters))
        if (count > 0) all[reason as DropReason] = (all[reason as DropReason] ?? 0) + count;
    return all;
  }

  private afterRelay(): void {
    const { carried, life, relay } = this;
    if (carried === undefined || life === undefined) return;
    const { arena, device } = relay;
    const mesh = {
      datagram: (slot: PacketSlot, isChecked: boolean, needsCookie: boolean) => {
        if (needsCookie) device.answerWithCookie(slot, this.now);
        else {
          if (isChecked) arena.flags[slot] = HANDSHAKE_CHECKED;
          device.receiveDatagram(slot, this.now);
        }
      },
      packet: (slot: PacketSlot, peer: PeerId, row: number, index: number, confirms: boolean) =>
        device.receiveOpened({ peer, row, index, confirms }, slot, this.now),
      roamed: (slot: PacketSlot, peer: PeerId, index: number) =>
        device.receiveRoamed(peer, index, slot),
    };
    while (life.punts.drain(arena, { mesh }, 64));
    relay.outbox.push(...carried.transmit(this.now));
  }
}

/** A datagram of this node as it arrives at another. */
function arriving(node: MeshNode, bytes: Uint8Array): TestDatagram {
  return { socket: MESH_PORT, family: 4, port: MESH_PORT, address: node.address, bytes };
}
