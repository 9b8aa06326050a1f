/**
 * Takes the path ids out of an UPDATE, so that it reads like any other.
 *
 * Standard: RFC 7911 §3 (four octets in front of every prefix).
 *
 * @module
 */
import { at, concatBytes, readUint32, writeUint16 } from '../../base/bytes.ts';
import { EXTENDED_LENGTH, MP_REACH_NLRI, MP_UNREACH_NLRI } from '../attribute/table.ts';
import { OctetCursor } from './octet-cursor.ts';

export type WithoutPathIds = {
  readonly body: Uint8Array;
  /** In the order of their prefixes; withdrawn ones first. */
  readonly pathIds: readonly number[];
};

/** Returns the body of an UPDATE without its path ids; undefined when it has not the form it should have. */
export function withoutPathIds(body: Uint8Array): WithoutPathIds | undefined {
  const cursor = new OctetCursor(body);
  const pathIds: number[] = [];
  const withdrawn = stripPrefixes(cursor.octets(cursor.uint16()), pathIds);
  const attributes = stripAttributes(cursor.octets(cursor.uint16()), pathIds);
  const nlri = stripPrefixes(cursor.octets(cursor.left), pathIds);
  if (cursor.isShort || withdrawn === undefined || attributes === undefined || nlri === undefined)
    return undefined;
  const parts = [uint16(withdrawn.length), withdrawn, uint16(attributes.length), attributes, nlri];
  return { body: concatBytes(...parts), pathIds };
}

function stripPrefixes(b: Uint8Array, pathIds: number[]): Uint8Array | undefined {
  const parts: Uint8Array[] = [];
  for (let o = 0; o < b.length; ) {
    if (o + 5 > b.length) return undefined;
    pathIds.push(readUint32(b, o));
    const end = o + 5 + ((at(b, o + 4) + 7) >>> 3);
    if (end > b.length) return undefined;
    parts.push(b.subarray(o + 4, end));
    o = end;
  }
  return concatBytes(...parts);
}

function stripAttributes(b: Uint8Array, pathIds: number[]): Uint8Array | undefined {
  const parts: Uint8Array[] = [];
  const cursor = new OctetCursor(b);
  while (cursor.left > 0) {
    const flags = cursor.uint8();
    const type = cursor.uint8();
    const isLong = (flags & EXTENDED_LENGTH) !== 0;
    const value = cursor.octets(isLong ? cursor.uint16() : cursor.uint8());
    if (cursor.isShort) return undefined;
    const fixed =
      type === MP_REACH_NLRI ? 5 + (value[3] ?? 0) : type === MP_UNREACH_NLRI ? 3 : value.length;
    const prefixes = stripPrefixes(value.subarray(fixed), pathIds);
    if (fixed > value.length || prefixes === undefined) return undefined;
    const kept = concatBytes(value.subarray(0, fixed), prefixes);
    const header = isLong
      ? concatBytes(Uint8Array.of(flags, type), uint16(kept.length))
      : Uint8Array.of(flags, type, kept.length);
    parts.push(header, kept);
  }
  return concatBytes(...parts);
}

function uint16(value: number): Uint8Array {
  const out = new Uint8Array(2);
  writeUint16(out, 0, value);
  return out;
}
