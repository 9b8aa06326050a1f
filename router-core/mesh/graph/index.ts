/**
 * Who is how far from whom, in which direction, and the next hops that follow.
 *
 * @module
 */
export { INFINITE_SECONDS } from './constants.ts';
export { DampingFilter } from './damping-filter.ts';
export type { DistanceMaps } from './distance-table.ts';
export {
  type GraphNews,
  type GraphSettings,
  LatencyGraph,
  type LatencyReport,
  type ReportRefusal,
} from './latency-graph.ts';
export { DAMPING_RADIUS_MAX, GRAPH_NODES_MAX } from './limits.ts';
export type { ManualLatency } from './manual-latency.ts';
export {
  type NextHopMaps,
  NextHopTable,
  readNextHopTable,
  type TableDifference,
  type TableProblem,
} from './next-hop-table.ts';
export type { JitterTolerance } from './should-update.ts';
