/**
 * The rooms of one router, tied together: WireGuard, netstack and BGP meet here and nowhere else.
 *
 * Not standardized; docs/architecture.md §3 and §4.
 *
 *   datagram ─► wireguard ─► netstack ─► (forward) ─► wireguard ─► datagram
 *                               └─► tcp ─► transport ─► bgp sessions ─► bgp routes ─► FIB
 *
 * An engine is the default virtual router, the very object, and what all virtual routers share; named ones are
 * in `vrfs`.
 *
 * Invariants
 * - A tunnel is an interface: its WireGuard peer and its netstack interface come and go together.
 * - What comes out of a tunnel is received by the netstack of its virtual router, and by no other.
 *
 * @module
 */

import { asnFromNumber } from '../base/asn.ts';
import { assert } from '../base/assert.ts';
import { readUint32 } from '../base/bytes.ts';
import { createDropCounters } from '../base/drop-reason.ts';
import { parseIpAddress } from '../base/ip-address.ts';
import { createTimerQueue, type TimerQueue } from '../base/timer-queue.ts';
import { type Instant, type InterfaceId, type WallClock, wallTime } from '../base/units.ts';
import { BmpMonitor, FlightRecorder, type ForwardingState } from '../bgp/index.ts';
import { InterfaceNumbers } from '../netstack/index.ts';
import { CAPTURED_INBOUND, CAPTURED_OUTBOUND, type PacketArena } from '../packet/index.ts';
import { createWireguardDevice, type WireguardDevice } from '../wireguard/index.ts';
import { createVrf, type VrfSurroundings } from './create-vrf.ts';
import { createHostTransport, type HostTransport } from './host-transport.ts';
import { timestampOfMemory } from './memory.ts';
import { createPlaneWatch, type PlaneWatch } from './plane-watch.ts';
import type { RouterIdentity, RouterOutput, RouterPorts } from './ports.ts';
import { createRoster, type Roster } from './roster.ts';
import type { TapPoint } from './tap-point.ts';
import type { Vrf } from './vrf.ts';
import { createVrfs, type Vrfs } from './vrfs.ts';

export interface Engine extends Vrf {
  readonly arena: PacketArena;
  readonly clock: WallClock;
  readonly timerQueue: TimerQueue;
  readonly wireguard: WireguardDevice;
  /** All virtual routers, this one first. */
  readonly vrfs: Vrfs;
  /** Beside the netstack's: the TCP of the machine. */
  readonly hostTransport: HostTransport;
  readonly recorder: FlightRecorder;
  /** Watches the default virtual router. */
  readonly bmp: BmpMonitor;
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

export function createEngine(
  ports: RouterPorts,
  identity: RouterIdentity,
  startedAt: Instant,
): Engine {
  const { arena, random, wallClock, crypto, datagrams, plane, formsListener } = ports;
  const { forwarding = 'ends-with-us', attributeBytesMax } = ports;
  const timerQueue = createTimerQueue();
  const roster = createRoster();
  const tapPoint: TapPoint = { tap: undefined };
  const asn = asnFromNumber(identity.asn);
  const routerId = parseIpAddress(identity.routerId);
  assert(asn !== undefined && routerId?.family === 4, 'the identity was checked with the document');
  const clusterId = parseIpAddress(identity.clusterId ?? identity.routerId);
  assert(clusterId?.family === 4, 'the cluster id was checked with the document');
  const bgpIdentity = { asn, routerId: readUint32(routerId.bytes, 0) };
  const recorder = new FlightRecorder(wallClock);
  const hostTransport = createHostTransport(ports.hostTcp);
  const outputs: RouterOutput[] = [];
  // Calendar time minus monotonic time, taken once: times told to stations never run backwards.
  const wallOffset = wallClock.now() - startedAt;

  // Each room is made with a sink into the next; the sinks close over rooms made below them.
  const surroundings: VrfSurroundings = {
    arena,
    random,
    timerQueue,
    roster,
    plane,
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
    ...bgpIdentity,
    clusterId: readUint32(clusterId.bytes, 0),
    recorder,
    drops: createDropCounters(),
    interfaceNumbers: new InterfaceNumbers(),
    neighborNumbers: { next: 0 },
    runningMeasurements: { count: 0 },
    attributeBytesMax,
  };
  let bmp: BmpMonitor | undefined;
  const main = createVrf(surroundings, {
    forwarding,
    hostTransport,
    watch(tables) {
      bmp = new BmpMonitor({
        tables,
        ...bgpIdentity,
        random,
        timerQueue,
        port: {
          open: (connection, host, port) =>
            void outputs.push({ kind: 'open-station', connection, host, port }),
          send: (connection, bytes) =>
            void outputs.push({ kind: 'send-station', connection, bytes }),
          close: (connection) => void outputs.push({ kind: 'close-station', connection }),
        },
        wallAt: (at) => wallTime(at + wallOffset),
        portsOf(neighbor) {
          const tuple = main.transport.tuples().find((one) => one.neighbor === neighbor);
          return { localPort: tuple?.localPort ?? 0, remotePort: tuple?.remotePort ?? 0 };
        },
      });
      return bmp;
    },
  });
  assert(bmp !== undefined, 'the routes make their watcher at once');
  hostTransport.attach(main.neighbors);
  const vrfs = createVrfs(main, roster, (name) => createVrf(surroundings, name));

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
        const tunnel = arena.ingress[slot] as InterfaceId;
        if (tapPoint.tap !== undefined)
          tapPoint.tap.packetPassed(tunnel, CAPTURED_INBOUND, slot, now);
        // A tunnel that is gone is no interface of the default netstack either: the packet is dropped there.
        const { netstack } = roster.ofInterface(tunnel)?.vrf ?? main;
        netstack.receivePacket(slot, now);
      },
    },
    privateKey: identity.privateKey,
    ...(plane === undefined ? {} : { plane }),
    ...(formsListener === undefined ? {} : { formsListener }),
    ...(greatestTimestamp === undefined ? {} : { greatestTimestamp }),
  });
  let isPrivateAllowed = false;

  return Object.assign(main, {
    arena,
    clock: wallClock,
    timerQueue,
    wireguard,
    vrfs,
    hostTransport,
    recorder,
    bmp,
    forwarding,
    roster,
    planeWatch: createPlaneWatch(plane),
    tapPoint,
    outputs,
    changed: new Set<string>(),
    allowPrivate: () => isPrivateAllowed,
    setAllowPrivate(isAllowed: boolean) {
      isPrivateAllowed = isAllowed;
    },
  });
}
