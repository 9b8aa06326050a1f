/**
 * Bounds of the route side, and why they are what they are.
 *
 * Not standardized; BGP specification §6.4, §6.5, §14.1 and §15.
 *
 * @module
 */
import { milliseconds, seconds } from '../../base/units.ts';

/** Input that pauses for so long has ended, and is decided. */
export const COALESCE_TIME = milliseconds(15);
/** It is decided at the latest after this; §6.5 allows 10 to 50 ms. */
export const BURST_TIME = milliseconds(50);
/**
 * A burst that goes on is decided again after twice as long each time, up to this: what is still changing
 * is told less often (RFC 4271 §9.2.1.1 would wait for 30 s, FRR waits for 1 s).
 */
export const BURST_TIME_MAX = milliseconds(200);
/**
 * How soon next hops that are looked up follow a change of the tables; each look goes through all routes of
 * the neighbors over several hops.
 */
export const RESOLVE_INTERVAL = seconds(1);
/** So many prefixes nobody was told of yet are worth deciding at once, burst or not: about 10 ms of work. */
export const DIRTY_HIGH_WATER = 8192;
/** Prefixes per call of `runPending` unless told otherwise: 2 to 4 ms on a small machine. */
export const SLICE_PREFIXES = 4096;
/** Prefixes decided and encoded together; larger batches pack better, smaller ones yield sooner. */
export const BATCH_PREFIXES = 2048;
export const BATCH_PREFIXES_MIN = 128;
/** Of the first batch; each is twice as large as the one before, up to those. */
export const BATCH_PREFIXES_FIRST = 16;

/** RFC 7313 §4: a refresh that does not end is ended by us. */
export const REFRESH_STALE_TIME = seconds(120);

/** A longer path is rejected by every policy: nobody in DN42 is that far away. */
export const PATH_ASNS_MAX = 50;
/** Of each kind; beyond it the route is treated as withdrawn. */
export const COMMUNITIES_MAX = 200;
/** Unknown transitive attributes that are kept and passed on per route. */
export const UNKNOWN_ATTRIBUTES_MAX = 16;
export const UNKNOWN_ATTRIBUTE_BYTES_MAX = 1024;

/**
 * Paths of one prefix from one neighbor (RFC 7911): more than any network has borders. The decision
 * looks at every one of them, so this bounds what one neighbor's word can cost.
 */
export const PATHS_PER_NEIGHBOR_MAX = 64;
/** Of all neighbors together; beyond it only the first path of a neighbor is kept. */
export const PATHS_PER_PREFIX_MAX = 4096;

/**
 * Routes are kept although rejected, so that their owner sees why; the import limit counts accepted
 * ones only. A neighbor's kept routes, rejected ones included, end at this multiple of the limit.
 */
export const KEPT_PER_LIMIT = 4;
/** And at no less than this, so that a limit of 10 still shows what is wrong. */
export const KEPT_MIN = 1000;

/**
 * The longest that routes of a neighbor are kept while it is away, whatever it announced: it may say
 * 4,095 s, and what it forwards by old tables for so long is wrong more often than right.
 */
export const RESTART_TIME_MAX = seconds(300);
/** And the longest that a neighbor that is back may take to say again what it had. */
export const RESTART_STALE_TIME = seconds(120);

/** Encoded messages waiting for slow neighbors, all together; beyond it the slowest is cut loose. */
export const OUTBOX_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Octets of attribute sets, all together: twenty tables of the Internet. Within its import limit, rejected
 * routes included, one neighbor can tell nearly as much, if each route has all communities it may have;
 * beyond it the neighbor that holds most goes.
 */
export const ATTRIBUTE_BYTES_MAX = 512 * 1024 * 1024;

/** Malformed messages remembered per neighbor, and octets of each. */
export const MALFORMED_KEPT = 32;
export const MALFORMED_BYTES_MAX = 4096;

/**
 * Changes of best paths remembered per family: a day and more of a quiet table, in 0.3 MB for both. A
 * whole table that is learnt anew goes once round, so the newest changes are always there.
 */
export const HISTORY_CHANGES = 4096;

/** Neighbors of one node; two octets number them in a path row, and two numbers are not neighbors. */
export const SOURCES_MAX = 65534;
