/**
 * What other rooms may use of netstack/.
 *
 * @module
 */

// The netstack
export { GTSM_HOP_LIMIT } from './constants.ts';
export type { EchoRequest, IcmpError, NetstackEvent } from './events.ts';
export type { InterfaceConfig, InterfaceView } from './interfaces.ts';
export { createNetstack, type Netstack, type NetstackOptions } from './netstack.ts';

// Ping, traceroute, diagnosis
export { PING_SIZE_MAX, type PingRequest } from './ping.ts';
// Forwarding
export { createRouteTable, type RouteTable } from './route-table.ts';

// TCP
export {
  type CloseReason,
  type ConnectionId,
  type ConnectRequest,
  DEFAULT_TCP_LIMITS,
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
