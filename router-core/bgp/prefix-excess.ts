/**
 * A session that ends because its neighbor told more prefixes than it may.
 *
 * Standard: RFC 4271 §6.7 and RFC 4486 §4 (Cease 6/1 with family and limit as data).
 *
 *   0 AFI 2 | 2 SAFI 1 | 3 limit 4
 *
 * @module
 */
import { writeUint16, writeUint32 } from '../base/bytes.ts';
import {
  AFI_OF_FAMILY,
  CEASE,
  MAXIMUM_NUMBER_OF_PREFIXES_REACHED,
  SAFI_UNICAST,
} from './constants.ts';
import { notification } from './message/notification.ts';
import type { BgpNotification, Family } from './types.ts';

/** The limit that was passed, and how long the session stays down for it. */
export type PrefixExcess = {
  readonly family: Family;
  readonly counted: 'received' | 'accepted';
  readonly limit: number;
  /** Absent: until the operator's next word. */
  readonly restartAfterSeconds?: number;
};

export function excessNotification({ family, limit }: PrefixExcess): BgpNotification {
  const data = new Uint8Array(7);
  writeUint16(data, 0, AFI_OF_FAMILY[family]);
  data[2] = SAFI_UNICAST;
  writeUint32(data, 3, limit);
  return notification(CEASE, MAXIMUM_NUMBER_OF_PREFIXES_REACHED, data);
}

export const excessWords = ({ family, counted, limit }: PrefixExcess): string =>
  `more than ${limit} ${family === 'ipv4' ? 'IPv4' : 'IPv6'} prefixes ${counted}`;
