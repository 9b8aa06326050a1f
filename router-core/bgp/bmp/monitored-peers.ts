/**
 * The neighbors as stations hear of them: who is up, between which ends, and how the last session ended.
 *
 * Standard: RFC 7854 §4.9 (peer down), §4.10 (peer up).
 *
 * @module
 */
import type { WallTime } from '../../base/units.ts';
import { buildNotification } from '../message/notification.ts';
import type { MessageDirection, SessionOpens } from '../session-tap.ts';
import type { AddPath, BgpNotification, Family, NeighborId } from '../types.ts';
import {
  DECONFIGURED,
  GLOBAL_INSTANCE_PEER,
  IS_IPV6,
  LOCAL_EVENT,
  LOCAL_NOTIFICATION,
  REMOTE_CLOSED,
  REMOTE_NOTIFICATION,
  TCP_CONNECTION_CONFIRMED,
} from './constants.ts';
import type { PeerEnds, PeerHeader } from './messages.ts';

/** A neighbor whose session is up. */
export type MonitoredPeer = {
  readonly neighbor: NeighborId;
  readonly source: number;
  readonly header: PeerHeader;
  readonly ends: PeerEnds;
  readonly opens: SessionOpens;
  readonly families: readonly Family[];
  /** Prefixes of these families carry path ids on the session, each way. */
  readonly addPath: AddPath;
  readonly since: WallTime;
};

/** What was said last on a session. */
export type LastWord =
  | {
      readonly kind: 'notification';
      readonly direction: MessageDirection;
      readonly of: BgpNotification;
    }
  | { readonly kind: 'replaced' };

export type DownReason = { readonly reason: number; readonly data: Uint8Array };

/** Nothing is told of the neighbor any more, whatever it does. */
export const NO_LONGER_MONITORED: DownReason = { reason: DECONFIGURED, data: new Uint8Array(0) };

export function headerOf(
  address: NonNullable<PeerHeader['address']>,
  asn: number,
  routerId: number,
): PeerHeader {
  const flags = address.family === 6 ? IS_IPV6 : 0;
  return { type: GLOBAL_INSTANCE_PEER, flags, address, asn, routerId };
}

/** Returns why a session ended, in the words of RFC 7854 §4.9. */
export function downReason(last: LastWord | undefined): DownReason {
  if (last === undefined) return { reason: REMOTE_CLOSED, data: new Uint8Array(0) };
  if (last.kind === 'replaced')
    return { reason: LOCAL_EVENT, data: Uint8Array.of(0, TCP_CONNECTION_CONFIRMED) };
  const reason = last.direction === 'sent' ? LOCAL_NOTIFICATION : REMOTE_NOTIFICATION;
  return { reason, data: buildNotification(last.of) };
}
