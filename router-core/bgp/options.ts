/**
 * What may be said of a session, without the engine that does it: for rules that run in browsers too.
 *
 * The second door of the room; everything here is values and types.
 *
 * @module
 */
export { CONNECT_RETRY_SECONDS_DEFAULT, HOLD_TIME_SECONDS_DEFAULT } from './constants.ts';
export {
  type FamilyOptions,
  NEXT_HOP_SELF,
  type NextHopSelf,
  PREFIX_LIMIT_ACTIONS,
  PREFIX_LIMIT_DEFAULTS,
  PRIVATE_AS_REMOVALS,
  type PrefixLimitAction,
  type PrivateAsRemoval,
  type RouteOptions,
  routeOptionsOf,
} from './routes/route-options.ts';
export { FAMILIES, type Family } from './types.ts';
