/**
 * The routers under test, each ready for the peers of a case.
 *
 *   plain    peers 10.201.1.2 …, fd99::1:1 … ══veth══ router on port 1790, the machine's TCP
 *   tunnel   peers wg, wg ══veth══ router: two wireguard-go and BIRD, or our WireGuard and TCP
 *
 * Everything is accepted and announced. In the tunnels sessions are between link-local addresses, and
 * IPv4 routes have IPv6 next hops, as is the custom of DN42.
 *
 * @module
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeWireguardKeys, startBird, startWireguard } from '../../e2e/lab/daemons.ts';
import { Daemon, eventually, run } from '../../e2e/lab/process.ts';
import { startOurRouter } from '../../e2e/lab/router.ts';
import { hasProgram } from '../lab/requirements.ts';
import { deviceName, pinned, type Star, startStar } from '../lab/star.ts';
import type { BgpCase, BgpRouter } from './cases.ts';
import type { FleetOptions, PathCount, Peer } from './fleet.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const OUR_ASN = 4242426000;
const ROUTER_ID = '10.201.0.1';
const ROUTER_IPV6 = 'fd99::1';
const ROUTER_LINK_LOCAL = 'fe80::6000';
const PORT = 1790;
const BGP_PORT = 179;
const FRR_BGPD = '/usr/lib/frr/bgpd';
const GOBGP_API_PORT = 50951;
/** The greatest a peering may have (router/peering-rules.ts). */
const TUNNEL_IMPORT_LIMIT = 200_000;
/** Our own UDP port, and the first of the peers'. */
const TUNNEL_PORT = 51820;
/** It answers late when it has many neighbors. */
const GOBGP_START_MS = 60_000;

export type BgpPlace = {
  readonly star: Star;
  readonly fleet: Omit<FleetOptions, 'bgpCase' | 'limitSeconds' | 'quietMs'>;
};
type Processors = { readonly router: string; readonly ends: string };
/** What is known of a router when it runs. */
type Started = {
  readonly pids: readonly number[];
  readonly pathCount: PathCount;
  readonly isEchoing?: boolean;
  readonly slicesFile?: string;
};

/** Undefined: it is there; else the Debian package that is missing. */
export function isInstalled(router: BgpRouter): string | undefined {
  if (router === 'FRR') return existsSync(FRR_BGPD) ? undefined : 'frr';
  if (router === 'GoBGP') return hasProgram('gobgpd') ? undefined : 'gobgpd';
  return undefined;
}

export async function startBgpPlace(
  bgpCase: BgpCase,
  router: BgpRouter,
  processors: Processors,
): Promise<BgpPlace> {
  const star = await startStar('router', ['peers']);
  try {
    const place = bgpCase.isTunnelled ? tunnelPlace : plainPlace;
    const fleet = await place(star, bgpCase, router, processors);
    return { star, fleet };
  } catch (error) {
    await star.stop();
    throw error;
  }
}

type PlainPeer = Peer & { readonly address: string };

async function plainPlace(
  star: Star,
  { workload, peers: count }: BgpCase,
  router: BgpRouter,
  processors: Processors,
): Promise<BgpPlace['fleet']> {
  const isIpv6 = workload === 'dn42';
  const host = isIpv6 ? ROUTER_IPV6 : star.centerAddress('peers');
  await star.host('router').must('ip', 'addr', 'add', `${ROUTER_IPV6}/64`, 'dev', 'eth1', 'nodad');
  const peers = Array.from({ length: count }, (_, i): PlainPeer => {
    const address = isIpv6 ? `fd99::1:${(i + 1).toString(16)}` : `10.201.1.${i + 2}`;
    return {
      name: `peer${i + 1}`,
      asn: OUR_ASN + 1 + i,
      routerId: `10.201.1.${i + 2}`,
      remote: { host, port: PORT },
      localAddress: address,
      isExtendedNextHop: isIpv6,
      nextHop: address,
      address,
    };
  });
  await star
    .host('peers')
    .ip(
      ...peers
        .slice(isIpv6 ? 0 : 1)
        .map(
          ({ address }) => `addr add ${address}/${isIpv6 ? '64 dev eth0 nodad' : '24 dev eth0'}`,
        ),
    );
  const families = isIpv6 ? (['ipv4', 'ipv6'] as const) : (['ipv4'] as const);
  const started = await PLAIN[router as keyof typeof PLAIN](star, {
    host,
    peers,
    families,
    processor: processors.router,
  });
  return { isEchoing: false, ...started, peers };
}

type PlainWish = {
  readonly host: string;
  readonly peers: readonly PlainPeer[];
  readonly families: readonly ('ipv4' | 'ipv6')[];
  readonly processor: string;
};
type StartPlain = (star: Star, wish: PlainWish) => Promise<Started>;

const PLAIN: Readonly<Record<'BIRD' | 'FRR' | 'GoBGP' | 'rootless42', StartPlain>> = {
  async BIRD(star, { host, peers, families, processor }) {
    const channels = families
      .map((family) => {
        const isExtended = family === 'ipv4' && families.length === 2;
        return `${family} { import all; export all;${isExtended ? ' extended next hop on;' : ''} };`;
      })
      .join(' ');
    return startBirdIn(
      star,
      peers.map(
        ({ name, asn, address }) => `protocol bgp ${name} {
  local ${host} port ${PORT} as ${OUR_ASN};
  neighbor ${address} as ${asn};
  passive on; hold time 240; direct; ${channels}
}`,
      ),
      processor,
    );
  },
  async FRR(star, { host, peers, families, processor }) {
    const folder = join(star.folder, 'frr');
    mkdirSync(folder);
    const isExtended = families.length === 2;
    const config = [
      'frr defaults traditional',
      'log stdout emergencies',
      `router bgp ${OUR_ASN}`,
      ` bgp router-id ${ROUTER_ID}`,
      ' no bgp ebgp-requires-policy',
      ' no bgp default ipv4-unicast',
      ...peers.flatMap(({ address, asn }) => [
        ` neighbor ${address} remote-as ${asn}`,
        ` neighbor ${address} passive`,
        ` neighbor ${address} timers 80 240`,
        ...(isExtended ? [` neighbor ${address} capability extended-nexthop`] : []),
      ]),
      ...families.flatMap((family) => [
        ` address-family ${family} unicast`,
        ...peers.map(({ address }) => `  neighbor ${address} activate`),
        ' exit-address-family',
      ]),
    ].join('\n');
    const file = join(folder, 'bgpd.conf');
    writeFileSync(file, `${config}\n`);
    const pidFile = join(folder, 'bgpd.pid');
    const bgpd = new Daemon(
      'bgpd',
      ...pinned(star.host('router'), processor).inside(
        ...([FRR_BGPD, '-f', file, '-Z', '-n', '-S', '-i', pidFile] as const),
        ...['--vty_socket', folder, '-A', '127.0.0.1', '-P', '0', '-p', String(PORT), '-l', host],
      ),
    );
    const words = ['vtysh', '--vty_socket', folder, '-d', 'bgpd', '-c', 'show bgp summary json'];
    await eventually(
      'bgpd answers',
      () => run(words[0] as string, words.slice(1)),
      ({ code }) => code === 0 || !bgpd.isRunning,
    );
    const pid = Number(readFileSync(pidFile, 'utf8'));
    return { pids: [pid], isEchoing: true, pathCount: { words, pattern: '"pfxRcd":\\s*(\\d+)' } };
  },
  async GoBGP(star, { host, peers, families, processor }) {
    const config = {
      global: {
        config: { as: OUR_ASN, 'router-id': ROUTER_ID, port: PORT, 'local-address-list': [host] },
      },
      neighbors: peers.map(({ address, asn }) => ({
        config: { 'neighbor-address': address, 'peer-as': asn },
        timers: { config: { 'hold-time': 240, 'keepalive-interval': 80 } },
        transport: { config: { 'passive-mode': true, 'local-address': host } },
        'afi-safis': families.map((family) => ({
          config: { 'afi-safi-name': `${family}-unicast` },
        })),
      })),
    };
    const file = join(star.folder, 'gobgp.json');
    writeFileSync(file, JSON.stringify(config));
    const router = star.host('router');
    const daemon = new Daemon(
      'gobgpd',
      ...pinned(router, processor).inside(
        ...(['gobgpd', '-t', 'json', '-f', file, '--pprof-disable'] as const),
        ...['--api-hosts', `127.0.0.1:${GOBGP_API_PORT}`],
      ),
    );
    const gobgp = (...words: string[]): string[] => {
      const [command, args] = router.inside('gobgp', '-p', String(GOBGP_API_PORT), ...words);
      return [command, ...args];
    };
    const neighbors = gobgp('neighbor', '-j');
    await eventually(
      'gobgpd answers',
      () => run(neighbors[0] as string, neighbors.slice(1)),
      ({ code }) => code === 0,
      GOBGP_START_MS,
    );
    return {
      pids: [await pidOf(router.namespace, 'gobgpd', daemon)],
      pathCount: { words: neighbors, pattern: '"accepted":\\s*"?(\\d+)' },
    };
  },
  async rootless42(star, { host, peers, families, processor }) {
    return startOurs(star, processor, {
      node: { ...NODE, listen: { port: TUNNEL_PORT, host: '127.0.0.1' } },
      bgp: { listen: { host, port: PORT } },
      peerings: peers.map(({ name, asn, address }) => ({
        name,
        transport: 'host',
        asn,
        address,
        passive: true,
        families,
        policy: 'accept-all',
      })),
    });
  },
};

/** Starts our router with the probe that sees how long its worker is busy without a turn. */
async function startOurs(star: Star, processor: string, config: unknown): Promise<Started> {
  // Not from the checkout, which may lie where an ordinary user cannot read.
  const probe = join(star.folder, 'slice-probe.cjs');
  copyFileSync(join(ROOT, 'bench/lab/slice-probe.cjs'), probe);
  const slicesFile = join(star.folder, 'node-data', 'slices');
  const { daemon, folder } = await startOurRouter(
    star,
    pinned(star.host('router'), processor),
    config,
    'node',
    {
      NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --require ${probe}`,
      BENCH_SLICES_FILE: slicesFile,
    },
  );
  return { pids: [daemon.pid], pathCount: ourPathCount(folder), slicesFile };
}

const NODE = { name: 'bench', asn: OUR_ASN, routerId: ROUTER_ID, linkLocal: ROUTER_LINK_LOCAL };

/** Asks our router as people do. */
export const ourPathCount = (folder: string): PathCount => ({
  words: [
    process.execPath,
    ...[join(ROOT, 'bin/rootless42.mjs'), 'status', '--json', '--data', folder],
  ],
  // Only the tables have such a line.
  pattern: '"paths": (\\d+)',
});

async function startBirdIn(
  star: Star,
  sessions: readonly string[],
  processor: string,
): Promise<Started> {
  const host = star.host('router');
  const config = [`router id ${ROUTER_ID};`, 'protocol device {}', ...sessions].join('\n');
  await startBird(star, pinned(host, processor), `${config}\n`);
  const folder = join(star.folder, `bird-${host.name}`);
  return {
    pids: [Number(readFileSync(join(folder, 'bird.pid'), 'utf8'))],
    pathCount: {
      words: ['birdc', '-s', join(folder, 'bird.ctl'), 'show', 'protocols', 'all'],
      pattern: 'Routes:\\s+(\\d+) imported',
    },
  };
}

/** What `ip netns exec` and `taskset` became. */
async function pidOf(namespace: string, name: string, daemon: Daemon): Promise<number> {
  const { stdout } = await run('ip', ['netns', 'pids', namespace]);
  const pid = stdout
    .split('\n')
    .filter(Boolean)
    .find((each) => readFileSync(`/proc/${each}/comm`, 'utf8').trim() === name);
  if (pid === undefined) throw new Error(`${name} does not run:\n${daemon.output}`);
  return Number(pid);
}

type Keys = { readonly privateKey: string; readonly publicKey: string };
type TunnelPeer = Peer & {
  readonly keys: Keys;
  readonly linkLocal: string;
  readonly port: number;
};

async function tunnelPlace(
  star: Star,
  { peers: count }: BgpCase,
  router: BgpRouter,
  processors: Processors,
): Promise<BgpPlace['fleet']> {
  const routerKeys = await makeWireguardKeys();
  const peers: TunnelPeer[] = [];
  for (let i = 1; i <= count; i++) {
    const linkLocal = `fe80::600${i}`;
    peers.push({
      name: `peer${i}`,
      asn: OUR_ASN + i,
      routerId: `10.201.1.${i + 1}`,
      remote: { host: `${ROUTER_LINK_LOCAL}%${deviceName('p', String(i))}`, port: BGP_PORT },
      isExtendedNextHop: true,
      nextHop: linkLocal,
      keys: await makeWireguardKeys(),
      linkLocal,
      port: TUNNEL_PORT + i,
    });
  }
  const start = router === 'rootless42' ? startOurTunnels : startBirdTunnels;
  const { portTowards, ...started } = await start(star, routerKeys, peers, processors.router);
  for (const [i, { keys, port, linkLocal }] of peers.entries())
    await startWireguard(star, pinned(star.host('peers'), processors.ends), {
      device: deviceName('p', String(i + 1)),
      privateKey: keys.privateKey,
      listenPort: port,
      peer: {
        publicKey: routerKeys.publicKey,
        endpoint: `${star.centerAddress('peers')}:${portTowards(i)}`,
        keepalive: 25,
      },
      addresses: [`${linkLocal}/64`],
    });
  return { isEchoing: false, ...started, peers };
}

type Tunnels = Started & { portTowards(peer: number): number };

async function startBirdTunnels(
  star: Star,
  keys: Keys,
  peers: readonly TunnelPeer[],
  processor: string,
): Promise<Tunnels> {
  const portTowards = (i: number): number => 51001 + i;
  const pids: number[] = [];
  for (const [i, peer] of peers.entries()) {
    const daemon = await startWireguard(star, pinned(star.host('router'), processor), {
      device: deviceName('r', String(i + 1)),
      privateKey: keys.privateKey,
      listenPort: portTowards(i),
      peer: {
        publicKey: peer.keys.publicKey,
        endpoint: `${star.host('peers').ipv4}:${peer.port}`,
      },
      addresses: [`${ROUTER_LINK_LOCAL}/64`],
    });
    pids.push(daemon.pid);
  }
  const sessions = peers.map(
    ({ name, asn, linkLocal }, i) => `protocol bgp ${name} {
  local ${ROUTER_LINK_LOCAL} as ${OUR_ASN};
  neighbor ${linkLocal}%'${deviceName('r', String(i + 1))}' as ${asn};
  passive on; hold time 240;
  ipv4 { import all; export all; extended next hop on; };
}`,
  );
  const bird = await startBirdIn(star, sessions, processor);
  return { ...bird, pids: [...pids, ...bird.pids], portTowards };
}

async function startOurTunnels(
  star: Star,
  keys: Keys,
  peers: readonly TunnelPeer[],
  processor: string,
): Promise<Tunnels> {
  const privateKeyFile = join(star.folder, 'router-key', 'wg.key');
  mkdirSync(join(privateKeyFile, '..'));
  writeFileSync(privateKeyFile, `${keys.privateKey}\n`, { mode: 0o644 });
  const started = await startOurs(star, processor, {
    node: {
      ...NODE,
      listen: { port: TUNNEL_PORT, host: '::' },
      privateKeyFile,
      privateEndpoints: true,
    },
    peerings: peers.map(({ name, asn, keys: { publicKey }, linkLocal, port }) => ({
      name,
      asn,
      publicKey,
      endpoint: `${star.host('peers').ipv4}:${port}`,
      linkLocal,
      policy: 'accept-all',
      importLimit: TUNNEL_IMPORT_LIMIT,
    })),
  });
  return { ...started, portTowards: () => TUNNEL_PORT };
}
