/**
 * A NOTIFICATION as people see it.
 *
 * Standard: RFC 4271 §4.5, RFC 4486, RFC 9003, RFC 8538 (a hard reset shows what it stands for).
 *
 * @module
 */
import { toHex } from '../base/bytes.ts';
import { formatWallTime } from '../base/rfc3339.ts';
import type { WallTime } from '../base/units.ts';
import { type BgpNotification, describeNotification as inWords } from '../bgp/index.ts';
import type { NotificationView } from './types.ts';

const DATA_SHOWN = 64;

export function describeNotification(
  direction: 'sent' | 'received',
  notification: BgpNotification,
  at: WallTime,
): NotificationView {
  const { name, text } = inWords(notification);
  return {
    direction,
    code: notification.code,
    subcode: notification.subcode,
    name,
    ...(text === undefined ? {} : { text }),
    data: toHex(notification.data.subarray(0, DATA_SHOWN)),
    at: formatWallTime(at),
  };
}
