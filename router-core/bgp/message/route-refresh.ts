/**
 * ROUTE-REFRESH: "send me the family again", and the brackets around the answer.
 *
 * Standard: RFC 2918 §3 and §4; RFC 7313 §3.2 (subtypes) and §5 (errors).
 *
 *   header 19 | AFI 2 | subtype 1 | SAFI 1
 *
 * Longer requests carry filters (RFC 5291) we never announced; the filters are ignored.
 *
 * @module
 */
import { at, readUint16, writeUint16 } from '../../base/bytes.ts';
import {
  AFI_OF_FAMILY,
  familyOf,
  HEADER_BYTES,
  INVALID_MESSAGE_LENGTH,
  REFRESH_BEGINNING,
  REFRESH_END,
  ROUTE_REFRESH,
  ROUTE_REFRESH_ERROR,
  SAFI_UNICAST,
} from '../constants.ts';
import type { BgpNotification, Family, RefreshSubtype } from '../types.ts';
import { newMessage } from './header.ts';

const BODY_BYTES = 4;
/** A NOTIFICATION must fit 4096 octets, whatever it quotes. */
const QUOTED_BYTES_MAX = 1024;

export type RouteRefresh = { readonly family: Family; readonly subtype: RefreshSubtype };

export type RouteRefreshReading =
  | { readonly kind: 'refresh'; readonly refresh: RouteRefresh }
  /** A family or subtype we do not know: no effect (RFC 2918 §4, RFC 7313 §5). */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'error'; readonly notification: BgpNotification };

/** Returns a whole ROUTE-REFRESH message. */
export function buildRouteRefresh(family: Family, subtype: RefreshSubtype): Uint8Array {
  const message = newMessage(ROUTE_REFRESH, BODY_BYTES);
  writeUint16(message, HEADER_BYTES, AFI_OF_FAMILY[family]);
  message[HEADER_BYTES + 2] = subtype;
  message[HEADER_BYTES + 3] = SAFI_UNICAST;
  return message;
}

/** Reads the message from `start` to `end`, header included. */
export function readRouteRefresh(b: Uint8Array, start: number, end: number): RouteRefreshReading {
  const body = start + HEADER_BYTES;
  const length = end - body;
  if (length < BODY_BYTES) return invalidLength(b, start, end);
  const subtype = at(b, body + 2);
  const isBracket = subtype === REFRESH_BEGINNING || subtype === REFRESH_END;
  if (isBracket && length !== BODY_BYTES) return invalidLength(b, start, end);
  const family = familyOf(readUint16(b, body), at(b, body + 3));
  if (family === undefined || subtype > REFRESH_END) return { kind: 'ignored' };
  return { kind: 'refresh', refresh: { family, subtype: subtype as RefreshSubtype } };
}

// RFC 7313 §5: the data is the complete message.
function invalidLength(b: Uint8Array, start: number, end: number): RouteRefreshReading {
  const data = b.slice(start, Math.min(end, start + QUOTED_BYTES_MAX));
  return {
    kind: 'error',
    notification: { code: ROUTE_REFRESH_ERROR, subcode: INVALID_MESSAGE_LENGTH, data },
  };
}
