import { expect, test } from 'vitest';
import { PrefixTable } from '../rib/prefix-table.ts';
import { Lab, type NeighborWish } from '../routes/testing/lab.ts';
import { FIXTURE_FILTERS, FIXTURE_ROAS } from '../routes/testing/registry-fixture.ts';
import { type Announcement, ip, prefix } from '../routes/testing/updates.ts';
import { bogons, PrefixFilter } from './prefix-filter.ts';
import { Reasons, reasonCode } from './reason.ts';

const ALDER = 4242426001;
const alder: NeighborWish = { asn: ALDER, policy: 'full' };
const OWN = '172.21.128.0/27';

type Case = [title: string, reason: string, what: Announcement, wish?: NeighborWish];
const cases: Case[] = [
  ['a default route', 'not-dn42-space', { prefixes: ['0.0.0.0/0'] }],
  ['a default route of IPv6', 'not-dn42-space', { prefixes: ['::/0'] }],
  ['public space', 'not-dn42-space', { prefixes: ['192.0.2.0/24'] }],
  ['space a row denies', 'not-dn42-space', { prefixes: ['172.22.166.0/24'] }],
  ['more than one row holds', 'not-dn42-space', { prefixes: ['172.16.0.0/12'] }],
  ['an IPv4 prefix too long for its row', 'prefix-length', { prefixes: ['172.21.129.0/30'] }],
  ['an IPv4 prefix too short for its row', 'prefix-length', { prefixes: ['172.20.0.0/20'] }],
  ['an IPv6 prefix too long', 'prefix-length', { prefixes: ['fdc0:6000:22::/65'] }],
  ['our own prefix', 'own-prefix', { prefixes: [OWN] }],
  ['a part of our own prefix', 'own-prefix', { prefixes: ['172.21.128.16/28'] }],
  ['our AS in the path', 'own-as', { prefixes: ['172.21.129.0/27'], path: [4242426000, ALDER] }],
  [
    'a path of 51',
    'path-too-long',
    { prefixes: ['172.21.129.0/27'], path: Array.from({ length: 50 }, () => ALDER) },
  ],
  ['a reserved AS', 'martian-as', { prefixes: ['172.21.129.0/27'], path: [65535, ALDER] }],
  ['a next hop of ours', 'next-hop', { prefixes: ['172.21.129.0/27'], nextHop: 'fe80::6000' }],
  ['a multicast next hop', 'next-hop', { prefixes: ['172.21.129.0/27'], nextHop: 'ff02::1' }],
  ['a prefix nobody registered', 'roa-not-found', { prefixes: ['172.21.200.0/24'] }],
  ['a prefix of somebody else', 'roa-invalid-origin', { prefixes: ['172.21.130.0/27'] }],
  ['more specific than authorized', 'roa-invalid-length', { prefixes: ['172.21.129.0/28'] }],
  [
    'transit from a peer only',
    'peer-only',
    { prefixes: ['172.21.130.0/27'], path: [4242426002] },
    { ...alder, policy: 'peer-only' },
  ],
];

for (const [title, reason, what, wish = alder] of cases) {
  test(`${title} is rejected: ${reason}`, () => {
    const lab = labWithRegistry();
    const neighbor = lab.add(wish);
    lab.announce(neighbor, what);
    lab.settle();
    const { routes } = lab.routes.routesOf(neighbor.id, 'rejected', 0, 10);
    expect(routes.map(({ rejected }) => rejected?.reason)).toEqual([reason]);
    expect(lab.routes.counters(neighbor.id)).toMatchObject({
      received: 1,
      accepted: 0,
      rejected: 1,
      rejectedReasons: { [reason]: 1 },
    });
    expect(lab.fib.size).toBe(0);
  });
}

test('what is registered and comes the right way is accepted, prepended or in transit', () => {
  const lab = labWithRegistry();
  const neighbor = lab.add(alder);
  lab.announce(neighbor, { prefixes: ['172.21.129.0/27', 'fdb1:6000:101::/48'], path: [ALDER] });
  lab.announce(neighbor, { prefixes: ['172.21.130.0/27'], path: [4242426005, 4242426002] });
  lab.settle();
  expect(lab.routes.counters(neighbor.id)).toMatchObject({ accepted: 3, rejected: 0 });
});

test('a peer only may prepend itself', () => {
  const lab = labWithRegistry();
  const neighbor = lab.add({ ...alder, policy: 'peer-only' });
  lab.announce(neighbor, { prefixes: ['172.21.129.0/27'], path: [ALDER, ALDER] });
  expect(lab.routes.counters(neighbor.id)).toMatchObject({ accepted: 1 });
});

test('a rejected route carries the authorizations that cover it', () => {
  const lab = labWithRegistry();
  const neighbor = lab.add(alder);
  lab.announce(neighbor, { prefixes: ['172.21.130.0/27'] });
  const [view] = lab.routes.routesOf(neighbor.id, 'rejected', 0, 10).routes;
  expect(view).toMatchObject({
    roa: 'invalid-origin',
    rejected: {
      reason: 'roa-invalid-origin',
      code: 8,
      roas: [{ prefix: '172.21.130.0/27', maxLength: 27, asn: 4242426002 }],
    },
  });
});

test('an AS_SET at the end has no origin', () => {
  const lab = labWithRegistry();
  const neighbor = lab.add(alder);
  lab.announce(neighbor, { prefixes: ['172.21.129.0/27'], set: [ALDER, 4242426002] });
  expect(lab.routes.counters(neighbor.id).rejectedReasons).toEqual({ 'roa-invalid-origin': 1 });
});

test('without a registry nothing comes in but for accept-all, and a registry changes that at once', () => {
  const lab = new Lab();
  const held = lab.add(alder);
  const free = lab.add({ asn: 4242426002 });
  lab.announce(held, { prefixes: ['172.21.129.0/27'] });
  lab.announce(free, { prefixes: ['10.99.0.0/16', '0.0.0.0/0'] });
  lab.settle();
  expect(lab.routes.counters(held.id).rejectedReasons).toEqual({ 'registry-missing': 1 });
  expect(lab.routes.counters(free.id)).toMatchObject({ accepted: 2 });

  lab.routes.setRoas(FIXTURE_ROAS, FIXTURE_FILTERS, lab.now);
  lab.settle();
  expect(lab.routes.counters(held.id)).toMatchObject({ accepted: 1, rejectedReasons: {} });
  expect(lab.fib.get('172.21.129.0/27')).toBe(1);

  // The authorization goes: so does the route, without a session reset (T15).
  lab.routes.setRoas(
    FIXTURE_ROAS.filter(({ asn }) => asn !== ALDER),
    FIXTURE_FILTERS,
    lab.now,
  );
  lab.settle();
  expect(lab.routes.counters(held.id).rejectedReasons).toEqual({ 'roa-not-found': 1 });
  expect([...lab.fib.keys()].sort()).toEqual(['0.0.0.0/0', '10.99.0.0/16']);
  expect(lab.routes.audit()).toEqual([]);
});

test('accept-all keeps the checks about loops and nonsense', () => {
  const lab = new Lab();
  lab.routes.setOwnPrefixes([prefix(OWN)], lab.now);
  const neighbor = lab.add({ asn: ALDER });
  lab.announce(neighbor, { prefixes: ['10.0.0.0/24'], path: [4242426000] });
  lab.announce(neighbor, { prefixes: ['127.0.0.0/8', 'fe80::/64', OWN] });
  lab.announce(neighbor, { prefixes: ['10.0.2.0/24'], nextHop: '127.0.0.1' });
  expect(lab.routes.counters(neighbor.id).rejectedReasons).toEqual({
    'own-as': 1,
    'not-dn42-space': 2,
    'own-prefix': 1,
    'next-hop': 1,
  });
});

test.each([
  ['fe80::9', true],
  ['10.0.0.1', true],
  ['0.0.0.0', false],
  ['224.0.0.5', false],
  ['fd42:6000::1', false],
])('a next hop %s is usable: %s', (nextHop, isUsable) => {
  const lab = new Lab();
  const neighbor = lab.add();
  lab.announce(neighbor, { prefixes: ['10.1.0.0/16'], nextHop });
  expect(lab.routes.counters(neighbor.id).accepted).toBe(isUsable ? 1 : 0);
});

test('filter rows are taken by number, not by their place in the file', () => {
  const rows = FIXTURE_FILTERS.ipv4.toReversed();
  const filter = new PrefixFilter(4, rows);
  const route = new PrefixTable(4);
  const reasonOf = (text: string): number => {
    route.loadPrefix(prefix(text));
    return filter.judgeLoaded(route);
  };
  expect(reasonOf('172.20.0.53/32')).toBe(0);
  expect(reasonOf('172.20.1.0/24')).toBe(0);
  expect(reasonOf('172.22.166.0/24')).toBe(1);
});

test('a default route is no bogon', () => {
  const route = new PrefixTable(6);
  route.loadPrefix(prefix('::/0'));
  expect(bogons(6).firstContaining(route)).toBe(-1);
  route.loadPrefix({ family: 6, bytes: ip('::1').bytes, length: 128 });
  expect(bogons(6).firstContaining(route)).not.toBe(-1);
});

test('reasons have the codes of the looking glass', () => {
  const tokens = Array.from({ length: 14 }, (_, i) => i + 1).filter((code) => code !== 10);
  expect(tokens.map((code) => new Reasons().token(code))).toEqual([
    'not-dn42-space',
    'prefix-length',
    'own-prefix',
    'own-as',
    'path-too-long',
    'first-as',
    'roa-not-found',
    'roa-invalid-origin',
    'roa-invalid-length',
    'prefix-limit',
    'next-hop',
    'martian-as',
    'peer-only',
  ]);
  expect([reasonCode(14), reasonCode(32)]).toEqual([14, null]);
});

test('a rule of the operator is a reason of its own, with the code of operator filters', () => {
  const reasons = new Reasons();
  const first = reasons.numberOf('rule:no-transit');
  expect(reasons.numberOf('rule:other')).not.toBe(first);
  expect(reasons.numberOf('rule:no-transit')).toBe(first);
  expect([reasons.token(first), reasonCode(first)]).toEqual(['rule:no-transit', 16]);
  expect(reasons.token(reasons.numberOf('own-as'))).toBe('own-as');
});

function labWithRegistry(): Lab {
  const lab = new Lab();
  lab.routes.setRoas(FIXTURE_ROAS, FIXTURE_FILTERS, lab.now);
  lab.routes.setOwnPrefixes([prefix(OWN)], lab.now);
  return lab;
}
