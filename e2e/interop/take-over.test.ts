/**
 * A crash of the router worker beside a BGP session: packets go on by the routes it had learnt, and the
 * next one takes over when BIRD has told it everything again.
 *
 *   visitor wg 172.21.128.2 ══ router ══ wg BIRD 172.21.129.1        its prefix is known by BGP only
 *
 * BIRD's host has a route back of its own: BIRD forgets ours when the session ends (RFC 4271 §8).
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Bird,
  makeWireguardKeys,
  startBird,
  startWireguard,
  type WireguardKeys,
} from '../lab/daemons.ts';
import { failingBundles } from '../lab/failing-worker.ts';
import { type Host, type Lab, startLab } from '../lab/network.ts';
import { type Daemon, eventually, run } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { copyRegistry, NODE } from './pair.ts';
import { birdConfig } from './peer-texts.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** One name per end: the sockets of wireguard-go for `wg` share a folder. */
const DEVICES = { bird: `wgtb${process.pid % 100_000}`, visitor: `wgtv${process.pid % 100_000}` };
const BEHIND_BIRD = '172.21.129.1';
const VISITOR = '172.21.128.2';
const INTERVAL_SECONDS = 0.02;
/** Before, restart, session, End-of-RIB, take-over, and the three seconds until old keys are overwritten. */
const FLOW_SECONDS = 25;
const CRASH_AFTER_MS = 3000;
const PATIENCE_MS = 20_000;

let lab: Lab;
let bundles = '';
let router: OurRouter;
let bird: Bird;
let tunnels: Daemon[] = [];

beforeAll(async () => {
  bundles = failingBundles();
  lab = await startLab(['router', 'bird', 'visitor']);
  const [routerHost, birdHost, visitorHost] = [
    lab.host('router'),
    lab.host('bird'),
    lab.host('visitor'),
  ];
  const keys = { bird: await makeWireguardKeys(), visitor: await makeWireguardKeys() };
  router = await startOurRouter(
    lab,
    routerHost,
    {
      node: NODE,
      registry: { path: await copyRegistry(lab) },
      peerings: [
        {
          name: 'alder',
          asn: 4242426001,
          publicKey: keys.bird.publicKey,
          linkLocal: 'fe80::6001',
          endpoint: `${birdHost.ipv4}:26001`,
        },
        {
          name: 'visitor',
          asn: 4242426002,
          publicKey: keys.visitor.publicKey,
          sessions: 'none',
          endpoint: `${visitorHost.ipv4}:26001`,
        },
      ],
      routes: [{ prefix: `${VISITOR}/32`, via: 'visitor' }],
    },
    'node',
    {},
    join(relative(ROOT, bundles), 'cli.js'),
  );
  const publicKey = (await router.cli('keys')).trim();
  tunnels = [
    await tunnelOf(birdHost, DEVICES.bird, keys.bird, publicKey, ['fe80::6001/64']),
    await tunnelOf(visitorHost, DEVICES.visitor, keys.visitor, publicKey, [`${VISITOR}/32`]),
  ];
  await birdHost.must('ip', 'addr', 'add', `${BEHIND_BIRD}/32`, 'dev', 'lo');
  await birdHost.must('ip', 'route', 'add', `${VISITOR}/32`, 'dev', DEVICES.bird);
  await visitorHost.must('ip', 'route', 'add', `${BEHIND_BIRD}/32`, 'dev', DEVICES.visitor);
  bird = await startBird(
    lab,
    birdHost,
    birdConfig({
      asn: 4242426001,
      routerId: BEHIND_BIRD,
      ipv4: ['172.21.129.0/27'],
      ipv6: ['fdb1:6000:101::/48'],
      sessions: `protocol bgp tokyo from peers { neighbor fe80::6000%'${DEVICES.bird}' as 4242426000; }`,
    }),
  );
  await bird.established('tokyo');
  await router.reaches('routes', hasRoutes);
});
afterAll(async () => {
  await bird?.stop();
  await router?.daemon.stop();
  for (const tunnel of tunnels) await tunnel.stop();
  await lab?.stop();
  rmSync(bundles, { recursive: true, force: true });
});

test('no packet is lost, and the session returns', async () => {
  const ping = (...options: string[]): ReturnType<typeof run> =>
    run(...lab.host('visitor').inside('ping', ...options, BEHIND_BIRD), { timeoutMs: 60_000 });
  await eventually(
    'the way there',
    () => ping('-c', '1', '-W', '1'),
    ({ code }) => code === 0,
    PATIENCE_MS,
  );
  // What is remembered over a restart is written once a second.
  await pause(1500);
  const count = Math.round(FLOW_SECONDS / INTERVAL_SECONDS);
  const flow = ping(
    ...['-q', '-i', `${INTERVAL_SECONDS}`, '-c', `${count}`, '-w', `${FLOW_SECONDS + 5}`],
  );
  await pause(CRASH_AFTER_MS);
  const before = await router.snapshot();
  writeFileSync(join(router.folder, 'fail'), '');
  await eventually(
    'the session of the next router worker',
    // Between two lives nobody answers.
    () => router.snapshot().catch(() => before),
    (snapshot) => hasRoutes(snapshot) && sessionSince(snapshot) > sessionSince(before),
    PATIENCE_MS,
  );
  const { stdout } = await flow;
  const [, sent = '', received = ''] =
    /(\d+) packets transmitted, (\d+) received/.exec(stdout) ?? [];
  console.log(`crash beside BGP: ${received} of ${sent} packets came back`);
  expect(Number(sent)).toBeGreaterThan(count * 0.8);
  expect(Number(received) / Number(sent)).toBeGreaterThan(0.995);
  // The tables of the next life route, not what the former one left: a withdrawal is obeyed.
  await bird.ask('disable', 'own4');
  await eventually(
    'no way any more',
    () => ping('-c', '1', '-W', '1'),
    ({ code }) => code !== 0,
    PATIENCE_MS,
  );
}, 120_000);

type Snapshot = Awaited<ReturnType<OurRouter['snapshot']>>;
const hasRoutes = ({ peerings }: Snapshot): boolean =>
  (peerings[0]?.sessions[0]?.accepted ?? 0) >= 2;
const sessionSince = ({ peerings }: Snapshot): string => peerings[0]?.sessions[0]?.since ?? '';
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

function tunnelOf(
  host: Host,
  device: string,
  { privateKey }: WireguardKeys,
  publicKey: string,
  addresses: string[],
): Promise<Daemon> {
  const endpoint = `${lab.host('router').ipv4}:${NODE.listen.port}`;
  return startWireguard(lab, host, {
    device,
    privateKey,
    listenPort: 26001,
    peer: { publicKey, endpoint },
    addresses,
  });
}
