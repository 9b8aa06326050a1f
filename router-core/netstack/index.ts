/**
 * What other rooms may use of netstack/.
 *
 * @module
 */

// The netstack
export { GTSM_HOP_LIMIT } from './constants.ts';
export type {
  ClaimState,
  EthernetPortConfig,
  EthernetPortView,
  NeighborState,
  NeighborView,
  NextHopConfig,
} from './ethernet/index.ts';
export type { IcmpError, NetstackEvent, Probe, ProbeProtocol } from './events.ts';
export type { IngressRules, ReversePath } from './ingress-rules.ts';
export { InterfaceNumbers } from './interface-numbers.ts';
export type { InterfaceConfig, InterfaceView } from './interfaces.ts';
export { createNetstack, type Netstack, type NetstackOptions } from './netstack.ts';

// Ping, traceroute, diagnosis
export type { ProbeRequest } from './probe.ts';
// Forwarding
export { createRouteTable, type RouteTable } from './route-table.ts';

// TCP
export {
  AUTHENTICATION_ALGORITHMS,
  type AuthenticationAlgorithm,
  type CloseReason,
  type ConnectionId,
  type ConnectRequest,
  DEFAULT_TCP_LIMITS,
  type MasterKey,
  ROUTED,
  type SegmentRefusal,
  type TcpConnectionView,
  type TcpEvent,
  type TcpLimits,
  type TcpNeighbor,
  type TcpStack,
  type TcpState,
  type TcpTuple,
} from './tcp/index.ts';
