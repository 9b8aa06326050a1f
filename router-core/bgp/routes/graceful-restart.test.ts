import { expect, test } from 'vitest';
import { REFRESH_STALE_TIME, RESTART_STALE_TIME, RESTART_TIME_MAX } from '../rib/limits.ts';
import type { GracefulRestart } from '../types.ts';
import { Lab, type LabNeighbor } from './testing/lab.ts';
import { attribute, hex, updateBody } from './testing/updates.ts';

const P = '172.20.0.0/24';
const Q = '172.21.0.0/24';
const P6 = 'fd42:1::/48';
const END_OF_RIB = { ipv4: hex('00000000'), ipv6: endOfRibIpv6() };

const AGREED: GracefulRestart = {
  isRestarting: false,
  coversNotifications: false,
  restartTimeSeconds: 60,
  families: ['ipv4', 'ipv6'],
  forwarding: [],
};
const RETURNING: GracefulRestart = {
  ...AGREED,
  isRestarting: true,
  forwarding: ['ipv4', 'ipv6'],
};

function endOfRibIpv6(): Uint8Array {
  return updateBody(hex(''), attribute(0x90, 15, hex('000201')), hex(''));
}

/** A lab with a neighbor that told P, Q and P6, and one that listens. */
function lostNeighbor(agreed: Partial<GracefulRestart> = {}): {
  lab: Lab;
  x: LabNeighbor;
  listener: LabNeighbor;
} {
  const lab = new Lab();
  const x = lab.add({ session: { gracefulRestart: { ...AGREED, ...agreed } } });
  const listener = lab.add();
  lab.announce(x, { prefixes: [P, Q, P6] });
  lab.settle();
  lab.end(x, true);
  lab.settle();
  return { lab, x, listener };
}

function comeBack(lab: Lab, x: LabNeighbor, gracefulRestart?: GracefulRestart): void {
  const { gracefulRestart: _former, ...session } = x.session;
  x.session = gracefulRestart === undefined ? session : { ...session, gracefulRestart };
  lab.establish(x);
}

const known = (lab: Lab): string[] => [...lab.fib.keys()].sort();

test('routes of a neighbor that may come back stay in use, forwarded and announced', () => {
  const { lab, x, listener } = lostNeighbor();
  expect(known(lab)).toEqual([P, Q, P6]);
  expect([...listener.table.keys()].sort()).toEqual([P, Q, P6]);
  expect(lab.best(P)).toBe('peer-1');
  expect(lab.routes.counters(x.id)).toMatchObject({ accepted: 3, sent: 0 });
  expect(lab.routes.stale(x.id)).toMatchObject({ families: ['ipv4', 'ipv6'], awaits: 'session' });
  expect(lab.routes.tables()).toMatchObject({
    ipv4: { prefixes: 2, paths: 2 },
    ipv6: { prefixes: 1, paths: 1 },
  });
  // A new listener hears of them as well.
  const late = lab.add();
  lab.settle();
  expect(late.table.size).toBe(3);
  expect(lab.routes.audit()).toEqual([]);
});

test('the restart time ends it, and a lost session without graceful restart keeps nothing', () => {
  const { lab, x, listener } = lostNeighbor();
  lab.settle(59_000);
  expect(known(lab)).toHaveLength(3);
  lab.settle(1000);
  expect(known(lab)).toEqual([]);
  expect(listener.table.size).toBe(0);
  expect(lab.routes.stale(x.id)).toBeUndefined();
  expect(lab.routes.counters(x.id).received).toBe(0);
  expect(lab.timerQueue.armed()).toBe(0);
  expect(lab.routes.audit()).toEqual([]);
});

test('a neighbor does not hold its routes longer than our limit', () => {
  const { lab } = lostNeighbor({ restartTimeSeconds: 4095 });
  lab.settle(RESTART_TIME_MAX - 1000);
  expect(known(lab)).toHaveLength(3);
  lab.settle(1000);
  expect(known(lab)).toEqual([]);
});

test('a family that was not listed goes at once', () => {
  const { lab, x } = lostNeighbor({ families: ['ipv6'] });
  expect(known(lab)).toEqual([P6]);
  expect(lab.routes.stale(x.id)?.families).toEqual(['ipv6']);
  expect(lab.routes.audit()).toEqual([]);
});

test('helpers and a restart time of 0 keep nothing', () => {
  expect(known(lostNeighbor({ families: [] }).lab)).toEqual([]);
  expect(known(lostNeighbor({ restartTimeSeconds: 0 }).lab)).toEqual([]);
});

test('a neighbor that is back says its routes again; End-of-RIB takes those it does not', () => {
  const { lab, x, listener } = lostNeighbor();
  lab.settle(50_000);
  lab.take(listener);
  comeBack(lab, x, RETURNING);
  lab.announce(x, { prefixes: [P, P6] });
  lab.settle(20_000);
  expect(known(lab)).toEqual([P, Q, P6]);
  expect(lab.routes.stale(x.id)?.awaits).toBe('end-of-rib');
  lab.receive(x, END_OF_RIB.ipv4);
  lab.settle();
  expect(known(lab)).toEqual([P, P6]);
  expect(lab.routes.stale(x.id)?.families).toEqual(['ipv6']);
  lab.receive(x, END_OF_RIB.ipv6);
  lab.settle();
  expect(lab.routes.stale(x.id)).toBeUndefined();
  expect(known(lab)).toEqual([P, P6]);
  // What came again as it was is no news to anybody.
  expect(lab.take(listener).flatMap(({ announced }) => announced)).toEqual([]);
  expect(lab.routes.audit()).toEqual([]);
});

test('End-of-RIB that does not come is awaited for so long', () => {
  const { lab, x } = lostNeighbor();
  comeBack(lab, x, RETURNING);
  lab.announce(x, { prefixes: [P] });
  lab.settle(RESTART_STALE_TIME - 1000);
  expect(known(lab)).toEqual([P, Q, P6]);
  lab.settle(1000);
  expect(known(lab)).toEqual([P]);
  expect(lab.routes.stale(x.id)).toBeUndefined();
});

test.each([
  ['without F for it', { ...RETURNING, forwarding: ['ipv6' as const] }, [P6]],
  ['without the families', { ...RETURNING, families: [], forwarding: [] }, []],
  ['without the capability', undefined, []],
])('a neighbor that is back %s loses what it had at once', (_, returning, left) => {
  const { lab, x } = lostNeighbor();
  comeBack(lab, x, returning);
  lab.settle();
  expect(known(lab)).toEqual(left);
  expect(lab.routes.audit()).toEqual([]);
});

test('what was stale already does not live through a second loss', () => {
  const { lab, x } = lostNeighbor();
  comeBack(lab, x, RETURNING);
  lab.announce(x, { prefixes: [P] });
  lab.end(x, true);
  lab.settle();
  expect(known(lab)).toEqual([P]);
  comeBack(lab, x, RETURNING);
  lab.settle();
  expect(known(lab)).toEqual([P]);
  lab.receive(x, END_OF_RIB.ipv4);
  lab.settle();
  expect(known(lab)).toEqual([]);
  expect(lab.routes.audit()).toEqual([]);
});

test('a loss amid a refresh keeps what was refreshed and what was not yet', () => {
  const lab = new Lab();
  const x = lab.add({ session: { gracefulRestart: AGREED } });
  lab.announce(x, { prefixes: [P, Q] });
  lab.routes.receiveRouteRefresh(x.id, 'ipv4', 1, lab.now);
  lab.announce(x, { prefixes: [P] });
  lab.end(x, true);
  lab.settle(30_000);
  expect(known(lab)).toEqual([P, Q]);
  comeBack(lab, x, RETURNING);
  // RFC 7313 §4.1: a refresh does not begin before End-of-RIB.
  lab.routes.receiveRouteRefresh(x.id, 'ipv4', 1, lab.now);
  lab.routes.receiveRouteRefresh(x.id, 'ipv4', 2, lab.now);
  lab.settle(REFRESH_STALE_TIME / 2);
  expect(known(lab)).toEqual([P, Q]);
  lab.receive(x, END_OF_RIB.ipv4);
  lab.settle();
  expect(known(lab)).toEqual([]);
});

test('an operator who ends a peering ends what is kept of it', () => {
  const { lab, x } = lostNeighbor();
  lab.routes.forget(x.id, lab.now);
  lab.settle();
  expect(known(lab)).toEqual([]);
  expect(lab.routes.stale(x.id)).toBeUndefined();
  lab.establish(x);
  lab.announce(x, { prefixes: [P] });
  lab.settle();
  expect(known(lab)).toEqual([P]);

  lab.end(x, true);
  lab.routes.removeNeighbor(x.id, lab.now);
  lab.settle();
  expect(known(lab)).toEqual([]);
  expect(lab.timerQueue.armed()).toBe(0);
  expect(lab.routes.audit()).toEqual([]);
});

test('routes that are kept are judged as those of their session', () => {
  const lab = new Lab();
  const x = lab.add({ session: { isInternal: true, gracefulRestart: AGREED } });
  lab.announce(x, { prefixes: [P], path: [4242420009], localPref: 200 });
  lab.settle();
  lab.end(x, true);
  lab.routes.setRoas(undefined, undefined, lab.now);
  lab.settle();
  expect(known(lab)).toEqual([P]);
});

test('a speaker that returns tells nobody anything before it is complete (RFC 4724 §4.1)', () => {
  const lab = new Lab({ isAdvertisingDeferred: true });
  const x = lab.add();
  const y = lab.add();
  lab.announce(x, { prefixes: [P, P6] });
  lab.settle(5000);
  expect(known(lab)).toEqual([P, P6]);
  expect([x.heard, y.heard]).toEqual([[], []]);
  lab.routes.advertise(lab.now);
  lab.settle();
  expect([...y.table.keys()].sort()).toEqual([P, P6]);
  // End-of-RIB comes after the routes of its family.
  const said = lab.take(y).map(({ announced, endOfRib }) => endOfRib ?? announced.join());
  expect(said).toEqual([P, 'ipv4', P6, 'ipv6']);
  expect(lab.routes.audit()).toEqual([]);
});
