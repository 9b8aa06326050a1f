/**
 * Whoever listens at the sessions without taking part: the flight recorder (mrt/), BMP (bmp/).
 *
 * Not standardized. Called synchronously; octets are valid during the call, and nothing here may call
 * back. Absent, it costs one comparison per message.
 *
 * @module
 */
import type { IpAddress } from '../base/ip-address.ts';
import type { Asn, Instant } from '../base/units.ts';
import type { SessionState } from './session-state.ts';
import type { BgpNotification, NegotiatedSession, NeighborId } from './types.ts';

export type MessageDirection = 'received' | 'sent';

/** Between whom a neighbor's messages pass. */
export type SessionEnds = {
  readonly localAsn: Asn;
  readonly peerAsn: Asn;
  readonly localAddress: IpAddress;
  readonly remoteAddress: IpAddress;
};

/** Both OPENs of a session, whole messages. */
export type SessionOpens = { readonly sent: Uint8Array; readonly received: Uint8Array };

export interface SessionTap {
  /** A neighbor is new, or its ends are others. */
  neighborConfigured(neighbor: NeighborId, ends: SessionEnds): void;
  neighborRemoved(neighbor: NeighborId, now: Instant): void;
  /** A whole message with its header passed a connection of the neighbor. */
  messagePassed(
    neighbor: NeighborId,
    direction: MessageDirection,
    bytes: Uint8Array,
    start: number,
    end: number,
    now: Instant,
  ): void;
  stateChanged(neighbor: NeighborId, from: SessionState, to: SessionState, now: Instant): void;
  /** A NOTIFICATION that ends the session was sent or received. */
  notified(neighbor: NeighborId, direction: MessageDirection, of: BgpNotification): void;
  /** The neighbor connects anew: its session is about to end without a word of ours (RFC 4724 §4.2). */
  replaced(neighbor: NeighborId): void;
  /** Before the routes hear of it. */
  established(
    neighbor: NeighborId,
    session: NegotiatedSession,
    opens: SessionOpens,
    now: Instant,
  ): void;
  /** After `notified`, or `replaced`, or neither: then the other side just went. */
  ended(neighbor: NeighborId, now: Instant): void;
}

/** Returns a tap that hands everything to several, in order. */
export function tapAll(taps: readonly SessionTap[]): SessionTap {
  return {
    neighborConfigured(neighbor, ends) {
      for (const tap of taps) tap.neighborConfigured(neighbor, ends);
    },
    neighborRemoved(neighbor, now) {
      for (const tap of taps) tap.neighborRemoved(neighbor, now);
    },
    messagePassed(neighbor, direction, bytes, start, end, now) {
      for (const tap of taps) tap.messagePassed(neighbor, direction, bytes, start, end, now);
    },
    stateChanged(neighbor, from, to, now) {
      for (const tap of taps) tap.stateChanged(neighbor, from, to, now);
    },
    notified(neighbor, direction, of) {
      for (const tap of taps) tap.notified(neighbor, direction, of);
    },
    replaced(neighbor) {
      for (const tap of taps) tap.replaced(neighbor);
    },
    established(neighbor, session, opens, now) {
      for (const tap of taps) tap.established(neighbor, session, opens, now);
    },
    ended(neighbor, now) {
      for (const tap of taps) tap.ended(neighbor, now);
    },
  };
}
