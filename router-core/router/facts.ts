/**
 * What the router has observed about one peering, for the diagnosis.
 *
 * Not standardized; portal specification §7. Facts are written where events pass (peering-events.ts)
 * and read by diagnosis/: a fact says what was seen and when, never what it means.
 *
 * @module
 */
import type { WallTime } from '../base/units.ts';
import type { RoleConflict } from '../bgp/index.ts';
import type { SegmentRefusal } from '../netstack/index.ts';

/** Something seen, with the time it was first seen since it was last cleared. */
export type Seen<T> = { readonly since: WallTime; readonly value: T };

export type PeeringFacts = {
  /** Packets of the right key have arrived. */
  firstPacketAt?: WallTime;
  /** The tunnel had a key pair and lost it. */
  staleSince?: WallTime;
  hasKeyPair: boolean;
  /** A handshake was given up and none has completed since, whatever key pair is left. */
  isUnanswered?: true;
  endpointUnresolved?: Seen<string>;
  wrongMac1?: Seen<string>;
  unknownKey?: Seen<{ publicKey: string; from: string }>;
  oldTimestamp?: Seen<string>;
  pskDiffers?: Seen<string>;
  sourceNotAllowed?: Seen<string>;
  otherSource?: Seen<string>;
  /** A packet came out of the tunnel. */
  innerPacketAt?: WallTime;
  innerSource?: Seen<string>;
  /** The last document had an entry for it that could not be applied; why, and what runs on. */
  entryRefused?: Seen<{ readonly code: string; readonly message: string }>;
  sessions: Map<string, SessionFacts>;
};

export type SessionFacts = {
  tcpRefused?: Seen<null>;
  tcpUnanswered?: Seen<null>;
  closedEarly?: Seen<null>;
  segmentsRefused?: Seen<SegmentRefusal>;
  otherAs?: Seen<number>;
  /** BFD was up and fell; why, in words of RFC 5880. */
  bfdDown?: Seen<string>;
  rolesDiffer?: Seen<RoleConflict>;
  holdTimerExpired?: Seen<number>;
  notification?: Seen<string>;
};

export const createPeeringFacts = (): PeeringFacts => ({ hasKeyPair: false, sessions: new Map() });

/** Returns the facts of one session, made at the first use. */
export function sessionFacts(facts: PeeringFacts, name: string): SessionFacts {
  let session = facts.sessions.get(name);
  if (session === undefined) {
    session = {};
    facts.sessions.set(name, session);
  }
  return session;
}

/** Returns the fact again with its first time when the value is the same, else a new one. */
export function seen<T>(before: Seen<T> | undefined, value: T, at: WallTime): Seen<T> {
  return before !== undefined && JSON.stringify(before.value) === JSON.stringify(value)
    ? before
    : { since: at, value };
}
