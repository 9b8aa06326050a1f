/**
 * Builds the registry index from the files of a registry.
 *
 * Not standardized; portal specification §1. Paths are those below `data/`: `aut-num/AS4242426001`,
 * `filter.txt`. The file's name is the object's primary key; an object that says it is another is
 * left out, so that a damaged or crafted file is nobody instead of somebody else.
 *
 * Invariants
 * - Never throws for what a file holds; each fault is a row of `problems`.
 * - The result does not depend on the order in which files come, unless a limit is reached.
 *
 * @module
 */
import { formatIpPrefix, type IpPrefix, parseIpPrefix } from '../base/ip-address.ts';
import { printable } from '../base/printable.ts';
import type { Asn } from '../base/units.ts';
import { type FilterRow, parseFilterRows } from './filters.ts';
import {
  MAX_FILE_BYTES,
  MAX_OBJECTS,
  MAX_PROBLEMS,
  MAX_REFERENCES,
  MAX_REGISTRY_BYTES,
  MAX_TEXT,
} from './limits.ts';
import { authLines, contactOf, keyCertOf, references, text } from './object-rows.ts';
import {
  type IndexedContact,
  type IndexedFilterRow,
  type IndexedHolder,
  type IndexedKeyCert,
  type IndexedMaintainer,
  type IndexedNetwork,
  type IndexedRoute,
  isRegistryName,
  type ObjectProblem,
  REGISTRY_INDEX_SCHEMA,
  type RegistryIndex,
} from './registry-index.ts';
import { parseOrigin, type Roa, type RouteDropReason, roasOfRoute } from './roa.ts';
import { firstValueOf, parseRpsl, type RpslObject, valuesOf } from './rpsl.ts';

export type RegistryFile = { readonly path: string; readonly bytes: Uint8Array };

/** Folders whose objects we understand; the others are counted and checked for format only. */
const PRIMARY_KEYS: Readonly<Record<string, string>> = {
  'aut-num': 'aut-num',
  mntner: 'mntner',
  person: 'nic-hdl',
  role: 'nic-hdl',
  'key-cert': 'key-cert',
  organisation: 'organisation',
  inetnum: 'cidr',
  inet6num: 'cidr',
};
const FILTER_FILES: Readonly<Record<string, 4 | 6>> = { 'filter.txt': 4, 'filter6.txt': 6 };

type RouteFile = { kind: 'route' | 'route6'; fileName: string; object: RpslObject };
type Draft = {
  networks: IndexedNetwork[];
  maintainers: IndexedMaintainer[];
  contacts: IndexedContact[];
  keyCerts: IndexedKeyCert[];
  holders: IndexedHolder[];
  routes: IndexedRoute[];
  organisations: [handle: string, name: string][];
  filters: { ipv4: readonly FilterRow[]; ipv6: readonly FilterRow[] };
  problems: [object: string, codes: string[]][];
};

/** Returns the index of the given files. */
export function buildRegistryIndex(
  files: Iterable<RegistryFile>,
  meta: { readonly commit: string | null },
): RegistryIndex {
  const draft: Draft = {
    networks: [],
    maintainers: [],
    contacts: [],
    keyCerts: [],
    holders: [],
    routes: [],
    organisations: [],
    filters: { ipv4: [], ipv6: [] },
    problems: [],
  };
  const routeFiles: RouteFile[] = [];
  let objects = 0;
  let octets = 0;
  for (const { path, bytes } of files) {
    const label = printable(path, MAX_TEXT);
    octets += bytes.length;
    if (objects >= MAX_OBJECTS || octets > MAX_REGISTRY_BYTES) {
      draft.problems.push([label, ['TOO_MANY_OBJECTS']]);
      break;
    }
    if (bytes.length > MAX_FILE_BYTES) {
      draft.problems.push([label, ['TOO_LARGE']]);
      continue;
    }
    const family = FILTER_FILES[path];
    if (family !== undefined) {
      readFilter(draft, path, bytes, family);
      continue;
    }
    const [folder, fileName, ...deeper] = path.split('/');
    if (folder === undefined || fileName === undefined || deeper.length > 0) continue;
    objects++;
    const object = parseRpsl(bytes);
    const fault =
      folder === 'route' || folder === 'route6'
        ? readRoute(draft, routeFiles, folder, fileName, object)
        : readObject(draft, folder, fileName, object);
    const codes = fault === undefined ? object.problems : [...object.problems, fault];
    if (codes.length > 0) draft.problems.push([label, [...codes]]);
  }

  const { roas, dropped } = buildRoas(routeFiles, draft.filters);
  return {
    schema: REGISTRY_INDEX_SCHEMA,
    commit: meta.commit,
    networks: draft.networks.sort((a, b) => a.asn - b.asn),
    maintainers: draft.maintainers.sort(byText((m) => m.name)),
    contacts: draft.contacts.sort(byText((c) => `${c.handle} ${c.kind}`)),
    keyCerts: draft.keyCerts.sort(byText((k) => k.name)),
    holders: draft.holders.sort(byText((h) => h.prefix)),
    routes: draft.routes.sort(byText((r) => r.prefix)),
    organisations: draft.organisations.sort(byText(([handle]) => handle)),
    filters: {
      ipv4: draft.filters.ipv4.map(indexedFilterRow),
      ipv6: draft.filters.ipv6.map(indexedFilterRow),
    },
    roas: roas.map((r) => [formatIpPrefix(r.prefix), r.maxLength, r.asn] as const),
    droppedRoutes: dropped,
    problems: draft.problems.sort(byText(([object]) => object)).slice(0, MAX_PROBLEMS),
    totals: { objects, withProblems: draft.problems.length },
  };
}

/** Code units, not the language of the machine: the same everywhere. */
const byText =
  <T>(textOf: (row: T) => string) =>
  (a: T, b: T): number => {
    const [x, y] = [textOf(a), textOf(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  };

function readFilter(draft: Draft, path: string, bytes: Uint8Array, family: 4 | 6): void {
  let text = '';
  for (const octet of bytes) text += String.fromCharCode(octet);
  const { rows, badLines } = parseFilterRows(text, family);
  draft.filters[family === 4 ? 'ipv4' : 'ipv6'] = rows;
  if (badLines > 0) draft.problems.push([path, ['BAD_FILTER_LINE']]);
}

function readObject(
  draft: Draft,
  folder: string,
  fileName: string,
  object: RpslObject,
): ObjectProblem | undefined {
  const primaryKey = Object.hasOwn(PRIMARY_KEYS, folder) ? PRIMARY_KEYS[folder] : undefined;
  if (primaryKey === undefined) return undefined;
  const isHolder = primaryKey === 'cidr';
  if (!isHolder && !isRegistryName(fileName)) return 'BAD_NAME';
  const named = firstValueOf(object, primaryKey);
  if (!isHolder && named !== undefined && named.toLowerCase() !== fileName.toLowerCase())
    return 'FILE_NAME';

  switch (folder) {
    case 'aut-num':
      return readNetwork(draft, fileName, object);
    case 'mntner':
      draft.maintainers.push({ name: fileName, auth: authLines(valuesOf(object, 'auth')) });
      return undefined;
    case 'person':
    case 'role':
      draft.contacts.push(contactOf(folder, fileName, object));
      return undefined;
    case 'key-cert':
      draft.keyCerts.push(keyCertOf(fileName, object));
      return undefined;
    case 'organisation':
      draft.organisations.push([fileName, text(object, 'org-name')]);
      return undefined;
    default:
      return readHolder(draft, folder === 'inetnum' ? 4 : 6, fileName, object);
  }
}

function readNetwork(
  draft: Draft,
  fileName: string,
  object: RpslObject,
): ObjectProblem | undefined {
  const asn = parseOrigin(fileName);
  // One spelling per number: with leading zeros there could be two objects of one AS.
  if (asn === undefined || fileName !== `AS${asn}`) return 'BAD_NAME';
  const description = text(object, 'descr');
  const organisation = text(object, 'org');
  draft.networks.push({
    asn,
    name: text(object, 'as-name'),
    ...(description === '' ? {} : { description }),
    source: text(object, 'source'),
    ...(organisation === '' ? {} : { organisation }),
    mntBy: references(object, 'mnt-by'),
    adminC: references(object, 'admin-c'),
    techC: references(object, 'tech-c'),
  });
  return undefined;
}

function readHolder(
  draft: Draft,
  family: 4 | 6,
  fileName: string,
  object: RpslObject,
): ObjectProblem | undefined {
  const prefix = prefixOfFileName(fileName, family);
  if (prefix === undefined) return 'BAD_PREFIX';
  const cidr = firstValueOf(object, 'cidr');
  if (cidr !== undefined) {
    const said = parseIpPrefix(cidr);
    if (said === undefined) return 'BAD_PREFIX';
    if (formatIpPrefix(said) !== formatIpPrefix(prefix)) return 'FILE_NAME';
  }
  const policy = text(object, 'policy');
  draft.holders.push({
    prefix: formatIpPrefix(prefix),
    netname: text(object, 'netname'),
    ...(policy === '' ? {} : { policy }),
    mntBy: references(object, 'mnt-by'),
    adminC: references(object, 'admin-c'),
  });
  return undefined;
}

function readRoute(
  draft: Draft,
  routeFiles: RouteFile[],
  kind: 'route' | 'route6',
  fileName: string,
  object: RpslObject,
): ObjectProblem | undefined {
  routeFiles.push({ kind, fileName, object });
  const prefix = prefixOfFileName(fileName, kind === 'route' ? 4 : 6);
  const origins = valuesOf(object, 'origin').map(parseOrigin);
  const isReadable =
    prefix !== undefined &&
    origins.length > 0 &&
    !origins.includes(undefined) &&
    firstValueOf(object, kind) === fileName.replaceAll('_', '/');
  if (isReadable) {
    draft.routes.push({
      prefix: formatIpPrefix(prefix),
      origins: [...new Set(origins as Asn[])].slice(0, MAX_REFERENCES),
      mntBy: references(object, 'mnt-by'),
      adminC: references(object, 'admin-c'),
    });
  }
  // Why a route yields no ROA has its own list.
  return undefined;
}

function buildRoas(
  routeFiles: readonly RouteFile[],
  filters: Draft['filters'],
): { roas: Roa[]; dropped: [object: string, reason: RouteDropReason][] } {
  const roas: Roa[] = [];
  const dropped: [object: string, reason: RouteDropReason][] = [];
  const inOrder = [...routeFiles].sort(byText((file) => `${file.kind}/${file.fileName}`));
  for (const { kind, fileName, object } of inOrder) {
    const result = roasOfRoute(
      kind,
      fileName,
      object,
      kind === 'route' ? filters.ipv4 : filters.ipv6,
    );
    if (typeof result === 'string')
      dropped.push([printable(`${kind}/${fileName}`, MAX_TEXT), result]);
    else roas.push(...result);
  }
  return { roas, dropped };
}

const indexedFilterRow = (row: FilterRow): IndexedFilterRow => [
  row.number,
  row.action,
  formatIpPrefix(row.prefix),
  row.minLength,
  row.maxLength,
];

function prefixOfFileName(fileName: string, family: 4 | 6): IpPrefix | undefined {
  const prefix = parseIpPrefix(fileName.replace('_', '/'));
  return prefix?.family === family ? prefix : undefined;
}
