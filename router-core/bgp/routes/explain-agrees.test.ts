/** What explanations say of a route is what the engine does with it: random neighbors, policies and routes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { interfaceId } from '../../base/units.ts';
import { NEIGHBOR_POLICIES } from '../policy/export-policy.ts';
import { bindPolicies, resolvePolicyDocument } from '../policy/rules/index.ts';
import { ASNS, ruleText } from '../policy/rules/testing/arbitraries.ts';
import type { BgpRole } from '../types.ts';
import { LAB_ASN, Lab, type LabNeighbor } from './testing/lab.ts';
import { FIXTURE_FILTERS, FIXTURE_ROAS } from './testing/registry-fixture.ts';
import { announceBodies, ip, otc, prefix } from './testing/updates.ts';
import type { PolicyExplanation, SupposedRoute } from './types.ts';

const ALDER = 4242426001;
const OWN = '172.21.128.0/27';
/** The way to next hops of neighbors over several hops. */
const WAY = '172.21.9.0/24';

const wishOf = fc.record({
  policy: fc.constantFrom(...NEIGHBOR_POLICIES),
  isInternal: fc.constantFrom(false, false, false, true),
  isMultihop: fc.constantFrom(false, false, true),
  role: fc.constantFrom<(BgpRole | undefined)[]>(
    undefined,
    'provider',
    'customer',
    'peer',
    'rs-client',
    'rs-server',
  ),
  base: fc.constantFrom(undefined, undefined, 'accept-all', 'dn42-import', 'none'),
  rules: fc.option(fc.array(ruleText, { maxLength: 3 }), { nil: undefined }),
  allowasIn: fc.constantFrom(0, 1, 2),
  enforceFirstAs: fc.boolean(),
  prependsLocalAs: fc.boolean(),
  blackhole: fc.boolean(),
  importLimit: fc.constantFrom(1, 1_000_000),
  receivedLimit: fc.constantFrom(2, 1_000_000),
});
type Wish = typeof wishOf extends fc.Arbitrary<infer T> ? T : never;

const routeOf = fc.record({
  prefix: fc.constantFrom(
    '172.21.129.0/27',
    '172.21.129.9/32',
    '172.21.130.0/27',
    '172.22.250.0/23',
    OWN,
    '127.0.0.0/8',
    '0.0.0.0/0',
    'fdb1:6000:101::/48',
    'fd42::/16',
  ),
  first: fc.constantFrom(ALDER, ALDER, ALDER, 7),
  path: fc.array(fc.constantFrom(...ASNS), { maxLength: 3 }),
  communities: fc.uniqueArray(
    fc.constantFrom('65535:666', '64511:3', '65535:0', '65535:65281', '1:42'),
    { maxLength: 3 },
  ),
  med: fc.constantFrom(undefined, 7),
  localPref: fc.constantFrom(undefined, 300),
  nextHop: fc.constantFrom(undefined, 'fe80::6001', 'fd42:9::1', '::1', 'fe80::6000'),
  nextHop4: fc.constantFrom(undefined, '172.21.9.1', '172.23.0.1', '127.0.0.1'),
  otc: fc.constantFrom(undefined, undefined, ALDER, 7),
});
type Route = typeof routeOf extends fc.Arbitrary<infer T> ? T : never;

function labWith(wish: Wish): { lab: Lab; alder: LabNeighbor } | undefined {
  const lab = new Lab({
    nextHops: ({ bytes }) =>
      bytes.length === 16 && bytes[0] === 0xfd && bytes[3] === 9
        ? { out: interfaceId(70), length: 48 }
        : undefined,
  });
  lab.routes.setRoas(FIXTURE_ROAS, FIXTURE_FILTERS, lab.now);
  lab.own([OWN]);
  lab.announce(lab.add({ name: 'near' }), { prefixes: [WAY] });
  const { policy, isInternal, isMultihop, role, importLimit, receivedLimit } = wish;
  const { allowasIn, enforceFirstAs, prependsLocalAs, blackhole } = wish;
  const options = {
    allowasIn,
    enforceFirstAs,
    prependsLocalAs,
    blackhole,
    prefixLimit: { received: receivedLimit, action: 'block', warnAtPercent: 80 } as const,
  };
  const alder = lab.add({
    name: 'alder',
    asn: isInternal ? LAB_ASN : ALDER,
    policy,
    isMultihop,
    importLimit,
    options: { ipv4: options, ipv6: options },
    session: {
      isInternal,
      ...(role === undefined ? {} : { role }),
      ...(prependsLocalAs && !isInternal ? { localAsn: 4242426999 as typeof LAB_ASN } : {}),
    },
  });
  if (wish.rules !== undefined) {
    const { book } = resolvePolicyDocument({
      groups: { near: {} },
      policies: { mine: { rules: wish.rules.map((rule, i) => ({ ...rule, name: `r${i}` })) } },
    });
    // What can never match is refused when it is written.
    if (book === undefined) return undefined;
    const rules = bindPolicies(book, {
      name: 'alder',
      asn: alder.asn,
      role: policy,
      groups: ['near'],
      import: [...(wish.base === undefined ? [] : [wish.base]), 'mine'],
      export: ['mine'],
    });
    lab.routes.updateNeighbor(alder.id, { rules }, lab.now);
  }
  lab.settle();
  return { lab, alder };
}

const nextHopOf = (route: Route): string | undefined =>
  route.prefix.includes(':') ? route.nextHop : (route.nextHop4 ?? route.nextHop);

function announce(lab: Lab, alder: LabNeighbor, route: Route): void {
  const nextHop = nextHopOf(route);
  const { prefix: text, path, communities, med, localPref } = route;
  const bodies = announceBodies(
    { ...alder.session, peerAsn: route.first as LabNeighbor['asn'] },
    {
      prefixes: [text],
      path,
      communities,
      ...(med === undefined ? {} : { med }),
      ...(localPref === undefined ? {} : { localPref }),
      ...(nextHop === undefined ? {} : { nextHop }),
      ...(route.otc === undefined ? {} : { extra: otc(route.otc) }),
    },
  );
  for (const body of bodies) expect(lab.receive(alder, body)).toBeUndefined();
  lab.settle(20);
}

function supposedOf({ session }: LabNeighbor, route: Route): SupposedRoute {
  const nextHop = nextHopOf(route);
  const { med, localPref, communities } = route;
  return {
    prefix: prefix(route.prefix),
    path: session.isInternal ? route.path : [route.first, ...route.path],
    communities,
    ...(med === undefined ? {} : { med }),
    ...(localPref === undefined ? {} : { localPref }),
    ...(nextHop === undefined ? {} : { nextHop: ip(nextHop) }),
    ...(route.otc === undefined ? {} : { onlyToCustomer: route.otc }),
  };
}

/** The reason the engine keeps with the route; null: it is accepted. */
function engineSays(lab: Lab, text: string): string | null {
  const views = lab.routes.lookup({ prefix: prefix(text), mode: 'exact' }, 10);
  const view = views.find(({ from }) => from === 'alder');
  if (view === undefined) throw new Error(`${text} is not kept`);
  return view.rejected?.reason ?? null;
}

/** Reasons that no rule of a chain gives. */
const BESIDE_RULES = ['prefix-limit', 'receive-limit', 'next-hop-unresolved', 'no-policy'];

function expectWhole(
  { verdict, reason, trace }: PolicyExplanation,
  said: string | null,
  hasRules: boolean,
): void {
  expect([verdict, reason]).toEqual([said === null ? 'accept' : 'reject', said]);
  const rejecting = trace.filter(({ outcome }) => outcome === 'reject');
  const isByRule =
    hasRules && said !== null && said !== 'rule:mine' && !BESIDE_RULES.includes(said);
  expect(rejecting.length).toBe(isByRule ? 1 : 0);
}

test('a supposed route gets the verdict and the reason the engine gives it when it comes', () => {
  fc.assert(
    fc.property(wishOf, fc.array(routeOf, { minLength: 1, maxLength: 4 }), (wish, routes) => {
      const made = labWith(wish);
      if (made === undefined) return;
      const { lab, alder } = made;
      const hasRules = wish.rules !== undefined;
      for (const route of routes) {
        const [supposed] = lab.routes.explainPolicy(alder.id, 'import', supposedOf(alder, route));
        announce(lab, alder, route);
        const said = engineSays(lab, route.prefix);
        expectWhole(supposed as PolicyExplanation, said, hasRules);
        const [kept] = lab.routes.explainPolicy(alder.id, 'import', prefix(route.prefix));
        expectWhole(kept as PolicyExplanation, said, hasRules);
      }
      expect(lab.routes.audit()).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('on export the verdict is what the neighbor is told, and the reason that of `lg why`', () => {
  fc.assert(
    fc.property(wishOf, fc.array(routeOf, { minLength: 1, maxLength: 3 }), (wish, routes) => {
      const made = labWith({ ...wish, importLimit: 1_000_000, receivedLimit: 1_000_000 });
      if (made === undefined) return;
      const { lab, alder } = made;
      const birch = lab.add({
        name: 'birch',
        asn: 4242426002,
        policy: wish.policy === 'full' ? 'downstream' : 'full',
        session: { role: 'provider' },
      });
      for (const route of routes) {
        lab.announce(birch, {
          prefixes: [route.prefix],
          path: route.path,
          communities: route.communities,
        });
        announce(lab, alder, route);
      }
      lab.settle();
      for (const { prefix: text } of [...routes, { prefix: OWN }])
        for (const neighbor of [alder, birch]) {
          const [told] = lab.routes.explainPolicy(neighbor.id, 'export', prefix(text));
          const view = lab.routes
            .exportsOf(prefix(text))
            .find(({ neighbor: id }) => id === neighbor.id);
          if (told === undefined) {
            expect(view?.reason).toBe('no-best-path');
            continue;
          }
          expect(told.verdict).toBe(neighbor.table.has(text) ? 'accept' : 'reject');
          const isPolicy = view?.reason === 'policy';
          if (!isPolicy || neighbor === birch) expect(told.reason).toBe(view?.reason);
          else if (wish.rules !== undefined)
            expect(told.trace.at(-1)?.outcome ?? 'reject').toMatch(/reject|next/);
        }
      expect(lab.routes.audit()).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
