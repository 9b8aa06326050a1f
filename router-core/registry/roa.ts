/**
 * Route origin authorizations from route objects.
 *
 * Standard: RFC 6482 §3 (what a ROA says); how DN42 derives them: portal specification §2, which is
 * the behavior of registry_wizard. dn42regsrv matches filter rows by network address only and
 * ignores a `max-length` below a row's minimum; ours is the tighter of the two.
 *
 * A prefix shorter than the row's minimum still yields a ROA: its own length is the import filter's
 * matter.
 *
 * @module
 */
import { asnFromNumber } from '../base/asn.ts';
import { type IpPrefix, parseIpPrefix } from '../base/ip-address.ts';
import type { Asn } from '../base/units.ts';
import { decidingRow, type FilterRow } from './filters.ts';
import { firstValueOf, type RpslObject, valuesOf } from './rpsl.ts';

export type Roa = { readonly prefix: IpPrefix; readonly maxLength: number; readonly asn: Asn };

export const ROUTE_DROP_REASONS = [
  'NO_ORIGIN',
  'BAD_ORIGIN',
  'FILE_NAME',
  'BAD_PREFIX',
  'BAD_MAX_LENGTH',
  'DENIED_BY_FILTER',
  'TOO_LONG',
] as const;
/** Why a route object yields no ROA. */
export type RouteDropReason = (typeof ROUTE_DROP_REASONS)[number];

/** Returns the ROAs of one `route` or `route6` object, or the first reason against it. */
export function roasOfRoute(
  kind: 'route' | 'route6',
  fileName: string,
  object: RpslObject,
  filter: readonly FilterRow[],
): Roa[] | RouteDropReason {
  const origins = valuesOf(object, 'origin');
  if (origins.length === 0) return 'NO_ORIGIN';
  const asns = origins.map(parseOrigin);
  if (asns.includes(undefined)) return 'BAD_ORIGIN';

  const text = firstValueOf(object, kind) ?? '';
  if (fileName.replaceAll('_', '/') !== text) return 'FILE_NAME';

  const prefix = parseIpPrefix(text);
  if (prefix?.family !== (kind === 'route' ? 4 : 6)) return 'BAD_PREFIX';

  const maxLengthText = firstValueOf(object, 'max-length');
  if (maxLengthText !== undefined && !/^[0-9]{1,9}$/.test(maxLengthText)) return 'BAD_MAX_LENGTH';

  const row = decidingRow(filter, prefix);
  if (row?.action !== 'permit') return 'DENIED_BY_FILTER';

  const maxLength =
    maxLengthText === undefined
      ? row.maxLength
      : Math.min(Math.max(Number(maxLengthText), row.minLength), row.maxLength);
  if (prefix.length > maxLength) return 'TOO_LONG';

  const unique = [...new Set(asns as Asn[])].sort((a, b) => a - b);
  return unique.map((asn) => ({ prefix, maxLength, asn }));
}

/** Reads `AS4242426001`; bare numbers are refused (rule 1). */
export function parseOrigin(text: string): Asn | undefined {
  const digits = /^AS([0-9]{1,10})$/.exec(text)?.[1];
  return digits === undefined ? undefined : asnFromNumber(Number(digits));
}
