/** Rows of the router as pages and REST give them on: what a row says may not get lost on the way. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { QueryRow } from '../../router-core/index.ts';
import { startTestPortal, type TestPortal } from '../_services/testing/test-portal.ts';
import { askLookingGlass } from './looking-glass.ts';

let at: TestPortal;
beforeEach(async () => {
  at = await startTestPortal();
});
afterEach(() => at.end());

const ask = (query: 'route' | 'why', rows: readonly QueryRow[]) => {
  at.router.answerQueries(rows);
  return askLookingGlass(at.portal, '192.0.2.1', {
    node: 'tokyo',
    query,
    argument: '172.20.0.0/24',
    vrf: null,
    vrfs: [],
  });
};

test('paths that carry packets together are told from the best and from those that do not', async () => {
  const answer = await ask('route', [
    pathRow({ from: 'alder', isBest: true, isMultipath: true }),
    pathRow({ from: 'basalt', isMultipath: true, why: LOST_TO_ALDER }),
    pathRow({
      from: 'cinder',
      pathId: 7,
      isBlackhole: true,
      why: { ...LOST_TO_ALDER, againstPathId: 3 },
    }),
  ]);
  if (answer.query !== 'route') throw new Error(answer.text);
  expect(answer.paths).toMatchObject([
    {
      neighbor: 'alder',
      pathId: null,
      isBest: true,
      isMultipath: true,
      isBlackhole: false,
      compared: null,
    },
    {
      neighbor: 'basalt',
      isBest: false,
      isMultipath: true,
      decidedBy: 'router-id',
      compared: { against: 'alder', againstPathId: null },
    },
    {
      neighbor: 'cinder',
      pathId: 7,
      isMultipath: false,
      isBlackhole: true,
      compared: { againstPathId: 3 },
    },
  ]);
  // The router's own marks, as in `rootless42 lg route`.
  expect(answer.text.split('\n').map((line) => line.slice(0, 2))).toEqual(['* ', '= ', '  ']);
  expect(answer.text).toContain('cinder path 7');
});

test('without a route the text says so as BIRD does', async () => {
  expect(await ask('route', [])).toMatchObject({ prefix: null, text: 'Network not found' });
});

test('a session that is told several paths, or another one than the best, says which', async () => {
  const row = { kind: 'export', asn: 4242426001, isAnnounced: true, reason: null, rule: null };
  const answer = await ask('why', [
    { kind: 'path', ...pathRow({ from: 'basalt', isBest: true }), words: '' },
    { ...row, to: 'alder', path: null, words: '' },
    { ...row, to: 'moss', path: { from: 'basalt', pathId: 2, sentId: 9 }, words: '' },
    {
      ...row,
      to: 'fjord',
      path: { from: 'cinder', pathId: null, sentId: null },
      insteadOf: { from: 'basalt', pathId: 2, reason: 'policy', rule: 'mine, rule 3' },
      words: '',
    },
  ]);
  if (answer.query !== 'why') throw new Error(answer.text);
  expect(answer.exports).toMatchObject([
    { to: 'alder', path: null, insteadOf: null },
    { to: 'moss', path: { from: 'basalt', pathId: 2, sentId: 9 }, insteadOf: null },
    {
      to: 'fjord',
      path: { from: 'cinder', pathId: null, sentId: null },
      insteadOf: { from: 'basalt', pathId: 2, reason: 'policy', rule: 'mine, rule 3' },
    },
  ]);
});

const LOST_TO_ALDER = {
  step: 13,
  name: 'higher router id',
  against: 'alder',
  value: '172.21.130.1',
  otherValue: '172.21.129.1',
};

/** A row as router-core/router/door/queries/route.ts makes it. */
const pathRow = (change: Readonly<Record<string, unknown>>): QueryRow => ({
  prefix: '172.20.0.0/24',
  family: 'ipv4',
  from: 'alder',
  pathId: null,
  peerAsn: 4242426001,
  isBlackhole: false,
  learntFrom: 'fe80::6001',
  isBest: false,
  isMultipath: false,
  why: null,
  rejected: null,
  changedBy: [],
  roa: 'valid',
  since: '2026-11-27T14:00:00.000Z',
  attributes: {
    asPath: [{ type: 'sequence', asns: [4242426001] }],
    asPathText: '4242426001',
    origin: 'IGP',
    nextHop: ['fe80::6001'],
    localPref: 100,
    med: null,
    communities: [],
    largeCommunities: [],
    extendedCommunities: [],
  },
  ...change,
});
