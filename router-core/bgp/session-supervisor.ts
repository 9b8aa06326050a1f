/**
 * The neighbor, seen from its connections: what a session asks and tells its supervisor.
 *
 * Standard: RFC 4271 §8.1 (attributes of the machine that outlive a connection).
 *
 * Everything is called synchronously. A session is in its new state before it tells.
 *
 * @module
 */
import type { Asn, Instant } from '../base/units.ts';
import type { CollisionVerdict, Speaker } from './collision.ts';
import type { SessionSettings } from './negotiate.ts';
import type { RoleConflict } from './role.ts';
import type { SendQueue } from './send-queue.ts';
import type { Direction, SessionState } from './session-state.ts';
import type { MessageDirection, SessionOpens } from './session-tap.ts';
import type { TransportUser } from './transport-user.ts';
import type { BgpNotification, NegotiatedSession, NeighborId, TransportId } from './types.ts';

/** Why a session went to idle by itself. */
export type SessionEnding = {
  /** `error`: a NOTIFICATION was sent or received. `collision`: 6/7. `lost`: the transport closed. */
  readonly kind: 'error' | 'collision' | 'lost';
  readonly from: SessionState;
  readonly because: string;
};

/** Messages by type, in both directions; index 0 is unused. */
export type MessageCounters = { readonly received: number[]; readonly sent: number[] };

/** A connection, seen from its neighbor while it asks. */
export interface SupervisedSession {
  readonly direction: Direction;
  readonly state: SessionState;
  readonly isWaiting: boolean;
  confirm(now: Instant): void;
}

/** The neighbor, seen from its connections. */
export interface SessionSupervisor {
  readonly neighbor: NeighborId;
  readonly settings: SessionSettings;
  readonly isPassive: boolean;
  readonly connectRetrySeconds: number;
  readonly counters: MessageCounters;
  /** From now on what happens to the transport concerns this user; undefined: nobody. */
  bind(transport: TransportId, user: TransportUser | undefined): void;
  /** Takes a connection over that has one last thing to say, or nothing. */
  farewell(queue: SendQueue, last: BgpNotification | undefined, now: Instant): void;
  /** A whole message with its header passed the connection, for those who only listen. */
  passed(
    direction: MessageDirection,
    b: Uint8Array,
    start: number,
    end: number,
    now: Instant,
  ): void;
  /** A good OPEN arrived (RFC 4271 §6.8). */
  judge(session: SupervisedSession, speaker: Speaker, now: Instant): CollisionVerdict;
  /** The better connection did not speak in time: confirms this one and ends the other. */
  waitedEnough(session: SupervisedSession, now: Instant): void;
  offeredOtherAs(offered: Asn): void;
  /** The OPEN of the other side claims a role that does not fit ours (RFC 9234 §4.2). */
  rolesDiffer(roles: RoleConflict): void;
  /** A NOTIFICATION that ends this session was sent or received. */
  notified(direction: 'sent' | 'received', of: BgpNotification, now: Instant): void;
  /** An attempt to connect failed (RFC 4271 §8: ConnectRetryCounter). */
  attemptFailed(because: string): void;
  /** The session is in a further state. */
  advanced(session: SupervisedSession, because: string, now: Instant): void;
  established(
    session: SupervisedSession,
    negotiated: NegotiatedSession,
    opens: SessionOpens,
    now: Instant,
  ): void;
  /**
   * An established session is no more, and its routes may stay in use; called before anything else
   * happens.
   */
  unestablished(keepsRoutes: boolean, now: Instant): void;
  /** The session went to idle by itself; not after `stop`. */
  ended(session: SupervisedSession, ending: SessionEnding, now: Instant): void;
}
