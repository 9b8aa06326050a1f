/**
 * What both sides of a peering are to each other in BGP: keys of the file, defaults, rules.
 *
 * Standard: RFC 9234 §3 (roles).
 *
 * Invariant: what passes here can be configured in the BGP room without another question.
 *
 * @module
 */
import type { RouterErrorCode } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import type { Field } from '../base/schema.ts';
import { PEERING_ROLES, type PeeringRelation } from './types.ts';

/** The keys as the file's schema has them. */
export const RELATION_FIELDS: Readonly<Record<keyof PeeringRelation, Field>> = {
  role: { kind: 'string', maxLength: 20 },
  strictRole: { kind: 'boolean' },
};

/** Returns the keys that say something; what is absent or off is left out. */
export const relationOf = ({ role, strictRole }: PeeringRelation): PeeringRelation => ({
  ...(role === undefined ? {} : { role }),
  ...(strictRole ? { strictRole } : {}),
});

type Report = (code: RouterErrorCode, path: string, message: string, hint?: string) => void;
type Circumstances = {
  readonly node: { readonly asn: number };
  readonly actor: 'visitor' | 'operator';
};

/** Says what does not go together. */
export function checkRelation(
  peering: PeeringRelation & { readonly asn: number },
  { node, actor }: Circumstances,
  error: Report,
): void {
  const { role, strictRole } = peering;
  if (role !== undefined && !PEERING_ROLES.includes(role))
    error('ROLE_INVALID', 'role', `${printable(role, 20)} is none of ${PEERING_ROLES.join(', ')}.`);
  else if (role !== undefined && peering.asn === node.asn)
    error('ROLE_INVALID', 'role', 'Roles are between networks, not within one.');
  if (strictRole && role === undefined)
    error('ROLE_INVALID', 'strictRole', 'strictRole needs a role of ours: set `role` as well.');
  if (actor === 'visitor' && (role !== undefined || strictRole))
    error('ROLE_INVALID', 'role', "A role is the operator's to set.");
}
