/**
 * Bounds of policy documents and of what they do, and why they are what they are.
 *
 * Not standardized; BGP specification §13.2 and §15.
 *
 * @module
 */

/** Far above what people write by hand; a rule costs at most some microseconds per set of attributes. */
export const RULES_MAX = 200;
export const POLICIES_MAX = 64;
export const SETS_MAX = 128;
/** A generated list of all prefixes of DN42 fits; it is searched by length, not in order. */
export const SET_ENTRIES_MAX = 20_000;
/** Policies one after the other, and groups of one peering. */
export const CHAIN_MAX = 8;
export const GROUPS_MAX = 64;
export const PARAMETERS_MAX = 64;
/** Conditions in conditions: deeper than this nobody reads. */
export const CONDITION_DEPTH_MAX = 4;
/** Of one rule; longer paths win nothing and are refused elsewhere. */
export const PREPEND_MAX = 10;
/** Rules make no route larger than this: an attribute has at most 65,535 octets, and a message fewer. */
export const ADDED_COMMUNITIES_MAX = 1000;
export const PREPENDED_ASNS_MAX = 1000;
/** Results remembered per program: 90 kB, and most of what one neighbor tells. A power of two. */
export const RESULTS_REMEMBERED = 4096;
