import { expect, test } from 'vitest';
import { HISTORY_CHANGES } from '../rib/limits.ts';
import { Lab, type LabNeighbor } from './testing/lab.ts';
import { hex, ip, prefix } from './testing/updates.ts';
import type { BestPathChange, RouteView } from './types.ts';

const P = '172.20.0.0/24';

const routesTo = (lab: Lab, text = P): RouteView[] =>
  lab.routes.lookup({ prefix: prefix(text), mode: 'exact' }, 100);

/** `alder: told` or `alder: reason`, for every neighbor. */
const exportsOf = (lab: Lab, text = P): string[] =>
  lab.routes
    .exportsOf(prefix(text))
    .map(({ to, isAnnounced, reason }) => `${to}: ${isAnnounced ? 'told' : (reason ?? 'waits')}`);

const historyOf = (lab: Lab, text = P): string[] =>
  lab.routes
    .history(prefix(text), 'exact', 100)
    .map(({ from, to, cause, detail }: BestPathChange) =>
      [from ?? '-', to ?? '-', cause, ...(detail === null ? [] : [detail])].join(' '),
    );

test('every path names the step, the path it was compared with and both values (BGP §5)', () => {
  const lab = new Lab();
  const [x, y, z] = [lab.add({ name: 'x' }), lab.add({ name: 'y' }), lab.add({ name: 'z' })];
  lab.announce(x, { prefixes: [P], path: [1] });
  lab.announce(y, { prefixes: [P], path: [1, 2] });
  lab.announce(z, { prefixes: [P], path: [1], origin: 2 });
  lab.settle();
  expect(routesTo(lab).map(({ from, why }) => [from, why])).toEqual([
    ['x', { step: 7, name: 'origin', against: 'z', value: 'IGP', otherValue: 'incomplete' }],
    ['z', { step: 7, name: 'origin', against: 'x', value: 'incomplete', otherValue: 'IGP' }],
    ['y', { step: 6, name: 'AS path length', against: 'x', value: 3, otherValue: 2 }],
  ]);
});

test('values are those people know: times, addresses, identifiers', () => {
  const lab = new Lab({ decision: { preferOlder: false } });
  lab.announce(lab.add({ name: 'x' }), { prefixes: [P] });
  lab.announce(lab.add({ name: 'y' }), { prefixes: [P] });
  const last = { session: { peerRouterId: 0x0a000001 } };
  lab.announce(lab.add({ name: 'z', ...last }), { prefixes: [P] });
  lab.settle();
  const whyOf = (from: string) => routesTo(lab).find((route) => route.from === from)?.why;
  expect(whyOf('y')).toMatchObject({ step: 13, value: '10.0.0.2', otherValue: '10.0.0.1' });
  expect(whyOf('z')).toMatchObject({ step: 15, value: 'fe80::3', otherValue: 'fe80::1' });

  const aged = new Lab();
  aged.announce(aged.add(), { prefixes: [P] });
  aged.settle();
  aged.announce(aged.add(), { prefixes: [P] });
  aged.settle();
  expect(routesTo(aged)[1]?.why).toMatchObject({
    step: 12,
    value: { since: 1100 },
    otherValue: { since: 1000 },
  });
});

test('a path that MED took out names the path of its neighbor AS, not the best (RFC 4451 §3.1)', () => {
  const lab = new Lab();
  const [a, b, c] = [
    lab.add({ name: 'a', asn: 4242420001 }),
    lab.add({ name: 'b', asn: 4242420001 }),
    lab.add({ name: 'c', asn: 4242420002 }),
  ];
  lab.announce(a, { prefixes: [P], med: 10 });
  lab.settle();
  lab.announce(c, { prefixes: [P], med: 0 });
  lab.settle();
  lab.announce(b, { prefixes: [P], med: 5 });
  lab.settle();
  // a is older than c and would win against it, but b of the same AS has the lower MED.
  expect(routesTo(lab).find(({ from }) => from === 'a')?.why).toEqual({
    step: 8,
    name: 'MED',
    against: 'b',
    value: 10,
    otherValue: 5,
  });
  expect(routesTo(lab)[0]).toMatchObject({ from: 'c', why: { step: 12, against: 'b' } });
  expect(historyOf(lab)).toEqual(['a c decision MED', '- a first-path']);
});

test('the first rule that keeps a route back is told (BGP §6.1)', () => {
  const lab = new Lab();
  const x = lab.add({ name: 'x' });
  lab.add({ name: 'told' });
  lab.add({ name: 'in-path', asn: 4242420999 });
  lab.add({ name: 'peer-only', policy: 'peer-only' });
  lab.add({ name: 'down' }, false);
  lab.add({ name: 'v6', session: { families: ['ipv6'] } });
  lab.add({ name: 'no-hop', nextHopSelf: {}, session: { extendedNextHop: false } });
  lab.announce(x, { prefixes: [P], path: [4242420999] });
  lab.settle();
  expect(exportsOf(lab)).toEqual([
    'x: split-horizon',
    'told: told',
    'in-path: as-in-path',
    'peer-only: policy',
    'down: not-established',
    'v6: family-not-agreed',
    'no-hop: no-next-hop',
  ]);

  lab.announce(x, { prefixes: [P], path: [4242420999], communities: ['65535:65281'] });
  lab.settle();
  // NO_EXPORT comes before the path and before the policy; split horizon comes before all three.
  expect(exportsOf(lab).slice(0, 4)).toEqual([
    'x: split-horizon',
    'told: no-export',
    'in-path: no-export',
    'peer-only: no-export',
  ]);
  expect(lab.routes.exportsOf(prefix('172.20.9.0/24'))).toEqual([]);
});

test('inside our AS, and of what does not fit a message', () => {
  const lab = new Lab();
  const inside = { asn: 4242426000, session: { isInternal: true } };
  const x = lab.add({ name: 'x', ...inside });
  lab.add({ name: 'y', ...inside });
  const z = lab.add({ name: 'z', session: { maxMessage: 65535 } });
  lab.announce(x, { prefixes: [P], path: [] });
  lab.settle();
  expect(exportsOf(lab)).toContain('y: not-reflected');

  const many = '172.20.5.0/24';
  // 200 of each kind: 4,800 octets, more than the others' messages hold.
  const each = (make: (i: string) => string): string =>
    Array.from({ length: 200 }, (_, i) => make(i.toString(16).padStart(8, '0'))).join('');
  const communities = `d0080320${each((i) => i)}`;
  const extended = `d0100640${each((i) => `0002fbff${i}`)}`;
  const large = `d0200960${each((i) => `0000000100000002${i}`)}`;
  lab.announce(z, { prefixes: [many], extra: communities + extended + large });
  lab.settle();
  expect(exportsOf(lab, many)).toEqual([
    'x: message-too-long',
    'y: message-too-long',
    'z: split-horizon',
  ]);
});

test('what is told and what the explanation says agree, whatever happened', () => {
  const lab = new Lab();
  const policies = ['full', 'peer-only', 'downstream', 'upstream', 'accept-all'] as const;
  const neighbors = policies.map((policy) => lab.add({ name: policy, policy }));
  const own = prefix('172.21.128.0/27');
  lab.routes.setRoas([], { ipv4: [], ipv6: [] }, lab.now);
  lab.routes.setOwnPrefixes([own], lab.now);
  lab.announce(neighbors[4] as LabNeighbor, { prefixes: [P], path: [4242420003] });
  lab.settle();
  for (const text of [P, '172.21.128.0/27'])
    for (const { to, isAnnounced, reason } of lab.routes.exportsOf(prefix(text))) {
      const neighbor = neighbors.find(({ config }) => config.name === to);
      expect(neighbor?.table.has(text), `${text} ${to}`).toBe(isAnnounced);
      expect(reason === null, `${text} ${to}`).toBe(isAnnounced);
    }
});

test('the history of a prefix tells from whom to whom, and why', () => {
  const lab = new Lab();
  const [x, y] = [lab.add({ name: 'x' }), lab.add({ name: 'y' })];
  lab.announce(x, { prefixes: [P], path: [1, 2] });
  lab.settle();
  lab.announce(y, { prefixes: [P], path: [1] });
  lab.settle();
  lab.announce(y, { prefixes: [P] });
  lab.settle();
  lab.withdraw(y, [P]);
  lab.settle();
  lab.announce(x, { prefixes: [P], path: [4242426000] });
  lab.settle();
  lab.announce(x, { prefixes: [P] });
  lab.settle();
  lab.end(x);
  lab.settle();
  expect(historyOf(lab)).toEqual([
    'x - session-down',
    '- x first-path',
    'x - rejected own-as',
    'y x withdrawn',
    'y y attributes-changed',
    'x y decision AS path length',
    '- x first-path',
  ]);
  const [newest, , , change] = lab.routes.history(prefix(P), 'exact', 100);
  expect(newest).toMatchObject({ at: lab.now - 100, prefix: P, originAs: null });
  expect(change).toMatchObject({ originAs: 2 });
  const host = { ...ip('172.20.0.7'), length: 32 };
  expect(lab.routes.history(host, 'exact', 100)).toEqual([]);
  expect(lab.routes.history(host, 'covering', 2)).toHaveLength(2);
});

test('the history is a ring: it never grows, and the newest changes are in it', () => {
  const lab = new Lab();
  const x = lab.add({ name: 'x' });
  const prefixes = Array.from(
    { length: HISTORY_CHANGES + 10 },
    (_, i) => `172.${20 + (i >> 12)}.${(i >> 4) & 255}.${(i & 15) << 4}/28`,
  );
  lab.announce(x, { prefixes: [P] });
  lab.settle();
  lab.announce(x, { prefixes });
  lab.settle(1000);
  expect(lab.routes.history(prefix('0.0.0.0/0'), 'exact', 10)).toEqual([]);
  expect(historyOf(lab)).toEqual([]);
  expect(historyOf(lab, prefixes.at(-1))).toEqual(['- x first-path']);
});

test('a neighbor that was removed is never taken for the one that has its number then', () => {
  const lab = new Lab();
  const x = lab.add({ name: 'x' });
  lab.announce(x, { prefixes: [P] });
  lab.settle();
  lab.routes.removeNeighbor(x.id, lab.now);
  lab.settle();
  lab.announce(lab.add({ name: 'y' }), { prefixes: [P] });
  lab.settle();
  expect(historyOf(lab)).toEqual([
    '- y first-path',
    'a former neighbor - session-down',
    '- a former neighbor first-path',
  ]);
});

test.each([
  ['a withdrawn field that overruns', 'ffff0000', null, [0, 2]],
  ['attributes that overrun', '0000ffff', null, [2, 4]],
  ['a prefix longer than 32 bits', '0000000021ac14000000', null, [4, 10]],
  ['an unknown well-known attribute', '0000000740ff0400000000', 'attribute 255', [4, 11]],
  ['a cut MP_REACH_NLRI', '00000005800e020002', 'MP_REACH_NLRI', [4, 9]],
])('a reset marks the octets at fault: %s', (_what, body, attribute, marked) => {
  const lab = new Lab();
  const x = lab.add();
  expect(lab.receive(x, hex(body))).toMatch(/^3\//);
  const [kept] = lab.routes.malformed(x.id);
  expect(kept).toMatchObject({ reaction: 'reset', attribute });
  expect([kept?.faultStart, kept?.faultEnd]).toEqual(marked);
});
