/**
 * A netstack with its arena for tests: packets go in as octets and come out as octets.
 *
 * What leaves is copied and its slot released, so a slot that is missing at the end is a leak.
 * `connect` joins two nodes by a tunnel without delay; `settle` lets packets run until all is quiet.
 *
 * @module
 */
import type { DropReason } from '../../base/drop-reason.ts';
import { type IpAddress, parseIpAddress, parseIpPrefix } from '../../base/ip-address.ts';
import { seededRandom } from '../../base/random.ts';
import { createTimerQueue, type TimerQueue } from '../../base/timer-queue.ts';
import { type Instant, type InterfaceId, instant } from '../../base/units.ts';
import { createPacketArena, type PacketArena } from '../../packet/index.ts';
import type { NetstackEvent } from '../events.ts';
import { createNetstack, type Netstack } from '../netstack.ts';

export type Sent = { readonly out: InterfaceId; readonly bytes: Uint8Array };

export type TestNode = {
  readonly netstack: Netstack;
  readonly arena: PacketArena;
  readonly timerQueue: TimerQueue;
  /** What left and was neither taken nor delivered. */
  readonly sent: Sent[];
  /** Adds a tunnel with addresses in text. */
  tunnel(config: { mtu?: number; ours?: string[]; theirs?: string[] }): InterfaceId;
  route(prefix: string, out: InterfaceId): void;
  /** Gives octets to the netstack as if they came out of a tunnel. */
  deliver(bytes: Uint8Array, by: InterfaceId, now?: Instant): DropReason | undefined;
  /** Takes everything that left. */
  takeSent(): Sent[];
  events(): NetstackEvent[];
  /** Slots in use; 0 when nothing leaks. */
  slotsInUse(): number;
};

export const at = (milliseconds: number): Instant => instant(milliseconds);

/** Returns an address in text as a value; the text is the test's. */
export function address(text: string): IpAddress {
  const parsed = parseIpAddress(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
}

export function createTestNode(
  options: { addresses?: string[]; slots?: number; seed?: number } = {},
): TestNode {
  const { addresses = [], slots = 64, seed = 1 } = options;
  const arena = createPacketArena(slots);
  const timerQueue = createTimerQueue();
  const sent: Sent[] = [];
  const netstack = createNetstack({
    arena,
    random: seededRandom(seed),
    timerQueue,
    links: {
      transmit(out, slot) {
        sent.push({ out, bytes: arena.bytes.slice(arena.start[slot], arena.end[slot]) });
        arena.release(slot);
      },
    },
  });
  netstack.setLocalAddresses(addresses.map(address));

  return {
    netstack,
    arena,
    timerQueue,
    sent,
    tunnel: ({ mtu = 1420, ours = [], theirs = [] }) =>
      netstack.addInterface({
        mtu,
        addresses: ours.map(address),
        peerAddresses: theirs.map(address),
      }),
    route(text, out) {
      const prefix = parseIpPrefix(text);
      if (prefix === undefined) throw new Error(`not a prefix: ${text}`);
      netstack.routes.set(prefix.family, prefix.bytes, 0, prefix.length, out);
    },
    deliver(bytes, by, now = at(0)) {
      const slot = arena.allocate();
      arena.bytes.set(bytes, arena.start[slot]);
      arena.end[slot] = (arena.start[slot] as number) + bytes.length;
      arena.ingress[slot] = by;
      return netstack.receivePacket(slot, now);
    },
    takeSent: () => sent.splice(0),
    events() {
      const events: NetstackEvent[] = [];
      for (let e = netstack.nextOutput(); e !== undefined; e = netstack.nextOutput())
        events.push(e);
      return events;
    },
    slotsInUse: () => slots - arena.free(),
  };
}

/** Tunnels between test nodes. */
export type TestNetwork = {
  /** Joins two interfaces. */
  connect(a: TestNode, byA: InterfaceId, b: TestNode, byB: InterfaceId): void;
  /** Delivers what left until nobody sends; returns how many packets went over tunnels. */
  settle(now?: Instant): number;
};

export function createTestNetwork(): TestNetwork {
  const ends: { node: TestNode; by: InterfaceId; peer: TestNode; peerBy: InterfaceId }[] = [];
  return {
    connect(a, byA, b, byB) {
      ends.push({ node: a, by: byA, peer: b, peerBy: byB });
      ends.push({ node: b, by: byB, peer: a, peerBy: byA });
    },
    settle(now = at(0)) {
      let packets = 0;
      for (let moved = true; moved; ) {
        moved = false;
        for (const end of ends) {
          const mine = end.node.sent.filter((s) => s.out === end.by);
          for (const sent of mine) {
            end.node.sent.splice(end.node.sent.indexOf(sent), 1);
            end.peer.deliver(sent.bytes, end.peerBy, now);
            packets++;
            moved = true;
          }
        }
        if (packets > 10_000) throw new Error('packets run in a circle');
      }
      return packets;
    },
  };
}
