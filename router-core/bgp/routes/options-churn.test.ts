/** Options that change in a storm of routes: in the end everybody was told what the options in force say. */
import { expect, test } from 'vitest';
import { type Random, seededRandom } from '../../base/random.ts';
import type { Asn } from '../../base/units.ts';
import type { RouteOptions } from './route-options.ts';
import { LAB_ASN, Lab, type LabNeighbor } from './testing/lab.ts';

const PREFIXES = [
  ...Array.from({ length: 12 }, (_, i) => `172.20.${i}.0/24`),
  ...Array.from({ length: 6 }, (_, i) => `fd42:${i + 1}::/48`),
  '0.0.0.0/0',
  '::/0',
];
const LOCAL = 4242420099 as Asn;

for (const seed of [1, 2, 3]) {
  test(`what was told agrees with the options, and every count with the table (seed ${seed})`, () => {
    const random = seededRandom(seed);
    const lab = new Lab();
    const neighbors = Array.from({ length: 5 }, (_, i) =>
      lab.add({
        asn: i === 0 ? 3333 : 4242420001 + i,
        session: {
          ...(i === 1 ? { localAsn: LOCAL } : {}),
          ...(i === 4 ? { addPath: { receive: [], send: ['ipv4', 'ipv6'] } } : {}),
          fourOctetAs: i !== 2,
        },
      }),
    );
    const isUp = new Map(neighbors.map((neighbor) => [neighbor, true]));
    for (let round = 0; round < 300; round++) {
      step(lab, random, neighbors, isUp);
      if (random.below(3) === 0) lab.settle(random.below(40));
      if (random.below(40) === 0) expect(lab.routes.audit()).toEqual([]);
    }
    for (const neighbor of neighbors) if (isUp.get(neighbor) !== true) lab.establish(neighbor);
    lab.settle(1000);
    expect(lab.routes.audit()).toEqual([]);
    for (const neighbor of neighbors) {
      const { routes } = lab.routes.routesOf(neighbor.id, 'sent', 0, 100);
      const sent = routes.map(({ prefix, pathId, attributes }) => [
        pathId === null ? prefix : `${prefix}#${pathId}`,
        attributes.asPathText,
      ]);
      expect([...neighbor.table].sort()).toEqual(sent.sort());
    }
    for (const neighbor of neighbors) lab.end(neighbor);
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
  const some = (): string[] => PREFIXES.filter(() => random.below(6) === 0);
  const kind = random.below(12);
  if (kind === 0) {
    if (isUp.get(neighbor) === true) lab.end(neighbor);
    else lab.establish(neighbor);
    isUp.set(neighbor, isUp.get(neighbor) !== true);
  } else if (kind < 4) {
    const options = { ipv4: anyOptions(random), ipv6: anyOptions(random) };
    lab.routes.updateNeighbor(neighbor.id, { options }, lab.now);
  } else if (kind < 6) {
    lab.withdraw(neighbor, some());
  } else {
    const asns = neighbor.session.fourOctetAs ? [LAB_ASN, LOCAL, 3333, 7, 4242420004] : [3333, 7];
    const path = Array.from(
      { length: random.below(3) },
      () => asns[random.below(asns.length)] ?? 7,
    );
    lab.announce(neighbor, { prefixes: some(), path, nextHop: 'fd42:9::9' });
  }
}

function anyOptions(random: Random): Partial<RouteOptions> {
  const maybe = <Key extends keyof RouteOptions>(
    key: Key,
    value: RouteOptions[Key],
  ): Partial<RouteOptions> => (random.below(3) === 0 ? { [key]: value } : {});
  return {
    ...maybe('allowasIn', random.below(3)),
    ...maybe('enforceFirstAs', false),
    ...maybe('prependsLocalAs', true),
    ...maybe('showsAs', LAB_ASN),
    ...maybe('asOverride', true),
    ...maybe('removePrivateAs', random.below(2) === 0 ? 'all' : 'if-all-private'),
    ...maybe('nextHopKeep', true),
    ...maybe('defaultOriginate', true),
    ...maybe('importTable', false),
    ...maybe('prefixLimit', {
      ...(random.below(2) === 0 ? { received: 1 + random.below(8) } : {}),
      accepted: 1 + random.below(8),
      action: random.below(2) === 0 ? 'block' : 'warn',
      warnAtPercent: 80,
    }),
  };
}
