/**
 * The main job, end to end: a stranger proves AS4242426001 with the registry's SSH key, peers in the
 * browser, configures wireguard-go and BIRD 2 from the texts of the page, and routes flow.
 *
 *   bird AS4242426001 ══wg══ router: portal + router as nobody ══wg══ frr AS4242426003
 */
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from '@playwright/test';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startBrowser } from '../lab/browser.ts';
import {
  type Bird,
  type Frr,
  makeWireguardKeys,
  startBird,
  startFrr,
  startWireguard,
} from '../lab/daemons.ts';
import { type Host, type Lab, startLab } from '../lab/network.ts';
import { type Portal, startPortal } from '../lab/portal.ts';
import { type Daemon, eventually, run } from '../lab/process.ts';
import { copyRegistry, NODE } from './pair.ts';
import { frrConfig } from './peer-texts.ts';

const KEYS = resolve(import.meta.dirname, '../../app/_auth/proofs/fixtures/ssh');
const DEVICE = 'r42-tokyo';

type PeeringObject = {
  id: string;
  operational: string;
  administrative: string;
  ours: { publicKey: string };
  sessions: { state: string; accepted: number }[];
  timeline: { step: string }[];
};

let lab: Lab;
let birdHost: Host;
let frrHost: Host;
let portal: Portal;
let browser: Browser;
let page: Page;
let frr: Frr;
let bird: Bird;
let frrTunnel: Daemon;
let visitor: { privateKey: string; publicKey: string };
const problems: string[] = [];

beforeAll(async () => {
  lab = await startLab(['router', 'bird', 'frr']);
  birdHost = lab.host('bird');
  frrHost = lab.host('frr');
  const routerHost = lab.host('router');
  portal = await startPortal(lab, routerHost, {
    node: { ...NODE, endpoint: routerHost.ipv4, place: 'Tokyo' },
    registry: { path: await copyRegistry(lab) },
    approval: 'automatic',
  });
  browser = await startBrowser(lab, routerHost);
  page = await browser.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.setDefaultTimeout(10_000);
  visitor = await makeWireguardKeys();
});

beforeEach(({ onTestFailed }) => {
  onTestFailed(async () => {
    console.log(
      page.url(),
      '\n',
      await page.locator('body').innerText(),
      '\n',
      portal.daemon.output.slice(-3000),
    );
  });
});

afterAll(async () => {
  await browser?.close();
  await bird?.stop();
  await frr?.stop();
  await frrTunnel?.stop();
  await run(...birdHost.inside('ip', 'link', 'del', DEVICE));
  await portal?.daemon.stop();
  await lab?.stop();
});

/** Keeps the texts that the page offers for a path. */
async function offered(path: string): Promise<string> {
  const block = page.locator(`xpath=//code[@title="${path}"]/ancestor::div[2]//pre`).first();
  return (await block.textContent()) ?? '';
}

test('the portal runs as nobody, without a single capability', async () => {
  // setpriv becomes the program it starts, so the process we started is the portal.
  const status = readFileSync(`/proc/${portal.daemon.pid}/status`, 'utf8');
  expect(status).toMatch(/^Uid:\t65534\t65534/m);
  expect(status).toMatch(/^CapEff:\t0+$/m);
  expect(status).toMatch(/^CapBnd:\t0+$/m);
  expect(status).toMatch(/^NoNewPrivs:\t1$/m);
  expect((await portal.request('GET', '/healthz', undefined, null)).status).toBe(200);
});

test('automation peers with the operator token: FRR, a peer without endpoint', async () => {
  const keys = await makeWireguardKeys();
  const peering = await portal.json<PeeringObject & { links: { config: string } }>(
    'POST',
    '/api/v1/peerings',
    {
      node: 'tokyo',
      asn: 4242426003,
      publicKey: keys.publicKey,
      linkLocal: 'fe80::6003',
      contact: 'interop',
    },
  );
  frrTunnel = await startWireguard(lab, frrHost, {
    device: 'wgfrr',
    privateKey: keys.privateKey,
    peer: {
      publicKey: peering.ours.publicKey,
      endpoint: `${lab.host('router').ipv4}:51820`,
      keepalive: 25,
    },
    addresses: ['fe80::6003/64'],
  });
  await frrHost.must('ip', 'addr', 'add', '172.21.131.1/32', 'dev', 'lo');
  await frrHost.must('ip', 'addr', 'add', 'fdb3:6000:103::1/128', 'dev', 'lo');
  frr = await startFrr(
    lab,
    frrHost,
    frrConfig({
      asn: 4242426003,
      routerId: '172.21.131.1',
      device: 'wgfrr',
      neighbor: 'fe80::6000',
      neighborAsn: 4242426000,
      ipv4: ['172.21.131.0/27'],
      ipv6: ['fdb3:6000:103::/48'],
    }),
  );
  await frr.established('fe80::6000');
});

test('a visitor types four digits, signs one line and is in', async () => {
  await page.goto(portal.url);
  await page.getByRole('textbox', { name: /AS number/ }).fill('6001');
  await page.getByRole('button', { name: 'Peer with me' }).click();
  await page.getByRole('heading', { name: 'Prove that AS4242426001 is yours' }).waitFor();
  const home = join(lab.folder, 'visitor-home');
  mkdirSync(join(home, '.ssh'), { recursive: true });
  cpSync(join(KEYS, 'alder_ed25519.TEST-ONLY'), join(home, '.ssh/id_ed25519'));
  chmodSync(join(home, '.ssh/id_ed25519'), 0o600);
  const command = await eventually(
    'the command',
    async () => (await page.locator('pre:visible').first().textContent()) ?? '',
    (text) => text.includes('ssh-keygen'),
  );
  // The shell, not ssh-keygen, expands ~: the very command the page shows.
  const { stdout } = await run('sh', ['-c', command], { env: { ...process.env, HOME: home } });
  expect(stdout).toContain('BEGIN SSH SIGNATURE');
  await page.getByRole('textbox').last().fill(stdout);
  await page.getByRole('button', { name: 'Verify signature' }).click();
  await page.getByRole('heading', { name: 'New peering' }).waitFor();
});

test('typing key and endpoint is enough for a peering', async () => {
  await page.getByLabel('Your WireGuard public key').fill(visitor.publicKey);
  await page.getByLabel('Your endpoint', { exact: true }).fill(`${birdHost.ipv4}:26001`);
  await page.getByRole('button', { name: 'Create peering' }).click();
  await page.waitForURL(/\/peerings\/[^/]+$/);
  await page.getByText('Provisioned').first().waitFor();
  // A reload would lose this mark: the page must reach Established without one.
  await page.evaluate(() => {
    (globalThis as unknown as { mark: number }).mark = 1;
  });
});

test('before anything is configured, the page says in words that nothing arrived', async () => {
  await page.getByText(/Nothing has arrived from you yet/).waitFor();
  await page.getByText('UDP_SILENT').first().waitFor();
});

test('wireguard-go and BIRD 2 come up from the texts of the page, unchanged but for the private key', async () => {
  await page.getByText('Base configuration of a router').first().click();
  const wgQuick = (await offered(`/etc/wireguard/${DEVICE}.conf`)).replace(
    '<your private key>',
    visitor.privateKey,
  );
  const base = await offered('/etc/bird/bird.conf');
  const peer = await offered('/etc/bird/peers/r42_tokyo.conf');
  expect(wgQuick).toContain('Table = off');
  const file = join(lab.folder, `${DEVICE}.conf`);
  writeFileSync(file, wgQuick, { mode: 0o600 });
  await birdHost.must(
    'env',
    'WG_QUICK_USERSPACE_IMPLEMENTATION=wireguard-go',
    'wg-quick',
    'up',
    file,
  );
  await birdHost.must('ip', 'addr', 'add', '172.21.129.1/32', 'dev', 'lo');
  await birdHost.must('ip', 'addr', 'add', 'fdb1:6000:101::1/128', 'dev', 'lo');
  bird = await startBird(lab, birdHost, `${base}\n${peer}\n`);
  await bird.established('r42_tokyo');
});

test('the page reached Established live, without a reload', async () => {
  await page.getByText('Established', { exact: true }).first().waitFor({ timeout: 15_000 });
  await page.getByText(/\d+ routes in, \d+ out/).waitFor({ timeout: 15_000 });
  expect(await page.evaluate(() => (globalThis as unknown as { mark: number }).mark)).toBe(1);
});

test('BIRD has our prefixes and a third network’s, IPv4 by an IPv6 link-local next hop', async () => {
  const shown = await birdHost.must('wg', 'show', DEVICE);
  expect(shown).toMatch(/latest handshake/);
  expect(await bird.hasRoute('172.21.128.0/27')).toMatch(new RegExp(`via fe80::6000 on ${DEVICE}`));
  await bird.hasRoute('fdb0:6000:100::/48');
  expect(await bird.hasRoute('172.21.131.0/27')).toMatch(/BGP\.as_path: 4242426000 4242426003/);
  await bird.hasRoute('fdb3:6000:103::/48');
});

test('ping and traceroute reach the third network through our router', async () => {
  await eventually(
    'kernel route',
    () => birdHost.must('ip', 'route'),
    (text) => text.includes('172.21.131.0/27'),
  );
  await eventually(
    'kernel route',
    () => frrHost.must('ip', 'route'),
    (text) => text.includes('172.21.129.0/27'),
  );
  await birdHost.must('ping', '-c', '2', '-W', '2', '-I', '172.21.129.1', '172.21.131.1');
  await birdHost.must('ping', '-c', '2', '-W', '2', '-I', 'fdb1:6000:101::1', 'fdb3:6000:103::1');
  const trace = await birdHost.must(
    'traceroute',
    '-n',
    '-w',
    '1',
    '-q',
    '1',
    '-s',
    '172.21.129.1',
    '172.21.131.1',
  );
  expect(trace).toMatch(/ 1 {2}172\.21\.128\.1 [\s\S]* 2 {2}172\.21\.131\.1 /);
});

test('a withdrawal in FRR disappears in BIRD', async () => {
  await frr.ask(
    'configure terminal',
    'router bgp 4242426003',
    'address-family ipv4 unicast',
    'no network 172.21.131.0/27',
  );
  await bird.hasNoRoute('172.21.131.0/27');
});

test('the router crashes: the portal stays, every session is Established again within 10 s', async () => {
  const established = async (): Promise<number> => {
    const { status, body } = await portal.request('GET', '/api/v1/peerings');
    if (status !== 200) return 0;
    const answer = JSON.parse(body) as { peerings?: PeeringObject[]; items?: PeeringObject[] };
    return (answer.peerings ?? answer.items ?? []).filter(
      (peering) => peering.operational === 'established',
    ).length;
  };
  expect(await established()).toBe(2);
  await portal.json('POST', '/api/v1/admin/nodes/tokyo/restart', { crash: true });
  const crashedAt = Date.now();
  expect((await portal.request('GET', '/healthz', undefined, null)).status).toBe(200);
  await eventually('down', established, (count) => count < 2, 3000, 50);
  await eventually('both Established', established, (count) => count === 2, 10_000);
  expect(Date.now() - crashedAt).toBeLessThan(10_000);
  await bird.established('r42_tokyo', 2000);
  await frr.established('fe80::6000', 2000);
});

test('deleting in the browser ends tunnel and session with Cease 6/3', async () => {
  await page.getByRole('button', { name: /more/i }).click();
  await page.getByText('Delete', { exact: true }).first().click();
  await page.getByLabel(/Type .*4242426001 to confirm/).fill('4242426001');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /Delete/ })
    .click();
  await page.waitForURL(/\/peerings$/);
  await eventually(
    'BIRD heard it',
    () => bird.ask('show', 'protocols', 'all', 'r42_tokyo'),
    (text) => /de-?configured/i.test(text),
  );
  await eventually(
    'silence',
    async () =>
      (await run(...birdHost.inside('ping', '-c', '1', '-W', '1', `fe80::6000%${DEVICE}`))).code,
    (code) => code !== 0,
  );
});

test('no page logged an error', () => {
  expect(problems).toEqual([]);
});

test('Ctrl-C ends everything within 3 s and tells FRR', async () => {
  const startedAt = Date.now();
  expect(await portal.daemon.stop('SIGINT')).toBe(0);
  expect(Date.now() - startedAt).toBeLessThan(3000);
  await eventually(
    'FRR heard it',
    () => frr.ask('show bgp neighbors fe80::6000'),
    (text) => /Administrative Shutdown/i.test(text),
  );
});
