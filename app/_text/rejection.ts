/**
 * The reasons for which a route is rejected: the router's token to the code people read.
 *
 * Standard: looking-glass specification §8 (numbers), design §6 (names). The words are in messages
 * `rejection`: a phrase after a count, a sentence, and what to do.
 *
 * Invariant: every token of the engine has a code, or this file does not compile.
 *
 * @module
 */
import type { ReasonToken } from '../../router-core/index.ts';

const CODES = {
  'not-dn42-space': 'NOT_DN42_SPACE',
  'prefix-length': 'PREFIX_LENGTH',
  'own-prefix': 'OWN_PREFIX',
  'own-as': 'OWN_AS_IN_PATH',
  'path-too-long': 'PATH_TOO_LONG',
  'first-as': 'FIRST_AS',
  'roa-not-found': 'ROA_NOT_FOUND',
  'roa-invalid-origin': 'ROA_WRONG_ORIGIN',
  'roa-invalid-length': 'ROA_TOO_LONG',
  'otc-leak': 'ROLE_LEAK',
  'prefix-limit': 'IMPORT_LIMIT',
  'receive-limit': 'RECEIVE_LIMIT',
  'next-hop': 'NEXT_HOP',
  'next-hop-unresolved': 'NEXT_HOP_UNRESOLVED',
  'martian-as': 'MARTIAN_AS',
  'peer-only': 'POLICY_PEER_ONLY',
  'registry-missing': 'REGISTRY_MISSING',
  'loop-cluster': 'LOOP_CLUSTER',
  'no-policy': 'NO_POLICY',
} as const satisfies Readonly<Record<ReasonToken, string>>;

/** Tokens with a tail of their own: the type of an attribute, the name of a rule. */
const WITH_TAIL = { 'taw:': 'MALFORMED_ATTRIBUTE', 'rule:': 'OPERATOR_FILTER' } as const;

export type RejectionCode =
  | (typeof CODES)[keyof typeof CODES]
  | (typeof WITH_TAIL)[keyof typeof WITH_TAIL];

const ALL: readonly RejectionCode[] = [...Object.values(CODES), ...Object.values(WITH_TAIL)];
const isToken = (text: string): text is keyof typeof CODES => Object.hasOwn(CODES, text);

/** Takes a token of the router (`roa-not-found`, `rule:no-transit`) or a code; undefined when it is neither. */
export function rejectionCode(reason: string): RejectionCode | undefined {
  if (isToken(reason)) return CODES[reason];
  const tail = Object.entries(WITH_TAIL).find(([start]) => reason.startsWith(start));
  return tail?.[1] ?? ALL.find((code) => code === reason);
}

/** What the words about a reason are filled with: the operator's rule, where the reason names one. */
export function rejectionRule(reason: string): { isNamed: 'yes' | 'no'; rule: string } {
  const rule = reason.startsWith('rule:') ? reason.slice('rule:'.length) : '';
  return { isNamed: rule === '' ? 'no' : 'yes', rule };
}
