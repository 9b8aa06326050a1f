/** What a network sees of its own, at both widths, light and dark. */
import type { APIRequestContext, BrowserContext } from '@playwright/test';
import { newMember } from './client.ts';
import { expectAccessible, inspect, observeShifts } from './inspect.ts';
import { expect, test } from './journey.ts';
import { newPublicKey, type Portal, REGISTRY, startPortal } from './portal.ts';

let portal: Portal;
/** Has a peering that waits for its router. */
let alder: APIRequestContext;
/** Has one that it disabled. */
let fjord: APIRequestContext;
/** Has none. */
let moss: APIRequestContext;
let waiting: string;
let disabled: string;

test.beforeAll(async () => {
  portal = await startPortal({
    config: { registry: { path: REGISTRY }, approval: 'automatic' },
    believesForwarding: true,
  });
  [alder, fjord, moss] = await Promise.all([
    newMember(portal, 4242426001, 'alder_ed25519'),
    newMember(portal, 4242426006, 'fjord_ecdsa256'),
    newMember(portal, 4242426013, 'moss_ed25519'),
  ]);
  waiting = await peer(alder, { endpoint: '203.0.113.5:26001' });
  disabled = await peer(fjord, {
    sessions: 'separate',
    addresses: { ipv4: '169.254.42.1' },
    presharedKey: newPublicKey(),
    remark: 'x'.repeat(400),
  });
  await fjord.post(`/api/v1/peerings/${disabled}/disable`);
  // What is wrong is known some seconds after the first packet, and a page that is open then grows by it.
  await expect
    .poll(async () => await (await alder.get(`/api/v1/peerings/${waiting}`)).json(), {
      timeout: 20_000,
    })
    .toMatchObject({ diagnosis: [{ code: 'UDP_SILENT' }] });
});
test.afterAll(() => portal.stop());
test.beforeEach(({ page }) => observeShifts(page));

async function peer(member: APIRequestContext, values: object): Promise<string> {
  const answer = await member.post('/api/v1/peerings', {
    data: { publicKey: newPublicKey(), ...values },
  });
  expect(answer.status(), await answer.text()).toBe(201);
  return ((await answer.json()) as { id: string }).id;
}

async function become(context: BrowserContext, member: APIRequestContext): Promise<void> {
  await context.addCookies((await member.storageState()).cookies);
}

for (const [name, who, path, status] of [
  ['my-peerings', () => alder, () => '/peerings'],
  ['my-peerings-none', () => moss, () => '/peerings'],
  ['new-peering', () => moss, () => '/peerings/new'],
  ['peering-waiting', () => alder, () => `/peerings/${waiting}`],
  ['peering-disabled', () => fjord, () => `/peerings/${disabled}`],
  ['peering-edit', () => fjord, () => `/peerings/${disabled}/edit`],
  ['peering-foreign', () => moss, () => `/peerings/${waiting}`, 404],
] as const) {
  test(`${name} is whole`, async ({ page, context }) => {
    await become(context, who());
    await inspect(page, `${portal.url}${path()}`, name, status);
  });
}

test('the form full of errors, its choices and its preview are accessible', async ({
  page,
  context,
}) => {
  await become(context, moss);
  await page.goto(`${portal.url}/peerings/new`);
  await page.locator('summary', { hasText: 'More' }).click();
  await page.getByText('Separate IPv4 and IPv6').click();
  await page.getByLabel('MTU').fill('1');
  await page.getByRole('button', { name: 'Create peering' }).click();
  await expect(page.getByText(/\d fields to correct/)).toBeVisible();
  await expectAccessible(page, 'form with errors');
  await page.setViewportSize({ width: 360, height: 780 });
  await page.getByText('Show configuration').click();
  await expectAccessible(page, 'form with errors at 360');
});

test('on a phone a peering is read in the order in which it stands there', async ({
  page,
  context,
}) => {
  await become(context, alder);
  await page.setViewportSize({ width: 360, height: 780 });
  await page.goto(`${portal.url}/peerings/${waiting}`);
  const parts = page.locator('main div:has(> div > section[aria-live]) > div');
  await expect(parts.first()).toContainText('UDP_SILENT');
  await expect(parts.nth(1)).toContainText('First packet');
  await expect(parts.last()).toContainText('Our values');
  const tops = await parts.evaluateAll((all) =>
    all.map((part) => part.getBoundingClientRect().top),
  );
  // What comes later in the document and stands higher would move the rest on a slow machine.
  expect(tops).toHaveLength(4);
  expect(tops.toSorted((a, b) => a - b)).toEqual(tops);
});

test('menus and the dialog are accessible, keep the focus and give it back', async ({
  page,
  context,
}) => {
  await become(context, alder);
  await page.goto(`${portal.url}/peerings/${waiting}`);
  const more = page.getByRole('button', { name: 'More' });
  await more.click();
  await expectAccessible(page, 'menu');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Delete' })).toBeHidden();
  await more.click();
  await page.getByRole('button', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  await expectAccessible(page, 'dialog');
  for (let presses = 0; presses < 6; presses += 1) {
    await page.keyboard.press('Tab');
    expect(
      await page.evaluate(
        () =>
          document.activeElement === document.body ||
          document.activeElement?.closest('dialog') !== null,
      ),
    ).toBe(true);
  }
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(page.getByText('Established').first()).toBeVisible();
});

test('a page that lost its connection says so and comes back by itself', async ({
  page,
  context,
  problems,
}) => {
  await become(context, alder);
  // Going offline does not end a stream that is open: the stream itself is refused instead.
  await page.route('**/events', (route) => route.abort());
  await page.goto(`${portal.url}/peerings/${waiting}`);
  await expect(page.getByText('Live connection lost, trying again')).toBeVisible();
  await page.unroute('**/events');
  await expect(page.getByText(/^live/)).toBeVisible({ timeout: 20_000 });
  // The refused stream is logged by the browser itself.
  problems.length = 0;
});
