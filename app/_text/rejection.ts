/**
 * Names of the reasons for which a route is rejected: the router's token to the code people read.
 *
 * Standard: looking-glass specification §8 (numbers), design §6 (names). The words are in messages
 * `rejection`; a reason without words is shown as it is.
 *
 * @module
 */

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
  quarantined: 'QUARANTINED',
  'operator-filter': 'OPERATOR_FILTER',
  'registry-missing': 'REGISTRY_MISSING',
  'loop-cluster': 'LOOP_CLUSTER',
  'treated-as-withdrawn': 'MALFORMED_ATTRIBUTE',
} as const;
export type RejectionCode = (typeof CODES)[keyof typeof CODES];

/** Takes a token of the router (`roa-not-found`, `taw:5`) or a code; undefined when it is neither. */
export function rejectionCode(reason: string): RejectionCode | undefined {
  if (reason.startsWith('taw:')) return CODES['treated-as-withdrawn'];
  const isToken = (text: string): text is keyof typeof CODES => Object.hasOwn(CODES, text);
  if (isToken(reason)) return CODES[reason];
  return Object.values(CODES).find((code) => code === reason);
}
