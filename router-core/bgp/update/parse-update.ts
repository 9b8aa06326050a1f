/**
 * One UPDATE, read in place: where everything is, and what is wrong with it.
 *
 * Standard: RFC 4271 §4.3 and §6.3, RFC 4760, RFC 7606, RFC 7911 §3, RFC 8950; BGP specification §4.1 and §4.2.
 *
 *   withdrawn length 2 | withdrawn | attributes length 2 | attributes | NLRI
 *
 * Nothing is copied: the parser holds offsets into the caller's octets, valid until the next call.
 * The strongest reaction wins: reset > withdraw > discard.
 *
 *   reset      parse() returns the NOTIFICATION
 *   withdraw   withdrawType is the attribute at fault; prefixes are still located
 *   discard    the attribute is not in `offset`; discarded and discardType tell
 *
 * Invariants
 * - Any octets give a result and never an exception; no offset leaves the message.
 * - After `parse` returned undefined, all prefix ranges hold whole prefixes of legal length, each
 *   with its path id where the context says so.
 *
 * @module
 */
import { at, readUint16 } from '../../base/bytes.ts';
import {
  AS_PATH,
  ATTRIBUTE_FLAGS,
  EXTENDED_LENGTH,
  MP_REACH_NLRI,
  MP_UNREACH_NLRI,
  NEXT_HOP,
  OPTIONAL,
  ORIGIN,
  TRANSITIVE,
} from '../attribute/table.ts';
import {
  AFI_IPV4,
  AFI_IPV6,
  INVALID_NETWORK_FIELD,
  MALFORMED_ATTRIBUTE_LIST,
  OPTIONAL_ATTRIBUTE_ERROR,
  SAFI_UNICAST,
  UNRECOGNIZED_WELL_KNOWN_ATTRIBUTE,
  UPDATE_MESSAGE_ERROR,
} from '../constants.ts';
import { i32, u8 } from '../rib/columns.ts';
import { UNKNOWN_ATTRIBUTE_BYTES_MAX, UNKNOWN_ATTRIBUTES_MAX } from '../rib/limits.ts';
import type { BgpNotification } from '../types.ts';
import {
  areFlagsRight,
  checkAttribute,
  DISCARD,
  KEEP,
  type UpdateContext,
  WITHDRAW,
} from './attribute-checks.ts';
import { checkPrefixes } from './nlri.ts';

const NO_DATA = new Uint8Array(0);
const NOT_SEEN = -1;
const SEEN_AND_DROPPED = -2;
/** The fixed part of MP_REACH_NLRI: AFI, SAFI, next hop length, reserved. */
const MP_REACH_BYTES_MIN = 5;
const MP_UNREACH_BYTES_MIN = 3;

export class UpdateParser {
  /** Prefixes of the classic fields, IPv4. */
  withdrawnStart = 0;
  withdrawnEnd = 0;
  nlriStart = 0;
  nlriEnd = 0;
  /** MP_REACH_NLRI: 0 when absent or of a family that was not agreed on. */
  reachFamily: 0 | 4 | 6 = 0;
  reachNextHop = 0;
  reachNextHopLength = 0;
  reachStart = 0;
  reachEnd = 0;
  unreachFamily: 0 | 4 | 6 = 0;
  unreachStart = 0;
  unreachEnd = 0;
  /** The family whose End-of-RIB this is (RFC 4724 §2), or 0. */
  endOfRib: 0 | 4 | 6 = 0;
  /** The attribute whose error withdraws the routes, or -1. */
  withdrawType = NOT_SEEN;
  /** The attribute whose error resets the session, or -1 when it is about none. */
  resetType = NOT_SEEN;
  /** How many attributes were discarded, and the last of them. */
  discarded = 0;
  discardType = NOT_SEEN;
  /** Octets at fault, for those who read raw messages: an attribute, or a field of the message. */
  faultStart = 0;
  faultEnd = 0;
  /** By type: offset of the value of each attribute that is kept, or negative. */
  readonly offset: Int32Array = new Int32Array(256).fill(NOT_SEEN);
  readonly length: Int32Array = new Int32Array(256);
  readonly flags: Uint8Array = new Uint8Array(256);
  /** The types that occurred, ascending after `parse`. */
  readonly types: Uint8Array = new Uint8Array(256);
  typeCount = 0;

  private unknownCount = 0;
  private unknownBytes = 0;
  private attributeCount = 0;

  /** Whether the attribute is there and well formed. */
  has(type: number): boolean {
    return i32(this.offset, type) >= 0;
  }

  /** Reads the body of an UPDATE; returns the NOTIFICATION of a reset. */
  parse(
    b: Uint8Array,
    start: number,
    end: number,
    context: UpdateContext,
  ): BgpNotification | undefined {
    this.reset();
    if (end - start < 4) return this.refuse(MALFORMED_ATTRIBUTE_LIST, start, end);
    this.withdrawnStart = start + 2;
    this.withdrawnEnd = this.withdrawnStart + readUint16(b, start);
    if (this.withdrawnEnd + 2 > end) {
      return this.refuse(MALFORMED_ATTRIBUTE_LIST, start, this.withdrawnStart);
    }
    const attributes = this.withdrawnEnd + 2;
    this.nlriStart = attributes + readUint16(b, this.withdrawnEnd);
    this.nlriEnd = end;
    if (this.nlriStart > end) {
      return this.refuse(MALFORMED_ATTRIBUTE_LIST, this.withdrawnEnd, attributes);
    }

    const reset = this.walkAttributes(b, attributes, this.nlriStart, context);
    if (reset !== undefined) return reset;
    // RFC 7606 §5.3: prefixes that can not be read leave nothing to treat as withdrawn.
    const hasPathIds = context.pathIds[4];
    if (!checkPrefixes(b, this.withdrawnStart, this.withdrawnEnd, 32, hasPathIds)) {
      return this.refuse(INVALID_NETWORK_FIELD, this.withdrawnStart, this.withdrawnEnd);
    }
    if (!checkPrefixes(b, this.nlriStart, this.nlriEnd, 32, hasPathIds)) {
      return this.refuse(INVALID_NETWORK_FIELD, this.nlriStart, this.nlriEnd);
    }
    this.checkMandatory();
    this.findEndOfRib(start, end);
    if (!context.ipv4) {
      // A family nobody agreed on: the prefixes are ignored.
      this.withdrawnEnd = this.withdrawnStart;
      this.nlriEnd = this.nlriStart;
    }
    return undefined;
  }

  private reset(): void {
    for (let i = 0; i < this.typeCount; i++) this.offset[u8(this.types, i)] = NOT_SEEN;
    this.typeCount = 0;
    this.reachFamily = 0;
    this.reachStart = 0;
    this.reachEnd = 0;
    this.unreachFamily = 0;
    this.unreachStart = 0;
    this.unreachEnd = 0;
    this.endOfRib = 0;
    this.withdrawType = NOT_SEEN;
    this.resetType = NOT_SEEN;
    this.discarded = 0;
    this.discardType = NOT_SEEN;
    this.faultStart = 0;
    this.faultEnd = 0;
    this.unknownCount = 0;
    this.unknownBytes = 0;
    this.attributeCount = 0;
  }

  private walkAttributes(
    b: Uint8Array,
    start: number,
    end: number,
    context: UpdateContext,
  ): BgpNotification | undefined {
    let o = start;
    while (o < end) {
      const headerEnd = o + ((at(b, o) & EXTENDED_LENGTH) !== 0 ? 4 : 3);
      const type = end - o > 1 ? at(b, o + 1) : 0;
      const value = headerEnd;
      let valueEnd = end + 1;
      if (headerEnd <= end) {
        valueEnd = value + (headerEnd - o === 4 ? readUint16(b, o + 2) : at(b, o + 2));
      }
      if (valueEnd > end) {
        // RFC 7606 §4: the attributes end here. Prefixes inside a cut MP attribute are lost, and
        // with them the chance to treat them as withdrawn.
        if (type === MP_REACH_NLRI || type === MP_UNREACH_NLRI) {
          return this.refuse(OPTIONAL_ATTRIBUTE_ERROR, o, end, type);
        }
        this.withdraw(type, o, end);
        return undefined;
      }
      this.attributeCount++;
      const reset = this.takeAttribute(b, o, type, value, valueEnd, context);
      if (reset !== undefined) return reset;
      o = valueEnd;
    }
    return undefined;
  }

  private takeAttribute(
    b: Uint8Array,
    o: number,
    type: number,
    value: number,
    end: number,
    context: UpdateContext,
  ): BgpNotification | undefined {
    const flags = at(b, o);
    if (i32(this.offset, type) !== NOT_SEEN) {
      // RFC 7606 §3 g: MP attributes twice reset, of all others the first stands.
      if (type === MP_REACH_NLRI || type === MP_UNREACH_NLRI) {
        return this.refuse(MALFORMED_ATTRIBUTE_LIST, o, end, type);
      }
      this.discard(type, o, end);
      return undefined;
    }
    this.remember(type);
    if (type === MP_REACH_NLRI) return this.takeReach(b, o, value, end, context);
    if (type === MP_UNREACH_NLRI) return this.takeUnreach(b, o, value, end, context);
    if (at(ATTRIBUTE_FLAGS, type) === 0) return this.takeUnknown(b, o, type, value, end);
    const verdict = checkAttribute(type, flags, b, value, end, context);
    if (verdict === KEEP) {
      this.offset[type] = value;
      this.length[type] = end - value;
      this.flags[type] = flags;
    } else if (verdict === DISCARD) this.discard(type, o, end);
    else if (verdict === WITHDRAW) this.withdraw(type, o, end);
    return undefined;
  }

  private takeUnknown(
    b: Uint8Array,
    o: number,
    type: number,
    value: number,
    end: number,
  ): BgpNotification | undefined {
    const flags = at(b, o);
    if ((flags & OPTIONAL) === 0) {
      // RFC 4271 §6.3; RFC 7606 leaves this one as it was. The data is the attribute.
      return this.refuse(UNRECOGNIZED_WELL_KNOWN_ATTRIBUTE, o, end, type, b.slice(o, end));
    }
    const isKept =
      (flags & TRANSITIVE) !== 0 &&
      this.unknownCount < UNKNOWN_ATTRIBUTES_MAX &&
      this.unknownBytes + end - value <= UNKNOWN_ATTRIBUTE_BYTES_MAX;
    if (!isKept) return undefined;
    this.unknownCount++;
    this.unknownBytes += end - value;
    this.offset[type] = value;
    this.length[type] = end - value;
    this.flags[type] = flags;
    return undefined;
  }

  private takeReach(
    b: Uint8Array,
    o: number,
    value: number,
    end: number,
    context: UpdateContext,
  ): BgpNotification | undefined {
    if (end - value < MP_REACH_BYTES_MIN)
      return this.refuse(OPTIONAL_ATTRIBUTE_ERROR, o, end, MP_REACH_NLRI);
    const family = agreedFamily(b, value, context);
    if (family === 0) return undefined;
    const length = at(b, value + 3);
    const nextHop = value + 4;
    const nlri = nextHop + length + 1;
    const isKnownLength = length === 16 || length === 32 || (family === 4 && length === 4);
    if (!isKnownLength || nlri > end)
      return this.refuse(OPTIONAL_ATTRIBUTE_ERROR, o, end, MP_REACH_NLRI);
    if (!checkPrefixes(b, nlri, end, family === 4 ? 32 : 128, context.pathIds[family])) {
      return this.refuse(OPTIONAL_ATTRIBUTE_ERROR, o, end, MP_REACH_NLRI);
    }
    this.reachFamily = family;
    this.reachNextHop = nextHop;
    this.reachNextHopLength = length;
    this.reachStart = nlri;
    this.reachEnd = end;
    this.offset[MP_REACH_NLRI] = value;
    this.length[MP_REACH_NLRI] = end - value;
    // An IPv6 next hop nobody agreed on: the prefixes are found, so withdrawing is enough.
    const isAgreed = family === 6 || length === 4 || context.extendedNextHop;
    if (!isAgreed || !areFlagsRight(MP_REACH_NLRI, at(b, o)) || isZero(b, nextHop, length)) {
      this.withdraw(MP_REACH_NLRI, o, end);
    }
    return undefined;
  }

  private takeUnreach(
    b: Uint8Array,
    o: number,
    value: number,
    end: number,
    context: UpdateContext,
  ): BgpNotification | undefined {
    if (end - value < MP_UNREACH_BYTES_MIN)
      return this.refuse(OPTIONAL_ATTRIBUTE_ERROR, o, end, MP_UNREACH_NLRI);
    const family = agreedFamily(b, value, context);
    if (family === 0) return undefined;
    if (!checkPrefixes(b, value + 3, end, family === 4 ? 32 : 128, context.pathIds[family])) {
      return this.refuse(OPTIONAL_ATTRIBUTE_ERROR, o, end, MP_UNREACH_NLRI);
    }
    this.unreachFamily = family;
    this.unreachStart = value + 3;
    this.unreachEnd = end;
    this.offset[MP_UNREACH_NLRI] = value;
    this.length[MP_UNREACH_NLRI] = end - value;
    if (!areFlagsRight(MP_UNREACH_NLRI, at(b, o))) this.withdraw(MP_UNREACH_NLRI, o, end);
    return undefined;
  }

  /** RFC 7606 §3 d: a well-known mandatory attribute is missing. */
  private checkMandatory(): void {
    const hasClassic = this.nlriEnd > this.nlriStart;
    if (!hasClassic && this.reachEnd === this.reachStart) return;
    if (!this.has(ORIGIN)) this.withdraw(ORIGIN, 0, 0);
    if (!this.has(AS_PATH)) this.withdraw(AS_PATH, 0, 0);
    if (hasClassic && !this.has(NEXT_HOP)) this.withdraw(NEXT_HOP, 0, 0);
  }

  private findEndOfRib(start: number, end: number): void {
    if (end - start === 4) this.endOfRib = 4;
    else if (
      this.attributeCount === 1 &&
      this.unreachFamily !== 0 &&
      this.unreachStart === this.unreachEnd &&
      this.withdrawnStart === this.withdrawnEnd &&
      this.nlriStart === end
    ) {
      this.endOfRib = this.unreachFamily;
    }
  }

  /** Keeps `types` ascending; senders nearly always do already. */
  private remember(type: number): void {
    let i = this.typeCount++;
    for (; i > 0 && u8(this.types, i - 1) > type; i--) this.types[i] = u8(this.types, i - 1);
    this.types[i] = type;
    this.offset[type] = SEEN_AND_DROPPED;
  }

  private discard(type: number, start: number, end: number): void {
    this.discarded++;
    this.discardType = type;
    if (this.withdrawType === NOT_SEEN) this.blame(start, end);
  }

  private withdraw(type: number, start: number, end: number): void {
    if (this.withdrawType !== NOT_SEEN) return;
    this.withdrawType = type;
    this.blame(start, end);
  }

  /** Returns the NOTIFICATION for octets that leave nothing better than a reset. */
  private refuse(
    subcode: number,
    start: number,
    end: number,
    type: number = NOT_SEEN,
    data: Uint8Array = NO_DATA,
  ): BgpNotification {
    this.resetType = type;
    this.blame(start, end);
    return { code: UPDATE_MESSAGE_ERROR, subcode, data };
  }

  private blame(start: number, end: number): void {
    this.faultStart = start;
    this.faultEnd = end;
  }
}

function agreedFamily(b: Uint8Array, o: number, context: UpdateContext): 0 | 4 | 6 {
  if (at(b, o + 2) !== SAFI_UNICAST) return 0;
  const afi = readUint16(b, o);
  if (afi === AFI_IPV4) return context.ipv4 ? 4 : 0;
  return afi === AFI_IPV6 && context.ipv6 ? 6 : 0;
}

function isZero(b: Uint8Array, start: number, length: number): boolean {
  for (let i = start; i < start + length; i++) if (at(b, i) !== 0) return false;
  return true;
}
