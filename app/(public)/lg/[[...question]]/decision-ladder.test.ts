import { expect, test } from 'vitest';
import type { RoutePath } from '../../../_queries/view-models.ts';
import { buildLadder } from './decision-ladder.ts';

test('the ladder ends at the step that decided', () => {
  const rungs = buildLadder(
    path({ decidedBy: 'as-path-length' }),
    path({ asPath: [1, 2, 3].map((asn) => ({ asn, name: null })) }),
  );
  expect(rungs).toEqual([
    { step: 'local-pref', outcome: 'equal', best: '100', other: '100' },
    { step: 'as-path-length', outcome: 'decided', best: '1', other: '3' },
  ]);
});

test('MED of different neighbors is not compared (RFC 4271 §9.1.2.2)', () => {
  const best = path({ decidedBy: 'learnt-by', med: 50 });
  const other = path({ asPath: [{ asn: 9, name: null }], learntBy: 'ibgp' });
  expect(buildLadder(best, other)).toMatchObject([
    { step: 'local-pref' },
    { step: 'as-path-length' },
    { step: 'origin' },
    { step: 'med', outcome: 'not-compared' },
    { step: 'learnt-by', outcome: 'decided', best: 'eBGP', other: 'iBGP' },
  ]);
});

test('ages are told apart by the day, and by the time where that is the same', () => {
  const ages = (since: string, other: string) =>
    buildLadder(path({ decidedBy: 'age', since }), path({ since: other })).at(-1);
  expect(ages('2026-11-21T00:00:00.000Z', '2026-11-22T00:00:00.000Z')).toMatchObject({
    best: '2026-11-21',
    other: '2026-11-22',
  });
  expect(ages('2026-11-21T08:01:02.000Z', '2026-11-21T08:01:05.000Z')).toMatchObject({
    best: '08:01:02Z',
    other: '08:01:05Z',
  });
});

test('our own route, or a step we do not know, has no ladder', () => {
  expect(buildLadder(path({ decidedBy: 'own' }), path({}))).toEqual([]);
  expect(buildLadder(path({ decidedBy: null }), path({}))).toEqual([]);
});

const path = (change: Partial<RoutePath>): RoutePath => ({
  prefix: '172.21.142.0/27',
  neighbor: 'cinder',
  pathId: null,
  from: 'fe80::6003',
  learntBy: 'ebgp',
  asPath: [{ asn: 4242426003, name: 'cinder' }],
  origin: 'IGP',
  localPref: 100,
  med: null,
  nextHop: 'fe80::6003',
  communities: [],
  since: '2026-11-21T00:00:00.000Z',
  isBest: false,
  isMultipath: false,
  isBlackhole: false,
  decidedBy: null,
  compared: null,
  roa: 'valid',
  rejected: null,
  ...change,
});
