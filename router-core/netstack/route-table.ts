/**
 * The forwarding table: from a destination to the interface it leaves by.
 *
 * Not standardized; RFC 1812 §5.2.4.3 (longest match). Written by one owner: best paths of BGP and the
 * host routes of tunnels. How a family's table works and may be shared stands in prefix-table.ts.
 *
 * @module
 */
import type { IpFamily } from '../base/ip-address.ts';
import type { InterfaceId } from '../base/units.ts';
import type { RoutingPlane } from '../packet/index.ts';
import { ROUTE_TABLE_WORDS_MAX } from './limits.ts';
import { createPrefixTable, type PrefixTable } from './prefix-table.ts';

export interface RouteTable {
  /** Sets or replaces a route; false, with nothing changed, when the table is full. */
  set(
    family: IpFamily,
    bytes: Uint8Array,
    offset: number,
    length: number,
    out: InterfaceId,
  ): boolean;
  /** Whether the route was there. */
  remove(family: IpFamily, bytes: Uint8Array, offset: number, length: number): boolean;
  /** Returns the InterfaceId, or NONE. */
  lookup4(bytes: Uint8Array, offset: number): number;
  lookup6(bytes: Uint8Array, offset: number): number;
  /** Removes every route that leaves by this interface; takes time in proportion to the table. */
  removeInterface(out: InterfaceId): void;
  readonly size: { readonly 4: number; readonly 6: number };
}

/** Creates an empty table; with a plane it is built in the plane's memory. */
export function createRouteTable(
  wordsMax: number = ROUTE_TABLE_WORDS_MAX,
  plane?: Pick<RoutingPlane, 'routeWords'>,
): RouteTable {
  const table4 = createPrefixTable(4, wordsMax, plane?.routeWords(4));
  const table6 = createPrefixTable(16, wordsMax, plane?.routeWords(6));
  const tableOf = (family: IpFamily): PrefixTable => (family === 4 ? table4 : table6);

  return {
    set: (family, bytes, offset, length, out) => tableOf(family).set(bytes, offset, length, out),
    remove: (family, bytes, offset, length) => tableOf(family).remove(bytes, offset, length),
    lookup4: table4.lookup,
    lookup6: table6.lookup,
    removeInterface(out) {
      removeResult(table4, out);
      removeResult(table6, out);
    },
    size: {
      get 4() {
        return table4.size();
      },
      get 6() {
        return table6.size();
      },
    },
  };
}

function removeResult(table: PrefixTable, result: number): void {
  const prefixes: { bytes: Uint8Array; length: number }[] = [];
  table.forEach((bytes, length, found) => {
    if (found === result) prefixes.push({ bytes: bytes.slice(), length });
  });
  for (const prefix of prefixes) table.remove(prefix.bytes, 0, prefix.length);
}
