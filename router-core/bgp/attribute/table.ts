/**
 * Path attributes: numbers, names, flags, and how hard an error in one is taken.
 *
 * Standard: RFC 4271 §4.3 and §5, RFC 7606 §3 and §7; IANA "BGP Path Attributes".
 *
 * A new attribute is one row here, its check in update/attribute-checks.ts and its words in
 * decode.ts.
 *
 * @module
 */

export const ORIGIN = 1;
export const AS_PATH = 2;
export const NEXT_HOP = 3;
export const MULTI_EXIT_DISC = 4;
export const LOCAL_PREF = 5;
export const ATOMIC_AGGREGATE = 6;
export const AGGREGATOR = 7;
export const COMMUNITIES = 8;
export const ORIGINATOR_ID = 9;
export const CLUSTER_LIST = 10;
export const MP_REACH_NLRI = 14;
export const MP_UNREACH_NLRI = 15;
export const EXTENDED_COMMUNITIES = 16;
export const AS4_PATH = 17;
export const AS4_AGGREGATOR = 18;
export const AIGP = 26;
export const LARGE_COMMUNITIES = 32;
export const ONLY_TO_CUSTOMER = 35;

/** Attribute flags (RFC 4271 §4.3). The four low bits are ignored on receipt and sent as 0. */
export const OPTIONAL = 0x80;
export const TRANSITIVE = 0x40;
export const PARTIAL = 0x20;
export const EXTENDED_LENGTH = 0x10;

const WELL_KNOWN = TRANSITIVE;
const OPTIONAL_TRANSITIVE = OPTIONAL | TRANSITIVE;

type Row = { type: number; name: string; flags: number; onError: 'withdraw' | 'discard' };
const ROWS: readonly Row[] = [
  { type: ORIGIN, name: 'ORIGIN', flags: WELL_KNOWN, onError: 'withdraw' },
  { type: AS_PATH, name: 'AS_PATH', flags: WELL_KNOWN, onError: 'withdraw' },
  { type: NEXT_HOP, name: 'NEXT_HOP', flags: WELL_KNOWN, onError: 'withdraw' },
  { type: MULTI_EXIT_DISC, name: 'MULTI_EXIT_DISC', flags: OPTIONAL, onError: 'withdraw' },
  { type: LOCAL_PREF, name: 'LOCAL_PREF', flags: WELL_KNOWN, onError: 'withdraw' },
  { type: ATOMIC_AGGREGATE, name: 'ATOMIC_AGGREGATE', flags: WELL_KNOWN, onError: 'discard' },
  { type: AGGREGATOR, name: 'AGGREGATOR', flags: OPTIONAL_TRANSITIVE, onError: 'discard' },
  { type: COMMUNITIES, name: 'COMMUNITIES', flags: OPTIONAL_TRANSITIVE, onError: 'withdraw' },
  { type: ORIGINATOR_ID, name: 'ORIGINATOR_ID', flags: OPTIONAL, onError: 'withdraw' },
  { type: CLUSTER_LIST, name: 'CLUSTER_LIST', flags: OPTIONAL, onError: 'withdraw' },
  { type: MP_REACH_NLRI, name: 'MP_REACH_NLRI', flags: OPTIONAL, onError: 'withdraw' },
  { type: MP_UNREACH_NLRI, name: 'MP_UNREACH_NLRI', flags: OPTIONAL, onError: 'withdraw' },
  {
    type: EXTENDED_COMMUNITIES,
    name: 'EXTENDED_COMMUNITIES',
    flags: OPTIONAL_TRANSITIVE,
    onError: 'withdraw',
  },
  { type: AS4_PATH, name: 'AS4_PATH', flags: OPTIONAL_TRANSITIVE, onError: 'discard' },
  { type: AS4_AGGREGATOR, name: 'AS4_AGGREGATOR', flags: OPTIONAL_TRANSITIVE, onError: 'discard' },
  { type: AIGP, name: 'AIGP', flags: OPTIONAL, onError: 'discard' },
  {
    type: LARGE_COMMUNITIES,
    name: 'LARGE_COMMUNITIES',
    flags: OPTIONAL_TRANSITIVE,
    onError: 'withdraw',
  },
  {
    type: ONLY_TO_CUSTOMER,
    name: 'ONLY_TO_CUSTOMER',
    flags: OPTIONAL_TRANSITIVE,
    onError: 'withdraw',
  },
];

/** By type: the flags a known attribute is sent with, 0 for one we do not know. */
export const ATTRIBUTE_FLAGS: Uint8Array = new Uint8Array(256);
/** By type: 1 when an error discards the attribute instead of withdrawing the route. */
export const IS_DISCARD_CLASS: Uint8Array = new Uint8Array(256);
for (const row of ROWS) {
  ATTRIBUTE_FLAGS[row.type] = row.flags;
  IS_DISCARD_CLASS[row.type] = row.onError === 'discard' ? 1 : 0;
}

/** Returns the standard's name of an attribute, or `attribute 200`. */
export const attributeName = (type: number): string =>
  ROWS.find((row) => row.type === type)?.name ?? `attribute ${type}`;
