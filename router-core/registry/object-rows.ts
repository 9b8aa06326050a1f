/**
 * Values of an object as the index keeps them: printable, bounded.
 *
 * Not standardized; portal specification §1.3, §1.6.
 *
 * @module
 */
import { printable } from '../base/printable.ts';
import { readOpenPgpKey } from './key-cert.ts';
import { MAX_ARMOR, MAX_AUTH_LINE, MAX_AUTH_LINES, MAX_REFERENCES, MAX_TEXT } from './limits.ts';
import type { IndexedContact, IndexedKeyCert } from './registry-index.ts';
import { firstValueOf, type RpslObject, valuesOf } from './rpsl.ts';

/** Returns the row of a person or role. */
export function contactOf(
  kind: 'person' | 'role',
  handle: string,
  object: RpslObject,
): IndexedContact {
  const fingerprints = valuesOf(object, 'pgp-fingerprint').map((f) => `pgp-fingerprint ${f}`);
  return {
    handle,
    kind,
    name: text(object, kind),
    mail: texts(object, 'e-mail'),
    abuseMail: texts(object, 'abuse-mailbox'),
    contact: texts(object, 'contact'),
    auth: authLines([...valuesOf(object, 'auth'), ...fingerprints]),
  };
}

/** Returns the row of a key-cert: what its body says, and what the object says of it. */
export function keyCertOf(name: string, object: RpslObject): IndexedKeyCert {
  // Either one `certif:` per line, or one value with continuation lines (§1.6).
  const body = valuesOf(object, 'certif').join('\n').slice(0, MAX_ARMOR);
  const armor = /^[\n\x20-\x7e]*$/.test(body) ? body : '';
  const facts = readOpenPgpKey(armor);
  return {
    name,
    declaredFingerprint: printable(valuesOf(object, 'fingerpr').join(''), MAX_TEXT)
      .replace(/\s/g, '')
      .toUpperCase(),
    fingerprint: facts?.fingerprint ?? null,
    revoked: facts?.revoked ?? false,
    expiresAt: facts?.expiresAt ?? null,
    armor,
  };
}

/** The first value of an attribute, for people. */
export const text = (object: RpslObject, key: string): string =>
  printable(firstValueOf(object, key) ?? '', MAX_TEXT).trim();

const texts = (object: RpslObject, key: string): string[] =>
  valuesOf(object, key)
    .slice(0, MAX_REFERENCES)
    .map((value) => printable(value, MAX_TEXT).trim());

/** Names of other objects; what is no name cannot be looked up and is shown as it stands. */
export const references = (object: RpslObject, key: string): string[] => [
  ...new Set(texts(object, key).filter((name) => name !== '')),
];

export const authLines = (lines: readonly string[]): string[] =>
  lines.slice(0, MAX_AUTH_LINES).map((line) => printable(line, MAX_AUTH_LINE).trim());
