import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lab, type LabNeighbor } from '../routes/testing/lab.ts';
import type { Announcement } from '../routes/testing/updates.ts';

const P = '172.20.0.0/24';

type Candidate = {
  asn: number;
  isInternal: boolean;
  routerId: number;
  path: number[];
  origin: number;
  med: number | undefined;
  localPref: number | undefined;
  isShutdown: boolean;
};

const candidate: fc.Arbitrary<Candidate> = fc.record({
  asn: fc.constantFrom(4242420001, 4242420002, 4242420003),
  isInternal: fc.boolean(),
  routerId: fc.constantFrom(1, 2, 3),
  path: fc.array(fc.constantFrom(11, 12), { maxLength: 2 }),
  origin: fc.constantFrom(0, 0, 2),
  med: fc.constantFrom(undefined, 0, 5, 9),
  localPref: fc.constantFrom(undefined, 100, 200),
  isShutdown: fc.boolean(),
});

test('the best path does not depend on the order of arrival and agrees with the table of steps', () => {
  fc.assert(
    fc.property(
      fc.array(candidate, { minLength: 1, maxLength: 6 }),
      fc.infiniteStream(fc.nat()),
      (candidates, noise) => {
        const order = candidates
          .map((_, i) => ({ i, key: noise.next().value as number }))
          .sort((x, y) => x.key - y.key)
          .map(({ i }) => i);
        const expected = oracle(candidates);
        for (const arrival of [order, order.toReversed()]) {
          const lab = new Lab({ decision: { preferOlder: false } });
          const neighbors = candidates.map((each) =>
            lab.add({
              asn: each.isInternal ? 4242426000 : each.asn,
              session: { isInternal: each.isInternal, peerRouterId: each.routerId },
            }),
          );
          for (const i of arrival)
            say(lab, neighbors[i] as LabNeighbor, candidates[i] as Candidate);
          lab.settle();
          expect(lab.best(P)).toBe(`peer-${expected + 1}`);
          expect(lab.routes.audit()).toEqual([]);
        }
      },
    ),
    { numRuns: 300 },
  );
});

function say(lab: Lab, neighbor: LabNeighbor, each: Candidate): void {
  const what: Announcement = {
    prefixes: [P],
    path: each.isInternal ? [each.asn, ...each.path] : each.path,
    origin: each.origin,
    communities: each.isShutdown ? ['65535:0'] : [],
    ...(each.med === undefined ? {} : { med: each.med }),
    ...(each.isInternal && each.localPref !== undefined ? { localPref: each.localPref } : {}),
  };
  lab.announce(neighbor, what);
}

/** The table of BGP specification §5, read plainly: groups by neighbor AS first, then the winners. */
function oracle(candidates: readonly Candidate[]): number {
  const localPref = (c: Candidate): number =>
    (c.isInternal ? c.localPref : undefined) ?? (c.isShutdown ? 0 : 100);
  const keys = (c: Candidate, i: number, useMed: boolean): number[] => [
    -localPref(c),
    c.path.length + 1,
    c.origin,
    useMed ? (c.med ?? 0) : 0,
    c.isInternal ? 1 : 0,
    c.routerId,
    i,
  ];
  const bestOf = (indices: readonly number[], useMed: boolean): number =>
    indices.toSorted((x, y) => {
      const a = keys(candidates[x] as Candidate, x, useMed);
      const b = keys(candidates[y] as Candidate, y, useMed);
      const place = a.findIndex((value, k) => value !== b[k]);
      return place === -1 ? 0 : (a[place] as number) - (b[place] as number);
    })[0] as number;
  const groups = new Map<number, number[]>();
  for (const [i, each] of candidates.entries()) {
    groups.set(each.asn, [...(groups.get(each.asn) ?? []), i]);
  }
  return bestOf(
    [...groups.values()].map((indices) => bestOf(indices, true)),
    false,
  );
}
