/** What the operator sees, at both widths, light and dark. */
import { connect } from 'node:net';
import type { APIRequestContext } from '@playwright/test';
import { freePort } from '../../router-core/host/testing/free-port.ts';
import { newMember } from './client.ts';
import { expectStill, inspect, observeShifts, VIEWS } from './inspect.ts';
import { expect, test } from './journey.ts';
import { newPublicKey, type Portal, REGISTRY, startPortal } from './portal.ts';
import { setUp } from './set-up.ts';

let portal: Portal;
let fresh: Portal;
let operator: APIRequestContext;
let pending: string;
let disguised: string;
let inLab: string;
let socksPort: number;

test.beforeAll(async () => {
  socksPort = await freePort();
  [portal, fresh] = await Promise.all([
    startPortal({
      config: {
        registry: { path: REGISTRY },
        approval: 'manual',
        peerings: [
          {
            asn: 4242426003,
            publicKey: newPublicKey(),
            linkLocal: 'fe80::6003',
            endpoint: '203.0.113.5:26003',
            obfuscation: { kind: 'amneziawg', jc: 4, jmin: 40, jmax: 70, s4: 12, h4: '305-404' },
            rateLimit: 5000,
            bfd: true,
            role: 'peer',
            tcpAo: [{ sendId: 1, receiveId: 2, key: 'moss and lichen' }],
            prefixLimit: { received: 5000, action: 'warn' },
          },
          {
            asn: 4242426002,
            name: 'bench',
            publicKey: newPublicKey(),
            addresses: { ipv4: '172.21.130.1' },
            sessions: 'ipv4-only',
            vrf: 'lab',
            localAs: { asn: 4242426099 },
            role: 'provider',
            bfd: true,
          },
        ],
        vrfs: {
          guests: { addresses: ['10.77.9.1'], public: true },
          lab: {
            addresses: ['10.77.0.1', 'fd77::1'],
            announce: ['10.77.0.0/24', 'fd77:0:0:100::/56'],
          },
        },
        services: {
          socks: { enabled: true, listen: `127.0.0.1:${socksPort}` },
          overlayPortal: { enabled: true },
          forwards: [
            // An address this machine does not have.
            { from: { host: '192.0.2.1:4222' }, to: '172.20.1.5:22' },
            { from: { overlay: 8080 }, to: '127.0.0.1:80', allow: ['172.20.0.0/14', 'fd00::/8'] },
          ],
        },
      },
      // A file without a token: the link makes the operator.
      env: { ROOTLESS42_OPERATOR_TOKEN: '' },
      believesForwarding: true,
    }),
    startPortal({ believesForwarding: true }),
  ]);
  operator = await setUp(portal);
  const { peerings } = await (await operator.get('/api/v1/peerings')).json();
  const idOf = (asn: number): string =>
    (peerings as { id: string; asn: number }[]).find((peering) => peering.asn === asn)?.id ?? '';
  disguised = idOf(4242426003);
  inLab = idOf(4242426002);
  const moss = await newMember(portal, 4242426013, 'moss_ed25519');
  const answer = await moss.post('/api/v1/peerings', {
    data: { publicKey: newPublicKey(), remark: 'Long time reader, first time peer.' },
  });
  pending = ((await answer.json()) as { id: string }).id;
});
// What beforeAll did not start is not stopped.
test.afterAll(() => Promise.all([portal, fresh].map((one: Portal | undefined) => one?.stop())));
test.beforeEach(async ({ page, context }) => {
  await observeShifts(page);
  await context.addCookies((await operator.storageState()).cookies);
});

for (const [name, path] of [
  ['desk', () => '/admin'],
  ['desk-peerings', () => '/admin/peerings'],
  ['desk-waiting', () => '/admin/peerings?show=waiting'],
  ['desk-no-match', () => '/admin/peerings?show=established'],
  ['desk-peering-pending', () => `/peerings/${pending}`],
  ['desk-peering-edit', () => `/peerings/${pending}/edit`],
  ['desk-peering-disguised', () => `/peerings/${disguised}`],
  ['desk-peering-disguised-edit', () => `/peerings/${disguised}/edit`],
  ['desk-peering-in-vrf', () => `/peerings/${inLab}`],
  ['desk-services', () => '/admin/services'],
  ['desk-looking-glass', () => '/lg'],
  ['desk-looking-glass-vrf', () => '/lg/tokyo/summary?vrf=lab'],
  ['setup-done', () => '/admin/setup'],
] as const) {
  test(`${name} is whole`, async ({ page }) => {
    await inspect(page, `${portal.url}${path()}`, name);
  });
}

test('the file’s disguise arrives, and the packet path is said', async ({ page }) => {
  await page.goto(`${portal.url}/peerings/${disguised}`);
  await expect(page.getByText('AmneziaWG, MTU 1408 instead of 1420')).toBeVisible();
  await page.goto(`${portal.url}/admin`);
  await expect(page.getByRole('region', { name: 'Packet path of Tokyo' })).toBeVisible();
});

test('what the file says beside the form is shown and edited, and its secret stays', async ({
  page,
}) => {
  await page.goto(`${portal.url}/peerings/${disguised}`);
  const admin = page.getByRole('region', { name: 'For the operator' });
  await expect(admin.getByText('bfd: true')).toBeVisible();
  await page.goto(`${portal.url}/peerings/${disguised}/edit`);
  await page.locator('summary', { hasText: 'More' }).click();
  const field = page.getByLabel('More options');
  const before = await field.inputValue();
  expect(before).toContain('key: ••••••');
  await field.fill(`${before}\ncolour: red`);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('CONFIG_UNKNOWN_KEY')).toBeVisible();
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await field.fill(before.replace('bfd: true', 'bfd: { minTx: 500 }'));
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(admin.getByText('minTx: 500')).toBeVisible();
  expect(await page.content()).not.toContain('moss and lichen');
});

test('services: what listens, what does not and why, and who was turned away, by itself', async ({
  page,
}) => {
  await page.goto(`${portal.url}/admin/services`);
  const row = (name: string) => page.getByRole('row').filter({ hasText: name });
  await expect(row('SOCKS5 proxy').getByText('Listening')).toBeVisible();
  await expect(row('HTTP CONNECT proxy').getByText('Off')).toBeVisible();
  await expect(row('into DN42').getByText('the machine has no such address')).toBeVisible();
  await expect(row('Portal inside DN42').getByText('fdb0:6000:100::1')).toBeVisible();

  // What SOCKS 4 says is not understood; the page learns of it without a hand.
  const client = connect(socksPort, '127.0.0.1');
  client.on('error', () => undefined);
  client.write(Buffer.from([4, 1, 0, 80, 172, 20, 0, 53, 0]));
  await expect(row('SOCKS5 proxy').getByText('a request it does not know')).toBeVisible();
  client.destroy();
});

test('a virtual router is the operator’s to see and to ask, unless the file opens it', async ({
  page,
}) => {
  await page.goto(`${portal.url}/admin`);
  const card = page.getByRole('region', { name: 'Virtual routers of Tokyo' }).first();
  await expect(card.getByText('bench')).toBeVisible();
  await page.goto(`${portal.url}/peerings/${inLab}`);
  await expect(page.getByText('vrf: lab')).toBeVisible();
  await expect(page.getByText('10.77.0.1').first()).toBeVisible();

  await page.goto(`${portal.url}/lg`);
  await expect(page.getByText('bench')).toHaveCount(0);
  await page.getByLabel('Question').selectOption('summary');
  await page.getByLabel('Virtual router').selectOption('lab');
  await page.getByRole('button', { name: 'Look up' }).click();
  await expect(page).toHaveURL(/\/lg\/tokyo\/summary\?vrf=lab$/);
  await expect(page.getByText('bench').first()).toBeVisible();
  await expect(page.getByText('In the virtual router lab')).toBeVisible();

  // By its name the default one is what it is without.
  await page.goto(`${portal.url}/lg/tokyo/summary?vrf=default`);
  await expect(page.getByLabel('Virtual router')).toHaveValue('');
  await expect(page.getByText('In the virtual router')).toHaveCount(0);

  await page.context().clearCookies();
  await page.goto(`${portal.url}/lg`);
  await expect(page.getByLabel('Virtual router').getByRole('option')).toHaveText([
    'default router',
    'guests',
  ]);
  await page.goto(`${portal.url}/lg/tokyo/summary?vrf=lab`);
  await expect(page.getByText('VRF_UNKNOWN')).toBeVisible();
  await expect(page.getByText('bench')).toHaveCount(0);
});

for (const { width, height } of VIEWS) {
  test(`nothing moves at ${width} when it is found out why a peering does not come up`, async ({
    page,
  }) => {
    await page.setViewportSize({ width, height });
    const answer = await operator.post('/api/v1/peerings', {
      data: { asn: 4242426006, publicKey: newPublicKey() },
    });
    expect(answer.status(), await answer.text()).toBe(201);
    await page.goto(`${portal.url}/peerings/${(await answer.json()).id}`);
    await expect(page.getByText('Next is the first packet.')).toBeVisible();
    await expect(page.getByText('UDP_SILENT')).toBeVisible({ timeout: 20_000 });
    await expectStill(page, `the diagnosis at ${width}`);
  });
}

test('the set-up of a fresh node is whole without its link', async ({ page }) => {
  await inspect(page, `${fresh.url}/admin/setup`, 'setup-closed');
});

test('the set-up of a fresh node is whole with its link', async ({ page }) => {
  await inspect(page, fresh.setupUrl(), 'setup');
});
