/**
 * The netstack: one object around the tables and the functions of the packet path.
 *
 * Standard: RFC 1122, RFC 1812 (IPv4 hosts and routers), RFC 8200, RFC 4443, RFC 4861 (IPv6).
 *
 *   tunnels ─► receivePacket ─┬─► forward ──────────────────────┐
 *                             └─► local ─► ICMP, TCP ─► answers ─┼─► LinkSink
 *                      probe ────────────────────────────────────┘
 *                             events ─► nextOutput()
 *
 * Time comes with every call; timers of TCP and of reassembly stand in the Router's queue.
 *
 * Invariants
 * - A slot that comes in is released or handed on, on every way out.
 * - A link's sink must not call back (asserted).
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import type { DropCounters, DropReason } from '../base/drop-reason.ts';
import type { IpAddress } from '../base/ip-address.ts';
import type { Random } from '../base/random.ts';
import type { TimerQueue } from '../base/timer-queue.ts';
import { type Instant, type InterfaceId, NONE, type PacketSlot } from '../base/units.ts';
import {
  IPV6_MTU_MIN,
  type LinkSink,
  type PacketArena,
  type RoutingPlane,
} from '../packet/index.ts';
import {
  Ethernet,
  type EthernetPortConfig,
  type EthernetPortView,
  type NextHopConfig,
} from './ethernet/index.ts';
import type { NetstackEvent } from './events.ts';
import type { InterfaceNumbers } from './interface-numbers.ts';
import type { InterfaceConfig, InterfaceView } from './interfaces.ts';
import { type LinkDatagramRequest, sendLinkDatagram } from './link-datagrams.ts';
import type { LinkDatagramReceiver } from './link-receiver.ts';
import type { NextHopSets } from './next-hop-sets.ts';
import { mtuTowards, type ProbeRequest, probe } from './probe.ts';
import { expireReassemblies } from './reassembly.ts';
import { receivePacket } from './receive.ts';
import type { RouteTable } from './route-table.ts';
import { sendTcpSegment, sourceFor } from './send.ts';
import { createStack, type Stack } from './stack.ts';
import { createTcpStack, DEFAULT_TCP_LIMITS, type TcpLimits, type TcpStack } from './tcp/index.ts';
import { sendDatagram } from './udp.ts';

export type NetstackOptions = {
  readonly arena: PacketArena;
  readonly random: Random;
  readonly timerQueue: TimerQueue;
  /** Takes every packet that leaves, by interface. */
  readonly links: LinkSink;
  readonly tcp?: TcpLimits;
  /** Forwards packets beside the netstack, by its tables. */
  readonly plane?: RoutingPlane | undefined;
  /** Shared by the netstacks of one router; absent: this is the only one. */
  readonly numbers?: InterfaceNumbers | undefined;
  /** The plane has the tables of another netstack: it leaves every packet of these interfaces to this one. */
  readonly isSecluded?: boolean | undefined;
  /** Where drops are counted; absent: in counters of its own. */
  readonly drops?: DropCounters | undefined;
  /** By which flows are spread over next hops; routers in a row need different ones. Absent: 0. */
  readonly flowSeed?: number | undefined;
};

export interface Netstack {
  readonly drops: DropCounters;
  readonly routes: RouteTable;
  /** For routes of several next hops. */
  readonly nextHopSets: NextHopSets;
  readonly tcp: TcpStack;
  /** The node's own addresses, answered on every interface; the first of a family is what it speaks from. */
  setLocalAddresses(addresses: readonly IpAddress[]): void;
  /** Adds a point-to-point tunnel; the MTU is at least 1,280. */
  addInterface(config: InterfaceConfig): InterfaceId;
  /** Changes what is given; an unknown interface is a mistake of ours. */
  updateInterface(id: InterfaceId, change: Partial<InterfaceConfig>): void;
  /** Adds an Ethernet port. Its addresses are used after duplicate address detection; `address-assigned` tells. */
  addEthernetPort(config: EthernetPortConfig, now: Instant): InterfaceId;
  updateEthernetPort(id: InterfaceId, change: Partial<EthernetPortConfig>, now: Instant): void;
  /** Adds a neighbor on an Ethernet port for routes to lead to; it is removed like an interface, or with its port. */
  addNextHop(config: NextHopConfig): InterfaceId;
  ethernetView(id: InterfaceId, now: Instant): EthernetPortView;
  /** Takes a frame that came in by an Ethernet port; `arena.ingress[slot]` is the port. */
  receiveFrame(slot: PacketSlot, now: Instant): DropReason | undefined;
  /** Ends the TCP connections of the interface and removes its routes; its id is not given out again soon. */
  removeInterface(id: InterfaceId, now: Instant): void;
  /** Takes a packet out of a tunnel; `arena.ingress[slot]` is the interface. Implements PacketSink. */
  receivePacket(slot: PacketSlot, now: Instant): DropReason | undefined;
  /** Sends an echo request, a datagram or a SYN; returns why it could not leave. Answers are events. */
  probe(request: ProbeRequest, now: Instant): DropReason | undefined;
  /** The MTU of the interface the target is reached by, or undefined where no route leads. */
  mtuTowards(target: IpAddress): number | undefined;
  /** Opens a port that hears one remote end; undefined when all that may be open are. Answers are events. */
  openUdp(remote: IpAddress, remotePort: number): number | undefined;
  closeUdp(port: number): void;
  /** Sends a datagram to the remote end of a port; returns why it could not leave. */
  sendUdp(port: number, payload: Uint8Array, now: Instant): DropReason | undefined;
  /** The address we speak from to this one, when the forwarding table knows a way. */
  sourceFor(remote: IpAddress): IpAddress | undefined;
  /** Listens on a UDP port of every link; one receiver per port. */
  listenOnLinks(port: number, receiver: LinkDatagramReceiver): void;
  /** Sends octets to the other end of a tunnel with hop limit 255; returns why they could not leave. */
  sendOnLink(
    request: LinkDatagramRequest,
    payload: Uint8Array,
    now: Instant,
  ): DropReason | undefined;
  /** After a batch of calls: the plane gets what changed. */
  settle(): void;
  nextOutput(): NetstackEvent | undefined;
  /** Events lost because nobody took them. */
  lostEvents(): number;
  interfaceView(id: InterfaceId): InterfaceView;
}

export function createNetstack(options: NetstackOptions): Netstack {
  const { arena, random, timerQueue, links } = options;
  const tcp = createTcpStack({
    arena,
    random,
    timerQueue,
    limits: options.tcp ?? DEFAULT_TCP_LIMITS,
    output: {
      sendSegment: (out, local, remote, _family, hopLimit, slot, now) =>
        sendTcpSegment(stack, out, local, remote, hopLimit, slot, now),
      mtu: (out) => mtuOf(stack, out),
    },
  });
  const timers = timerQueue.add<'reassembly'>({
    timerExpired: (_name, now) => expireReassemblies(stack, now),
  });
  const { plane, numbers, isSecluded, drops } = options;
  const ethernet = new Ethernet(() => stack, timerQueue);
  const stack: Stack = createStack({
    arena,
    links,
    random,
    tcp,
    ethernet,
    timers,
    plane,
    numbers,
    isSecluded,
    drops,
    flowSeed: options.flowSeed,
  });
  const { addresses, interfaces, routes } = stack;

  const get = (id: InterfaceId): number => {
    const index = interfaces.find(id);
    assert(index !== NONE, 'an interface is in use');
    return index;
  };

  const remove = (index: number, now: Instant): void => {
    for (const row of ethernet.remove(index)) remove(row, now);
    const id = interfaces.idOf(index);
    tcp.abortInterface(id, now);
    routes.removeInterface(id);
    addresses.interfacesChanged();
    interfaces.remove(index);
  };

  return {
    drops: stack.drops,
    routes,
    nextHopSets: stack.nextHopSets,
    tcp,
    setLocalAddresses: (own) => addresses.setNodeAddresses(own),
    addInterface(config) {
      addresses.interfacesChanged();
      return interfaces.add(config);
    },
    updateInterface(id, change) {
      assert(interfaces.port[get(id)] === NONE, 'an Ethernet port is changed as one');
      addresses.interfacesChanged();
      interfaces.update(get(id), change);
    },
    addEthernetPort(config, now) {
      const { mtu, ingress } = config;
      const id = interfaces.add({ mtu, ingress, addresses: [], peerAddresses: [] });
      ethernet.addPort(get(id), config, now);
      return id;
    },
    updateEthernetPort: (id, change, now) => ethernet.updatePort(get(id), change, now),
    addNextHop({ port, address }) {
      const { mtu } = interfaces.config(get(port));
      const id = interfaces.add({ mtu, addresses: [], peerAddresses: [] });
      ethernet.addNextHop(get(id), get(port), address);
      return id;
    },
    ethernetView: (id, now) => ethernet.view(get(id), now),
    receiveFrame: (slot, now) => ethernet.receiveFrame(slot, now),
    removeInterface: (id, now) => remove(get(id), now),
    receivePacket: (slot, now) => receivePacket(stack, slot, now),
    probe: (request, now) => probe(stack, request, now),
    mtuTowards: (target) => mtuTowards(stack, target),
    openUdp: (remote, remotePort) => stack.udpPorts.open(remote, remotePort),
    closeUdp: (port) => stack.udpPorts.close(port),
    sendUdp: (port, payload, now) => sendDatagram(stack, port, payload, now),
    sourceFor: (remote) => sourceFor(stack, remote),
    listenOnLinks(port, receiver) {
      assert(!stack.linkReceivers.has(port), 'a port has one receiver');
      stack.linkReceivers.set(port, receiver);
    },
    sendOnLink: (request, payload, now) => sendLinkDatagram(stack, request, payload, now),
    settle: () => addresses.refresh(),
    nextOutput: () => stack.events.next(),
    lostEvents: () => stack.events.lost,
    interfaceView: (id) => interfaces.view(get(id)),
  };
}

/** A connection bound to no interface may leave by any, so it counts with what every link carries. */
function mtuOf(stack: Stack, id: InterfaceId): number {
  const index = stack.interfaces.find(id);
  return index === NONE ? IPV6_MTU_MIN : (stack.interfaces.mtu[index] as number);
}
