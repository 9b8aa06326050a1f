/**
 * Random routes and random rules: few values each, so that they meet.
 *
 * For tests only.
 *
 * @module
 */
import fc from 'fast-check';
import { concatBytes } from '../../../../base/bytes.ts';
import { ip } from '../../../routes/testing/updates.ts';
import type { ActionText, ConditionText, RuleText } from '../document.ts';
import { EditableAttributes } from '../editable-attributes.ts';

export type RouteDraft = {
  readonly prefix: string;
  readonly path: readonly number[];
  readonly communities: readonly (readonly [number, number])[];
  readonly large: readonly (readonly [number, number, number])[];
  /** Both words. */
  readonly extended: readonly (readonly [number, number])[];
  readonly isOwn: boolean;
  readonly med?: number;
  readonly localPref?: number;
  readonly origin?: number;
  readonly nextHop?: string;
  /** ONLY_TO_CUSTOMER. */
  readonly otc?: number;
};

export const ASNS = [4242426000, 4242426001, 4242426002, 4242426005, 65535, 7];
const PREFIXES = [
  '172.21.129.0/27',
  '172.21.129.9/32',
  '172.21.128.0/27',
  '172.21.130.0/27',
  '172.20.0.0/14',
  '172.22.250.0/23',
  '10.99.0.0/16',
  '127.0.0.0/8',
  '0.0.0.0/0',
  'fdb1:6000:101::/48',
  'fdb1:6000:101::9/128',
  'fd42::/16',
  '::/0',
];

export const routeDraft: fc.Arbitrary<RouteDraft> = fc.record(
  {
    prefix: fc.constantFrom(...PREFIXES),
    path: fc.array(fc.constantFrom(...ASNS), { maxLength: 5 }),
    communities: fc.uniqueArray(
      fc.tuple(fc.constantFrom(64511, 65535, 1), fc.constantFrom(0, 1, 3, 9, 24, 34, 666)),
      { maxLength: 4, selector: String },
    ),
    large: fc.uniqueArray(
      fc.tuple(fc.constantFrom(...ASNS), fc.constantFrom(1, 2, 3), fc.constantFrom(1, 2, 42)),
      { maxLength: 3, selector: String },
    ),
    extended: fc.uniqueArray(
      fc.tuple(fc.constantFrom(0x0002_002a, 0x4300_0000, 0x0202_0001), fc.constantFrom(1, 7)),
      { maxLength: 2, selector: String },
    ),
    isOwn: fc.boolean(),
    med: fc.constantFrom(0, 50, 900),
    localPref: fc.constantFrom(0, 100, 600),
    origin: fc.constantFrom(0, 1, 2),
    nextHop: fc.constantFrom('fe80::6001', '172.21.129.1', '::1'),
    otc: fc.constantFrom(4242426001, 7),
  },
  { requiredKeys: ['prefix', 'path', 'communities', 'large', 'extended', 'isOwn'] },
);

/** The attributes of a draft as they would have been received. */
export function attributesOf(draft: RouteDraft): EditableAttributes {
  const octets = new Uint8Array(draft.extended.length * 8 + 4);
  octets.set([0xd0, 16, 0, draft.extended.length * 8]);
  const view = new DataView(octets.buffer);
  for (const [i, [high, low]] of draft.extended.entries()) {
    view.setUint32(4 + i * 8, high);
    view.setUint32(8 + i * 8, low);
  }
  const block = concatBytes(
    draft.extended.length === 0 ? new Uint8Array(0) : octets,
    draft.otc === undefined ? new Uint8Array(0) : Uint8Array.of(0xd0, 35, 0, 4, ...word(draft.otc)),
  );
  const attributes = new EditableAttributes(block, 0, block.length);
  attributes.origin = draft.origin ?? 0;
  attributes.path = draft.path.length === 0 ? [] : [{ type: 2, asns: [...draft.path] }];
  attributes.med = draft.med;
  attributes.localPrefAttribute = draft.localPref;
  attributes.nextHop = ip(draft.nextHop ?? 'fe80::6001').bytes;
  for (const parts of draft.communities) attributes.add({ kind: 'standard', parts });
  for (const parts of draft.large) attributes.add({ kind: 'large', parts });
  return attributes;
}

const word = (value: number): number[] => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);

const asText = fc.constantFrom('own', 'peer', 7, '4242426000-4242426002');
const range = fc.oneof(
  fc.constantFrom(0, 1, 2, 100),
  fc.record({ min: fc.constantFrom(0, 1, 2), max: fc.constantFrom(2, 3, 1000) }),
);
const atom: fc.Arbitrary<ConditionText> = fc.oneof(
  fc.record({ prefix: fc.constantFrom('172.20.0.0/14+', '172.21.129.0/27-', 'fd00::/8{44,64}') }),
  fc.record({ prefixLength: range }),
  fc.record({ family: fc.constantFrom('ipv4' as const, 'ipv6' as const) }),
  fc.record({ ownPrefix: fc.boolean() }),
  fc.record({ bogon: fc.boolean() }),
  fc.record({
    filterRow: fc.constantFrom('permitted' as const, 'denied' as const, 'wrong-length' as const),
  }),
  fc.record({
    roa: fc.constantFrom('valid' as const, 'not-found' as const, 'invalid-origin' as const),
  }),
  fc.record({ source: fc.constantFrom('own' as const, 'learnt' as const) }),
  fc.record({ group: fc.constant('near') }),
  fc.record({ fromGroup: fc.constant('near') }),
  fc.record({ fromPeer: fc.constantFrom('alder', 'birch') }),
  fc.record({ fromAsn: asText }),
  fc.record({ session: fc.constantFrom('external' as const, 'internal' as const) }),
  fc.record({ pathLength: range }),
  fc.record({ pathCount: range }),
  fc.record({ pathFirst: asText }),
  fc.record({ pathLast: asText }),
  fc.record({ pathContains: asText }),
  fc.record({ pathOnly: asText }),
  fc.record({ pathMatches: fc.constantFrom('*', '? *', '* 4242426002', '4242426001 ?') }),
  fc.record({
    community: fc.constantFrom('64511:1-9', '65535:*', '*:*:42', 'rt:42:*', 'generic:*:*'),
  }),
  fc.record({ nextHop: fc.constantFrom('fe80::/10+', '172.20.0.0/14+') }),
  fc.record({ nextHopUsable: fc.boolean() }),
  fc.record({ leaked: fc.boolean() }),
  fc.record({ localPref: range }),
  fc.record({ med: fc.oneof(range, fc.constant('absent' as const)) }),
  fc.record({ origin: fc.constantFrom('igp' as const, 'egp' as const, 'incomplete' as const) }),
  fc.record({ parameter: fc.record({ latency: fc.constantFrom(3, 4) }) }),
);
const condition: fc.Arbitrary<ConditionText> = fc.oneof(
  atom,
  fc.record({ all: fc.array(atom, { maxLength: 3 }) }),
  fc.record({ any: fc.array(atom, { minLength: 1, maxLength: 3 }) }),
  fc.record({ not: atom }),
);

const change: fc.Arbitrary<ActionText> = fc.record(
  {
    removeCommunities: fc.constantFrom('64511:*', '*:*:42', 'rt:*:*'),
    translateCommunities: fc.constantFrom([{ from: '65535:*', to: '4242426000:9:*' }]),
    addCommunities: fc.constantFrom('1:1', '4242426000:1:4242426001', 'rt:42:9'),
    linkFlags: fc.boolean(),
    linkOrigin: fc.constant({ region: 42 }),
    localPref: fc.oneof(fc.constant(200), fc.constant({ add: -150 })),
    med: fc.oneof(fc.constantFrom(5, 'remove' as const, 'dn42' as const), fc.constant({ add: 10 })),
    setOrigin: fc.constantFrom('igp' as const, 'incomplete' as const),
    prepend: fc.constantFrom(1, 3),
    actionCommunities: fc.boolean(),
  },
  { requiredKeys: [] },
);
const verdict: fc.Arbitrary<ActionText> = fc.constantFrom<ActionText>(
  { linkFlags: false },
  { linkFlags: false },
  { accept: true },
  { reject: true },
  { reject: 'martian-as' },
);

export const ruleText: fc.Arbitrary<RuleText> = fc
  .tuple(condition, change, verdict)
  .map(([text, what, end]) => ({ name: 'rule', if: text, then: { ...what, ...end } }));
