/**
 * The same random feeds, withdrawals and flaps to BIRD 2 and to us: the same best paths.
 *
 *   eight peers of five ASes ──► BIRD and rootless42, both AS4242426000 ──► one sink each
 *
 * `npm run soak` does it on ten topologies with 5,000 prefixes. Both sides dial, so that connections collide
 * before every session of a peer.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Random, seededRandom } from '../../router-core/base/random.ts';
import { startBird } from '../lab/daemons.ts';
import type { DecisionOptions, DecisionResult } from '../lab/decision-main.ts';
import { type Lab, startLab } from '../lab/network.ts';
import { Daemon } from '../lab/process.ts';
import { buildPrograms, programLine } from '../lab/programs.ts';
import { startOurRouter } from '../lab/router.ts';

type Topology = {
  readonly name: string;
  readonly peers: DecisionOptions['peers'];
  readonly alwaysCompareMed: boolean;
  readonly missingMedWorst: boolean;
};

const PORT = 1790;
const ASN = 4242426000;
const ROUTER_ID = '10.99.0.100';
const SEED = Number(process.env.ROOTLESS42_SEED ?? Date.now() % 0x7fffffff);
const IS_SOAK = process.env.ROOTLESS42_SOAK !== undefined;
const SIZE = IS_SOAK
  ? { topologies: 10, prefixes: 5000, rounds: 20, changesPerRound: 5000 }
  : { topologies: 2, prefixes: 300, rounds: 12, changesPerRound: 250 };
const PEERS_MAX = 12;
const SINK_ASN = 64_799;
const TIMEOUT_MS = IS_SOAK ? 600_000 : 120_000;

const addressOf = (i: number): string => `10.42.0.${101 + i}`;

/**
 * Two of them share an AS each; router ids run against the addresses, two are equal, and some are higher
 * than the routers' own.
 */
const CHOSEN: Topology = {
  name: 'chosen by hand',
  peers: [
    [64_701, 209],
    [64_701, 7],
    [64_702, 208],
    [64_702, 3],
    [64_703, 206],
    [64_704, 3],
    [64_705, 4],
    [64_705, 202],
    [SINK_ASN, 1],
  ].map(([asn = 0, id], i) => ({ asn, routerId: `10.99.0.${id}`, address: addressOf(i) })),
  alwaysCompareMed: false,
  missingMedWorst: false,
};

/** Few ASes and few identifiers, so that paths tie at every step. */
function drawnTopology(random: Random, number: number): Topology {
  const count = 4 + random.below(PEERS_MAX - 4);
  const peers = Array.from({ length: count }, (_, i) => ({
    asn: 64_701 + random.below(count - 1),
    routerId: `10.99.0.${1 + random.below(9) + 200 * random.below(2)}`,
    address: addressOf(i),
  }));
  return {
    name: `drawn, ${number}`,
    peers: [...peers, { asn: SINK_ASN, routerId: '10.99.0.1', address: addressOf(count) }],
    alwaysCompareMed: random.below(2) === 0,
    missingMedWorst: random.below(2) === 0,
  };
}

const random = seededRandom(SEED);
const TOPOLOGIES: readonly Topology[] = [
  CHOSEN,
  ...Array.from({ length: SIZE.topologies - 1 }, (_, i) => drawnTopology(random, i + 1)),
];

let lab: Lab;

beforeAll(async () => {
  await buildPrograms('decision');
  lab = await startLab(['router', 'bird', 'peers']);
  for (let i = 0; i <= PEERS_MAX; i++)
    await lab.host('peers').must('ip', 'addr', 'add', `${addressOf(i)}/24`, 'dev', 'eth0');
});
afterAll(() => lab?.stop());

test.each(TOPOLOGIES)(
  `both choose the same path for every prefix, round after round [$name, seed ${SEED}]`,
  {
    timeout: TIMEOUT_MS,
  },
  async (topology) => {
    const router = await startOurs(topology);
    const bird = await startBird(lab, lab.host('bird'), birdConfig(topology));
    try {
      const options: DecisionOptions = {
        seed: SEED,
        ...SIZE,
        routers: [
          { host: lab.host('bird').ipv4, port: PORT },
          { host: lab.host('router').ipv4, port: PORT },
        ],
        listenPort: PORT,
        peers: topology.peers,
        routersAsn: ASN,
      };
      const program = new Daemon(
        'peers',
        ...lab.host('peers').inside(...programLine('decision', options)),
      );
      const [, text = ''] = await program.printed(/RESULT (.*)/, TIMEOUT_MS);
      const result = JSON.parse(text) as DecisionResult;
      expect(result.differences, `seed ${SEED}; prefix: BIRD | rootless42`).toEqual([]);
      expect(result.compared).toBeGreaterThan((SIZE.rounds * SIZE.prefixes) / 2);
      const { ours, theirs } = result.collisions;
      expect(ours + theirs, JSON.stringify(result)).toBeGreaterThan(topology.peers.length);
      // Everything was withdrawn at the end, and nothing stuck.
      const { tables } = await router.snapshot();
      expect(tables.ipv4).toEqual({ prefixes: 0, paths: 0 });
    } finally {
      await bird.stop();
      await router.daemon.stop();
    }
  },
);

const isSink = ({ asn }: Topology['peers'][number]): boolean => asn === SINK_ASN;

function startOurs({ peers, alwaysCompareMed, missingMedWorst }: Topology) {
  return startOurRouter(lab, lab.host('router'), {
    node: { name: 'tokyo', asn: ASN, routerId: ROUTER_ID, listen: { port: 51820 } },
    bgp: {
      listen: { host: '0.0.0.0', port: PORT },
      // BIRD's default.
      decision: { preferOlder: false, alwaysCompareMed, missingMedWorst },
    },
    peerings: peers.map((peer, i) => ({
      name: `peer${i}`,
      transport: 'host',
      asn: peer.asn,
      address: peer.address,
      port: PORT,
      passive: isSink(peer),
      families: ['ipv4'],
      connectRetryTime: 2,
      policy: 'accept-all',
    })),
  });
}

function birdConfig({ peers, alwaysCompareMed, missingMedWorst }: Topology): string {
  const med = `med metric ${alwaysCompareMed ? 'on' : 'off'}; default bgp_med ${missingMedWorst ? 4294967295 : 0};`;
  return `log stderr { fatal, bug };
router id ${ROUTER_ID};
protocol device {}
${peers
  .map(
    (peer, i) => `protocol bgp peer${i} {
  local ${lab.host('bird').ipv4} port ${PORT} as ${ASN};
  neighbor ${peer.address} port ${PORT} as ${peer.asn};
  passive ${isSink(peer) ? 'on' : 'off'}; connect delay time 1; connect retry time 2;
  deterministic med on; ${med}
  error wait time 1, 1; hold time 240; direct;
  ipv4 { import all; export all; };
}`,
  )
  .join('\n')}
`;
}
