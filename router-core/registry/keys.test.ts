import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes, fromBase64, toHex } from '../base/bytes.ts';
import { fixtureIndex } from './fixtures/fixture-registry.ts';
import { readOpenPgpKey } from './key-cert.ts';
import { sha1 } from './sha1.ts';
import { decodeSshBase64, parseSshPublicKey } from './ssh-key.ts';

const ALDER = 'AAAAC3NzaC1lZDI1NTE5AAAAIGGuGhFave6xTYWDIXq+npsx9AcHKTRi0WpwSINRLw8N';

test('digests like SHA-1 of the platform (FIPS 180-4)', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(toHex(sha1(bytes))).toBe(createHash('sha1').update(bytes).digest('hex'));
    }),
  );
});

test.each([
  ['PGPKEY-86BB46A9', '222D0215A2CF08B86098145FA66548A286BB46A9', false, null],
  ['PGPKEY-7E05C3BB', '41DF6A7E8C60F08A7ABAE6F73316C0AB7E05C3BB', true, null],
  ['PGPKEY-5812CC27', '2817F8F439423417AD418D4ED94F59D25812CC27', false, null],
  ['PGPKEY-FAC8E3EE', 'A473004C8F81355303B47E771F532D2C6AC42FDE', false, null],
])('reads fingerprint, revocation and expiry of %s', (name, fingerprint, revoked, expiresAt) => {
  const armor = fixtureIndex().keyCerts.find((k) => k.name === name)?.armor ?? '';
  expect(readOpenPgpKey(armor)).toEqual({ fingerprint, revoked, expiresAt });
});

test('reads when a key expired', () => {
  const armor = fixtureIndex().keyCerts.find((k) => k.name === 'PGPKEY-0BBBBD4F')?.armor ?? '';
  const expiresAt = (readOpenPgpKey(armor)?.expiresAt ?? 0) * 1000;
  expect(new Date(expiresAt).toISOString()).toMatch(/^2024-01-0/);
});

test('gives undefined for armor around anything else', () => {
  const wrap = (body: string) =>
    `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${body}\n-----END PGP PUBLIC KEY BLOCK-----`;
  expect(readOpenPgpKey(wrap('!'))).toBeUndefined();
  expect(readOpenPgpKey('')).toBeUndefined();
  fc.assert(
    fc.property(fc.base64String({ maxLength: 200 }), (body) => {
      expect(readOpenPgpKey(wrap(body))).toBeUndefined();
    }),
  );
});

test('reads an ed25519 key, with or without padding, and nothing behind it', () => {
  const blob = decodeSshBase64(ALDER) as Uint8Array;
  expect(parseSshPublicKey(blob)).toMatchObject({ type: 'ssh-ed25519' });
  expect(parseSshPublicKey(concatBytes(blob, new Uint8Array(4)))).toBeUndefined();
  expect(parseSshPublicKey(blob.subarray(0, -1))).toBeUndefined();
  const sk =
    'AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAEvf4ysL2r66BDAKn+t/ZfHSnH3WxSUDgYlH+kwh1OVAAAABHNzaDo';
  expect(parseSshPublicKey(decodeSshBase64(sk) as Uint8Array)).toMatchObject({
    type: 'sk-ssh-ed25519@openssh.com',
    application: new TextEncoder().encode('ssh:'),
  });
});

test('refuses RSA keys with an exponent of 1 or an even one', () => {
  const modulus = new Uint8Array(257).fill(0xc1);
  modulus[0] = 0;
  const rsa = (e: number) =>
    parseSshPublicKey(
      concatBytes(string(ascii('ssh-rsa')), string(Uint8Array.of(e)), string(modulus)),
    );
  expect(rsa(3)).toMatchObject({ type: 'ssh-rsa' });
  expect(rsa(1)).toBeUndefined();
  expect(rsa(4)).toBeUndefined();
  expect(rsa(0)).toBeUndefined();
});

test('never throws for any blob', () => {
  const types = fc.constantFrom('ssh-rsa', 'ssh-ed25519', 'ecdsa-sha2-nistp256', 'x');
  fc.assert(
    fc.property(types, fc.uint8Array({ maxLength: 120 }), (type, rest) => {
      parseSshPublicKey(concatBytes(string(ascii(type)), rest));
      parseSshPublicKey(rest);
    }),
  );
  expect(fromBase64(ALDER)).toBeDefined();
});

const ascii = (text: string) => new TextEncoder().encode(text);
function string(bytes: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return concatBytes(length, bytes);
}
