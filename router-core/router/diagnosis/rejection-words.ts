/**
 * What the tokens of rejected routes mean, in words that follow "3 of your prefixes are rejected: 1 …".
 *
 * Not standardized; BGP specification §13.3 (the tokens). The pages translate the same tokens
 * themselves; this is for the command line, the API and the headline.
 *
 * @module
 */
import { isReasonToken, type ReasonToken } from '../../bgp/index.ts';

const WORDS: Readonly<Record<ReasonToken, string>> = {
  'not-dn42-space': 'outside DN42’s address space',
  'prefix-length': 'too long or too short',
  'own-prefix': 'our own',
  'own-as': 'with our AS in the path',
  'path-too-long': 'with a path that is too long',
  'first-as': 'with another first AS than yours',
  'roa-not-found': 'without ROA',
  'roa-invalid-origin': 'from the wrong origin',
  'roa-invalid-length': 'more specific than their ROA',
  'otc-leak': 'leaked: meant for customers only',
  'prefix-limit': 'above the import limit',
  'receive-limit': 'above the limit of received prefixes',
  'next-hop': 'with a next hop we cannot use',
  'next-hop-unresolved': 'with a next hop we have no route to',
  'martian-as': 'with a reserved AS in the path',
  'peer-only': 'of other networks',
  'registry-missing': 'until our copy of the registry is loaded',
  'loop-cluster': 'that came round within our cluster',
  'no-policy': 'by a policy that takes nothing',
};

/** Returns the words of a token; one without words as it is. */
export function rejectionWords(token: string): string {
  if (token.startsWith('taw:')) return 'with a malformed attribute';
  if (token.startsWith('rule:')) return `by the operator’s rule “${token.slice('rule:'.length)}”`;
  return isReasonToken(token) ? WORDS[token] : token;
}
