/**
 * Three remote peers and the router between them, with or without a plane: the same world twice.
 *
 *   alice 192.0.2.1:1001 ══ router 192.0.2.254:51820 ══ bob 192.0.2.2:1002
 *   10.1.0.0/16, fd01::/16          10.9.0.1, fd09::1     ║    10.2.0.0/16, fd02::/16
 *                                       carol 192.0.2.3:1003   10.4.0.0/16, fd04::/16
 *
 * Everything is one call after the other on a clock that the test moves; datagrams arrive at once.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import { createDropCounters, type DropReason } from '../../base/drop-reason.ts';
import { parseIpAddress, parseIpPrefix } from '../../base/ip-address.ts';
import { seededRandom } from '../../base/random.ts';
import { createTimerQueue } from '../../base/timer-queue.ts';
import {
  type Instant,
  type InterfaceId,
  instant,
  interfaceId,
  type PacketSlot,
  type PeerId,
  peerId,
  socketId,
  wallTime,
} from '../../base/units.ts';
import { createNetstack, InterfaceNumbers, type Netstack } from '../../netstack/index.ts';
import { createPacketArena } from '../../packet/arena.ts';
import {
  createNobleCrypto,
  createWireguardDevice,
  HANDSHAKE_CHECKED,
  KEY_PAIR_ROWS,
  type WireguardDevice,
} from '../../wireguard/index.ts';
import type { PuntRing } from '../punt-ring.ts';
import type { SharedPlane } from '../shared-plane.ts';
import { readPlaneDrops } from '../statistics.ts';
import { datagramOf, datagramSlot, type TestDatagram, TestPlane } from './test-plane.ts';

export const ROUTER_PORT = 51820;
const ANYWHERE = [parseIpPrefix('0.0.0.0/0'), parseIpPrefix('::/0')].map((prefix) => {
  assert(prefix !== undefined, 'a prefix');
  return prefix;
});
const octets = (text: string): Uint8Array => {
  const address = parseIpAddress(text);
  assert(address !== undefined, 'an address');
  return address.bytes;
};
const CLOCK_AT_ZERO = 1_800_000_000_000;

/** A peer at the other end of a tunnel: packets go in, packets come out. */
class Remote {
  readonly device: WireguardDevice;
  readonly received: Uint8Array[] = [];
  readonly outbox: TestDatagram[] = [];
  readonly peer: PeerId;
  address: string;
  port: number;
  private readonly arena = createPacketArena(64);
  private readonly world: World;

  constructor(world: World, seed: number, address: string, port: number, router: Uint8Array) {
    this.world = world;
    this.address = address;
    this.port = port;
    const random = seededRandom(seed);
    const { arena } = this;
    this.device = createWireguardDevice({
      arena,
      random,
      wallClock: { now: () => wallTime(CLOCK_AT_ZERO + world.now) },
      timerQueue: world.timerQueue,
      crypto: createNobleCrypto(random),
      privateKey: random.bytes(32),
      datagrams: {
        sendDatagram: (slot) => {
          const { bytes } = datagramOf(arena, slot);
          arena.release(slot);
          const from = octets(this.address);
          this.outbox.push({
            socket: ROUTER_PORT,
            family: from.length === 4 ? 4 : 6,
            port: this.port,
            address: from,
            bytes,
          });
        },
      },
      packets: {
        receivePacket: (slot) => {
          this.received.push(arena.bytes.slice(arena.start[slot], arena.end[slot]));
          arena.release(slot);
        },
      },
    });
    this.peer = this.device.addPeer(
      {
        publicKey: router,
        endpoint: { address: { family: 4, bytes: octets('192.0.2.254') }, port: ROUTER_PORT },
        socket: socketId(1),
        persistentKeepalive: 0,
        interface: interfaceId(0),
        allowedIps: ANYWHERE,
      },
      world.now,
    );
  }

  send(packet: Uint8Array): void {
    const slot = this.arena.allocate();
    const start = this.arena.start[slot] as number;
    this.arena.bytes.set(packet, start);
    this.arena.end[slot] = start + packet.length;
    this.device.sendPacket(this.peer, slot, this.world.now);
    this.world.settle();
  }

  hear({ bytes }: TestDatagram): void {
    const slot = datagramSlot(this.arena, {
      socket: 1,
      family: 4,
      port: ROUTER_PORT,
      address: octets('192.0.2.254'),
      bytes,
    });
    this.device.receiveDatagram(slot, this.world.now);
  }
}

export class World {
  now: Instant = instant(1000);
  readonly timerQueue = createTimerQueue();
  readonly arena = createPacketArena(256);
  readonly carried: TestPlane | undefined;
  readonly device: WireguardDevice;
  readonly netstack: Netstack;
  /** Another virtual router's, for remotes that are `secluded`. */
  readonly other: Netstack;
  readonly alice: Remote;
  readonly bob: Remote;
  readonly carol: Remote;
  readonly links: Readonly<Record<'alice' | 'bob' | 'carol', InterfaceId>>;
  readonly peers: { readonly alice: PeerId; readonly bob: PeerId };
  /** Everything the router sent. */
  readonly sent: TestDatagram[] = [];
  /** How many packets the router itself looked at. */
  punted = 0;
  readonly life: { plane: SharedPlane; punts: PuntRing } | undefined;
  private readonly outbox: TestDatagram[] = [];

  constructor(options: {
    readonly plane: boolean;
    readonly mtu?: number;
    readonly carried?: TestPlane;
    readonly bank?: number;
    readonly secluded?: readonly ('alice' | 'bob')[];
  }) {
    const random = seededRandom(7);
    const { arena } = this;
    const carried = options.plane ? (options.carried ?? new TestPlane()) : undefined;
    this.carried = carried;
    this.life = carried?.life(options.bank ?? 0, KEY_PAIR_ROWS);
    if (options.carried === undefined) this.life?.plane.goLive();
    const peerOf = new Map<InterfaceId, PeerId>();
    const stackOf = new Map<InterfaceId, Netstack>();
    const plane = this.life?.plane;
    const shared = {
      arena,
      random,
      timerQueue: this.timerQueue,
      plane,
      numbers: new InterfaceNumbers(),
      drops: createDropCounters(),
      links: {
        transmit: (out: InterfaceId, slot: PacketSlot, now: Instant) => {
          this.device.sendPacket(peerOf.get(out) ?? peerId(0), slot, now);
        },
      },
    };
    this.netstack = createNetstack(shared);
    this.other = createNetstack({ ...shared, isSecluded: true });
    this.device = createWireguardDevice({
      arena,
      random,
      wallClock: { now: () => wallTime(CLOCK_AT_ZERO + this.now) },
      timerQueue: this.timerQueue,
      crypto: createNobleCrypto(random),
      privateKey: seededRandom(99).bytes(32),
      ...(plane === undefined ? {} : { plane }),
      datagrams: {
        sendDatagram: (slot) => {
          if (plane === undefined) this.outbox.push(datagramOf(arena, slot));
          else plane.transmits.pushDatagram(arena, slot);
          arena.release(slot);
        },
      },
      packets: {
        receivePacket: (slot, now) => {
          this.punted++;
          const stack = stackOf.get(arena.ingress[slot] as InterfaceId) ?? this.netstack;
          stack.receivePacket(slot, now);
        },
      },
    });
    const own = ['10.9.0.1', 'fd09::1'].map((text) => {
      const address = parseIpAddress(text);
      assert(address !== undefined, 'an address');
      return address;
    });
    this.netstack.setLocalAddresses(own);
    this.other.setLocalAddresses(own);
    const mtu = options.mtu ?? 1420;
    this.alice = new Remote(this, 1, '192.0.2.1', 1001, this.device.publicKey);
    this.bob = new Remote(this, 2, '192.0.2.2', 1002, this.device.publicKey);
    this.carol = new Remote(this, 3, '192.0.2.3', 1003, this.device.publicKey);
    const add = (name: 'alice' | 'bob' | 'carol', n: number): [InterfaceId, PeerId] => {
      const remote = this[name];
      const isSecluded = name !== 'carol' && options.secluded?.includes(name);
      const stack = isSecluded ? this.other : this.netstack;
      const link = stack.addInterface({ mtu, addresses: [], peerAddresses: [] });
      const peer = this.device.addPeer(
        {
          publicKey: remote.device.publicKey,
          socket: socketId(ROUTER_PORT),
          persistentKeepalive: 0,
          interface: link,
          allowedIps: ANYWHERE,
          mtu,
        },
        this.now,
      );
      peerOf.set(link, peer);
      stackOf.set(link, stack);
      stack.routes.set(4, octets(`10.${n}.0.0`), 0, 16, link);
      stack.routes.set(6, octets(`fd0${n}::`), 0, 16, link);
      // The router hears of first packets; this world does not wait for them.
      plane?.setPunted(link, false, false);
      return [link, peer];
    };
    const [aliceLink, alicePeer] = add('alice', 1);
    const [bobLink, bobPeer] = add('bob', 2);
    const [carolLink] = add('carol', 4);
    this.links = { alice: aliceLink, bob: bobLink, carol: carolLink };
    this.peers = { alice: alicePeer, bob: bobPeer };
  }

  /** Makes both handshakes. */
  connect(): this {
    for (const remote of [this.alice, this.bob, this.carol]) {
      remote.device.initiate(remote.peer, this.now);
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

  /** Hands a datagram to the router as it stands. */
  deliver(...datagrams: readonly TestDatagram[]): void {
    if (this.carried === undefined) {
      for (const datagram of datagrams)
        this.device.receiveDatagram(datagramSlot(this.arena, datagram), this.now);
    } else {
      this.outbox.push(...this.carried.receive(datagrams, this.now));
    }
    this.afterRouter();
  }

  /** Carries datagrams until nobody sends any. */
  settle(): void {
    this.afterRouter();
    for (;;) {
      const remotes = [this.alice, this.bob, this.carol];
      const toRouter = remotes.flatMap(({ outbox }) => outbox.splice(0));
      const fromRouter = this.outbox.splice(0);
      if (toRouter.length + fromRouter.length === 0) return;
      this.sent.push(...fromRouter);
      for (const datagram of fromRouter) {
        const remote = remotes.find(({ port }) => port === datagram.port);
        remote?.hear(datagram);
      }
      for (const datagram of toRouter) this.deliver(datagram);
    }
  }

  /** Drops of device, netstack and plane, by reason. */
  drops(): Partial<Record<DropReason, number>> {
    const all: Partial<Record<DropReason, number>> = {};
    const { carried } = this;
    const ofPlane = carried === undefined ? [] : [readPlaneDrops(carried.buffer)];
    for (const counters of [this.device.drops, this.netstack.drops, ...ofPlane])
      for (const [reason, count] of Object.entries(counters))
        if (count > 0) all[reason as DropReason] = (all[reason as DropReason] ?? 0) + count;
    return all;
  }

  /** The plane's punts to the router, and the router's queue to the plane, until both are empty. */
  private afterRouter(): void {
    const { carried, life, arena, device } = this;
    this.netstack.settle();
    this.other.settle();
    if (carried === undefined || life === undefined) return;
    carried.drain(life.punts, arena, {
      datagram: (slot, isChecked, needsCookie) => {
        if (needsCookie) device.answerWithCookie(slot, this.now);
        else {
          if (isChecked) arena.flags[slot] = HANDSHAKE_CHECKED;
          device.receiveDatagram(slot, this.now);
        }
      },
      packet: (slot, peer, row, index, confirms) =>
        device.receiveOpened({ peer, row, index, confirms }, slot, this.now),
      roamed: (slot, peer, index) => device.receiveRoamed(peer, index, slot),
    });
    this.outbox.push(...carried.transmit(this.now));
  }
}

/** Slots of the router's arena that are in use: a leak when nothing waits. */
export const slotsInUse = (world: World): number => world.arena.slots - world.arena.free();
