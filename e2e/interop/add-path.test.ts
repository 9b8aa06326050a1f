/**
 * Several paths per prefix with BIRD, FRR and GoBGP, each way (RFC 7911).
 *
 *   BIRD AS…6001 ══wg══ router AS…6000 ══wg══ FRR AS…6003
 *                            ║                  │ plain BGP on the switch
 *                            ╚══════wg═════ GoBGP AS…6002
 *
 * Everybody announces P: BIRD by two static routes, FRR and GoBGP by one of their own and the one the
 * other told them. FRR sends all paths even back to where they came from; these are loops to us.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Bird,
  type Frr,
  type Gobgp,
  makeWireguardKeys,
  startBird,
  startFrr,
  startGobgp,
  type WireguardKeys,
} from '../lab/daemons.ts';
import { type Host, type Lab, startLab } from '../lab/network.ts';
import { type Daemon, eventually, run } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { NODE } from './pair.ts';
import { BIRD_COMMON, frrConfig } from './peer-texts.ts';
import { startTunnels, type TunnelEnd } from './tunnels.ts';

const P = '172.22.250.0/27';
const Q = 'fd42:250::/48';
const [US, BIRD, GOBGP, FRR] = [4242426000, 4242426001, 4242426002, 4242426003];
/** Where BIRD's second path comes from, by its own word. */
const FAR = 4242426077;
const programs = await Promise.all(
  ['/usr/lib/frr/bgpd', 'gobgpd'].map((program) => run('sh', ['-c', `command -v ${program}`])),
);
const hasAll = programs.every(({ code }) => code === 0);

let lab: Lab;
let router: OurRouter;
let bird: Bird;
let frr: Frr;
let gobgp: Gobgp;
let tunnels: Daemon[] = [];

beforeAll(async () => {
  if (!hasAll) return;
  lab = await startLab(['router', 'bird', 'gobgp', 'frr']);
  const [birdHost, gobgpHost, frrHost] = [lab.host('bird'), lab.host('gobgp'), lab.host('frr')];
  const keys = {
    bird: await makeWireguardKeys(),
    gobgp: await makeWireguardKeys(),
    frr: await makeWireguardKeys(),
  };
  const common = { policy: 'accept-all', families: ['ipv4', 'ipv6'] };
  router = await startOurRouter(lab, lab.host('router'), {
    node: NODE,
    peerings: [
      {
        ...common,
        name: 'alder',
        asn: BIRD,
        publicKey: keys.bird.publicKey,
        endpoint: `${birdHost.ipv4}:26001`,
        linkLocal: 'fe80::6001',
        addPath: { send: 'all', receive: true },
        defaultOriginate: true,
      },
      {
        ...common,
        name: 'birch',
        asn: GOBGP,
        publicKey: keys.gobgp.publicKey,
        endpoint: `${gobgpHost.ipv4}:26001`,
        linkLocal: 'fe80::6002',
        sessions: 'ipv4-only',
        families: ['ipv4'],
        addresses: { ipv4: '172.21.130.1' },
        addPath: { send: 'best-2', receive: true },
      },
      {
        ...common,
        name: 'cinder',
        asn: FRR,
        publicKey: keys.frr.publicKey,
        endpoint: `${frrHost.ipv4}:26001`,
        linkLocal: 'fe80::6003',
        addPath: { send: 'all', receive: true },
        defaultOriginate: true,
      },
    ],
  });
  const end = (host: Host, { privateKey }: WireguardKeys, ...addresses: string[]): TunnelEnd => ({
    host,
    device: `wg${host.name}${process.pid % 10_000}`,
    privateKey,
    addresses,
  });
  const birdEnd = end(birdHost, keys.bird, 'fe80::6001/64');
  const frrEnd = end(frrHost, keys.frr, 'fe80::6003/64');
  const gobgpAddresses = ['fe80::6002/64', '172.21.130.1/32 peer 172.21.128.1/32'];
  const ends = [birdEnd, frrEnd, end(gobgpHost, keys.gobgp, ...gobgpAddresses)];
  tunnels = await startTunnels(lab, router, ends);
  bird = await startBird(lab, birdHost, birdText(birdEnd.device));
  gobgp = await startGobgp(lab, gobgpHost, gobgpConfig(frrHost.ipv4));
  frr = await startFrr(lab, frrHost, frrText(frrEnd.device, gobgpHost.ipv4));
  await Promise.all([
    bird.established('tokyo'),
    frr.established('fe80::6000'),
    gobgp.established('172.21.128.1'),
    gobgp.established(frrHost.ipv4),
  ]);
  await gobgp.ask('global', 'rib', 'add', P);
});

afterAll(async () => {
  await bird?.stop();
  await frr?.stop();
  await gobgp?.stop();
  await router?.daemon.stop();
  for (const tunnel of tunnels) await tunnel.stop();
  await lab?.stop();
});

test.skipIf(!hasAll)('each session agrees on path ids both ways, and says so', async () => {
  for (const [name, families] of [
    ['alder', 'IPv4 unicast (send and receive), IPv6 unicast (send and receive)'],
    ['birch', 'IPv4 unicast (send and receive)'],
    ['cinder', 'IPv4 unicast (send and receive), IPv6 unicast (send and receive)'],
  ] as const)
    expect(await router.cli('lg', 'neighbor', name)).toContain(`Add-path ${families}`);
  expect(await bird.ask('show', 'protocols', 'all', 'tokyo')).toMatch(/ADD-PATH/i);
});

test.skipIf(!hasAll)('two paths of each are here, each with its id', async () => {
  const paths = await atUs(6);
  expect(paths.map(({ from, path }) => `${from}: ${path}`).sort()).toEqual([
    `alder: ${BIRD}`,
    `alder: ${BIRD} ${FAR} ${FAR}`,
    `birch: ${GOBGP}`,
    `birch: ${GOBGP} ${FRR}`,
    `cinder: ${FRR}`,
    `cinder: ${FRR} ${GOBGP}`,
  ]);
  for (const name of ['alder', 'birch', 'cinder']) {
    const ids = paths.filter(({ from }) => from === name).map(({ pathId }) => pathId);
    expect(ids).not.toContain(null);
    expect(new Set(ids).size).toBe(2);
  }
  expect((await pathsHere(Q)).map(({ path }) => path).sort()).toEqual([
    `${BIRD}`,
    `${BIRD} ${FAR} ${FAR}`,
  ]);
});

test.skipIf(!hasAll)('each has the paths that are for it', async () => {
  await atBird(4);
  expect(await atFrr(3)).toEqual([`${BIRD}`, `${BIRD} ${FAR} ${FAR}`, `${GOBGP}`].sort());
  expect(await atGobgp(2)).toEqual([`${BIRD}`, `${FRR}`].sort());
  const why = await router.cli('lg', 'why', P);
  expect(why).toMatch(/told +birch +alder path \d+ as path \d+: announced/);
  expect(why).toMatch(/told +birch +alder path \d+.*: not announced: among the paths that may go/);
  expect(why).toMatch(/told +cinder +cinder path \d+: not announced: the path comes from/);
});

test.skipIf(!hasAll)('a default route of ours is a path like any other', async () => {
  await eventually(
    'our default route in BIRD',
    () => bird.ask('show', 'route', '0.0.0.0/0', 'protocol', 'tokyo', 'all'),
    (text) => new RegExp(`BGP.as_path: ${US}\\s*$`, 'm').test(text),
  );
  await eventually(
    'our default route in FRR',
    () => frr.ask('show bgp ipv4 unicast 0.0.0.0/0 json'),
    (text) => text.includes(`"string":"${US}"`),
  );
  const sent = await router.cli('lg', 'routes-from', 'cinder', '--which', 'sent');
  expect(sent).toMatch(/0\.0\.0\.0\/0 +own path 4294967295/);
});

test.skipIf(!hasAll)(
  'one path withdrawn leaves the others, and comes back with the rest',
  async () => {
    await bird.ask('disable', 'far4');
    await atUs(5);
    await atFrr(2);
    await bird.ask('enable', 'far4');
    await atUs(6);
    await atFrr(3);
  },
);

test.skipIf(!hasAll)('route refresh and new sessions either way lose no path', async () => {
  await bird.ask('reload', 'in', 'tokyo');
  await bird.ask('reload', 'out', 'tokyo');
  await frr.ask('clear bgp ipv4 unicast fe80::6000 soft in');
  await gobgp.ask('neighbor', '172.21.128.1', 'softresetin');
  await atBird(4);
  expect(await pathsHere(P)).toHaveLength(6);
  await bird.ask('restart', 'tokyo');
  // Its own reset is followed by 30 s of silence, whatever its configuration says.
  await gobgp.ask('neighbor', '172.21.128.1', 'disable');
  await gobgp.ask('neighbor', '172.21.128.1', 'enable');
  await frr.ask('clear bgp ipv4 unicast fe80::6000');
  await atUs(6, 40_000);
  await atBird(4);
  await atFrr(3);
  await atGobgp(2);
});

// ── what each of them says ──────────────────────────────────────────────────────────────────────

type PathHere = { readonly from: string; readonly pathId: number | null; readonly path: string };

type RouteRow = PathHere & { rejected: unknown; attributes: { asPathText: string } };

/** The paths of a prefix that our node may use. */
async function pathsHere(prefix: string): Promise<PathHere[]> {
  const text = await router.cli('lg', 'route', prefix, '--json');
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as RouteRow)
    .filter(({ rejected }) => rejected === null)
    .map(({ from, pathId, attributes }) => ({ from, pathId, path: attributes.asPathText }));
}

/** BIRD has so many paths of P from us. */
const atBird = (count: number): Promise<string> =>
  eventually(
    `${count} paths in BIRD`,
    () => bird.ask('show', 'route', P, 'protocol', 'tokyo', 'all'),
    (text) => text.match(new RegExp(`BGP.as_path: ${US} `, 'g'))?.length === count,
  );

/** Each has so many paths of P: we, FRR from us, GoBGP from us. */
const atUs = (count: number, timeoutMs?: number): Promise<PathHere[]> =>
  eventually(
    `${count} paths here`,
    () => pathsHere(P),
    (paths) => paths.length === count,
    timeoutMs,
  );
const atFrr = (count: number): Promise<string[]> =>
  eventually(`${count} paths in FRR`, frrPaths, (paths) => paths.length === count);
const atGobgp = (count: number): Promise<string[]> =>
  eventually(`${count} paths in GoBGP`, gobgpPaths, (paths) => paths.length === count);

/** AS paths behind ours, of the routes FRR has from us. */
async function frrPaths(): Promise<string[]> {
  const { paths = [] } = JSON.parse(await frr.ask(`show bgp ipv4 unicast ${P} json`)) as {
    paths?: { aspath: { string: string } }[];
  };
  return behindOurs(paths.map(({ aspath }) => aspath.string));
}

async function gobgpPaths(): Promise<string[]> {
  const text = await gobgp.ask('neighbor', '172.21.128.1', 'adj-in', P, '-j');
  const found = Object.values(text.trim().startsWith('{') ? (JSON.parse(text) as object) : {}) as {
    attrs: { type: number; as_paths?: { asns: number[] }[] }[];
  }[][];
  return behindOurs(
    found
      .flat()
      .map(({ attrs }) =>
        attrs.flatMap(({ as_paths = [] }) => as_paths.flatMap(({ asns }) => asns)).join(' '),
      ),
  );
}

const behindOurs = (paths: readonly string[]): string[] =>
  paths.flatMap((path) => (path.startsWith(`${US} `) ? [path.slice(`${US} `.length)] : [])).sort();

// ── how each of them is configured ──────────────────────────────────────────────────────────────

const birdText = (device: string): string => {
  const far = `import filter { bgp_path.prepend(${FAR}); bgp_path.prepend(${FAR}); accept; }; export none;`;
  return `${BIRD_COMMON}
router id 172.21.129.1;
protocol static near4 { ipv4 { import all; export none; }; route ${P} blackhole; }
protocol static far4 { ipv4 { ${far} }; route ${P} unreachable; }
protocol static near6 { ipv6 { import all; export none; }; route ${Q} blackhole; }
protocol static far6 { ipv6 { ${far} }; route ${Q} unreachable; }
protocol bgp tokyo {
  local as ${BIRD};
  neighbor fe80::6000%'${device}' as ${US};
  ipv4 { import all; export where source = RTS_STATIC; extended next hop on; add paths on; };
  ipv6 { import all; export where source = RTS_STATIC; add paths on; };
}
`;
};

const frrText = (device: string, gobgpAddress: string): string =>
  frrConfig({
    asn: FRR,
    routerId: '172.21.131.1',
    device,
    neighbor: 'fe80::6000',
    neighborAsn: US,
    ipv4: [P],
    ipv6: [],
  })
    .replace(
      ' address-family ipv4 unicast\n',
      ` neighbor ${gobgpAddress} remote-as ${GOBGP}\n address-family ipv4 unicast\n  neighbor ${gobgpAddress} activate\n`,
    )
    .replaceAll(
      '  neighbor fe80::6000 activate\n',
      '  neighbor fe80::6000 activate\n  neighbor fe80::6000 addpath-tx-all-paths\n',
    );

const ipv4Unicast = (addPaths: object): object => ({
  config: { 'afi-safi-name': 'ipv4-unicast' },
  'add-paths': { config: addPaths },
});

const gobgpConfig = (frrAddress: string): object => ({
  global: { config: { as: GOBGP, 'router-id': '172.21.130.1' } },
  neighbors: [
    {
      config: { 'neighbor-address': '172.21.128.1', 'peer-as': US },
      transport: { config: { 'local-address': '172.21.130.1' } },
      timers: { config: { 'connect-retry': 2 } },
      'afi-safis': [ipv4Unicast({ receive: true, 'send-max': 8 })],
    },
    {
      config: { 'neighbor-address': frrAddress, 'peer-as': FRR },
      'afi-safis': [ipv4Unicast({})],
    },
  ],
});
