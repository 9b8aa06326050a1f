/**
 * What operators' rules keep from clients of a route server; and a route server against a model that decides
 * per client as RFC 7947 §2.3.2.1 draws it: the rules first, then the decision among what they leave.
 * Whatever happens in whatever order, each client holds that path.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PolicyDocument } from '../policy/rules/index.ts';
import { bindTo } from './testing/bind-policy.ts';
import { LAB_ASN, Lab, type LabNeighbor } from './testing/lab.ts';
import { prefix } from './testing/updates.ts';

const P = '172.20.0.0/24';
const PREFIXES = [P, '172.20.1.0/24', 'fd42:1::/48'];
const CLIENTS = 5;
/** The first and the last client are routers of one AS: MED counts between them, and others come between. */
const ASNS = [4242420001, 4242420002, 4242420003, 4242420004, 4242420001];
const NO_EXPORT = '65535:65281';

/** What the export rules of a client may be. */
const POLICIES = ['none', 'by-community', 'not-through-11', 'not-from-first-as'] as const;
type Policy = (typeof POLICIES)[number];

const client = fc.integer({ min: 0, max: CLIENTS - 1 });
const prefixes = fc.subarray(PREFIXES, { minLength: 1 });
const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('announce' as const),
      source: client,
      prefixes,
      path: fc.array(fc.constantFrom(11, 12, ASNS[3] as number), { maxLength: 1 }),
      origin: fc.constantFrom(0, 0, 0, 2),
      med: fc.constantFrom(undefined, undefined, 0, 5),
      notTo: fc.subarray([0, 1, 2, 3, 4], { maxLength: 3 }),
      isNoExport: fc.constantFrom(false, false, false, true),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('withdraw' as const), source: client, prefixes }),
  },
  fc.record({ kind: fc.constant('reset' as const), source: client }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('policy' as const),
      to: client,
      policy: fc.constantFrom(...POLICIES),
    }),
  },
  fc.record({
    kind: fc.constant('refresh' as const),
    to: client,
    family: fc.constantFrom('ipv4' as const, 'ipv6' as const),
  }),
  fc.record({
    kind: fc.constant('slow' as const),
    to: client,
    room: fc.integer({ min: 0, max: 2 }),
  }),
  { weight: 4, arbitrary: fc.constant({ kind: 'settle' as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
type Announce = Extract<Step, { kind: 'announce' }>;

test('what is not for a client by a rule, and what a rule makes of the next best', () => {
  const lab = new Lab();
  const [best, second, third] = [1, 2, 3].map(() => lab.add({ routeServerClient: true })) as [
    LabNeighbor,
    LabNeighbor,
    LabNeighbor,
  ];
  lab.announce(second, { prefixes: [P], path: [7] });
  lab.announce(best, { prefixes: [P] });
  const rules = bindTo(
    third,
    {
      policies: {
        mine: {
          rules: [
            { name: 'not-to-it', if: { pathContains: best.asn }, then: { reject: true } },
            { name: 'mark', then: { addCommunities: '65000:7' } },
          ],
        },
      },
    },
    { export: ['mine'] },
  );
  lab.routes.updateNeighbor(third.id, { rules }, lab.now);
  lab.settle();
  const [sent] = lab.routes.routesOf(third.id, 'sent', 0, 10).routes;
  expect(sent?.attributes).toMatchObject({
    asPathText: `${second.asn} 7`,
    communities: ['65000:7'],
  });
  expect(
    lab.routes.exportsOf(prefix(P)).find(({ to }) => to === 'peer-3')?.insteadOf,
  ).toMatchObject({
    reason: 'policy',
    rule: 'mine, rule 1 "not-to-it"',
  });
  // Back to no rules: the best again.
  lab.routes.updateNeighbor(third.id, { rules: bindTo(third, {}) }, lab.now);
  lab.settle();
  expect(third.table.get(P)).toBe(`${best.asn}`);
  expect(lab.routes.audit()).toEqual([]);
});

test('each client holds the best path of those it may have', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      const server = new ModelledServer();
      for (const each of steps) server.take(each);
      server.check();
      server.takeEverythingBack();
    }),
    { numRuns: 30 },
  );
});

class ModelledServer {
  private readonly lab = new Lab({ decision: { preferOlder: false }, outboxBytesMax: 2000 });
  private readonly clients = ASNS.map((asn, n) =>
    this.lab.add({ asn, name: `client-${n}`, routeServerClient: true }),
  );
  private readonly bystander = this.lab.add();
  /** By prefix and client: what the client announces. */
  private readonly told = new Map<string, Map<number, Announce>>(
    PREFIXES.map((text) => [text, new Map()]),
  );
  private readonly policies: Policy[] = ASNS.map(() => 'none');

  take(each: Step): void {
    const { lab } = this;
    switch (each.kind) {
      case 'announce': {
        const { source, path, origin, med } = each;
        lab.announce(this.client(source), {
          prefixes: each.prefixes,
          path,
          origin,
          ...(med === undefined ? {} : { med }),
          communities: communitiesOf(each),
        });
        for (const text of each.prefixes) this.told.get(text)?.set(source, each);
        return;
      }
      case 'withdraw':
        lab.withdraw(this.client(each.source), each.prefixes);
        for (const text of each.prefixes) this.told.get(text)?.delete(each.source);
        return;
      case 'reset':
        lab.end(this.client(each.source));
        lab.establish(this.client(each.source));
        for (const paths of this.told.values()) paths.delete(each.source);
        return;
      case 'policy': {
        this.policies[each.to] = each.policy;
        const to = this.client(each.to);
        const rules = bindTo(to, documentOf(each.policy, each.to), { export: ['mine'] });
        return lab.routes.updateNeighbor(to.id, { rules }, lab.now);
      }
      case 'refresh':
        return lab.routes.receiveRouteRefresh(this.client(each.to).id, each.family, 0, lab.now);
      case 'slow':
        this.client(each.to).room = each.room;
        return lab.settle(20);
      case 'settle':
        return this.check();
    }
  }

  check(): void {
    const { lab } = this;
    for (const each of this.clients) {
      each.room = Number.POSITIVE_INFINITY;
      lab.routes.writable(each.id, lab.now);
    }
    lab.settle();
    for (const text of PREFIXES) {
      const paths = [...(this.told.get(text)?.values() ?? [])];
      const best = elect(paths);
      for (let n = 0; n < CLIENTS; n++) this.checkClient(text, n, paths, best);
      const isTold = best !== undefined && !best.isNoExport;
      expect(this.bystander.table.get(text)).toBe(
        isTold ? `${LAB_ASN} ${pathText(best)}` : undefined,
      );
    }
    expect(lab.routes.audit()).toEqual([]);
  }

  private checkClient(
    text: string,
    n: number,
    paths: readonly Announce[],
    best: Announce | undefined,
  ): void {
    const { lab } = this;
    const chosen = elect(paths.filter((path) => this.isFor(path, n)));
    const to = this.client(n);
    expect(to.table.get(text)).toBe(chosen && pathText(chosen));
    // What people are told agrees: whose path, and that it is not the best of all.
    const view = lab.routes.exportsOf(prefix(text)).find(({ neighbor }) => neighbor === to.id);
    if (best === undefined) return;
    expect(view).toMatchObject({ isAnnounced: chosen !== undefined });
    const isOther = chosen !== undefined && chosen !== best;
    expect(view?.path?.from).toBe(isOther ? `client-${chosen.source}` : undefined);
    expect(view?.insteadOf?.from).toBe(isOther ? `client-${best.source}` : undefined);
    const sent = lab.routes.routesOf(to.id, 'sent', 0, 10).routes;
    expect(sent.find((route) => route.prefix === text)?.from).toBe(
      chosen && `client-${chosen.source}`,
    );
  }

  takeEverythingBack(): void {
    for (const [source, each] of this.clients.entries()) {
      this.lab.withdraw(each, PREFIXES);
      for (const paths of this.told.values()) paths.delete(source);
    }
    this.check();
    expect(this.lab.routes.tables().ipv4).toEqual({ prefixes: 0, paths: 0 });
  }

  private isFor(path: Announce, n: number): boolean {
    if (path.source === n || path.isNoExport) return false;
    const asns = [ASNS[path.source], ...path.path];
    if (asns.includes(ASNS[n])) return false;
    switch (this.policies[n]) {
      case 'by-community':
        return !path.notTo.includes(n);
      case 'not-through-11':
        return !path.path.includes(11);
      case 'not-from-first-as':
        return !asns.includes(ASNS[0]);
      default:
        return true;
    }
  }

  private client(n: number): LabNeighbor {
    return this.clients[n] as LabNeighbor;
  }
}

const communitiesOf = ({ notTo, isNoExport }: Announce): string[] => [
  ...notTo.map((n) => `0:${n}`),
  ...(isNoExport ? [NO_EXPORT] : []),
];

const documentOf = (policy: Policy, n: number): PolicyDocument => {
  const conditions = {
    none: { community: '65001:65001' },
    'by-community': { community: `0:${n}` },
    'not-through-11': { pathContains: 11 },
    'not-from-first-as': { pathContains: ASNS[0] as number },
  } as const;
  return {
    policies: {
      mine: { rules: [{ name: policy, if: conditions[policy], then: { reject: true } }] },
    },
  };
};

const pathText = ({ source, path }: Announce): string => [ASNS[source], ...path].join(' ');

/** Deterministic MED: the best of each neighbor AS, then the best of these without it. */
function elect(paths: readonly Announce[]): Announce | undefined {
  const bestOf = (some: readonly Announce[], hasMed: boolean): Announce | undefined =>
    some.toSorted(
      (x, y) =>
        x.path.length - y.path.length ||
        x.origin - y.origin ||
        (hasMed ? (x.med ?? 0) - (y.med ?? 0) : 0) ||
        x.source - y.source,
    )[0];
  const winners = [...new Set(ASNS)].flatMap((asn) => {
    const winner = bestOf(
      paths.filter(({ source }) => ASNS[source] === asn),
      true,
    );
    return winner === undefined ? [] : [winner];
  });
  return bestOf(winners, false);
}
