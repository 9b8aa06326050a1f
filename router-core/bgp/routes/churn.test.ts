import { expect, test } from 'vitest';
import { toHex } from '../../base/bytes.ts';
import { type Random, seededRandom } from '../../base/random.ts';
import type { GracefulRestart } from '../types.ts';
import { GOLDEN_UPDATES } from '../update/testing/golden-updates.ts';
import { LAB_ASN, Lab, type LabNeighbor } from './testing/lab.ts';
import { hex, prefix } from './testing/updates.ts';

const PREFIXES = [
  ...Array.from({ length: 40 }, (_, i) => `172.2${i % 4}.${i}.0/24`),
  ...Array.from({ length: 20 }, (_, i) => `fd42:${i + 1}::/48`),
];

/** Short enough to run out while others come and go. */
const RESTARTS: GracefulRestart = {
  isRestarting: true,
  coversNotifications: true,
  restartTimeSeconds: 1,
  families: ['ipv4', 'ipv6'],
  forwarding: ['ipv4'],
};

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`after a storm everybody has what the table says, and every count agrees (seed ${seed})`, () => {
    const random = seededRandom(seed);
    const lab = new Lab({ outboxBytesMax: 700 });
    const neighbors = Array.from({ length: 6 }, (_, i) =>
      lab.add({
        ...(i === 5 ? { policy: 'peer-only' as const } : {}),
        ...(i === 4 ? { importLimit: 8 } : {}),
        session: {
          fourOctetAs: i !== 3,
          maxMessage: i === 2 ? 65535 : 4096,
          ...(i < 3 ? { gracefulRestart: RESTARTS } : {}),
        },
        asn: i === 3 ? 65003 : 4242420001 + i,
      }),
    );
    const isUp = new Map(neighbors.map((neighbor) => [neighbor, true]));
    for (let round = 0; round < 600; round++) {
      step(lab, random, neighbors, isUp);
      if (random.below(4) === 0) lab.settle(random.below(40));
      if (random.below(5) === 0) lab.routes.runPending(lab.now, random.below(30) + 1);
      if (random.below(60) === 0) expect(lab.routes.audit()).toEqual([]);
    }
    for (const neighbor of neighbors) {
      if (isUp.get(neighbor) !== true) lab.establish(neighbor);
      neighbor.room = Number.POSITIVE_INFINITY;
      lab.routes.writable(neighbor.id, lab.now);
    }
    lab.settle(1000);
    expect(lab.routes.audit()).toEqual([]);
    expectTablesToAgree(lab, neighbors);

    for (const neighbor of neighbors) lab.end(neighbor);
    lab.routes.setOwnPrefixes([], lab.now);
    lab.settle();
    expect([lab.routes.totals(), lab.fib.size]).toEqual([{ ipv4: 0, ipv6: 0 }, 0]);
    expect(lab.routes.audit()).toEqual([]);
  });
}

function step(
  lab: Lab,
  random: Random,
  neighbors: readonly LabNeighbor[],
  isUp: Map<LabNeighbor, boolean>,
): void {
  const neighbor = neighbors[random.below(neighbors.length)] as LabNeighbor;
  const some = (): string[] => PREFIXES.filter(() => random.below(8) === 0);
  const kind = random.below(20);
  if (kind === 0) {
    if (isUp.get(neighbor) === true) lab.end(neighbor, random.below(2) === 0);
    else lab.establish(neighbor);
    isUp.set(neighbor, isUp.get(neighbor) !== true);
  } else if (kind === 1) {
    neighbor.room = random.below(6);
  } else if (kind === 2) {
    neighbor.room = Number.POSITIVE_INFINITY;
    if (isUp.get(neighbor) === true) lab.routes.writable(neighbor.id, lab.now);
  } else if (kind === 3) {
    lab.routes.setOwnPrefixes(some().map(prefix), lab.now);
  } else if (kind === 4 && isUp.get(neighbor) === true) {
    const subtype = random.below(3) as 0 | 1 | 2;
    lab.routes.receiveRouteRefresh(
      neighbor.id,
      random.below(2) === 0 ? 'ipv4' : 'ipv6',
      subtype,
      lab.now,
    );
  } else if (kind === 5) {
    lab.routes.updateNeighbor(neighbor.id, { importLimit: 5 + random.below(60) }, lab.now);
  } else if (kind === 6) {
    // End-of-RIB, or an operator who gives a neighbor up that is away.
    if (isUp.get(neighbor) === true) lab.receive(neighbor, hex('00000000'));
    else lab.routes.forget(neighbor.id, lab.now);
  } else if (kind < 11) {
    lab.withdraw(neighbor, some());
  } else {
    const path = Array.from({ length: random.below(3) }, () => 4242420000 + random.below(8));
    lab.announce(neighbor, {
      prefixes: some(),
      path: neighbor.session.fourOctetAs ? path : path.map(() => 65100 + random.below(3)),
      origin: random.below(2),
      ...(random.below(3) === 0 ? { med: random.below(5) } : {}),
      communities: random.below(6) === 0 ? ['65535:65281'] : [`64511:${random.below(4)}`],
    });
  }
}

/** What each neighbor holds, against the table and the rules of export, read plainly. */
function expectTablesToAgree(lab: Lab, neighbors: readonly LabNeighbor[]): void {
  for (const neighbor of neighbors) {
    const expected = new Map<string, string>();
    for (const text of PREFIXES) {
      const best = lab.routes
        .lookup({ prefix: prefix(text), mode: 'exact' }, 1)
        .find((r) => r.isBest);
      if (best === undefined || best.neighbor === neighbor.id) continue;
      const { attributes } = best;
      if (neighbor.config.policy === 'peer-only' && best.neighbor !== null) continue;
      if (best.from === 'peer-6') continue;
      if (attributes.communities.includes('65535:65281')) continue;
      if (attributes.asPath.some(({ asns }) => asns.includes(neighbor.asn))) continue;
      expected.set(text, [LAB_ASN, attributes.asPathText].filter((part) => part !== '').join(' '));
    }
    expect([...neighbor.table].sort()).toEqual([...expected].sort());
    expect(lab.routes.counters(neighbor.id).sent).toBe(expected.size);
  }
  for (const text of PREFIXES) {
    const best = lab.routes
      .lookup({ prefix: prefix(text), mode: 'exact' }, 1)
      .find((r) => r.isBest);
    expect(lab.fib.get(text)).toBe(best?.interface ?? undefined);
  }
}

const SEED = Number(process.env.ROOTLESS42_SEED ?? 7);
/** A million in the soak. */
const MUTATED = 20_000 * Number(process.env.ROOTLESS42_SOAK ?? 1);

test(`${MUTATED} mutated golden messages never throw, and leave the counts right (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  const lab = new Lab();
  const neighbors = [
    lab.add({ asn: 4242420001 }),
    lab.add({ asn: 65001, session: { fourOctetAs: false } }),
    lab.add({ asn: LAB_ASN, session: { isInternal: true } }),
  ];
  lab.add();
  for (let round = 0; round < MUTATED; round++) {
    const golden = GOLDEN_UPDATES[random.below(GOLDEN_UPDATES.length)];
    const body = (golden?.bytes ?? new Uint8Array(23)).slice(19, 600);
    for (let i = random.below(4); i > 0; i--) body[random.below(body.length)] = random.below(256);
    const end = random.below(10) === 0 ? random.below(body.length) : body.length;
    const neighbor = neighbors[random.below(neighbors.length)] as LabNeighbor;
    try {
      lab.receive(neighbor, body.slice(0, end));
    } catch (cause) {
      throw new Error(`the body ${toHex(body.slice(0, end))} was not survived`, { cause });
    }
    if (round % 50 === 0) lab.settle(20);
  }
  lab.settle();
  expect(lab.routes.audit()).toEqual([]);
  for (const neighbor of neighbors) lab.end(neighbor);
  lab.settle();
  expect(lab.routes.totals()).toEqual({ ipv4: 0, ipv6: 0 });
  expect(lab.routes.audit()).toEqual([]);
});
