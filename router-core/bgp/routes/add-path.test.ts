import { expect, test } from 'vitest';
import { concatBytes } from '../../base/bytes.ts';
import { PATHS_PER_NEIGHBOR_MAX } from '../rib/limits.ts';
import type { GracefulRestart } from '../types.ts';
import { Lab, type LabNeighbor } from './testing/lab.ts';
import { attribute, hex, nlri, prefix, updateBody } from './testing/updates.ts';
import type { RouteView } from './types.ts';

const P = '172.20.0.0/24';
const Q = 'fd42:1::/48';
const BOTH = ['ipv4', 'ipv6'] as const;
const RECEIVES = { addPath: { receive: BOTH, send: [] } } as const;
const SENDS = { addPath: { receive: [], send: BOTH } } as const;
const RESTARTS: GracefulRestart = {
  isRestarting: false,
  coversNotifications: true,
  restartTimeSeconds: 120,
  families: BOTH,
  forwarding: BOTH,
};

// ── received ────────────────────────────────────────────────────────────────────────────────────

test('a neighbor has several paths of a prefix, and the lowest id decides last (step 16)', () => {
  const lab = new Lab();
  const a = lab.add({ session: RECEIVES });
  lab.announce(a, { prefixes: [`${P}#9`], path: [1] });
  lab.announce(a, { prefixes: [`${P}#7`, `${P}#8`], path: [2] });
  lab.announce(a, { prefixes: [`${P}#0`], path: [3, 4] });
  lab.settle();
  // 7, 8 and 9 came in one instant, with equally long paths.
  expect(pathsOf(lab)).toEqual(['7: 2 *', '8: 2', '9: 1', 'null: 3 4']);
  const [best, second] = lookup(lab);
  expect(best?.why).toMatchObject({ step: 16, name: 'path id', value: 7, otherValue: 8 });
  expect(best?.why).toMatchObject({ against: 'peer-1', againstPathId: 8 });
  expect(second?.why).toMatchObject({ step: 16, value: 8, otherValue: 7, againstPathId: 7 });
  expect(lab.routes.counters(a.id)).toMatchObject({ received: 4, accepted: 4 });
  expect(lab.routes.tables().ipv4).toEqual({ prefixes: 1, paths: 4 });
  expect(lab.routes.audit()).toEqual([]);
});

test('an announcement replaces the path of its id, a withdrawal takes one path', () => {
  const lab = new Lab();
  const a = lab.add({ session: RECEIVES });
  lab.announce(a, { prefixes: [`${P}#1`, `${Q}#1`, `${P}#2`, `${Q}#2`], path: [1] });
  lab.announce(a, { prefixes: [`${P}#1`, `${Q}#2`], path: [1, 2] });
  lab.settle();
  expect(pathsOf(lab)).toEqual(['2: 1 *', '1: 1 2']);
  expect(pathsOf(lab, Q)).toEqual(['1: 1 *', '2: 1 2']);
  lab.withdraw(a, [`${P}#2`, `${Q}#1`, `${Q}#3`, '172.22.0.0/24#1']);
  lab.settle();
  expect(pathsOf(lab)).toEqual(['1: 1 2 *']);
  expect(pathsOf(lab, Q)).toEqual(['2: 1 2 *']);
  expect(lab.routes.history(prefix(P), 'exact', 10)).toMatchObject([
    { cause: 'withdrawn', from: 'peer-1', fromPathId: 2, to: 'peer-1', toPathId: 1 },
    { cause: 'first-path', from: null, fromPathId: null, to: 'peer-1', toPathId: 2 },
  ]);
  lab.withdraw(a, [`${P}#1`, `${Q}#2`]);
  lab.settle();
  expect(lab.routes.totals()).toEqual({ ipv4: 0, ipv6: 0 });
  expect(lab.routes.audit()).toEqual([]);
});

test('the families and directions without path ids are read as ever', () => {
  const lab = new Lab();
  const a = lab.add({ session: { addPath: { receive: ['ipv6'], send: ['ipv4'] } } });
  lab.announce(a, { prefixes: [P, `${Q}#5`] });
  lab.settle();
  expect(lookup(lab).map(({ pathId }) => pathId)).toEqual([null]);
  expect(lookup(lab, Q).map(({ pathId }) => pathId)).toEqual([5]);
});

test('rejected paths keep their id and reason, and the page of a neighbor has all of them', () => {
  const lab = new Lab();
  const a = lab.add({ session: RECEIVES });
  lab.announce(a, { prefixes: [`${P}#1`] });
  lab.announce(a, { prefixes: [`${P}#2`], path: [4242426000] });
  lab.announce(a, { prefixes: [`${P}#3`], path: [9], localPref: 1, extra: '400401' });
  lab.settle();
  const page = (which: 'rejected' | 'accepted' | 'received'): unknown =>
    lab.routes
      .routesOf(a.id, which, 0, 2)
      .routes.map(({ pathId, rejected }) => [pathId, rejected?.reason ?? null]);
  expect(page('rejected')).toEqual([
    [2, 'own-as'],
    [3, 'taw:4'],
  ]);
  expect(page('accepted')).toEqual([[1, null]]);
  // All paths of a prefix are on one page, whatever was asked for.
  expect(page('received')).toHaveLength(3);
  expect(lab.routes.audit()).toEqual([]);
});

test('a limit of paths holds per prefix, and the import limit counts paths', () => {
  const lab = new Lab();
  const a = lab.add({ session: RECEIVES, importLimit: PATHS_PER_NEIGHBOR_MAX + 2 });
  const ids = Array.from({ length: PATHS_PER_NEIGHBOR_MAX + 6 }, (_, i) => i + 1);
  lab.announce(a, { prefixes: ids.map((id) => `${P}#${id}`) });
  lab.announce(a, { prefixes: ids.slice(0, 5).map((id) => `172.21.0.0/24#${id}`) });
  lab.settle();
  expect(lookup(lab)).toHaveLength(PATHS_PER_NEIGHBOR_MAX);
  expect(lab.routes.counters(a.id)).toMatchObject({
    notKept: 6,
    accepted: PATHS_PER_NEIGHBOR_MAX + 2,
    rejectedReasons: { 'prefix-limit': 3 },
  });
  // A path that is known is replaced, also at the limit.
  lab.announce(a, { prefixes: [`${P}#3`], path: [1, 2] });
  lab.withdraw(a, [`${P}#1`, `${P}#2`]);
  lab.settle();
  expect(pathsOf(lab).at(-1)).toBe('3: 1 2');
  expect(lab.routes.counters(a.id)).toMatchObject({ accepted: PATHS_PER_NEIGHBOR_MAX + 2 });
  expect(lab.routes.audit()).toEqual([]);
});

test('over a restart every path is stale on its own (RFC 4724 §4.2)', () => {
  const lab = new Lab();
  const a = lab.add({ session: { ...RECEIVES, gracefulRestart: RESTARTS } });
  lab.announce(a, { prefixes: [`${P}#1`, `${P}#2`, `${P}#3`] });
  lab.settle();
  lab.end(a, true);
  lab.settle();
  expect(lookup(lab)).toHaveLength(3);
  lab.establish(a);
  lab.announce(a, { prefixes: [`${P}#2`, `${P}#4`] });
  lab.settle();
  expect(lookup(lab)).toHaveLength(4);
  endOfRib(lab, a);
  lab.settle();
  expect(lookup(lab).map(({ pathId }) => pathId)).toEqual([2, 4]);
  expect(lab.routes.audit()).toEqual([]);
});

test('a restarted neighbor that numbers anew finds room among its stale paths', () => {
  const lab = new Lab();
  const a = lab.add({ session: { ...RECEIVES, gracefulRestart: RESTARTS } });
  const ids = Array.from({ length: PATHS_PER_NEIGHBOR_MAX }, (_, i) => i + 1);
  lab.announce(a, { prefixes: ids.map((id) => `${P}#${id}`) });
  lab.settle();
  lab.end(a, true);
  lab.establish(a);
  lab.announce(a, { prefixes: ids.map((id) => `${P}#${id + 1000}`) });
  lab.settle();
  expect(lab.routes.counters(a.id)).toMatchObject({ notKept: 0, received: ids.length });
  endOfRib(lab, a);
  lab.settle();
  expect(lookup(lab).map(({ pathId }) => pathId)).toEqual(ids.map((id) => id + 1000));
});

test('a session that comes back without path ids leaves none of the stale ones', () => {
  const lab = new Lab();
  const a = lab.add({ session: { ...RECEIVES, gracefulRestart: RESTARTS } });
  lab.announce(a, { prefixes: [`${P}#1`, `${P}#2`] });
  lab.settle();
  lab.end(a, true);
  const { addPath: _addPath, ...plain } = a.session;
  a.session = plain;
  lab.establish(a);
  lab.announce(a, { prefixes: [P], path: [5] });
  endOfRib(lab, a);
  lab.settle();
  expect(pathsOf(lab)).toEqual(['null: 5 *']);
  lab.end(a);
  lab.settle();
  expect(lookup(lab)).toEqual([]);
  expect(lab.routes.audit()).toEqual([]);
});

test('a path that is missing between BoRR and EoRR disappears (RFC 7313 §4.2)', () => {
  const lab = new Lab();
  const a = lab.add({ session: RECEIVES });
  lab.announce(a, { prefixes: [`${P}#1`, `${P}#2`, `${Q}#1`] });
  lab.settle();
  lab.routes.receiveRouteRefresh(a.id, 'ipv4', 1, lab.now);
  lab.announce(a, { prefixes: [`${P}#2`] });
  lab.routes.receiveRouteRefresh(a.id, 'ipv4', 2, lab.now);
  lab.settle();
  expect(lookup(lab).map(({ pathId }) => pathId)).toEqual([2]);
  expect(lookup(lab, Q).map(({ pathId }) => pathId)).toEqual([1]);
});

test('the end of a session takes every path, and the registry judges every one anew', () => {
  const lab = new Lab();
  const a = lab.add({ session: RECEIVES });
  lab.announce(a, { prefixes: [`${P}#1`, `${P}#2`], path: [1] });
  lab.settle();
  lab.routes.updateNeighbor(a.id, { policy: 'full' }, lab.now);
  lab.settle();
  expect(lookup(lab).map(({ rejected }) => rejected?.reason)).toEqual([
    'registry-missing',
    'registry-missing',
  ]);
  lab.end(a);
  lab.settle();
  expect(lookup(lab)).toEqual([]);
  expect(lab.routes.audit()).toEqual([]);
});

// ── malformed (RFC 7606) ────────────────────────────────────────────────────────────────────────

const ATTRIBUTES = concatBytes(
  hex('400101 00'),
  hex('40020602 01 fcde3281'),
  attribute(0x40, 3, new Uint8Array([10, 97, 0, 1])),
);

test('an attribute at fault withdraws the paths named, and no other of their prefixes', () => {
  const lab = new Lab();
  const a = lab.add({ session: RECEIVES });
  lab.announce(a, { prefixes: [`${P}#1`, `${P}#2`] });
  const broken = concatBytes(hex('400101 07'), ATTRIBUTES.slice(4));
  expect(lab.receive(a, updateBody(hex(''), broken, nlri([`${P}#2`])))).toBeUndefined();
  lab.settle();
  expect(lookup(lab).map(({ pathId, rejected }) => [pathId, rejected?.reason])).toEqual([
    [1, undefined],
    [2, 'taw:1'],
  ]);
});

test.each([
  ['a prefix without its id', nlri([P]), '3/10'],
  ['an id without its prefix', hex('00000001'), '3/10'],
  ['half an id', hex('0000'), '3/10'],
  ['a prefix of 33 bits', hex('00000001 21 ac14000000'), '3/10'],
  ['a prefix cut off', hex('00000001 18 ac14'), '3/10'],
])('%s resets the session', (_title, reachable, reaction) => {
  const lab = new Lab();
  const a = lab.add({ session: RECEIVES });
  expect(lab.receive(a, updateBody(hex(''), ATTRIBUTES, reachable))).toBe(reaction);
  expect(lab.receive(a, updateBody(reachable, hex(''), hex('')))).toBe(reaction);
  const unreach = attribute(0x90, 15, concatBytes(hex('000101'), reachable));
  expect(lab.receive(a, updateBody(hex(''), unreach, hex('')))).toBe('3/9');
});

test('prefixes with ids nobody agreed on are not read as if they had them', () => {
  const lab = new Lab();
  const a = lab.add();
  // Four default routes and then the prefix: what an id of 0 looks like without one.
  expect(lab.receive(a, updateBody(hex(''), ATTRIBUTES, nlri([`${P}#0`])))).toBeUndefined();
  lab.settle();
  expect(lookup(lab).map(({ pathId }) => pathId)).toEqual([null]);
  expect(lookup(lab, '0.0.0.0/0')).toHaveLength(1);
});

// ── sent ────────────────────────────────────────────────────────────────────────────────────────

test('all paths are told under ids of ours, but none back to where it came from', () => {
  const lab = new Lab();
  const a = lab.add({ session: RECEIVES });
  const b = lab.add({ session: SENDS });
  const c = lab.add();
  lab.announce(a, { prefixes: [`${P}#70`], path: [1] });
  lab.announce(a, { prefixes: [`${P}#80`], path: [1, 2] });
  lab.announce(b, { prefixes: [P], path: [3] });
  lab.announce(c, { prefixes: [P, Q], path: [4, b.asn] });
  lab.settle();
  const own = 4242426000;
  expect([...b.table.values()].sort()).toEqual([`${own} ${a.asn} 1`, `${own} ${a.asn} 1 2`]);
  // A neighbor that takes one path gets the best, without ids.
  expect([...c.table]).toEqual([[P, `${own} ${a.asn} 1`]]);
  expect(lab.routes.counters(b.id).sent).toBe(2);
  const views = lab.routes.exportsOf(prefix(P)).filter(({ to }) => to === 'peer-2');
  expect(views.map(({ path, isAnnounced, reason }) => [path, isAnnounced, reason])).toEqual([
    [{ from: 'peer-1', pathId: 70, sentId: 1 }, true, null],
    [{ from: 'peer-2', pathId: null, sentId: null }, false, 'split-horizon'],
    [{ from: 'peer-1', pathId: 80, sentId: 2 }, true, null],
    [{ from: 'peer-3', pathId: null, sentId: null }, false, 'as-in-path'],
  ]);
  const sent = lab.routes.routesOf(b.id, 'sent', 0, 10).routes;
  expect(sent.map(({ pathId, attributes }) => [pathId, attributes.asPathText])).toEqual([
    [1, `${own} ${a.asn} 1`],
    [2, `${own} ${a.asn} 1 2`],
  ]);
  expect(lab.routes.audit()).toEqual([]);
});

test('a path that changes keeps its id, one that goes is withdrawn alone, and its id is free', () => {
  const lab = new Lab();
  const [a, b, d] = [lab.add(), lab.add(), lab.add()];
  const c = lab.add({ session: SENDS });
  for (const each of [a, b, d]) lab.announce(each, { prefixes: [P], path: [1] });
  lab.settle();
  lab.take(c);
  lab.announce(b, { prefixes: [P], path: [1, 2] });
  lab.settle();
  expect(lab.take(c).map(({ announced, withdrawn }) => [announced, withdrawn])).toEqual([
    [[`${P}#2`], []],
  ]);
  lab.withdraw(a, [P]);
  lab.settle();
  expect(lab.take(c).map(({ announced, withdrawn }) => [announced, withdrawn])).toEqual([
    [[], [`${P}#1`]],
  ]);
  // The same route again is no news, and nothing is said.
  lab.announce(b, { prefixes: [P], path: [1, 2] });
  lab.settle();
  expect(lab.take(c)).toEqual([]);
  lab.announce(a, { prefixes: [P], path: [5] });
  lab.settle();
  expect(lab.take(c).map(({ announced }) => announced)).toEqual([[`${P}#1`]]);
  for (const each of [a, b, d]) lab.end(each);
  lab.settle();
  expect(c.table.size).toBe(0);
  expect(lab.routes.counters(c.id).sent).toBe(0);
  expect(lab.routes.audit()).toEqual([]);
});

test('best-N tells the N best that are for the neighbor, and changes without a new session', () => {
  const lab = new Lab();
  const sources = [1, 2, 3, 4].map(() => lab.add());
  const c = lab.add({ session: SENDS, sentPathsMax: 2 });
  lab.announce(c, { prefixes: [P] });
  for (const [i, each] of sources.entries())
    lab.announce(each, { prefixes: [P], path: Array.from({ length: i + 1 }, () => 7) });
  lab.settle();
  const told = (): number[] =>
    [...c.table.values()].map((path) => path.split(' ').filter((asn) => asn === '7').length).sort();
  expect(told()).toEqual([1, 2]);
  const reasons = lab.routes.exportsOf(prefix(P)).filter(({ to }) => to === c.config.name);
  expect(reasons.map(({ reason }) => reason)).toEqual([
    'split-horizon',
    null,
    null,
    'not-among-best',
    'not-among-best',
  ]);
  lab.withdraw(sources[0] as LabNeighbor, [P]);
  lab.settle();
  expect(told()).toEqual([2, 3]);
  lab.routes.updateNeighbor(c.id, { sentPathsMax: Number.POSITIVE_INFINITY }, lab.now);
  lab.settle();
  expect(told()).toEqual([2, 3, 4]);
  expect(lab.routes.audit()).toEqual([]);
});

test('MED counts within a neighbor AS when the best are chosen (RFC 4271 §9.1.2.2 c)', () => {
  const lab = new Lab({ decision: { preferOlder: false } });
  const wish = { asn: 4242420099 };
  const [a, b, x] = [lab.add(wish), lab.add(wish), lab.add()];
  const c = lab.add({ session: SENDS, sentPathsMax: 1 });
  lab.announce(a, { prefixes: [P], path: [1], med: 10 });
  lab.announce(b, { prefixes: [P], path: [2], med: 5 });
  lab.announce(x, { prefixes: [P], path: [3] });
  lab.settle();
  // a would win against x by its router id, but lost to b of its own AS before.
  const last = [...c.table.values()].map((path) => path.split(' ').at(-1));
  expect(last.sort()).toEqual(['2']);
});

test('a route refresh brings every path again, between its markers', () => {
  const lab = new Lab();
  const [a, b] = [lab.add(), lab.add()];
  const c = lab.add({ session: SENDS });
  lab.announce(a, { prefixes: [P, Q] });
  lab.announce(b, { prefixes: [P] });
  lab.settle();
  lab.take(c);
  lab.routes.receiveRouteRefresh(c.id, 'ipv4', 0, lab.now);
  lab.settle();
  expect(c.markers.map(({ subtype }) => subtype)).toEqual([1, 2]);
  expect(
    lab
      .take(c)
      .flatMap(({ announced }) => announced)
      .sort(),
  ).toEqual([`${P}#1`, `${P}#2`]);
});

test('own prefixes are told with an id too, and the policy of a source takes its paths back', () => {
  const lab = new Lab();
  lab.routes.setOwnPrefixes([prefix(P)], lab.now);
  const [a, b] = [lab.add({ asn: 4242426000, session: { isInternal: true } }), lab.add()];
  const c = lab.add({ session: SENDS, policy: 'accept-all' });
  lab.announce(a, { prefixes: [P], path: [4242420007] });
  lab.announce(b, { prefixes: [Q] });
  lab.settle();
  expect([...c.table.keys()].sort()).toEqual([`${P}#1`, `${P}#2`, `${Q}#1`]);
  lab.routes.updateNeighbor(a.id, { policy: 'peer-only' }, lab.now);
  lab.settle();
  expect([...c.table.keys()].sort()).toEqual([`${P}#1`, `${Q}#1`]);
  lab.routes.setOwnPrefixes([], lab.now);
  lab.settle();
  expect([...c.table.keys()]).toEqual([`${Q}#1`]);
  expect(lab.routes.audit()).toEqual([]);
});

test('many paths of many prefixes fill messages of both families and survive a slow session', () => {
  const lab = new Lab({ outboxBytesMax: 20_000 });
  const sources = [1, 2, 3].map(() => lab.add());
  const c = lab.add({ session: SENDS });
  const prefixes = Array.from({ length: 700 }, (_, i) => [
    `172.20.${i >>> 3}.${(i & 7) * 32}/27`,
    `fd42:${i + 1}::/48`,
  ]).flat();
  c.room = 3;
  for (const [i, each] of sources.entries()) lab.announce(each, { prefixes, path: [i + 1] });
  lab.settle();
  for (const [i, each] of sources.entries()) {
    if (i > 0) lab.announce(each, { prefixes, path: [i + 1, 9] });
  }
  lab.withdraw(sources[0] as LabNeighbor, prefixes.slice(0, 900));
  lab.settle();
  for (let turn = 0; turn < 60; turn++) {
    c.room = 2;
    lab.routes.writable(c.id, lab.now);
    lab.settle();
  }
  expect(c.table.size).toBe(prefixes.length * 3 - 900);
  const paths = new Set([...c.table.values()].map((path) => path.split(' ').slice(2).join(' ')));
  expect([...paths].sort()).toEqual(['1', '2 9', '3 9']);
  expect(Math.max(...c.heard.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(4096);
  expect(lab.routes.audit()).toEqual([]);
});

// ── helpers ─────────────────────────────────────────────────────────────────────────────────────

function lookup(lab: Lab, text = P): RouteView[] {
  return lab.routes.lookup({ prefix: prefix(text), mode: 'exact' }, 1000);
}

/** `<path id>: <path behind the neighbor's AS>`, best first. */
function pathsOf(lab: Lab, text = P): string[] {
  return lookup(lab, text).map(({ pathId, attributes, isBest }) => {
    const path = attributes.asPathText.split(' ').slice(1).join(' ');
    return `${pathId}: ${path}${isBest ? ' *' : ''}`;
  });
}

function endOfRib(lab: Lab, neighbor: LabNeighbor): void {
  lab.receive(neighbor, hex('00000000'));
  lab.receive(neighbor, updateBody(hex(''), attribute(0x80, 15, hex('000201')), hex('')));
}
