import { expect, test } from 'vitest';
import type { PolicyDocument } from '../policy/rules/index.ts';
import { type BindingWish, bindTo } from './testing/bind-policy.ts';
import { Lab, type LabNeighbor } from './testing/lab.ts';
import { prefix } from './testing/updates.ts';
import type { DryRunRow } from './types.ts';

const P = '172.20.0.0/24';
const Q = '172.20.1.0/24';
const V6 = 'fd42:1::/48';
const NO_PATH_IDS = { fromPathId: null, toPathId: null };

/** Gives a neighbor a policy, as a configuration does, and lets it work. */
function apply(
  lab: Lab,
  document: PolicyDocument,
  neighbor: LabNeighbor,
  wish: BindingWish = {},
): void {
  lab.routes.updateNeighbor(neighbor.id, { rules: bindTo(neighbor, document, wish) }, lab.now);
  lab.settle();
}

const one = (then: object, condition?: object): PolicyDocument =>
  ({
    policies: { mine: { rules: [{ name: 'here', if: condition ?? {}, then }] } },
  }) as PolicyDocument;
const IMPORT: BindingWish = { import: ['mine'] };
const EXPORT: BindingWish = { export: ['mine'] };

const views = (lab: Lab, text = P) =>
  lab.routes.lookup({ prefix: prefix(text), mode: 'exact' }, 10);

test('a hot import policy changes preference and best path without a word of the neighbors', () => {
  const lab = new Lab();
  const [x, y] = [lab.add({ name: 'x' }), lab.add({ name: 'y' })];
  lab.announce(x, { prefixes: [P, Q] });
  lab.announce(y, { prefixes: [P, Q], path: [7] });
  lab.settle();
  expect(lab.best(P)).toBe('x');
  apply(lab, one({ localPref: 600 }, { pathContains: 7, prefix: P }), y, IMPORT);
  expect([lab.best(P), lab.best(Q)]).toEqual(['y', 'x']);
  expect(views(lab)[0]).toMatchObject({
    attributes: { localPref: 600 },
    changedBy: ['mine, rule 1 "here": local preference: 100 -> 600'],
  });
  expect(lab.routes.audit()).toEqual([]);
  // And back: what was received is still there.
  apply(lab, {}, y);
  expect(lab.best(P)).toBe('x');
  expect(views(lab)[1]).toMatchObject({ attributes: { localPref: 100 }, changedBy: [] });
  expect(lab.routes.audit()).toEqual([]);
});

test('a rule that rejects is the reason, by name and place', () => {
  const lab = new Lab();
  const x = lab.add({ name: 'x' });
  apply(lab, one({ reject: true }, { community: '65000:666' }), x, IMPORT);
  lab.announce(x, { prefixes: [P, V6], communities: ['65000:666'] });
  lab.announce(x, { prefixes: [Q] });
  lab.settle();
  expect(views(lab)[0]?.rejected).toEqual({
    reason: 'rule:here',
    code: 16,
    rule: 'mine, rule 1 "here"',
    roas: [],
  });
  expect(lab.routes.counters(x.id)).toMatchObject({
    accepted: 1,
    rejectedReasons: { 'rule:here': 2 },
  });
  expect(lab.routes.explainPolicy(x.id, 'import', prefix(P))).toMatchObject([
    { verdict: 'reject', reason: 'rule:here' },
  ]);
  expect(lab.routes.audit()).toEqual([]);
});

test('none and own-only are the ends of the scale', () => {
  const lab = new Lab();
  lab.routes.setOwnPrefixes([prefix('172.21.128.0/27')], lab.now);
  const [x, y] = [lab.add({ name: 'x' }), lab.add({ name: 'y' })];
  apply(lab, {}, x, { import: ['none'] });
  apply(lab, {}, y, { export: ['own-only'] });
  lab.announce(x, { prefixes: [P] });
  lab.settle();
  expect(lab.routes.counters(x.id).rejectedReasons).toEqual({ 'no-policy': 1 });
  apply(lab, {}, x);
  expect(lab.best(P)).toBe('x');
  expect([...y.table.keys()]).toEqual(['172.21.128.0/27']);
  expect(lab.routes.exportsOf(prefix(P)).find(({ to }) => to === 'y')).toMatchObject({
    reason: 'policy',
    rule: 'own-only, none of its rules',
  });
});

test('communities, MED and prepends arrive as the rules say; a received MED does not', () => {
  const lab = new Lab();
  const [x, y, z] = [lab.add({ name: 'x' }), lab.add({ name: 'y' }), lab.add({ name: 'z' })];
  lab.announce(x, { prefixes: [P, V6], med: 7, communities: ['64511:2'] });
  const document = one({ linkFlags: true, med: { add: 43 }, prepend: 2 }, { family: 'ipv4' });
  apply(lab, document, y, { ...EXPORT, parameters: { latency: 5, encryption: 34 } });
  const toldOf = (neighbor: LabNeighbor, text: string) =>
    neighbor.heard.filter(({ announced }) => announced.includes(text)).at(-1)?.attributes;
  expect(toldOf(y, P)).toMatchObject({
    med: 50,
    communities: ['64511:5', '64511:34'],
    asPathText: '4242426000 4242426000 4242426000 4242420001',
  });
  expect(toldOf(y, V6)).toMatchObject({ med: null, communities: ['64511:2'] });
  expect(toldOf(z, P)).toMatchObject({ med: null, asPathText: '4242426000 4242420001' });
  expect(lab.routes.audit()).toEqual([]);
});

test('another export policy tells what differs and nothing else', () => {
  const lab = new Lab();
  const [x, y] = [lab.add({ name: 'x' }), lab.add({ name: 'y' })];
  lab.announce(x, { prefixes: [P, V6] });
  lab.announce(x, { prefixes: [Q], communities: ['1:1'] });
  lab.settle();
  lab.take(y);
  apply(lab, one({ reject: true }, { community: '1:1' }), y, EXPORT);
  expect(lab.take(y).map(({ announced, withdrawn }) => [announced, withdrawn])).toEqual([
    [[], [Q]],
  ]);
  apply(lab, one({ addCommunities: '2:2' }, { prefix: P }), y, EXPORT);
  const told = lab.take(y).flatMap(({ announced }) => announced);
  expect(told.sort()).toEqual([P, Q]);
  // The same rules by other words: nothing at all.
  apply(lab, one({ addCommunities: '2:2' }, { prefix: [P] }), y, EXPORT);
  expect(lab.take(y)).toEqual([]);
  expect(lab.routes.audit()).toEqual([]);
});

test('what changes while the difference is being told is not missed', () => {
  const lab = new Lab();
  const [x, y] = [lab.add({ name: 'x' }), lab.add({ name: 'y' })];
  const many = Array.from({ length: 5000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
  for (let i = 0; i < many.length; i += 500)
    lab.announce(x, { prefixes: many.slice(i, i + 500), communities: ['1:1'] });
  lab.settle();
  lab.routes.updateNeighbor(
    y.id,
    { rules: bindTo(y, one({ addCommunities: '2:2' }, { pathContains: 9 }), EXPORT) },
    lab.now,
  );
  lab.routes.runPending(lab.now, 64);
  const last = many.at(-1) as string;
  lab.announce(x, { prefixes: [last], path: [9] });
  lab.withdraw(x, [many[4000] as string]);
  lab.settle();
  expect(y.table.get(last)).toBe('4242426000 4242420001 9');
  expect(y.table.has(many[4000] as string)).toBe(false);
  expect(y.table.size).toBe(4999);
  expect(lab.routes.audit()).toEqual([]);
});

test('equal rules and values share a group, whatever the peerings are called', () => {
  const lab = new Lab();
  const [x, y, z] = [lab.add({ name: 'x' }), lab.add({ name: 'y' }), lab.add({ name: 'z' })];
  const document = one({ linkFlags: true });
  for (const neighbor of [y, z])
    apply(lab, document, neighbor, { ...EXPORT, parameters: { latency: 4 } });
  lab.announce(x, { prefixes: [P] });
  lab.settle();
  // One encoding for both: the very same octets.
  expect(y.heard.at(-1)?.bytes).toEqual(z.heard.at(-1)?.bytes);
  expect(y.heard.at(-1)?.attributes?.communities).toEqual(['64511:4']);
});

test('dynamic neighbors of several ASes are judged each by its own', () => {
  const lab = new Lab();
  const x = lab.add({ name: 'x' });
  // One peering, whose AS stands for a range; who is there only the session knows.
  const dynamic = [4242420011, 4242420012].map((asn) => lab.add({ name: 'range', asn }));
  const document = one(
    { prepend: 1, actionCommunities: true },
    { peerAsn: '4242420010-4242420011' },
  );
  for (const neighbor of dynamic) {
    const rules = bindTo(neighbor, document, {
      asn: 4242420010,
      import: ['mine'],
      export: ['mine'],
    });
    lab.routes.updateNeighbor(
      neighbor.id,
      { rules, peerAsn: 4242420010 as LabNeighbor['asn'] },
      lab.now,
    );
  }
  lab.announce(x, { prefixes: [P], path: [7] });
  for (const [i, neighbor] of dynamic.entries())
    lab.announce(neighbor, { prefixes: [`10.${i}.0.0/16`] });
  lab.settle();
  expect(dynamic.map(({ table }) => table.get(P))).toEqual([
    '4242426000 4242426000 4242420001 7',
    '4242426000 4242420001 7',
  ]);
  expect([0, 1].map((i) => lab.view(`10.${i}.0.0/16`)?.attributes.asPathText)).toEqual([
    '4242420011 4242420011',
    '4242420012',
  ]);
  for (const [i, neighbor] of dynamic.entries()) {
    const [told] = lab.routes.explainPolicy(neighbor.id, 'export', prefix(P));
    expect(told?.trace.at(-1)?.isMatched).toBe(i === 0);
  }
});

test('rules that ask for the ROA answer anew with a new registry', () => {
  const lab = new Lab();
  const [x, y] = [lab.add({ name: 'x' }), lab.add({ name: 'y' })];
  lab.announce(x, { prefixes: [P] });
  apply(lab, one({ reject: true }, { roa: 'not-found' }), y, EXPORT);
  expect(y.table.size).toBe(0);
  const roa = { prefix: prefix(P), maxLength: 24, asn: x.asn };
  lab.routes.setRoas([roa], { ipv4: [], ipv6: [] }, lab.now);
  lab.settle();
  expect([...y.table.keys()]).toEqual([P]);
});

test('a dry run tells what would change, and changes nothing', () => {
  const lab = new Lab();
  const [x, y, z] = [lab.add({ name: 'x' }), lab.add({ name: 'y' }), lab.add({ name: 'z' })];
  lab.announce(x, { prefixes: [P, Q] });
  lab.announce(y, { prefixes: [P], path: [5, 6] });
  for (const neighbor of [x, y, z]) apply(lab, {}, neighbor);
  const candidate = one({ reject: true }, { peer: 'x' });
  const rows = [
    ...lab.routes.dryRun(new Map([x, y, z].map((n) => [n.id, bindTo(n, candidate, IMPORT)]))),
  ].filter(({ kind }) => kind !== 'progress');
  const rule = 'mine, rule 1 "here"';
  expect(rows).toEqual<DryRunRow[]>([
    { kind: 'path', session: 'x', prefix: P, pathId: null, change: 'rejected', rule },
    { kind: 'best', prefix: P, from: 'x', to: 'y', ...NO_PATH_IDS },
    { kind: 'export', session: 'x', prefix: P, change: 'announced' },
    { kind: 'export', session: 'y', prefix: P, change: 'withdrawn' },
    { kind: 'export', session: 'z', prefix: P, change: 'changed' },
    { kind: 'path', session: 'x', prefix: Q, pathId: null, change: 'rejected', rule },
    { kind: 'best', prefix: Q, from: 'x', to: null, ...NO_PATH_IDS },
    { kind: 'export', session: 'y', prefix: Q, change: 'withdrawn' },
    { kind: 'export', session: 'z', prefix: Q, change: 'withdrawn' },
  ]);
  expect(lab.best(P)).toBe('x');
  lab.settle();
  expect(lab.routes.audit()).toEqual([]);
  // And it told the truth.
  for (const neighbor of [x, y, z]) apply(lab, candidate, neighbor, IMPORT);
  expect([lab.best(P), lab.best(Q), z.table.get(P)]).toEqual([
    'y',
    undefined,
    '4242426000 4242420002 5 6',
  ]);
});

test('a route nobody announced can be judged', () => {
  const lab = new Lab();
  const x = lab.add({ name: 'x' });
  apply(lab, one({ localPref: 50 }, { community: '1:1' }), x, IMPORT);
  const route = { prefix: prefix('10.5.0.0/16'), path: [x.asn, 3], communities: ['1:1'] };
  const [explanation] = lab.routes.explainPolicy(x.id, 'import', route);
  expect(explanation).toMatchObject({ verdict: 'accept', reason: null });
  expect(explanation?.trace.at(-1)).toMatchObject({
    policy: 'mine',
    number: 1,
    isMatched: true,
    changes: ['local preference: 100 -> 50'],
  });
});

test('each of several paths of a prefix is judged and changed by itself (RFC 7911)', () => {
  const lab = new Lab();
  const [x, y, z] = [lab.add({ name: 'x' }), lab.add({ name: 'y' }), lab.add({ name: 'z' })];
  const several = lab.add({ session: { addPath: { receive: [], send: ['ipv4', 'ipv6'] } } });
  for (const [neighbor, path] of [
    [x, 7],
    [y, 8],
    [z, 9],
  ] as const)
    lab.announce(neighbor, { prefixes: [P], path: [path] });
  lab.settle();
  expect([...several.table.keys()].sort()).toEqual([`${P}#1`, `${P}#2`, `${P}#3`]);
  lab.take(several);
  const document: PolicyDocument = {
    policies: {
      mine: {
        rules: [
          { name: 'not-8', if: { pathContains: 8 }, then: { reject: true } },
          { name: 'mark-9', if: { pathContains: 9 }, then: { addCommunities: '2:2' } },
        ],
      },
    },
  };
  apply(lab, document, several, EXPORT);
  // What stays as it was is not told again; what is told again is told under its id.
  const heard = lab.take(several);
  expect(heard.flatMap(({ withdrawn }) => withdrawn)).toEqual([`${P}#2`]);
  expect(heard.flatMap(({ announced }) => announced)).toEqual([`${P}#3`]);
  expect(heard.at(-1)?.attributes).toMatchObject({ communities: ['2:2'] });
  expect(
    lab.routes
      .exportsOf(prefix(P))
      .filter(({ neighbor }) => neighbor === several.id)
      .map(({ reason, rule }) => [reason, rule]),
  ).toEqual([
    [null, null],
    ['policy', 'mine, rule 1 "not-8"'],
    [null, null],
  ]);
  expect(lab.routes.audit()).toEqual([]);
});
