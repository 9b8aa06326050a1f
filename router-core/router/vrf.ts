/**
 * A virtual router (VRF) as it runs: everything in which one address may mean one thing here and another
 * thing there.
 *
 * Not standardized; the word and the idea are RFC 4364 §3's. docs/architecture.md §7 "Virtual routers".
 *
 *   peering ──belongs to──► Vrf ─┬─ netstack     interfaces, own addresses, forwarding tables, ICMP, TCP, UDP
 *                                ├─ transport    BGP over that TCP, heard on its port 179
 *                                ├─ neighbors    the sessions
 *                                ├─ routes       tables, decision, announcements
 *                                ├─ bfd          over that UDP
 *                                └─ measurements ping and its like
 *
 * What a virtual router is made of knows no other one, so nothing has to be compared on the way of a packet or
 * of a route. Shared are tunnels and keys, the arena of packets, the timer queue, and the numbers that name
 * one interface or neighbor of all.
 *
 * @module
 */
import type { IpPrefix } from '../base/ip-address.ts';
import type { InterfaceId } from '../base/units.ts';
import type { Bfd, BgpNeighbors, BgpRoutes } from '../bgp/index.ts';
import type { Netstack } from '../netstack/index.ts';
import type { Measurements } from './measurements/index.ts';
import type { BgpTransport } from './transport.ts';

export interface Vrf {
  /** Undefined: the default one. */
  readonly vrfName: string | undefined;
  readonly netstack: Netstack;
  readonly transport: BgpTransport;
  readonly neighbors: BgpNeighbors;
  readonly routes: BgpRoutes;
  readonly bfd: Bfd;
  readonly staticRoutes: StaticRoutes;
  readonly measurements: Measurements;
}

/** Routes of the configuration and of the tunnels' own addresses; they stand above BGP's. */
export interface StaticRoutes {
  set(prefix: IpPrefix, out: InterfaceId): void;
  /** Says that the addresses of a prefix live on the link of an Ethernet port. */
  setOnLink(prefix: IpPrefix, port: InterfaceId): void;
  remove(prefix: IpPrefix): void;
}
