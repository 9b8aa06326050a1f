/**
 * Graceful restart with BIRD 2, both ways (RFC 4724): nobody forgets the other while packets go on.
 *
 *   visitor wg 172.21.128.2 ══ router ══ wg BIRD 172.21.129.1        both ways are known by BGP only
 *
 * BIRD 2.0 does not know RFC 8538: it announces no N bit, so that every NOTIFICATION ends its routes and
 * our administrative shutdown needs no hard reset towards it.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bird, makeWireguardKeys, startBird, startWireguard } from '../lab/daemons.ts';
import { failingBundles } from '../lab/failing-worker.ts';
import { type Lab, startLab } from '../lab/network.ts';
import { type Daemon, eventually, run } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { copyRegistry, NODE } from './pair.ts';
import { birdConfig } from './peer-texts.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const DEVICES = { bird: `wggb${process.pid % 100_000}`, visitor: `wggv${process.pid % 100_000}` };
const BEHIND_BIRD = '172.21.129.1';
const VISITOR = '172.21.128.2';
const OURS = '172.21.128.0/27';
const INTERVAL_SECONDS = 0.02;
const PATIENCE_MS = 30_000;

let lab: Lab;
let bundles = '';
let router: OurRouter;
let bird: Bird;
let tunnels: Daemon[] = [];

beforeAll(async () => {
  bundles = failingBundles();
  lab = await startLab(['router', 'bird', 'visitor']);
  const [birdHost, visitorHost] = [lab.host('bird'), lab.host('visitor')];
  const keys = { bird: await makeWireguardKeys(), visitor: await makeWireguardKeys() };
  const config = {
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
  };
  const script = join(relative(ROOT, bundles), 'cli.js');
  router = await startOurRouter(lab, lab.host('router'), config, 'node', {}, script);
  const peer = {
    publicKey: (await router.cli('keys')).trim(),
    endpoint: `${lab.host('router').ipv4}:${NODE.listen.port}`,
  };
  const common = { listenPort: 26001, peer };
  tunnels = [
    await startWireguard(lab, birdHost, {
      ...common,
      device: DEVICES.bird,
      privateKey: keys.bird.privateKey,
      addresses: ['fe80::6001/64'],
    }),
    await startWireguard(lab, visitorHost, {
      ...common,
      device: DEVICES.visitor,
      privateKey: keys.visitor.privateKey,
      addresses: [`${VISITOR}/32`],
    }),
  ];
  await birdHost.must('ip', 'addr', 'add', `${BEHIND_BIRD}/32`, 'dev', 'lo');
  await visitorHost.must('ip', 'route', 'add', `${BEHIND_BIRD}/32`, 'dev', DEVICES.visitor);
  bird = await startBird(lab, birdHost, configOfBird(60));
  await bird.established('tokyo');
  await router.reaches('routes', isFresh);
  await eventually('the way there and back', () => ping('-c', '1', '-W', '1'), isAnswered);
});
afterAll(async () => {
  await bird?.stop();
  await router?.daemon.stop();
  for (const tunnel of tunnels) await tunnel.stop();
  await lab?.stop();
  rmSync(bundles, { recursive: true, force: true });
});

test('BIRD is killed and returns in time: its routes stay, stale and then fresh, and so do packets', async () => {
  const flow = pingFor(15);
  const watch = watching(() => router.snapshot());
  await pause(1000);
  await bird.stop('SIGKILL');
  const stale = await router.reaches('stale routes', (s) => sessionOf(s)?.stale !== undefined);
  expect(sessionOf(stale)?.stale).toMatchObject({ families: ['ipv4', 'ipv6'], awaits: 'session' });
  expect(await router.cli('status')).toMatch(/2 routes are kept for \d+ s more, graceful restart/);
  await pause(2000);
  bird = await startBird(lab, lab.host('bird'), configOfBird(60), ['-R']);
  await bird.established('tokyo', PATIENCE_MS);
  await router.reaches('fresh routes', isFresh, PATIENCE_MS);
  const { sent, received } = await flow;
  const accepted = (await watch.end()).map((snapshot) => sessionOf(snapshot)?.accepted ?? 0);
  console.log(`BIRD killed: ${received} of ${sent} packets came back`);
  expect(Math.min(...accepted)).toBeGreaterThanOrEqual(2);
  expect(received / sent).toBeGreaterThan(0.995);
}, 120_000);

test('our router worker fails: BIRD keeps our routes, and no packet is lost', async () => {
  // What is remembered over a restart is written once a second.
  await pause(1500);
  const before = await router.snapshot();
  const flow = pingFor(20);
  const watch = watching(async () => ({
    bird: await bird.ask('show', 'route', OURS),
    kernel: await lab.host('bird').must('ip', 'route', 'show', OURS),
  }));
  await pause(2000);
  writeFileSync(join(router.folder, 'fail'), '');
  await eventually(
    'the session of the next life',
    // Between two lives nobody answers.
    () => router.snapshot().catch(() => before),
    (snapshot) => isFresh(snapshot) && since(snapshot) > since(before),
    PATIENCE_MS,
  );
  const { sent, received } = await flow;
  const seen = await watch.end();
  console.log(`our crash: ${received} of ${sent} packets came back, ${seen.length} looks at BIRD`);
  expect(seen.length).toBeGreaterThan(20);
  for (const look of seen) {
    expect(look.bird).toContain('unicast');
    expect(look.kernel).toContain(DEVICES.bird);
  }
  expect(received / sent).toBeGreaterThan(0.995);
  // BIRD has heard everything again, and End-of-RIB: nothing is stale any more.
  await eventually(
    'no graceful restart is active',
    () => bird.ask('show', 'protocols', 'all', 'tokyo'),
    (text) => text.includes('Established') && !/Graceful restart active/.test(text),
    PATIENCE_MS,
  );
  await bird.hasRoute(OURS);
}, 120_000);

test('BIRD is killed and does not return in time: its routes go', async () => {
  await bird.stop();
  await router.reaches('no routes', (s) => sessionOf(s)?.accepted === 0);
  bird = await startBird(lab, lab.host('bird'), configOfBird(4));
  await bird.established('tokyo', PATIENCE_MS);
  await router.reaches('routes', isFresh, PATIENCE_MS);
  await bird.stop('SIGKILL');
  await router.reaches('stale routes', (s) => sessionOf(s)?.stale !== undefined);
  const gone = await router.reaches('no routes', (s) => sessionOf(s)?.accepted === 0, 10_000);
  expect(sessionOf(gone)?.stale).toBeUndefined();
}, 120_000);

test('our administrative shutdown ends our routes although BIRD would keep them', async () => {
  bird = await startBird(lab, lab.host('bird'), configOfBird(60));
  await bird.established('tokyo', PATIENCE_MS);
  await bird.hasRoute(OURS, PATIENCE_MS);
  await router.daemon.stop();
  await bird.hasNoRoute(OURS, 5000);
}, 120_000);

type Snapshot = Awaited<ReturnType<OurRouter['snapshot']>>;
type Session = Snapshot['peerings'][number]['sessions'][number];
const sessionOf = ({ peerings }: Snapshot): Session | undefined => peerings[0]?.sessions[0];
const since = (snapshot: Snapshot): string => sessionOf(snapshot)?.since ?? '';
const isFresh = (snapshot: Snapshot): boolean => {
  const session = sessionOf(snapshot);
  return session?.state === 'established' && session.accepted >= 2 && session.stale === undefined;
};
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const ping = (...options: string[]): ReturnType<typeof run> =>
  run(...lab.host('visitor').inside('ping', ...options, BEHIND_BIRD));
const isAnswered = ({ code }: Awaited<ReturnType<typeof run>>): boolean => code === 0;

async function pingFor(seconds: number): Promise<{ sent: number; received: number }> {
  const count = `${Math.round(seconds / INTERVAL_SECONDS)}`;
  const interval = `${INTERVAL_SECONDS}`;
  const { stdout } = await ping('-q', '-i', interval, '-c', count, '-w', `${seconds + 5}`);
  const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(stdout) ?? [];
  return { sent: Number(sent), received: Number(received) };
}

/** Looks again and again until `end`; returns all that was seen. */
function watching<Seen>(look: () => Promise<Seen>): { end(): Promise<Seen[]> } {
  const seen: Seen[] = [];
  let isOver = false;
  const all = (async () => {
    while (!isOver) {
      seen.push(await look());
      await pause(100);
    }
    return seen;
  })();
  return {
    end() {
      isOver = true;
      return all;
    },
  };
}

/** BIRD that restarts gracefully within so many seconds, and whose kernel routes wait for it. */
const configOfBird = (restartSeconds: number): string =>
  birdConfig({
    asn: 4242426001,
    routerId: BEHIND_BIRD,
    ipv4: ['172.21.129.0/27'],
    ipv6: ['fdb1:6000:101::/48'],
    sessions: `protocol bgp tokyo from peers {
  neighbor fe80::6000%'${DEVICES.bird}' as 4242426000;
  graceful restart on; graceful restart time ${restartSeconds};
}`,
  }).replace(/(protocol kernel k[46] \{)/g, '$1 graceful restart on;');
