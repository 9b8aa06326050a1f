/**
 * The ROA table and the prefix filters of an index, for the routes and for publishing.
 *
 * Not standardized; see roa.ts for how the rows came about.
 *
 * @module
 */
import { type IpPrefix, parseIpPrefix } from '../base/ip-address.ts';
import type { Asn } from '../base/units.ts';
import type { FilterRow, PrefixFilters } from './filters.ts';
import type { IndexedFilterRow, RegistryIndex } from './registry-index.ts';
import type { Roa } from './roa.ts';

/** Returns the ROAs, ordered by object. */
export const roaTable = (index: RegistryIndex): readonly Roa[] =>
  index.roas.flatMap(([text, maxLength, asn]) =>
    withPrefix(text, (prefix) => ({ prefix, maxLength, asn: asn as Asn })),
  );

/** Returns the filter rows in force, in the order in which they are asked. */
export const prefixFilters = (index: RegistryIndex): PrefixFilters => ({
  ipv4: index.filters.ipv4.flatMap(filterRow),
  ipv6: index.filters.ipv6.flatMap(filterRow),
});

const filterRow = ([number, action, text, minLength, maxLength]: IndexedFilterRow): FilterRow[] =>
  withPrefix(text, (prefix) => ({ number, action, prefix, minLength, maxLength }));

/** An index file could have been edited: what does not parse is no row. */
function withPrefix<Row>(text: string, make: (prefix: IpPrefix) => Row): Row[] {
  const prefix = parseIpPrefix(text);
  return prefix === undefined ? [] : [make(prefix)];
}
