/**
 * BGP: what other rooms may use.
 *
 * Two halves that meet in types.ts: sessions (neighbors.ts) and routes (routes/index.ts).
 *
 * @module
 */

// Several paths per prefix.
export type { AddPathWish } from './add-path.ts';
// BFD.
export {
  BFD_CONTROL_PORT,
  type Bfd,
  type BfdEvent,
  type BfdParameters,
  type BfdState,
  createBfd,
} from './bfd/index.ts';
// Tables and sessions, told to monitoring stations.
export {
  BMP_VIEWS,
  type BmpIdentity,
  BmpMonitor,
  type BmpView,
  type StationConfig,
  type StationConnection,
  type StationPort,
  type StationView,
} from './bmp/index.ts';
// What both halves share.
export { BGP_PORT, HOLD_TIME_SECONDS_DEFAULT, HOLD_TIME_SECONDS_MIN } from './constants.ts';
// Prefixes that flap.
export type { FlapSettings } from './flap/flap-detector.ts';
export { FLAP_CHANGES_MAX, FLAP_CHANGES_MIN, FLAP_MINUTES_MAX } from './flap/limits.ts';
// Graceful restart.
export type { ForwardingState } from './graceful-restart.ts';
// NOTIFICATIONs in words.
export {
  describeNotification,
  formatNotification,
  type NotificationWords,
} from './message/notification.ts';
// Tables and messages as files.
export {
  type Damaged,
  FlightRecorder,
  type MrtRecord,
  RECORDER_DEFAULTS,
  RecordDecoder,
  type RecorderBounds,
  type RecorderView,
  RecordReader,
  type RecordRow,
  Replay,
  recordRow,
  recordWords,
  type TableDump,
} from './mrt/index.ts';
export type { NeighborChange, NeighborConfig } from './neighbor-config.ts';
export type { NeighborEvent, NeighborView, NotificationSeen } from './neighbor-view.ts';
// Sessions.
export {
  type BgpNeighbors,
  type BgpNeighborsOptions,
  createBgpNeighbors,
  type NeighborNumbers,
} from './neighbors.ts';
// Policies.
export { isReasonToken } from './policy/reason.ts';
export {
  type Assignment,
  bindPolicies,
  CHAIN_SCHEMA,
  type ChainText,
  checkAssignment,
  GROUPS_SCHEMA,
  PARAMETERS_SCHEMA,
  type ParameterValue,
  POLICY_SCHEMA,
  type PolicyBinding,
  type PolicyBook,
  type PolicyDocument,
  parseCommunity,
  resolvePolicyDocument,
} from './policy/rules/index.ts';
export type { PrefixExcess } from './prefix-excess.ts';
// ROAs from a cache.
export { RtrClient, type RtrOutput } from './roa/rtr/index.ts';
export { type RoleConflict, roleWords } from './role.ts';
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
  type DryRunRow,
  type ExportReason,
  type ExportView,
  type FamilyCounters,
  type FibSink,
  type FlapList,
  type FlapView,
  type LimitEvent,
  type LookupMode,
  type MalformedUpdate,
  NEIGHBOR_POLICIES,
  type NeighborCounters,
  type NeighborPolicy,
  type NextHopLookup,
  type PolicyExplanation,
  type PrefixFilterRow,
  type PrefixFilters,
  type ReasonToken,
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
  type RuleTrace,
  type StaleRoutesView,
  type SupposedRoute,
  type WatchedTables,
} from './routes/index.ts';
export type { SessionState as BgpSessionState } from './session-state.ts';
export { tapAll } from './session-tap.ts';
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
