/**
 * What the functions of the packet path share: one object of one shape, all tables, no behavior.
 *
 * Not standardized. Functions take `(stack, slot, …, now)`, own the slot, and return why the packet was
 * dropped or undefined when it was accepted.
 *
 * Invariants
 * - Whoever returns a reason has released the slot or sent it as an ICMP error, and has counted it.
 * - `source` and `destination` are scratch: valid between choosing addresses and writing the header.
 *
 * @module
 */
import { createDropCounters, type DropCounters, type DropReason } from '../base/drop-reason.ts';
import type { Random } from '../base/random.ts';
import type { Timers } from '../base/timer-queue.ts';
import { NONE, type PacketSlot } from '../base/units.ts';
import type { LinkSink, PacketArena, RoutingPlane } from '../packet/index.ts';
import type { EthernetPorts } from './ethernet/contract.ts';
import { EventQueue } from './events.ts';
import { ExtensionWalk } from './extension-headers.ts';
import type { InterfaceNumbers } from './interface-numbers.ts';
import { Interfaces } from './interfaces.ts';
import { ICMP_ERRORS_BURST_TOTAL } from './limits.ts';
import type { LinkDatagramReceiver } from './link-receiver.ts';
import { LocalAddresses } from './local-addresses.ts';
import { NextHopSets } from './next-hop-sets.ts';
import { OutstandingProbes } from './outstanding-probes.ts';
import { PartialDatagrams } from './partial-datagrams.ts';
import { createRouteTable, type RouteTable } from './route-table.ts';
import type { TcpStack } from './tcp/index.ts';
import { UdpPorts } from './udp-ports.ts';

export type Stack = {
  readonly arena: PacketArena;
  readonly links: LinkSink;
  readonly interfaces: Interfaces;
  readonly addresses: LocalAddresses;
  readonly routes: RouteTable;
  readonly nextHopSets: NextHopSets;
  readonly tcp: TcpStack;
  readonly ethernet: EthernetPorts;
  readonly drops: DropCounters;
  readonly events: EventQueue;
  readonly probes: OutstandingProbes;
  readonly partials: PartialDatagrams;
  readonly timers: Timers<'reassembly'>;
  readonly udpPorts: UdpPorts;
  /** Who listens on which UDP port of every link. */
  readonly linkReceivers: Map<number, LinkDatagramReceiver>;
  readonly walk: ExtensionWalk;
  readonly random: Random;
  /** Addresses of the packet being built; IPv4 in the first four octets. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Tokens of all interfaces together for ICMP errors, and when they were counted. */
  errorTokens: number;
  errorTokensAt: number;
  /** The next IPv4 identification (RFC 6864 §4: it must not repeat soon where DF is clear). */
  identification: number;
  /** A sink is running and must not call back. */
  isTransmitting: boolean;
};

export function createStack(options: {
  readonly arena: PacketArena;
  readonly links: LinkSink;
  readonly random: Random;
  readonly tcp: TcpStack;
  readonly ethernet: EthernetPorts;
  readonly timers: Timers<'reassembly'>;
  readonly plane?: RoutingPlane | undefined;
  readonly numbers?: InterfaceNumbers | undefined;
  readonly isSecluded?: boolean | undefined;
  readonly drops?: DropCounters | undefined;
  readonly flowSeed?: number | undefined;
}): Stack {
  const { isSecluded = false } = options;
  const interfaces = new Interfaces(options.plane, options.numbers, isSecluded);
  // The plane has one set of tables; a secluded netstack keeps its own to itself.
  const plane = isSecluded ? undefined : options.plane;
  return {
    arena: options.arena,
    links: options.links,
    interfaces,
    addresses: new LocalAddresses(interfaces, plane),
    routes: createRouteTable(undefined, plane),
    nextHopSets: new NextHopSets(interfaces, options.flowSeed ?? 0, plane),
    tcp: options.tcp,
    ethernet: options.ethernet,
    drops: options.drops ?? createDropCounters(),
    events: new EventQueue(),
    probes: new OutstandingProbes(),
    partials: new PartialDatagrams(),
    timers: options.timers,
    udpPorts: new UdpPorts(options.random),
    linkReceivers: new Map(),
    walk: new ExtensionWalk(),
    random: options.random,
    source: new Uint8Array(16),
    destination: new Uint8Array(16),
    errorTokens: ICMP_ERRORS_BURST_TOTAL,
    errorTokensAt: Number.NEGATIVE_INFINITY,
    identification: options.random.below(0x10000),
    isTransmitting: false,
  };
}

/** Returns a slot, or NONE and counts that there is none. */
export function allocate(stack: Stack): PacketSlot {
  const slot = stack.arena.allocate();
  if (slot === NONE) stack.drops['arena-full']++;
  return slot;
}

/** Releases the slot, counts the reason and returns it. */
export function drop(stack: Stack, slot: PacketSlot, reason: DropReason): DropReason {
  stack.arena.release(slot);
  stack.drops[reason]++;
  return reason;
}
