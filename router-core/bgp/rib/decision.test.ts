import { expect, test } from 'vitest';
import { Lab, type LabNeighbor, type NeighborWish } from '../routes/testing/lab.ts';
import { type Announcement, ip } from '../routes/testing/updates.ts';
import type { DecisionOptions } from './decision.ts';

const P = '172.20.0.0/24';

type Side = { wish?: NeighborWish; says: Omit<Announcement, 'prefixes'>; after?: number };
type Vector = {
  step: number;
  title: string;
  winner: Side;
  loser: Side;
  options?: Partial<DecisionOptions>;
};

const internal = { asn: 4242426000, session: { isInternal: true } };
const vectors: Vector[] = [
  {
    step: 3,
    title: 'higher LOCAL_PREF, before the path length',
    winner: { wish: internal, says: { localPref: 200, path: [1, 2, 3, 4] } },
    loser: { wish: internal, says: { localPref: 150, path: [1] } },
  },
  {
    step: 3,
    title: 'an absent LOCAL_PREF is 100',
    winner: { wish: internal, says: { path: [1, 2] } },
    loser: { wish: internal, says: { localPref: 99, path: [1] } },
  },
  {
    step: 3,
    title: 'GRACEFUL_SHUTDOWN makes it 0 (RFC 8326)',
    winner: { says: { path: [1, 2, 3] } },
    loser: { says: { communities: ['65535:0'] } },
  },
  {
    step: 6,
    title: 'shorter path',
    winner: { says: { path: [1] } },
    loser: { says: { path: [1, 2] } },
  },
  {
    step: 6,
    title: 'an AS_SET counts one',
    winner: { says: { path: [], set: [7, 8, 9] } },
    loser: { says: { path: [7, 8] } },
  },
  {
    step: 7,
    title: 'lower ORIGIN',
    winner: { says: { origin: 0, med: 50 } },
    loser: { says: { origin: 1, med: 10 } },
  },
  {
    step: 7,
    title: 'EGP before incomplete',
    winner: { says: { origin: 1 } },
    loser: { says: { origin: 2 } },
  },
  {
    step: 8,
    title: 'lower MED from the same neighbor AS',
    winner: { wish: { asn: 4242420099 }, says: { med: 10 } },
    loser: { wish: { asn: 4242420099 }, says: { med: 20 } },
  },
  {
    step: 8,
    title: 'an absent MED is 0',
    winner: { wish: { asn: 4242420099 }, says: {} },
    loser: { wish: { asn: 4242420099 }, says: { med: 1 } },
  },
  {
    step: 8,
    title: 'an absent MED is the worst, by option',
    options: { missingMedWorst: true },
    winner: { wish: { asn: 4242420099 }, says: { med: 4294967295 } },
    loser: { wish: { asn: 4242420099 }, says: {} },
  },
  {
    step: 8,
    title: 'MED of different neighbor ASes, by option',
    options: { alwaysCompareMed: true },
    winner: { says: { med: 10 }, after: 50 },
    loser: { says: { med: 20 } },
  },
  {
    step: 9,
    title: 'external over internal',
    winner: { says: { path: [] }, after: 50 },
    loser: { wish: internal, says: { path: [4242420001] } },
  },
  {
    step: 12,
    title: 'the older of two external routes',
    winner: { wish: { session: { peerRouterId: 9 } }, says: {} },
    loser: { wish: { session: { peerRouterId: 1 } }, says: {}, after: 50 },
  },
  {
    step: 12,
    title: 'MED of different neighbor ASes is not compared',
    winner: { says: { med: 20 } },
    loser: { says: { med: 10 }, after: 50 },
  },
  {
    step: 13,
    title: 'the lower BGP identifier, without prefer-older',
    options: { preferOlder: false },
    winner: { wish: { session: { peerRouterId: 1 } }, says: {}, after: 50 },
    loser: { wish: { session: { peerRouterId: 0xff000000 } }, says: {} },
  },
  {
    step: 13,
    title: 'age does not count between internal routes',
    winner: {
      wish: { ...internal, session: { isInternal: true, peerRouterId: 1 } },
      says: {},
      after: 50,
    },
    loser: { wish: { ...internal, session: { isInternal: true, peerRouterId: 2 } }, says: {} },
  },
  {
    step: 13,
    title: 'ORIGINATOR_ID stands for the identifier (RFC 4456 §9)',
    winner: {
      wish: { ...internal, session: { isInternal: true, peerRouterId: 9 } },
      says: { extra: '80090400000001' },
    },
    loser: { wish: { ...internal, session: { isInternal: true, peerRouterId: 2 } }, says: {} },
  },
  {
    step: 14,
    title: 'the shorter CLUSTER_LIST',
    winner: {
      wish: { ...internal, session: { isInternal: true, peerRouterId: 5 } },
      says: { extra: '800904000000 05 800a0400000007' },
    },
    loser: {
      wish: { ...internal, session: { isInternal: true, peerRouterId: 5 } },
      says: { extra: '80090400000005 800a080000000700000008' },
    },
  },
  {
    step: 15,
    title: 'the lower address',
    winner: { wish: { session: { peerRouterId: 5 }, remoteAddress: ip('fe80::9') }, says: {} },
    loser: { wish: { session: { peerRouterId: 5 }, remoteAddress: ip('fe80::a') }, says: {} },
  },
];

for (const vector of vectors) {
  for (const isLoserFirst of [false, true]) {
    test(`step ${vector.step}: ${vector.title}${isLoserFirst ? ', whoever is heard first' : ''}`, () => {
      const lab = new Lab(vector.options === undefined ? {} : { decision: vector.options });
      const sides = isLoserFirst ? [vector.loser, vector.winner] : [vector.winner, vector.loser];
      const neighbors = new Map<Side, LabNeighbor>();
      // Neighbors are numbered in the same order, so that the last tie-break does not decide.
      for (const side of [vector.winner, vector.loser]) neighbors.set(side, lab.add(side.wish));
      const start = lab.now;
      for (const side of sides.toSorted((x, y) => (x.after ?? 0) - (y.after ?? 0))) {
        lab.settle((start as number) + (side.after ?? 0) - (lab.now as number));
        lab.announce(neighbors.get(side) as LabNeighbor, { ...side.says, prefixes: [P] });
      }
      lab.settle();

      const [best, other] = lab.routes.lookup({ address: ip('172.20.0.1'), mode: 'longest' }, 9);
      expect(best?.from).toBe(neighbors.get(vector.winner)?.config.name);
      expect([best?.why?.step, other?.why?.step]).toEqual([vector.step, vector.step]);
      expect(best?.why?.name).not.toBe('');
    });
  }
}

test('step 0: a prefix of our own wins over anything', () => {
  const lab = new Lab();
  const upstream = lab.add(internal);
  lab.announce(upstream, { prefixes: [P], localPref: 4294967295 });
  lab.settle();
  expect(lab.fib.get(P)).toBe(1);

  lab.routes.setOwnPrefixes([{ family: 4, bytes: ip('172.20.0.0').bytes, length: 24 }], lab.now);
  lab.settle();
  const [best] = lab.routes.lookup({ address: ip('172.20.0.1'), mode: 'longest' }, 9);
  expect(best).toMatchObject({ from: 'own', why: { step: 0 }, isBest: true });
  expect(lab.fib.has(P)).toBe(false);
});

test('without deterministic MED the order of arrival may decide; with it, it never does', () => {
  // The classic triangle: a beats b by MED, b beats c and c beats a by identifier.
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  const winners = orders.map((order) => {
    const lab = new Lab({ decision: { preferOlder: false } });
    const asns = [4242420091, 4242420091, 4242420092];
    const routerIds = [30, 10, 20];
    const meds = [1, 2, 0];
    const neighbors = asns.map((asn, i) =>
      lab.add({ asn, session: { peerRouterId: routerIds[i] as number } }),
    );
    for (const i of order) {
      lab.announce(neighbors[i] as LabNeighbor, { prefixes: [P], med: meds[i] as number });
      lab.settle();
    }
    return lab.best(P);
  });
  expect(new Set(winners)).toEqual(new Set(['peer-3']));
});
