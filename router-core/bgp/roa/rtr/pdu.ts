/**
 * The PDUs of the RPKI-to-Router protocol, both versions.
 *
 * Standard: RFC 8210 §5 (version 1), RFC 6810 §5 (version 0).
 *
 *   0                   1                   2                   3
 *   │    version    │     type      │ session, error code, or zero  │
 *   │                            length                             │
 *   │ type 4, 6: flags │ prefix length │ max length │ zero          │
 *   │                   prefix, 4 or 16 octets                      │
 *   │                       AS number                               │
 *
 * Invariant: any octets give a PDU, "more is needed", or the error code they deserve; never an exception.
 *
 * @module
 */
import {
  asciiBytes,
  at,
  readUint16,
  readUint32,
  writeUint16,
  writeUint32,
} from '../../../base/bytes.ts';
import { type IpPrefix, maskBytes } from '../../../base/ip-address.ts';
import type { Roa } from '../roa-table.ts';
import {
  CACHE_RESET,
  CACHE_RESPONSE,
  CORRUPT_DATA,
  END_OF_DATA,
  ERROR_REPORT,
  IPV4_PREFIX,
  IPV6_PREFIX,
  RESET_QUERY,
  ROUTER_KEY,
  SERIAL_NOTIFY,
  SERIAL_QUERY,
  UNSUPPORTED_PDU_TYPE,
} from './constants.ts';
import { RTR_PDU_BYTES_MAX } from './limits.ts';

export const RTR_HEADER_BYTES = 8;
const ANNOUNCE = 1;

/** Seconds. */
export type RtrIntervals = {
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
};

/** What a cache says. */
export type CachePdu =
  | { readonly kind: 'serial-notify'; readonly session: number; readonly serial: number }
  | { readonly kind: 'cache-response'; readonly session: number }
  | { readonly kind: 'prefix'; readonly isAnnounced: boolean; readonly roa: Roa }
  | {
      readonly kind: 'end-of-data';
      readonly session: number;
      readonly serial: number;
      /** Version 1 only. */
      readonly intervals?: RtrIntervals;
    }
  | { readonly kind: 'cache-reset' }
  | { readonly kind: 'router-key' }
  | { readonly kind: 'error-report'; readonly code: number; readonly text: string };

export type PduReading =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'pdu'; readonly version: number; readonly end: number; readonly pdu: CachePdu }
  /** The error code for the cache. */
  | { readonly kind: 'broken'; readonly version: number; readonly code: number };

/** Reads the PDU that begins at `start`; octets after its end are of the next one. */
export function readPdu(b: Uint8Array, start: number, end: number): PduReading {
  if (end - start < RTR_HEADER_BYTES) return { kind: 'incomplete' };
  const version = at(b, start);
  const length = readUint32(b, start + 4);
  const broken = (code: number): PduReading => ({ kind: 'broken', version, code });
  if (length < RTR_HEADER_BYTES || length > RTR_PDU_BYTES_MAX) return broken(CORRUPT_DATA);
  const type = at(b, start + 1);
  const lengths = lengthsOf(type, version);
  if (lengths === undefined) return broken(UNSUPPORTED_PDU_TYPE);
  if (length < lengths.least || length > lengths.most) return broken(CORRUPT_DATA);
  if (end - start < length) return { kind: 'incomplete' };
  const pdu = readBody(b, start, length, type);
  return pdu === undefined
    ? broken(CORRUPT_DATA)
    : { kind: 'pdu', version, end: start + length, pdu };
}

/** Which lengths a type may have; undefined: no cache sends it. */
function lengthsOf(type: number, version: number): { least: number; most: number } | undefined {
  const exactly = (n: number): { least: number; most: number } => ({ least: n, most: n });
  switch (type) {
    case SERIAL_NOTIFY:
      return exactly(12);
    case CACHE_RESPONSE:
    case CACHE_RESET:
      return exactly(8);
    case IPV4_PREFIX:
      return exactly(20);
    case IPV6_PREFIX:
      return exactly(32);
    case END_OF_DATA:
      return exactly(version === 0 ? 12 : 24);
    case ROUTER_KEY:
      // RFC 6810 has none; RFC 8210 §5.10: header, key identifier, AS number, key.
      return version === 0 ? undefined : { least: 32, most: RTR_PDU_BYTES_MAX };
    case ERROR_REPORT:
      return { least: 16, most: RTR_PDU_BYTES_MAX };
    default:
      return undefined;
  }
}

function readBody(
  b: Uint8Array,
  start: number,
  length: number,
  type: number,
): CachePdu | undefined {
  const session = readUint16(b, start + 2);
  const body = start + RTR_HEADER_BYTES;
  switch (type) {
    case SERIAL_NOTIFY:
      return { kind: 'serial-notify', session, serial: readUint32(b, body) };
    case CACHE_RESPONSE:
      return { kind: 'cache-response', session };
    case CACHE_RESET:
      return { kind: 'cache-reset' };
    case ROUTER_KEY:
      return { kind: 'router-key' };
    case END_OF_DATA: {
      const serial = readUint32(b, body);
      if (length === 12) return { kind: 'end-of-data', session, serial };
      const intervals = {
        refresh: readUint32(b, body + 4),
        retry: readUint32(b, body + 8),
        expire: readUint32(b, body + 12),
      };
      return { kind: 'end-of-data', session, serial, intervals };
    }
    case ERROR_REPORT:
      return readErrorReport(b, body, start + length, session);
    default:
      return readPrefix(b, body, type === IPV4_PREFIX ? 4 : 6);
  }
}

function readPrefix(b: Uint8Array, body: number, family: 4 | 6): CachePdu | undefined {
  const octets = family === 4 ? 4 : 16;
  const length = at(b, body + 1);
  const maxLength = at(b, body + 2);
  if (maxLength < length || maxLength > octets * 8) return undefined;
  const bytes = b.slice(body + 4, body + 4 + octets);
  // Host bits mean nothing to a ROA; a table holds each prefix in one form.
  maskBytes(bytes, length);
  const prefix: IpPrefix = { family, bytes, length };
  const asn = readUint32(b, body + 4 + octets);
  const isAnnounced = (at(b, body) & ANNOUNCE) !== 0;
  return { kind: 'prefix', isAnnounced, roa: { prefix, maxLength, asn } };
}

function readErrorReport(
  b: Uint8Array,
  body: number,
  end: number,
  code: number,
): CachePdu | undefined {
  const textLengthAt = body + 4 + readUint32(b, body);
  if (textLengthAt + 4 > end) return undefined;
  const textEnd = textLengthAt + 4 + readUint32(b, textLengthAt);
  if (textEnd > end) return undefined;
  const text = new TextDecoder().decode(b.subarray(textLengthAt + 4, textEnd));
  return { kind: 'error-report', code, text };
}

/** What changed since this serial of this session? */
export function buildSerialQuery(version: number, session: number, serial: number): Uint8Array {
  const b = header(version, SERIAL_QUERY, session, 12);
  writeUint32(b, 8, serial);
  return b;
}

/** Everything, please. */
export const buildResetQuery = (version: number): Uint8Array => header(version, RESET_QUERY, 0, 8);

/** Says why the connection ends, with the PDU that is to blame (RFC 8210 §5.11). */
export function buildErrorReport(
  version: number,
  code: number,
  blamed: Uint8Array,
  text: string,
): Uint8Array {
  const words = asciiBytes(text);
  const b = header(version, ERROR_REPORT, code, 16 + blamed.length + words.length);
  writeUint32(b, 8, blamed.length);
  b.set(blamed, 12);
  writeUint32(b, 12 + blamed.length, words.length);
  b.set(words, 16 + blamed.length);
  return b;
}

function header(version: number, type: number, field: number, length: number): Uint8Array {
  const b = new Uint8Array(length);
  b[0] = version;
  b[1] = type;
  writeUint16(b, 2, field);
  writeUint32(b, 4, length);
  return b;
}
