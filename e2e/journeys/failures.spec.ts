/** Pages that cannot be made: a token nobody knows, and a portal that fails. Each says what to do, and by which code. */
import { join } from 'node:path';
import { PrismaLibSql } from '@prisma/adapter-libsql';
import { newAutomation, newClient } from './client.ts';
import { inspect, observeShifts } from './inspect.ts';
import { expect, test } from './journey.ts';
import { type Portal, REGISTRY, startPortal } from './portal.ts';

const WRONG = { authorization: 'Bearer journeys-operator-token-x' };
let portal: Portal;
test.beforeAll(async () => {
  portal = await startPortal({
    config: { registry: { path: REGISTRY } },
    believesForwarding: true,
  });
});
test.afterAll(() => portal.stop());

test('a page for an unknown token is refused as the API does, and is whole', async ({ page }) => {
  await observeShifts(page);
  await page.setExtraHTTPHeaders(WRONG);
  await inspect(page, `${portal.url}/peerings`, 'token-unknown', 401);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This token is not known here');
  await expect(page.getByText('TOKEN_INVALID', { exact: true })).toBeVisible();
  await page.setExtraHTTPHeaders({});
  await page.getByRole('link', { name: 'Start page' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/cable/);
});

test('no page is made for an unknown token, whatever its address is', async () => {
  const [wrong, right] = await Promise.all([newClient(portal, WRONG), newAutomation(portal)]);
  for (const path of ['/', '/admin', '/lg', '/no-such-page', '/healthzfoo', '/api/foo']) {
    const answer = await wrong.get(path);
    expect(answer.status(), path).toBe(401);
    expect(answer.headers()['www-authenticate'], path).toBe('Bearer error="invalid_token"');
  }
  expect((await wrong.post('/peerings', { data: 'x' })).status()).toBe(401);
  expect((await right.get('/admin')).status()).toBe(200);
  expect((await right.get('/healthzfoo')).status()).toBe(404);
  expect(portal.daemon.output).not.toContain('a page failed');
});

test('a page that fails shows a number, and the log has the reason under it', async ({
  page,
  context,
  problems,
}) => {
  const path = join(portal.folder, 'data', 'rootless42.db');
  const driver = await new PrismaLibSql({ url: `file:${path}` }).connect();
  await driver.executeScript('DROP TABLE "Login"');
  await driver.dispose();
  await context.addCookies([
    { name: 'rootless42', value: 'x'.repeat(43), url: portal.url, httpOnly: true },
  ]);
  const answer = await page.goto(`${portal.url}/peerings?secret=kept-out`);
  expect(answer?.status()).toBe(500);
  const shown = page.getByText(/^INTERNAL · /);
  await expect(shown).toBeVisible();
  const digest = (await shown.textContent())?.replace('INTERNAL · ', '') ?? '';
  expect(digest).toMatch(/^[0-9]+$/);
  await portal.daemon.printed(new RegExp(`"digest":"${digest}".*\\n`));
  const lines = portal.daemon.output
    .split('\n')
    .filter((line) => line.includes('"message":"a page failed"'))
    .map((line) => JSON.parse(line) as { digest: string; path: string; error: object });
  expect(lines.map((line) => line.digest)).toContain(digest);
  expect(lines.find((line) => line.digest === digest)).toMatchObject({
    path: '/peerings',
    error: { message: expect.stringContaining('Login') },
  });
  expect(portal.daemon.output).not.toContain('kept-out');
  // The browser itself logs the status 500.
  problems.length = 0;
});
