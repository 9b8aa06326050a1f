/**
 * The same random feeds, withdrawals and flaps to BIRD 2 and to us: the same best paths.
 *
 *   eight peers of five ASes ──► BIRD and rootless42, both AS4242426000 ──► one sink each
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bird, startBird } from '../lab/daemons.ts';
import type { DecisionOptions, DecisionResult } from '../lab/decision-main.ts';
import { type Lab, startLab } from '../lab/network.ts';
import { Daemon } from '../lab/process.ts';
import { buildPrograms, programLine } from '../lab/programs.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';

const PORT = 1790;
const ASN = 4242426000;
const ROUNDS = 20;
const SEED = Number(process.env.ROOTLESS42_SEED ?? Date.now() % 0x7fffffff);
/** Two of them share an AS each; router ids run against the addresses, and two are equal. */
const PEERS: DecisionOptions['peers'] = [
  [64_701, 9],
  [64_701, 7],
  [64_702, 8],
  [64_702, 3],
  [64_703, 6],
  [64_704, 3],
  [64_705, 4],
  [64_705, 2],
  [64_799, 1],
].map(([asn, id], i) => ({
  asn: asn ?? 0,
  routerId: `10.99.0.${id}`,
  address: `10.42.0.${101 + i}`,
}));

let lab: Lab;
let router: OurRouter;
let bird: Bird;

beforeAll(async () => {
  await buildPrograms('decision');
  lab = await startLab(['router', 'bird', 'peers']);
  for (const { address } of PEERS)
    await lab.host('peers').must('ip', 'addr', 'add', `${address}/24`, 'dev', 'eth0');
  router = await startOurRouter(lab, lab.host('router'), {
    node: { name: 'tokyo', asn: ASN, routerId: '10.99.0.100', listen: { port: 51820 } },
    // BIRD's defaults.
    bgp: { listen: { host: '0.0.0.0', port: PORT }, decision: { preferOlder: false } },
    peerings: PEERS.map(({ asn, address }, i) => ({
      name: `peer${i}`,
      transport: 'host',
      asn,
      address,
      passive: true,
      families: ['ipv4'],
      policy: 'accept-all',
    })),
  });
  const birdHost = lab.host('bird');
  bird = await startBird(
    lab,
    birdHost,
    `log stderr { fatal, bug };
router id 10.99.0.100;
protocol device {}
${PEERS.map(
  ({ asn, address }, i) => `protocol bgp peer${i} {
  local ${birdHost.ipv4} port ${PORT} as ${ASN};
  neighbor ${address} as ${asn};
  passive on; deterministic med on; error wait time 1, 1; hold time 240; direct;
  ipv4 { import all; export all; };
}`,
).join('\n')}
`,
  );
});
afterAll(async () => {
  await bird?.stop();
  await router?.daemon.stop();
  await lab?.stop();
});

test('both choose the same path for every prefix, round after round', async () => {
  const options: DecisionOptions = {
    seed: SEED,
    rounds: ROUNDS,
    changesPerRound: 250,
    prefixes: 300,
    routers: [
      { host: lab.host('bird').ipv4, port: PORT },
      { host: lab.host('router').ipv4, port: PORT },
    ],
    peers: PEERS,
    routersAsn: ASN,
  };
  const program = new Daemon(
    'peers',
    ...lab.host('peers').inside(...programLine('decision', options)),
  );
  const [, text = ''] = await program.printed(/RESULT (.*)/, 120_000);
  const result = JSON.parse(text) as DecisionResult;
  expect(result.differences, `seed ${SEED}; prefix: BIRD | rootless42`).toEqual([]);
  expect(result.compared).toBeGreaterThan(ROUNDS * 200);
  // Everything was withdrawn at the end, and nothing stuck.
  const { tables } = await router.snapshot();
  expect(tables.ipv4).toEqual({ prefixes: 0, paths: 0 });
});
