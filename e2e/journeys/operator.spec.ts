/** The operator's first five minutes and an ordinary day, on a fresh node without a file. */
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import {
  type APIRequestContext,
  type Browser,
  type BrowserContext,
  expect,
  type Page,
} from '@playwright/test';
import { expectProblem, newClient, newMember } from './client.ts';
import { newClientAddress, test, watch } from './journey.ts';
import { newPublicKey, type Portal, REGISTRY, startPortal } from './portal.ts';

const PASSWORD = 'a long enough passphrase';

test.describe.configure({ mode: 'serial' });

let portal: Portal;
let link: string;
let context: BrowserContext;
/** One browser for the whole file: the operator stays signed in. */
let desk: Page;
let moss: APIRequestContext;
let fjord: APIRequestContext;
const problems: string[] = [];

test.beforeAll(async ({ browser }) => {
  portal = await startPortal({ believesForwarding: true });
  link = portal.setupUrl();
  ({ context, page: desk } = await openDesk(browser));
});
test.afterAll(async () => {
  await context.close();
  await portal.stop();
});
test.afterEach(() => {
  expect(problems).toEqual([]);
});

async function openDesk(browser: Browser) {
  const opened = await browser.newContext({
    extraHTTPHeaders: { 'x-forwarded-for': newClientAddress() },
  });
  const page = await opened.newPage();
  watch(page, problems);
  return { context: opened, page };
}

test('before the set-up every page leads there, and says where the link is', async () => {
  for (const path of ['/', '/sign-in', '/admin', '/admin/sign-in']) {
    await desk.goto(`${portal.url}${path}`);
    await expect(desk).toHaveURL(/\/admin\/setup$/);
  }
  await expect(desk.getByText('This page opens with the link')).toBeVisible();
  await expect(desk.getByRole('button', { name: 'Save and start' })).toHaveCount(0);
  await desk.goto(`${portal.url}/admin/setup?token=${'x'.repeat(22)}`);
  await expect(desk.getByText('This page opens with the link')).toBeVisible();
});

test('the link opens the set-up; what is missing has its code at its field', async () => {
  await desk.goto(link);
  await desk.getByRole('button', { name: 'Save and start' }).click();
  await expect(desk.getByLabel('Password')).toBeFocused();
  await expect(desk.getByLabel('Password')).toHaveAccessibleDescription(/PASSWORD_TOO_SHORT/);
  await expect(desk.getByLabel('AS number')).toHaveAccessibleDescription(/ASN_INVALID/);
  await expect(desk.getByLabel('Host name or address')).toHaveAccessibleDescription(
    /ENDPOINT_REQUIRED/,
  );
  await desk.getByLabel('Prefixes it announces').fill('172.21.128.1/27');
  await desk.getByLabel('Its own addresses').fill('172.21.128');
  await desk.getByLabel('Its own addresses').blur();
  await expect(desk.getByLabel('Prefixes it announces')).toHaveAccessibleDescription(
    /PREFIX_SYNTAX/,
  );
  await expect(desk.getByLabel('Its own addresses')).toHaveAccessibleDescription(/ADDRESS_SYNTAX/);
});

test('a few values and the node runs; the link is spent', async () => {
  await desk.getByLabel('Password').fill(PASSWORD);
  await desk.getByLabel('AS number').fill('4242426000');
  await expect(desk.getByLabel('Its link-local address')).toHaveValue('fe80::6000');
  await desk.locator('input[name="node.name"]').fill('tokyo');
  await desk.getByLabel(/^Place/).fill('Tokyo');
  await desk.getByLabel(/^Country/).fill('jp');
  await desk.getByLabel('Its own addresses').fill('172.21.128.1\nfdb0:6000:100::1');
  await desk.getByLabel('Prefixes it announces').fill('172.21.128.0/27\nfdb0:6000:100::/48');
  await desk.getByLabel('Host name or address').fill('node.rootless42.example');
  await desk.getByLabel('UDP port').fill(String(portal.underlayPort));
  await desk.getByText('Folder on this machine').click();
  await desk.getByLabel('Path').fill('relative/path');
  await desk.getByText('After you looked').click();
  await desk.getByRole('button', { name: 'Save and start' }).click();
  await expect(desk.getByLabel('Path')).toHaveAccessibleDescription(/absolute/);
  await expect(desk.getByLabel('Path')).toBeFocused();
  await desk.getByLabel('Path').fill(REGISTRY);
  await desk.getByRole('button', { name: 'Save and start' }).click();
  await expect(desk).toHaveURL(`${portal.url}/admin`);
  await expect(desk.getByText('Nothing needs you.')).toBeVisible();
  await expect(desk.getByRole('heading', { name: /^tokyo$/i })).toBeVisible();

  await desk.goto(link);
  await expect(desk.getByText('This node is set up')).toBeVisible();
  const stranger = await newClient(portal);
  const again = await stranger.post('/api/v1/setup/demo', {
    data: { token: new URL(link).searchParams.get('token') },
  });
  expect(again.status()).toBeGreaterThanOrEqual(403);
});

test('a wrong password is refused without saying which half is wrong', async () => {
  await desk.goto(`${portal.url}/admin`);
  await desk
    .getByRole('button', { name: /operator/ })
    .first()
    .click();
  await desk.getByRole('button', { name: 'Sign out' }).filter({ visible: true }).click();
  await expect(desk.getByRole('link', { name: 'Sign in' })).toBeVisible();
  await desk.goto(`${portal.url}/admin`);
  await expect(desk).toHaveURL(/\/admin\/sign-in$/);
  const refusals: string[] = [];
  for (const [name, password] of [
    ['operator', 'not the passphrase'],
    ['nobody', PASSWORD],
  ] as const) {
    await desk.getByLabel('Name').fill(name);
    await desk.getByLabel('Password').fill(password);
    const answered = desk.waitForResponse('**/api/v1/auth/operator');
    await desk.getByRole('button', { name: 'Sign in' }).click();
    await answered;
    const alert = desk.getByRole('alert').filter({ hasText: 'SIGN_IN_REFUSED' });
    await expect(alert).toBeVisible();
    refusals.push(await alert.innerText());
  }
  expect(refusals[0]).toBe(refusals[1]);
  await desk.getByLabel('Name').fill('operator');
  await desk.getByLabel('Password').fill(PASSWORD);
  await desk.getByRole('button', { name: 'Sign in' }).click();
  await expect(desk).toHaveURL(`${portal.url}/admin`);
});

test('requests wait: one is approved, one is rejected with a reason its owner reads', async () => {
  [moss, fjord] = await Promise.all([
    newMember(portal, 4242426013, 'moss_ed25519'),
    newMember(portal, 4242426006, 'fjord_ecdsa256'),
  ]);
  const ids: string[] = [];
  for (const [member, port] of [
    [moss, 26013],
    [fjord, 26006],
  ] as const) {
    const answer = await member.post('/api/v1/peerings', {
      data: {
        publicKey: newPublicKey(),
        endpoint: `203.0.113.5:${port}`,
        contact: 'irc: <b>moss</b>',
        remark: '<script>alert(1)</script> please',
      },
    });
    expect(answer.status(), await answer.text()).toBe(201);
    const peering = await answer.json();
    expect(peering).toMatchObject({ administrative: 'pending', operational: 'none' });
    ids.push(peering.id);
  }
  await expectProblem(
    await moss.post(`/api/v1/admin/peerings/${ids[0]}/approve`),
    409,
    'STATE_CONFLICT',
  );

  await desk.goto(`${portal.url}/admin`);
  await expect(desk.getByText('Pending')).toHaveCount(2);
  await desk.goto(`${portal.url}/admin/peerings`);
  await expect(desk.getByRole('heading', { name: '2 requests wait' })).toBeVisible();
  const request = (name: string) =>
    desk.getByRole('listitem').filter({ hasText: `${name} to Tokyo` });
  await expect(request('moss')).toContainText('<script>alert(1)</script> please');
  await request('moss').getByRole('button', { name: 'Approve' }).click();
  await expect(desk.getByRole('heading', { name: 'One request waits' })).toBeVisible();
  await request('fjord').getByRole('button', { name: 'Reject', exact: true }).click();
  const reject = request('fjord').getByRole('button', { name: 'Reject with this reason' });
  await expect(reject).toBeDisabled();
  await request('fjord').getByLabel('Reason').fill('Come back with a route object.');
  await reject.click();
  await expect(desk.getByRole('heading', { name: /waits?$/ })).toHaveCount(0);

  await expect
    .poll(async () => (await (await moss.get(`/api/v1/peerings/${ids[0]}`)).json()).operational)
    .toBe('provisioned');
  const rejected = await (await fjord.get(`/api/v1/peerings/${ids[1]}`)).json();
  expect(rejected).toMatchObject({
    administrative: 'rejected',
    administrativeReason: 'Come back with a route object.',
  });
});

test('the owner’s page shows approval and rejection in words', async ({ page }) => {
  for (const [member, word] of [
    [fjord, 'Rejected'],
    [moss, 'Waiting for your router'],
  ] as const) {
    const { cookies } = await member.storageState();
    await page.context().clearCookies();
    await page.context().addCookies(cookies);
    await page.goto(`${portal.url}/peerings`);
    await expect(page.getByText(word).first()).toBeVisible();
    await page.getByRole('main').getByRole('link', { name: /Tokyo/i }).first().click();
    await expect(page.getByRole('heading', { level: 1 })).toContainText('to');
    if (word === 'Rejected')
      await expect(page.getByText('Come back with a route object.')).toBeVisible();
  }
});

test('the operator looks inside a tunnel and gets a file', async () => {
  const [peering] = (await (await moss.get('/api/v1/peerings')).json()).peerings;
  await desk.goto(`${portal.url}/peerings/${peering.id}`);
  await desk.getByLabel('Seconds').fill('1');
  const saved = desk.waitForEvent('download');
  await desk.getByRole('button', { name: 'Capture', exact: true }).click();
  const file = await saved;
  expect(file.suggestedFilename()).toBe(`tokyo-${peering.name}.pcapng`);
  // A section header, whatever passed in that second.
  expect(
    readFileSync(await file.path())
      .subarray(0, 4)
      .toString('hex'),
  ).toBe('0a0d0d0a');
  await expect(desk.getByText('The capture is saved.')).toBeVisible();
  await desk.getByLabel('Seconds').fill('4000');
  await desk.getByRole('button', { name: 'Capture', exact: true }).click();
  await expect(desk.getByText('QUERY_INVALID')).toBeVisible();
  await expectProblem(
    await moss.post(`/api/v1/admin/peerings/${peering.id}/capture`),
    403,
    'FORBIDDEN',
  );
});

test('the operator disguises a tunnel; its owner reads how, and chooses no other', async ({
  page,
}) => {
  const [peering] = (await (await moss.get('/api/v1/peerings')).json()).peerings;
  await desk.goto(`${portal.url}/peerings/${peering.id}/edit`);
  await desk.getByLabel('Looks like').selectOption('AmneziaWG');
  const options = desk.getByLabel('Options of AmneziaWG');
  await expect(options).toHaveValue(/^jc = \d+\n.*h4 = \d+-\d+$/s);
  await options.fill('Jc = 4\ns4 = 12\nh4 305-404');
  await desk.getByRole('button', { name: 'Save changes' }).click();
  await expect(options).toHaveAccessibleDescription(/h4 305-404 is not a known key/);
  await options.fill('Jc = 4\ns4 = 12\nh4 = 305-404');
  await desk.getByRole('button', { name: 'Save changes' }).click();
  await expect(desk).toHaveURL(`${portal.url}/peerings/${peering.id}`);
  const disguise = 'AmneziaWG, MTU 1408 instead of 1420';
  await expect(desk.getByText(disguise)).toBeVisible();

  const { cookies } = await moss.storageState();
  await page.context().addCookies(cookies);
  await page.goto(`${portal.url}/peerings/${peering.id}`);
  await expect(page.getByText(disguise)).toBeVisible();
  await expect(page.getByText('S4 = 12').first()).toBeVisible();
  await page.goto(`${portal.url}/peerings/${peering.id}/edit`);
  await expect(page.getByLabel('Looks like')).toHaveCount(0);
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByText(disguise)).toBeVisible();
  await expectProblem(
    await moss.patch(`/api/v1/peerings/${peering.id}`, { data: { obfuscation: null } }),
    422,
    'OBFUSCATION_INVALID',
  );
});

test('the desk says what carries packets and why nothing faster does', async () => {
  await desk.goto(`${portal.url}/admin`);
  const path = desk.getByRole('region', { name: 'Packet path of Tokyo' });
  await expect(path).toContainText(/Batched system calls|Bursts on|Plain Node|Inside the router/);
  await expect(path).toContainText(/Why (?:this one|not faster)/);
  await expect(path).toContainText('tokyo.sock');
  // Somebody knocks who speaks no WireGuard.
  const stranger = createSocket('udp4');
  await expect
    .poll(async () => {
      stranger.send('a knock that is no message', portal.underlayPort, '127.0.0.1');
      await desk.reload();
      return path.innerText();
    })
    .toContain('Not WireGuard');
  stranger.close();
});

test('the router restarts and crashes; the portal stays and the peerings return', async () => {
  await desk.goto(`${portal.url}/admin`);
  await desk.getByRole('button', { name: 'Restart router' }).click();
  await desk.getByRole('button', { name: 'Press again to restart' }).click();
  await expect(desk.getByText(/The router of tokyo restarts/)).toBeVisible();
  const operator = desk.request;
  const node = async (): Promise<{ state: string; stateSince: string }> =>
    (await operator.get(`${portal.url}/api/v1/nodes/tokyo`)).json();
  await expect.poll(async () => (await node()).state).toBe('up');
  const since = (await node()).stateSince;
  const crashed = await operator.post(`${portal.url}/api/v1/admin/nodes/tokyo/restart`, {
    data: { crash: true },
  });
  expect(crashed.status()).toBe(202);
  expect((await operator.get(`${portal.url}/healthz`)).status()).toBe(200);
  expect((await operator.get(`${portal.url}/`)).status()).toBe(200);
  await expect
    .poll(async () => {
      const { state, stateSince } = await node();
      return state === 'up' && stateSince !== since;
    })
    .toBe(true);
  await expect
    .poll(async () => {
      const { peerings } = await (await moss.get('/api/v1/peerings')).json();
      return peerings.map(({ operational }: { operational: string }) => operational);
    })
    .toEqual(['provisioned']);
  await expect.poll(async () => (await operator.get(`${portal.url}/readyz`)).status()).toBe(200);
});

test('the desk tells what happened', async () => {
  await desk.goto(`${portal.url}/admin`);
  const events = desk.getByRole('region', { name: 'Events' });
  await expect(events).toContainText('moss');
  await expect(events).toContainText('fjord');
});
