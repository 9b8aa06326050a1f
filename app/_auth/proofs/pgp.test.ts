import {
  createCleartextMessage,
  createMessage,
  enums,
  generateKey,
  type PrivateKey,
  readKey,
  readPrivateKey,
  revokeKey,
  sign,
} from 'openpgp';
import { expect, test } from 'vitest';
import {
  challengeOf,
  fixtureText,
  ISSUED_AT,
  pgpKey,
  pgpSecretKey,
  registeredKeys,
  VERIFY_AT,
} from './fixtures/proof-fixtures.ts';
import { type PgpProofInput, verifyPgpProof } from './pgp.ts';

const CHALLENGE = challengeOf(4242426002);
const BASALT = 'A473004C8F81355303B47E771F532D2C6AC42FDE';
const GOOD = fixtureText('signatures/pgp-clearsign-ok.asc');
const MINUTE = 60_000;

const PASTED: PgpProofInput = {
  signature: GOOD,
  challenge: CHALLENGE,
  publicKeyPaste: pgpKey('basalt'),
  registeredFingerprints: [BASALT],
  keyCerts: [],
  issuedAt: ISSUED_AT,
  now: VERIFY_AT,
};

async function judge(signature: string, change: Partial<PgpProofInput> = {}): Promise<string> {
  const result = await verifyPgpProof({ ...PASTED, signature, ...change });
  return result.ok ? 'accept' : result.code;
}

test('asks for the key where the registry has only its fingerprint', async () => {
  const { publicKeyPaste: _pasted, ...withoutKey } = PASTED;
  expect(await verifyPgpProof(withoutKey)).toEqual({ ok: false, code: 'PUBLIC_KEY_NEEDED' });
});

test('compares all forty digits of the fingerprint', async () => {
  const almost = `B${BASALT.slice(1)}`;
  expect(await judge(GOOD, { registeredFingerprints: [almost] })).toBe('KEY_NOT_REGISTERED');
});

test('refuses a secret key, and a paste that is no key', async () => {
  expect(await judge(GOOD, { publicKeyPaste: pgpSecretKey('basalt') })).toBe('MALFORMED');
  expect(await judge(GOOD, { publicKeyPaste: 'hello' })).toBe('MALFORMED');
});

test('accepts a detached signature in text mode', async () => {
  expect(await judge(await detached({ text: `${CHALLENGE}\n` }))).toBe('accept');
});

test('accepts words around the block, white space at line ends, and an escaped dash', async () => {
  expect(await judge(`$ gpg --clearsign\n${GOOD}\nbye`)).toBe('accept');
  expect(await judge(GOOD.replace(CHALLENGE, `${CHALLENGE} \t`))).toBe('accept');
  expect(await judge(GOOD.replace(CHALLENGE, `- ${CHALLENGE}`))).toBe('accept');
});

test('refuses text that was added to the signed part', async () => {
  expect(await judge(GOOD.replace(CHALLENGE, `${CHALLENGE}\nmore`))).toBe('BAD_SIGNATURE');
  expect(await judge(await clearSigned(`${CHALLENGE}\nmore`))).toBe('MESSAGE_MISMATCH');
  expect(await judge(await clearSigned(`${CHALLENGE}\n\n`))).toBe('MESSAGE_MISMATCH');
});

test('refuses two signatures, two blocks and other kinds of messages', async () => {
  const both = await sign({
    message: await createMessage({ text: CHALLENGE }),
    signingKeys: [await secret('basalt'), await secret('cinder')],
    detached: true,
    date: VERIFY_AT,
  });
  expect(await judge(both)).toBe('MALFORMED');
  expect(await judge(GOOD + GOOD)).toBe('MALFORMED');
  const opaque = await sign({
    message: await createMessage({ text: CHALLENGE }),
    signingKeys: await secret('basalt'),
    date: VERIFY_AT,
  });
  expect(await judge(opaque)).toBe('MALFORMED');
  expect(await judge('')).toBe('MALFORMED');
});

test.each([
  ['Hash: SHA512\nComment: x', 'MALFORMED'],
  ['Hash:', 'MALFORMED'],
  ['NotDashEscaped: yes', 'MALFORMED'],
])('refuses the header %j', async (header, verdict) => {
  expect(await judge(GOOD.replace('Hash: SHA512', header))).toBe(verdict);
});

test('takes only signatures of the time of the challenge, with ten minutes of tolerance', async () => {
  const at = async (time: number, now = VERIFY_AT) =>
    judge(await detached({ date: new Date(time) }), { now });
  const [issued, now] = [ISSUED_AT.getTime(), VERIFY_AT.getTime()];
  expect(await at(issued - 10 * MINUTE)).toBe('accept');
  expect(await at(issued - 10 * MINUTE - 1000)).toBe('BAD_SIGNATURE');
  expect(await at(now + 10 * MINUTE)).toBe('accept');
  expect(await at(now + 10 * MINUTE + 1000)).toBe('BAD_SIGNATURE');
});

test('refuses digests below SHA-256', async () => {
  for (const preferredHashAlgorithm of [enums.hash.sha1, enums.hash.sha224]) {
    const config = {
      preferredHashAlgorithm,
      rejectHashAlgorithms: new Set<enums.hash>(),
      nonDeterministicSignaturesViaNotation: false,
    };
    const key = await readPrivateKey({ armoredKey: pgpSecretKey('basalt') });
    for (const user of key.users)
      for (const self of user.selfCertifications)
        self.preferredHashAlgorithms = [preferredHashAlgorithm];
    const signature = await sign({
      message: await createMessage({ text: CHALLENGE }),
      signingKeys: key,
      detached: true,
      date: VERIFY_AT,
      config,
    });
    expect(await judge(signature)).toBe('WEAK_ALGORITHM');
  }
});

test('counts a revocation in the pasted copy, whenever it was made', async () => {
  const key = await secret('basalt');
  for (const flag of [
    enums.reasonForRevocation.noReason,
    enums.reasonForRevocation.keySuperseded,
  ]) {
    const later = new Date(VERIFY_AT.getTime() + 60 * MINUTE);
    const { publicKey } = await revokeKey({ key, reasonForRevocation: { flag }, date: later });
    expect(await judge(GOOD, { publicKeyPaste: publicKey })).toBe('KEY_REVOKED');
    // In one of two copies is enough.
    const both = `${pgpKey('basalt')}\n${publicKey}`;
    expect(await judge(GOOD, { publicKeyPaste: both })).toBe('KEY_REVOKED');
  }
});

test('refuses an RSA key of 1024 bits', async () => {
  const weak = { minRSABits: 1024 };
  const { privateKey, publicKey } = await generateKey({
    type: 'rsa',
    rsaBits: 1024,
    userIDs: { name: 'x' },
    date: ISSUED_AT,
    format: 'object',
    config: weak,
  });
  const signature = await sign({
    message: await createMessage({ text: CHALLENGE }),
    signingKeys: privateKey,
    detached: true,
    date: VERIFY_AT,
    config: weak,
  });
  const verdict = await judge(signature, {
    publicKeyPaste: publicKey.armor(),
    registeredFingerprints: [publicKey.getFingerprint().toUpperCase()],
  });
  expect(verdict).toBe('WEAK_ALGORITHM');
});

test('judges subkeys: one that may sign, a revoked one, an expired one', async () => {
  const make = async (keyExpirationTime?: number) => {
    const { privateKey } = await generateKey({
      userIDs: { name: 'x' },
      date: ISSUED_AT,
      format: 'object',
      subkeys: [{ sign: true, ...(keyExpirationTime === undefined ? {} : { keyExpirationTime }) }],
    });
    return privateKey;
  };
  const verdictOf = async (key: PrivateKey, change: (key: PrivateKey) => Promise<void>) => {
    const signature = await sign({
      message: await createMessage({ text: CHALLENGE }),
      signingKeys: key,
      signingKeyIDs: key.subkeys[0]?.getKeyID() ?? key.getKeyID(),
      detached: true,
      date: new Date(ISSUED_AT.getTime() + MINUTE),
    });
    await change(key);
    return judge(signature, {
      publicKeyPaste: key.toPublic().armor(),
      registeredFingerprints: [key.getFingerprint().toUpperCase()],
    });
  };
  expect(await verdictOf(await make(), async () => undefined)).toBe('accept');
  expect(await verdictOf(await make(120), async () => undefined)).toBe('KEY_EXPIRED');
  const revoked = await verdictOf(await make(), async (key) => {
    const [subkey] = key.subkeys;
    const primary = key.keyPacket as Parameters<NonNullable<typeof subkey>['revoke']>[0];
    if (subkey !== undefined) key.subkeys[0] = await subkey.revoke(primary, undefined, VERIFY_AT);
  });
  expect(revoked).toBe('KEY_REVOKED');
});

test('believes a newer pasted copy of a key whose key-cert is usable, and of no other', async () => {
  const signature = fixtureText('signatures/pgp-subkey-ok.asc');
  const challenge = challengeOf(4242426014);
  const { keyCerts } = registeredKeys(4242426014);
  const withoutSubkeys = await readKey({ armoredKey: pgpKey('nimbus') });
  withoutSubkeys.subkeys = [];
  const [cert] = keyCerts;
  if (cert === undefined) throw new Error('the fixture has a key-cert');
  const older = { ...cert, armor: withoutSubkeys.armor() };
  const newer = { challenge, publicKeyPaste: pgpKey('nimbus'), registeredFingerprints: [] };
  expect(await judge(signature, { ...newer, keyCerts: [older] })).toBe('accept');
  expect(await judge(signature, { ...newer, keyCerts: [] })).toBe('KEY_NOT_REGISTERED');
  const foreign = { ...older, fingerprint: BASALT };
  expect(await judge(signature, { ...newer, keyCerts: [foreign] })).toBe('KEY_NOT_REGISTERED');
});

test('refuses what is too long before reading it', async () => {
  expect(await judge(GOOD + ' '.repeat(40_000))).toBe('MALFORMED');
  expect(await judge(GOOD, { publicKeyPaste: pgpKey('basalt') + ' '.repeat(200_000) })).toBe(
    'MALFORMED',
  );
});

const secret = (name: string): Promise<PrivateKey> =>
  readPrivateKey({ armoredKey: pgpSecretKey(name) });

async function detached({ text = CHALLENGE, date = VERIFY_AT } = {}): Promise<string> {
  return sign({
    message: await createMessage({ text }),
    signingKeys: await secret('basalt'),
    detached: true,
    date,
  });
}

async function clearSigned(text: string): Promise<string> {
  return sign({
    message: await createCleartextMessage({ text }),
    signingKeys: await secret('basalt'),
    date: VERIFY_AT,
  });
}
