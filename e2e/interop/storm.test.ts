/**
 * Fifty sessions with BIRD 2 at once: both sides dial in the same moment, and all return after a crash of ours.
 *
 *   router 10.42.0.151 … ══ the machine's TCP ══ BIRD 10.42.0.101 …, one protocol per pair of addresses
 *
 * Half of the protocols have a lower identifier than we, half a higher one. Without graceful restart: BIRD
 * would take our lost connection, found in its backlog when its own is up, for a restart of ours (RFC 4724
 * §4.2).
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PeeringView, Snapshot } from '../../router-core/index.ts';
import { type Bird, startBird } from '../lab/daemons.ts';
import { type Lab, startLab } from '../lab/network.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { NODE } from './pair.ts';
import { pause } from './visitor-place.ts';

const COUNT = 50;
/** A hundred simultaneous opens. */
const ROUNDS = 2;
const PORT = 1790;
const PEERS = Array.from({ length: COUNT }, (_, i) => ({
  name: `peer${i}`,
  asn: 4242427001 + i,
  address: `10.42.0.${101 + i}`,
  ours: `10.42.0.${151 + i}`,
  // Ours is 172.21.128.1.
  routerId: `172.${i % 2 === 0 ? 20 : 22}.0.${i + 1}`,
  prefix: `10.200.${i}.0/24`,
}));

let lab: Lab;
let router: OurRouter;
let bird: Bird;

const start = (): Promise<OurRouter> =>
  startOurRouter(lab, lab.host('router'), {
    node: NODE,
    bgp: { listen: { host: '0.0.0.0', port: PORT } },
    peerings: PEERS.map(({ name, asn, address }) => ({
      name,
      transport: 'host',
      asn,
      address,
      families: ['ipv4'],
      policy: 'accept-all',
    })),
  });

beforeAll(async () => {
  lab = await startLab(['router', 'bird']);
  await lab.host('bird').ip(...PEERS.map(({ address }) => `addr add ${address}/24 dev eth0`));
  await lab
    .host('router')
    .ip(
      ...PEERS.flatMap(({ address, ours }) => [
        `addr add ${ours}/24 dev eth0`,
        `route add ${address} dev eth0 src ${ours}`,
      ]),
    );
  bird = await startBird(
    lab,
    lab.host('bird'),
    `log stderr all;
router id 172.20.0.1;
protocol device {}
protocol static own4 { ${PEERS.map(({ prefix }) => `route ${prefix} reject;`).join(' ')} ipv4; }
${PEERS.map(
  ({ name, asn, address, ours, routerId, prefix }) => `protocol bgp ${name} {
  router id ${routerId};
  local ${address} as ${asn}; strict bind on;
  neighbor ${ours} port ${PORT} as ${NODE.asn};
  connect delay time 1; connect retry time 2; error wait time 1, 1; graceful restart off;
  ipv4 { import all; export where net = ${prefix}; };
}`,
).join('\n')}
`,
  );
  router = await start();
  await router.reaches('fifty sessions', areAllUp, 15_000);
});

afterAll(async () => {
  await bird?.stop();
  await router?.daemon.stop();
  await lab?.stop();
});

test('simultaneous opens end in one session each, whoever has the lower identifier, and none flaps (T4)', async () => {
  for (let round = 1; round <= ROUNDS; round++) {
    await bird.ask('restart', 'all');
    // BIRD listens again and dials 0.75 to 1 s after it began. It is held before, until all our connections
    // wait in its backlog with our OPEN: when it goes on, it dials as well.
    await pause(400);
    bird.signal('SIGSTOP');
    await router.reaches('fifty OPENs sent', ({ peerings }) => peerings.every(isOpening), 15_000);
    bird.signal('SIGCONT');
    const up = await router.reaches('fifty sessions', areAllUp, 15_000);
    await pause(1500);
    const later = await router.snapshot();
    // A calendar time made of a monotonic one: some milliseconds differ, a new session by much more.
    for (const [i, peering] of later.peerings.entries())
      expect(Math.abs(sinceOf(peering) - sinceOf(up.peerings[i]))).toBeLessThan(200);
    expect(later.peerings.map(downsOf)).toEqual(PEERS.map(() => round));
  }
  const collisions = bird.output.match(/collision/gi)?.length ?? 0;
  expect(collisions).toBeGreaterThan(COUNT);
  console.log(`${ROUNDS * COUNT} simultaneous opens, BIRD tells of ${collisions} collisions`);
}, 120_000);

test('after kill -9 of ours all fifty are up within 10 s, each with its own neighbor (T8)', async () => {
  await router.daemon.stop('SIGKILL');
  router = await start();
  const startedAt = Date.now();
  const { peerings } = await router.reaches('fifty sessions', areAllUp, 15_000);
  console.log(`fifty sessions after ${Date.now() - startedAt} ms`);
  expect(Date.now() - startedAt).toBeLessThan(10_000);
  for (const { name, address, routerId } of PEERS) {
    const session = peerings.find((peering) => peering.name === name)?.sessions[0];
    expect(session).toMatchObject({ remoteAddress: address, routerId, accepted: 1 });
  }
  const routes = await router.cli('lg', 'route', PEERS[7]?.prefix ?? '');
  expect(routes).toContain(`${PEERS[7]?.asn}`);
});

const isUp = ({ sessions: [session] }: PeeringView): boolean =>
  session?.state === 'established' && session.accepted === 1;
const areAllUp = ({ peerings }: Snapshot): boolean =>
  peerings.length === COUNT && peerings.every(isUp);
const isOpening = ({ sessions: [session] }: PeeringView): boolean => session?.state === 'opensent';
const sinceOf = (peering: PeeringView | undefined): number =>
  Date.parse(peering?.sessions[0]?.since ?? '');
const downsOf = ({ transitions }: PeeringView): number =>
  transitions.filter(({ step }) => step === 'down').length;
