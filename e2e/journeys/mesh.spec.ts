/**
 * The mesh page: six cities of the demo in one Ethernet, whose links have two directions (sim/demo/mesh-cast.ts).
 *
 *   newyork ──► tokyo ──► hongkong     105 ms, the direct link takes 142
 *   hongkong ──► newyork                97 ms
 */
import { type Page, request } from '@playwright/test';
import type { MeshAnswer, MeshObject } from '../../app/_queries/view-models.ts';
import { freePort } from '../../router-core/host/testing/free-port.ts';
import { eventually } from '../lab/process.ts';
import { inspect, observeShifts } from './inspect.ts';
import { expect, test } from './journey.ts';
import { newPublicKey, OPERATOR_TOKEN, type Portal, REGISTRY, startPortal } from './portal.ts';

const JOINED_MS = 120_000;
const AS_OPERATOR = { authorization: `Bearer ${OPERATOR_TOKEN}` };
/** The virtual network adds up to 6 ms to each datagram. */
const AROUND_MS = 8;
/** A few of its measurements. */
const REPORTED_MS = 20_000;

let portal: Portal;

test.beforeAll(async () => {
  test.setTimeout(JOINED_MS + 60_000);
  portal = await startPortal({
    env: { ROOTLESS42_DEMO: '1', ROOTLESS42_OPERATOR_TOKEN: OPERATOR_TOKEN },
    believesForwarding: true,
  });
  await eventually(
    'all six know all links, and New York reaches Hong Kong by Tokyo',
    async () => (await askMesh())?.mesh ?? null,
    (mesh) => mesh !== null && mesh.ways.length === 30 && wayOf(mesh, 6, 2) === '6 1 2',
    JOINED_MS,
    1000,
  );
});
// What beforeAll did not start is not stopped.
test.afterAll(() => (portal as Portal | undefined)?.stop());
test.beforeEach(({ page }) => observeShifts(page));

async function askMesh(headers: Record<string, string> = {}): Promise<MeshAnswer | undefined> {
  const client = await request.newContext({ baseURL: portal.url, extraHTTPHeaders: headers });
  const answer = await client.get('/api/v1/mesh');
  const body = answer.ok() ? ((await answer.json()) as MeshAnswer) : undefined;
  await client.dispose();
  return body;
}

const wayOf = (mesh: MeshObject, from: number, to: number): string | undefined =>
  mesh.ways.find((way) => way.from === from && way.to === to)?.nodes.join(' ');

const heatMap = (page: Page) => page.getByRole('region', { name: 'One-way latency, ms' });
const cell = (page: Page, from: string, to: string) =>
  heatMap(page).getByRole('link', { name: new RegExp(`^${from} to ${to}, `) });
const stations = (page: Page, pair: string, list: 0 | 1) =>
  page.getByRole('region', { name: pair }).getByRole('list').nth(list).getByRole('listitem');

test('the heat map has one number per direction, and a mark where one is much slower', async ({
  page,
}) => {
  await page.goto(`${portal.url}/mesh`);
  await expect(heatMap(page).getByRole('row')).toHaveCount(8);
  for (const [from, to, ms] of [
    ['newyork', 'hongkong', 142],
    ['hongkong', 'newyork', 97],
    ['tokyo', 'frankfurt', 134],
    ['frankfurt', 'tokyo', 108],
    ['hongkong', 'singapore', 17],
  ] as const) {
    // A latency of others is there once they reported it, and again after a ping that came late.
    await expect
      .poll(async () => Math.abs(Number(await cell(page, from, to).innerText()) - ms), {
        message: `${from} to ${to}`,
        timeout: REPORTED_MS,
      })
      .toBeLessThanOrEqual(AROUND_MS);
  }
  await expect(cell(page, 'newyork', 'hongkong').locator('span')).toHaveCount(1);
  await expect(cell(page, 'hongkong', 'newyork').locator('span')).toHaveCount(0);
  // Switched off: named, silent, and without numbers.
  await expect(heatMap(page).getByRole('rowheader', { name: /^sydney/ })).toContainText('silent');
  await expect(cell(page, 'sydney', 'tokyo')).toHaveText('');
  await expect(page.getByText('1 node silent')).toBeVisible();
});

test('a chosen pair shows its way there and back, and the address says so', async ({ page }) => {
  await page.goto(`${portal.url}/mesh`);
  await cell(page, 'newyork', 'hongkong').click();
  await expect(page).toHaveURL(/[?&]from=6&to=2/);
  const card = page.getByRole('region', { name: 'newyork to hongkong' });
  await expect(stations(page, 'newyork to hongkong', 0)).toHaveText([
    /newyork/,
    /tokyo/,
    'hongkong',
  ]);
  await expect(stations(page, 'newyork to hongkong', 1)).toHaveText([/hongkong/, 'newyork']);
  await expect(card).toContainText(/\d+(\.\d)? ms faster than the direct link/);
  await expect(card).toContainText('directly');

  await card.getByRole('link', { name: 'Swap the direction' }).click();
  await expect(page).toHaveURL(/from=2&to=6/);
  await expect(stations(page, 'hongkong to newyork', 0)).toHaveText([/hongkong/, 'newyork']);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'hongkong to newyork' })).toBeVisible();
});

test('arrows move in the heat map, Enter chooses, V swaps', async ({ page }) => {
  await page.goto(`${portal.url}/mesh?from=1&to=2`);
  await cell(page, 'tokyo', 'hongkong').focus();
  // One cell is in the order of Tab; the diagonal is stepped over.
  await expect(heatMap(page).locator('a[tabindex="0"]')).toHaveCount(1);
  await page.keyboard.press('ArrowRight');
  await expect(cell(page, 'tokyo', 'singapore')).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowDown');
  await expect(cell(page, 'singapore', 'hongkong')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'singapore to hongkong' })).toBeVisible();
  // What V swaps follows the address, which comes behind the words.
  await expect(page).toHaveURL(/from=3&to=2/);
  await page.keyboard.press('v');
  await expect(page.getByRole('heading', { name: 'hongkong to singapore' }).first()).toBeVisible();
  await expect(page).toHaveURL(/from=2&to=3/);
});

test('who relays what: by the tables, and as the node has counted', async ({ page }) => {
  await page.goto(`${portal.url}/mesh`);
  const relays = page.getByRole('region', { name: 'Who relays' });
  // New York reaches Singapore by Tokyo too, or nearly as fast without it.
  await expect(relays.getByRole('listitem').filter({ hasText: /^tokyo/ })).toContainText(
    /newyork to (?:singapore, )?hongkong/,
  );
  await expect(relays).toContainText(/passed on by tokyo: (?:.*; )?\d+ frames?, [^;]* to hongkong/);
  const links = page.getByRole('region', { name: 'Links', exact: true });
  await expect(links.getByRole('row').filter({ hasText: /^hongkong.*newyork/ })).toContainText(
    'its two ends only',
  );
  await expect(links.getByRole('img', { name: /samples?, .* ms/ }).first()).toBeVisible();
});

test('without script every pair can be chosen, and each drawing', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${portal.url}/mesh`);
  await cell(page, 'newyork', 'hongkong').click();
  await expect(stations(page, 'newyork to hongkong', 0)).toHaveCount(3);
  await page.getByRole('link', { name: 'Table' }).click();
  await expect(
    page.getByRole('region', { name: 'Ways of all pairs' }).getByText('newyork – tokyo – hongkong'),
  ).toBeVisible();
  await page.getByRole('link', { name: 'Graph' }).click();
  await expect(page.getByRole('img', { name: /^Graph/ })).toBeVisible();
  await context.close();
});

test('visitors learn no endpoint and no key, operators both', async () => {
  const open = JSON.stringify(await askMesh());
  expect(open).not.toMatch(/192\.0\.2\.|publicKey|endpoint"/);
  const whole = await askMesh(AS_OPERATOR);
  expect(whole?.mesh?.details?.edge?.status?.links.map(({ endpoint }) => endpoint)).toContain(
    '192.0.2.15:3001',
  );
  expect((await fetch(`${portal.url}/api/v1/mesh?range=year`)).status).toBe(400);
});

test.describe('as everybody sees it', () => {
  // Four times the whole page, judged by axe, while a network of routers runs beside the browser.
  test.describe.configure({ timeout: 150_000 });
  for (const [name, path] of [
    ['mesh-map', '/mesh?from=1&to=5'],
    ['mesh-graph', '/mesh?from=6&to=2&view=graph'],
    ['mesh-table', '/mesh?from=6&to=3&view=table&range=day'],
  ] as const) {
    test(`${name} is whole`, async ({ page }) => {
      await inspect(page, `${portal.url}${path}`, name);
    });
  }
});

test.describe('as operators see it', () => {
  test.describe.configure({ timeout: 150_000 });
  test.use({ extraHTTPHeaders: AS_OPERATOR });
  test('mesh-operator is whole, with endpoints', async ({ page }) => {
    await inspect(page, `${portal.url}/mesh`, 'mesh-operator');
    await expect(page.getByRole('region', { name: 'Sessions of our edge' })).toContainText(
      '192.0.2.11:3001',
    );
  });
});

test.describe('a real edge of a static mesh', () => {
  test.describe.configure({ timeout: 150_000 });
  const edge = async (peers: readonly number[]) => ({
    NodeID: 7,
    NodeName: 'hkg1',
    ListenPort: await freePort(),
    DefaultTTL: 200,
    L2FIBTimeout: 3600,
    Interface: { IType: 'dummy' },
    DynamicRoute: {},
    NextHopTable: { 7: Object.fromEntries(peers.map((peer) => [peer, peer])) },
    Peers: peers.map((NodeID) => ({ NodeID, PubKey: newPublicKey() })),
  });
  const withEdge = async (
    page: Page,
    peers: readonly number[],
    look: (url: string) => Promise<void>,
  ) => {
    const own = await startPortal({
      config: { registry: { path: REGISTRY }, mesh: { edge: await edge(peers) } },
      believesForwarding: true,
    });
    try {
      await expect(async () => {
        await page.goto(`${own.url}/mesh`);
        await expect(page.getByText('told by tokyo')).toBeVisible({ timeout: 2000 });
      }).toPass({ timeout: 30_000 });
      await look(own.url);
    } finally {
      await own.stop();
    }
  };

  test('alone: how to add a second node', async ({ page }) => {
    await withEdge(page, [], async (url) => {
      await expect(page.getByRole('heading', { name: 'One node so far' })).toBeVisible();
      await inspect(page, `${url}/mesh`, 'mesh-alone');
    });
  });

  test('a link that is down says why, to everybody', async ({ page }) => {
    await withEdge(page, [8], async (url) => {
      const row = page.getByRole('row').filter({ hasText: 'hkg1' }).last();
      await expect(row).toContainText('Down');
      await expect(row).toContainText('Its endpoint is not known: nobody has told one.');
      await expect(
        page.getByText('By the table, but the link from hkg1 to node 8 is down.'),
      ).toBeVisible();
      await expect(page.getByText('1 node silent')).toBeVisible();
      // One place is no map.
      await expect(page.getByRole('link', { name: 'Graph' })).toHaveAttribute(
        'aria-current',
        'true',
      );
      await inspect(page, `${url}/mesh`, 'mesh-down');
    });
  });
});
