/**
 * UPDATEs for tests: written as other speakers write them, read as they would read ours.
 *
 * For tests only.
 *
 * @module
 */
import {
  concatBytes,
  fromHex,
  readUint32,
  toHex,
  writeUint16,
  writeUint32,
} from '../../../base/bytes.ts';
import {
  formatIpAddress,
  formatIpPrefix,
  type IpAddress,
  type IpPrefix,
  parseIpAddress,
  parseIpPrefix,
} from '../../../base/ip-address.ts';
import { decodeAttributes, type RouteAttributes } from '../../attribute/decode.ts';
import { AS_PATH, MP_REACH_NLRI } from '../../attribute/table.ts';
import { HEADER_BYTES } from '../../constants.ts';
import type { Family, NegotiatedSession } from '../../types.ts';
import { nextPrefix, PATH_ID_BYTES } from '../../update/nlri.ts';
import { UpdateParser } from '../../update/parse-update.ts';

export const ip = (text: string): IpAddress => parseIpAddress(text) as IpAddress;
export const prefix = (text: string): IpPrefix => parseIpPrefix(text) as IpPrefix;
export const hex = (text: string): Uint8Array => fromHex(text.replaceAll(' ', '')) as Uint8Array;

/** What one UPDATE said, as its receiver reads it; with path ids prefixes are `172.20.0.0/24#7`. */
export type Heard = {
  readonly announced: readonly string[];
  readonly withdrawn: readonly string[];
  readonly attributes: RouteAttributes | undefined;
  readonly nextHop: readonly string[];
  readonly endOfRib: Family | undefined;
  readonly bytes: Uint8Array;
};

export type Announcement = {
  readonly prefixes: readonly string[];
  /** Without the neighbor's own AS, which is put in front. */
  readonly path?: readonly number[];
  /** An AS_SET behind the path. */
  readonly set?: readonly number[];
  readonly origin?: number;
  readonly med?: number;
  readonly localPref?: number;
  readonly nextHop?: string;
  /** `65535:0`. */
  readonly communities?: readonly string[];
  /** More attributes as hexadecimal octets, in order. */
  readonly extra?: string;
};

/** Reads a message as its receiver would. */
export function hear(bytes: Uint8Array, session: NegotiatedSession): Heard {
  const parser = new UpdateParser();
  const context = {
    fourOctetAs: session.fourOctetAs,
    isInternal: session.isInternal,
    ipv4: session.families.includes('ipv4'),
    ipv6: session.families.includes('ipv6'),
    extendedNextHop: session.extendedNextHop,
    pathIds: {
      4: session.addPath?.send.includes('ipv4') ?? false,
      6: session.addPath?.send.includes('ipv6') ?? false,
    },
  };
  const { pathIds } = context;
  const ranged = (family: 0 | 4 | 6, start: number, end: number): string[] =>
    texts(family, bytes, start, end, family !== 0 && pathIds[family]);
  const length = ((bytes[16] as number) << 8) | (bytes[17] as number);
  const reset = parser.parse(bytes, HEADER_BYTES, bytes.length, context);
  if (length !== bytes.length || reset !== undefined || parser.withdrawType !== -1) {
    throw new Error(`we sent a malformed UPDATE: ${toHex(bytes)}`);
  }
  const attributesEnd = parser.nlriStart;
  const attributesStart = parser.withdrawnEnd + 2;
  const { blockStart, nextHop } = skipReach(bytes, attributesStart, attributesEnd);
  const attributes = parser.has(AS_PATH)
    ? decodeAttributes(bytes, blockStart, attributesEnd, session.fourOctetAs ? 4 : 2)
    : undefined;
  return {
    announced: [
      ...ranged(4, parser.nlriStart, parser.nlriEnd),
      ...ranged(parser.reachFamily, parser.reachStart, parser.reachEnd),
    ],
    withdrawn: [
      ...ranged(4, parser.withdrawnStart, parser.withdrawnEnd),
      ...ranged(parser.unreachFamily, parser.unreachStart, parser.unreachEnd),
    ],
    attributes,
    nextHop: nextHop.length > 0 ? nextHop : (attributes?.nextHop ?? []),
    endOfRib: parser.endOfRib === 4 ? 'ipv4' : parser.endOfRib === 6 ? 'ipv6' : undefined,
    bytes,
  };
}

/** MP_REACH_NLRI stands first in what we send. */
function skipReach(
  b: Uint8Array,
  start: number,
  end: number,
): { blockStart: number; nextHop: string[] } {
  if (start >= end || b[start + 1] !== MP_REACH_NLRI) return { blockStart: start, nextHop: [] };
  const value = start + 4;
  const blockStart = value + (((b[start + 2] as number) << 8) | (b[start + 3] as number));
  const nextHop: string[] = [];
  const length = b[value + 3] as number;
  for (let o = value + 4; o < value + 4 + length; o += 16) {
    nextHop.push(formatIpAddress({ family: 6, bytes: b.slice(o, o + 16) }));
  }
  return { blockStart, nextHop };
}

export function texts(
  family: 0 | 4 | 6,
  b: Uint8Array,
  start: number,
  end: number,
  hasPathIds = false,
): string[] {
  const out: string[] = [];
  if (family === 0) return out;
  for (let o = start; o < end; o = nextPrefix(b, o)) {
    const pathId = hasPathIds ? `#${readUint32(b, o)}` : '';
    if (hasPathIds) o += PATH_ID_BYTES;
    const length = b[o] as number;
    const bytes = new Uint8Array(family === 4 ? 4 : 16);
    bytes.set(b.slice(o + 1, nextPrefix(b, o)));
    const whole = length >>> 3;
    if (whole < bytes.length) {
      bytes[whole] = (bytes[whole] as number) & (0xff00 >>> (length & 7));
      bytes.fill(0, whole + 1);
    }
    out.push(`${formatIpPrefix({ family, bytes, length })}${pathId}`);
  }
  return out;
}

/** Prefixes for the wire; one with a path id is `172.20.0.0/24#7`. */
export function nlri(prefixes: readonly string[]): Uint8Array {
  return concatBytes(
    ...prefixes.map((text) => {
      const [address = '', pathId] = text.split('#');
      const id = new Uint8Array(pathId === undefined ? 0 : PATH_ID_BYTES);
      if (pathId !== undefined) writeUint32(id, 0, Number(pathId));
      const { bytes, length } = prefix(address);
      return concatBytes(id, new Uint8Array([length]), bytes.slice(0, (length + 7) >>> 3));
    }),
  );
}

export function attribute(flags: number, type: number, value: Uint8Array): Uint8Array {
  const header =
    (flags & 0x10) !== 0
      ? [flags, type, value.length >>> 8, value.length & 255]
      : [flags, type, value.length];
  return concatBytes(new Uint8Array(header), value);
}

export function updateBody(
  withdrawn: Uint8Array,
  attributes: Uint8Array,
  reachable: Uint8Array,
): Uint8Array {
  const lengths = new Uint8Array(4);
  writeUint16(lengths, 0, withdrawn.length);
  writeUint16(lengths, 2, attributes.length);
  return concatBytes(lengths.slice(0, 2), withdrawn, lengths.slice(2), attributes, reachable);
}

/** One segment of an AS_PATH, or nothing. */
export function segment(type: number, asns: readonly number[], width: 2 | 4 = 4): Uint8Array {
  if (asns.length === 0) return new Uint8Array(0);
  const out = new Uint8Array(2 + asns.length * width);
  out[0] = type;
  out[1] = asns.length;
  for (const [i, asn] of asns.entries()) {
    if (width === 4) writeUint32(out, 2 + i * 4, asn);
    else writeUint16(out, 2 + i * 2, asn);
  }
  return out;
}

/** The bodies a neighbor would send: one for IPv4 with ENH or NEXT_HOP, one for IPv6. */
export function announceBodies(session: NegotiatedSession, what: Announcement): Uint8Array[] {
  const path = session.isInternal ? (what.path ?? []) : [session.peerAsn, ...(what.path ?? [])];
  const word = (value: number): Uint8Array => {
    const out = new Uint8Array(4);
    writeUint32(out, 0, value);
    return out;
  };
  const communities = (what.communities ?? []).map((text) => {
    const [high, low] = text.split(':').map(Number) as [number, number];
    return word(high * 65536 + low);
  });
  const width = session.fourOctetAs ? 4 : 2;
  const head = concatBytes(
    attribute(0x40, 1, new Uint8Array([what.origin ?? 0])),
    attribute(
      0x50,
      AS_PATH,
      concatBytes(segment(2, path, width), segment(1, what.set ?? [], width)),
    ),
  );
  const tail = concatBytes(
    what.med === undefined ? hex('') : attribute(0x80, 4, word(what.med)),
    what.localPref === undefined ? hex('') : attribute(0x40, 5, word(what.localPref)),
    communities.length === 0 ? hex('') : attribute(0xc0, 8, concatBytes(...communities)),
    hex(what.extra ?? ''),
  );
  const bodies: Uint8Array[] = [];
  const ipv4 = what.prefixes.filter((text) => !text.includes(':'));
  const ipv6 = what.prefixes.filter((text) => text.includes(':'));
  const nextHop = what.nextHop === undefined ? session.remoteAddress : ip(what.nextHop);
  if (ipv4.length > 0 && nextHop.family === 4) {
    const classic = attribute(0x40, 3, nextHop.bytes);
    bodies.push(updateBody(hex(''), concatBytes(head, classic, tail), nlri(ipv4)));
  } else if (ipv4.length > 0) {
    bodies.push(updateBody(hex(''), concatBytes(reach(1, nextHop, ipv4), head, tail), hex('')));
  }
  if (ipv6.length > 0) {
    const hop = nextHop.family === 4 ? ip('fd42::1') : nextHop;
    bodies.push(updateBody(hex(''), concatBytes(reach(2, hop, ipv6), head, tail), hex('')));
  }
  return bodies;
}

/** ONLY_TO_CUSTOMER as hexadecimal octets. */
export const otc = (asn: number): string => `c02304${asn.toString(16).padStart(8, '0')}`;

function reach(afi: 1 | 2, nextHop: IpAddress, prefixes: readonly string[]): Uint8Array {
  const fixed = new Uint8Array([0, afi, 1, nextHop.bytes.length]);
  return attribute(
    0x90,
    MP_REACH_NLRI,
    concatBytes(fixed, nextHop.bytes, new Uint8Array(1), nlri(prefixes)),
  );
}
