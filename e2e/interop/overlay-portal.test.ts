/**
 * The portal in DN42: somebody behind BIRD visits it on the node's own addresses, by curl.
 *
 *   router host: portal ◄─ portal.sock ─ router 172.21.128.1:80 ══wg══ BIRD 172.21.129.1: curl
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Snapshot } from '../../router-core/index.ts';
import { type Bird, makeWireguardKeys, startBird, startWireguard } from '../lab/daemons.ts';
import { type Host, type Lab, startLab } from '../lab/network.ts';
import { type Portal, startPortal } from '../lab/portal.ts';
import { type Daemon, eventually, run } from '../lab/process.ts';
import { copyRegistry, NODE } from './pair.ts';
import { birdConfig } from './peer-texts.ts';

const HERE = '172.21.128.1';
const HERE6 = 'fdb0:6000:100::1';
const THERE = '172.21.129.1';
const THERE6 = 'fdb1:6000:101::1';
const DEVICE = `wgo${process.pid % 100_000}`;
/** Challenges that one client network may ask for in an hour (docs/limits.md). */
const CHALLENGES = 20;

type Nodes = { nodes: { ours: { publicKey: string | null } }[] };

let lab: Lab;
let birdHost: Host;
let portal: Portal;
let bird: Bird;
let tunnel: Daemon;

beforeAll(async () => {
  lab = await startLab(['router', 'bird']);
  birdHost = lab.host('bird');
  const routerHost = lab.host('router');
  const keys = await makeWireguardKeys();
  portal = await startPortal(lab, routerHost, {
    node: { ...NODE, endpoint: routerHost.ipv4 },
    registry: { path: await copyRegistry(lab) },
    services: { overlayPortal: { enabled: true } },
    peerings: [
      {
        name: 'alder',
        asn: 4242426001,
        publicKey: keys.publicKey,
        linkLocal: 'fe80::6001',
        endpoint: `${birdHost.ipv4}:26001`,
      },
    ],
  });
  const publicKey = await eventually(
    'the portal knows the key of its node',
    async () => {
      const { nodes } = await portal.json<Nodes>('GET', '/api/v1/nodes');
      return nodes[0]?.ours.publicKey ?? '';
    },
    (key) => key !== '',
  );
  tunnel = await startWireguard(lab, birdHost, {
    device: DEVICE,
    privateKey: keys.privateKey,
    listenPort: 26001,
    peer: { publicKey, endpoint: `${routerHost.ipv4}:51820` },
    addresses: ['fe80::6001/64'],
  });
  await birdHost.must('ip', 'addr', 'add', `${THERE}/32`, 'dev', 'lo');
  await birdHost.must('ip', 'addr', 'add', `${THERE6}/128`, 'dev', 'lo');
  await birdHost.must('ip', 'route', 'add', `${HERE}/32`, 'dev', DEVICE, 'src', THERE);
  await birdHost.must('ip', '-6', 'route', 'add', `${HERE6}/128`, 'dev', DEVICE, 'src', THERE6);
  bird = await startBird(
    lab,
    birdHost,
    birdConfig({
      asn: 4242426001,
      routerId: THERE,
      ipv4: ['172.21.129.0/27'],
      ipv6: ['fdb1:6000:101::/48'],
      sessions: `protocol bgp tokyo from peers { neighbor fe80::6000%'${DEVICE}' as 4242426000; }`,
    }),
  );
  await bird.established('tokyo');
  await eventually(
    'the portal answers in DN42',
    () => visit('/healthz'),
    ({ status }) => status === 200,
  );
});

afterAll(async () => {
  await bird?.stop();
  await tunnel?.stop();
  await portal?.daemon.stop();
  await lab?.stop();
});

type Visit = { readonly status: number; readonly body: string };

/** A request from behind BIRD; over IPv4 unless the options name another URL. */
async function visit(path: string, ...options: string[]): Promise<Visit> {
  return curlOn(birdHost, `http://${HERE}${path}`, ...options);
}

async function curlOn(host: Host, url: string, ...options: string[]): Promise<Visit> {
  const args = ['-sS', '-m', '20', '-w', '\n%{http_code}', ...options, url];
  const { stdout } = await run(...host.inside('curl', ...args));
  const at = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(at + 1)), body: stdout.slice(0, at) };
}

const challenge = (host: Host, url: string, ...options: string[]): Promise<Visit> =>
  curlOn(
    host,
    `${url}/api/v1/auth/challenges`,
    '-H',
    'Content-Type: application/json',
    '-d',
    '{"asn":4242426001}',
    ...options,
  );

test('pages and the looking glass, over IPv4 and IPv6', async () => {
  const page = await visit('/');
  expect(page.status).toBe(200);
  expect(page.body).toContain('<html');
  const over6 = await curlOn(birdHost, `http://[${HERE6}]/`);
  expect(over6.status).toBe(200);
  await eventually(
    'the route of BIRD',
    () => visit('/api/v1/lg/tokyo/route?q=172.21.129.1&format=text'),
    ({ body }) => body.includes('172.21.129.0/27'),
  );
});

test('another name is not answered, whoever asks', async () => {
  expect((await visit('/', '-H', 'Host: evil.example')).status).toBe(421);
  expect((await visit('/', '-H', 'Host: localhost')).status).toBe(421);
  expect((await visit('/', '-H', 'Host: 172.21.128.2')).status).toBe(421);
});

test('a changing request from a page of ours is taken, from another site it is not', async () => {
  const url = `http://${HERE}`;
  const ours = ['-H', `Origin: ${url}`, '-H', 'Sec-Fetch-Site: same-origin'];
  expect((await challenge(birdHost, url, ...ours)).status).toBeLessThan(300);
  expect((await challenge(birdHost, url, '-H', 'Origin: http://evil.example')).status).toBe(403);
});

test('each visitor is counted by its address in DN42, which no header changes', async () => {
  let last = 0;
  for (let i = 0; i <= CHALLENGES; i++) {
    const forged = `X-Forwarded-For: 198.51.${i}.1`;
    last = (await challenge(birdHost, `http://${HERE}`, '-H', forged)).status;
  }
  expect(last).toBe(429);
  // Somebody else in DN42, and somebody on the machine.
  expect((await challenge(birdHost, `http://[${HERE6}]`)).status).toBeLessThan(300);
  expect((await challenge(lab.host('router'), portal.url)).status).toBeLessThan(300);
});

test('status counts the visitors', async () => {
  const { stdout } = await run(
    ...lab
      .host('router')
      .inside(
        'env',
        `ROOTLESS42_DATA=${portal.folder}`,
        process.execPath,
        'bin/rootless42.mjs',
        'status',
        '--json',
      ),
  );
  const { node } = JSON.parse(stdout) as Snapshot;
  expect(node.services).toMatchObject([
    { kind: 'overlay-portal', at: 'DN42 port 80', isListening: true, note: '' },
  ]);
  expect(node.services[0]?.connections?.total).toBeGreaterThan(CHALLENGES);
  expect(node.services[0]?.connections?.refused).toBe(0);
});
