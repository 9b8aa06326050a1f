/**
 * What a transport is used by: a session, later the farewell of that session.
 *
 * Not standardized.
 *
 * @module
 */
import type { IpAddress } from '../base/ip-address.ts';
import type { Instant } from '../base/units.ts';

export interface TransportUser {
  transportOpened(local: IpAddress, remote: IpAddress, now: Instant): void;
  transportWritable(now: Instant): void;
  /** The transport is gone; its number means nothing any more. */
  transportClosed(reason: string, now: Instant): void;
  receive(b: Uint8Array, start: number, end: number, now: Instant): void;
}
