/**
 * Which of two connections to the same neighbor stays.
 *
 * Standard: RFC 4271 §6.8; RFC 6286 §2.3 (equal identifiers).
 *
 * Of two colliding connections the one opened by the speaker with the higher identifier stays. The
 * RFC decides when an OPEN arrives; but messages on two connections are not ordered against each
 * other, so that two speakers who follow it to the letter may each close the connection the other
 * one keeps. We therefore commit to one connection at a time: **a KEEPALIVE that confirms an OPEN is
 * sent on one connection only**, and the other side cannot become Established on any other.
 *
 *   a good OPEN arrives here,       this connection is …
 *   the other connection is         preferred          not preferred
 *   ───────────────────────────     ──────────────     ─────────────────────────────
 *   idle                            confirm            confirm
 *   connect, active (our dial)      confirm, stop it   confirm, stop it
 *   opensent                        confirm            wait: the other may speak yet
 *   openconfirm                     confirm, 6/7 it    6/7 this
 *   established                     6/7 this           6/7 this
 *
 * A connection that opens while another one is confirmed or established is refused with 6/7 before
 * it says anything. That departs from RFC 4271 §6.8, which would exchange OPENs first, to the same
 * end.
 *
 * @module
 */
import type { Asn } from '../base/units.ts';
import type { Direction, SessionState } from './session-state.ts';

/** Who speaks: what the collision rule compares. */
export type Speaker = { readonly routerId: number; readonly asn: Asn };

/** What becomes of the connection on which a good OPEN arrived. */
export type CollisionVerdict = 'confirm' | 'confirm-and-stop-other' | 'wait' | 'give-up';

/** Returns whose connection stays, seen from us. */
export function preferredDirection(us: Speaker, them: Speaker): Direction {
  const weAreHigher =
    us.routerId === them.routerId ? us.asn > them.asn : us.routerId > them.routerId;
  return weAreHigher ? 'outgoing' : 'incoming';
}

export function judgeCollision(other: SessionState, isPreferred: boolean): CollisionVerdict {
  switch (other) {
    case 'idle':
      return 'confirm';
    case 'connect':
    case 'active':
      return 'confirm-and-stop-other';
    case 'opensent':
      return isPreferred ? 'confirm' : 'wait';
    case 'openconfirm':
      return isPreferred ? 'confirm-and-stop-other' : 'give-up';
    case 'established':
      return 'give-up';
  }
}
