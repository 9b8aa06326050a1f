/**
 * Session options as BIRD 2 and FRR see them: one tunnel per option, all of them at once.
 *
 *   bird ══ alias     localAs, and ours behind it                        AS4242426001
 *        ══ stripped  localAs alone, no private AS, a default route      AS4242426012
 *        ══ limited   two prefixes, then Cease 6/1, up again after 4 s   AS4242426013
 *        ══ guest     a dynamic neighbor                                 AS4242426014
 *        ══ closed    shut down                                          AS4242426015
 *   frr  ══ site      as-override towards it, allowas-in from it         AS4242426003
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bird, type Frr, makeWireguardKeys, startBird, startFrr } from '../lab/daemons.ts';
import { type Lab, startLab } from '../lab/network.ts';
import { type Daemon, eventually } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { NODE } from './pair.ts';
import { BIRD_COMMON, frrConfig } from './peer-texts.ts';
import { startTunnels } from './tunnels.ts';

const OURS = '172.21.128.0/27';
const OF_BIRD = '172.21.129.0/27';
/** BIRD says that it came through FRR's AS. */
const THROUGH_FRR = '172.21.129.64/27';
const OF_FRR = '172.21.131.0/27';
const LIMIT_ERROR = 'Received: Maximum number of prefixes reached';

/** Options of our half of each peering, and the AS of the other half. */
const PEERINGS = {
  alias: { asn: 4242426001, localAs: { asn: 4242426099 }, description: 'by the lake' },
  stripped: {
    asn: 4242426012,
    localAs: { asn: 4242426098, noPrepend: true, replaceAs: true },
    removePrivateAs: 'all',
    defaultOriginate: true,
  },
  limited: {
    asn: 4242426013,
    ipv4: { prefixLimit: { received: 2, action: 'restart', restartAfter: 4 } },
  },
  guest: {
    asn: 4242426014,
    sessions: 'none',
    dynamicNeighbors: { range: 'fe80::/64', asns: [4242426077, 4242426014], max: 2 },
  },
  closed: { asn: 4242426015, shutdown: 'moving house until Sunday' },
  site: { asn: 4242426003, asOverride: true, allowasIn: 1 },
} as const;
type Name = keyof typeof PEERINGS;
const NAMES = Object.keys(PEERINGS) as Name[];

let lab: Lab;
let router: OurRouter;
let bird: Bird;
let frr: Frr;
let tunnels: Daemon[] = [];

const deviceOf = (name: Name): string => `wgo${process.pid % 100_000}${NAMES.indexOf(name)}`;
const linkLocalOf = (name: Name): string => `fe80::${PEERINGS[name].asn % 10_000}`;

beforeAll(async () => {
  lab = await startLab(['router', 'bird', 'frr']);
  const hostOf = (name: Name) => lab.host(name === 'site' ? 'frr' : 'bird');
  const portOf = (name: Name): number => 26001 + NAMES.indexOf(name);
  const keys = await Promise.all(NAMES.map(() => makeWireguardKeys()));
  router = await startOurRouter(lab, lab.host('router'), {
    node: NODE,
    templates: [{ name: 'lab', policy: 'accept-all' }],
    peerings: NAMES.map((name, i) => ({
      template: 'lab',
      name,
      publicKey: keys[i]?.publicKey,
      endpoint: `${hostOf(name).ipv4}:${portOf(name)}`,
      linkLocal: linkLocalOf(name),
      ...PEERINGS[name],
    })),
  });
  tunnels = await startTunnels(
    lab,
    router,
    NAMES.map((name, i) => ({
      host: hostOf(name),
      device: deviceOf(name),
      privateKey: keys[i]?.privateKey ?? '',
      listenPort: portOf(name),
      addresses: [`${linkLocalOf(name)}/64`],
    })),
  );
  bird = await startBird(lab, lab.host('bird'), BIRD_CONFIG());
  frr = await startFrr(lab, lab.host('frr'), FRR_CONFIG());
  await bird.established('alias');
  await frr.established('fe80::6000');
});

afterAll(async () => {
  await bird?.stop();
  await frr?.stop();
  await router?.daemon.stop();
  for (const tunnel of tunnels) await tunnel.stop();
  await lab?.stop();
});

const sessionOf = async (name: Name) =>
  (await router.snapshot()).peerings.find((peering) => peering.name === name)?.sessions[0];
const birdPath = async (prefix: string, protocol: Name): Promise<string | undefined> =>
  /BGP\.as_path: ?(.*)/.exec(await bird.hasRouteOf(protocol, prefix))?.[1];

test('local-as: BIRD peers with that AS and sees ours behind it; it stands in what comes in', async () => {
  expect(await birdPath(OURS, 'alias')).toBe('4242426099 4242426000');
  await eventually(
    'the route of BIRD',
    () => router.cli('lg', 'route', OF_BIRD),
    (text) => text.includes('4242426099 4242426001'),
  );
  expect((await sessionOf('alias'))?.options).toMatchObject({
    localAs: 4242426099,
    description: 'by the lake',
  });
});

test('replace-as and remove-private-as: BIRD sees the local AS and nothing else', async () => {
  await bird.established('stripped');
  expect(await birdPath(OURS, 'stripped')).toBe('4242426098');
  expect(await birdPath(OF_FRR, 'stripped')).toBe('4242426098');
});

test('default-originate: BIRD has both default routes from us, and only there', async () => {
  expect(await birdPath('0.0.0.0/0', 'stripped')).toBe('4242426098');
  expect(await birdPath('::/0', 'stripped')).toBe('4242426098');
  expect(await bird.ask('show', 'route', 'protocol', 'alias', 'for', '0.0.0.0/0')).not.toMatch(
    /alias/,
  );
});

test('allowas-in: FRR tells a path with our AS in it, and we use it', async () => {
  await router.reaches('routes of FRR', ({ peerings }) =>
    peerings.some(({ name, accepted }) => name === 'site' && accepted === 2),
  );
  expect(await router.cli('lg', 'route', OF_FRR)).toContain('4242426003 4242426000');
});

test('as-override: FRR takes a path that held its own AS', async () => {
  const text = await frr.hasRoute('ipv4', THROUGH_FRR);
  expect(text).toContain('4242426000 4242426099 4242426001 4242426000');
});

test('a prefix limit ends the session with 6/1, and BIRD is back after the time', async () => {
  await eventually(
    'BIRD is told of the limit',
    () => bird.ask('show', 'protocols', 'all', 'limited'),
    (text) => text.includes(LIMIT_ERROR),
  );
  const { peerings } = await router.reaches('the limit', (snapshot) =>
    snapshot.peerings.some(({ name, sessions }) => name === 'limited' && sessions[0]?.excess),
  );
  const limited = peerings.find(({ name }) => name === 'limited');
  expect(limited?.sessions[0]).toMatchObject({
    state: 'idle',
    received: 0,
    excess: { family: 'ipv4', counted: 'received', limit: 2 },
  });
  expect(limited?.diagnosis.map(({ code }) => code)).toContain('BGP_PREFIX_LIMIT');
  const text = limited?.diagnosis.find(({ code }) => code === 'BGP_PREFIX_LIMIT')?.text;
  expect(text).toMatch(/more than 2 IPv4 prefixes \(received\).*starts again at/);
  // One prefix less, and the neighbor may stay.
  await bird.ask('disable', 'extra');
  await router.reaches(
    'the session again',
    (snapshot) =>
      snapshot.peerings.some(
        ({ name, sessions }) => name === 'limited' && sessions[0]?.state === 'established',
      ),
    40_000,
  );
});

test('a dynamic neighbor comes, has routes, and goes with its session', async () => {
  await bird.established('guest');
  expect(await birdPath(OURS, 'guest')).toBe('4242426000');
  expect(await sessionOf('guest')).toMatchObject({
    name: `guest_${linkLocalOf('guest')}`,
    state: 'established',
    remoteAddress: linkLocalOf('guest'),
  });
  await bird.ask('disable', 'guest');
  await router.reaches('no session', ({ peerings }) =>
    peerings.some(({ name, sessions }) => name === 'guest' && sessions.length === 0),
  );
});

test('texts of a shutdown pass both ways; who is shut down is rejected', async () => {
  await eventually(
    'BIRD is rejected',
    () => bird.ask('show', 'protocols', 'all', 'closed'),
    (text) => text.includes('Received: Connection rejected'),
  );
  await bird.ask('disable', 'alias', '"new roof"');
  const { peerings } = await router.reaches('the text of BIRD', (snapshot) =>
    snapshot.peerings.some(
      ({ name, sessions }) => name === 'alias' && sessions[0]?.lastNotification?.text,
    ),
  );
  expect(
    peerings.find(({ name }) => name === 'alias')?.sessions[0]?.lastNotification,
  ).toMatchObject({ code: 6, subcode: 2, text: 'new roof' });
  await router.daemon.stop();
  await eventually(
    'our text',
    () => Promise.resolve(bird.output),
    (output) => /stripped: Received: Administrative shutdown.*"/.test(output),
  );
});

const BIRD_CONFIG = (): string => {
  const channel = (filter: string): string =>
    `ipv4 { import all; export ${filter}; extended next hop on; }; ipv6 { import all; export ${filter}; };`;
  const protocol = (name: Name, peer: number, filter: string): string =>
    `protocol bgp ${name} { local as ${PEERINGS[name].asn}; neighbor fe80::6000%'${deviceOf(name)}' as ${peer}; connect retry time 2; error wait time 1, 2; ${channel(filter)} }`;
  return `${BIRD_COMMON}
router id 172.21.129.1;
protocol static own4 { route ${OF_BIRD} reject; route ${THROUGH_FRR} reject; ipv4; }
protocol static extra { route 172.21.129.32/27 reject; ipv4; }
protocol static own6 { route fdb1:6000:101::/48 reject; ipv6; }
filter ours { if source != RTS_STATIC then reject; if net = ${THROUGH_FRR} then bgp_path.prepend(4242426003); accept; }
${protocol('alias', 4242426099, 'filter ours')}
${protocol('stripped', 4242426098, 'none')}
${protocol('limited', 4242426000, 'where source = RTS_STATIC')}
${protocol('guest', 4242426000, 'none')}
${protocol('closed', 4242426000, 'none')}
`;
};

const FRR_CONFIG = (): string =>
  `${frrConfig({
    asn: PEERINGS.site.asn,
    routerId: '172.21.131.1',
    device: deviceOf('site'),
    neighbor: 'fe80::6000',
    neighborAsn: 4242426000,
    ipv4: [OF_FRR],
    ipv6: ['fdb3:6000:103::/48'],
  }).replaceAll(
    '  neighbor fe80::6000 activate\n',
    '  neighbor fe80::6000 activate\n  neighbor fe80::6000 route-map through-us out\n',
  )}route-map through-us permit 10
 set as-path prepend 4242426000
exit
`;
