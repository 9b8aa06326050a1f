/**
 * What a peering may bring in, as the netstack wants to know it.
 *
 * Standard: RFC 3704; netstack/ingress-check.ts.
 *
 * @module
 */
import type { IngressRules } from '../netstack/index.ts';
import type { PeeringConfig } from './types.ts';

/** Returns the rules of a peering, or undefined when it asks for none. */
export function ingressOf({ reversePath, bogons }: PeeringConfig): IngressRules | undefined {
  const rules = { reversePath: reversePath ?? 'off', bogons: bogons ?? 'allow' } as const;
  return rules.reversePath === 'off' && rules.bogons === 'allow' ? undefined : rules;
}
