import { expect, test } from 'vitest';
import type { GracefulRestart, LongLivedFamily } from '../types.ts';
import { Lab, type LabNeighbor } from './testing/lab.ts';
import { attribute, hex, updateBody } from './testing/updates.ts';

const P = '172.20.0.0/24';
const Q = '172.21.0.0/24';
const P6 = 'fd42:1::/48';
const STALE = '65535:6';
const END_OF_RIB = [
  hex('00000000'),
  updateBody(hex(''), attribute(0x90, 15, hex('000201')), hex('')),
];

const AGREED: GracefulRestart = {
  isRestarting: false,
  coversNotifications: false,
  restartTimeSeconds: 60,
  families: ['ipv4', 'ipv6'],
  forwarding: [],
};
const longLived = (isForwarding = false): readonly LongLivedFamily[] =>
  (['ipv4', 'ipv6'] as const).map((family) => ({ family, staleTimeSeconds: 600, isForwarding }));

type Place = { lab: Lab; x: LabNeighbor; knower: LabNeighbor; stranger: LabNeighbor };

/** A neighbor that told P, Q and P6 was lost; of two listeners one knows long-lived graceful restart. */
function lost(agreed: Partial<GracefulRestart> = {}, families = longLived()): Place {
  const lab = new Lab();
  const x = lab.add({
    session: { gracefulRestart: { ...AGREED, ...agreed }, longLived: families },
  });
  const knower = lab.add({ session: { longLived: [] } });
  const stranger = lab.add();
  lab.announce(x, { prefixes: [P, P6], communities: ['1:1'] });
  lab.announce(x, { prefixes: [Q], communities: ['65535:7'] });
  lab.settle();
  lab.end(x, true);
  lab.settle();
  return { lab, x, knower, stranger };
}

const known = (lab: Lab): string[] => [...lab.fib.keys()].sort();

function comeBack({ lab, x }: Place, isForwarding: boolean | undefined): void {
  const { longLived: _former, ...session } = x.session;
  x.session = {
    ...session,
    gracefulRestart: { ...AGREED, isRestarting: true, forwarding: ['ipv4', 'ipv6'] },
    ...(isForwarding === undefined ? {} : { longLived: longLived(isForwarding) }),
  };
  lab.establish(x);
}

test('after the restart time routes are stale for long: marked, told to those who know, gone at last', () => {
  const place = lost();
  const { lab, x, knower, stranger } = place;
  lab.settle(59_000);
  expect(known(lab)).toEqual([P, Q, P6]);
  expect(lab.routes.stale(x.id)).toMatchObject({ awaits: 'session', isLongLived: false });
  lab.take(knower);
  lab.settle(1000);
  // NO_LLGR goes at once (RFC 9494 §4.2).
  expect(known(lab)).toEqual([P, P6]);
  expect(lab.routes.stale(x.id)).toMatchObject({ awaits: 'session', isLongLived: true });
  expect(lab.view(P)?.attributes.communities).toEqual(['1:1', STALE]);
  expect([...knower.table.keys()].sort()).toEqual([P, P6]);
  expect(lab.take(knower).find((heard) => heard.announced.includes(P))?.attributes).toMatchObject({
    communities: ['1:1', STALE],
  });
  expect(stranger.table.size).toBe(0);
  expect(lab.reasonFor(P, stranger)).toBe('llgr-stale');
  expect(lab.routes.audit()).toEqual([]);
  lab.settle(599_000);
  expect(known(lab)).toEqual([P, P6]);
  lab.settle(1000);
  expect(known(lab)).toEqual([]);
  expect(knower.table.size).toBe(0);
  expect(lab.routes.stale(x.id)).toBeUndefined();
  expect(lab.routes.counters(x.id).received).toBe(0);
  expect(lab.timerQueue.armed()).toBe(0);
  expect(lab.routes.audit()).toEqual([]);
});

test('a stale route is the last choice, whatever its preference (step 2)', () => {
  const { lab } = lost();
  const other = lab.add();
  lab.announce(other, { prefixes: [P], path: [1, 2, 3, 4] });
  lab.settle();
  expect(lab.best(P)).toBe('peer-1');
  lab.settle(60_000);
  expect(lab.best(P)).toBe('peer-4');
  expect(lab.view(P)?.why).toMatchObject({
    step: 2,
    name: 'long-lived stale',
    value: 'fresh',
    otherValue: 'stale',
  });
});

test('without a restart time, or without capability 64 for the family, it begins at once', () => {
  for (const agreed of [{ restartTimeSeconds: 0 }, { families: [] }]) {
    const { lab, x } = lost(agreed);
    expect(known(lab)).toEqual([P, P6]);
    expect(lab.routes.stale(x.id)?.isLongLived).toBe(true);
    lab.settle(600_000);
    expect(known(lab)).toEqual([]);
  }
});

test('a family without a stale time goes after the restart time', () => {
  const { lab } = lost({}, longLived().slice(1));
  lab.settle(60_000);
  expect(known(lab)).toEqual([P6]);
});

test('a neighbor that is back says its routes again: they are fresh, the others go at End-of-RIB', () => {
  const place = lost();
  const { lab, x, stranger } = place;
  lab.announce(x, { prefixes: [] });
  lab.settle(120_000);
  comeBack(place, true);
  lab.announce(x, { prefixes: [P], communities: ['1:1'] });
  lab.settle(1000);
  expect(lab.view(P)?.attributes.communities).toEqual(['1:1']);
  expect(lab.view(P6)?.attributes.communities).toEqual(['1:1', STALE]);
  expect([...stranger.table.keys()]).toEqual([P]);
  for (const body of END_OF_RIB) lab.receive(x, body);
  lab.settle();
  expect(known(lab)).toEqual([P]);
  expect(lab.routes.stale(x.id)).toBeUndefined();
  expect(lab.routes.audit()).toEqual([]);
  // The next loss begins anew, with the restart time.
  lab.end(x, true);
  lab.settle();
  expect(lab.routes.stale(x.id)?.isLongLived).toBe(false);
});

test.each([
  ['without F of capability 71', false],
  ['without capability 71', undefined],
])('a return %s ends what was stale for long', (_, isForwarding) => {
  const place = lost();
  place.lab.settle(120_000);
  comeBack(place, isForwarding);
  place.lab.settle();
  expect(known(place.lab)).toEqual([]);
});

test('within the restart time the return is judged by capability 64', () => {
  const place = lost();
  comeBack(place, false);
  place.lab.settle();
  expect(known(place.lab)).toEqual([P, Q, P6]);
});

test('what others mark as stale is the last choice too, and keeps its mark', () => {
  const lab = new Lab();
  const [x, y] = [lab.add({ session: { longLived: [] } }), lab.add()];
  const knower = lab.add({ session: { longLived: [] } });
  lab.announce(x, { prefixes: [P], communities: [STALE] });
  lab.settle();
  expect(lab.take(knower)[0]?.attributes?.communities).toEqual([STALE]);
  lab.announce(y, { prefixes: [P], path: [1, 2] });
  lab.settle();
  expect(lab.best(P)).toBe('peer-2');
});
