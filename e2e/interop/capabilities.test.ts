/**
 * Every capability of the BGP specification with BIRD 2, FRR and GoBGP, all of them switched on that a
 * program has; and IPv4 by IPv6 next hops (RFC 8950) over link-local and over global sessions.
 *
 *   bird  AS…6001 ══ link, global ══╗
 *   gobgp AS…6002 ══ link, global ══╬══ router AS…6000
 *   frr   AS…6003 ══ link, global ══╝
 *
 * Each peer has two tunnels: one session between the link-local addresses, one between addresses of DN42.
 * The first /28 of a network travels by the sessions of the one kind, the second by those of the other.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Bird,
  type Frr,
  type Gobgp,
  makeWireguardKeys,
  startBird,
  startFrr,
  startGobgp,
} from '../lab/daemons.ts';
import { type Lab, startLab } from '../lab/network.ts';
import { openMessagesIn } from '../lab/open-messages.ts';
import { Daemon, eventually } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { NODE } from './pair.ts';
import { BIRD_COMMON } from './peer-texts.ts';
import { startTunnels } from './tunnels.ts';

const PEERS = {
  bird: { asn: 4242426001, network: '172.21.129', ipv6: 'fdb1:6000:101::1' },
  gobgp: { asn: 4242426002, network: '172.21.130', ipv6: 'fdb2:6000:102::1' },
  frr: { asn: 4242426003, network: '172.21.131', ipv6: 'fdb3:6000:103::1' },
} as const;
type Peer = keyof typeof PEERS;
const PEER_NAMES = Object.keys(PEERS) as Peer[];
const KINDS = ['link', 'global'] as const;
type Kind = (typeof KINDS)[number];
const SESSIONS = PEER_NAMES.flatMap((peer) => KINDS.map((kind) => [peer, kind] as const));
const [, OUR_IPV6] = NODE.addresses as [string, string];
const STALE_SECONDS = 600;

type Row = {
  readonly code: number;
  readonly by: readonly ('us' | Peer)[];
  /** What our status calls it where both announce it. */
  readonly ours?: readonly string[];
  /** What each program calls it; absent: it never speaks of it. */
  readonly bird?: string;
  readonly gobgp?: string;
  readonly frr?: string;
};

/** BGP specification §2.2 row by row, and what else is announced here: by whom, and its names. */
const CAPABILITIES: readonly Row[] = [
  {
    code: 1,
    by: ['us', 'bird', 'gobgp', 'frr'],
    ours: ['Multiprotocol IPv4 unicast', 'Multiprotocol IPv6 unicast'],
    bird: 'Multiprotocol',
    gobgp: 'MultiProtocol',
    frr: 'multiprotocolExtensions',
  },
  {
    code: 2,
    by: ['us', 'bird', 'gobgp', 'frr'],
    ours: ['Route refresh'],
    bird: 'Route refresh',
    gobgp: 'RouteRefresh',
    frr: 'routeRefresh',
  },
  // Outbound route filtering (RFC 5291).
  { code: 3, by: ['frr'] },
  {
    code: 5,
    by: ['us', 'bird', 'gobgp', 'frr'],
    ours: ['Extended next hop'],
    bird: 'Extended next hop',
    gobgp: 'ExtendedNexthop',
    frr: 'extendedNexthop',
  },
  {
    code: 6,
    by: ['us', 'bird', 'frr'],
    ours: ['Extended message'],
    bird: 'Extended message',
    gobgp: 'Unknown 6',
    frr: 'extendedMessage',
  },
  {
    code: 9,
    by: ['us', 'bird', 'frr'],
    ours: ['Role provider'],
    bird: 'Role',
    gobgp: 'Unknown 9',
    frr: 'role',
  },
  {
    code: 64,
    by: ['us', 'bird', 'gobgp', 'frr'],
    ours: ['Graceful restart'],
    bird: 'Graceful restart',
    gobgp: 'GracefulRestart',
    frr: 'gracefulRestart',
  },
  {
    code: 65,
    by: ['us', 'bird', 'gobgp', 'frr'],
    ours: ['4-octet AS numbers'],
    bird: '4-octet AS numbers',
    gobgp: 'FourOctetASN',
    frr: '4byteAs',
  },
  // Dynamic capability (draft-ietf-idr-dynamic-cap), the number before it and its own.
  { code: 66, by: ['frr'] },
  { code: 67, by: ['frr'], frr: 'dynamic' },
  {
    code: 69,
    by: ['us', 'bird', 'gobgp', 'frr'],
    ours: ['Add-path IPv4 unicast (send and receive), IPv6 unicast (send and receive)'],
    bird: 'ADD-PATH',
    gobgp: 'AddPath',
    frr: 'addPath',
  },
  {
    code: 70,
    by: ['us', 'bird', 'frr'],
    ours: ['Enhanced route refresh'],
    bird: 'Enhanced refresh',
    gobgp: 'EnhancedRouteRefresh',
    frr: 'enhancedRouteRefresh',
  },
  {
    code: 71,
    by: ['us', 'bird', 'gobgp', 'frr'],
    ours: ['Long-lived graceful restart'],
    bird: 'Long-lived graceful restart',
    gobgp: 'LongLivedGracefulRestart',
    frr: 'longLivedGracefulRestart',
  },
  // Host name: BIRD has it from 2.0.14 on.
  { code: 73, by: ['gobgp', 'frr'], bird: 'Hostname', gobgp: 'Fqdn', frr: 'hostName' },
  // Software version: FRR has it from 8.5 on, GoBGP from 3.11 on.
  { code: 75, by: [], frr: 'softwareVersion' },
  // Cisco's route refresh and route filtering: FRR says the old and the new number.
  { code: 128, by: ['frr'] },
  { code: 130, by: ['frr'] },
  // Multisession, old number.
  { code: 131, by: [] },
];

const isComplete = ['/usr/lib/frr/bgpd', '/usr/bin/gobgpd'].every((program) => existsSync(program));

let lab: Lab;
let router: OurRouter;
let bird: Bird;
let gobgp: Gobgp;
let frr: Frr;
let tunnels: Daemon[] = [];
const captures = new Map<string, Daemon>();

const deviceOf = (peer: Peer, kind: Kind): string =>
  `wgc${process.pid % 100_000}${peer[0]}${kind[0]}`;
const captureOf = (peer: Peer, kind: Kind): string => join(lab.folder, `${peer}-${kind}.pcap`);
const numberOf = (kind: Kind): number => KINDS.indexOf(kind) + 1;
const linkLocalOf = (peer: Peer, kind: Kind): string =>
  `fe80::${PEERS[peer].asn % 10_000}:${numberOf(kind)}`;
const ourLinkLocalOf = (kind: Kind): string => `fe80::6000:${numberOf(kind)}`;
/** Where a peer finds us. */
const ourEndOf = (kind: Kind): string => (kind === 'link' ? ourLinkLocalOf(kind) : OUR_IPV6);
const prefixOf = (peer: Peer, kind: Kind): string =>
  `${PEERS[peer].network}.${16 * KINDS.indexOf(kind)}/28`;
const addressOf = (peer: Peer, kind: Kind): string =>
  `${PEERS[peer].network}.${16 * KINDS.indexOf(kind) + 1}`;

describe.skipIf(!isComplete)('BIRD, GoBGP and FRR', () => {
  beforeAll(async () => {
    lab = await startLab(['router', ...PEER_NAMES]);
    const keys = await Promise.all(SESSIONS.map(() => makeWireguardKeys()));
    router = await startOurRouter(lab, lab.host('router'), {
      node: NODE,
      policy: POLICY,
      peerings: SESSIONS.map(([peer, kind], i) => ({
        name: `${peer}-${kind}`,
        asn: PEERS[peer].asn,
        publicKey: keys[i]?.publicKey,
        endpoint: `${lab.host(peer).ipv4}:${26001 + i}`,
        linkLocal: linkLocalOf(peer, kind),
        ourLinkLocal: ourLinkLocalOf(kind),
        // A session between addresses of DN42 is one that might have several hops.
        ...(kind === 'global' ? { addresses: { ipv6: PEERS[peer].ipv6 }, multihop: 2 } : {}),
        policy: 'accept-all',
        import: ['accept-all', `${kind}-only`],
        export: ['accept-all', `${kind}-only`],
        role: 'provider',
        addPath: { send: 'all', receive: true },
        gracefulRestart: { longLived: STALE_SECONDS },
        connectRetryTime: 2,
      })),
    });
    tunnels = await startTunnels(
      lab,
      router,
      SESSIONS.map(([peer, kind], i) => ({
        host: lab.host(peer),
        device: deviceOf(peer, kind),
        privateKey: keys[i]?.privateKey ?? '',
        listenPort: 26001 + i,
        addresses: [
          `${linkLocalOf(peer, kind)}/64`,
          ...(kind === 'global' ? [`${PEERS[peer].ipv6}/128 peer ${OUR_IPV6}/128`] : []),
        ],
      })),
    );
    await Promise.all(SESSIONS.map(([peer, kind]) => prepare(peer, kind)));
    [bird, gobgp, frr] = await Promise.all([
      startBird(lab, lab.host('bird'), birdText()),
      startGobgp(lab, lab.host('gobgp'), gobgpConfig()),
      startFrr(lab, lab.host('frr'), frrText()),
    ]);
    for (const kind of KINDS) await gobgp.ask('global', 'rib', 'add', prefixOf('gobgp', kind));
    await router.reaches('six sessions, a route of each', ({ peerings }) =>
      peerings.every(
        ({ operational, accepted }) => operational === 'established' && accepted === 1,
      ),
    );
  });

  afterAll(async () => {
    for (const capture of captures.values()) await capture.stop();
    await bird?.stop();
    await gobgp?.stop();
    await frr?.stop();
    await router?.daemon.stop();
    for (const tunnel of tunnels) await tunnel.stop();
    await lab?.stop();
  });

  test.each(SESSIONS)(
    '%s says on the wire what it has, and we all we have: %s',
    async (peer, kind) => {
      await captures.get(captureOf(peer, kind))?.stop('SIGINT');
      const opens = openMessagesIn(readFileSync(captureOf(peer, kind)));
      const saidBy = (asn: number): number[] | undefined =>
        opens.findLast((open) => open.asn === asn)?.capabilities.map(({ code }) => code);
      expect(unique(saidBy(PEERS[peer].asn))).toEqual(codesOf(peer));
      expect(unique(saidBy(NODE.asn))).toEqual(codesOf('us'));
    },
  );

  test.each(SESSIONS)('we name what both announced: %s, %s', async (peer, kind) => {
    const { peerings } = await router.snapshot();
    const session = peerings.find(({ name }) => name === `${peer}-${kind}`)?.sessions[0];
    const common = CAPABILITIES.filter(({ by }) => by.includes('us') && by.includes(peer));
    expect(session?.capabilities).toEqual(common.flatMap(({ ours }) => ours ?? []));
  });

  test.each(SESSIONS)('%s names what it announced and what we did: %s', async (peer, kind) => {
    const view = await VIEWS[peer](kind);
    const named = CAPABILITIES.flatMap((row) => {
      const name = row[peer];
      return name === undefined ? [] : [{ ...row, name }];
    });
    const namesBy = (who: 'us' | Peer): string[] =>
      named.filter(({ by }) => by.includes(who)).map(({ name }) => name);
    expect([...view.announced].sort()).toEqual(namesBy(peer).sort());
    expect([...view.heard].sort()).toEqual(namesBy('us').sort());
  });

  test('values arrive: stale times, roles, restart times', async () => {
    const ofBird = await bird.ask('show', 'protocols', 'all', 'over_link');
    expect(ofBird).toMatch(/Neighbor capabilities[\s\S]*LL stale time: 600[\s\S]*Role: provider/);
    const ofFrr = await frrNeighbor('link');
    expect(ofFrr).toMatchObject({ localRole: 'customer', remoteRole: 'provider' });
    expect(ofFrr.gracefulRestartInfo).toMatchObject({
      nBit: true,
      timers: { receivedRestartTimer: 120 },
    });
    expect(ofFrr.neighborCapabilities.hostName).toMatchObject({ advHostName: expect.any(String) });
  });

  test.each(KINDS)(
    'packets find their way by IPv6 next hops, all pairs both ways: %s',
    async (kind) => {
      for (const [peer, others] of PEER_NAMES.map(
        (name) => [name, PEER_NAMES.filter((other) => other !== name)] as const,
      )) {
        const host = lab.host(peer);
        if (peer === 'gobgp') await installRoutesOfGobgp(kind);
        for (const other of others) {
          const address = addressOf(other, kind);
          await eventually(
            `the kernel beside ${peer} has a route to ${other}`,
            () => host.must('ip', 'route', 'show', 'match', address),
            (text) => text.includes(`via inet6 ${ourEndOf(kind)} dev ${deviceOf(peer, kind)}`),
          );
        }
      }
      for (const peer of PEER_NAMES)
        for (const other of PEER_NAMES.filter((name) => name !== peer))
          await lab
            .host(peer)
            .must(
              'ping',
              '-c',
              '1',
              '-W',
              '2',
              '-I',
              addressOf(peer, kind),
              addressOf(other, kind),
            );
    },
  );
});

const unique = (codes: readonly number[] = []): number[] =>
  [...new Set(codes)].sort((a, b) => a - b);
const codesOf = (who: 'us' | Peer): number[] =>
  CAPABILITIES.filter(({ by }) => by.includes(who)).map(({ code }) => code);

// ── what each of them says ──────────────────────────────────────────────────────────────────────

type View = { readonly announced: Iterable<string>; readonly heard: Iterable<string> };

const VIEWS: Readonly<Record<Peer, (kind: Kind) => Promise<View>>> = {
  async bird(kind) {
    const text = await bird.ask('show', 'protocols', 'all', `over_${kind}`);
    // Names stand six columns in, what belongs to them further.
    const section = (title: string): string[] =>
      new RegExp(`^ {4}${title}\n((?: {6}.*\n)+)`, 'm')
        .exec(text)?.[1]
        ?.split('\n')
        .flatMap((line) => /^ {6}([^ :][^:]*)/.exec(line)?.[1] ?? []) ?? [];
    return { announced: section('Local capabilities'), heard: section('Neighbor capabilities') };
  },

  async gobgp(kind) {
    const neighbors = JSON.parse(await gobgp.ask('neighbor', '-j')) as GobgpNeighbor[];
    const state = neighbors.find(({ state }) =>
      state.neighbor_address.startsWith(ourEndOf(kind)),
    )?.state;
    const names = (of: GobgpCapability[] = []): Set<string> => new Set(of.map(gobgpName));
    return { announced: names(state?.local_cap), heard: names(state?.remote_cap) };
  },

  async frr(kind) {
    const { neighborCapabilities } = await frrNeighbor(kind);
    const known = new Set(CAPABILITIES.map(({ frr: name }) => name));
    // A word for each, or one per family: `advertised`, `received`, `advertisedAndReceived`.
    const entries = Object.entries(neighborCapabilities)
      .filter(([name]) => known.has(name))
      .map(([name, words]) => [name, JSON.stringify(words)] as const);
    return {
      announced: entries.filter(([, words]) => /adv/i.test(words)).map(([name]) => name),
      heard: entries.filter(([, words]) => /received|rcv/i.test(words)).map(([name]) => name),
    };
  },
};

type GobgpCapability = { readonly type_url: string; readonly value?: string };
type GobgpNeighbor = {
  readonly state: {
    readonly neighbor_address: string;
    readonly local_cap?: GobgpCapability[];
    readonly remote_cap?: GobgpCapability[];
  };
};

/** `type.googleapis.com/apipb.AddPathCapability`; of an unknown one the first field is its code. */
function gobgpName({ type_url, value = '' }: GobgpCapability): string {
  const name = /apipb\.(\w+)Capability$/.exec(type_url)?.[1] ?? type_url;
  return name === 'Unknown' ? `Unknown ${Buffer.from(value, 'base64')[1]}` : name;
}

type FrrNeighbor = {
  readonly neighborCapabilities: Readonly<Record<string, unknown>>;
  readonly gracefulRestartInfo: unknown;
  readonly localRole: string;
  readonly remoteRole: string;
};

async function frrNeighbor(kind: Kind): Promise<FrrNeighbor> {
  const address = ourEndOf(kind);
  const neighbors = JSON.parse(await frr.ask(`show bgp neighbors ${address} json`)) as Record<
    string,
    FrrNeighbor
  >;
  return neighbors[address] as FrrNeighbor;
}

/** GoBGP forwards nothing itself: its best paths become routes of the kernel here. */
async function installRoutesOfGobgp(kind: Kind): Promise<void> {
  const others = PEER_NAMES.filter((name) => name !== 'gobgp');
  const bestIn = (rib: Record<string, GobgpPath[]>, other: Peer): GobgpPath | undefined =>
    rib[prefixOf(other, kind)]?.find(({ best }) => best);
  const rib = await eventually(
    'GoBGP has the routes of the others',
    async () => JSON.parse(await gobgp.ask('global', 'rib', '-j')) as Record<string, GobgpPath[]>,
    (answer) => others.every((other) => bestIn(answer, other) !== undefined),
  );
  for (const other of others) {
    const prefix = prefixOf(other, kind);
    const path = bestIn(rib, other);
    const nextHop = path?.attrs.find(({ nexthop }) => nexthop !== undefined)?.nexthop;
    // Of two next hops it shows the first, which is `::` between link-local addresses.
    const via = nextHop === '::' ? path?.['neighbor-ip'] : nextHop;
    const way = ['via', 'inet6', via ?? '', 'dev', deviceOf('gobgp', kind)];
    await lab.host('gobgp').must('ip', 'route', 'add', prefix, ...way);
  }
}

type GobgpPath = {
  readonly best: boolean;
  readonly 'neighbor-ip'?: string;
  readonly attrs: readonly { readonly nexthop?: string }[];
};

// ── how each of them is configured ──────────────────────────────────────────────────────────────

const onlyOf = (kind: Kind): object => ({
  rules: [
    {
      name: `not-by-${kind}`,
      if: { not: { any: [{ prefix: `by-${kind}` }, { source: 'own' }] } },
      then: { reject: true },
    },
  ],
});
const POLICY = {
  sets: {
    prefixes: Object.fromEntries(
      KINDS.map((kind) => [`by-${kind}`, PEER_NAMES.map((peer) => prefixOf(peer, kind))]),
    ),
  },
  policies: Object.fromEntries(KINDS.map((kind) => [`${kind}-only`, onlyOf(kind)])),
};

/** Of a session: addresses for both ends, and what it says in OPEN recorded from its first packet on. */
async function prepare(peer: Peer, kind: Kind): Promise<void> {
  const host = lab.host(peer);
  await host.must('ip', 'addr', 'add', `${addressOf(peer, kind)}/32`, 'dev', 'lo');
  const file = captureOf(peer, kind);
  const line = ['-i', deviceOf(peer, kind), '-Z', 'root', '-U', '-w', file, 'tcp', 'port', '179'];
  const capture = new Daemon('tcpdump', ...host.inside('tcpdump', ...line));
  captures.set(file, capture);
  await capture.printed(/listening on/);
}

const birdText = (): string => {
  const session = (kind: Kind, ends: string): string => `protocol bgp over_${kind} {
  ${ends};
  local role customer;
  connect retry time 2; error wait time 1, 2;
  graceful restart on; long lived graceful restart on;
  enable extended messages on;
  ipv4 { import all; export where source = RTS_STATIC; extended next hop on; add paths on; };
  ipv6 { import all; export none; add paths on; };
}`;
  const { asn, ipv6 } = PEERS.bird;
  return `${BIRD_COMMON}
router id ${PEERS.bird.network}.1;
protocol static own4 { ${KINDS.map((kind) => `route ${prefixOf('bird', kind)} reject;`).join(' ')} ipv4; }
${session('link', `local as ${asn}; neighbor ${ourEndOf('link')}%'${deviceOf('bird', 'link')}' as ${NODE.asn}`)}
${session('global', `local ${ipv6} as ${asn}; neighbor ${ourEndOf('global')} as ${NODE.asn}; direct`)}
`;
};

const gobgpConfig = (): object => ({
  global: { config: { as: PEERS.gobgp.asn, 'router-id': `${PEERS.gobgp.network}.1` } },
  neighbors: KINDS.map((kind) => ({
    config: {
      'neighbor-address':
        kind === 'link' ? `${ourEndOf(kind)}%${deviceOf('gobgp', kind)}` : ourEndOf(kind),
      'peer-as': NODE.asn,
    },
    transport: { config: kind === 'link' ? {} : { 'local-address': PEERS.gobgp.ipv6 } },
    timers: { config: { 'connect-retry': 2 } },
    'graceful-restart': {
      config: {
        enabled: true,
        'restart-time': 60,
        'notification-enabled': true,
        'long-lived-enabled': true,
      },
    },
    'afi-safis': ['ipv4-unicast', 'ipv6-unicast'].map((family) => ({
      config: { 'afi-safi-name': family },
      'mp-graceful-restart': { config: { enabled: true } },
      'long-lived-graceful-restart': { config: { enabled: true, 'restart-time': STALE_SECONDS } },
      'add-paths': { config: { receive: true, 'send-max': 8 } },
    })),
  })),
});

const frrText = (): string => {
  const neighbors = KINDS.map(ourEndOf);
  const perNeighbor = (...lines: string[]): string =>
    neighbors
      .flatMap((neighbor) => lines.map((line) => ` neighbor ${neighbor} ${line}\n`))
      .join('');
  return `router bgp ${PEERS.frr.asn}
 bgp router-id ${PEERS.frr.network}.1
 bgp graceful-restart
 bgp long-lived-graceful-restart stale-time ${STALE_SECONDS}
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 no bgp network import-check
${perNeighbor(
  `remote-as ${NODE.asn}`,
  'capability extended-nexthop',
  'capability dynamic',
  'local-role customer',
  'timers connect 2',
)} neighbor ${ourEndOf('link')} interface ${deviceOf('frr', 'link')}
 address-family ipv4 unicast
${KINDS.map((kind) => `  network ${prefixOf('frr', kind)}\n`).join('')}${perNeighbor(
  'activate',
  'addpath-tx-all-paths',
  'capability orf prefix-list both',
)} exit-address-family
 address-family ipv6 unicast
${perNeighbor('activate', 'addpath-tx-all-paths')} exit-address-family
exit
`;
};
