/**
 * A WireGuard device in memory with time in the hand: for the micro benchmarks.
 *
 * @module
 */
import { type Random, seededRandom } from '../../router-core/base/random.ts';
import { createTimerQueue, type TimerQueue } from '../../router-core/base/timer-queue.ts';
import {
  type Instant,
  interfaceId,
  NONE,
  type PacketSlot,
  type PeerId,
  socketId,
  wallTime,
} from '../../router-core/base/units.ts';
import { createPacketArena, type PacketArena } from '../../router-core/packet/index.ts';
import {
  createWireguardDevice,
  type WireguardCrypto,
  type WireguardDevice,
} from '../../router-core/wireguard/index.ts';

/** Nothing waits here: a datagram is copied out as soon as it is made. */
const SLOTS = 4;
const PORT = 51820;
const ALL = [
  { family: 4, bytes: new Uint8Array(4), length: 0 },
  { family: 6, bytes: new Uint8Array(16), length: 0 },
] as const;

export type WireguardNode = {
  readonly address: Uint8Array;
  readonly device: WireguardDevice;
  readonly arena: PacketArena;
  readonly timerQueue: TimerQueue;
  /** What was sent and not yet taken. */
  readonly sent: SentDatagram[];
};

/** Numbers are those of the nodes. */
export type SentDatagram = {
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
};

export type WireguardNodeOptions = {
  readonly number: number;
  readonly crypto: WireguardCrypto;
  readonly now: () => Instant;
  readonly timerQueue?: TimerQueue;
  readonly peersMax?: number;
  /** Where what is sent is collected; several nodes may share it. */
  readonly sent?: SentDatagram[];
};

export function createWireguardNode(options: WireguardNodeOptions): WireguardNode {
  const { number, crypto, now, timerQueue = createTimerQueue(), peersMax = 8 } = options;
  const sent = options.sent ?? [];
  const arena = createPacketArena(SLOTS);
  const random: Random = seededRandom(number);
  const device = createWireguardDevice({
    arena,
    random,
    wallClock: { now: () => wallTime(1_800_000_000_000 + now()) },
    timerQueue,
    crypto,
    datagrams: {
      sendDatagram(slot) {
        const to = numberOf(arena.remoteAddress, slot * 16);
        sent.push({
          from: number,
          to,
          bytes: arena.bytes.slice(arena.start[slot], arena.end[slot]),
        });
        arena.release(slot);
      },
    },
    packets: { receivePacket: (slot) => arena.release(slot) },
    privateKey: random.bytes(32),
    peersMax,
  });
  return { address: addressOf(number), device, arena, timerQueue, sent };
}

/** Makes `to` a peer of `node`. */
export function addPeer(
  node: WireguardNode,
  to: WireguardNode,
  now: Instant,
  persistentKeepalive = 0,
): PeerId {
  return node.device.addPeer(
    {
      publicKey: to.device.publicKey,
      endpoint: { address: { family: 4, bytes: to.address }, port: PORT },
      socket: socketId(0),
      persistentKeepalive,
      interface: interfaceId(0),
      allowedIps: ALL,
    },
    now,
  );
}

/** Gives a datagram from an address to the device; the slot is gone afterwards. */
export function deliver(
  node: WireguardNode,
  bytes: Uint8Array,
  from: Uint8Array,
  now: Instant,
): ReturnType<WireguardDevice['receiveDatagram']> {
  return node.device.receiveDatagram(slotWith(node.arena, bytes, from), now);
}

/** Hands everything that was sent to the other, until nobody answers any more. */
export function exchange(a: WireguardNode, b: WireguardNode, now: Instant): void {
  while (a.sent.length + b.sent.length > 0) {
    for (const { bytes } of a.sent.splice(0)) deliver(b, bytes, a.address, now);
    for (const { bytes } of b.sent.splice(0)) deliver(a, bytes, b.address, now);
  }
  while (a.device.nextOutput() !== undefined || b.device.nextOutput() !== undefined);
}

/** Returns the IPv4 address of a node or of a stranger. */
export const addressOf = (number: number): Uint8Array =>
  Uint8Array.of(198, 18, (number >>> 8) & 255, number & 255);

const numberOf = (addresses: Uint8Array, at: number): number =>
  (addresses[at + 2] as number) * 256 + (addresses[at + 3] as number);

function slotWith(arena: PacketArena, bytes: Uint8Array, from: Uint8Array): PacketSlot {
  const slot = arena.allocate();
  if (slot === NONE) throw new Error('the arena is full: a slot was lost');
  const start = arena.start[slot] as number;
  arena.bytes.set(bytes, start);
  arena.end[slot] = start + bytes.length;
  arena.socket[slot] = socketId(0);
  arena.remoteFamily[slot] = 4;
  arena.remotePort[slot] = PORT;
  arena.remoteAddress.set(from, slot * 16);
  return slot;
}
