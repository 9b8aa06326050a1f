/**
 * `rootless42 node --config` between a real wireguard-go + BIRD 2 and a real wireguard-go + FRR.
 *
 *   bird 172.21.129.0/27 ══wg══ router AS4242426000 ══wg══ frr 172.21.131.0/27
 */
import { cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Bird,
  type Frr,
  makeWireguardKeys,
  startBird,
  startFrr,
  startWireguard,
} from '../lab/daemons.ts';
import { type Host, type Lab, startLab } from '../lab/network.ts';
import { type Daemon, eventually, must, run } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { birdConfig, frrConfig } from './peer-texts.ts';

const REGISTRY = resolve(import.meta.dirname, '../../router-core/registry/fixtures');

let lab: Lab;
let router: OurRouter;
let bird: Bird;
let frr: Frr;
let birdHost: Host;
let frrHost: Host;
const tunnels: Daemon[] = [];

beforeAll(async () => {
  lab = await startLab(['router', 'bird', 'frr']);
  birdHost = lab.host('bird');
  frrHost = lab.host('frr');
  const routerHost = lab.host('router');
  const registry = join(lab.folder, 'registry');
  cpSync(join(REGISTRY, 'data'), join(registry, 'data'), { recursive: true });
  await must('chmod', ['-R', 'a+rX', registry]);
  const [birdKeys, frrKeys] = [await makeWireguardKeys(), await makeWireguardKeys()];

  router = await startOurRouter(lab, routerHost, {
    node: {
      name: 'tokyo',
      asn: 4242426000,
      routerId: '172.21.128.1',
      addresses: ['172.21.128.1', 'fdb0:6000:100::1'],
      announce: ['172.21.128.0/27', 'fdb0:6000:100::/48'],
      linkLocal: 'fe80::6000',
      listen: { port: 51820, host: '::' },
      privateEndpoints: true,
    },
    registry: { path: registry },
    peerings: [
      {
        name: 'alder',
        asn: 4242426001,
        publicKey: birdKeys.publicKey,
        endpoint: `${birdHost.ipv4}:26001`,
        linkLocal: 'fe80::6001',
      },
      {
        name: 'cinder',
        asn: 4242426003,
        publicKey: frrKeys.publicKey,
        endpoint: `[${frrHost.ipv6}]:26003`,
        linkLocal: 'fe80::6003',
      },
    ],
  });
  const publicKey = (await router.cli('keys')).trim();

  tunnels.push(
    await startWireguard(lab, birdHost, {
      device: `wgb${process.pid}`,
      privateKey: birdKeys.privateKey,
      listenPort: 26001,
      peer: { publicKey, endpoint: `${routerHost.ipv4}:51820` },
      addresses: ['fe80::6001/64'],
    }),
    await startWireguard(lab, frrHost, {
      device: `wgf${process.pid}`,
      privateKey: frrKeys.privateKey,
      listenPort: 26003,
      peer: { publicKey, endpoint: `[${routerHost.ipv6}]:51820` },
      addresses: ['fe80::6003/64'],
    }),
  );
  for (const [host, ipv4, ipv6] of [
    [birdHost, '172.21.129.1', 'fdb1:6000:101::1'],
    [frrHost, '172.21.131.1', 'fdb3:6000:103::1'],
  ] as const) {
    await host.must('ip', 'addr', 'add', `${ipv4}/32`, 'dev', 'lo');
    await host.must('ip', 'addr', 'add', `${ipv6}/128`, 'dev', 'lo');
  }
  bird = await startBird(
    lab,
    birdHost,
    birdConfig({
      asn: 4242426001,
      routerId: '172.21.129.1',
      ipv4: ['172.21.129.0/27'],
      ipv6: ['fdb1:6000:101::/48'],
      sessions: `protocol bgp tokyo from peers { neighbor fe80::6000%'wgb${process.pid}' as 4242426000; }`,
    }),
  );
  frr = await startFrr(
    lab,
    frrHost,
    frrConfig({
      asn: 4242426003,
      routerId: '172.21.131.1',
      device: `wgf${process.pid}`,
      neighbor: 'fe80::6000',
      neighborAsn: 4242426000,
      ipv4: ['172.21.131.0/27'],
      ipv6: ['fdb3:6000:103::/48'],
    }),
  );
});

afterAll(async () => {
  await bird?.stop();
  await frr?.stop();
  await router?.daemon.stop();
  for (const tunnel of tunnels) await tunnel.stop();
  await lab?.stop();
});

test('a real wireguard-go completes the handshake', async () => {
  await eventually(
    'handshake',
    () => birdHost.must('wg', 'show', 'all', 'latest-handshakes'),
    (text) => /\t[1-9]\d+/.test(text),
  );
  await birdHost.must('ping', '-c', '2', '-W', '2', `fe80::6000%wgb${process.pid}`);
});

test('BIRD is Established and has our prefixes, IPv4 by an IPv6 link-local next hop (RFC 8950)', async () => {
  await bird.established('tokyo');
  await bird.hasRoute('fdb0:6000:100::/48');
  expect(await bird.hasRoute('172.21.128.0/27')).toMatch(/via fe80::6000 on wgb/);
});

test('FRR is Established over an IPv6 underlay and hears of BIRD’s prefixes', async () => {
  await frr.established('fe80::6000');
  await frr.hasRoute('ipv4', '172.21.129.0/27');
  await frr.hasRoute('ipv6', 'fdb1:6000:101::/48');
  await bird.hasRoute('172.21.131.0/27');
  expect(await bird.hasRoute('fdb3:6000:103::/48')).toMatch(/BGP\.as_path: 4242426000 4242426003/);
});

test('packets are forwarded between both, IPv4 and IPv6', async () => {
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
  await birdHost.must('ping', '-c', '3', '-W', '2', '-I', '172.21.129.1', '172.21.131.1');
  await birdHost.must('ping', '-c', '3', '-W', '2', '-I', 'fdb1:6000:101::1', 'fdb3:6000:103::1');
});

test('we answer ping and stand in the traceroute under an address of DN42', async () => {
  await birdHost.must('ping', '-c', '1', '-W', '2', '-I', '172.21.129.1', '172.21.128.1');
  const ipv4 = await birdHost.must(
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
  expect(ipv4).toMatch(/ 1 {2}172\.21\.128\.1 /);
  expect(ipv4).toMatch(/ 2 {2}172\.21\.131\.1 /);
  const ipv6 = await birdHost.must(
    'traceroute',
    '-6',
    '-n',
    '-w',
    '1',
    '-q',
    '1',
    '-s',
    'fdb1:6000:101::1',
    'fdb3:6000:103::1',
  );
  expect(ipv6).toMatch(/ 1 {2}fdb0:6000:100::1 /);
  expect(ipv6).toMatch(/ 2 {2}fdb3:6000:103::1 /);
});

test('what nobody announces is answered with "no route"', async () => {
  await birdHost.must('ip', 'route', 'add', '172.21.200.0/24', 'dev', `wgb${process.pid}`);
  const { stdout } = await run(
    ...birdHost.inside('ping', '-c', '1', '-W', '2', '-I', '172.21.129.1', '172.21.200.1'),
  );
  expect(stdout).toMatch(/From 172\.21\.128\.1 .*Unreachable/);
});

test('an announcement that the registry does not allow is rejected with its reason', async () => {
  await frr.ask(
    'configure terminal',
    'router bgp 4242426003',
    'address-family ipv4 unicast',
    'network 172.21.142.0/27',
  );
  await router.reaches('the rejected route', (snapshot) =>
    snapshot.peerings.some(
      (peering) => peering.sessions[0]?.rejectedReasons['roa-invalid-origin'] === 1,
    ),
  );
  expect(await router.cli('lg', 'route', '172.21.142.0/27')).toMatch(
    /rejected: roa-invalid-origin/,
  );
  await bird.hasNoRoute('172.21.142.0/27');
});

test('a withdrawal in FRR disappears in BIRD', async () => {
  await frr.ask(
    'configure terminal',
    'router bgp 4242426003',
    'address-family ipv4 unicast',
    'no network 172.21.131.0/27',
  );
  await bird.hasNoRoute('172.21.131.0/27');
  await frr.ask(
    'configure terminal',
    'router bgp 4242426003',
    'address-family ipv4 unicast',
    'network 172.21.131.0/27',
  );
  await bird.hasRoute('172.21.131.0/27');
});

test('route refresh is answered', async () => {
  await bird.ask('reload', 'in', 'tokyo');
  await bird.hasRoute('172.21.131.0/27');
  await bird.established('tokyo');
});

test('the status names tunnels and sessions', async () => {
  const status = await router.cli('status');
  expect(status).toMatch(/alder +4242426001 +established/);
});

test('SIGTERM tells both neighbors: administrative shutdown (Cease 6/2)', async () => {
  expect(await router.daemon.stop('SIGTERM')).toBe(0);
  await eventually(
    'BIRD heard it',
    () => bird.ask('show', 'protocols', 'all', 'tokyo'),
    (text) => /Administrative shutdown/i.test(text),
  );
  await eventually(
    'FRR heard it',
    () => frr.ask('show bgp neighbors fe80::6000'),
    (text) => /Administrative Shutdown/i.test(text),
  );
});
