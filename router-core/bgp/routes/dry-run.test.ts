import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type PolicyBinding,
  type PolicyDocument,
  resolvePolicyDocument,
} from '../policy/rules/index.ts';
import { ruleText } from '../policy/rules/testing/arbitraries.ts';
import { type BindingWish, bindTo } from './testing/bind-policy.ts';
import { Lab, type LabNeighbor } from './testing/lab.ts';
import { prefix } from './testing/updates.ts';
import type { DryRunRow } from './types.ts';

const P = '172.20.0.0/24';
const ADD_PATH = { receive: [], send: ['ipv4', 'ipv6'] } as const;

function apply(lab: Lab, neighbor: LabNeighbor, rules: PolicyBinding): void {
  lab.routes.updateNeighbor(neighbor.id, { rules }, lab.now);
  lab.settle();
}

const rowsOf = (lab: Lab, candidates: ReadonlyMap<LabNeighbor, PolicyBinding>): DryRunRow[] =>
  [...lab.routes.dryRun(new Map([...candidates].map(([{ id }, rules]) => [id, rules])))].filter(
    ({ kind }) => kind !== 'progress',
  );

const one = (then: object, condition: object = {}): PolicyDocument =>
  ({ policies: { mine: { rules: [{ name: 'here', if: condition, then }] } } }) as PolicyDocument;

test('a next hop nothing leads to stays unresolved, and a blackhole stays as it is marked', () => {
  const lab = new Lab();
  const blackhole = { ipv4: { blackhole: true }, ipv6: { blackhole: true } };
  const far = lab.add({ name: 'far', isMultihop: true });
  const asker = lab.add({ name: 'asker', options: blackhole });
  lab.announce(far, { prefixes: [P], nextHop: '172.21.9.1' });
  lab.announce(asker, { prefixes: ['172.20.1.9/32'], communities: ['65535:666'] });
  lab.settle();
  expect(lab.view(P)?.rejected?.reason).toBe('next-hop-unresolved');
  for (const neighbor of [far, asker]) apply(lab, neighbor, bindTo(neighbor, {}));
  const same = new Map([far, asker].map((neighbor) => [neighbor, bindTo(neighbor, {})]));
  expect(rowsOf(lab, same)).toEqual([]);
  // A rule that touches what is accepted leaves the marks of RFC 7999 §3.2.
  const marked = bindTo(asker, one({ localPref: 7 }), { import: ['mine'] });
  expect(rowsOf(lab, new Map([[asker, marked]]))).toMatchObject([
    { kind: 'path', session: 'asker', change: 'changed' },
  ]);
});

test('what a neighbor without policies tells is learnt, not ours', () => {
  const lab = new Lab();
  const [host, y] = [lab.add({ name: 'host' }), lab.add({ name: 'y' })];
  lab.announce(host, { prefixes: [P] });
  apply(lab, y, bindTo(y, {}));
  expect(y.table.has(P)).toBe(true);
  const onlyOwn = bindTo(y, one({ reject: true }, { source: 'learnt' }), { export: ['mine'] });
  expect(rowsOf(lab, new Map([[y, onlyOwn]]))).toEqual([
    { kind: 'export', session: 'y', prefix: P, change: 'withdrawn' },
  ]);
  const toOwn = bindTo(y, one({ reject: true }, { source: 'own' }), { export: ['mine'] });
  expect(rowsOf(lab, new Map([[y, toOwn]]))).toEqual([]);
});

test('each path of a neighbor that takes several is compared (RFC 7911)', () => {
  const lab = new Lab();
  const [x, y] = [lab.add({ name: 'x' }), lab.add({ name: 'y' })];
  const several = lab.add({ name: 'several', session: { addPath: ADD_PATH } });
  lab.announce(x, { prefixes: [P], path: [7] });
  lab.announce(y, { prefixes: [P], path: [7, 8] });
  for (const neighbor of [x, y, several]) apply(lab, neighbor, bindTo(neighbor, {}));
  const not8 = bindTo(several, one({ reject: true }, { pathContains: 8 }), { export: ['mine'] });
  expect(rowsOf(lab, new Map([[several, not8]]))).toEqual([
    {
      kind: 'export',
      session: 'several',
      prefix: P,
      path: { from: 'y', pathId: null },
      change: 'withdrawn',
    },
  ]);
  const mark8 = one({ addCommunities: '1:1' }, { pathContains: 8 });
  expect(
    rowsOf(lab, new Map([[several, bindTo(several, mark8, { export: ['mine'] })]])),
  ).toMatchObject([{ kind: 'export', path: { from: 'y' }, change: 'changed' }]);
  const noX = bindTo(x, one({ reject: true }), { import: ['mine'] });
  expect(
    rowsOf(lab, new Map([x, several].map((n) => [n, n === x ? noX : bindTo(n, {})]))),
  ).toMatchObject([
    { kind: 'path', session: 'x', change: 'rejected' },
    { kind: 'best', from: 'x', to: 'y' },
    { kind: 'export', session: 'x', change: 'announced' },
    { kind: 'export', session: 'several', path: { from: 'x' }, change: 'withdrawn' },
  ]);
});

test('a client of a route server is told the next best path that is for it (RFC 7947 §2.3)', () => {
  const lab = new Lab();
  const client = (name: string): LabNeighbor => lab.add({ name, routeServerClient: true });
  const [x, y, z] = [client('x'), client('y'), client('z')];
  lab.announce(x, { prefixes: [P] });
  lab.announce(y, { prefixes: [P], path: [7] });
  for (const neighbor of [x, y, z]) apply(lab, neighbor, bindTo(neighbor, {}));
  const noX = bindTo(x, one({ reject: true }), { import: ['mine'] });
  expect(
    rowsOf(lab, new Map([[x, noX], ...[y, z].map((n) => [n, bindTo(n, {})] as const)])),
  ).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ kind: 'best', from: 'x', to: 'y' }),
      expect.objectContaining({
        session: 'z',
        path: { from: 'x', pathId: null },
        change: 'withdrawn',
      }),
      expect.objectContaining({
        session: 'z',
        path: { from: 'y', pathId: null },
        change: 'announced',
      }),
      expect.objectContaining({
        session: 'y',
        path: { from: 'x', pathId: null },
        change: 'withdrawn',
      }),
    ]),
  );
  const notX = bindTo(z, one({ reject: true }, { fromPeer: 'x' }), { export: ['mine'] });
  expect(rowsOf(lab, new Map([[z, notX]]))).toMatchObject([
    { session: 'z', path: { from: 'x' }, change: 'withdrawn' },
    { session: 'z', path: { from: 'y' }, change: 'announced' },
  ]);
  expect(lab.routes.audit()).toEqual([]);
});

test('a default route of our own stays as it is, unless nothing is exported any more', () => {
  const lab = new Lab();
  const options = { ipv4: { defaultOriginate: true }, ipv6: {} };
  const all = [
    lab.add({ name: 'plain', options }),
    lab.add({ name: 'several', options, session: { addPath: ADD_PATH } }),
    lab.add({ name: 'client', options, routeServerClient: true }),
  ];
  const x = lab.add({ name: 'x' });
  for (const each of all) apply(lab, each, bindTo(each, {}));
  const rowsWith = (wish: BindingWish): DryRunRow[] =>
    rowsOf(lab, new Map(all.map((each) => [each, bindTo(each, {}, wish)])));
  const withdrawn = all.map(({ config }) => ({
    kind: 'export',
    session: config.name,
    prefix: '0.0.0.0/0',
    change: 'withdrawn',
  }));
  // Whatever the table says of the prefix.
  for (const isInTable of [false, true]) {
    if (isInTable) lab.announce(x, { prefixes: ['0.0.0.0/0'] });
    lab.settle();
    expect(rowsWith({})).toEqual([]);
    expect(rowsWith({ export: ['none'] })).toEqual(withdrawn);
  }
  for (const each of all) {
    expect(each.table.size).toBe(1);
    apply(lab, each, bindTo(each, {}, { export: ['none'] }));
    expect(each.table.size).toBe(0);
  }
  expect(rowsWith({})).toEqual(withdrawn.map((row) => ({ ...row, change: 'announced' })));
});

/** What a lab is like, in the words of a dry run. */
function stateOf(lab: Lab, neighbors: readonly LabNeighbor[], prefixes: readonly string[]) {
  const paths = new Map<string, string>();
  const best = new Map<string, string>();
  const told = new Map<string, string>();
  for (const text of prefixes)
    for (const view of lab.routes.lookup({ prefix: prefix(text), mode: 'exact' }, 50)) {
      const { from, pathId, rejected, isBest } = view;
      paths.set(`${text} ${from} ${pathId}`, rejected === null ? 'accepted' : 'rejected');
      if (isBest) best.set(text, `${from} ${pathId}`);
    }
  for (const { id, config } of neighbors)
    for (const view of lab.routes.routesOf(id, 'sent', 0, 1000).routes) {
      const { prefix: text, pathId, attributes } = view;
      told.set(`${text} ${config.name} ${pathId}`, JSON.stringify(attributes));
    }
  return { paths, best, told };
}

/** Keys whose value came, went or differs: `announced`, `withdrawn`, `changed`. */
function differences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>) {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return keys
    .filter((key) => before.get(key) !== after.get(key))
    .map((key) => ({ key, before: before.get(key), after: after.get(key) }));
}

test('what a dry run says is what happens when the policies run', () => {
  const prefixes = ['172.21.129.0/27', '172.21.130.0/27', 'fdb1:6000:101::/48'];
  const announcement = fc.record({
    who: fc.nat(4),
    prefix: fc.constantFrom(...prefixes),
    path: fc.array(fc.constantFrom(7, 8, 4242426002, 4242426005), { maxLength: 3 }),
    pathId: fc.constantFrom(1, 2),
    communities: fc.constantFrom([], ['64511:3'], ['1:42', '64511:24']),
  });
  const document = fc.array(ruleText, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(
      fc.array(announcement, { minLength: 1, maxLength: 8 }),
      document,
      document,
      fc.constantFrom<BindingWish>({ import: ['mine'] }, { export: ['mine'] }, {
        import: ['mine'],
        export: ['mine'],
      } as BindingWish),
      (announced, first, second, wish) => {
        const documentOf = (rules: typeof first): PolicyDocument => ({
          groups: { near: {} },
          policies: { mine: { rules: rules.map((rule, i) => ({ ...rule, name: `r${i}` })) } },
        });
        const [present, candidate] = [documentOf(first), documentOf(second)];
        const isRight = (of: PolicyDocument): boolean =>
          resolvePolicyDocument(of).book !== undefined;
        if (!isRight(present) || !isRight(candidate)) return;
        const lab = new Lab();
        const neighbors = [
          lab.add({ name: 'x', asn: 4242426001 }),
          lab.add({
            name: 'several',
            session: { addPath: { receive: ['ipv4', 'ipv6'], send: ['ipv4', 'ipv6'] } },
            sentPathsMax: 2,
          }),
          lab.add({ name: 'far', isMultihop: true }),
          lab.add({ name: 'client', routeServerClient: true }),
          lab.add({ name: 'host' }),
        ];
        const bound = neighbors.slice(0, 4);
        for (const neighbor of bound) apply(lab, neighbor, bindTo(neighbor, present, wish));
        for (const { who, prefix: text, path, pathId, communities } of announced) {
          const id = who === 1 ? `#${pathId}` : '';
          lab.announce(neighbors[who] as LabNeighbor, {
            prefixes: [`${text}${id}`],
            path,
            communities,
          });
        }
        lab.settle(2000);
        const rows = rowsOf(
          lab,
          new Map(bound.map((neighbor) => [neighbor, bindTo(neighbor, candidate, wish)])),
        );
        const before = stateOf(lab, neighbors, prefixes);
        for (const neighbor of bound) apply(lab, neighbor, bindTo(neighbor, candidate, wish));
        lab.settle(2000);
        const after = stateOf(lab, neighbors, prefixes);

        const paths = rows.flatMap((row) =>
          row.kind === 'path' && row.change !== 'changed'
            ? [{ key: `${row.prefix} ${row.session} ${row.pathId}`, after: row.change }]
            : [],
        );
        const sorted = (list: readonly object[]): string[] =>
          list.map((each) => JSON.stringify(each)).sort();
        expect(sorted(paths)).toEqual(
          sorted(
            differences(before.paths, after.paths).map(({ key, after: to }) => ({
              key,
              after: to,
            })),
          ),
        );
        const best = rows.flatMap((row) =>
          row.kind === 'best'
            ? [
                {
                  key: row.prefix,
                  ...(row.from === null ? {} : { before: `${row.from} ${row.fromPathId}` }),
                  ...(row.to === null ? {} : { after: `${row.to} ${row.toPathId}` }),
                },
              ]
            : [],
        );
        expect(sorted(best)).toEqual(sorted(differences(before.best, after.best)));
        // Of several paths, ids of ours are not those of the rows: what counts is how many come and go.
        const happened = differences(before.told, after.told);
        for (const { config } of bound) {
          const isOf = ({ key }: { key: string }): boolean => key.includes(` ${config.name} `);
          const mine = rows.filter((row) => row.kind === 'export' && row.session === config.name);
          const came = happened.filter((each) => isOf(each) && each.before === undefined).length;
          const went = happened.filter((each) => isOf(each) && each.after === undefined).length;
          const countOf = (change: string): number =>
            mine.filter((row) => row.kind === 'export' && row.change === change).length;
          expect(countOf('announced') - countOf('withdrawn')).toBe(came - went);
          if (!['several', 'client'].includes(config.name))
            expect([countOf('announced'), countOf('withdrawn')]).toEqual([came, went]);
        }
      },
    ),
    { numRuns: 60 },
  );
});
