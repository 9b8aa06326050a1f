/**
 * What an interface may be asked about the packets it brings in, in words and in bits.
 *
 * Standard: RFC 3704; the checks are ingress-check.ts.
 *
 * @module
 */
import { INGRESS_CHECKS } from '../packet/index.ts';

/** How the source of a packet must be routed. */
export type ReversePath = 'strict' | 'loose' | 'off';

export type IngressRules = {
  readonly reversePath: ReversePath;
  readonly bogons: 'drop' | 'allow';
};

/** The rules as the set of bits that the packet path and the plane ask. */
export const ingressBits = ({ reversePath, bogons }: IngressRules): number =>
  (reversePath === 'off' ? 0 : INGRESS_CHECKS[reversePath]) |
  (bogons === 'drop' ? INGRESS_CHECKS.bogons : 0);
