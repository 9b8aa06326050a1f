/** The form and the life of a peering, by its owner in the browser. */
import type { Page } from '@playwright/test';
import { expect, newClientAddress, test } from './journey.ts';
import { type Home, homeWithSshKey } from './keys.ts';
import { newPublicKey, OPERATOR_TOKEN, type Portal, REGISTRY, startPortal } from './portal.ts';
import { signInBySsh } from './sign-in.ts';

const TAKEN_KEY = newPublicKey();
let portal: Portal;
let alder: Home;
let fjord: Home;
let pine: Home;
let moss: Home;

test.beforeAll(async () => {
  portal = await startPortal({
    config: {
      registry: { path: REGISTRY },
      approval: 'automatic',
      peerings: [{ asn: 4242426003, publicKey: TAKEN_KEY, linkLocal: 'fe80::6003' }],
    },
    believesForwarding: true,
  });
  [alder, fjord, pine, moss] = await Promise.all([
    homeWithSshKey('alder_ed25519', 'id_ed25519'),
    homeWithSshKey('fjord_ecdsa256', 'id_ecdsa'),
    homeWithSshKey('pine_ecdsa384', 'id_ecdsa'),
    homeWithSshKey('moss_ed25519', 'id_ed25519'),
  ]);
});
test.afterAll(async () => {
  await Promise.all([alder, fjord, pine, moss].map((home) => home.remove()));
  await portal.stop();
});

const field = (page: Page, name: string | RegExp) => page.getByLabel(name).first();
const publicKey = (page: Page) => field(page, 'Your WireGuard public key');
const endpoint = (page: Page) => page.getByLabel('Your endpoint', { exact: true });
const create = (page: Page) => page.getByRole('button', { name: 'Create peering' });

/** Fills a field as a person does, who then goes on to the next. */
async function type(page: Page, name: string | RegExp, text: string): Promise<void> {
  await field(page, name).fill(text);
  await field(page, name).blur();
}

async function listed(): Promise<unknown> {
  const answer = await fetch(`${portal.url}/api/v1/peerings`, {
    headers: { authorization: `Bearer ${OPERATOR_TOKEN}` },
  });
  const { peerings } = (await answer.json()) as { peerings: Record<string, unknown>[] };
  return peerings.map(({ id, revision, administrative, publicKey: key }) => ({
    id,
    revision,
    administrative,
    key,
  }));
}

test('each wrong value has its code at its field, keeps the text, and nothing is created', async ({
  page,
}) => {
  await signInBySsh(page, portal, 4242426006, fjord);
  const before = await listed();
  await page.getByText('Separate IPv4 and IPv6').click();
  await page.locator('summary', { hasText: 'More' }).click();
  for (const [name, text, code] of [
    ['Your WireGuard public key', 'abc', 'KEY_ENCODING'],
    ['Your WireGuard public key', `${'A'.repeat(43)}=`, 'KEY_LOW_ORDER'],
    ['Your endpoint', 'nonsense', 'ENDPOINT_SYNTAX'],
    ['Your endpoint', '203.0.113.5:70000', 'ENDPOINT_SYNTAX'],
    ['Your endpoint', '192.168.1.7:51820', 'ENDPOINT_PRIVATE'],
    ['Your endpoint', 'node.rootless42.example:51820', 'ENDPOINT_IS_US'],
    ['Your endpoint', '172.21.128.9:51820', 'ENDPOINT_IN_OVERLAY'],
    ['Preshared key', 'secret', 'PSK_ENCODING'],
    ['MTU', '9001', 'MTU_RANGE'],
    ['Your link-local address', 'fe80::6000', 'LL_CONFLICT'],
    ['Your link-local address', '10.0.0.1', 'LL_SYNTAX'],
    ['Your IPv4 address in the tunnel', '8.8.8.8', 'ADDRESS_NOT_DN42'],
    ['Your IPv4 address in the tunnel', '172.21.128.1', 'ADDRESS_CONFLICT'],
    ['Your IPv6 address in the tunnel', 'fd00::zz', 'ADDRESS_SYNTAX'],
    ['Keepalive, seconds', '999', 'KEEPALIVE_RANGE'],
    ['Import limit per family', '0', 'LIMIT_RANGE'],
  ] as const) {
    const exact = name === 'Your endpoint';
    const input = page.getByLabel(name, { exact }).first();
    await input.fill(text);
    await input.blur();
    await expect(input, `${name} ${text}`).toHaveAccessibleDescription(new RegExp(code));
    await expect(input).toHaveAttribute('aria-invalid', 'true');
    await expect(input).toHaveValue(text);
  }
  await create(page).click();
  await expect(publicKey(page)).toBeFocused();
  await expect(page.getByText(/\d fields to correct/)).toBeVisible();
  expect(await listed()).toEqual(before);
});

test('what only the server knows: a key in use, an address of somebody else', async ({ page }) => {
  await signInBySsh(page, portal, 4242426006, fjord);
  const before = await listed();
  await type(page, 'Your WireGuard public key', TAKEN_KEY);
  await expect(publicKey(page)).toHaveAccessibleDescription(/KEY_IN_USE/);
  // Whose key it is stays a secret.
  await expect(page.getByRole('main')).not.toContainText('6003');
  await page.getByText('Separate IPv4 and IPv6').click();
  await endpoint(page).fill('203.0.113.5:26006');
  await type(page, 'Your IPv4 address in the tunnel', '172.21.129.5');
  const ipv4 = field(page, 'Your IPv4 address in the tunnel');
  await expect(ipv4).toHaveAccessibleDescription(/ADDRESS_NOT_YOURS/);
  await expect(ipv4).toHaveAccessibleDescription(/172\.21\.129\.0\/27/);
  await create(page).click();
  await expect(publicKey(page)).toBeFocused();
  await expect(publicKey(page)).toHaveValue(TAKEN_KEY);
  await type(page, 'Your WireGuard public key', newPublicKey());
  await expect(page.getByText('A valid key, not used on this node yet')).toBeVisible();
  await create(page).click();
  await expect(ipv4).toBeFocused();
  await expect(ipv4).toHaveAttribute('aria-invalid', 'true');
  expect(await listed()).toEqual(before);
});

test('two values are enough; then edit, disable, enable, delete by typing the AS number', async ({
  page,
}) => {
  const key = newPublicKey();
  await signInBySsh(page, portal, 4242426001, alder);
  await publicKey(page).fill(key);
  await endpoint(page).fill('203.0.113.5:26001');
  const preview = page.getByRole('complementary', { name: 'What you will paste, as you type' });
  await expect(preview).toContainText('ListenPort = 26001');
  await expect(preview).toContainText("neighbor fe80::6000%'r42-tokyo' as 4242426000");
  await create(page).click();
  await page.waitForURL(/\/peerings\/[0-9a-f]{32}$/);
  await expect(page.getByText('Provisioned').first()).toBeVisible();
  await expect(page.getByText(/Nothing has arrived from you yet/)).toBeVisible({ timeout: 20_000 });

  await page.getByRole('link', { name: 'Edit', exact: true }).click();
  await page.waitForURL(/\/edit$/);
  await expect(publicKey(page)).toHaveValue(key);
  await endpoint(page).fill('198.51.100.7:26001');
  await expect(page.getByText(/applied in place/)).toBeVisible();
  await field(page, 'MTU').fill('1412');
  await expect(page.getByText(/restart the session/)).toBeVisible();
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.waitForURL(/\/peerings\/[0-9a-f]{32}$/);
  await expect(page.getByText('198.51.100.7:26001').first()).toBeVisible();
  await expect(page.getByText('MTU = 1412').first()).toBeVisible();

  await page.getByRole('button', { name: 'Disable' }).click();
  await expect(page.getByText('Disabled', { exact: true }).first()).toBeVisible();
  await page.getByRole('button', { name: 'Enable' }).click();
  await expect(page.getByRole('button', { name: 'Disable' })).toBeVisible();
  await expect(page.getByText('Disabled', { exact: true })).toHaveCount(0);

  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('button', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/Type .*4242426001 to confirm/).fill('4242426003');
  await expect(dialog.getByText('The number does not match yet.')).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Delete' })).toBeDisabled();
  await page.keyboard.press('Enter');
  await expect(dialog).toBeVisible();
  await dialog.getByLabel(/to confirm/).fill('AS4242426001');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.waitForURL(/\/peerings$/);
  await expect(page.getByText('No peerings yet')).toBeVisible();
});

test('separate sessions, a generated preshared key shown once, no endpoint', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: portal.url });
  await signInBySsh(page, portal, 4201276001, pine);
  await publicKey(page).fill(newPublicKey());
  await page.getByLabel('none, I connect to you').check();
  await expect(endpoint(page)).toBeDisabled();
  await page.getByRole('button', { name: 'Generate' }).click();
  const psk = await field(page, 'Preshared key').inputValue();
  expect(psk).toMatch(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/);
  await page.getByRole('button', { name: 'Copy: Preshared key' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(psk);
  await page.getByText('Separate IPv4 and IPv6').click();
  await field(page, 'Your IPv4 address in the tunnel').fill('169.254.42.1');
  await create(page).click();
  await page.waitForURL(/\/peerings\/[0-9a-f]{32}$/);
  await expect(page.getByText('PersistentKeepalive = 25').first()).toBeVisible();
  await expect(page.getByText('169.254.42.1').first()).toBeVisible();
  await page.reload();
  await expect(page.getByText('PresharedKey').first()).toBeVisible();
  expect(await page.content()).not.toContain(psk);
  const id = page.url().split('/').at(-1);
  const object = await page.request.get(`${portal.url}/api/v1/peerings/${id}`);
  expect(await object.text()).not.toContain(psk);
  await page.goto(`${page.url()}/edit`);
  await expect(field(page, 'Preshared key')).toHaveValue('');
  await expect(field(page, 'Preshared key')).toHaveAttribute('placeholder', 'as it is');
});

test('all of it by keyboard, and a foreign peering is a page that does not exist', async ({
  page,
  browser,
}) => {
  await signInBySsh(page, portal, 4242426013, moss);
  // A form waits for its script; what is typed before would be lost.
  await expect(publicKey(page)).toBeEnabled();
  await publicKey(page).focus();
  await page.keyboard.insertText(newPublicKey());
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.insertText('203.0.113.13:26013');
  await page.keyboard.press('Control+Enter');
  await page.waitForURL(/\/peerings\/[0-9a-f]{32}$/);
  const context = await browser.newContext({
    extraHTTPHeaders: { 'x-forwarded-for': newClientAddress() },
  });
  const stranger = await context.newPage();
  await signInBySsh(stranger, portal, 4242426006, fjord);
  const answer = await stranger.goto(page.url());
  expect(answer?.status()).toBe(404);
  await expect(stranger.getByText('PAGE_NOT_FOUND')).toBeVisible();
  await stranger.goto(`${portal.url}/peerings`);
  await expect(stranger.getByText('No peerings yet')).toBeVisible();
  await context.close();
});

test('who proved a key chooses among its networks, and signs out', async ({ page }) => {
  await signInBySsh(page, portal, 4242426001, alder);
  await page.getByRole('button', { name: 'Signed in as AS4242426001' }).click();
  await page.getByRole('button', { name: /6101/ }).click();
  await expect(page.getByRole('button', { name: 'Signed in as AS4242426101' })).toBeVisible();
  await page.getByRole('button', { name: 'Signed in as AS4242426101' }).click();
  await page.getByRole('button', { name: 'Sign out' }).filter({ visible: true }).click();
  await expect(page.getByRole('link', { name: 'Sign in' })).toBeVisible();
  await page.goto(`${portal.url}/peerings`);
  await expect(page).toHaveURL(/\/sign-in$/);
});
