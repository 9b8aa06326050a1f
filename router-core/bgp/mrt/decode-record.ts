/**
 * What a record says.
 *
 * Standard: RFC 6396 §4.3 (TABLE_DUMP_V2), §4.4 (BGP4MP); RFC 8050 §3, §4 (add-path).
 *
 * Entries of a table name their peers by number; the last peer index table of the file tells who they
 * are, so one decoder reads one file.
 *
 * Invariant: any octets give a record or a damage, never an exception.
 *
 * @module
 */
import { formatDottedQuad, formatIpAddress, formatIpPrefix } from '../../base/ip-address.ts';
import { printableBytes } from '../../base/printable.ts';
import { type WallTime, wallTime } from '../../base/units.ts';
import { AFI_IPV4, AFI_IPV6, HEADER_BYTES, MAX_EXTENDED_MESSAGE_BYTES } from '../constants.ts';
import { checkHeader, messageLength } from '../message/header.ts';
import { describeNotification } from '../message/notification.ts';
import type { MessageDirection } from '../session-tap.ts';
import type { MessageForm } from './bgp4mp.ts';
import {
  BGP4MP,
  BGP4MP_ET,
  MESSAGE,
  MESSAGE_ADDPATH,
  MESSAGE_AS4,
  MESSAGE_AS4_ADDPATH,
  MESSAGE_AS4_LOCAL,
  MESSAGE_AS4_LOCAL_ADDPATH,
  MESSAGE_LOCAL,
  MESSAGE_LOCAL_ADDPATH,
  PEER_HAS_AS4,
  PEER_INDEX_TABLE,
  PEER_IS_IPV6,
  RIB_IPV4_UNICAST,
  RIB_IPV4_UNICAST_ADDPATH,
  RIB_IPV6_UNICAST,
  RIB_IPV6_UNICAST_ADDPATH,
  STATE_CHANGE,
  STATE_CHANGE_AS4,
  STATE_NAMES,
  TABLE_DUMP_V2,
} from './constants.ts';
import { OctetCursor } from './octet-cursor.ts';
import type { Damaged, DamageReason, RawRecord } from './record-reader.ts';

export type MrtPeer = {
  readonly address: string;
  readonly asn: number;
  readonly routerId: string;
};

export type MrtEntry = {
  readonly peer: MrtPeer | null;
  readonly originated: WallTime;
  readonly pathId: number | null;
  /** A list of attributes with AS numbers of four octets and MP_REACH_NLRI abridged. */
  readonly attributes: Uint8Array;
};

export type MrtEnds = {
  readonly peerAsn: number;
  readonly localAsn: number;
  readonly peerAddress: string;
  readonly localAddress: string;
};

type Common = { readonly offset: number; readonly when: WallTime };
export type MrtRecord = Common &
  (
    | {
        readonly kind: 'peer-index';
        readonly collector: string;
        readonly view: string;
        readonly peers: readonly MrtPeer[];
      }
    | {
        readonly kind: 'route';
        readonly family: 4 | 6;
        readonly prefix: string;
        readonly sequence: number;
        readonly entries: readonly MrtEntry[];
      }
    | {
        readonly kind: 'message';
        readonly ends: MrtEnds;
        readonly direction: MessageDirection;
        readonly form: MessageForm;
        /** With a header that is right. */
        readonly message: Uint8Array;
      }
    | {
        readonly kind: 'state';
        readonly ends: MrtEnds;
        readonly from: string;
        readonly to: string;
      }
    /** Whole, but of a kind that is not read here. */
    | { readonly kind: 'other'; readonly type: number; readonly subtype: number }
  );

const TABLES: Readonly<Record<number, { readonly family: 4 | 6; readonly hasPathIds: boolean }>> = {
  [RIB_IPV4_UNICAST]: { family: 4, hasPathIds: false },
  [RIB_IPV6_UNICAST]: { family: 6, hasPathIds: false },
  [RIB_IPV4_UNICAST_ADDPATH]: { family: 4, hasPathIds: true },
  [RIB_IPV6_UNICAST_ADDPATH]: { family: 6, hasPathIds: true },
};

const MESSAGES: Readonly<Record<number, MessageForm & { readonly direction: MessageDirection }>> = {
  [MESSAGE]: { hasAs4: false, hasPathIds: false, direction: 'received' },
  [MESSAGE_AS4]: { hasAs4: true, hasPathIds: false, direction: 'received' },
  [MESSAGE_LOCAL]: { hasAs4: false, hasPathIds: false, direction: 'sent' },
  [MESSAGE_AS4_LOCAL]: { hasAs4: true, hasPathIds: false, direction: 'sent' },
  [MESSAGE_ADDPATH]: { hasAs4: false, hasPathIds: true, direction: 'received' },
  [MESSAGE_AS4_ADDPATH]: { hasAs4: true, hasPathIds: true, direction: 'received' },
  [MESSAGE_LOCAL_ADDPATH]: { hasAs4: false, hasPathIds: true, direction: 'sent' },
  [MESSAGE_AS4_LOCAL_ADDPATH]: { hasAs4: true, hasPathIds: true, direction: 'sent' },
};

export class RecordDecoder {
  private peers: readonly MrtPeer[] = [];

  decode(raw: RawRecord): MrtRecord | Damaged {
    const { offset, when, type, subtype } = raw;
    if (type === TABLE_DUMP_V2 && subtype === PEER_INDEX_TABLE) return this.peerIndex(raw);
    const table = type === TABLE_DUMP_V2 ? TABLES[subtype] : undefined;
    if (table !== undefined) return this.route(raw, table.family, table.hasPathIds);
    if (type === BGP4MP || type === BGP4MP_ET) {
      const message = MESSAGES[subtype];
      if (message !== undefined) return readMessage(raw, message, message.direction);
      if (subtype === STATE_CHANGE || subtype === STATE_CHANGE_AS4)
        return readState(raw, subtype === STATE_CHANGE_AS4);
    }
    return { kind: 'other', offset, when, type, subtype };
  }

  private peerIndex(raw: RawRecord): MrtRecord | Damaged {
    const cursor = new OctetCursor(raw.body);
    const collector = formatDottedQuad(cursor.uint32());
    const view = printableBytes(cursor.octets(cursor.uint16()), 200);
    const count = cursor.uint16();
    const peers: MrtPeer[] = [];
    while (peers.length < count && !cursor.isShort) {
      const type = cursor.uint8();
      const routerId = formatDottedQuad(cursor.uint32());
      const address = readAddress(cursor, (type & PEER_IS_IPV6) === 0 ? 4 : 6);
      const asn = (type & PEER_HAS_AS4) === 0 ? cursor.uint16() : cursor.uint32();
      peers.push({ address, asn, routerId });
    }
    if (cursor.isShort) return damaged(raw, 'short', 'the peer index table ends too early');
    this.peers = peers;
    const { offset, when } = raw;
    return { kind: 'peer-index', offset, when, collector, view, peers };
  }

  private route(raw: RawRecord, family: 4 | 6, hasPathIds: boolean): MrtRecord | Damaged {
    const cursor = new OctetCursor(raw.body);
    const sequence = cursor.uint32();
    const length = cursor.uint8();
    if (length > (family === 4 ? 32 : 128))
      return damaged(raw, 'bad-field', `a prefix of ${length} bits`);
    const prefix = readPrefix(cursor, family, length);
    const count = cursor.uint16();
    const entries: MrtEntry[] = [];
    while (entries.length < count && !cursor.isShort) {
      const peer = this.peers[cursor.uint16()] ?? null;
      const originated = wallTime(cursor.uint32() * 1000);
      const pathId = hasPathIds ? cursor.uint32() : null;
      entries.push({ peer, originated, pathId, attributes: cursor.octets(cursor.uint16()) });
    }
    if (cursor.isShort) return damaged(raw, 'short', `the paths of ${prefix} end too early`);
    const { offset, when } = raw;
    return { kind: 'route', offset, when, family, prefix, sequence, entries };
  }
}

function readMessage(
  raw: RawRecord,
  form: MessageForm,
  direction: MessageDirection,
): MrtRecord | Damaged {
  const cursor = new OctetCursor(raw.body);
  const ends = readEnds(cursor, form.hasAs4);
  if (ends === undefined)
    return damaged(raw, 'bad-field', 'addresses that are neither IPv4 nor IPv6');
  const message = cursor.octets(cursor.left);
  if (cursor.isShort || message.length < HEADER_BYTES)
    return damaged(raw, 'short', 'no room for a BGP message');
  const problem = checkHeader(message, 0, MAX_EXTENDED_MESSAGE_BYTES);
  if (problem !== undefined)
    return damaged(raw, 'bad-message', describeNotification(problem).sentence);
  if (messageLength(message, 0) !== message.length)
    return damaged(
      raw,
      'bad-message',
      `the BGP message has ${messageLength(message, 0)} octets, its record ${message.length}`,
    );
  const { offset, when } = raw;
  const { hasAs4, hasPathIds } = form;
  return { kind: 'message', offset, when, ends, direction, form: { hasAs4, hasPathIds }, message };
}

function readState(raw: RawRecord, hasAs4: boolean): MrtRecord | Damaged {
  const cursor = new OctetCursor(raw.body);
  const ends = readEnds(cursor, hasAs4);
  if (ends === undefined)
    return damaged(raw, 'bad-field', 'addresses that are neither IPv4 nor IPv6');
  const [from, to] = [stateName(cursor.uint16()), stateName(cursor.uint16())];
  if (cursor.isShort) return damaged(raw, 'short', 'a change of state without both states');
  return { kind: 'state', offset: raw.offset, when: raw.when, ends, from, to };
}

const stateName = (number: number): string => STATE_NAMES[number] ?? `state ${number}`;

/** Undefined: an address family without addresses. */
function readEnds(cursor: OctetCursor, hasAs4: boolean): MrtEnds | undefined {
  const peerAsn = hasAs4 ? cursor.uint32() : cursor.uint16();
  const localAsn = hasAs4 ? cursor.uint32() : cursor.uint16();
  cursor.uint16();
  const afi = cursor.uint16();
  if (!cursor.isShort && afi !== AFI_IPV4 && afi !== AFI_IPV6) return undefined;
  const family = afi === AFI_IPV6 ? 6 : 4;
  const peerAddress = readAddress(cursor, family);
  return { peerAsn, localAsn, peerAddress, localAddress: readAddress(cursor, family) };
}

function readAddress(cursor: OctetCursor, family: 4 | 6): string {
  const bytes = cursor.octets(family === 4 ? 4 : 16);
  return cursor.isShort ? '' : formatIpAddress({ family, bytes });
}

function readPrefix(cursor: OctetCursor, family: 4 | 6, length: number): string {
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  bytes.set(cursor.octets((length + 7) >>> 3));
  const whole = length >>> 3;
  if (whole < bytes.length) bytes[whole] = (bytes[whole] as number) & (0xff00 >>> (length & 7));
  return formatIpPrefix({ family, bytes, length });
}

const damaged = ({ offset }: RawRecord, reason: DamageReason, detail: string): Damaged => ({
  kind: 'damaged',
  offset,
  reason,
  detail,
});
