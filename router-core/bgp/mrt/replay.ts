/**
 * Feeds what was recorded through our own decoder: what each UPDATE says, and how this speaker reacts.
 *
 * Standard: RFC 4271 §4.3, RFC 7606 §2 (reactions), RFC 6396 §4.3.4 (attributes of a table).
 *
 * The same parser and the same canonical form as in a session (update/), so that a bug report is replayed
 * by the code that met the messages. Tables and policy are not part of it.
 *
 * Invariant: any octets give a reading, never an exception.
 *
 * @module
 */
import { at, concatBytes, writeUint16 } from '../../base/bytes.ts';
import { formatIpAddress, formatIpPrefix } from '../../base/ip-address.ts';
import { decodeAttributes, type RouteAttributes } from '../attribute/decode.ts';
import {
  ATTRIBUTE_FLAGS,
  attributeName,
  EXTENDED_LENGTH,
  MP_REACH_NLRI,
  PARTIAL,
} from '../attribute/table.ts';
import { HEADER_BYTES } from '../constants.ts';
import { describeNotification } from '../message/notification.ts';
import { CANONICAL_BYTES_MAX, canonicalize } from '../update/canonicalize.ts';
import { nextPrefix } from '../update/nlri.ts';
import { UpdateParser } from '../update/parse-update.ts';
import type { MessageForm } from './bgp4mp.ts';
import type { MrtEnds } from './decode-record.ts';
import { OctetCursor } from './octet-cursor.ts';
import { withoutPathIds } from './path-ids.ts';

/** How a speaker reacts to an UPDATE (RFC 7606 §2), and why. */
export type Reaction =
  | { readonly kind: 'accept' }
  | { readonly kind: 'discard' | 'withdraw'; readonly attribute: string }
  | { readonly kind: 'reset'; readonly because: string };

export type UpdateReading = {
  readonly reaction: Reaction;
  readonly announced: readonly string[];
  readonly withdrawn: readonly string[];
  readonly endOfRib: 'ipv4' | 'ipv6' | null;
  /** Of the announced prefixes; null when nothing is announced, or nothing of it can be used. */
  readonly attributes: RouteAttributes | null;
  /** Of all prefixes, withdrawn ones first; none without add-path. */
  readonly pathIds: readonly number[];
};

/** Reads UPDATEs one after the other, from any number of sessions. */
export class Replay {
  private readonly parser = new UpdateParser();
  private readonly canonical = new Uint8Array(CANONICAL_BYTES_MAX);

  /** Reads a whole UPDATE with its header. */
  read(message: Uint8Array, form: MessageForm, ends: MrtEnds): UpdateReading {
    const whole = message.subarray(HEADER_BYTES);
    const stripped = form.hasPathIds ? withoutPathIds(whole) : { body: whole, pathIds: [] };
    if (stripped === undefined)
      return { ...NOTHING, reaction: { kind: 'reset', because: 'Its path ids cannot be read.' } };
    const { body, pathIds } = stripped;
    const { parser } = this;
    const context = {
      fourOctetAs: form.hasAs4,
      isInternal: ends.peerAsn === ends.localAsn,
      ipv4: true,
      ipv6: true,
      extendedNextHop: true,
      // Those of a recording were taken out.
      pathIds: { 4: false, 6: false },
    };
    const reset = parser.parse(body, 0, body.length, context);
    if (reset !== undefined)
      return {
        ...NOTHING,
        reaction: { kind: 'reset', because: describeNotification(reset).sentence },
      };
    return {
      reaction: this.reaction(),
      announced: [
        ...prefixTexts(4, body, parser.nlriStart, parser.nlriEnd),
        ...prefixTexts(parser.reachFamily, body, parser.reachStart, parser.reachEnd),
      ],
      withdrawn: [
        ...prefixTexts(4, body, parser.withdrawnStart, parser.withdrawnEnd),
        ...prefixTexts(parser.unreachFamily, body, parser.unreachStart, parser.unreachEnd),
      ],
      endOfRib: parser.endOfRib === 0 ? null : parser.endOfRib === 4 ? 'ipv4' : 'ipv6',
      attributes: this.attributesOf(body, form.hasAs4),
      pathIds,
    };
  }

  /** Reads the attributes of a table's entry; undefined when they are malformed. */
  readEntry(attributes: Uint8Array): RouteAttributes | undefined {
    const split = splitReach(attributes);
    if (split === undefined) return undefined;
    const body = new Uint8Array(4 + split.others.length);
    writeUint16(body, 2, split.others.length);
    body.set(split.others, 4);
    const context = {
      fourOctetAs: true,
      // LOCAL_PREF stands in every table, whoever the route came from.
      isInternal: true,
      ipv4: true,
      ipv6: true,
      extendedNextHop: true,
      // Those of a recording were taken out.
      pathIds: { 4: false, 6: false },
    };
    const reset = this.parser.parse(body, 0, body.length, context);
    if (reset !== undefined || this.parser.withdrawType !== -1) return undefined;
    const decoded = this.decode(body, true, false);
    return split.nextHop.length === 0 ? decoded : { ...decoded, nextHop: split.nextHop };
  }

  private attributesOf(body: Uint8Array, hasAs4: boolean): RouteAttributes | null {
    const { parser } = this;
    const isReach = parser.reachFamily !== 0 && parser.reachEnd > parser.reachStart;
    const isClassic = parser.nlriEnd > parser.nlriStart;
    if (parser.withdrawType !== -1 || (!isReach && !isClassic)) return null;
    return this.decode(body, hasAs4, isReach);
  }

  private decode(body: Uint8Array, hasAs4: boolean, isReach: boolean): RouteAttributes {
    const end = canonicalize(this.parser, body, hasAs4, isReach, this.canonical);
    return decodeAttributes(this.canonical, 0, end);
  }

  private reaction(): Reaction {
    const { withdrawType, discarded, discardType } = this.parser;
    if (withdrawType !== -1) return { kind: 'withdraw', attribute: attributeName(withdrawType) };
    if (discarded > 0) return { kind: 'discard', attribute: attributeName(discardType) };
    return { kind: 'accept' };
  }
}

const NOTHING = {
  announced: [],
  withdrawn: [],
  endOfRib: null,
  attributes: null,
  pathIds: [],
} as const;

/** Takes MP_REACH_NLRI out of a table's attributes: abridged to its next hop, or whole as some write it. */
function splitReach(attributes: Uint8Array): { others: Uint8Array; nextHop: string[] } | undefined {
  const cursor = new OctetCursor(attributes);
  const others: Uint8Array[] = [];
  let nextHop: string[] = [];
  while (cursor.left > 0) {
    const start = cursor.at;
    const isLong = (cursor.uint8() & EXTENDED_LENGTH) !== 0;
    const type = cursor.uint8();
    const value = cursor.octets(isLong ? cursor.uint16() : cursor.uint8());
    if (cursor.isShort) return undefined;
    if (type === MP_REACH_NLRI) nextHop = reachNextHop(value);
    else others.push(withFlagsOfStandard(attributes.slice(start, cursor.at)));
  }
  return { others: concatBytes(...others), nextHop };
}

/** BIRD writes 0 for the flags of attributes that it made itself. */
function withFlagsOfStandard(attribute: Uint8Array): Uint8Array {
  const known = at(ATTRIBUTE_FLAGS, at(attribute, 1));
  if (known !== 0) attribute[0] = known | (at(attribute, 0) & (EXTENDED_LENGTH | PARTIAL));
  return attribute;
}

function reachNextHop(value: Uint8Array): string[] {
  const isAbridged = value[0] === value.length - 1;
  const start = isAbridged ? 1 : 4;
  const length = value[start - 1] ?? 0;
  const octets = value.subarray(start, start + length);
  if (octets.length === 4) return [formatIpAddress({ family: 4, bytes: octets })];
  if (octets.length !== 16 && octets.length !== 32) return [];
  const addresses: string[] = [];
  for (let o = 0; o < octets.length; o += 16)
    addresses.push(formatIpAddress({ family: 6, bytes: octets.slice(o, o + 16) }));
  return addresses;
}

/** The ranges were checked by the parser. */
function prefixTexts(family: 0 | 4 | 6, b: Uint8Array, start: number, end: number): string[] {
  if (family === 0) return [];
  const texts: string[] = [];
  for (let o = start; o < end; o = nextPrefix(b, o)) {
    const length = b[o] as number;
    const bytes = new Uint8Array(family === 4 ? 4 : 16);
    bytes.set(b.subarray(o + 1, nextPrefix(b, o)));
    const whole = length >>> 3;
    if (whole < bytes.length) bytes[whole] = (bytes[whole] as number) & (0xff00 >>> (length & 7));
    texts.push(formatIpPrefix({ family, bytes, length }));
  }
  return texts;
}
