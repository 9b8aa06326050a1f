import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildRegistryIndex } from '../../../router-core/registry/index.ts';
import { type Context, findLogin, hashOfSecret, newCookieValue } from '../../_auth/index.ts';
import { createRegistryQuestions } from '../../_registry/index.ts';
import { startTestPortal, type TestPortal } from '../testing/test-portal.ts';
import { issueChallenge } from './challenge.ts';
import { chooseNetwork } from './choose-network.ts';
import { signOut } from './sign-out.ts';
import { verifyChallenge } from './verify.ts';

const owner = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519');
const PORTAL = 'peer.example.net';

/** A registry of two networks under one maintainer, whose key is ours for the test. */
const registry = createRegistryQuestions(
  buildRegistryIndex(
    [
      object(
        'aut-num/AS4242426001',
        ['aut-num', 'AS4242426001'],
        ['as-name', 'ALDER-AS'],
        ['mnt-by', 'ALDER-MNT'],
        ['source', 'DN42'],
      ),
      object(
        'aut-num/AS4242426101',
        ['aut-num', 'AS4242426101'],
        ['as-name', 'ALDER2-AS'],
        ['mnt-by', 'ALDER-MNT'],
        ['source', 'DN42'],
      ),
      object(
        'aut-num/AS4242426004',
        ['aut-num', 'AS4242426004'],
        ['as-name', 'DRIFT-AS'],
        ['mnt-by', 'DRIFT-MNT'],
        ['source', 'DN42'],
      ),
      object(
        'mntner/ALDER-MNT',
        ['mntner', 'ALDER-MNT'],
        ['auth', `ssh-ed25519 ${sshBlob(owner.publicKey).toString('base64')}`],
        ['mnt-by', 'ALDER-MNT'],
        ['source', 'DN42'],
      ),
      object(
        'mntner/DRIFT-MNT',
        ['mntner', 'DRIFT-MNT'],
        ['mnt-by', 'DRIFT-MNT'],
        ['source', 'DN42'],
      ),
    ],
    { commit: 'abcdef0123456789' },
  ),
  { trustPersonKeys: false },
);

let at: TestPortal;
let ctx: Context;
let visitCookie: string;
let networks = 0;
beforeEach(async () => {
  at = await startTestPortal({ registry });
  ctx = at.as({ kind: 'visitor' });
  // A network of its own per test: limits are counted per client network.
  ctx = { ...ctx, address: `2001:db8:${(++networks).toString(16)}::1` };
  visitCookie = newCookieValue();
});
afterEach(() => at.end());

test('a signature by the registered key signs in for every AS of that key', async () => {
  const signedIn = await answer(await ask(), owner.privateKey);
  expect(signedIn).toMatchObject({ asns: [4242426001, 4242426101], level: 'key' });

  const actor = await findLogin(at.portal.database, signedIn.cookie.value, new Date());
  expect(actor).toMatchObject({ kind: 'member', asn: 4242426001, asns: [4242426001, 4242426101] });
  // The database knows only the hash of the cookie.
  const rows = await at.portal.database.login.findMany();
  expect(JSON.stringify(rows)).not.toContain(signedIn.cookie.value);
  expect(rows[0]?.id).toBe(hashOfSecret(signedIn.cookie.value));
});

test('a challenge is usable once, also for two right answers at the same moment', async () => {
  const challenge = await ask();
  const results = await Promise.allSettled([
    answer(challenge, owner.privateKey),
    answer(challenge, owner.privateKey),
  ]);
  expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
  await expect(answer(challenge, owner.privateKey)).rejects.toMatchObject({
    code: 'CHALLENGE_USED',
  });
  expect(await at.portal.database.login.count()).toBe(1);
});

test('after five wrong answers the right one comes too late', async () => {
  const challenge = await ask();
  for (let i = 0; i < 5; i++)
    await expect(answer(challenge, stranger.privateKey)).rejects.toMatchObject({
      code: 'KEY_NOT_REGISTERED',
    });
  await expect(answer(challenge, owner.privateKey)).rejects.toMatchObject({
    code: 'CHALLENGE_USED',
  });
  expect(await at.portal.database.challenge.count()).toBe(0);
});

test('five wrong answers at once are five tries, not more', async () => {
  const challenge = await ask();
  const results = await Promise.allSettled(
    Array.from({ length: 12 }, () => answer(challenge, stranger.privateKey)),
  );
  const codes = results.map((result) => (result as PromiseRejectedResult).reason.code);
  expect(codes.filter((code) => code === 'KEY_NOT_REGISTERED')).toHaveLength(5);
  expect(codes.filter((code) => code === 'CHALLENGE_USED')).toHaveLength(7);
});

test('a challenge is bound to the browser, the name of the portal and its ten minutes', async () => {
  const challenge = await ask();
  await expect(
    answer(challenge, owner.privateKey, { visitCookie: newCookieValue() }),
  ).rejects.toMatchObject({ code: 'CHALLENGE_USED' });
  await expect(
    answer(challenge, owner.privateKey, { visitCookie: undefined }),
  ).rejects.toMatchObject({ code: 'CHALLENGE_USED' });
  await expect(
    answer(challenge, owner.privateKey, { portalName: 'evil.example' }),
  ).rejects.toMatchObject({ code: 'CHALLENGE_USED' });
  await expect(
    answer(challenge, owner.privateKey, { now: new Date(Date.now() + 11 * 60_000) }),
  ).rejects.toMatchObject({ code: 'CHALLENGE_USED' });
  await expect(answer(challenge, owner.privateKey)).resolves.toMatchObject({ level: 'key' });
});

test('a signature over another open challenge is told as such', async () => {
  const [first, second] = [await ask(), await ask()];
  await expect(answer({ ...first, text: second.text }, owner.privateKey)).rejects.toMatchObject({
    code: 'MESSAGE_MISMATCH',
  });
});

test('an AS without a usable key, an unknown AS and a missing registry say so', async () => {
  await expect(ask(4242426004)).rejects.toMatchObject({ code: 'NO_METHOD' });
  await expect(ask(4242429999)).rejects.toMatchObject({ code: 'ASN_UNKNOWN' });
  await at.portal.registry.use(undefined);
  await expect(ask()).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
});

test('twenty challenges an hour are enough for one network', async () => {
  for (let i = 0; i < 20; i++) await ask();
  await expect(ask()).rejects.toMatchObject({
    code: 'RATE_LIMITED',
    retryAfterSeconds: expect.any(Number),
  });
});

test('a login goes on as another proved network, and ends everywhere when revoked', async () => {
  const { cookie } = await answer(await ask(), owner.privateKey);
  const actorNow = () => findLogin(at.portal.database, cookie.value, new Date());
  const member = { ...ctx, actor: (await actorNow()) ?? ctx.actor };
  await chooseNetwork({ ctx: member, asn: 4242426101 });
  expect(await actorNow()).toMatchObject({ asn: 4242426101 });
  await expect(chooseNetwork({ ctx: member, asn: 4242426004 })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });

  await signOut({ ctx: member });
  expect(await actorNow()).toBeUndefined();
});

test('a login ends after seven days', async () => {
  const { cookie } = await answer(await ask(), owner.privateKey);
  const later = new Date(Date.now() + 7 * 24 * 3_600_000 + 1000);
  expect(await findLogin(at.portal.database, cookie.value, later)).toBeUndefined();
});

test('a refusal is in the audit log with its precise code', async () => {
  await expect(answer(await ask(), stranger.privateKey)).rejects.toThrow();
  const record = await at.portal.database.audit.findFirst({ orderBy: { number: 'desc' } });
  expect(record).toMatchObject({ action: 'auth.refused', detail: { code: 'KEY_NOT_REGISTERED' } });
});

type Asked = { readonly nonce: string; readonly text: string };

const ask = (asn = 4242426001): Promise<Asked> =>
  issueChallenge({ ctx, asn, portalName: PORTAL, visitCookie });

function answer(
  { nonce, text }: Asked,
  key: typeof owner.privateKey,
  more: { visitCookie?: string | undefined; portalName?: string; now?: Date } = {},
) {
  return verifyChallenge({
    ctx: { ...ctx, now: more.now ?? new Date() },
    nonce,
    answer: { method: 'ssh', signature: sshSignature(text, key), publicKey: undefined },
    portalName: more.portalName ?? PORTAL,
    visitCookie: 'visitCookie' in more ? more.visitCookie : visitCookie,
    userAgent: null,
  });
}

/** What `ssh-keygen -Y sign -n rootless42-auth` prints for an ed25519 key (PROTOCOL.sshsig). */
function sshSignature(text: string, key: typeof owner.privateKey): string {
  const publicKey = key === owner.privateKey ? owner.publicKey : stranger.publicKey;
  const digest = createHash('sha512').update(text).digest();
  const head = [wire('rootless42-auth'), wire(''), wire('sha512')];
  const signed = Buffer.concat([Buffer.from('SSHSIG'), ...head, wire(digest)]);
  const inner = Buffer.concat([wire('ssh-ed25519'), wire(sign(null, signed, key))]);
  const version = Buffer.from([0, 0, 0, 1]);
  const blob = Buffer.concat([
    Buffer.from('SSHSIG'),
    version,
    wire(sshBlob(publicKey)),
    ...head,
    wire(inner),
  ]);
  const lines = blob.toString('base64').replace(/(.{70})/g, '$1\n');
  return `-----BEGIN SSH SIGNATURE-----\n${lines}\n-----END SSH SIGNATURE-----\n`;
}

function wire(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function sshBlob(key: typeof owner.publicKey): Buffer {
  const { x } = key.export({ format: 'jwk' });
  return Buffer.concat([wire('ssh-ed25519'), wire(Buffer.from(x ?? '', 'base64url'))]);
}

function object(path: string, ...attributes: [string, string][]) {
  const text = attributes.map(([key, value]) => `${`${key}:`.padEnd(20)}${value}\n`).join('');
  return { path, bytes: new TextEncoder().encode(text) };
}
