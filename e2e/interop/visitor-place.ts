/**
 * A node whose router worker can be made to fail, between a visitor without BGP and a BIRD.
 *
 *   visitor wg 172.21.128.2 ══ router ══ wg BIRD 172.21.129.1        what is behind BIRD is known by BGP only
 *
 * @module
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type Bird, makeWireguardKeys, startBird } from '../lab/daemons.ts';
import { failingBundles } from '../lab/failing-worker.ts';
import { type Lab, startLab } from '../lab/network.ts';
import { type PingFlow, startPings } from '../lab/ping-flow.ts';
import { eventually, type Output, run } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { copyRegistry, NODE } from './pair.ts';
import { birdConfig } from './peer-texts.ts';
import { startTunnels } from './tunnels.ts';

const ROOT = resolve(import.meta.dirname, '../..');
export const BEHIND_BIRD = '172.21.129.1';
export const VISITOR = '172.21.128.2';

export type Snapshot = Awaited<ReturnType<OurRouter['snapshot']>>;
type Session = Snapshot['peerings'][number]['sessions'][number];

export type VisitorPlace = {
  readonly lab: Lab;
  readonly router: OurRouter;
  bird: Bird;
  /** One name per end: the sockets of wireguard-go for `wg` share a folder. */
  readonly devices: { readonly bird: string; readonly visitor: string };
  ping(...options: string[]): Promise<Output>;
  /** Fifty packets a second from the visitor to what is behind BIRD. */
  pings(): PingFlow;
  /** Ends our router worker, and waits for the session of the next one. */
  crash(isBack: (snapshot: Snapshot) => boolean, patienceMs: number): Promise<void>;
  stop(): Promise<void>;
};

let places = 0;

/** `bird`: the configuration of BIRD by the name of its tunnel. */
export async function startVisitorPlace(bird: (device: string) => string): Promise<VisitorPlace> {
  const bundles = failingBundles();
  const lab = await startLab(['router', 'bird', 'visitor']);
  const [birdHost, visitorHost] = [lab.host('bird'), lab.host('visitor')];
  const suffix = `${process.pid % 100_000}${places++}`;
  const devices = { bird: `wgvb${suffix}`, visitor: `wgvv${suffix}` };
  const keys = { bird: await makeWireguardKeys(), visitor: await makeWireguardKeys() };
  const router = await startOurRouter(
    lab,
    lab.host('router'),
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
  const tunnels = await startTunnels(lab, router, [
    {
      host: birdHost,
      device: devices.bird,
      privateKey: keys.bird.privateKey,
      addresses: ['fe80::6001/64'],
    },
    {
      host: visitorHost,
      device: devices.visitor,
      privateKey: keys.visitor.privateKey,
      addresses: [`${VISITOR}/32`],
    },
  ]);
  await birdHost.must('ip', 'addr', 'add', `${BEHIND_BIRD}/32`, 'dev', 'lo');
  await visitorHost.must('ip', 'route', 'add', `${BEHIND_BIRD}/32`, 'dev', devices.visitor);

  const ping = (...options: string[]): Promise<Output> =>
    run(...visitorHost.inside('ping', ...options, BEHIND_BIRD), { timeoutMs: 60_000 });
  const place: VisitorPlace = {
    lab,
    router,
    bird: await startBird(lab, birdHost, bird(devices.bird)),
    devices,
    ping,
    pings: () => startPings(visitorHost, BEHIND_BIRD),
    async crash(isBack, patienceMs) {
      const before = await router.snapshot();
      writeFileSync(join(router.folder, 'fail'), '');
      await eventually(
        'the session of the next life',
        // Between two lives nobody answers.
        () => router.snapshot().catch(() => before),
        (snapshot) => isBack(snapshot) && since(snapshot) > since(before),
        patienceMs,
      );
    },
    async stop() {
      await place.bird.stop();
      await router.daemon.stop();
      for (const tunnel of tunnels) await tunnel.stop();
      await lab.stop();
      rmSync(bundles, { recursive: true, force: true });
    },
  };
  return place;
}

/** BIRD with what is behind it and a session to us; `options` are lines of that session. */
export const birdBeside = (device: string, options = ''): string =>
  birdConfig({
    asn: 4242426001,
    routerId: BEHIND_BIRD,
    ipv4: ['172.21.129.0/27'],
    ipv6: ['fdb1:6000:101::/48'],
    sessions: `protocol bgp tokyo from peers { neighbor fe80::6000%'${device}' as 4242426000; ${options} }`,
  });

export const sessionOf = ({ peerings }: Snapshot): Session | undefined => peerings[0]?.sessions[0];
const since = (snapshot: Snapshot): string => sessionOf(snapshot)?.since ?? '';
export const isAnswered = ({ code }: Output): boolean => code === 0;
export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
