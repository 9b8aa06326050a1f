import { expect, test } from 'vitest';
import { interfaceId } from '../../base/units.ts';
import { LAB_ASN, Lab } from './testing/lab.ts';
import { ip, prefix } from './testing/updates.ts';
import type { RouteEvent } from './types.ts';

const P = '172.20.0.0/24';
const Q = 'fd42:1::/48';

const manyPrefixes = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);

test('a lost session takes its routes along, and the second best takes over', () => {
  const lab = new Lab();
  const x = lab.add();
  const y = lab.add();
  const z = lab.add();
  lab.announce(x, { prefixes: [P, Q] });
  lab.announce(y, { prefixes: [P], path: [1, 2] });
  lab.settle();
  expect(lab.fib).toEqual(
    new Map([
      [P, 1],
      [Q, 1],
    ]),
  );

  lab.end(x);
  lab.settle(1);
  expect(lab.fib).toEqual(new Map([[P, 2]]));
  expect([...z.table]).toEqual([[P, `${LAB_ASN} ${y.asn} 1 2`]]);
  expect(lab.routes.counters(x.id)).toMatchObject({ received: 0, accepted: 0, sent: 0 });
  expect(lab.routes.audit()).toEqual([]);
});

test('a large table goes in slices, and from the first one on nobody chooses a dead neighbor', () => {
  const lab = new Lab();
  const x = lab.add();
  const y = lab.add();
  const prefixes = manyPrefixes(5000);
  for (let i = 0; i < 5000; i += 500) lab.announce(x, { prefixes: prefixes.slice(i, i + 500) });
  lab.settle();
  expect(lab.fib.size).toBe(5000);

  lab.end(x);
  let slices = 0;
  while (lab.routes.runPending(lab.now, 500)) slices++;
  expect(slices).toBeGreaterThan(5);
  expect([lab.fib.size, y.table.size]).toEqual([0, 0]);
  expect(lab.routes.audit()).toEqual([]);
});

test('a session that comes back at once keeps what it says anew', () => {
  const lab = new Lab();
  const x = lab.add();
  const prefixes = manyPrefixes(5000);
  for (let i = 0; i < 5000; i += 500) lab.announce(x, { prefixes: prefixes.slice(i, i + 500) });
  lab.settle();
  lab.end(x);
  lab.routes.runPending(lab.now, 100);
  lab.establish(x);
  lab.announce(x, { prefixes: [P] });
  lab.settle();
  expect([...lab.fib.keys()]).toEqual([P]);
  expect(lab.routes.audit()).toEqual([]);
});

test('a removed neighbor leaves nothing, and its place serves the next', () => {
  const lab = new Lab();
  const x = lab.add();
  lab.announce(x, { prefixes: [P] });
  lab.settle();
  lab.routes.removeNeighbor(x.id, lab.now);
  lab.settle();
  expect(lab.fib.size).toBe(0);
  const y = lab.add();
  lab.announce(y, { prefixes: [P] });
  lab.settle();
  expect(lab.best(P)).toBe('peer-2');
  expect(lab.routes.audit()).toEqual([]);
});

test('a neighbor that slows down is told the rest when it takes messages again', () => {
  const lab = new Lab();
  const x = lab.add();
  const slow = lab.add();
  const quick = lab.add();
  lab.settle();
  slow.room = 1;
  for (let i = 0; i < 20; i++) lab.announce(x, { prefixes: [`10.0.${i}.0/24`], path: [i + 1] });
  lab.settle();
  expect([slow.table.size, quick.table.size]).toEqual([1, 20]);
  lab.withdraw(x, ['10.0.3.0/24']);
  lab.settle();

  slow.room = Number.POSITIVE_INFINITY;
  lab.routes.writable(slow.id, lab.now);
  lab.settle();
  expect(slow.table).toEqual(quick.table);
  expect(lab.routes.audit()).toEqual([]);
});

test('a neighbor that never reads is cut loose and catches up from the table', () => {
  const lab = new Lab({ outboxBytesMax: 2048 });
  const x = lab.add();
  const slow = lab.add();
  const quick = lab.add();
  lab.settle();
  slow.room = 0;
  for (let i = 0; i < 200; i++) {
    lab.announce(x, { prefixes: [`10.0.${i}.0/24`, `fd42:${i}::/48`], path: [i + 1] });
    if (i % 3 === 0) lab.withdraw(x, [`10.0.${i >> 1}.0/24`]);
    lab.settle();
  }
  expect(slow.table.size).toBe(0);
  slow.room = 50;
  lab.routes.writable(slow.id, lab.now);
  lab.settle();
  lab.announce(x, { prefixes: ['10.1.0.0/16'] });
  lab.settle();
  for (let i = 0; i < 50; i++) {
    slow.room = 50;
    lab.routes.writable(slow.id, lab.now);
    lab.settle();
  }
  expect(slow.table).toEqual(quick.table);
  expect(lab.routes.audit()).toEqual([]);
});

test('End-of-RIB survives being cut loose', () => {
  const lab = new Lab({ outboxBytesMax: 256 });
  const x = lab.add();
  const slow = lab.add({}, false);
  slow.room = 0;
  lab.establish(slow);
  for (let i = 0; i < 30; i++) {
    lab.announce(x, { prefixes: [`10.0.${i}.0/24`], path: [i + 1] });
    lab.settle();
  }
  slow.room = Number.POSITIVE_INFINITY;
  lab.routes.writable(slow.id, lab.now);
  lab.settle();
  expect(slow.table.size).toBe(30);
  const ends = lab.take(slow).flatMap(({ endOfRib }) => endOfRib ?? []);
  expect(ends.toSorted()).toEqual(['ipv4', 'ipv6']);
});

test('a refresh sends everything again between two markers (RFC 7313 §4.1)', () => {
  const lab = new Lab();
  const x = lab.add();
  const y = lab.add();
  lab.announce(x, { prefixes: [P, Q] });
  lab.settle();
  lab.take(y);
  lab.routes.receiveRouteRefresh(y.id, 'ipv6', 0, lab.now);
  lab.settle();
  expect(lab.take(y).map(({ announced }) => announced)).toEqual([[Q]]);
  expect(y.markers).toEqual([
    { family: 'ipv6', subtype: 1 },
    { family: 'ipv6', subtype: 2 },
  ]);
});

test('without the capability a refresh has no markers, and theirs mean nothing', () => {
  const lab = new Lab();
  const x = lab.add();
  const y = lab.add({ session: { enhancedRouteRefresh: false } });
  lab.announce(x, { prefixes: [P] });
  lab.announce(y, { prefixes: [Q] });
  lab.settle();
  lab.take(y);
  lab.routes.receiveRouteRefresh(y.id, 'ipv4', 0, lab.now);
  lab.routes.receiveRouteRefresh(y.id, 'ipv6', 1, lab.now);
  lab.routes.receiveRouteRefresh(y.id, 'ipv6', 2, lab.now);
  lab.settle();
  expect(lab.take(y).map(({ announced }) => announced)).toEqual([[P]]);
  expect([y.markers, lab.best(Q)]).toEqual([[], 'peer-2']);
});

test('what a refresh does not bring again is forgotten at its end (RFC 7313 §4.2, T12)', () => {
  const lab = new Lab();
  const x = lab.add();
  lab.announce(x, { prefixes: [P, '172.20.1.0/24', Q] });
  lab.settle();
  lab.routes.receiveRouteRefresh(x.id, 'ipv4', 1, lab.now);
  lab.announce(x, { prefixes: [P] });
  lab.settle();
  expect(lab.fib.size).toBe(3);
  lab.routes.receiveRouteRefresh(x.id, 'ipv4', 2, lab.now);
  lab.settle();
  expect([...lab.fib.keys()].sort()).toEqual([P, Q]);
});

test('a refresh that does not end is ended after 120 s', () => {
  const lab = new Lab();
  const x = lab.add();
  lab.announce(x, { prefixes: [P] });
  lab.settle();
  lab.routes.receiveRouteRefresh(x.id, 'ipv4', 1, lab.now);
  lab.settle(119_000);
  expect(lab.fib.size).toBe(1);
  lab.settle(1_000);
  expect(lab.fib.size).toBe(0);
  expect(lab.timerQueue.armed()).toBe(0);
});

test('the import limit keeps the old, refuses the new, and takes them when there is room (T13)', () => {
  const lab = new Lab();
  const x = lab.add({ importLimit: 3 });
  lab.announce(x, { prefixes: manyPrefixes(5) });
  lab.announce(x, { prefixes: ['fd42:1::/48'] });
  lab.settle();
  expect(lab.routes.counters(x.id)).toMatchObject({
    accepted: 4,
    families: { ipv4: { received: 5, accepted: 3, rejected: 2 }, ipv6: { accepted: 1 } },
    rejectedReasons: { 'prefix-limit': 2 },
  });
  expect(lab.fib.size).toBe(4);
  const hits = outputs(lab).filter(({ kind }) => kind === 'limit-hit');
  const hit = { family: 'ipv4', counted: 'accepted', limit: 3, action: 'block' };
  expect(hits).toEqual([{ kind: 'limit-hit', neighbor: x.id, ...hit }]);

  // An accepted one may change without losing its place.
  lab.announce(x, { prefixes: ['10.0.0.0/24'], path: [9] });
  lab.settle();
  expect(lab.routes.counters(x.id).accepted).toBe(4);

  lab.withdraw(x, ['10.0.1.0/24']);
  lab.settle();
  expect(lab.routes.counters(x.id)).toMatchObject({
    accepted: 4,
    rejectedReasons: { 'prefix-limit': 1 },
  });
  lab.routes.updateNeighbor(x.id, { importLimit: 10 }, lab.now);
  lab.settle();
  expect(lab.routes.counters(x.id)).toMatchObject({ accepted: 5, rejectedReasons: {} });
  expect(lab.routes.audit()).toEqual([]);
});

test('rejected routes are kept up to a bound', () => {
  const lab = new Lab();
  const x = lab.add({ policy: 'full', importLimit: 10 });
  for (let i = 0; i < 6; i++)
    lab.announce(x, { prefixes: manyPrefixes(1500).slice(i * 250, i * 250 + 250) });
  lab.settle();
  expect(lab.routes.counters(x.id)).toMatchObject({ received: 1000, notKept: 500 });
  expect(lab.routes.audit()).toEqual([]);
});

test('a changed interface moves the forwarding entries, a changed policy what is told', () => {
  const lab = new Lab();
  const x = lab.add();
  const y = lab.add();
  lab.announce(x, { prefixes: [P] });
  lab.settle();
  lab.routes.updateNeighbor(x.id, { interface: interfaceId(9) }, lab.now);
  lab.settle();
  expect(lab.fib.get(P)).toBe(9);

  lab.routes.updateNeighbor(y.id, { policy: 'peer-only' }, lab.now);
  lab.settle();
  expect(y.table.size).toBe(0);
  lab.routes.updateNeighbor(y.id, { policy: 'accept-all' }, lab.now);
  lab.settle();
  expect(y.table.size).toBe(1);
  // The source's policy counts as well.
  lab.routes.updateNeighbor(x.id, { policy: 'peer-only' }, lab.now);
  lab.settle();
  expect(y.table.size).toBe(0);
  expect(lab.routes.counters(x.id).rejectedReasons).toEqual({ 'registry-missing': 1 });
  expect(lab.routes.audit()).toEqual([]);
});

test('events: counters once per flush, End-of-RIB, the first malformed message of its kind', () => {
  const lab = new Lab();
  const x = lab.add();
  lab.settle();
  outputs(lab);
  lab.announce(x, { prefixes: [P] });
  lab.announce(x, { prefixes: [Q] });
  expect(lab.routes.nextOutput()).toBe(undefined);
  lab.settle();
  expect(outputs(lab)).toEqual([{ kind: 'counters-changed', neighbor: x.id }]);
  lab.receive(x, new Uint8Array(4));
  expect(outputs(lab)).toEqual([{ kind: 'end-of-rib', neighbor: x.id, family: 'ipv4' }]);
  lab.announce(x, { prefixes: [P], extra: 'c00800' });
  lab.announce(x, { prefixes: [P], extra: 'c00800' });
  expect(outputs(lab).filter(({ kind }) => kind === 'malformed')).toEqual([
    { kind: 'malformed', neighbor: x.id, reaction: 'withdraw', attribute: 'COMMUNITIES' },
  ]);
});

test('an UPDATE without a session does nothing', () => {
  const lab = new Lab();
  const x = lab.add({}, false);
  lab.announce(x, { prefixes: [P] });
  lab.settle();
  expect(lab.routes.counters(x.id).received).toBe(0);
});

test('lookups: longest, exact, covering, subnets, best first with the reason', () => {
  const lab = new Lab();
  const x = lab.add();
  const y = lab.add({ policy: 'full' });
  lab.announce(x, {
    prefixes: ['172.20.0.0/14', '172.20.0.0/24', '172.20.0.128/25', '10.0.0.0/8'],
  });
  lab.announce(x, { prefixes: ['172.20.0.0/24'], path: [5] });
  lab.announce(y, { prefixes: ['172.20.0.0/24', '172.20.0.64/26'] });
  lab.routes.setOwnPrefixes([prefix('172.20.1.0/24')], lab.now);
  lab.settle();
  const found = (
    mode: 'longest' | 'exact' | 'covering' | 'subnets',
    text: string,
    limit = 99,
  ): string[] =>
    lab.routes
      .lookup(
        text.includes('/') ? { prefix: prefix(text), mode } : { address: ip(text), mode },
        limit,
      )
      .map((view) => `${view.prefix} ${view.from}${view.isBest ? ' *' : ''}`);

  expect(found('longest', '172.20.0.1')).toEqual([
    '172.20.0.0/24 peer-1 *',
    '172.20.0.0/24 peer-2',
  ]);
  // Rejected routes alone forward nothing.
  expect(found('longest', '172.20.0.65')).toEqual([
    '172.20.0.0/24 peer-1 *',
    '172.20.0.0/24 peer-2',
  ]);
  expect(found('exact', '172.20.0.64/26')).toEqual(['172.20.0.64/26 peer-2']);
  expect(found('exact', '172.20.0.0/25')).toEqual([]);
  expect(found('covering', '172.20.0.129')).toEqual([
    '172.20.0.0/14 peer-1 *',
    '172.20.0.0/24 peer-1 *',
    '172.20.0.0/24 peer-2',
    '172.20.0.128/25 peer-1 *',
  ]);
  expect(found('subnets', '172.20.0.0/14')).toEqual([
    '172.20.0.0/14 peer-1 *',
    '172.20.0.0/24 peer-1 *',
    '172.20.0.0/24 peer-2',
    '172.20.0.64/26 peer-2',
    '172.20.0.128/25 peer-1 *',
    '172.20.1.0/24 own *',
  ]);
  expect(found('subnets', '0.0.0.0/0', 2)).toEqual([
    '10.0.0.0/8 peer-1 *',
    '172.20.0.0/14 peer-1 *',
  ]);
  expect(found('longest', '192.0.2.1')).toEqual([]);
});

test('pages of what a neighbor said and was told', () => {
  const lab = new Lab();
  const x = lab.add();
  const y = lab.add();
  const prefixes = [...manyPrefixes(5), 'fd42:1::/48', 'fd42:2::/48'];
  lab.announce(x, { prefixes });
  lab.settle();
  for (const [neighbor, which] of [
    [x, 'accepted'],
    [x, 'received'],
    [y, 'sent'],
  ] as const) {
    const seen: string[] = [];
    let cursor: number | undefined = 0;
    while (cursor !== undefined) {
      const page = lab.routes.routesOf(neighbor.id, which, cursor, 2);
      seen.push(...page.routes.map((view) => view.prefix));
      cursor = page.next;
    }
    expect(seen).toEqual(prefixes);
  }
  expect(lab.routes.routesOf(x.id, 'rejected', 0, 9)).toEqual({ routes: [] });
  const [told] = lab.routes.routesOf(y.id, 'sent', 0, 1).routes;
  expect(told?.attributes).toMatchObject({
    asPathText: `${LAB_ASN} ${x.asn}`,
    nextHop: ['fd42:6000::1', 'fe80::6000'],
  });
});

function outputs(lab: Lab): RouteEvent[] {
  const events: RouteEvent[] = [];
  for (let event = lab.routes.nextOutput(); event !== undefined; event = lab.routes.nextOutput()) {
    events.push(event);
  }
  return events;
}
