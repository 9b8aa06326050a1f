/** Several paths that carry packets together (BGP specification §5 "Multipath"). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DISCARD, interfaceId } from '../../base/units.ts';
import { LAB_ASN, Lab, type LabNeighbor } from './testing/lab.ts';
import { prefix } from './testing/updates.ts';

const P = '172.20.0.0/24';
/** `preferOlder` off: the order of arrival says nothing. */
const OPTIONS = { preferOlder: false, maxPaths: 16, multipathRelax: true } as const;

/** By which interfaces packets to a prefix leave: names of the lab's neighbors. */
function waysTo(lab: Lab, text = P): string[] {
  const out = lab.fib.get(text);
  if (out === undefined) return [];
  const members = out > DISCARD ? (lab.sets.get(out)?.members ?? []) : [out];
  return members.map((member) => `peer-${member}`);
}

const marked = (lab: Lab): [string, boolean, boolean][] =>
  lab.routes
    .lookup({ prefix: prefix(P), mode: 'exact' }, 20)
    .map(({ from, isBest, isMultipath }) => [from, isBest, isMultipath]);

test('off by default: the best path carries packets alone', () => {
  const lab = new Lab();
  const [a, b] = [lab.add(), lab.add()];
  for (const each of [a, b]) lab.announce(each, { prefixes: [P] });
  lab.settle();
  expect(waysTo(lab)).toEqual(['peer-1']);
  expect(marked(lab)).toEqual([
    ['peer-1', true, false],
    ['peer-2', false, false],
  ]);
});

test('paths equal down to step 11 carry packets together, and only the best is announced', () => {
  const lab = new Lab({ decision: OPTIONS });
  const [a, b, longer] = [lab.add(), lab.add(), lab.add()];
  const c = lab.add();
  for (const each of [b, a]) lab.announce(each, { prefixes: [P], path: [7] });
  lab.announce(longer, { prefixes: [P], path: [7, 8] });
  lab.settle();
  expect(waysTo(lab)).toEqual(['peer-1', 'peer-2']);
  expect(marked(lab)).toEqual([
    ['peer-1', true, true],
    ['peer-2', false, true],
    ['peer-3', false, false],
  ]);
  expect(c.table.get(P)).toBe(`${LAB_ASN} ${a.asn} 7`);
  // A change in the set that leaves the best path touches the forwarding table and no neighbor.
  for (const each of [a, b, c]) lab.take(each);
  lab.withdraw(b, [P]);
  lab.settle();
  expect(waysTo(lab)).toEqual(['peer-1']);
  lab.announce(b, { prefixes: [P], path: [9] });
  lab.settle();
  expect(waysTo(lab)).toEqual(['peer-1', 'peer-2']);
  expect([a, b, c].map((each) => lab.take(each))).toEqual([[], [], []]);
  // The session of a member ends: what is left carries on.
  lab.end(a);
  lab.settle();
  expect(waysTo(lab)).toEqual(['peer-2']);
  lab.end(b);
  lab.end(longer);
  lab.settle();
  expect([waysTo(lab), lab.sets.size]).toEqual([[], 0]);
  expect(lab.routes.audit()).toEqual([]);
});

test('without relax the ASes of the path are the same, not only as many', () => {
  const lab = new Lab({ decision: { preferOlder: false, maxPaths: 4 } });
  const asn = 4242420099;
  const [a, twin, other] = [lab.add({ asn }), lab.add({ asn }), lab.add()];
  for (const each of [a, twin, other]) lab.announce(each, { prefixes: [P], path: [7] });
  lab.settle();
  expect(waysTo(lab)).toEqual(['peer-1', 'peer-2']);
  lab.announce(twin, { prefixes: [P], path: [8] });
  lab.settle();
  expect(waysTo(lab)).toEqual(['peer-1']);
});

test.each<[string, object, object]>([
  ['local preference', { communities: ['65535:0'] }, {}],
  ['AS path length', { path: [1] }, {}],
  ['origin', { origin: 2 }, {}],
  ['MED', { med: 5 }, { asn: 4242420001 }],
])('a path that loses by %s does not join', (_step, announcement, wish) => {
  const lab = new Lab({ decision: OPTIONS });
  const [a, b] = [lab.add({ asn: 4242420001 }), lab.add(wish)];
  lab.announce(a, { prefixes: [P] });
  lab.announce(b, { prefixes: [P], ...announcement });
  lab.settle();
  expect(waysTo(lab)).toEqual(['peer-1']);
});

test('an internal path does not join external ones, nor one that a twin of its AS beat by MED', () => {
  const lab = new Lab({ decision: OPTIONS });
  const asn = 4242420099;
  const a = lab.add();
  const [low, high] = [lab.add({ asn }), lab.add({ asn })];
  const internal = lab.add({ asn: LAB_ASN, session: { isInternal: true } });
  lab.announce(a, { prefixes: [P] });
  lab.announce(low, { prefixes: [P], med: 1 });
  lab.announce(high, { prefixes: [P], med: 9 });
  lab.announce(internal, { prefixes: [P], path: [4242420077], localPref: 100 });
  lab.settle();
  const [best] = marked(lab).filter(([, isBest]) => isBest);
  expect(best?.[0]).not.toBe('peer-3');
  expect(waysTo(lab)).toEqual(['peer-1', 'peer-2']);
});

test('as many next hops as the limit says, one for each interface, and a change of it counts at once', () => {
  const lab = new Lab({ decision: { ...OPTIONS, maxPaths: 3 } });
  const peers = [1, 2, 3, 4, 5].map(() => lab.add());
  for (const each of peers) lab.announce(each, { prefixes: [P] });
  lab.settle();
  expect(waysTo(lab)).toEqual(['peer-1', 'peer-2', 'peer-3']);
  lab.routes.setDecision({ ...OPTIONS, maxPaths: 5 }, lab.now);
  lab.settle();
  expect(waysTo(lab)).toHaveLength(5);
  // A second session by the same tunnel is no other next hop.
  lab.routes.updateNeighbor((peers[1] as LabNeighbor).id, { interface: interfaceId(1) }, lab.now);
  lab.settle();
  expect(waysTo(lab)).toEqual(['peer-1', 'peer-3', 'peer-4', 'peer-5']);
  lab.routes.setDecision({}, lab.now);
  lab.settle();
  expect([waysTo(lab), lab.sets.size]).toEqual([['peer-1'], 0]);
});

test('where there is no room for another set the best path carries packets alone', () => {
  const lab = new Lab({ decision: OPTIONS });
  lab.setsMax = 0;
  for (const each of [lab.add(), lab.add()]) lab.announce(each, { prefixes: [P] });
  lab.settle();
  expect(waysTo(lab)).toEqual(['peer-1']);
});

const PREFIXES = ['172.20.0.0/24', '172.20.1.0/24', 'fd42:1::/48'];
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('announce' as const),
      source: fc.integer({ min: 0, max: 4 }),
      prefixes: fc.subarray(PREFIXES, { minLength: 1 }),
      length: fc.integer({ min: 0, max: 1 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('withdraw' as const),
      source: fc.integer({ min: 0, max: 4 }),
      prefixes: fc.subarray(PREFIXES, { minLength: 1 }),
    }),
  },
  fc.record({ kind: fc.constant('reset' as const), source: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ kind: fc.constant('limit' as const), maxPaths: fc.constantFrom(1, 2, 16) }),
  { weight: 2, arbitrary: fc.constant({ kind: 'settle' as const }) },
);

test('whatever happens, packets leave by the equally good paths, and every set has its users', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 50 }), (steps) => {
      const lab = new Lab({ decision: OPTIONS });
      const peers = [1, 2, 3, 4, 5].map(() => lab.add());
      const told = new Map(PREFIXES.map((text) => [text, new Map<number, number>()]));
      let limit: number = OPTIONS.maxPaths;
      const check = (): void => {
        lab.settle();
        for (const [text, paths] of told) {
          const shortest = Math.min(...paths.values());
          const equal = [...paths].filter(([, length]) => length === shortest).map(([n]) => n);
          const ways = equal.toSorted((x, y) => x - y).slice(0, limit);
          expect(waysTo(lab, text)).toEqual(ways.map((n) => `peer-${n + 1}`));
        }
        const used = [...lab.fib.values()].filter((out) => out > DISCARD);
        const users = [...lab.sets.values()].reduce((sum, set) => sum + set.users, 0);
        expect([users, lab.sets.size]).toEqual([used.length, new Set(used).size]);
        expect(lab.routes.audit()).toEqual([]);
      };
      for (const each of steps) {
        if (each.kind === 'settle') check();
        else if (each.kind === 'limit') {
          limit = each.maxPaths;
          lab.routes.setDecision({ ...OPTIONS, maxPaths: limit }, lab.now);
        } else {
          const from = peers[each.source] as LabNeighbor;
          if (each.kind === 'announce') {
            lab.announce(from, { prefixes: each.prefixes, path: Array(each.length).fill(7) });
            for (const text of each.prefixes) told.get(text)?.set(each.source, each.length);
          } else {
            const gone = each.kind === 'withdraw' ? each.prefixes : PREFIXES;
            if (each.kind === 'withdraw') lab.withdraw(from, gone);
            else {
              lab.end(from);
              lab.establish(from);
            }
            for (const text of gone) told.get(text)?.delete(each.source);
          }
        }
      }
      check();
    }),
    { numRuns: 60 },
  );
});
