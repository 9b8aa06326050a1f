/**
 * BMP messages as octets.
 *
 * Standard: RFC 7854 §4; RFC 8671 §4 (Adj-RIB-Out); RFC 9069 §4 (Loc-RIB).
 *
 *   common   version 1 │ length 4 │ type 1
 *   peer     type 1 │ flags 1 │ distinguisher 8 │ address 16 │ AS 4 │ identifier 4 │ seconds 4 │ microseconds 4
 *
 * @module
 */
import { concatBytes, writeUint16, writeUint32 } from '../../base/bytes.ts';
import type { IpAddress } from '../../base/ip-address.ts';
import type { WallTime } from '../../base/units.ts';
import { AFI_IPV4, AFI_IPV6, SAFI_UNICAST } from '../constants.ts';
import type { SessionOpens } from '../session-tap.ts';
import type { Family } from '../types.ts';
import {
  BMP_VERSION,
  COMMON_HEADER_BYTES,
  INITIATION,
  PEER_DOWN,
  PEER_HEADER_BYTES,
  PEER_UP,
  ROUTE_MONITORING,
  STATISTICS_REPORT,
  SYS_DESCRIPTION,
  SYS_NAME,
  TABLE_NAME,
  TERMINATION,
  TERMINATION_REASON,
} from './constants.ts';
import { INFORMATION_BYTES_MAX } from './limits.ts';

export type PeerHeader = {
  readonly type: number;
  readonly flags: number;
  /** Absent: a Loc-RIB, which has none. */
  readonly address?: IpAddress;
  readonly asn: number;
  readonly routerId: number;
};

/** The ends of a session's connection; a Loc-RIB has none. */
export type PeerEnds = {
  readonly local?: IpAddress;
  readonly localPort: number;
  readonly remotePort: number;
};

export type Statistic = {
  readonly type: number;
  readonly value: number;
  /** Of a statistic per family. */
  readonly family?: Family;
  /** A counter has 32 bits, a gauge 64. */
  readonly isGauge: boolean;
};

export const initiation = (name: string, description: string): Uint8Array =>
  message(INITIATION, textTlv(SYS_NAME, name), textTlv(SYS_DESCRIPTION, description));

export const termination = (reason: number): Uint8Array =>
  message(TERMINATION, tlv(TERMINATION_REASON, uint16(reason)));

/** `tableName`: of a Loc-RIB (RFC 9069 §5.2.1). */
export const peerUp = (
  peer: PeerHeader,
  at: WallTime,
  ends: PeerEnds,
  opens: SessionOpens,
  tableName?: string,
): Uint8Array =>
  message(
    PEER_UP,
    peerHeader(peer, at),
    address16(ends.local),
    uint16(ends.localPort),
    uint16(ends.remotePort),
    opens.sent,
    opens.received,
    ...(tableName === undefined ? [] : [textTlv(TABLE_NAME, tableName)]),
  );

/** `data`: a NOTIFICATION, an event of the state machine, or nothing, as the reason asks for. */
export const peerDown = (
  peer: PeerHeader,
  at: WallTime,
  reason: number,
  data: Uint8Array,
): Uint8Array => message(PEER_DOWN, peerHeader(peer, at), Uint8Array.of(reason), data);

/** The name of a table, as the data of a Loc-RIB's peer down (RFC 9069 §5.3). */
export const tableNameTlv = (name: string): Uint8Array => textTlv(TABLE_NAME, name);

/** Wraps the UPDATE from 0 to `end`. */
export const routeMonitoring = (
  peer: PeerHeader,
  at: WallTime,
  update: Uint8Array,
  end: number,
): Uint8Array => message(ROUTE_MONITORING, peerHeader(peer, at), update.subarray(0, end));

export const statisticsReport = (
  peer: PeerHeader,
  at: WallTime,
  statistics: readonly Statistic[],
): Uint8Array =>
  message(
    STATISTICS_REPORT,
    peerHeader(peer, at),
    uint32(statistics.length),
    ...statistics.map(({ type, value, family, isGauge }) =>
      tlv(
        type,
        concatBytes(
          ...(family === undefined ? [] : [familyOctets(family)]),
          isGauge ? uint64(value) : uint32(value),
        ),
      ),
    ),
  );

function message(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(...parts);
  const out = new Uint8Array(COMMON_HEADER_BYTES + body.length);
  out[0] = BMP_VERSION;
  writeUint32(out, 1, out.length);
  out[5] = type;
  out.set(body, COMMON_HEADER_BYTES);
  return out;
}

function peerHeader({ type, flags, address, asn, routerId }: PeerHeader, at: WallTime): Uint8Array {
  const out = new Uint8Array(PEER_HEADER_BYTES);
  const wholeSeconds = Math.floor(at / 1000);
  out[0] = type;
  out[1] = flags;
  out.set(address16(address), 10);
  writeUint32(out, 26, asn);
  writeUint32(out, 30, routerId);
  writeUint32(out, 34, wholeSeconds);
  writeUint32(out, 38, Math.floor((at - wholeSeconds * 1000) * 1000));
  return out;
}

/** RFC 7854 §4.2: an IPv4 address stands in the last four octets. */
function address16(address: IpAddress | undefined): Uint8Array {
  const out = new Uint8Array(16);
  if (address !== undefined) out.set(address.bytes, 16 - address.bytes.length);
  return out;
}

const familyOctets = (family: Family): Uint8Array =>
  concatBytes(uint16(family === 'ipv4' ? AFI_IPV4 : AFI_IPV6), Uint8Array.of(SAFI_UNICAST));

const tlv = (type: number, value: Uint8Array): Uint8Array =>
  concatBytes(uint16(type), uint16(value.length), value);

/** Whole characters, as many as fit. */
function textTlv(type: number, text: string): Uint8Array {
  const out = new Uint8Array(INFORMATION_BYTES_MAX);
  return tlv(type, out.subarray(0, new TextEncoder().encodeInto(text, out).written));
}

function uint16(value: number): Uint8Array {
  const out = new Uint8Array(2);
  writeUint16(out, 0, value);
  return out;
}

function uint32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  writeUint32(out, 0, value);
  return out;
}

const uint64 = (value: number): Uint8Array =>
  concatBytes(uint32(Math.floor(value / 0x100000000)), uint32(value % 0x100000000));
