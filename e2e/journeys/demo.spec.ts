/** The demo network: sessions, routes and a looking glass within a minute of a fresh start. */
import { request } from '@playwright/test';
import { inspect, observeShifts } from './inspect.ts';
import { expect, test } from './journey.ts';
import { OPERATOR_TOKEN, type Portal, startPortal } from './portal.ts';

const MINUTE_MS = 60_000;
const AS_OPERATOR = { authorization: `Bearer ${OPERATOR_TOKEN}` };

type Peering = {
  readonly id: string;
  readonly asn: number;
  readonly operational: string;
  readonly diagnosis: readonly { readonly code: string }[];
};

test.describe.configure({ mode: 'serial' });
let portal: Portal;

test.beforeAll(async () => {
  portal = await startPortal({
    env: { ROOTLESS42_OPERATOR_TOKEN: OPERATOR_TOKEN },
    believesForwarding: true,
  });
});
test.afterAll(() => portal.stop());

async function listed(): Promise<readonly Peering[]> {
  const client = await request.newContext({ baseURL: portal.url, extraHTTPHeaders: AS_OPERATOR });
  const { peerings } = await (await client.get('/api/v1/peerings')).json();
  await client.dispose();
  return peerings;
}

async function peeringOf(asn: number): Promise<Peering> {
  const peering = (await listed()).find((each) => each.asn === asn);
  if (peering === undefined) throw new Error(`the demo has no peering with AS${asn}`);
  return peering;
}

test('one press on the set-up page, and within a minute sessions are established', async ({
  page,
}) => {
  const pressedAt = Date.now();
  await page.goto(portal.setupUrl());
  await page.getByRole('button', { name: 'Try it on the demo network' }).click();
  await expect(page).toHaveURL(`${portal.url}/`);
  await expect(page.getByText('This is the demo network.')).toBeVisible();
  await expect
    .poll(
      async () => {
        const states = (await listed()).map(({ operational }) => operational);
        return states.filter((state) => state === 'established').length;
      },
      { timeout: MINUTE_MS },
    )
    .toBeGreaterThanOrEqual(6);
  await page.reload();
  await expect(page.getByText('peerings, 6 established')).toBeVisible();
  await page.getByRole('link', { name: 'Looking glass' }).click();
  await expect(page.getByRole('heading', { name: /7 established/ })).toBeVisible();
  await expect(page.getByRole('main').getByRole('row').nth(1)).toContainText('alder');
  expect(Date.now() - pressedAt).toBeLessThan(MINUTE_MS);
});

test('the looking glass: a route with its paths, what was rejected and why, a ping', async ({
  page,
}) => {
  const ask = async (query: string, target: string): Promise<void> => {
    await page.goto(`${portal.url}/lg`);
    await page.getByLabel('Question').selectOption({ label: query });
    await page.getByLabel('Address, prefix or host').fill(target);
    await page.getByRole('button', { name: 'Look up' }).click();
  };
  const main = page.getByRole('main');
  await ask('Route', '172.21.138.1');
  await expect(main.getByRole('heading', { name: /^\d paths$/ })).toBeVisible();
  await expect(main.getByText('in use').first()).toBeVisible();
  await expect(main.getByText('ROA valid')).toBeVisible();
  await expect(main.getByRole('heading', { name: 'Why this path' })).toBeVisible();
  await ask('Ping', '172.21.129.1');
  await expect(main.getByText('4 of 4 answered')).toBeVisible({ timeout: 15_000 });
  await ask('Route', 'nonsense');
  await expect(main.getByText('QUERY_INVALID')).toBeVisible();
});

test('a refused key in words; one press takes the offered one, and the page reaches Established', async ({
  browser,
}) => {
  const fjord = await peeringOf(4242426006);
  const context = await browser.newContext({ extraHTTPHeaders: AS_OPERATOR });
  const page = await context.newPage();
  await page.goto(`${portal.url}/peerings/${fjord.id}`);
  await expect(page.getByText('WG_KEY_UNKNOWN').first()).toBeVisible({ timeout: 20_000 });
  await page.getByRole('button', { name: 'Use the offered key' }).click();
  await expect(page.getByText(/\d+ routes in, \d+ out/)).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText('WG_KEY_UNKNOWN')).toHaveCount(0);
  await context.close();
});

test.describe('with life in them', () => {
  test.use({ extraHTTPHeaders: AS_OPERATOR });
  test.beforeEach(({ page }) => observeShifts(page));
  for (const [name, path] of [
    ['demo-landing', async () => '/'],
    ['demo-neighbors', async () => '/lg'],
    ['demo-route', async () => '/lg/demo/route/172.21.138.1'],
    ['demo-why', async () => '/lg/demo/why/172.21.130.0/27'],
    ['demo-rejected', async () => '/lg/demo/rejected/ember_v4'],
    ['demo-malformed', async () => '/lg/demo/malformed/alder'],
    ['demo-ping', async () => '/lg/demo/ping/172.21.129.1'],
    ['demo-established', async () => `/peerings/${(await peeringOf(4242426001)).id}`],
    ['demo-rejected-routes', async () => `/peerings/${(await peeringOf(4242426005)).id}`],
    ['demo-silent', async () => `/peerings/${(await peeringOf(4242426008)).id}`],
    ['demo-desk', async () => '/admin'],
    ['demo-desk-peerings', async () => '/admin/peerings'],
  ] as const) {
    test(`${name} is whole`, async ({ page }) => {
      await inspect(page, `${portal.url}${await path()}`, name);
    });
  }
});
