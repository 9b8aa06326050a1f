/**
 * Options of a session that concern routes: what they mean and what holds when nobody says otherwise.
 *
 * Standard: RFC 4271 §9 (loop detection, first AS), §5.1.3 (next hops); RFC 6996 (private AS numbers);
 * RFC 4486 §4 (limits). BGP specification §6.7 has the exact meanings.
 *
 * Each family of a session has options of its own; what is said for the session is in both.
 *
 * @module
 */
import type { Family } from '../types.ts';

export const PREFIX_LIMIT_ACTIONS = ['warn', 'block', 'restart', 'disable'] as const;
/**
 * What happens beyond a limit. `warn`: it is said. `block`: new prefixes wait until there is room.
 * `restart`, `disable`: the session ends (Cease 6/1), for a while or until the operator's next word.
 */
export type PrefixLimitAction = (typeof PREFIX_LIMIT_ACTIONS)[number];

/** How many prefixes of a family a neighbor may have here. */
export type PrefixLimit = {
  /** Before policy; absent: as many as are kept at all. */
  readonly received?: number;
  /** After policy; absent: the neighbor's import limit. */
  readonly accepted?: number;
  readonly action: PrefixLimitAction;
  /** From this share of a limit on, it is said. */
  readonly warnAtPercent: number;
};

export const PREFIX_LIMIT_DEFAULTS: PrefixLimit = { action: 'block', warnAtPercent: 80 };

export const PRIVATE_AS_REMOVALS = ['all', 'if-all-private'] as const;
/** Private AS numbers leave outgoing paths: always, or when the path holds nothing else. */
export type PrivateAsRemoval = (typeof PRIVATE_AS_REMOVALS)[number];

export const NEXT_HOP_SELF = ['always', 'external-only', 'off'] as const;
/**
 * Whose next hop an internal neighbor is told: ours always; ours for what external neighbors told us, so
 * that reflected routes keep theirs; the received one. External neighbors are told ours.
 */
export type NextHopSelf = (typeof NEXT_HOP_SELF)[number];

export type RouteOptions = {
  /** Own AS numbers a received path may hold. */
  readonly allowasIn: number;
  /** A path of an external neighbor begins with its AS. */
  readonly enforceFirstAs: boolean;
  /** The AS number we speak for on this session, another than our own, is prepended to what comes in. */
  readonly prependsLocalAs: boolean;
  /** Our own AS, shown behind that number in outgoing paths; 0: it is not. */
  readonly showsAs: number;
  /** The neighbor's AS in outgoing paths becomes ours, and no longer keeps a route from it. */
  readonly asOverride: boolean;
  readonly removePrivateAs: PrivateAsRemoval | 'off';
  readonly nextHopSelf: NextHopSelf;
  /** External neighbors, too, are told the received next hop. */
  readonly nextHopKeep: boolean;
  /** 0.0.0.0/0 or ::/0 of our own for this neighbor alone, whatever the table says. */
  readonly defaultOriginate: boolean;
  /** The neighbor may have packets to prefixes of its own discarded, however long they are (RFC 7999). */
  readonly blackhole: boolean;
  /** Rejected routes are kept, with the reason; without, a change of policy asks for them again. */
  readonly importTable: boolean;
  readonly prefixLimit: PrefixLimit;
};

export const ROUTE_OPTION_DEFAULTS: RouteOptions = {
  allowasIn: 0,
  enforceFirstAs: true,
  prependsLocalAs: false,
  showsAs: 0,
  asOverride: false,
  removePrivateAs: 'off',
  nextHopSelf: 'always',
  nextHopKeep: false,
  defaultOriginate: false,
  blackhole: false,
  importTable: true,
  prefixLimit: PREFIX_LIMIT_DEFAULTS,
};

/** By family, what differs from the defaults. */
export type FamilyOptions = Readonly<Partial<Record<Family, Partial<RouteOptions>>>>;

/** Returns the options of one family, all of them. */
export const routeOptionsOf = (
  options: FamilyOptions | undefined,
  family: Family,
): RouteOptions => ({
  ...ROUTE_OPTION_DEFAULTS,
  ...options?.[family],
});

/**
 * Whether routes must be told anew to us: what they became on their way in is stored, or they were not
 * kept.
 */
export function needsRefresh(before: RouteOptions, after: RouteOptions): boolean {
  if (before.prependsLocalAs !== after.prependsLocalAs) return true;
  if (!before.importTable && after.importTable) return true;
  const isJudgedOtherwise =
    before.allowasIn !== after.allowasIn ||
    before.enforceFirstAs !== after.enforceFirstAs ||
    before.blackhole !== after.blackhole;
  return !after.importTable && isJudgedOtherwise;
}
