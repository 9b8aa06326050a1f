/**
 * Who does something: a visitor, a member, the operator, a rule of ours.
 *
 * Not standardized; portal specification §3.1 (levels), style guide §11. Services take the actor
 * from the context, never from input.
 *
 * @module
 */

const ASSURANCE_LEVELS = ['address', 'mail', 'delegated', 'key'] as const;
/** How strongly an AS was proved, weakest first. */
export type AssuranceLevel = (typeof ASSURANCE_LEVELS)[number];

type Member = {
  readonly kind: 'member';
  readonly loginId: string;
  /** Every AS proved by the same key. */
  readonly asns: readonly number[];
  /** The one that requests are made for when none is named. */
  readonly asn: number;
  readonly level: AssuranceLevel;
};
type OperatorActor = {
  readonly kind: 'operator';
  /** Undefined for the bearer token, which has no login. */
  readonly loginId: string | undefined;
  readonly name: string;
  readonly role: 'owner';
};
export type Actor =
  | { readonly kind: 'visitor' }
  | Member
  | OperatorActor
  /** Something the portal does by itself, e.g. `automatic-approval`, `configuration-file`. */
  | { readonly kind: 'rule'; readonly name: string };

export const VISITOR: Actor = { kind: 'visitor' };

/**
 * Returns the actor as audit records name it.
 *
 * @param asn what a member acts for; without it, the active AS of the login.
 */
export function nameOfActor(actor: Actor, asn?: number): string {
  switch (actor.kind) {
    case 'visitor':
      return 'visitor';
    case 'member':
      return `AS${asn ?? actor.asn}`;
    case 'operator':
      return `operator:${actor.name}`;
    case 'rule':
      return `rule:${actor.name}`;
  }
}

/** Returns the level of proof as audit records name it. */
export const levelOfActor = (actor: Actor): string =>
  actor.kind === 'member' ? actor.level : actor.kind;

export const isAtLeast = (level: AssuranceLevel, wanted: AssuranceLevel): boolean =>
  ASSURANCE_LEVELS.indexOf(level) >= ASSURANCE_LEVELS.indexOf(wanted);
