/**
 * Secrets among the fields of an edge or supernode: never shown, and kept when their stand-in comes back.
 *
 * Not standardized; the names are EtherGuard's.
 *
 * Invariant: a stand-in that stands for nothing is found, so it never becomes a password.
 *
 * @module
 */
import 'server-only';
import type { MeshFields } from '../../../router-core/index.ts';
import { HIDDEN_SECRET } from '../peering/options.ts';

/** Preshared keys, and the passwords of a supernode's management API. */
const SECRETS: readonly string[] = [
  'PSKey',
  'ShowState',
  'AddPeer',
  'DelPeer',
  'UpdatePeer',
  'UpdateSuper',
];

/** The same fields without secrets. */
export const withHiddenSecrets = (fields: MeshFields): MeshFields =>
  changed(fields, undefined, (secret) => (secret === '' ? secret : HIDDEN_SECRET)) as MeshFields;

/** Puts in the secrets in force where a stand-in is; `missing` is where there is none. */
export function withKeptSecrets(
  fields: MeshFields,
  before: MeshFields | undefined,
): { readonly fields: MeshFields; readonly missing: readonly string[] } {
  const missing: string[] = [];
  const kept = changed(fields, before, (secret, known, path) => {
    if (secret !== HIDDEN_SECRET) return secret;
    if (typeof known === 'string' && known !== '') return known;
    missing.push(path);
    return secret;
  });
  return { fields: kept as MeshFields, missing };
}

type ChangeSecret = (secret: string, known: unknown, path: string) => string;

/** Copies a value with other secrets; `known` is what stands at the same place, or with the same node, in another one. */
function changed(value: unknown, known: unknown, change: ChangeSecret, path = ''): unknown {
  if (Array.isArray(value))
    return value.map((item: unknown, i) =>
      changed(item, sameNode(item, known), change, `${path}[${i}]`),
    );
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => {
      const place = path === '' ? name : `${path}.${name}`;
      const other = fieldOf(known, name);
      if (SECRETS.includes(name) && typeof field === 'string')
        return [name, change(field, other, place)];
      return [name, changed(field, other, change, place)];
    }),
  );
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** Peers are known by their numbers: a list may have been sorted, or begin with a new one. */
function sameNode(item: unknown, known: unknown): unknown {
  const number = fieldOf(item, 'NodeID');
  if (!Array.isArray(known) || number === undefined) return undefined;
  return known.find((other: unknown) => String(fieldOf(other, 'NodeID')) === String(number));
}
