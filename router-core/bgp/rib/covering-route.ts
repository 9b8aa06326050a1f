/**
 * Where packets to an address go by what neighbors at the other end of a tunnel told us.
 *
 * Standard: RFC 4271 §9.1.2.1 (the longest match resolves a next hop; routes never resolve each other in a
 * circle).
 *
 * Invariant: what was learnt over several hops resolves nothing, so no answer depends on another one.
 *
 * @module
 */
import type { IpAddress } from '../../base/ip-address.ts';
import { NONE } from '../../base/units.ts';
import { u8, u16, u32 } from './columns.ts';
import type { Decision } from './decision.ts';
import type { FamilyRib } from './family-rib.ts';
import type { NextHopRoute } from './next-hop-resolution.ts';
import { OWN, type SourceTable } from './source-table.ts';

/** Returns the longest match for an address; undefined: there is none. Loads other prefixes into the table. */
export function coveringRoute(
  rib: FamilyRib,
  decision: Decision,
  sources: SourceTable,
  { bytes }: IpAddress,
): NextHopRoute | undefined {
  const { prefixes, paths } = rib;
  for (let length = bytes.length * 8; length >= 0; length--) {
    prefixes.loadBytes(bytes, 0, bytes.length, length);
    const prefix = prefixes.find();
    const row = prefix === 0 ? -1 : bestOfNear(rib, decision, sources, prefix);
    if (row === -1) continue;
    const source = u16(paths.source, row);
    // Packets to a prefix of our own end here.
    const out = source === OWN ? NONE : rib.resolution.outOf(source, u32(paths.attributes, row));
    return { out, length };
  }
  return undefined;
}

/** The path the decision would choose if nobody stood behind other routers; -1: there is none. */
function bestOfNear(
  rib: FamilyRib,
  decision: Decision,
  sources: SourceTable,
  prefix: number,
): number {
  const { paths } = rib;
  const first = paths.first(prefix);
  const end = first + u16(paths.count, prefix);
  const near = new Uint32Array(end - first);
  let count = 0;
  for (let row = first; row < end; row++) {
    if (u8(sources.isMultihop, u16(paths.source, row)) === 1) continue;
    if (decision.isEligible(paths, row)) near[count++] = row;
  }
  if (count === 0) return -1;
  decision.rank(paths, near, count, 1);
  return u32(near, 0);
}
