/**
 * The smallest network worth testing: our node, and one real wireguard-go + BIRD 2.
 *
 * @module
 */
import { cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  type Bird,
  type Frr,
  makeWireguardKeys,
  startBird,
  startFrr,
  startWireguard,
  type WireguardKeys,
} from '../lab/daemons.ts';
import { type Host, type Lab, startLab } from '../lab/network.ts';
import { type Daemon, must } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { birdConfig, frrConfig } from './peer-texts.ts';

const REGISTRY = resolve(import.meta.dirname, '../../router-core/registry/fixtures');

/** The node of all interop suites: the operator's network of the fixture registry. */
export const NODE = {
  name: 'tokyo',
  asn: 4242426000,
  routerId: '172.21.128.1',
  addresses: ['172.21.128.1', 'fdb0:6000:100::1'],
  announce: ['172.21.128.0/27', 'fdb0:6000:100::/48'],
  linkLocal: 'fe80::6000',
  listen: { port: 51820, host: '::' },
  privateEndpoints: true,
};

/** Who is at the other end, whichever program. */
const BESIDE = {
  asn: 4242426001,
  routerId: '172.21.129.1',
  ipv4: ['172.21.129.0/27'],
  ipv6: ['fdb1:6000:101::/48'],
} as const;

export type PairOptions = {
  /** Keys of the peering in our file, beside asn, name, publicKey and linkLocal. */
  readonly peering?: Readonly<Record<string, unknown>>;
  /** Keys of our file, beside node, registry and peerings. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly presharedKey?: string;
  /** Whether our file names BIRD's endpoint, and by which family. */
  readonly endpoint?: 'ipv4' | 'ipv6' | 'none';
  readonly addresses?: readonly string[];
  /** BIRD's protocols; `DEVICE` stands for the tunnel. */
  readonly sessions?: string;
  readonly holdTime?: number;
};

export type Pair = {
  readonly lab: Lab;
  readonly birdHost: Host;
  readonly routerHost: Host;
  readonly bird: Bird;
  readonly device: string;
  readonly birdKeys: WireguardKeys;
  readonly config: unknown;
  router: OurRouter;
  tunnel: Daemon;
  /** Starts our node again on the same data. */
  startRouter(): Promise<void>;
  stop(): Promise<void>;
};

let pairs = 0;

/** Copies the fixture registry to where an ordinary user can read it. */
export async function copyRegistry(lab: Lab): Promise<string> {
  const registry = join(lab.folder, 'registry');
  cpSync(join(REGISTRY, 'data'), join(registry, 'data'), { recursive: true });
  await must('chmod', ['-R', 'a+rX', registry]);
  return registry;
}

export async function startPair(options: PairOptions = {}): Promise<Pair> {
  const lab = await startLab(['router', 'bird']);
  const [routerHost, birdHost] = [lab.host('router'), lab.host('bird')];
  const device = `wgp${process.pid % 100_000}${pairs++}`;
  const birdKeys = await makeWireguardKeys();
  const family = options.endpoint ?? 'ipv4';
  const endpoints = { ipv4: `${birdHost.ipv4}:26001`, ipv6: `[${birdHost.ipv6}]:26001` };
  const config = {
    node: NODE,
    registry: { path: await copyRegistry(lab) },
    ...options.settings,
    peerings: [
      {
        name: 'alder',
        asn: 4242426001,
        publicKey: birdKeys.publicKey,
        linkLocal: 'fe80::6001',
        ...(family === 'none' ? {} : { endpoint: endpoints[family] }),
        ...(options.presharedKey === undefined ? {} : { presharedKey: options.presharedKey }),
        ...options.peering,
      },
    ],
  };
  const router = await startOurRouter(lab, routerHost, config);
  const publicKey = router.publicKey;
  const tunnel = await startWireguard(lab, birdHost, {
    device,
    privateKey: birdKeys.privateKey,
    listenPort: 26001,
    peer: {
      publicKey,
      endpoint: family === 'ipv6' ? `[${routerHost.ipv6}]:51820` : `${routerHost.ipv4}:51820`,
      ...(options.presharedKey === undefined ? {} : { presharedKey: options.presharedKey }),
    },
    addresses: options.addresses ?? ['fe80::6001/64'],
  });
  await birdHost.must('ip', 'addr', 'add', '172.21.129.1/32', 'dev', 'lo');
  await birdHost.must('ip', 'addr', 'add', 'fdb1:6000:101::1/128', 'dev', 'lo');
  const sessions =
    options.sessions ??
    `protocol bgp tokyo from peers { neighbor fe80::6000%'DEVICE' as 4242426000; }`;
  const bird = await startBird(
    lab,
    birdHost,
    birdConfig({
      ...BESIDE,
      sessions: sessions.replaceAll('DEVICE', device),
    }),
  );
  const pair: Pair = {
    lab,
    birdHost,
    routerHost,
    bird,
    device,
    birdKeys,
    config,
    router,
    tunnel,
    async startRouter() {
      pair.router = await startOurRouter(lab, routerHost, config);
    },
    async stop() {
      await bird.stop();
      await pair.router.daemon.stop();
      await tunnel.stop();
      await lab.stop();
    },
  };
  return pair;
}

/** Starts FRR in the place of BIRD, or of an FRR that ended; `lines` are of its router and our neighbor there. */
export async function startFrrInstead(
  { lab, birdHost, bird, device }: Pair,
  lines: readonly string[] = [],
): Promise<Frr> {
  await bird.stop();
  const neighbor = { neighbor: NODE.linkLocal, neighborAsn: NODE.asn };
  return startFrr(lab, birdHost, frrConfig({ ...BESIDE, ...neighbor, device, lines }));
}
