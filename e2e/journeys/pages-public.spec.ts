/** What everybody may see, at both widths, light and dark. */

import { expectStill, inspect, observeShifts } from './inspect.ts';
import { expect, test } from './journey.ts';
import { newPublicKey, type Portal, REGISTRY, startPortal } from './portal.ts';

/** Long after the first paint. */
const FONT_LATE_MS = 600;

let portal: Portal;

test.beforeAll(async () => {
  portal = await startPortal({
    config: {
      registry: { path: REGISTRY },
      approval: 'automatic',
      peerings: [
        { asn: 4242426001, publicKey: newPublicKey(), linkLocal: 'fe80::6001' },
        { asn: 4242426003, publicKey: newPublicKey(), linkLocal: 'fe80::6003' },
      ],
    },
    believesForwarding: true,
  });
});
test.afterAll(() => portal.stop());
test.beforeEach(({ page }) => observeShifts(page));

for (const [name, path, status] of [
  ['landing', '/'],
  ['nodes', '/nodes'],
  ['mesh-none', '/mesh'],
  ['looking-glass', '/lg'],
  ['looking-glass-route', '/lg/tokyo/route/172.21.128.5'],
  ['looking-glass-why', '/lg/tokyo/why/172.21.128.5'],
  ['looking-glass-history', '/lg/tokyo/history/172.21.128.0/27'],
  ['looking-glass-flaps', '/lg/tokyo/flaps'],
  ['looking-glass-operators-only', '/lg/tokyo/rejected/alder'],
  ['looking-glass-nothing', '/lg/tokyo/route/172.23.200.1'],
  ['looking-glass-wrong', '/lg/tokyo/route/not-an-address'],
  ['sign-in', '/sign-in'],
  ['sign-in-wrong', '/sign-in?asn=hello'],
  ['proof-ssh', '/sign-in?asn=6013'],
  ['proof-pgp', '/sign-in?asn=6002'],
  ['proof-none', '/sign-in?asn=6004'],
  ['operator-sign-in', '/admin/sign-in'],
  ['not-found', '/no/such/page', 404],
] as const) {
  test(`${name} is whole`, async ({ page }) => {
    await inspect(page, `${portal.url}${path}`, name, status);
  });
}

for (const width of [360, 768, 1280])
  test(`a font that comes late moves nothing, ${width} wide`, async ({ page }) => {
    let isLate = false;
    await page.route('**/*.woff2', async (route) => {
      await new Promise((go) => setTimeout(go, FONT_LATE_MS));
      isLate = true;
      await route.continue();
    });
    await page.setViewportSize({ width, height: 800 });
    await page.goto(`${portal.url}/lg/tokyo/route/172.21.128.5`);
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    expect(isLate).toBe(true);
    await expectStill(page, `late fonts at ${width}`);
  });

test('from the landing page to the proof without a pointer', async ({ page }) => {
  await page.goto(portal.url);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await page.keyboard.press('Enter');
  const field = page.getByRole('textbox', { name: /AS number/ });
  for (let presses = 0; presses < 5; presses += 1) {
    await page.keyboard.press('Tab');
    if (await field.evaluate((element) => element === document.activeElement)) break;
  }
  await expect(field).toBeFocused();
  await page.keyboard.type('6003');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: /AS4242426003/ })).toBeVisible();
  // Two methods: the arrow chooses, and the command follows.
  await expect(page.locator('pre', { hasText: 'nonce=' })).toContainText('ssh-keygen');
  const first = page.getByRole('radio').first();
  for (let presses = 0; presses < 12; presses += 1) {
    await page.keyboard.press('Tab');
    if (await first.evaluate((element) => element === document.activeElement)) break;
  }
  await expect(first).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(page.locator('pre', { hasText: 'nonce=' })).toContainText('gpg --clearsign');
  const signature = page.getByLabel(/Paste what it printed/);
  for (let presses = 0; presses < 12; presses += 1) {
    await page.keyboard.press('Tab');
    if (await signature.evaluate((element) => element === document.activeElement)) break;
  }
  await expect(signature).toBeFocused();
  const box = await signature.boundingBox();
  const header = await page.getByRole('banner').boundingBox();
  expect(box?.y ?? 0).toBeGreaterThanOrEqual((header?.y ?? 0) + (header?.height ?? 0));
});

test('with reduced motion nothing moves for long', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const path of ['/', '/lg', '/sign-in?asn=6001']) {
    await page.goto(`${portal.url}${path}`);
    const moving = await page.evaluate(() =>
      document
        .getAnimations()
        .filter((animation) => {
          const { duration, iterations } = animation.effect?.getComputedTiming() ?? {};
          return Number(duration) > 1 && (iterations ?? 1) > 0 && animation.playState === 'running';
        })
        .map((animation) => (animation as CSSAnimation).animationName ?? 'transition'),
    );
    expect(moving, path).toEqual([]);
  }
});

test('without script the landing page, nodes and looking glass can be read and used', async ({
  browser,
}) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(portal.url);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.getByRole('textbox', { name: /AS number/ }).fill('6001');
  await page.getByRole('button', { name: 'Peer with me' }).click();
  await expect(page.getByRole('heading', { name: /AS4242426001/ })).toBeVisible();
  await page.goto(`${portal.url}/lg`);
  await page.getByLabel('Address, prefix or host').fill('172.21.128.5');
  await page.getByRole('button', { name: 'Look up' }).click();
  await expect(page.getByText('172.21.128.0/27').first()).toBeVisible();
  await context.close();
});

test('a route of our own is ours, valid, and learnt from nobody', async ({ page }) => {
  await page.goto(`${portal.url}/lg/tokyo/route/172.21.128.5`);
  const main = page.getByRole('main');
  await expect(main.getByText('our own route')).toBeVisible();
  await expect(main.getByText('ROA valid')).toBeVisible();
  await expect(main).not.toContainText('eBGP');
});

test('the switch keeps light or dark for the next visit, without a flash', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(portal.url);
  await page.getByRole('button', { name: 'Light or dark' }).first().click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  const answer = await page.reload();
  expect(await answer?.text()).toMatch(/<html[^>]*data-theme="dark"/);
});
