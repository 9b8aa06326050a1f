/**
 * The registry index: one registry state, parsed once, as plain data for both halves.
 *
 * Not standardized. Rows are tuples and lists, not keyed objects: the file stays small, and a name
 * such as `__proto__` is a name like any other. `lookupOf` (lookup.ts) makes tables of it.
 *
 * Invariants
 * - JSON in, JSON out: nothing but strings, numbers, booleans, null, lists and plain objects.
 * - Every text has passed `printable()`; names have passed `isRegistryName`.
 * - Mail addresses are in it, for sign-in codes. It is never published (DN42 registry policy).
 *
 * @module
 */
import type { RouteDropReason } from './roa.ts';

/** Raised when the shape changes: an index of another number is built anew. */
export const REGISTRY_INDEX_SCHEMA = 1;

export const OBJECT_PROBLEMS = [
  'BAD_FILTER_LINE',
  'BAD_NAME',
  'BAD_PREFIX',
  'FILE_NAME',
  'TOO_LARGE',
  'TOO_MANY_OBJECTS',
] as const;
/** Why an object, or a line of a filter, was left out altogether. */
export type ObjectProblem = (typeof OBJECT_PROBLEMS)[number];

export type IndexedNetwork = {
  readonly asn: number;
  readonly name: string;
  readonly description?: string;
  readonly source: string;
  readonly organisation?: string;
  readonly mntBy: readonly string[];
  readonly adminC: readonly string[];
  readonly techC: readonly string[];
};
export type IndexedMaintainer = { readonly name: string; readonly auth: readonly string[] };
export type IndexedContact = {
  readonly handle: string;
  readonly kind: 'person' | 'role';
  readonly name: string;
  /** `e-mail`, as written. */
  readonly mail: readonly string[];
  readonly abuseMail: readonly string[];
  /** `contact`, free form. */
  readonly contact: readonly string[];
  /** `auth` and `pgp-fingerprint` lines; asked only with `trustPersonKeys`. */
  readonly auth: readonly string[];
};
export type IndexedKeyCert = {
  readonly name: string;
  /** What `fingerpr:` says, without spaces, upper case. */
  readonly declaredFingerprint: string;
  /** Of the body; null when it is no readable OpenPGP key. */
  readonly fingerprint: string | null;
  readonly revoked: boolean;
  readonly expiresAt: number | null;
  readonly armor: string;
};
/** `inetnum` and `inet6num`. */
export type IndexedHolder = {
  readonly prefix: string;
  readonly netname: string;
  readonly policy?: string;
  readonly mntBy: readonly string[];
  readonly adminC: readonly string[];
};
/** `route` and `route6` whose prefix, file name and origins can be read, ROA or not. */
export type IndexedRoute = {
  readonly prefix: string;
  readonly origins: readonly number[];
  readonly mntBy: readonly string[];
  readonly adminC: readonly string[];
};

export type IndexedFilterRow = readonly [
  number: number,
  action: 'permit' | 'deny',
  prefix: string,
  minLength: number,
  maxLength: number,
];

export type RegistryIndex = {
  readonly schema: typeof REGISTRY_INDEX_SCHEMA;
  /** The state's name: a git commit, or a digest of the contents; null when nobody said. */
  readonly commit: string | null;
  readonly networks: readonly IndexedNetwork[];
  readonly maintainers: readonly IndexedMaintainer[];
  readonly contacts: readonly IndexedContact[];
  readonly keyCerts: readonly IndexedKeyCert[];
  readonly holders: readonly IndexedHolder[];
  readonly routes: readonly IndexedRoute[];
  readonly organisations: readonly (readonly [handle: string, name: string])[];
  readonly filters: {
    readonly ipv4: readonly IndexedFilterRow[];
    readonly ipv6: readonly IndexedFilterRow[];
  };
  readonly roas: readonly (readonly [prefix: string, maxLength: number, asn: number])[];
  readonly droppedRoutes: readonly (readonly [object: string, reason: RouteDropReason])[];
  readonly problems: readonly (readonly [object: string, codes: readonly string[]])[];
  readonly totals: {
    /** Objects read, of every type. */
    readonly objects: number;
    /** Objects with a problem, also those beyond the list above. */
    readonly withProblems: number;
  };
};

/** Names which the registry's schema allows: they are compared, looked up and shown. */
export const isRegistryName = (name: string): boolean =>
  /^[A-Za-z0-9](?:[A-Za-z0-9_.:-]{0,126}[A-Za-z0-9_])?$/.test(name);
