/**
 * What others may use of the TCP.
 *
 * @module
 */

export {
  AUTHENTICATION_ALGORITHMS,
  type AuthenticationAlgorithm,
  type MasterKey,
} from './authentication-option.ts';
export { EPHEMERAL_PORT_FIRST, EPHEMERAL_PORTS } from './constants.ts';
export {
  type CloseReason,
  type ConnectionId,
  type ConnectRequest,
  connectionId,
  type QuotedSegment,
  ROUTED,
  type SegmentRefusal,
  type TcpConnectionView,
  type TcpCounters,
  type TcpEvent,
  type TcpNeighbor,
  type TcpOutput,
  type TcpStack,
  type TcpState,
  type TcpTuple,
} from './contract.ts';
export { DEFAULT_TCP_LIMITS, type TcpLimits } from './limits.ts';
export { createTcpStack, type TcpStackOptions } from './stack.ts';
