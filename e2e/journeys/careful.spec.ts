/** A node without a readable registry, which believes nobody: who asks is who holds the socket. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from '@playwright/test';
import { askChallenge, expectProblem, newAutomation } from './client.ts';
import { expect, test } from './journey.ts';
import { newPublicKey, type Portal, REGISTRY, startPortal } from './portal.ts';

const PEERINGS = [
  { asn: 4242426001, publicKey: newPublicKey(), linkLocal: 'fe80::6001' },
  { asn: 4242426003, publicKey: newPublicKey(), linkLocal: 'fe80::6003' },
];
const CHALLENGES_PER_HOUR = 20;

test.describe('without a registry', () => {
  let portal: Portal;
  test.beforeAll(async () => {
    portal = await startPortal({
      config: { registry: { path: '/nonexistent/registry' }, peerings: PEERINGS },
      becomesReady: false,
    });
  });
  test.afterAll(() => portal.stop());

  test('nobody can sign in, and both doors say why', async ({ page, request: visitor }) => {
    await expect
      .poll(
        async () => (await (await visitor.get(`${portal.url}/readyz`)).json()).checks.registry.ok,
      )
      .toBe(false);
    await expectProblem(
      await visitor.post(`${portal.url}/api/v1/auth/challenges`, { data: { asn: 4242426001 } }),
      503,
      'REGISTRY_UNAVAILABLE',
    );
    await page.goto(`${portal.url}/sign-in?asn=6001`);
    const field = page.getByLabel('AS number');
    await expect(field).toHaveAccessibleDescription(/REGISTRY_UNAVAILABLE/);
    await expect(field).toHaveAccessibleDescription(/Peerings run on/);
    await page.goto(portal.url);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  });

  test('the peerings of the file run on, and the operator may change them', async () => {
    const automation = await newAutomation(portal);
    type Shown = { id: string; operational: string; administrative: string };
    const listed = async (): Promise<Shown[]> =>
      (await (await automation.get(`${portal.url}/api/v1/peerings`)).json()).peerings;
    await expect
      .poll(async () => (await listed()).map(({ operational }) => operational))
      .toEqual(['provisioned', 'provisioned']);
    const [first] = await listed();
    const changed = await automation.patch(`/api/v1/peerings/${first?.id}`, {
      data: { mtu: 1400 },
    });
    expect(changed.status(), await changed.text()).toBe(200);
    const node = await (await automation.get('/api/v1/nodes/tokyo')).json();
    expect(node).toMatchObject({ state: 'up' });
  });
});

test.describe('forged addresses', () => {
  const FORGED = '203.0.113.66';
  let portal: Portal;
  test.beforeEach(async () => {
    portal = await startPortal({ config: { registry: { path: REGISTRY } } });
  });
  test.afterEach(() => portal.stop());

  test('are written nowhere, and do not get more than one client may have', async () => {
    for (let n = 0; n < CHALLENGES_PER_HOUR; n += 1) {
      const client = await forger(portal, n);
      await askChallenge(client, 4242426001);
      await client.dispose();
    }
    const client = await forger(portal, 99);
    const answer = await client.post('/api/v1/auth/challenges', { data: { asn: 4242426001 } });
    await expectProblem(answer, 429, 'RATE_LIMITED');
    expect(Number(answer.headers()['retry-after'])).toBeGreaterThan(0);
    // A refused proof writes an audit record with the address.
    await client.post('/api/v1/auth/verify', {
      data: { nonce: 'x', method: 'ssh', signature: 'y' },
    });
    const data = readdirSync(join(portal.folder, 'data'))
      .filter((name) => name.startsWith('rootless42.db'))
      .map((name) => readFileSync(join(portal.folder, 'data', name)).toString('latin1'))
      .join('');
    const isThere = (text: string): boolean => data.includes(text);
    expect(['127.0.0.1', '::1'].some(isThere)).toBe(true);
    expect([FORGED, '198.51.100.', 'evil.example'].filter(isThere)).toEqual([]);
  });

  function forger(to: Portal, n: number) {
    return request.newContext({
      baseURL: to.url,
      extraHTTPHeaders: {
        'X-Forwarded-For': `198.51.100.${n}, ${FORGED}`,
        Forwarded: `for=${FORGED};proto=https`,
        'X-Real-IP': FORGED,
        'X-Forwarded-Proto': 'https',
        'X-Forwarded-Host': 'evil.example',
        'X-Rootless42-Client-Address': `198.51.100.${n}`,
        'X-Rootless42-Actor': 'operator',
      },
    });
  }
});

test('behind a trusted proxy only the address that it saw counts', async () => {
  const portal = await startPortal({
    config: { registry: { path: REGISTRY } },
    believesForwarding: true,
  });
  const ask = async (chain: string) => {
    const client = await request.newContext({
      baseURL: portal.url,
      extraHTTPHeaders: { 'x-forwarded-for': chain },
    });
    const answer = await client.post('/api/v1/auth/challenges', { data: { asn: 4242426001 } });
    const status = answer.status();
    await client.dispose();
    return status;
  };
  for (let n = 0; n < CHALLENGES_PER_HOUR; n += 1)
    expect(await ask(`10.0.${n}.1, 198.18.0.9`)).toBe(200);
  expect(await ask('10.0.77.1, 198.18.0.9')).toBe(429);
  expect(await ask('10.0.77.1, 198.18.1.9')).toBe(200);
  await portal.stop();
});
