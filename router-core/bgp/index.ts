/**
 * BGP: what other rooms may use.
 *
 * Two halves that meet in types.ts: sessions (neighbors.ts) and routes (routes/index.ts).
 *
 * @module
 */

// Several paths per prefix.
export type { AddPathWish } from './add-path.ts';
// What both halves share.
export { BGP_PORT, HOLD_TIME_SECONDS_DEFAULT } from './constants.ts';
// Graceful restart.
export type { ForwardingState } from './graceful-restart.ts';
// NOTIFICATIONs in words.
export {
  describeNotification,
  formatNotification,
  type NotificationWords,
} from './message/notification.ts';
export type { NeighborChange, NeighborConfig } from './neighbor-config.ts';
export type { NeighborEvent, NeighborView, NotificationSeen } from './neighbor-view.ts';
// Sessions.
export {
  type BgpNeighbors,
  type BgpNeighborsOptions,
  createBgpNeighbors,
} from './neighbors.ts';
// Routes.
export {
  type AsPathSegment,
  type BestPathChange,
  type BgpRoutes,
  type BgpRoutesOptions,
  type ChangeCause,
  type ComparedValue,
  createBgpRoutes,
  type DecisionOptions,
  type DecisionStep,
  type ExportReason,
  type ExportView,
  type FamilyCounters,
  type FibSink,
  type LookupMode,
  type MalformedUpdate,
  NEIGHBOR_POLICIES,
  type NeighborCounters,
  type NeighborPolicy,
  type PrefixFilterRow,
  type PrefixFilters,
  type RejectedView,
  ROA_VALIDITIES,
  type Roa,
  type RoaValidity,
  type RoaView,
  type RouteAttributes,
  type RouteEvent,
  type RouteMessages,
  type RouteNeighborConfig,
  type RoutePage,
  type RouteQuery,
  type RouteSelection,
  type RouteView,
  type StaleRoutesView,
} from './routes/index.ts';
export type { SessionState as BgpSessionState } from './session-state.ts';
export {
  type AddPath,
  type BgpNotification,
  FAMILIES,
  type Family,
  type GracefulRestart,
  type NegotiatedSession,
  type NeighborId,
  neighborId,
  type RefreshSubtype,
  type RouteExchange,
  type TransportId,
  type TransportPort,
  transportId,
} from './types.ts';
