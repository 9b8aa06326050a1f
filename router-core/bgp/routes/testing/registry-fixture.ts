/**
 * The registry fixture as the route side takes it: ROA table and filter rows.
 *
 * For tests only.
 *
 * @module
 */
import { type IpPrefix, parseIpPrefix } from '../../../base/ip-address.ts';
import type { PrefixFilterRow, PrefixFilters } from '../../policy/prefix-filter.ts';
import filters from '../../roa/fixtures/filters.json';
import table from '../../roa/fixtures/roa.json';
import type { Roa } from '../../roa/roa-table.ts';

export const FIXTURE_ROAS: readonly Roa[] = table.roas.map((roa) => ({
  prefix: parseIpPrefix(roa.prefix) as IpPrefix,
  maxLength: roa.maxLength,
  asn: Number(roa.asn.slice(2)),
}));

export const FIXTURE_FILTERS: PrefixFilters = {
  ipv4: filters.ipv4.map(filterRow),
  ipv6: filters.ipv6.map(filterRow),
};

/** Reads `1100 permit 172.20.0.0/14 21 29`. */
function filterRow(line: string): PrefixFilterRow {
  const [number, action, prefix, min, max] = line.split(' ');
  return {
    number: Number(number),
    action: action === 'permit' ? 'permit' : 'deny',
    prefix: parseIpPrefix(prefix ?? '') as IpPrefix,
    minLength: Number(min),
    maxLength: Number(max),
  };
}
