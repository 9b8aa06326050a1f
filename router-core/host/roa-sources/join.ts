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

export type JoinedTable = {
  /** Undefined: no source has had a table yet. */
  readonly roas: readonly Roa[] | undefined;
  /** By source: whether its table is in it. */
  readonly isInUse: readonly boolean[];
};

/** Joins the tables; equal authorizations stand in it once. */
export function joinTables(sources: readonly PreferredState[]): JoinedTable {
  const withTable = sources.filter(({ table }) => table !== undefined);
  const fresh = withTable.filter(({ isExpired }) => !isExpired);
  const candidates = fresh.length > 0 ? fresh : withTable;
  const best = Math.min(...candidates.map(({ preference }) => preference));
  const used = new Set(candidates.filter(({ preference }) => preference === best));
  const isInUse = sources.map((source) => used.has(source));
  if (used.size === 0) return { roas: undefined, isInUse };
  const joined = new Map<string, Roa>();
  for (const { table } of used) {
    for (const roa of table?.roas ?? []) joined.set(keyOf(roa), roa);
  }
  return { roas: [...joined.values()], isInUse };
}

/** Whether both authorize the same, in whatever order. */
export function equalTables(a: readonly Roa[] | undefined, b: readonly Roa[] | undefined): boolean {
  if (a === b) return true;
  if (a?.length !== b?.length || a === undefined || b === undefined) return false;
  const keys = new Set(a.map(keyOf));
  return b.every((roa) => keys.has(keyOf(roa)));
}

const keyOf = ({ prefix, maxLength, asn }: Roa): string =>
  `${formatIpPrefix(prefix)} ${maxLength} ${asn}`;
