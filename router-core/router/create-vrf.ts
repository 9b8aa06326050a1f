/**
 * Makes a virtual router: its rooms, each with a sink into the next.
 *
 * Not standardized; vrf.ts says what belongs to one, docs/architecture.md §7 why.
 *
 * @module
 */
import type { DropCounters } from '../base/drop-reason.ts';
import type { Random } from '../base/random.ts';
import type { TimerQueue } from '../base/timer-queue.ts';
import { type Asn, milliseconds } from '../base/units.ts';
import {
  BGP_PORT,
  type BgpNeighbors,
  type BgpRoutes,
  type BmpMonitor,
  createBgpNeighbors,
  createBgpRoutes,
  type FlightRecorder,
  type ForwardingState,
  type NeighborNumbers,
  tapAll,
  type WatchedTables,
} from '../bgp/index.ts';
import {
  createNetstack,
  DEFAULT_TCP_LIMITS,
  type InterfaceNumbers,
  type Netstack,
} from '../netstack/index.ts';
import type { LinkSink, PacketArena, RoutingPlane } from '../packet/index.ts';
import { createBfdOverTunnels } from './bfd-transport.ts';
import { createFib } from './fib.ts';
import { eitherTransport, type HostTransport } from './host-transport.ts';
import { RETRANSMIT_MS_MAX } from './limits.ts';
import { createMeasurements, type RunningMeasurements } from './measurements/index.ts';
import type { Roster } from './roster.ts';
import { createBgpTransport } from './transport.ts';
import type { Vrf } from './vrf.ts';

/** What the virtual routers of one router share. */
export type VrfSurroundings = {
  readonly arena: PacketArena;
  readonly random: Random;
  readonly timerQueue: TimerQueue;
  readonly roster: Roster;
  /** Takes what leaves, by interface. */
  readonly links: LinkSink;
  readonly plane: RoutingPlane | undefined;
  readonly asn: Asn;
  readonly routerId: number;
  readonly clusterId: number;
  readonly recorder: FlightRecorder;
  readonly drops: DropCounters;
  readonly interfaceNumbers: InterfaceNumbers;
  readonly neighborNumbers: NeighborNumbers;
  readonly runningMeasurements: RunningMeasurements;
  /** Undefined: as BGP's limits.ts has it. */
  readonly attributeBytesMax: number | undefined;
};

/** What the default virtual router alone has. */
export type DefaultVrf = {
  readonly hostTransport: HostTransport;
  /** The plane forwards by its tables, which may outlive a life of ours. */
  readonly forwarding: ForwardingState;
  watch(tables: WatchedTables): BmpMonitor;
};

/** Makes a named virtual router, or with what only that has the default one. */
export function createVrf(shared: VrfSurroundings, role: string | DefaultVrf): Vrf {
  const { random, timerQueue, roster, asn, routerId, clusterId, attributeBytesMax } = shared;
  const vrfName = typeof role === 'string' ? role : undefined;
  const main = typeof role === 'string' ? undefined : role;
  // Packets of a named one are never forwarded without us, so nobody need keep our routes meanwhile.
  const forwarding = main?.forwarding ?? 'ends-with-us';
  const netstack: Netstack = createNetstack({
    arena: shared.arena,
    random,
    timerQueue,
    plane: shared.plane,
    links: shared.links,
    tcp: { ...DEFAULT_TCP_LIMITS, rtoMax: milliseconds(RETRANSMIT_MS_MAX) },
    numbers: shared.interfaceNumbers,
    isSecluded: main === undefined,
    drops: shared.drops,
    flowSeed: routerId,
  });
  const transport = createBgpTransport(netstack);
  const { fib, staticRoutes, nextHops } = createFib(netstack);
  let bmp: BmpMonitor | undefined;
  const routes: BgpRoutes = createBgpRoutes(
    {
      random,
      timerQueue,
      asn,
      routerId,
      clusterId,
      nextHops,
      isAdvertisingDeferred: forwarding === 'preserved',
      fib,
      nextHopSets: netstack.nextHopSets,
      ...(attributeBytesMax === undefined ? {} : { attributeBytesMax }),
      messages: {
        sendUpdate: (neighbor, bytes, start, end, now) =>
          neighbors.sendUpdate(neighbor, bytes, start, end, now),
        sendRouteRefresh: (neighbor, family, subtype, now) =>
          neighbors.sendRouteRefresh(neighbor, family, subtype, now),
      },
    },
    main &&
      ((tables) => {
        bmp = main.watch(tables);
        return bmp;
      }),
  );
  const neighbors: BgpNeighbors = createBgpNeighbors({
    random,
    timerQueue,
    transport: main === undefined ? transport : eitherTransport(transport, main.hostTransport),
    exchange: routes,
    forwarding,
    tap: bmp === undefined ? shared.recorder : tapAll([shared.recorder, bmp]),
    numbers: shared.neighborNumbers,
    asn,
    routerId,
  });
  transport.attach(neighbors);
  netstack.tcp.listen(BGP_PORT);
  return {
    vrfName,
    netstack,
    transport,
    neighbors,
    routes,
    bfd: createBfdOverTunnels(netstack, roster, random, timerQueue),
    staticRoutes,
    measurements: createMeasurements({ netstack, timerQueue }, shared.runningMeasurements),
  };
}
