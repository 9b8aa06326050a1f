/**
 * A virtual Ethernet segment on a virtual clock: every frame reaches every other station, like on a hub.
 *
 * @module
 */
import { formatIpAddress, type IpAddress, parseIpPrefix } from '../../../base/ip-address.ts';
import {
  formatMacAddress,
  type MacAddress,
  parseMacAddress,
  readMacAddress,
} from '../../../base/mac-address.ts';
import { seededRandom } from '../../../base/random.ts';
import { createTimerQueue, type TimerQueue } from '../../../base/timer-queue.ts';
import { type Instant, type InterfaceId, instant } from '../../../base/units.ts';
import { createPacketArena, type PacketArena } from '../../../packet/index.ts';
import type { NetstackEvent } from '../../events.ts';
import { createNetstack, type Netstack } from '../../netstack.ts';
import { address } from '../../testing/test-node.ts';
import type { EthernetPortView } from '../contract.ts';

export type Station = {
  readonly netstack: Netstack;
  readonly arena: PacketArena;
  readonly timerQueue: TimerQueue;
  readonly port: InterfaceId;
  /** Packets that left by tunnels. */
  readonly tunneled: { readonly out: InterfaceId; readonly bytes: Uint8Array }[];
  readonly events: NetstackEvent[];
  route(prefix: string, out?: InterfaceId): void;
  /** State and link-layer address of a neighbor in text, or undefined. */
  neighbor(ip: string): string | undefined;
  view(): EthernetPortView;
  slotsInUse(): number;
};

export type Segment = {
  now(): Instant;
  /** Adds a station whose addresses are in text; prefixes are routes to the port. */
  station(options: {
    mac: string;
    addresses: string[];
    prefixes?: string[];
    mtu?: number;
    slots?: number;
  }): Station;
  /** Gives a frame to all stations, as if a stranger on the link had sent it. */
  inject(frame: Uint8Array): void;
  /** Lets time pass; packets take none. */
  run(milliseconds: number): void;
  /** Frames that were sent since it was asked last. */
  takeFrames(): Uint8Array[];
  /** Frames for which this is true get lost. */
  lose: (frame: Uint8Array) => boolean;
};

export const mac = (text: string): MacAddress => {
  const parsed = parseMacAddress(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
};

export const sourceOf = (frame: Uint8Array): string => formatMacAddress(readMacAddress(frame, 6));
export const destinationOf = (frame: Uint8Array): string =>
  formatMacAddress(readMacAddress(frame, 0));

export function createSegment(seed = 1): Segment {
  const stations: Station[] = [];
  const wire: { readonly from: Station | undefined; readonly frame: Uint8Array }[] = [];
  const seen: Uint8Array[] = [];
  let now = instant(0);
  const segment: Segment = {
    now: () => now,
    lose: () => false,
    station({ mac: text, addresses, prefixes = [], mtu = 1500, slots = 512 }) {
      const arena = createPacketArena(slots);
      const timerQueue = createTimerQueue();
      const tunneled: Station['tunneled'] = [];
      const netstack = createNetstack({
        arena,
        random: seededRandom(seed + stations.length),
        timerQueue,
        links: {
          transmit(out, slot) {
            tunneled.push({ out, bytes: arena.bytes.slice(arena.start[slot], arena.end[slot]) });
            arena.release(slot);
          },
        },
      });
      const port = netstack.addEthernetPort(
        {
          mtu,
          linkAddress: mac(text),
          addresses: addresses.map(address),
          frames: {
            sendFrame(_port, slot) {
              const frame = arena.bytes.slice(arena.start[slot], arena.end[slot]);
              arena.release(slot);
              seen.push(frame);
              wire.push({ from: station, frame });
            },
          },
        },
        now,
      );
      const station: Station = {
        netstack,
        arena,
        timerQueue,
        port,
        tunneled,
        events: [],
        route(prefixText, out = port) {
          const prefix = parseIpPrefix(prefixText);
          if (prefix === undefined) throw new Error(`not a prefix: ${prefixText}`);
          netstack.routes.set(prefix.family, prefix.bytes, 0, prefix.length, out);
        },
        neighbor(ip) {
          const isIt = (a: IpAddress): boolean => formatIpAddress(a) === ip;
          const found = station.view().neighbors.find((n) => isIt(n.address));
          if (found === undefined) return undefined;
          const where =
            found.linkAddress === undefined ? '' : ` ${formatMacAddress(found.linkAddress)}`;
          return `${found.state}${where}`;
        },
        view: () => netstack.ethernetView(port, now),
        slotsInUse: () => slots - arena.free(),
      };
      for (const prefix of prefixes) station.route(prefix);
      stations.push(station);
      return station;
    },
    inject: (frame) => {
      wire.push({ from: undefined, frame });
      settle();
    },
    run(milliseconds) {
      const until = instant(now + milliseconds);
      for (;;) {
        settle();
        const due = Math.min(
          ...stations.map((s) => s.timerQueue.nextDeadline() ?? Number.POSITIVE_INFINITY),
        );
        if (due > until) break;
        now = instant(Math.max(now, due));
        for (const { timerQueue } of stations) timerQueue.runDue(now);
      }
      now = until;
    },
    takeFrames: () => seen.splice(0),
  };

  function settle(): void {
    for (let next = wire.shift(); next !== undefined; next = wire.shift()) {
      const { from, frame } = next;
      if (segment.lose(frame)) continue;
      for (const station of stations) if (station !== from) give(station, frame);
    }
    for (const { netstack, events } of stations)
      for (let e = netstack.nextOutput(); e !== undefined; e = netstack.nextOutput())
        events.push(e);
  }

  function give({ arena, netstack, port }: Station, frame: Uint8Array): void {
    const slot = arena.allocate();
    if (slot === -1) return;
    arena.bytes.set(frame, arena.start[slot]);
    arena.end[slot] = (arena.start[slot] as number) + frame.length;
    arena.ingress[slot] = port;
    netstack.receiveFrame(slot, now);
  }

  return segment;
}
