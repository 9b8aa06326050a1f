/**
 * BGP: what other rooms may use.
 *
 * Two halves that meet in types.ts: sessions (neighbors.ts) and routes (routes/index.ts).
 *
 * @module
 */

// What both halves share
export { BGP_PORT, HOLD_TIME_SECONDS_DEFAULT } from './constants.ts';
// NOTIFICATIONs in words
export {
  describeNotification,
  formatNotification,
  type NotificationWords,
  notificationName,
  shutdownText,
} from './message/notification.ts';
export type { NeighborChange, NeighborConfig } from './neighbor-config.ts';
export type { NeighborEvent, NeighborView, NotificationSeen } from './neighbor-view.ts';
// Sessions
export {
  type BgpNeighbors,
  type BgpNeighborsOptions,
  createBgpNeighbors,
} from './neighbors.ts';
export type { SessionState as BgpSessionState } from './session-state.ts';
export {
  type BgpNotification,
  FAMILIES,
  type Family,
  type NegotiatedSession,
  type NeighborId,
  neighborId,
  type RefreshSubtype,
  type RouteExchange,
  type TransportId,
  type TransportPort,
  transportId,
} from './types.ts';
// Routes
export {
  type BgpRoutes,
  createBgpRoutes,
  type FamilyCounters,
  type FibSink,
  type MalformedUpdate,
  type NeighborCounters,
  type PrefixFilters,
  type RejectedView,
  type Roa,
  type RoaValidity,
  type RouteAttributes,
  type RouteEvent,
  type RouteNeighborConfig,
  type RouteView,
} from './routes/index.ts';
