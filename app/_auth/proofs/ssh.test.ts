import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { challengeOf, fixtureText, registeredKeys, VERIFY_AT } from './fixtures/proof-fixtures.ts';
import { verifySshProof } from './ssh.ts';
import { sshString } from './ssh-wire.ts';

const CHALLENGE = challengeOf(4242426001);
const GOOD = fixtureText('signatures/ssh-ed25519-ok.sshsig');
const KEYS = registeredKeys(4242426001).sshKeys;

const judge = (signature: string, usableKeys = KEYS) => {
  const result = verifySshProof({ signature, challenge: CHALLENGE, usableKeys, now: VERIFY_AT });
  return result.ok ? 'accept' : result.code;
};

test('accepts a block with prompts around it and CRLF line ends', () => {
  expect(judge(`Signing data on standard input\n${GOOD}\n$ `)).toBe('accept');
  expect(judge(GOOD.replaceAll('\n', '\r\n'))).toBe('accept');
});

test('refuses two blocks, none, and octets behind the last field', () => {
  expect(judge(GOOD + GOOD)).toBe('MALFORMED');
  expect(judge('')).toBe('MALFORMED');
  expect(judge(armor(Buffer.concat([bytesOf(GOOD), Buffer.alloc(1)])))).toBe('MALFORMED');
});

test.each(['nistp256', 'nistp384', 'nistp521'] as const)('accepts ecdsa of %s', (curve) => {
  const names = { nistp256: 'P-256', nistp384: 'P-384', nistp521: 'P-521' };
  const hash = { nistp256: 'sha256', nistp384: 'sha384', nistp521: 'sha512' }[curve];
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: names[curve] });
  const type = `ecdsa-sha2-${curve}`;
  const blob = Buffer.concat([sshString(type), sshString(curve), sshString(pointOf(publicKey))]);
  // Many rounds: r and s are shorter, or need a leading zero, now and then.
  for (let i = 0; i < 20; i++) {
    const block = sshsig(blob, (octets) =>
      Buffer.concat([sshString(type), sshString(ecdsa(hash, octets, privateKey))]),
    );
    expect(judge(block, [line(type, blob)])).toBe('accept');
  }
});

test.each([
  [2048, 'rsa-sha2-512', 'sha512', 'accept'],
  [2048, 'rsa-sha2-256', 'sha256', 'accept'],
  [2048, 'ssh-rsa', 'sha1', 'WEAK_ALGORITHM'],
  [2048, 'rsa-sha2-1', 'sha256', 'MALFORMED'],
  [2048, 'constructor', 'sha256', 'MALFORMED'],
  [1024, 'rsa-sha2-512', 'sha512', 'WEAK_ALGORITHM'],
])('judges RSA of %i bits with %s', (bits, algorithm, hash, verdict) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const blob = Buffer.concat([sshString('ssh-rsa'), sshString(mpint(e)), sshString(mpint(n))]);
  const block = sshsig(blob, (octets) =>
    Buffer.concat([sshString(algorithm), sshString(sign(hash, octets, privateKey))]),
  );
  expect(judge(block, [line('ssh-rsa', blob)])).toBe(verdict);
});

test.each([
  [0x01, 'accept'],
  [0x05, 'accept'],
  [0x00, 'USER_PRESENCE_MISSING'],
  [0x04, 'USER_PRESENCE_MISSING'],
])('judges an ecdsa token with flags %i: %s', (flags, verdict) => {
  const type = 'sk-ecdsa-sha2-nistp256@openssh.com';
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const blob = Buffer.concat(
    [type, 'nistp256', pointOf(publicKey), 'ssh:'].map((field) => sshString(field)),
  );
  const tail = Buffer.from([flags, 0, 0, 0, 7]);
  const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest();
  const block = sshsig(blob, (octets) => {
    const message = Buffer.concat([sha256('ssh:'), tail, sha256(octets)]);
    return Buffer.concat([sshString(type), sshString(ecdsa('sha256', message, privateKey)), tail]);
  });
  expect(judge(block, [line(type, blob)])).toBe(verdict);
});

test('refuses a digest that is not SHA-2', () => {
  const { blob, signer } = ed25519();
  expect(judge(sshsig(blob, signer, { hash: 'sha1' }), [line('ssh-ed25519', blob)])).toBe(
    'WEAK_ALGORITHM',
  );
});

test('keeps reserved octets under the signature (§3.3)', () => {
  const { blob, signer } = ed25519();
  const keys = [line('ssh-ed25519', blob)];
  expect(judge(sshsig(blob, signer, { reserved: 'future' }), keys)).toBe('accept');
});

test('looks for the key in the registry before computing anything', () => {
  const { blob } = ed25519();
  const nonsense = sshsig(blob, () => Buffer.from('not a signature'));
  expect(judge(nonsense)).toBe('KEY_NOT_REGISTERED');
  expect(judge(nonsense, [line('ssh-ed25519', blob)])).toBe('MALFORMED');
});

test('refuses a message with anything but one line end', () => {
  const { blob, signer } = ed25519();
  const over = (message: string) =>
    judge(sshsig(blob, signer, { message }), [line('ssh-ed25519', blob)]);
  expect(over(`${CHALLENGE}\n`)).toBe('accept');
  expect(over(`${CHALLENGE}\n\n`)).toBe('BAD_SIGNATURE');
  expect(over(`${CHALLENGE} `)).toBe('BAD_SIGNATURE');
  expect(over(`\ufeff${CHALLENGE}`)).toBe('BAD_SIGNATURE');
});

test('refuses every single changed octet and every cut', () => {
  const bytes = bytesOf(GOOD);
  for (let i = 0; i < bytes.length; i++) {
    const changed = Buffer.from(bytes);
    changed[i] = (changed[i] ?? 0) ^ 0x01;
    expect(judge(armor(changed))).not.toBe('accept');
    expect(judge(armor(bytes.subarray(0, i)))).toBe('MALFORMED');
  }
});

test('gives a verdict for any text', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (bytes, text) => {
      expect(judge(armor(Buffer.from(bytes)))).toBe('MALFORMED');
      expect(judge(text)).toBe('MALFORMED');
    }),
  );
});

function ed25519() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const x = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const blob = Buffer.concat([sshString('ssh-ed25519'), sshString(x)]);
  const signer = (octets: Buffer) =>
    Buffer.concat([sshString('ssh-ed25519'), sshString(sign(null, octets, privateKey))]);
  return { blob, signer };
}

/** OpenSSH PROTOCOL.sshsig, written a second time. */
function sshsig(
  blob: Buffer,
  signer: (octets: Buffer) => Buffer,
  { hash = 'sha512', reserved = '', message = CHALLENGE } = {},
): string {
  const head = [sshString('rootless42-auth'), sshString(reserved), sshString(hash)];
  const digest = createHash(hash).update(message).digest();
  const octets = Buffer.concat([Buffer.from('SSHSIG'), ...head, sshString(digest)]);
  const version = Buffer.from([0, 0, 0, 1]);
  return armor(
    Buffer.concat([
      Buffer.from('SSHSIG'),
      version,
      sshString(blob),
      ...head,
      sshString(signer(octets)),
    ]),
  );
}

function ecdsa(hash: string, octets: Buffer, key: KeyObject): Buffer {
  const flat = sign(hash, octets, { key, dsaEncoding: 'ieee-p1363' });
  const half = flat.length / 2;
  return Buffer.concat([
    sshString(mpint(flat.subarray(0, half))),
    sshString(mpint(flat.subarray(half))),
  ]);
}

function mpint(value: Buffer | string): Buffer {
  let bytes = typeof value === 'string' ? Buffer.from(value, 'base64url') : value;
  while (bytes.length > 1 && bytes[0] === 0) bytes = bytes.subarray(1);
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
}

function pointOf(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return Buffer.concat([
    Buffer.from([4]),
    Buffer.from(x, 'base64url'),
    Buffer.from(y, 'base64url'),
  ]);
}

const line = (type: string, blob: Buffer) => `${type} ${blob.toString('base64')}`;
const armor = (bytes: Buffer) =>
  `-----BEGIN SSH SIGNATURE-----\n${bytes.toString('base64')}\n-----END SSH SIGNATURE-----\n`;
const bytesOf = (block: string) => Buffer.from(block.split('\n').slice(1, -2).join(''), 'base64');
