import { expect, test } from 'vitest';
import { interfaceId } from '../../base/units.ts';
import type { NextHopLookup } from '../rib/next-hop-resolution.ts';
import { Lab, type LabNeighbor } from './testing/lab.ts';
import { ip, prefix as prefixOf } from './testing/updates.ts';

const P = '172.20.0.0/24';
const HOP = '172.21.9.1';
/** A second is how long a change of the tables may take to be followed. */
const FOLLOWED = 1500;

const far = (lab: Lab, wish: Parameters<Lab['add']>[0] = {}): LabNeighbor =>
  lab.add({ isMultihop: true, session: { localAddress: ip('172.21.128.1') }, ...wish });
const reasonOf = (lab: Lab, prefix: string): string | undefined =>
  lab.view(prefix)?.rejected?.reason;

/** Static routes and tunnels: the addresses of `172.21.9.0/24` are behind interface 70. */
const fixed: NextHopLookup = (address) =>
  address.bytes[0] === 172 && address.bytes[1] === 21 && address.bytes[2] === 9
    ? { out: interfaceId(70), length: 24 }
    : undefined;

test('packets go where the next hop is: by configuration, or by a neighbor next door; the longest match counts', () => {
  const lab = new Lab({ nextHops: fixed });
  const near = lab.add();
  const remote = far(lab);
  lab.announce(remote, { prefixes: [P], nextHop: HOP });
  lab.settle();
  expect(lab.fib.get(P)).toBe(70);

  lab.announce(near, { prefixes: ['172.21.9.0/25'] });
  lab.settle(FOLLOWED);
  expect(lab.fib.get(P)).toBe(1);
  expect(lab.view(P)?.interface).toBe(1);

  lab.withdraw(near, ['172.21.9.0/25']);
  lab.announce(near, { prefixes: ['172.21.0.0/16'] });
  lab.settle(FOLLOWED);
  expect(lab.fib.get(P)).toBe(70);
  expect(lab.routes.audit()).toEqual([]);
});

test('without a way to its next hop a route is unusable, and comes and goes with the way', () => {
  const lab = new Lab();
  const near = lab.add();
  const remote = far(lab);
  const listener = lab.add();
  lab.announce(remote, { prefixes: [P], nextHop: HOP });
  lab.settle();
  expect(reasonOf(lab, P)).toBe('next-hop-unresolved');
  expect(listener.table.has(P)).toBe(false);

  lab.announce(near, { prefixes: ['172.21.9.0/24'] });
  lab.settle(FOLLOWED);
  expect([reasonOf(lab, P), lab.fib.get(P), listener.table.has(P)]).toEqual([undefined, 1, true]);

  lab.end(near);
  lab.settle(FOLLOWED);
  expect([reasonOf(lab, P), lab.fib.get(P)]).toEqual(['next-hop-unresolved', undefined]);
  expect(listener.table.has(P)).toBe(false);
  expect(lab.routes.audit()).toEqual([]);
});

test('a rejected route is kept for its next hop without an import table, too', () => {
  const lab = new Lab();
  const near = lab.add();
  const remote = far(lab, { options: { ipv4: { importTable: false } } });
  lab.announce(remote, { prefixes: [P], nextHop: HOP });
  lab.settle();
  lab.announce(near, { prefixes: ['172.21.9.0/24'] });
  lab.settle(FOLLOWED);
  expect(lab.fib.get(P)).toBe(1);
});

test.each([
  ['its own prefix', ['172.21.9.0/24'], '172.21.0.0/16', 'next-hop-unresolved'],
  [
    'its own prefix, told by a neighbor as well',
    ['172.21.9.0/24'],
    '172.21.9.0/24',
    'next-hop-unresolved',
  ],
  ['a longer one of somebody else', ['172.21.0.0/16'], '172.21.9.0/24', undefined],
])('a next hop inside %s', (_, prefixes, way, reason) => {
  const lab = new Lab();
  const near = lab.add();
  lab.announce(near, { prefixes: [way], path: [1, 2, 3] });
  lab.announce(far(lab), { prefixes, nextHop: HOP, path: [4] });
  lab.settle(FOLLOWED);
  const [prefix = ''] = prefixes;
  const told = lab.routes
    .lookup({ prefix: prefixOf(prefix), mode: 'exact' }, 9)
    .find(({ from }) => from === 'peer-2');
  expect(told?.rejected?.reason).toBe(reason);
  expect(lab.routes.audit()).toEqual([]);
});

test('routes of neighbors over several hops resolve nothing, so they never lead in a circle', () => {
  const lab = new Lab();
  const [a, b] = [far(lab), far(lab)];
  lab.announce(a, { prefixes: ['172.21.9.0/24'], nextHop: '172.21.8.1' });
  lab.announce(b, { prefixes: ['172.21.8.0/24'], nextHop: '172.21.9.1' });
  lab.settle(FOLLOWED);
  expect([reasonOf(lab, '172.21.9.0/24'), reasonOf(lab, '172.21.8.0/24')]).toEqual([
    'next-hop-unresolved',
    'next-hop-unresolved',
  ]);
  expect(lab.fib.size).toBe(0);
  // Once settled, nothing is due but what others cause.
  expect(lab.timerQueue.nextDeadline()).toBeUndefined();
});

test('the way to a next hop is the path the decision takes, MED per neighbor AS first (RFC 4451 §3.1)', () => {
  const lab = new Lab({ decision: { preferOlder: false } });
  const med = (asn: number, peerRouterId: number, value: number): LabNeighbor => {
    const neighbor = lab.add({ asn, session: { peerRouterId } });
    lab.announce(neighbor, { prefixes: ['172.21.9.0/24'], med: value });
    return neighbor;
  };
  // Compared one after the other, the third would win; the first takes it out, and loses against the second.
  med(4242420001, 30, 1);
  med(4242420002, 20, 9);
  med(4242420001, 10, 5);
  lab.announce(far(lab), { prefixes: [P], nextHop: HOP });
  lab.settle(FOLLOWED);
  expect([lab.best('172.21.9.0/24'), lab.fib.get('172.21.9.0/24')]).toEqual(['peer-2', 2]);
  expect(lab.fib.get(P)).toBe(2);
});

test('a link-local next hop means nothing behind other routers', () => {
  const lab = new Lab({ nextHops: fixed });
  lab.announce(far(lab), { prefixes: ['fd42:1::/48'], nextHop: 'fe80::9' });
  lab.settle();
  expect(reasonOf(lab, 'fd42:1::/48')).toBe('next-hop-unresolved');
});
