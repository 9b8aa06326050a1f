import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { UsablePgpMethod, UsableSshMethod } from '../../../router-core/index.ts';
import { challengeText, hasExpired, newNonce, parseChallenge, toBase32 } from './challenge.ts';
import { proofCommands } from './commands.ts';
import { challengeOf, EXPIRES_AT, VERIFY_AT } from './fixtures/proof-fixtures.ts';

const TEXT = challengeOf(4242426001);
const PARTS = {
  portal: 'peer.rootless42.example',
  asn: 4242426001,
  purpose: 'login',
  nonce: 'k5x3q7m2v9d4t8p6w1z0c5r7yn',
  expiresAt: EXPIRES_AT,
} as const;

test('writes and reads the challenge of the fixtures', () => {
  expect(challengeText(PARTS)).toBe(TEXT);
  expect(parseChallenge(TEXT)).toEqual(PARTS);
  expect(hasExpired(TEXT, VERIFY_AT)).toBe(false);
  expect(hasExpired(TEXT, EXPIRES_AT)).toBe(true);
});

test.each([
  `${TEXT}\n`,
  ` ${TEXT}`,
  TEXT.replace('login', 'api'),
  TEXT.replace('login', 'req-short'),
  TEXT.replace('asn=4242426001', 'asn=04242426001'),
  TEXT.replace('asn=4242426001', 'asn=9999999999'),
  TEXT.replace('k5x3', 'kilo'),
  TEXT.replace('peer.', "peer'."),
  TEXT.replace('peer.', 'peer$(id).'),
  TEXT.replace('-v1', '-v2'),
])('does not take %j for a challenge', (text) => {
  expect(parseChallenge(text)).toBeUndefined();
  expect(hasExpired(text, new Date(0))).toBe(true);
});

test('never writes what it would not read', () => {
  expect(() => challengeText({ ...PARTS, portal: 'a b' })).toThrow();
  expect(() => challengeText({ ...PARTS, nonce: 'x' })).toThrow();
  const request = challengeText({ ...PARTS, purpose: `req-${'0'.repeat(26)}` });
  expect(parseChallenge(request)?.purpose).toBe(`req-${'0'.repeat(26)}`);
});

test('writes 130 bits in Crockford base32', () => {
  expect(toBase32(new Uint8Array(17), 26)).toBe('0'.repeat(26));
  expect(toBase32(new Uint8Array(17).fill(255), 26)).toBe('z'.repeat(26));
  expect(toBase32(Uint8Array.of(0x08, 0x42), 3)).toBe('111');
  const nonces = new Set(Array.from({ length: 100 }, () => newNonce(randomBytes)));
  expect(nonces.size).toBe(100);
  for (const nonce of nonces) expect(nonce).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/);
});

const SSH: UsableSshMethod = {
  kind: 'ssh',
  usable: true,
  source: 'mntner/A-MNT',
  raw: '',
  keyType: 'sk-ssh-ed25519@openssh.com',
  key: '',
};
const PGP: UsablePgpMethod = {
  kind: 'pgp',
  usable: true,
  source: 'mntner/A-MNT',
  raw: '',
  fingerprint: 'A'.repeat(40),
  keyFrom: 'ask-user',
};

test('names the key file of the registered type in each shell', () => {
  const signing = 'ssh-keygen -Y sign -n rootless42-auth -f';
  expect(proofCommands(SSH, TEXT)).toEqual([
    { shell: 'sh', sign: `printf '%s' '${TEXT}' | ${signing} ~/.ssh/id_ed25519_sk` },
    { shell: 'fish', sign: `printf '%s' '${TEXT}' | ${signing} ~/.ssh/id_ed25519_sk` },
    { shell: 'powershell', sign: `'${TEXT}' | ${signing} "$HOME\\.ssh\\id_ed25519_sk"` },
    { shell: 'cmd', sign: `echo ${TEXT}| ${signing} "%USERPROFILE%\\.ssh\\id_ed25519_sk"` },
  ]);
});

test('asks for the public key only where the registry has just a fingerprint', () => {
  expect(proofCommands(PGP, TEXT)[0]).toEqual({
    shell: 'sh',
    sign: `printf '%s' '${TEXT}' | gpg --clearsign -u ${PGP.fingerprint}`,
    exportKey: `gpg --armor --export ${PGP.fingerprint}`,
  });
  const [command] = proofCommands({ ...PGP, keyFrom: { keyCert: 'PGPKEY-AAAAAAAA' } }, TEXT);
  expect(command?.exportKey).toBeUndefined();
});

test('puts nothing foreign into a command', () => {
  expect(() => proofCommands(SSH, "x'; id")).toThrow();
  expect(() => proofCommands({ ...PGP, fingerprint: '$(id)' }, TEXT)).toThrow();
});
