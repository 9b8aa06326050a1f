import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../base/random.ts';
import { AttributeStore } from '../../attribute/attribute-store.ts';
import { decodeAttributes } from '../../attribute/decode.ts';
import { PrefixTable } from '../../rib/prefix-table.ts';
import { FIXTURE_FILTERS, FIXTURE_ROAS } from '../../routes/testing/registry-fixture.ts';
import { prefix } from '../../routes/testing/updates.ts';
import { isForNeighbor, NEIGHBOR_POLICIES } from '../export-policy.ts';
import { ImportPolicy, type ImportView } from '../import-policy.ts';
import { ACCEPTED, Reasons } from '../reason.ts';
import { bindPolicies } from './chain.ts';
import type { PeerFacts, Policy, PolicyBook, PolicySession } from './condition.ts';
import type { ConditionText, PolicyDocument, RuleText } from './document.ts';
import { EditableAttributes } from './editable-attributes.ts';
import { interpret, type PolicyRoute } from './interpreter.ts';
import { endExport, PolicyProgram, type RouteFacts } from './program.ts';
import { resolvePolicyDocument } from './resolve.ts';
import {
  ASNS,
  attributesOf,
  type RouteDraft,
  routeDraft,
  ruleText,
} from './testing/arbitraries.ts';

const OWN_ASN = 4242426000;
const OWN = '172.21.128.0/27';
const PEER: PeerFacts = {
  name: 'alder',
  asn: 4242426001,
  groups: ['near'],
  role: 'full',
  isInternal: false,
};
const OTHER: PeerFacts = {
  ...PEER,
  name: 'birch',
  asn: 4242426002,
  groups: [],
  role: 'downstream',
};

const codesOf = (document: unknown): string[] =>
  resolvePolicyDocument(document).findings.map(({ code, path }) => `${code} ${path}`);
const bookOf = (document: PolicyDocument): PolicyBook => {
  const { book, findings } = resolvePolicyDocument(document);
  if (book === undefined) throw new Error(JSON.stringify(findings));
  return book;
};
const policyOf = (rules: readonly RuleText[], more: PolicyDocument = {}): Policy =>
  bookOf({ ...more, policies: { mine: { rules } } }).policies.get('mine') as Policy;

const PATH_RULES = { allowasIn: 0, enforceFirstAs: true, isPrepended: false };

/** A store, the registry of the fixtures, and one way to judge by program and by interpreter. */
class Bench {
  readonly store = new AttributeStore(7);
  readonly policy = new ImportPolicy(this.store, OWN_ASN, 0xac158001);
  readonly reasons = new Reasons();
  readonly scratch = new Uint8Array(200_000);
  readonly view: ImportView = {
    peerAsn: PEER.asn,
    localAsn: OWN_ASN,
    isInternal: false,
    isUnfiltered: false,
    isClosed: false,
    isPeerOnly: false,
    role: undefined,
    ownAddresses: [],
  };
  readonly facts: RouteFacts = {
    hasRegistry: true,
    isOwnPrefix: (route) => this.policy.isOwnPrefix(route),
    isBogon: (route) => this.policy.isBogon(route),
    filterRow: (route) => this.policy.filterRow(route),
    validity: (route, origin) => this.policy.validity(route, origin),
    isReflected: (id) => this.policy.isReflected(id),
    isLeaked: (id) => this.policy.isLeaked(this.view, id),
    isNextHopUsable: (id) => this.policy.hasUsableNextHop(this.view, id),
  };

  constructor() {
    this.policy.setRegistry(FIXTURE_ROAS, FIXTURE_FILTERS);
    this.policy.setOwnPrefixes([prefix(OWN)]);
  }

  intern(draft: RouteDraft): number {
    const id = this.store.intern(this.scratch, 0, attributesOf(draft).write(this.scratch));
    this.store.retain(id);
    return id;
  }

  load(text: string): PrefixTable {
    const parsed = prefix(text);
    const route = new PrefixTable(parsed.family, 0, 1);
    route.loadPrefix(parsed);
    return route;
  }

  routeOf(text: string, id: number, from: PeerFacts | undefined): PolicyRoute {
    const { store, facts } = this;
    const loaded = this.load(text);
    const attributes = new EditableAttributes(store.bytes, store.start(id), store.end(id));
    return {
      prefix: prefix(text),
      attributes,
      from,
      isOwnPrefix: facts.isOwnPrefix(loaded),
      isBogon: facts.isBogon(loaded),
      hasRegistry: facts.hasRegistry,
      filterRow: facts.filterRow(loaded),
      roa: facts.validity(loaded, attributes.originIn(OWN_ASN)),
      isNextHopUsable: facts.isNextHopUsable(id),
      isReflected: facts.isReflected(id),
      isLeaked: facts.isLeaked(id),
    };
  }
}

const sessionOf = (text: string, more: Partial<PolicySession> = {}): PolicySession => ({
  direction: 'import',
  family: text.includes(':') ? 6 : 4,
  ownAsn: OWN_ASN,
  peer: PEER,
  parameters: new Map<string, number | string | boolean>([
    ['latency', 3],
    ['bandwidth', 24],
    ['encryption', 34],
    ['region', 42],
  ]),
  ...more,
});

/** What a chain makes of one route, by the interpreter. */
function judge(
  rules: readonly RuleText[],
  draft: Partial<RouteDraft>,
  more: Partial<PolicySession> = {},
) {
  const bench = new Bench();
  const whole: RouteDraft = { ...PLAIN, ...draft };
  const from = more.direction === 'export' ? OTHER : PEER;
  const route = bench.routeOf(whole.prefix, bench.intern(whole), draft.isOwn ? undefined : from);
  const session = sessionOf(whole.prefix, more);
  const { verdict, rule } = interpret([policyOf(rules)], route, session);
  const block = new Uint8Array(100_000);
  const end = route.attributes.write(block);
  return { verdict, rule: rule?.name, ...decodeAttributes(block, 0, end) };
}
const PLAIN: RouteDraft = {
  prefix: '172.21.129.0/27',
  path: [4242426001],
  communities: [],
  large: [],
  extended: [],
  isOwn: false,
};

test('attributes taken apart and put together are the same octets', () => {
  fc.assert(
    fc.property(routeDraft, (draft) => {
      const a = new Uint8Array(10_000);
      const b = new Uint8Array(10_000);
      const end = attributesOf(draft).write(a);
      expect(new EditableAttributes(a, 0, end).write(b)).toBe(end);
      expect(b).toEqual(a);
    }),
  );
});

test('program and interpreter agree on any policy and any route, cached or not', () => {
  fc.assert(
    fc.property(
      fc.array(ruleText, { minLength: 1, maxLength: 5 }),
      fc.array(routeDraft, { minLength: 1, maxLength: 12 }),
      fc.constantFrom('import' as const, 'export' as const),
      fc.boolean(),
      (rules, drafts, direction, isInternal) => {
        const named = rules.map((rule, i) => ({ ...rule, name: `r${i}` }));
        const { book } = resolvePolicyDocument({
          groups: { near: {} },
          policies: { mine: { rules: named, otherwise: 'accept' } },
        });
        // What can never match is refused when it is written.
        if (book === undefined) return;
        const chain = [book.policies.get('mine') as Policy];
        const bench = new Bench();
        const programs = new Map<number, PolicyProgram>();
        for (const draft of [...drafts, ...drafts]) {
          const id = bench.intern(draft);
          const session = sessionOf(draft.prefix, {
            direction,
            peer: { ...PEER, isInternal },
          });
          let program = programs.get(session.family);
          if (program === undefined) {
            program = new PolicyProgram(chain, session, bench);
            programs.set(session.family, program);
          }
          const from = draft.isOwn ? undefined : direction === 'export' ? OTHER : PEER;
          const reason = program.evaluate(bench.load(draft.prefix), id, from);
          const route = bench.routeOf(draft.prefix, id, from);
          const { verdict, rule } = interpret(chain, route, session);
          expect(reason === ACCEPTED).toBe(verdict === 'accept');
          if (verdict === 'reject') {
            const token = rule?.action.reason ?? `rule:${rule?.name}`;
            expect(bench.reasons.token(reason)).toBe(token);
            continue;
          }
          endExport(route.attributes, session);
          const block = new Uint8Array(10_000);
          const end = route.attributes.write(block);
          const { store } = bench;
          const made = program.attributes;
          expect(store.bytes.slice(store.start(made), store.end(made))).toEqual(
            block.slice(0, end),
          );
        }
      },
    ),
  );
});

test('the bases in the language say what the code says by hand', () => {
  const book = bookOf({});
  const random = seededRandom(11);
  fc.assert(
    fc.property(
      routeDraft,
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom('dn42-import', 'accept-all', 'none'),
      fc.boolean(),
      fc.constantFrom(undefined, 'peer', 'provider', 'customer'),
      (drafted, isInternal, isPeerOnly, base, mayBlackhole, bgpRole) => {
        // Half of those who may do ask.
        const asks = mayBlackhole && random.below(2) === 0;
        const draft = asks ? { ...drafted, communities: [[65535, 666] as const] } : drafted;
        const bench = new Bench();
        if (random.below(10) === 0) bench.policy.setRegistry(undefined, undefined);
        const view: ImportView = {
          ...bench.view,
          isInternal,
          isPeerOnly,
          mayBlackhole,
          isUnfiltered: base === 'accept-all',
          isClosed: base === 'none',
          role: bgpRole,
        };
        const id = bench.intern(draft);
        bench.policy.judgeAttributes(view, PATH_RULES, id);
        const reason = bench.policy.judgeLoadedPrefix(view, bench.load(draft.prefix));
        const role = isPeerOnly ? 'peer-only' : 'full';
        const peer: PeerFacts = { ...PEER, isInternal, role, mayBlackhole };
        const route = {
          ...bench.routeOf(draft.prefix, id, peer),
          hasRegistry: bench.policy.hasRegistry,
          isLeaked: bench.policy.isLeaked(view, id),
        };
        const policy = book.bases.import.get(base) as Policy;
        const { verdict, rule } = interpret([policy], route, sessionOf(draft.prefix, { peer }));
        if (reason === ACCEPTED) expect(verdict).toBe('accept');
        else expect(rule?.action.reason ?? 'no-policy').toBe(bench.reasons.token(reason));
      },
    ),
  );
});

test('dn42-export in the language is the table of roles', () => {
  const policy = bookOf({}).bases.export.get('dn42-export') as Policy;
  const bench = new Bench();
  const id = bench.intern(PLAIN);
  for (const from of ['own', ...NEIGHBOR_POLICIES] as const)
    for (const to of NEIGHBOR_POLICIES) {
      const peer = from === 'own' ? undefined : { ...OTHER, role: from };
      const route = bench.routeOf(PLAIN.prefix, id, peer);
      const session = sessionOf(PLAIN.prefix, { direction: 'export', peer: { ...PEER, role: to } });
      const { verdict } = interpret([policy], route, session);
      expect(`${from} ${to} ${verdict === 'accept'}`).toBe(
        `${from} ${to} ${isForNeighbor(from, to)}`,
      );
    }
});

describe('conditions', () => {
  const matches = (condition: ConditionText, draft: Partial<RouteDraft>): boolean =>
    judge([{ name: 'here', if: condition, then: { reject: true } }], draft).verdict === 'reject';

  test.each<[string, ConditionText, Partial<RouteDraft>, boolean]>([
    ['a prefix itself', { prefix: '172.20.0.0/14' }, { prefix: '172.21.129.0/27' }, false],
    ['and longer', { prefix: '172.20.0.0/14+' }, { prefix: '172.21.129.0/27' }, true],
    ['lengths', { prefix: '172.20.0.0/14{21,26}' }, { prefix: '172.21.129.0/27' }, false],
    ['and shorter', { prefix: '172.21.129.0/27-' }, { prefix: '172.21.128.0/20' }, true],
    [
      'and shorter, not longer',
      { prefix: '172.21.128.0/20-' },
      { prefix: '172.21.129.0/27' },
      false,
    ],
    ['IPv6', { prefix: 'fd00::/8{44,64}' }, { prefix: 'fdb1:6000:101::/48' }, true],
    ['ROA', { roa: ['valid'] }, { path: [4242426001] }, true],
    ['ROA of another', { roa: 'invalid-origin' }, { path: [4242426001, 1] }, true],
    ['path length', { pathLength: { min: 2 } }, { path: [4242426001, 1] }, true],
    ['first AS', { pathFirst: 'peer' }, { path: [4242426001, 1] }, true],
    ['last AS', { pathLast: ['1-5'] }, { path: [4242426001, 1] }, true],
    ['own AS', { pathContains: 'own' }, { path: [4242426001, OWN_ASN] }, true],
    ['mask', { pathMatches: '4242426001 * 7 ?' }, { path: [4242426001, 1, 2, 7, 9] }, true],
    ['mask too short', { pathMatches: '4242426001 ?' }, { path: [4242426001] }, false],
    ['community', { community: '64511:1-9' }, { communities: [[64511, 9]] }, true],
    ['community beyond', { community: '64511:1-9' }, { communities: [[64511, 10]] }, false],
    ['large', { community: '1:*:3' }, { large: [[1, 2, 3]] }, true],
    ['well-known', { community: 'blackhole' }, { communities: [[65535, 666]] }, true],
    ['local preference by default', { localPref: 100 }, {}, true],
    ['GRACEFUL_SHUTDOWN', { localPref: 0 }, { communities: [[65535, 0]] }, true],
    ['no MED', { med: 'absent' }, {}, true],
    ['MED', { med: { min: 5, max: 7 } }, { med: 6 }, true],
    ['parameter', { parameter: { latency: { max: 3 } } }, {}, true],
    ['parameter nobody filled', { parameter: { loss: 91 } }, {}, false],
    ['group', { group: 'near' }, {}, true],
    ['not', { not: { family: 'ipv6' } }, {}, true],
    ['any', { any: [{ family: 'ipv6' }, { pathLength: 1 }] }, {}, true],
  ])('%s', (_title, condition, draft, expected) => {
    const more = condition.group === undefined ? {} : { groups: { near: {} } };
    if (condition.group === undefined) expect(matches(condition, draft)).toBe(expected);
    else
      expect(policyOf([{ name: 'x', if: condition, then: { accept: true } }], more)).toBeDefined();
  });
});

describe('actions', () => {
  const done = (
    then: RuleText['then'],
    draft: Partial<RouteDraft>,
    more: Partial<PolicySession> = {},
  ) => judge([{ name: 'here', then }], draft, more);

  test('link flags keep the worst of every scale (portal §11.6)', () => {
    const communities: [number, number][] = [
      [64511, 2],
      [64511, 5],
      [64511, 23],
      [64511, 36],
      [64511, 81],
    ];
    expect(done({ linkFlags: true }, { communities }).communities).toEqual([
      '64511:5',
      '64511:23',
      '64511:34',
      '64511:81',
    ]);
  });

  test('MED by the formula of the wiki', () => {
    // (4 − 4)·600 + (9 − 4)·100 + (3 − 1)·300
    expect(done({ med: 'dn42' }, {}).med).toBe(1100);
    expect(
      done(
        { med: 'dn42' },
        {
          communities: [
            [64511, 36],
            [64511, 1],
            [64511, 29],
          ],
        },
      ).med,
    ).toBe(0);
    expect(done({ med: { add: -5 } }, { med: 3 }).med).toBe(0);
  });

  test('prepend: the neighbor on import, us on export, nobody inside the AS', () => {
    expect(done({ prepend: 2 }, {}).asPathText).toBe('4242426001 4242426001 4242426001');
    expect(done({ prepend: 1 }, {}, { direction: 'export' }).asPathText).toBe(
      '4242426000 4242426001',
    );
    const peer = { ...PEER, isInternal: true };
    expect(done({ prepend: 1 }, {}, { peer }).asPathText).toBe('4242426001');
  });

  test('communities are removed, translated and added, in this order', () => {
    expect(
      done(
        {
          removeCommunities: '1:*',
          translateCommunities: [{ from: '2:*', to: '4242426000:7:*' }],
          addCommunities: ['2:9', '4242426000:1:2', 'rt:42:7'],
        },
        {
          communities: [
            [1, 1],
            [2, 3],
            [3, 3],
          ],
        },
      ),
    ).toMatchObject({
      communities: ['2:9', '3:3'],
      largeCommunities: ['4242426000:1:2', '4242426000:7:3'],
      extendedCommunities: ['rt:42:7'],
    });
  });

  test('region and country are for our own routes alone', () => {
    const then = { linkOrigin: { region: 52, country: 1392 } };
    expect(done(then, {}, { direction: 'export' }).communities).toEqual([]);
    expect(done(then, { isOwn: true, path: [] }, { direction: 'export' }).communities).toEqual([
      '64511:52',
      '64511:1392',
    ]);
  });

  test.each<[string, [number, number, number][], string, string]>([
    ['not to this AS', [[OWN_ASN, 1, PEER.asn]], 'reject', '4242426001'],
    ['not to another AS', [[OWN_ASN, 1, 5]], 'accept', '4242426001'],
    ['prepend 2', [[OWN_ASN, 2, 2]], 'accept', '4242426000 4242426000 4242426001'],
    ['prepend 9 is not offered', [[OWN_ASN, 2, 9]], 'accept', '4242426001'],
    ['only in another region', [[OWN_ASN, 3, 41]], 'reject', '4242426001'],
    [
      'in this region',
      [
        [OWN_ASN, 3, 41],
        [OWN_ASN, 3, 42],
      ],
      'accept',
      '4242426001',
    ],
    ["somebody else's", [[7, 1, PEER.asn]], 'accept', '4242426001'],
  ])('peers ask: %s', (_title, large, verdict, path) => {
    const result = done({ actionCommunities: true }, { large }, { direction: 'export' });
    expect([result.verdict, result.asPathText]).toEqual([verdict, path]);
    if (verdict === 'accept' && large[0]?.[0] === OWN_ASN)
      expect(result.largeCommunities).toEqual([]);
  });
});

test('what is wrong is said with the place and a stable code', () => {
  const rule = (more: object): unknown => ({
    policies: {
      mine: {
        rules: [
          { name: 'ok', then: { localPref: 5 } },
          { name: 'bad', then: { accept: true }, ...more },
        ],
      },
    },
  });
  const at = 'policy.policies.mine.rules[1]';
  expect(codesOf(rule({ if: { prefix: 'nothing' } }))).toEqual([
    `POLICY_NAME_UNKNOWN ${at}.if.prefix`,
  ]);
  expect(codesOf(rule({ if: { prefix: '172.20.0.0/33' } }))).toEqual([
    `POLICY_VALUE ${at}.if.prefix`,
  ]);
  expect(codesOf(rule({ if: { prefx: '172.20.0.0/14' } }))).toEqual([
    `CONFIG_UNKNOWN_KEY ${at}.if.prefx`,
  ]);
  expect(codesOf(rule({ if: { family: 'ipv6', prefix: '172.20.0.0/14' } }))).toEqual([
    `POLICY_IMPOSSIBLE ${at}.if.prefix`,
  ]);
  expect(codesOf(rule({ if: { prefix: '172.20.0.0/14+', prefixLength: { max: 10 } } }))).toEqual([
    `POLICY_IMPOSSIBLE ${at}.if.prefixLength`,
  ]);
  expect(codesOf(rule({ if: { pathLength: { min: 5, max: 2 } } }))).toEqual([
    `POLICY_IMPOSSIBLE ${at}.if.pathLength`,
  ]);
  expect(codesOf(rule({ if: { parameter: { latency: 17 } } }))).toEqual([
    `POLICY_IMPOSSIBLE ${at}.if.parameter.latency`,
  ]);
  expect(codesOf(rule({ if: { parameter: { speed: 1 } } }))).toEqual([
    `POLICY_NAME_UNKNOWN ${at}.if.parameter.speed`,
  ]);
  expect(codesOf(rule({ if: { group: 'nobody' } }))).toEqual([
    `POLICY_NAME_UNKNOWN ${at}.if.group`,
  ]);
  expect(codesOf(rule({ then: { accept: true, reject: true } }))).toEqual([
    `POLICY_VALUE ${at}.then`,
  ]);
  expect(codesOf(rule({ then: { reject: 'because' } }))).toEqual([
    `POLICY_NAME_UNKNOWN ${at}.then.reject`,
  ]);
  expect(codesOf(rule({ then: { addCommunities: '1:*' } }))).toEqual([
    `POLICY_VALUE ${at}.then.addCommunities`,
  ]);
  expect(
    codesOf({
      policies: {
        mine: {
          rules: [
            { name: 'all', then: { accept: true } },
            { name: 'late', then: { prepend: 1 } },
          ],
        },
      },
    }),
  ).toEqual([`POLICY_IMPOSSIBLE ${at}`]);
  expect(codesOf({ defaults: { import: ['mine'] } })).toEqual([
    'POLICY_NAME_UNKNOWN policy.defaults.import',
  ]);
  expect(codesOf({ defaults: { parameters: { latency: 12 } } })).toEqual([
    'POLICY_VALUE policy.defaults.parameters.latency',
  ]);
  expect(codesOf({ sets: { prefixes: { none: [] } } })).toEqual([
    'POLICY_IMPOSSIBLE policy.sets.prefixes.none',
  ]);
});

test('the nearest word counts: peering, then its groups, then the defaults', () => {
  const book = bookOf({
    policies: { a: { rules: [] }, b: { rules: [] } },
    defaults: { import: ['a'], parameters: { latency: 1, loss: 91 } },
    groups: { near: { import: ['b'], parameters: { latency: 2 } } },
  });
  const wish = { name: 'alder', asn: 1, role: 'full' as const, groups: ['near'] };
  const bound = bindPolicies(book, { ...wish, parameters: { loss: 92 } }, { kind: 83, loss: 94 });
  expect(bound.import.policies[4].map(({ name }) => name)).toEqual(['b']);
  expect(bound.export).toMatchObject({ base: 'dn42-export', key: '' });
  expect([...bound.parameters].sort()).toEqual([
    ['kind', 83],
    ['latency', 2],
    ['loss', 92],
  ]);
  expect(bindPolicies(book, { ...wish, groups: [] }).import.policies[6][0]?.name).toBe('a');
  expect(bindPolicies(bookOf({}), { ...wish, role: 'accept-all' }).import.base).toBe('accept-all');
});

test('a value no rule asks for makes no other group', () => {
  const book = bookOf({
    policies: { a: { rules: [{ name: 'flags', then: { linkFlags: true } }] } },
    defaults: { export: ['a'] },
  });
  const keyOf = (name: string, parameters: Record<string, number>): string =>
    bindPolicies(book, { name, asn: 1, role: 'full', groups: [], parameters }).export.key;
  expect(keyOf('x', { latency: 3, country: 1276 })).toBe(keyOf('y', { latency: 3 }));
  expect(keyOf('x', { latency: 3 })).not.toBe(keyOf('x', { latency: 4 }));
  expect(ASNS).toContain(OWN_ASN);
});
