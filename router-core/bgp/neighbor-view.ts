/**
 * What can be seen of a neighbor from outside: its state at a moment, and what happened.
 *
 * Not standardized.
 *
 * @module
 */
import type { IpAddress } from '../base/ip-address.ts';
import type { Asn, Instant } from '../base/units.ts';
import type { PrefixExcess } from './prefix-excess.ts';
import type { RoleConflict } from './role.ts';
import type { SessionState } from './session-state.ts';
import type { BgpNotification, NegotiatedSession, NeighborId } from './types.ts';

export type NotificationSeen = {
  readonly direction: 'sent' | 'received';
  readonly notification: BgpNotification;
  readonly at: Instant;
};

export type NeighborView = {
  readonly name: string;
  readonly remoteAddress: IpAddress;
  readonly state: SessionState;
  readonly since: Instant;
  /** While established. */
  readonly session?: NegotiatedSession;
  readonly lastNotification?: NotificationSeen;
  /** Attempts that came to nothing and sessions that ended, since the operator's last command. */
  readonly connectRetryCounter: number;
  /** Why the session is not up, for people; absent while it is. */
  readonly lastError?: string;
  /** Idle after an error until then. */
  readonly nextAttempt?: Instant;
  /** Down because of too many prefixes, until `nextAttempt`, or else until the operator's next word. */
  readonly excess?: PrefixExcess;
  /** Shut down, with this text. */
  readonly disabled?: string;
  /** By message type (1 OPEN to 5 ROUTE-REFRESH); index 0 is unused. */
  readonly messagesReceived: readonly number[];
  readonly messagesSent: readonly number[];
};

export type NeighborEvent =
  | {
      readonly kind: 'state';
      readonly neighbor: NeighborId;
      readonly from: SessionState;
      readonly to: SessionState;
      readonly because: string;
    }
  | {
      readonly kind: 'notification';
      readonly neighbor: NeighborId;
      readonly direction: 'sent' | 'received';
      readonly notification: BgpNotification;
    }
  /** An acceptable OPEN. */
  | {
      readonly kind: 'open-received';
      readonly neighbor: NeighborId;
      readonly asn: Asn;
      readonly routerId: number;
    }
  /** Somebody is there, but it is not the AS that was configured. */
  | {
      readonly kind: 'other-as';
      readonly neighbor: NeighborId;
      readonly expected: Asn;
      readonly offered: Asn;
    }
  /** Both sides see their relation differently (RFC 9234 §4.2). */
  | { readonly kind: 'roles-differ'; readonly neighbor: NeighborId; readonly roles: RoleConflict };
