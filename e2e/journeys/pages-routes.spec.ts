/**
 * Routes of real neighbors in the looking glass: paths that carry packets together, several paths told to
 * one neighbor, and prefixes that flap.
 *
 *   alder  AS4242426001 ─┐                 ┌─ cinder AS4242426003, is told every path (add-path)
 *   basalt AS4242426002 ─┴─ tokyo, portal ─┘
 */
import { eventually } from '../lab/process.ts';
import { inspect, observeShifts } from './inspect.ts';
import { expect, newClientAddress, test } from './journey.ts';
import { Neighbor, newNeighborKeys } from './neighbor.ts';
import { type Portal, REGISTRY, startPortal } from './portal.ts';

/** Announced by alder and by basalt. */
const SHARED = '172.22.166.0/24';
const FLAPPING = '172.21.161.0/24';
const NEIGHBORS = [
  { name: 'alder', asn: 4242426001, address: '172.21.129.1', linkLocal: 'fe80::6001' },
  { name: 'basalt', asn: 4242426002, address: '172.21.130.1', linkLocal: 'fe80::6002' },
  { name: 'cinder', asn: 4242426003, address: '172.21.131.1', linkLocal: 'fe80::6003' },
] as const;
const OWN = { alder: '172.21.129.0/27', basalt: '172.21.130.0/27', cinder: '172.21.131.0/27' };
/** Beside the path of the own prefix. */
const ANNOUNCED = { alder: [SHARED], basalt: [SHARED], cinder: [] };
/** Of one neighbor within the window; one more makes a flap. */
const CHANGES = 2;

let portal: Portal;
const neighbors: Neighbor[] = [];

test.beforeAll(async () => {
  const keys = NEIGHBORS.map(newNeighborKeys);
  portal = await startPortal({
    config: {
      registry: { path: REGISTRY },
      bgp: {
        decision: { maxPaths: 2, multipathRelax: true },
        flapping: { changes: CHANGES, minutes: 5 },
      },
      peerings: NEIGHBORS.map(({ name, asn, linkLocal }, i) => ({
        name,
        asn,
        linkLocal,
        publicKey: keys[i]?.publicKey,
        policy: 'accept-all',
        ...(name === 'cinder' ? { addPath: { send: 'all' } } : {}),
      })),
    },
    believesForwarding: true,
  });
  const publicKey = await eventually(
    'the public key',
    async () =>
      (await (await fetch(`${portal.url}/api/v1/nodes`)).json()).nodes[0].ours.publicKey as string,
    (key) => key !== '',
  );
  for (const [i, neighbor] of NEIGHBORS.entries())
    neighbors.push(
      await Neighbor.start(
        {
          ...neighbor,
          keys: keys[i] as (typeof keys)[number],
          publicKey,
          ...(neighbor.name === 'cinder' ? { peering: { addPath: { receive: true } } } : {}),
        },
        portal,
        [OWN[neighbor.name], ...ANNOUNCED[neighbor.name]],
      ),
    );
  await eventually(
    'both paths, and cinder told of them',
    async () => ({ paths: (await route())?.paths.length ?? 0, told: await toldOf('cinder') }),
    ({ paths, told }) => paths === 2 && told === 2,
  );
});
// What beforeAll did not start is not stopped.
test.afterAll(async () => {
  await Promise.all(neighbors.map((neighbor) => neighbor.stop()));
  await (portal as Portal | undefined)?.stop();
});
test.beforeEach(({ page }) => observeShifts(page));

/** The first result; undefined of what the router does not know (yet). */
const ask = async (query: string, argument = '') => {
  const answer = await fetch(`${portal.url}/api/v1/lg/tokyo/${query}?q=${argument}`, {
    headers: { 'x-forwarded-for': newClientAddress() },
  });
  return (await answer.json()).results?.[0];
};
const route = () => ask('route', SHARED);
const toldOf = async (name: string): Promise<number> =>
  (
    ((await ask('why', SHARED))?.data ?? []) as {
      kind: string;
      to?: string;
      isAnnounced?: boolean;
    }[]
  ).filter((row) => row.kind === 'export' && row.to === name && row.isAnnounced === true).length;

for (const [name, path] of [
  ['routes-neighbors', '/lg/tokyo/summary'],
  ['routes-together', `/lg/tokyo/route/${SHARED}`],
  ['routes-why', `/lg/tokyo/why/${SHARED}`],
] as const) {
  test(`${name} is whole`, async ({ page }) => {
    await inspect(page, `${portal.url}${path}`, name);
  });
}

test('which paths carry packets together is said on the page and by the API', async ({ page }) => {
  await page.goto(`${portal.url}/lg/tokyo/route/${SHARED}`);
  const main = page.getByRole('main');
  await expect(main.getByText('2 carry packets together')).toBeVisible();
  await expect(main.getByText('in use as well')).toBeVisible();
  await expect(main.getByText(/behind the best by a tie-break only/)).toBeVisible();
  await expect(main.getByText(/One more path is as good/)).toBeVisible();
  const { paths, text } = await route();
  expect(paths).toMatchObject([
    { isBest: true, isMultipath: true },
    { isBest: false, isMultipath: true },
  ]);
  expect(text).toMatch(/^\* .*\n= /);
  // A prefix of one neighbor has one path, and nothing to share.
  await page.goto(`${portal.url}/lg/tokyo/route/${OWN.alder}`);
  await expect(main.getByText('in use', { exact: true })).toBeVisible();
  await expect(main).not.toContainText('together');
});

test('a neighbor that is told several paths has a row for each', async ({ page }) => {
  await page.goto(`${portal.url}/lg/tokyo/why/${SHARED}`);
  const rows = page
    .getByRole('region', { name: 'Announced to' })
    .getByRole('row')
    .filter({ hasText: 'cinder' });
  await expect(rows).toHaveCount(2);
  await expect(rows.filter({ hasText: /alder, as path \d/ })).toHaveCount(1);
  await expect(rows.filter({ hasText: /basalt, as path \d/ })).toHaveCount(1);
});

test('a prefix that comes and goes is listed, with its neighbor and its path', async ({ page }) => {
  await page.goto(`${portal.url}/lg/tokyo/flaps`);
  await expect(page.getByRole('heading', { name: 'No prefix flaps' })).toBeVisible();
  const [alder] = neighbors;
  const announcedNow = async () => (await ask('route', FLAPPING))?.prefix === FLAPPING;
  // The first word on a prefix is no change of it.
  for (let change = 0; change <= CHANGES + 1; change += 1) {
    const isThere = change % 2 === 0;
    alder?.announce([OWN.alder, SHARED, ...(isThere ? [FLAPPING] : [])]);
    await eventually(`change ${change}`, announcedNow, (seen) => seen === isThere);
  }
  await page.reload();
  const list = page.getByRole('region', { name: '1 prefix flaps' });
  await expect(list).toContainText(FLAPPING);
  await expect(list).toContainText(`${CHANGES + 1} changes`);
  await expect(list).toContainText('AS4242426001 alder');
  await inspect(page, `${portal.url}/lg/tokyo/flaps`, 'looking-glass-flaps-some');
});
