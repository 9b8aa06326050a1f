import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AttributeStore } from '../attribute/attribute-store.ts';
import { decodeAttributes, type RouteAttributes } from '../attribute/decode.ts';
import { MP_REACH_NLRI } from '../attribute/table.ts';
import { HEADER_BYTES } from '../constants.ts';
import malformed from '../fixtures/malformed.json';
import { texts } from '../routes/testing/updates.ts';
import type { UpdateContext } from './attribute-checks.ts';
import { CANONICAL_BYTES_MAX, canonicalize } from './canonicalize.ts';
import { writeOutgoingAttributes } from './outgoing-attributes.ts';
import { UpdateParser } from './parse-update.ts';
import {
  type DecodedAttribute,
  GOLDEN_UPDATES,
  type GoldenPrefix,
  type GoldenUpdate,
} from './testing/golden-updates.ts';

test('there are golden UPDATEs of every speaker', () => {
  expect(GOLDEN_UPDATES.length).toBeGreaterThan(25);
});

for (const { name, bytes, decoded, context } of GOLDEN_UPDATES) {
  test(`${name} is read as its decoding says`, () => {
    const parser = new UpdateParser();
    expect(parser.parse(bytes, HEADER_BYTES, bytes.length, context)).toBe(undefined);
    const familyName = { 0: undefined, 4: 'ipv4-unicast', 6: 'ipv6-unicast' } as const;
    expect(familyName[parser.endOfRib]).toBe(decoded.endOfRib);
    const read = (family: 0 | 4 | 6, start: number, end: number): string[] =>
      texts(family, bytes, start, end, family !== 0 && context.pathIds[family]);
    expect(read(4, parser.withdrawnStart, parser.withdrawnEnd)).toEqual(
      decoded.withdrawn.map(textOf),
    );
    expect(read(4, parser.nlriStart, parser.nlriEnd)).toEqual(decoded.nlri.map(textOf));
    const reach = decoded.attributes.find(({ type }) => type === 14);
    expect(read(parser.reachFamily, parser.reachStart, parser.reachEnd)).toEqual(
      ((reach?.nlri ?? []) as GoldenPrefix[]).map(textOf),
    );
    const unreach = decoded.attributes.find(({ type }) => type === 15);
    expect(read(parser.unreachFamily, parser.unreachStart, parser.unreachEnd)).toEqual(
      ((unreach?.withdrawn ?? []) as GoldenPrefix[]).map(textOf),
    );
    // One route in the set has more communities than we take, one path is of a confederation.
    const isRefused = name.startsWith('bird-extended') || name.startsWith('bird-confed');
    const hasRoutes = parser.nlriEnd > parser.nlriStart || parser.reachEnd > parser.reachStart;
    if (!hasRoutes || (isRefused && parser.withdrawType !== -1)) return;

    expect(parser.withdrawType).toBe(-1);
    const canonical = canonicalOf(parser, bytes, context);
    expect(wordsOf(decodeAttributes(canonical, 0, canonical.length))).toEqual(
      wordsOfFixture(decoded, context),
    );
  });

  test(`${name} goes out again as it came in`, () => {
    const parser = new UpdateParser();
    parser.parse(bytes, HEADER_BYTES, bytes.length, context);
    const hasRoutes = parser.nlriEnd > parser.nlriStart || parser.reachEnd > parser.reachStart;
    if (!hasRoutes || parser.withdrawType !== -1) return;
    const canonical = canonicalOf(parser, bytes, context);
    const store = new AttributeStore();
    const id = store.intern(canonical, 0, canonical.length);
    const out = new Uint8Array(CANONICAL_BYTES_MAX);
    const view = {
      isInternal: true,
      fourOctetAs: context.fourOctetAs,
      onlyToCustomer: 0,
      isTransparent: false,
      localAsn: 1,
    };
    const end = writeOutgoingAttributes(store, id, view, undefined, out, 0);
    const again = decodeAttributes(out, 0, end, context.fourOctetAs ? 4 : 2);
    const before = decodeAttributes(canonical, 0, canonical.length);
    expect({ ...again, localPref: before.localPref, nextHop: before.nextHop }).toEqual({
      ...before,
      // A reflector's marks are not ours to pass on.
      originatorId: null,
      clusterList: [],
    });
  });
}

test('every beginning of a message and every changed octet gets a reaction, never an exception', () => {
  const messages = [
    ...GOLDEN_UPDATES.map(({ bytes, context }) => ({ bytes, context })),
    ...malformed.cases
      .filter((each) => each.hex.slice(36, 38) === '02' && each.hex.length < 400)
      .map((each) => ({ bytes: fromHexText(each.hex), context: BOTH })),
  ];
  for (const { bytes, context } of messages) {
    for (let end = HEADER_BYTES; end <= Math.min(bytes.length, 400); end++) {
      expectReaction(bytes.slice(0, end), context);
    }
    const mutant = bytes.slice();
    for (let i = HEADER_BYTES; i < Math.min(bytes.length, 200); i++) {
      for (const octet of [0, 1, 2, 14, 15, 64, 127, 128, 255, ((bytes[i] as number) + 1) & 255]) {
        mutant[i] = octet;
        expectReaction(mutant, context);
      }
      mutant[i] = bytes[i] as number;
    }
  }
});

test('random octets get a reaction, never an exception', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.boolean(),
      fc.boolean(),
      (octets, fourOctetAs, hasPathIds) => {
        const bytes = new Uint8Array(HEADER_BYTES + octets.length);
        bytes.set(octets, HEADER_BYTES);
        const pathIds = { 4: hasPathIds, 6: hasPathIds };
        expectReaction(bytes, { ...BOTH, fourOctetAs, pathIds });
      },
    ),
    { numRuns: 3000 },
  );
});

const BOTH: UpdateContext = {
  fourOctetAs: true,
  isInternal: false,
  ipv4: true,
  ipv6: true,
  extendedNextHop: true,
  pathIds: { 4: false, 6: false },
};

/** BGP specification §15: exactly one reaction, and offsets that stay inside the message. */
function expectReaction(bytes: Uint8Array, context: UpdateContext): void {
  const parser = new UpdateParser();
  const reset = parser.parse(bytes, HEADER_BYTES, bytes.length, context);
  if (reset !== undefined) {
    expect(reset.code).toBe(3);
    expect([1, 2, 9, 10]).toContain(reset.subcode);
    return;
  }
  for (const [start, end] of [
    [parser.withdrawnStart, parser.withdrawnEnd],
    [parser.nlriStart, parser.nlriEnd],
    [parser.reachStart, parser.reachEnd],
    [parser.unreachStart, parser.unreachEnd],
  ] as const) {
    if (start > end || end > bytes.length) throw new Error('a range leaves the message');
  }
  const { reachFamily, reachStart, reachEnd } = parser;
  texts(4, bytes, parser.nlriStart, parser.nlriEnd, context.pathIds[4]);
  texts(
    reachFamily,
    bytes,
    reachStart,
    reachEnd,
    reachFamily !== 0 && context.pathIds[reachFamily],
  );
  if (parser.withdrawType !== -1) return;
  if (parser.nlriEnd === parser.nlriStart && parser.reachEnd === parser.reachStart) return;
  const canonical = canonicalOf(parser, bytes, context);
  decodeAttributes(canonical, 0, canonical.length);
}

function canonicalOf(parser: UpdateParser, bytes: Uint8Array, context: UpdateContext): Uint8Array {
  const out = new Uint8Array(bytes.length * 3 + 64);
  const isReach = parser.reachEnd > parser.reachStart;
  return out.slice(0, canonicalize(parser, bytes, context.fourOctetAs, isReach, out));
}

const textOf = ({ prefix, pathId }: GoldenPrefix): string =>
  pathId === undefined ? prefix : `${prefix}#${pathId}`;

/** What both sides of the comparison have words for. */
function wordsOf(attributes: RouteAttributes): Record<string, unknown> {
  const { origin, asPath, nextHop, med, localPref, isAtomicAggregate, aggregator } = attributes;
  const { communities, largeCommunities, clusterList, originatorId, onlyToCustomer } = attributes;
  return {
    origin,
    asPath: asPath.map(({ kind, asns }) => [kind, asns]),
    nextHop,
    med,
    localPref,
    isAtomicAggregate,
    aggregator,
    communities: new Set(communities),
    largeCommunities: new Set(largeCommunities),
    clusterList,
    originatorId,
    onlyToCustomer,
    unknown: attributes.unknown.map(({ type }) => type),
  };
}

function wordsOfFixture(
  decoded: GoldenUpdate['decoded'],
  context: UpdateContext,
): Record<string, unknown> {
  const of = (type: number): DecodedAttribute | undefined =>
    decoded.attributes.find((attribute) => attribute.type === type);
  const value = (type: number): unknown => of(type)?.value ?? null;
  const path = of(17) ?? of(2);
  const leading = of(17) === undefined ? [] : leadingOf(of(2), of(17));
  const segments = (path?.segments ?? []) as { type: string; asns: number[] }[];
  const kinds: Record<string, string> = { AS_SEQUENCE: 'sequence', AS_SET: 'set' };
  const aggregator = of(18) ?? of(7);
  const reach = of(MP_REACH_NLRI);
  const known = new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 15, 16, 17, 18, 26, 32, 35]);
  return {
    origin: value(1) === 'INCOMPLETE' ? 'incomplete' : value(1),
    asPath: segments.map(({ type, asns }, i) => [
      kinds[type],
      i === 0 ? [...leading, ...asns] : asns,
    ]),
    nextHop: decoded.nlri.length > 0 || reach === undefined ? [value(3)] : reach.nextHop,
    med: value(4),
    localPref: context.isInternal ? value(5) : null,
    isAtomicAggregate: of(6) !== undefined,
    aggregator:
      aggregator === undefined ? null : { asn: aggregator.asn, address: aggregator.address },
    communities: new Set((value(8) ?? []) as string[]),
    largeCommunities: new Set((value(32) ?? []) as string[]),
    clusterList: context.isInternal ? (value(10) ?? []) : [],
    originatorId: context.isInternal ? value(9) : null,
    onlyToCustomer: of(35)?.asn ?? null,
    unknown: decoded.attributes.map(({ type }) => type).filter((type) => !known.has(type)),
  };
}

/** RFC 6793 §4.2.3: what AS_PATH has in front of AS4_PATH. */
function leadingOf(path?: DecodedAttribute, as4?: DecodedAttribute): number[] {
  const asns = (attribute?: DecodedAttribute): number[] =>
    ((attribute?.segments ?? []) as { asns: number[] }[]).flatMap((segment) => segment.asns);
  return asns(path).slice(0, asns(path).length - asns(as4).length);
}

function fromHexText(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}
