/** A stranger proves an AS, with every kind of key that the registry of the fixtures knows. */
import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from './journey.ts';
import { homeWithPgpKey, homeWithSshKey, NAMESPACE } from './keys.ts';
import { type Portal, REGISTRY, startPortal } from './portal.ts';
import { challengeIn, openProof, pasteSignature, signatureField } from './sign-in.ts';

const FIXTURES = resolve(import.meta.dirname, '../../app/_auth/proofs/fixtures');
let portal: Portal;

test.beforeAll(async () => {
  portal = await startPortal({
    config: { registry: { path: REGISTRY }, approval: 'automatic' },
    believesForwarding: true,
  });
});
test.afterAll(() => portal.stop());

for (const [kind, asn, fixture, file] of [
  ['ed25519', 4242426001, 'alder_ed25519', 'id_ed25519'],
  ['RSA', 4242426005, 'ember_rsa', 'id_rsa'],
  ['ECDSA', 4242426006, 'fjord_ecdsa256', 'id_ecdsa'],
  ['ed25519 among lines we cannot use', 4242426013, 'moss_ed25519', 'id_ed25519'],
  ['ECDSA P-384 of an affiliate network', 4201276001, 'pine_ecdsa384', 'id_ecdsa'],
] as const) {
  test(`SSH, ${kind}: the command of the page signs, the page takes it`, async ({ page }) => {
    const home = await homeWithSshKey(fixture, file);
    const command = await openProof(page, portal, asn);
    expect(command).toContain(` asn=${asn} purpose=login `);
    const { stdout, stderr } = await home.shell(command);
    expect(stdout, stderr).toContain('BEGIN SSH SIGNATURE');
    await pasteSignature(page, stdout);
    await expect(page.getByRole('heading', { name: 'New peering' })).toBeVisible();
    await expect(page.getByRole('button', { name: `Signed in as AS${asn}` })).toBeVisible();
    await home.remove();
  });
}

test('the landing page takes four digits; each shell has its own command', async ({ page }) => {
  await page.goto(portal.url);
  await page.getByRole('textbox', { name: /AS number/ }).fill('6001');
  await page.getByRole('button', { name: 'Peer with me' }).click();
  await expect(page.getByRole('heading', { name: /AS4242426001/ })).toBeVisible();
  const block = page.locator('pre', { hasText: 'nonce=' });
  await page.getByRole('button', { name: 'PowerShell' }).click();
  await expect(block).toContainText('\' | ssh-keygen -Y sign -n rootless42-auth -f "$HOME\\.ssh');
  await page.getByRole('button', { name: 'cmd', exact: true }).click();
  await expect(block).toContainText('%USERPROFILE%\\.ssh\\id_ed25519');
  await page.getByRole('button', { name: 'sh, zsh, bash' }).click();
  await expect(block).toContainText("printf '%s' 'rootless42-v1 portal=localhost asn=4242426001");
});

test('no command can be copied or read before there is a text to sign', async ({ page }) => {
  let answer = (): void => undefined;
  const held = new Promise<void>((resolveHeld) => {
    answer = resolveHeld;
  });
  await page.route('**/api/v1/auth/challenges', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${portal.url}/sign-in?asn=4242426001`);
  await expect(page.getByRole('heading', { name: /Run this/ })).toBeVisible();
  // A font that comes meanwhile may move a line; the answer may not.
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  const before = await page.locator('main').boundingBox();
  expect(await page.locator('body').textContent()).not.toMatch(/ssh-keygen -Y sign|nonce=/);
  answer();
  await expect(page.locator('pre', { hasText: 'nonce=' })).toBeVisible();
  expect(await page.locator('main').boundingBox()).toEqual(before);
});

test('PGP, clear-signed: the command of the page', async ({ page }) => {
  const home = await homeWithPgpKey('cinder');
  const command = await openProof(page, portal, 4242426003, 'PGP signature');
  expect(command).toContain('gpg --clearsign -u 222D0215A2CF08B86098145FA66548A286BB46A9');
  const { stdout, stderr } = await home.shell(command);
  expect(stdout, stderr).toContain('BEGIN PGP SIGNED MESSAGE');
  await pasteSignature(page, stdout);
  await expect(page.getByRole('heading', { name: 'New peering' })).toBeVisible();
  await home.remove();
});

test('PGP, detached, by a subkey of a certify-only key', async ({ page }) => {
  const home = await homeWithPgpKey('nimbus');
  const command = await openProof(page, portal, 4242426014);
  const { stdout, stderr } = await home.shell(
    'gpg --armor --detach-sign',
    `${challengeIn(command)}\n`,
  );
  expect(stdout, stderr).toContain('BEGIN PGP SIGNATURE');
  await pasteSignature(page, stdout);
  await expect(page.getByRole('heading', { name: 'New peering' })).toBeVisible();
  await home.remove();
});

test('PGP, where the registry has only a fingerprint: the page asks for the key', async ({
  page,
}) => {
  const home = await homeWithPgpKey('basalt');
  const command = await openProof(page, portal, 4242426002);
  const exportCommand = await page.locator('pre', { hasText: 'gpg --armor --export' }).innerText();
  const key = await home.shell(exportCommand);
  await page.getByLabel('2. Paste your public key').fill(key.stdout);
  const signed = await home.shell(command);
  await pasteSignature(page, signed.stdout);
  await expect(page.getByRole('heading', { name: 'New peering' })).toBeVisible();
  await home.remove();
});

test('FIDO: a touched key signs in, an untouched one is told to touch', async ({ page }) => {
  const command = await openProof(page, portal, 4242426012);
  expect(command).toContain('~/.ssh/id_ed25519_sk');
  await pasteSignature(page, signAsToken(challengeIn(command), false));
  await expect(page.getByText('USER_PRESENCE_MISSING')).toBeVisible();
  await pasteSignature(page, signAsToken(challengeIn(command), true));
  await expect(page.getByRole('heading', { name: 'New peering' })).toBeVisible();
});

test('a wrong signature says what is wrong, keeps the text and the focus; the right one then works', async ({
  page,
}) => {
  const [alder, moss] = await Promise.all([
    homeWithSshKey('alder_ed25519', 'id_ed25519'),
    homeWithSshKey('moss_ed25519', 'id_ed25519'),
  ]);
  const command = await openProof(page, portal, 4242426001);
  const field = signatureField(page);
  const refused = async (signature: string, code: string): Promise<void> => {
    await pasteSignature(page, signature);
    await expect(page.getByRole('alert').filter({ hasText: code })).toBeVisible();
    await expect(field).toHaveValue(signature);
    await expect(field).toBeFocused();
    await expect(field).toHaveAttribute('aria-invalid', 'true');
  };
  await refused('not a signature', 'MALFORMED');
  await refused((await moss.shell(command)).stdout, 'KEY_NOT_REGISTERED');
  await refused(
    (await alder.shell(command.replace(NAMESPACE, 'git'))).stdout,
    'NAMESPACE_MISMATCH',
  );
  await pasteSignature(page, (await alder.shell(command)).stdout);
  await expect(page.getByRole('heading', { name: 'New peering' })).toBeVisible();
  await Promise.all([alder.remove(), moss.remove()]);
});

test('after five wrong tries the text is worthless, and the page brings a new one', async ({
  page,
}) => {
  const home = await homeWithSshKey('alder_ed25519', 'id_ed25519');
  const command = await openProof(page, portal, 4242426001);
  for (let tries = 0; tries < 5; tries += 1) {
    const answered = page.waitForResponse('**/api/v1/auth/verify');
    await pasteSignature(page, `not a signature ${tries}`);
    expect((await answered).status()).toBe(422);
  }
  await pasteSignature(page, (await home.shell(command)).stdout);
  await expect(page.getByText('CHALLENGE_USED')).toBeVisible();
  await expect(page.locator('pre', { hasText: 'nonce=' })).not.toHaveText(command);
  await home.remove();
});

for (const [what, asn, words] of [
  ['a maintainer without any key', '6004', /DRIFT-MNT/],
  ['the network-wide maintainer only', '6007', /no key for AS4242426007/],
  ['a maintainer that does not exist', '6008', /HAZEL-MNT/],
  ['damaged keys only', '6009', /ssh-ed25519/],
  ['a revoked key', '6010', /revoked/i],
  ['an expired key', '6011', /expired/i],
  ['a key-cert that holds another key', '6015', /PGPKEY-FAC8E3EE/],
] as const) {
  test(`no way in: ${what}`, async ({ page }) => {
    await page.goto(`${portal.url}/sign-in?asn=${asn}`);
    const main = page.getByRole('main');
    await expect(main.getByText('NO_METHOD')).toBeVisible();
    await expect(main).toContainText(words);
    await expect(main).toContainText('Add a line like this to');
    await expect(page.getByRole('button', { name: 'Verify signature' })).toHaveCount(0);
  });
}

test('an AS the registry does not know, and a text that is no AS, stay in the field', async ({
  page,
}) => {
  for (const [typed, code] of [
    ['4242426999', 'ASN_UNKNOWN'],
    ['hello', 'ASN_INVALID'],
    ['99999999999', 'ASN_INVALID'],
  ] as const) {
    await page.goto(`${portal.url}/sign-in?asn=${typed}`);
    const field = page.getByLabel('AS number');
    await expect(field).toHaveValue(typed);
    await expect(field).toHaveAttribute('aria-invalid', 'true');
    await expect(field).toHaveAccessibleDescription(new RegExp(code));
  }
});

/** What `ssh-keygen` makes with a security key, by the software stand-in of the fixtures. */
function signAsToken(text: string, isTouched: boolean): string {
  const string = (bytes: Buffer | string): Buffer => {
    const body = Buffer.from(bytes);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    return Buffer.concat([length, body]);
  };
  const sha = (algorithm: string, bytes: Buffer | string): Buffer =>
    createHash(algorithm).update(bytes).digest();
  const hashed = Buffer.concat(
    [NAMESPACE, '', 'sha512', sha('sha512', text)].map((part) => string(part)),
  );
  const message = Buffer.concat([Buffer.from('SSHSIG'), hashed]);
  const flagsAndCounter = Buffer.from([isTouched ? 1 : 0, 0, 0, 0, 7]);
  const signed = sign(
    null,
    Buffer.concat([sha('sha256', 'ssh:'), flagsAndCounter, sha('sha256', message)]),
    tokenKey(),
  );
  const publicBlob = readFileSync(join(FIXTURES, 'ssh/lichen_sk_ed25519.pub'), 'utf8').split(
    ' ',
  )[1];
  const blob = Buffer.concat([
    Buffer.from('SSHSIG\0\0\0\x01', 'latin1'),
    string(Buffer.from(publicBlob ?? '', 'base64')),
    string(NAMESPACE),
    string(''),
    string('sha512'),
    string(Buffer.concat([string('sk-ssh-ed25519@openssh.com'), string(signed), flagsAndCounter])),
  ]);
  const lines = blob.toString('base64').replace(/.{70}/g, '$&\n');
  return `-----BEGIN SSH SIGNATURE-----\n${lines}\n-----END SSH SIGNATURE-----\n`;
}

function tokenKey(): KeyObject {
  const seed = readFileSync(join(FIXTURES, 'ssh/lichen_sk_ed25519.TEST-ONLY.seed.hex'), 'utf8');
  const hex = seed.split('\n').find((line) => /^[0-9a-f]{64}$/.test(line)) ?? '';
  // RFC 8410 §7: the fixed head of a PKCS #8 document of an Ed25519 key.
  const der = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    Buffer.from(hex, 'hex'),
  ]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}
