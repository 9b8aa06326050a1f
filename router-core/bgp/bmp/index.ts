/**
 * BMP: what the router may use.
 *
 * @module
 */
export { type BmpIdentity, BmpMonitor } from './monitor.ts';
export { BMP_VIEWS, type BmpView } from './route-feed.ts';
export type { StationConfig, StationConnection, StationPort, StationView } from './station.ts';
