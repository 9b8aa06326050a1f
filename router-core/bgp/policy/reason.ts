/**
 * Why a route is not used: stable tokens, and the numbers that stand for them in a path row.
 *
 * Not standardized; BGP specification §13.3. Numbers below 32 are the append-only codes of looking
 * glass specification §8, which others read as large community (<our AS>, 65666, <code>).
 *
 * @module
 */
import { assert } from '../../base/assert.ts';

export const ACCEPTED = 0;
export const NOT_DN42_SPACE = 1;
export const PREFIX_LENGTH = 2;
export const OWN_PREFIX = 3;
export const OWN_AS = 4;
export const PATH_TOO_LONG = 5;
export const FIRST_AS = 6;
export const ROA_NOT_FOUND = 7;
export const ROA_INVALID_ORIGIN = 8;
export const ROA_INVALID_LENGTH = 9;
export const OTC_LEAK = 10;
export const PREFIX_LIMIT = 11;
export const NEXT_HOP_UNUSABLE = 12;
export const MARTIAN_AS = 13;
export const PEER_ONLY = 14;
/** Ours alone, without a number for others. */
export const REGISTRY_MISSING = 32;
export const LOOP_CLUSTER = 33;
/** Above the limit of received prefixes: never judged by policy. */
export const RECEIVE_LIMIT = 39;
/** Of a session over several hops: no tunnel leads to the next hop, or only through the route itself. */
export const NEXT_HOP_UNRESOLVED = 35;
/** RFC 8212: no policy, no routes. */
export const NO_POLICY = 34;
/** Treated as withdrawn because of an attribute: this plus its type. */
const TREATED_AS_WITHDRAWN = 256;

/** From here on rules of the operator, in the order in which they were met. */
const RULES: number = TREATED_AS_WITHDRAWN + 256;
/** Reasons fit two octets of a path row. */
const REASON_LIMIT = 65_536;
/** Looking glass specification §8: an operator's own filter. */
const OPERATOR_FILTER = 16;

const TOKENS = {
  [NOT_DN42_SPACE]: 'not-dn42-space',
  [PREFIX_LENGTH]: 'prefix-length',
  [OWN_PREFIX]: 'own-prefix',
  [OWN_AS]: 'own-as',
  [PATH_TOO_LONG]: 'path-too-long',
  [FIRST_AS]: 'first-as',
  [ROA_NOT_FOUND]: 'roa-not-found',
  [ROA_INVALID_ORIGIN]: 'roa-invalid-origin',
  [ROA_INVALID_LENGTH]: 'roa-invalid-length',
  [OTC_LEAK]: 'otc-leak',
  [PREFIX_LIMIT]: 'prefix-limit',
  [NEXT_HOP_UNUSABLE]: 'next-hop',
  [MARTIAN_AS]: 'martian-as',
  [PEER_ONLY]: 'peer-only',
  [REGISTRY_MISSING]: 'registry-missing',
  [LOOP_CLUSTER]: 'loop-cluster',
  [RECEIVE_LIMIT]: 'receive-limit',
  [NO_POLICY]: 'no-policy',
  [NEXT_HOP_UNRESOLVED]: 'next-hop-unresolved',
} as const satisfies Readonly<Record<number, string>>;

/** The reasons that are always there; beside them are `taw:<attribute type>` and `rule:<name>`. */
export type ReasonToken = (typeof TOKENS)[keyof typeof TOKENS];
export const REASON_TOKENS: readonly ReasonToken[] = Object.values(TOKENS);

/** Whether it is one of those: what a rule may give as its reason, and what has words of its own everywhere. */
export const isReasonToken = (token: string): token is ReasonToken =>
  REASON_TOKENS.some((known) => known === token);

const isFixed = (reason: number): reason is keyof typeof TOKENS => Object.hasOwn(TOKENS, reason);

export const treatedAsWithdrawn = (attributeType: number): number =>
  TREATED_AS_WITHDRAWN + attributeType;

export const isTreatedAsWithdrawn = (reason: number): boolean =>
  reason >= TREATED_AS_WITHDRAWN && reason < RULES;

/** Returns the code for large community (<our AS>, 65666, <code>), or null for reasons of ours alone. */
export const reasonCode = (reason: number): number | null =>
  reason < 32 ? reason : reason < RULES ? null : OPERATOR_FILTER;

/** The reasons of one router: the fixed ones, and a number for every rule that ever rejected. */
export class Reasons {
  private readonly rules: string[] = [];
  private readonly numbers = new Map<string, number>(
    Object.entries(TOKENS).map(([number, token]) => [token, Number(number)]),
  );

  /** Numbers below this are in use. */
  get limit(): number {
    return RULES + this.rules.length;
  }

  /** Returns the number of a token: fixed, or `rule:<name>`. */
  numberOf(token: string): number {
    let number = this.numbers.get(token);
    if (number === undefined) {
      number = RULES + this.rules.length;
      // Sixty thousand names of rules in one life of a router: the last one stands for the rest.
      if (number === REASON_LIMIT) return number - 1;
      this.rules.push(token);
      this.numbers.set(token, number);
    }
    return number;
  }

  /** Returns the token of a reason other than ACCEPTED. */
  token(reason: number): string {
    if (isTreatedAsWithdrawn(reason)) return `taw:${reason - TREATED_AS_WITHDRAWN}`;
    const token = isFixed(reason) ? TOKENS[reason] : this.rules[reason - RULES];
    assert(token !== undefined, 'every reason has a token');
    return token;
  }
}
