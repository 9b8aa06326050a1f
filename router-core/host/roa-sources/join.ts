/**
 * One table from several sources.
 *
 * Standard: RFC 8210 §10 (caches by preference; several of the same are joined).
 *
 * The most preferred sources that have a table that is not expired are joined, the others wait. When all
 * are expired the most preferred of them stay in use: a table that is old refuses less than none.
 *
 * @module
 */
import { formatIpPrefix } from '../../base/ip-address.ts';
import type { Roa } from '../../router/index.ts';
import type { SourceState } from './source.ts';

export type PreferredState = SourceState & { readonly preference: number };

/** Returns by source whether its table is to be used. */
export function chooseSources(sources: readonly PreferredState[]): boolean[] {
  const withTable = sources.filter(({ table }) => table !== undefined);
  const fresh = withTable.filter(({ isExpired }) => !isExpired);
  const candidates = new Set(fresh.length > 0 ? fresh : withTable);
  const best = Math.min(...[...candidates].map(({ preference }) => preference));
  return sources.map((source) => candidates.has(source) && source.preference === best);
}

/** Returns what any of the tables authorizes, each authorization once. */
export function joinTables(tables: readonly (readonly Roa[])[]): readonly Roa[] {
  const joined = new Map<string, Roa>();
  for (const table of tables) for (const roa of table) joined.set(keyOf(roa), roa);
  return [...joined.values()];
}

/** Whether both authorize the same, in whatever order. */
export function equalTables(a: readonly Roa[], b: readonly Roa[]): boolean {
  if (a.length !== b.length) return false;
  const keys = new Set(a.map(keyOf));
  return b.every((roa) => keys.has(keyOf(roa)));
}

const keyOf = ({ prefix, maxLength, asn }: Roa): string =>
  `${formatIpPrefix(prefix)} ${maxLength} ${asn}`;
