/**
 * Options of a peering's BGP sessions as people write them, and as they are shown.
 *
 * Not standardized; docs/sessions.md, BGP specification §6.7. Rules and effects are session-options.ts's.
 *
 * @module
 */
import type {
  Family,
  NextHopSelf,
  PrefixLimitAction,
  PrivateAsRemoval,
  RouteOptions,
} from '../bgp/options.ts';

/** Prefixes a neighbor may have here, per family. */
export type PrefixLimitSettings = {
  /** Before policy. */
  readonly received?: number;
  /** After policy; absent: `importLimit`. */
  readonly accepted?: number;
  /** Absent: `block`. */
  readonly action?: PrefixLimitAction;
  /** Seconds, with `restart`; absent: 300. */
  readonly restartAfter?: number;
  /** Percent; absent: 80. */
  readonly warnAt?: number;
};

/** Options that each family may have for itself. */
export type FamilySessionOptions = {
  readonly allowasIn?: number;
  readonly nextHopSelf?: NextHopSelf;
  readonly nextHopKeep?: boolean;
  readonly defaultOriginate?: boolean;
  readonly importTable?: boolean;
  readonly prefixLimit?: PrefixLimitSettings;
};

/** Neighbors that come by themselves: from where, of which ASes, how many at once. */
export type DynamicNeighborSettings = {
  readonly range: string;
  readonly asns: readonly number[];
  readonly max?: number;
};

export type SessionOptions = FamilySessionOptions & {
  /** One line for people. */
  readonly description?: string;
  /** Our end of the session over IPv4; absent: the node's first IPv4 address. */
  readonly sourceAddress?: string;
  /** Its router stands behind others: the hop limit of our segments, 2 to 255. */
  readonly multihop?: number;
  readonly localAs?: {
    readonly asn: number;
    readonly noPrepend?: boolean;
    readonly replaceAs?: boolean;
  };
  readonly removePrivateAs?: PrivateAsRemoval;
  readonly asOverride?: boolean;
  readonly enforceFirstAs?: boolean;
  /** Routes with BLACKHOLE (RFC 7999) may be longer than others, and what is sent there is discarded. */
  readonly blackhole?: boolean;
  /** Seconds, 0: neither hold timer nor keepalives. */
  readonly holdTime?: number;
  /** Seconds; absent: a third of the hold time. */
  readonly keepaliveTime?: number;
  /** Seconds between dials, at first. */
  readonly connectRetryTime?: number;
  readonly ipv4?: FamilySessionOptions;
  readonly ipv6?: FamilySessionOptions;
  readonly dynamicNeighbors?: DynamicNeighborSettings;
};

/**
 * What a change does to established sessions. `hot`: nothing. `refresh`: routes are judged or told anew,
 * and asked for where they were not kept. `restart`: Cease 6/6, and up again.
 */
export type OptionEffect = 'hot' | 'refresh' | 'restart';

/** The prefix limit of one family, defaults filled in. */
export type PrefixLimitInForce = Required<Omit<PrefixLimitSettings, 'received'>> &
  Pick<PrefixLimitSettings, 'received'>;

/** Session options as they are in force, defaults filled in. */
export type OptionsInForce = {
  readonly description: string | null;
  /** Null: it is at the other end of the tunnel. */
  readonly multihop: number | null;
  /** The AS number we speak for. */
  readonly localAs: number;
  readonly holdTime: number;
  readonly keepaliveTime: number;
  readonly connectRetryTime: number;
  readonly families: Readonly<Partial<Record<Family, FamilyOptionsInForce>>>;
};

type FamilyOptionsInForce = Omit<RouteOptions, 'prefixLimit' | 'prependsLocalAs' | 'showsAs'> & {
  readonly prefixLimit: PrefixLimitInForce;
};
