/**
 * Builds UPDATE messages: one set of attributes with as many prefixes as fit, or withdrawals.
 *
 * Standard: RFC 4271 §4.3, RFC 4760 §3 and §4, RFC 4724 §2, RFC 7606 §5.1 (MP attributes first);
 * RFC 7911 §3 (path ids); BGP specification §6.4.
 *
 *   classic   header | 0 | attributes | NLRI                    (IPv4 with an IPv4 next hop)
 *   MP        header | 0 | MP_REACH (next hop, NLRI), attributes
 *
 * One writer has one buffer; a finished message is valid until the next begins.
 *
 * @module
 */
import { writeUint16, writeUint32 } from '../../base/bytes.ts';
import type { AttributeStore } from '../attribute/attribute-store.ts';
import { EXTENDED_LENGTH, MP_REACH_NLRI, MP_UNREACH_NLRI, OPTIONAL } from '../attribute/table.ts';
import {
  AFI_IPV4,
  AFI_IPV6,
  HEADER_BYTES,
  MARKER_BYTES,
  SAFI_UNICAST,
  UPDATE,
} from '../constants.ts';
import type { PrefixTable } from '../rib/prefix-table.ts';
import { CANONICAL_BYTES_MAX } from './canonicalize.ts';
import { PATH_ID_BYTES } from './nlri.ts';
import { type OutgoingView, writeOutgoingAttributes } from './outgoing-attributes.ts';
import { type StoredView, writeStoredAttributes } from './stored-attributes.ts';

/** How the next hop of a family is told to a group of neighbors. */
export type NextHopForm = {
  /** `classic`: NEXT_HOP of 4 octets; `mp`: in MP_REACH_NLRI, 16 or 32. */
  readonly kind: 'classic' | 'mp';
  readonly bytes: Uint8Array;
};

const WITHDRAWN_LENGTH = HEADER_BYTES;
const CLASSIC_WITHDRAWN = WITHDRAWN_LENGTH + 2;
const ATTRIBUTES_LENGTH = WITHDRAWN_LENGTH + 2;
const ATTRIBUTES = ATTRIBUTES_LENGTH + 2;
const MP_HEADER_BYTES = 4;
/** AFI, SAFI, next hop length, reserved. */
const MP_FIXED_BYTES = 5;

export class UpdateWriter {
  /** The message, from 0 to `end`. */
  readonly bytes: Uint8Array;
  end = 0;

  private readonly block: Uint8Array;
  private blockEnd = 0;
  private limit = 0;
  private isMp = false;
  private mpValue = 0;

  constructor() {
    this.bytes = new Uint8Array(65535 + CANONICAL_BYTES_MAX);
    this.bytes.fill(0xff, 0, MARKER_BYTES);
    this.bytes[MARKER_BYTES + 2] = UPDATE;
    // The AS4 attributes repeat what AS_PATH says.
    this.block = new Uint8Array(CANONICAL_BYTES_MAX * 2);
  }

  /** Prepares the outgoing attributes of a set; they serve every message until the next call. */
  prepare(store: AttributeStore, id: number, view: OutgoingView, nextHop: NextHopForm): void {
    const classic = nextHop.kind === 'classic' ? nextHop.bytes : undefined;
    this.blockEnd = writeOutgoingAttributes(store, id, view, classic, this.block, 0);
  }

  /** Prepares a set as it is stored, with its next hop `apart`. */
  prepareStored(store: AttributeStore, id: number, view: StoredView): void {
    this.blockEnd = writeStoredAttributes(store, id, view, this.block, 0);
  }

  /** Whether the prepared attributes and the longest prefix fit a message of `limit` octets. */
  fits(family: 4 | 6, nextHop: NextHopForm, limit: number, hasPathIds: boolean): boolean {
    const mp = nextHop.kind === 'mp' ? MP_HEADER_BYTES + MP_FIXED_BYTES + nextHop.bytes.length : 0;
    const nlri = (hasPathIds ? PATH_ID_BYTES : 0) + (family === 4 ? 5 : 17);
    return ATTRIBUTES + mp + this.blockEnd + nlri <= limit;
  }

  /** The outgoing attributes as prepared, for those who explain. */
  prepared(): Uint8Array {
    return this.block.slice(0, this.blockEnd);
  }

  /** Begins a message with the prepared attributes, which fit `limit` octets. */
  beginAnnounce(family: 4 | 6, nextHop: NextHopForm, limit: number): void {
    const b = this.bytes;
    this.limit = limit;
    this.isMp = nextHop.kind === 'mp';
    writeUint16(b, WITHDRAWN_LENGTH, 0);
    if (!this.isMp) {
      this.end = this.appendBlock(ATTRIBUTES);
      writeUint16(b, ATTRIBUTES_LENGTH, this.blockEnd);
      return;
    }
    this.mpValue = this.writeMpHeader(MP_REACH_NLRI, ATTRIBUTES, family);
    let w = this.mpValue + 3;
    b[w++] = nextHop.bytes.length;
    for (let i = 0; i < nextHop.bytes.length; i++) b[w++] = nextHop.bytes[i] as number;
    b[w++] = 0; // reserved
    this.end = w;
  }

  /** Adds a prefix to an announcement; false when the message is full. */
  addAnnounced(prefixes: PrefixTable, id: number, pathId?: number): boolean {
    return this.addNlri(prefixes, id, pathId, this.isMp ? this.blockEnd : 0);
  }

  finishAnnounce(): void {
    if (this.isMp) {
      writeUint16(this.bytes, this.mpValue - 2, this.end - this.mpValue);
      this.end = this.appendBlock(this.end);
      writeUint16(this.bytes, ATTRIBUTES_LENGTH, this.end - ATTRIBUTES);
    }
    this.finish();
  }

  beginWithdraw(family: 4 | 6, isMp: boolean, limit: number): void {
    this.isMp = isMp;
    this.limit = limit;
    if (!isMp) {
      this.end = CLASSIC_WITHDRAWN;
      return;
    }
    writeUint16(this.bytes, WITHDRAWN_LENGTH, 0);
    this.mpValue = this.writeMpHeader(MP_UNREACH_NLRI, ATTRIBUTES, family);
    this.end = this.mpValue + 3;
  }

  addWithdrawn(prefixes: PrefixTable, id: number, pathId?: number): boolean {
    return this.addNlri(prefixes, id, pathId, this.isMp ? 0 : ATTRIBUTES - ATTRIBUTES_LENGTH);
  }

  finishWithdraw(): void {
    if (this.isMp) {
      writeUint16(this.bytes, this.mpValue - 2, this.end - this.mpValue);
      writeUint16(this.bytes, ATTRIBUTES_LENGTH, this.end - ATTRIBUTES);
    } else {
      writeUint16(this.bytes, WITHDRAWN_LENGTH, this.end - CLASSIC_WITHDRAWN);
      writeUint16(this.bytes, this.end, 0);
      this.end += 2;
    }
    this.finish();
  }

  /** RFC 4724 §2; IPv4 in the short form whatever the transport, as BIRD and FRR send it. */
  writeEndOfRib(family: 4 | 6): void {
    this.beginWithdraw(family, family === 6, HEADER_BYTES + 64);
    this.finishWithdraw();
  }

  /** Leaves `reserved` octets for what follows the prefixes; with a path id towards those who take several (RFC 7911 §3). */
  private addNlri(
    prefixes: PrefixTable,
    id: number,
    pathId: number | undefined,
    reserved: number,
  ): boolean {
    const idBytes = pathId === undefined ? 0 : PATH_ID_BYTES;
    if (idBytes + prefixes.nlriBytes(id) > this.limit - this.end - reserved) return false;
    if (pathId !== undefined) writeUint32(this.bytes, this.end, pathId);
    this.end = prefixes.writeNlri(id, this.bytes, this.end + idBytes);
    return true;
  }

  private writeMpHeader(type: number, o: number, family: 4 | 6): number {
    const b = this.bytes;
    b[o] = OPTIONAL | EXTENDED_LENGTH;
    b[o + 1] = type;
    const value = o + MP_HEADER_BYTES;
    writeUint16(b, value, family === 4 ? AFI_IPV4 : AFI_IPV6);
    b[value + 2] = SAFI_UNICAST;
    return value;
  }

  private appendBlock(o: number): number {
    if (this.blockEnd < 256) {
      for (let i = 0; i < this.blockEnd; i++) this.bytes[o + i] = this.block[i] as number;
    } else {
      this.bytes.set(this.block.subarray(0, this.blockEnd), o);
    }
    return o + this.blockEnd;
  }

  private finish(): void {
    writeUint16(this.bytes, MARKER_BYTES, this.end);
  }
}
