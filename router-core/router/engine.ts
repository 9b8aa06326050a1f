/**
 * The rooms of one router, tied together: WireGuard, netstack and BGP meet here and nowhere else.
 *
 * Not standardized; docs/architecture.md §3 and §4.
 *
 *   datagram ─► wireguard ─► netstack ─► (forward) ─► wireguard ─► datagram
 *                               └─► tcp ─► transport ─► bgp sessions ─► bgp routes ─► FIB
 *
 * Invariants
 * - A tunnel is an interface: its WireGuard peer and its netstack interface come and go together.
 * - A static route is never replaced by one of BGP for the same prefix.
 *
 * @module
 */

import { asnFromNumber } from '../base/asn.ts';
import { assert } from '../base/assert.ts';
import { readUint32 } from '../base/bytes.ts';
import {
  formatIpPrefix,
  hostPrefix,
  type IpAddress,
  type IpPrefix,
  parseIpAddress,
} from '../base/ip-address.ts';
import { PrefixTrie } from '../base/prefix-trie.ts';
import { createTimerQueue, type TimerQueue } from '../base/timer-queue.ts';
import {
  type Instant,
  type InterfaceId,
  milliseconds,
  NONE,
  type WallClock,
  wallTime,
} from '../base/units.ts';
import {
  type Bfd,
  BGP_PORT,
  type BgpNeighbors,
  type BgpRoutes,
  BmpMonitor,
  createBgpNeighbors,
  createBgpRoutes,
  type FibSink,
  FlightRecorder,
  type ForwardingState,
  type NextHopLookup,
  tapAll,
  type WatchedTables,
} from '../bgp/index.ts';
import { createNetstack, DEFAULT_TCP_LIMITS, type Netstack } from '../netstack/index.ts';
import { CAPTURED_INBOUND, CAPTURED_OUTBOUND, type PacketArena } from '../packet/index.ts';
import { createWireguardDevice, type WireguardDevice } from '../wireguard/index.ts';
import { createBfdOverTunnels } from './bfd-transport.ts';
import { createHostTransport, eitherTransport, type HostTransport } from './host-transport.ts';
import { RETRANSMIT_MS_MAX } from './limits.ts';
import { timestampOfMemory } from './memory.ts';
import { createPlaneWatch, type PlaneWatch } from './plane-watch.ts';
import type { RouterIdentity, RouterOutput, RouterPorts } from './ports.ts';
import { createRoster, type Roster } from './roster.ts';
import type { TapPoint } from './tap-point.ts';
import { type BgpTransport, createBgpTransport } from './transport.ts';

export interface Engine {
  readonly arena: PacketArena;
  readonly clock: WallClock;
  readonly timerQueue: TimerQueue;
  readonly wireguard: WireguardDevice;
  readonly netstack: Netstack;
  readonly transport: BgpTransport;
  /** Beside the netstack's: the TCP of the machine. */
  readonly hostTransport: HostTransport;
  readonly neighbors: BgpNeighbors;
  readonly routes: BgpRoutes;
  readonly bfd: Bfd;
  readonly recorder: FlightRecorder;
  readonly bmp: BmpMonitor;
  readonly staticRoutes: StaticRoutes;
  /** What became of packets between a former life and this one. */
  readonly forwarding: ForwardingState;
  readonly roster: Roster;
  /** What the plane, if there is one, leaves to the router. */
  readonly planeWatch: PlaneWatch;
  /** Between WireGuard and the netstack. */
  readonly tapPoint: TapPoint;
  readonly outputs: RouterOutput[];
  /** Peerings whose view changed since it was published. */
  readonly changed: Set<string>;
  /** Whether endpoints may be private addresses: a setting of the node. */
  allowPrivate(): boolean;
  setAllowPrivate(isAllowed: boolean): void;
}

/** Routes of the configuration and of the tunnels' own addresses; they stand above BGP's. */
export interface StaticRoutes {
  set(prefix: IpPrefix, out: InterfaceId): void;
  remove(prefix: IpPrefix): void;
}

export function createEngine(
  ports: RouterPorts,
  identity: RouterIdentity,
  startedAt: Instant,
): Engine {
  const { arena, random, wallClock, crypto, datagrams, plane, formsListener } = ports;
  const { forwarding = 'ends-with-us' } = ports;
  const timerQueue = createTimerQueue();
  const roster = createRoster();
  const tapPoint: TapPoint = { tap: undefined };
  const asn = asnFromNumber(identity.asn);
  const routerId = parseIpAddress(identity.routerId);
  assert(asn !== undefined && routerId?.family === 4, 'the identity was checked with the document');

  // Each room is made with a sink into the next; the sinks close over rooms made below them.
  const netstack: Netstack = createNetstack({
    arena,
    random,
    timerQueue,
    plane,
    tcp: { ...DEFAULT_TCP_LIMITS, rtoMax: milliseconds(RETRANSMIT_MS_MAX) },
    links: {
      transmit(out, slot, now) {
        const peering = roster.ofInterface(out);
        if (peering === undefined) {
          arena.release(slot);
          return;
        }
        if (tapPoint.tap !== undefined)
          tapPoint.tap.packetPassed(out, CAPTURED_OUTBOUND, slot, now);
        wireguard.sendPacket(peering.peer, slot, now);
      },
    },
  });
  const greatestTimestamp = timestampOfMemory(identity.memory);
  const wireguard: WireguardDevice = createWireguardDevice({
    arena,
    random,
    wallClock,
    timerQueue,
    crypto,
    datagrams,
    packets: {
      receivePacket(slot, now) {
        if (tapPoint.tap !== undefined) {
          const tunnel = arena.ingress[slot] as InterfaceId;
          tapPoint.tap.packetPassed(tunnel, CAPTURED_INBOUND, slot, now);
        }
        netstack.receivePacket(slot, now);
      },
    },
    privateKey: identity.privateKey,
    ...(plane === undefined ? {} : { plane }),
    ...(formsListener === undefined ? {} : { formsListener }),
    ...(greatestTimestamp === undefined ? {} : { greatestTimestamp }),
  });
  const transport = createBgpTransport(netstack);
  const hostTransport = createHostTransport(ports.hostTcp);
  const { fib, staticRoutes, nextHops } = createFib(netstack);
  const clusterId = parseIpAddress(identity.clusterId ?? identity.routerId);
  assert(clusterId?.family === 4, 'the cluster id was checked with the document');
  const bgpIdentity = { asn, routerId: readUint32(routerId.bytes, 0) };
  const recorder = new FlightRecorder(wallClock);
  const outputs: RouterOutput[] = [];
  // Calendar time minus monotonic time, taken once: times told to stations never run backwards.
  const wallOffset = wallClock.now() - startedAt;
  let bmp: BmpMonitor | undefined;
  const watch = (tables: WatchedTables): BmpMonitor => {
    bmp = new BmpMonitor({
      tables,
      ...bgpIdentity,
      random,
      timerQueue,
      port: {
        open: (connection, host, port) =>
          void outputs.push({ kind: 'open-station', connection, host, port }),
        send: (connection, bytes) => void outputs.push({ kind: 'send-station', connection, bytes }),
        close: (connection) => void outputs.push({ kind: 'close-station', connection }),
      },
      wallAt: (at) => wallTime(at + wallOffset),
      portsOf(neighbor) {
        const tuple = transport.tuples().find((one) => one.neighbor === neighbor);
        return { localPort: tuple?.localPort ?? 0, remotePort: tuple?.remotePort ?? 0 };
      },
    });
    return bmp;
  };
  const routes: BgpRoutes = createBgpRoutes(
    {
      random,
      timerQueue,
      ...bgpIdentity,
      clusterId: readUint32(clusterId.bytes, 0),
      nextHops,
      isAdvertisingDeferred: forwarding === 'preserved',
      fib,
      messages: {
        sendUpdate: (neighbor, bytes, start, end, now) =>
          neighbors.sendUpdate(neighbor, bytes, start, end, now),
        sendRouteRefresh: (neighbor, family, subtype, now) =>
          neighbors.sendRouteRefresh(neighbor, family, subtype, now),
      },
    },
    watch,
  );
  assert(bmp !== undefined, 'the routes make their watcher at once');
  const neighbors: BgpNeighbors = createBgpNeighbors({
    random,
    timerQueue,
    transport: eitherTransport(transport, hostTransport),
    exchange: routes,
    forwarding,
    tap: tapAll([recorder, bmp]),
    ...bgpIdentity,
  });
  transport.attach(neighbors);
  hostTransport.attach(neighbors);
  netstack.tcp.listen(BGP_PORT);
  let isPrivateAllowed = false;

  return {
    arena,
    clock: wallClock,
    timerQueue,
    wireguard,
    netstack,
    transport,
    hostTransport,
    neighbors,
    routes,
    bfd: createBfdOverTunnels(netstack, roster, random, timerQueue),
    recorder,
    bmp,
    staticRoutes,
    forwarding,
    roster,
    planeWatch: createPlaneWatch(plane),
    tapPoint,
    outputs,
    changed: new Set(),
    allowPrivate: () => isPrivateAllowed,
    setAllowPrivate(isAllowed) {
      isPrivateAllowed = isAllowed;
    },
  };
}

/** The forwarding table with two writers: static routes win, BGP's come back when they go. */
function createFib(netstack: Netstack): {
  fib: FibSink;
  staticRoutes: StaticRoutes;
  nextHops: NextHopLookup;
} {
  const fixed = new Map<string, IpPrefix>();
  const hidden = new Map<string, InterfaceId>();
  const links = new PrefixTrie<InterfaceId>();
  const keyOf = (family: 4 | 6, bytes: Uint8Array, offset: number, length: number): string =>
    formatIpPrefix({
      family,
      bytes: bytes.slice(offset, offset + (family === 4 ? 4 : 16)),
      length,
    });
  return {
    nextHops(address: IpAddress) {
      const found = links.covering(hostPrefix(address)).at(-1);
      return found && { out: found.value, length: found.prefix.length };
    },
    fib: {
      set(family, bytes, offset, length, out) {
        if (fixed.size > 0) {
          const key = keyOf(family, bytes, offset, length);
          if (fixed.has(key)) {
            hidden.set(key, out);
            return;
          }
        }
        netstack.routes.set(family, bytes, offset, length, out);
      },
      remove(family, bytes, offset, length) {
        if (fixed.size > 0) {
          const key = keyOf(family, bytes, offset, length);
          hidden.delete(key);
          if (fixed.has(key)) return;
        }
        netstack.routes.remove(family, bytes, offset, length);
      },
    },
    staticRoutes: {
      set(prefix, out) {
        fixed.set(formatIpPrefix(prefix), prefix);
        links.set(prefix, out);
        netstack.routes.set(prefix.family, prefix.bytes, 0, prefix.length, out);
      },
      remove(prefix) {
        const key = formatIpPrefix(prefix);
        if (!fixed.delete(key)) return;
        links.delete(prefix);
        const below = hidden.get(key) ?? NONE;
        hidden.delete(key);
        if (below === NONE) netstack.routes.remove(prefix.family, prefix.bytes, 0, prefix.length);
        else
          netstack.routes.set(prefix.family, prefix.bytes, 0, prefix.length, below as InterfaceId);
      },
    },
  };
}
