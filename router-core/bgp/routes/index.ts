/**
 * The route side of BGP: what the router needs of it.
 *
 * @module
 */
export type { AsPathSegment, RouteAttributes } from '../attribute/decode.ts';
export { NEIGHBOR_POLICIES, type NeighborPolicy } from '../policy/export-policy.ts';
export type { ExportReason } from '../policy/export-reason.ts';
export type { PrefixFilterRow, PrefixFilters } from '../policy/prefix-filter.ts';
export type { ReasonToken } from '../policy/reason.ts';
export type { RuleTrace } from '../policy/rules/interpreter.ts';
export type { ChangeCause } from '../rib/best-path-history.ts';
export type { DecisionOptions } from '../rib/decision.ts';
export type { FibSink } from '../rib/family-rib.ts';
export type { NextHopLookup } from '../rib/next-hop-resolution.ts';
export { ROA_VALIDITIES, type Roa, type RoaValidity } from '../roa/roa-table.ts';
export { createBgpRoutes } from './bgp-routes.ts';
export type { WatchedTables } from './route-watcher.ts';
export type {
  BestPathChange,
  BgpRoutes,
  BgpRoutesOptions,
  ComparedValue,
  DecisionStep,
  DryRunRow,
  ExportView,
  FamilyCounters,
  FlapList,
  FlapView,
  LimitEvent,
  LookupMode,
  MalformedUpdate,
  NeighborCounters,
  PolicyExplanation,
  RejectedView,
  RoaView,
  RouteEvent,
  RouteMessages,
  RouteNeighborConfig,
  RoutePage,
  RouteQuery,
  RouteSelection,
  RouteView,
  StaleRoutesView,
  SupposedRoute,
} from './types.ts';
