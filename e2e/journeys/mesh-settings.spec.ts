/** The operator runs a supernode, makes the file of an edge, joins with it, and leaves: all on one node, over real sockets. */
import { type APIRequestContext, expect, type Page } from '@playwright/test';
import { freePort } from '../../router-core/host/testing/free-port.ts';
import { expectProblem, newAutomation, newMember } from './client.ts';
import { inspect, observeShifts, takePicture } from './inspect.ts';
import { test } from './journey.ts';
import { type Portal, REGISTRY, startPortal } from './portal.ts';
import { setUp } from './set-up.ts';

test.describe.configure({ mode: 'serial' });

let portal: Portal;
let operator: APIRequestContext;
let file: string;

test.beforeAll(async () => {
  portal = await startPortal({
    config: { registry: { path: REGISTRY } },
    env: { ROOTLESS42_OPERATOR_TOKEN: '' },
    believesForwarding: true,
  });
  operator = await setUp(portal);
});
test.afterAll(() => portal.stop());
test.beforeEach(async ({ page, context }) => {
  await observeShifts(page);
  await context.addCookies((await operator.storageState()).cookies);
});

const open = (page: Page) => page.goto(`${portal.url}/admin/mesh`);
const part = (page: Page, name: 'Edge' | 'Supernode') =>
  page.getByRole('region', { name, exact: true });

test('without a mesh the page offers the three ways in', async ({ page }) => {
  await page.goto(`${portal.url}/admin`);
  await page.getByRole('navigation', { name: 'Desk' }).getByRole('link', { name: 'Mesh' }).click();
  await expect(page).toHaveURL(/\/admin\/mesh$/);
  for (const way of ['Join a network with a supernode', 'Run the supernode here', 'Peer to peer'])
    await expect(page.getByRole('radio', { name: way })).toBeVisible();
  await inspect(page, `${portal.url}/admin/mesh`, 'desk-mesh-empty');
});

test('values filled in are judged, each at its field', async ({ page }) => {
  await open(page);
  await page.getByRole('tab', { name: 'Fill in values' }).click();
  await page.getByLabel('Endpoint, IPv4').fill('nowhere');
  await page.getByLabel('URL of its EdgeAPI').fill('http://198.51.100.1:3456/eg_net/eg_api');
  await page.getByLabel('Number').fill('65535');
  await page.getByRole('button', { name: 'Check' }).click();
  await expect(page.getByLabel('Number')).toHaveAccessibleDescription(/MESH_NODE_NUMBER/);
  await page.getByLabel('Number').fill('7');
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  await expect(page.getByLabel('Endpoint, IPv4')).toHaveAccessibleDescription(/ENDPOINT_SYNTAX/);
  await expect(page.getByLabel('Endpoint, IPv4')).toBeFocused();
  await expect(part(page, 'Edge')).toHaveCount(0);
  await takePicture(page, 'desk-mesh-fill-in');
});

test('a supernode runs here, and makes the file of an edge once', async ({ page }) => {
  await open(page);
  await page.getByRole('radio', { name: 'Run the supernode here' }).check();
  await page.getByLabel('UDP port').fill('70000');
  await page.getByLabel('TCP port of the EdgeAPI').fill(String(await freePort()));
  await page.getByRole('button', { name: 'Run the supernode' }).click();
  await expect(page.getByLabel('UDP port')).toHaveAccessibleDescription(/CONFIG_TYPE/);
  await page.getByLabel('UDP port').fill(String(await freePort()));
  await page.getByRole('button', { name: 'Run the supernode' }).click();
  const supernode = part(page, 'Supernode');
  await expect(supernode.getByText('Running', { exact: true })).toBeVisible();
  await expect(supernode.getByText('No edges yet.')).toBeVisible();

  await supernode.getByLabel('Where this node is').fill('127.0.0.1');
  await supernode.getByLabel('IPv4 range').fill('10.42.0.0/40');
  await supernode.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(supernode.getByLabel('IPv4 range')).toHaveAccessibleDescription(/MESH_ADDRESS/);
  await supernode.getByLabel('IPv4 range').fill('10.42.0.0/24');
  await supernode.getByRole('button', { name: 'Add', exact: true }).click();
  const once = supernode.getByRole('region', { name: 'Take these files now' });
  file = await once.locator('pre').innerText();
  expect(file).toContain('NodeID: 1');
  expect(file).toMatch(/PrivKey: "?[\w+/]{43}=/);
  await expect(supernode.getByRole('row').filter({ hasText: 'edge1' })).toContainText('never seen');
  await page.reload();
  await expect(supernode.getByRole('row').filter({ hasText: 'edge1' })).toBeVisible();
  expect(await page.content()).not.toContain(/PrivKey: "?([\w+/]{43}=)/.exec(file)?.[1] ?? '');
});

test('the file joins by pasting; what is wrong in it has its line and code', async ({ page }) => {
  // It waits for a registration, and is looked at in four views.
  test.setTimeout(120_000);
  await open(page);
  await page.getByRole('radio', { name: 'Join a network with a supernode' }).check();
  const field = page.getByLabel('Configuration file of the edge');
  await field.fill(file.replace('10.42.0.0/24', '10.42.0.0/40'));
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  await expect(field).toHaveAccessibleDescription(/MESH_ADDRESS/);
  await expect(page.getByText(/Line \d+:\d+: Interface\.IPv4CIDR/)).toBeVisible();
  await field.fill(file);
  await page.getByRole('button', { name: 'Check' }).click();
  await expect(page.getByText('Nothing is wrong with it.')).toBeVisible();
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  const edge = part(page, 'Edge');
  await expect(edge.getByText('Running', { exact: true })).toBeVisible();
  await expect(edge.getByText('led by a supernode')).toBeVisible();
  await expect(edge.getByText('10.42.0.1')).toBeVisible();
  // It has registered with its supernode, which is this node too.
  await expect(edge.getByText(/^registered/)).toBeVisible({ timeout: 30_000 });
  await expect(
    part(page, 'Supernode').getByRole('row').filter({ hasText: 'edge1' }).getByText('Up'),
  ).toBeVisible({ timeout: 30_000 });
  await inspect(page, `${portal.url}/admin/mesh`, 'desk-mesh');
});

test('what is in force is shown without secrets, and a change follows at once', async ({
  page,
}) => {
  await open(page);
  const edge = part(page, 'Edge');
  await edge.getByRole('button', { name: 'Change' }).click();
  const field = edge.getByLabel('Configuration file of the edge');
  const before = await field.inputValue();
  expect(before).toContain('PSKey: "••••••"');
  expect(before).not.toContain('PrivKey');
  await field.fill(before.replace('NodeName: edge1', 'NodeName: tokyo'));
  await edge.getByRole('button', { name: 'Save' }).click();
  await expect(edge.getByText('tokyo', { exact: true })).toBeVisible();
});

test('the API has the same, for operators only', async () => {
  const url = '/api/v1/admin/nodes/tokyo/mesh';
  const answer = await operator.get(url);
  expect(answer.status()).toBe(200);
  const settings = await answer.json();
  expect(settings).toMatchObject({ node: 'tokyo', fixedBy: null, edge: { status: { node: 1 } } });
  const refused = await operator.put(url, {
    data: { edge: { NodeID: 70_000 }, dryRun: true },
    headers: { origin: portal.url },
  });
  expect((await refused.json()).findings).toContainEqual(
    expect.objectContaining({ code: 'CONFIG_MISSING_KEY', severity: 'error' }),
  );
  const member = await newMember(portal, 4242426013, 'moss_ed25519');
  await expectProblem(await member.get(url), 403, 'FORBIDDEN');
  const stranger = await newAutomation(portal);
  await expectProblem(await stranger.get(url), 401, 'TOKEN_INVALID');
});

test('leaving takes the name; an edge goes out of the list', async ({ page }) => {
  await open(page);
  const edge = part(page, 'Edge');
  await edge.getByRole('button', { name: 'Leave the mesh' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('The name does not match yet.')).toBeVisible();
  await dialog.getByLabel('Type tokyo to confirm').fill('tokyo');
  await dialog.getByRole('button', { name: 'Leave the mesh' }).click();
  await expect(edge).toHaveCount(0);
  const row = part(page, 'Supernode').getByRole('row').filter({ hasText: 'edge1' });
  await row.getByRole('button', { name: 'Remove edge1' }).click();
  await row.getByRole('button', { name: 'Press again to remove edge1' }).click();
  await expect(row).toHaveCount(0);
});
