/**
 * Tables for asking a registry index, made once per index when it is first asked.
 *
 * Not standardized. Kept in a WeakMap beside the index, not in it: the index stays plain data that
 * can be written to a file or sent to another thread, and the tables go when it goes.
 *
 * @module
 */
import {
  formatIpPrefix,
  type IpAddress,
  type IpPrefix,
  parseIpPrefix,
} from '../base/ip-address.ts';
import { PrefixTrie } from '../base/prefix-trie.ts';
import type {
  IndexedContact,
  IndexedHolder,
  IndexedKeyCert,
  IndexedMaintainer,
  IndexedNetwork,
  IndexedRoute,
  RegistryIndex,
} from './registry-index.ts';

/** Rows by name: exactly first, then by any case if that is unambiguous (specification §1.2). */
export class NameTable<Row> {
  private readonly exact = new Map<string, Row>();
  private readonly anyCase = new Map<string, Row | 'ambiguous'>();

  constructor(rows: readonly Row[], nameOf: (row: Row) => string) {
    for (const row of rows) {
      const name = nameOf(row);
      this.exact.set(name, row);
      const lower = name.toLowerCase();
      this.anyCase.set(lower, this.anyCase.has(lower) ? 'ambiguous' : row);
    }
  }

  get(name: string): Row | undefined {
    const row = this.exact.get(name) ?? this.anyCase.get(name.toLowerCase());
    return row === 'ambiguous' ? undefined : (row as Row | undefined);
  }
}

export type Lookup = {
  readonly networks: ReadonlyMap<number, IndexedNetwork>;
  readonly maintainers: NameTable<IndexedMaintainer>;
  readonly persons: NameTable<IndexedContact>;
  readonly roles: NameTable<IndexedContact>;
  readonly keyCerts: NameTable<IndexedKeyCert>;
  readonly organisations: NameTable<readonly [handle: string, name: string]>;
  readonly holders: PrefixTrie<IndexedHolder>;
  readonly routes: PrefixTrie<IndexedRoute>;
  /** AS numbers by lower-case name in their `mnt-by`. */
  readonly asnsByMaintainer: ReadonlyMap<string, readonly number[]>;
  /** Problem codes by object path. */
  readonly problems: ReadonlyMap<string, readonly string[]>;
};

const lookups = new WeakMap<RegistryIndex, Lookup>();

/** Returns the tables of an index; the same object each time. */
export function lookupOf(index: RegistryIndex): Lookup {
  let lookup = lookups.get(index);
  if (lookup === undefined) {
    lookup = buildLookup(index);
    lookups.set(index, lookup);
  }
  return lookup;
}

function buildLookup(index: RegistryIndex): Lookup {
  const asnsByMaintainer = new Map<string, number[]>();
  for (const network of index.networks) {
    for (const name of network.mntBy.map((m) => m.toLowerCase())) {
      const asns = asnsByMaintainer.get(name);
      if (asns === undefined) asnsByMaintainer.set(name, [network.asn]);
      else if (asns.at(-1) !== network.asn) asns.push(network.asn);
    }
  }
  return {
    networks: new Map(index.networks.map((n) => [n.asn, n])),
    maintainers: new NameTable(index.maintainers, (m) => m.name),
    persons: new NameTable(
      index.contacts.filter((c) => c.kind === 'person'),
      (c) => c.handle,
    ),
    roles: new NameTable(
      index.contacts.filter((c) => c.kind === 'role'),
      (c) => c.handle,
    ),
    keyCerts: new NameTable(index.keyCerts, (k) => k.name),
    organisations: new NameTable(index.organisations, ([handle]) => handle),
    holders: trieOf(index.holders),
    routes: trieOf(index.routes),
    asnsByMaintainer,
    problems: new Map(index.problems),
  };
}

function trieOf<Row extends { readonly prefix: string }>(rows: readonly Row[]): PrefixTrie<Row> {
  const trie = new PrefixTrie<Row>();
  for (const row of rows) {
    const prefix = parseIpPrefix(row.prefix);
    if (prefix !== undefined) trie.set(prefix, row);
  }
  return trie;
}

/** Returns the object's path in the registry, e.g. `inetnum/172.21.128.0_27`. */
export function objectPath(kind: 'holder' | 'route', prefix: IpPrefix): string {
  const name = formatIpPrefix(prefix).replace('/', '_');
  if (kind === 'route') return `${prefix.family === 4 ? 'route' : 'route6'}/${name}`;
  return `${prefix.family === 4 ? 'inetnum' : 'inet6num'}/${name}`;
}

/** The most specific entries that cover an address, longest first. */
export const coveringAddress = <Row>(
  trie: PrefixTrie<Row>,
  address: IpAddress,
): { prefix: IpPrefix; value: Row }[] =>
  trie.covering({ ...address, length: address.bytes.length * 8 }).reverse();
