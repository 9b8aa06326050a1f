/**
 * `transport: host` with all that a session has: two BIRDs of our AS as reflector clients, one of another AS
 * with a role, rules and options; no tunnel is anywhere.
 *
 *   one AS4242426000 ──┐
 *   two AS4242426000 ──┼── TCP, to our port 1790 ── router AS4242426000
 *   leaf AS4242426001 ─┘
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Bird, startBird } from '../lab/daemons.ts';
import { type Lab, startLab } from '../lab/network.ts';
import { eventually } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';

const PORT = 1790;
const ASN = 4242426000;
const LEAF = 4242426001;
const OURS = '172.21.128.0/27';
const OF_TWO = '172.21.132.0/27';
const OF_LEAF = '172.21.129.0/27';
const UNWANTED = '172.21.129.32/27';

let lab: Lab;
let router: OurRouter;
let one: Bird;
let two: Bird;
let leaf: Bird;

const POLICY: object = parse(`
policies:
  from-leaf:
    rules:
      - { name: unwanted, if: { prefix: ${UNWANTED} }, then: { reject: true } }
      - { name: mark, then: { addCommunities: "65000:42" } }
`);

/** The configuration of our router; `leafWish` is what its entry for the leaf says beside the rest. */
const configOf = (leafWish: object, policy = POLICY) => ({
  node: {
    name: 'tokyo',
    asn: ASN,
    addresses: ['172.21.128.1'],
    announce: [OURS],
    bgp: { clusterId: '10.99.187.187' },
    listen: { port: 51820, host: '::' },
  },
  bgp: { listen: { host: '0.0.0.0', port: PORT } },
  policy,
  peerings: [
    ...['one', 'two'].map((name) => ({
      name,
      transport: 'host',
      asn: ASN,
      address: lab.host(name).ipv4,
      passive: true,
      families: ['ipv4'],
      routeReflectorClient: true,
    })),
    {
      name: 'leaf',
      transport: 'host',
      asn: LEAF,
      address: lab.host('leaf').ipv4,
      passive: true,
      families: ['ipv4'],
      policy: 'accept-all',
      role: 'provider',
      strictRole: true,
      import: ['from-leaf'],
      holdTime: 30,
      ...leafWish,
    },
  ],
});

const bird = (name: string, asn: number, id: number, more: string, ...prefixes: string[]) =>
  startBird(
    lab,
    lab.host(name),
    `log stderr all;
protocol device { scan time 2; }
router id 172.21.${id}.1;
protocol static own { ${prefixes.map((prefix) => `route ${prefix} reject;`).join(' ')} ipv4; }
protocol bgp tokyo {
  local ${lab.host(name).ipv4} as ${asn};
  neighbor ${lab.host('router').ipv4} port ${PORT} as ${ASN};
  direct;
  ${more}
  ipv4 { import all; export where source = RTS_STATIC; };
}
`,
  );

beforeAll(async () => {
  lab = await startLab(['router', 'one', 'two', 'leaf']);
  router = await startOurRouter(lab, lab.host('router'), configOf({}));
  one = await bird('one', ASN, 131, '');
  two = await bird('two', ASN, 132, '', OF_TWO);
  leaf = await bird(
    'leaf',
    LEAF,
    129,
    'local role customer; connect retry time 2; connect delay time 1; error wait time 1, 4;',
    OF_LEAF,
    UNWANTED,
  );
  for (const each of [one, two, leaf]) await each.established('tokyo');
});
afterAll(async () => {
  for (const each of [one, two, leaf]) await each?.stop();
  await router?.daemon.stop();
  await lab?.stop();
});

test('we reflect between two BIRDs of our AS (RFC 4456)', async () => {
  const text = await one.hasRoute(OF_TWO);
  expect(text).toContain('originator_id: 172.21.132.1');
  expect(text).toContain('cluster_list: 10.99.187.187');
  expect(await two.hasRoute(OURS)).not.toContain('originator');
});

test('the leaf hears of its role, our hold time, and is judged by the rules', async () => {
  // Marked for whoever is below: only to customers (RFC 9234 §5).
  expect(await leaf.hasRoute(OURS)).toMatch(/otc: 4242426000/i);
  const session = await leaf.ask('show', 'protocols', 'all', 'tokyo');
  expect(session).toMatch(/Hold timer: +[\d.]+\/30/);
  const text = await one.hasRoute(OF_LEAF);
  expect(text).toContain('(65000,42)');
  await one.hasNoRoute(UNWANTED, 1000);
  expect(await router.cli('lg', 'rejected', 'leaf')).toMatch(/172\.21\.129\.32\/27[\s\S]*unwanted/);
});

test('other rules are in force after a SIGHUP, and the session stays', async () => {
  router.reload(configOf({}, { policies: { 'from-leaf': { rules: [] } } }));
  expect(await one.hasRoute(UNWANTED)).not.toContain('65000');
  const after = await router.reaches('both routes of the leaf', (snapshot) =>
    snapshot.peerings.some(({ name, accepted }) => name === 'leaf' && accepted === 2),
  );
  const { transitions } = after.peerings.find(({ name }) => name === 'leaf') ?? {};
  expect(transitions?.filter(({ step }) => step === 'down')).toEqual([]);
});

test('a shutdown tells its text, a role that does not fit is refused by both (2/11)', async () => {
  router.reload(configOf({ shutdown: 'new cables' }));
  await eventually(
    'BIRD hears why',
    () => leaf.ask('show', 'protocols', 'all', 'tokyo'),
    (text) => text.includes('new cables'),
  );
  await one.hasNoRoute(OF_LEAF);
  router.reload(configOf({ role: 'peer' }));
  await router.reaches('the roles differ', ({ peerings }) =>
    peerings.some(
      ({ name, diagnosis }) =>
        name === 'leaf' && diagnosis.some(({ code }) => code === 'BGP_ROLES_DIFFER'),
    ),
  );
  router.reload(configOf({}));
  await leaf.established('tokyo');
  await one.hasRoute(OF_LEAF);
});

test('what Node cannot ask of the system is refused by name, and nothing changes', async () => {
  router.reload(configOf({ password: 'sesame' }));
  await router.daemon.printed(/SESSION_OPTION_INVALID/);
  expect(await leaf.established('tokyo')).toContain('Established');
});
