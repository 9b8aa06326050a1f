/**
 * What both sides of a peering are to each other in BGP: keys of the file, defaults, rules.
 *
 * Standard: RFC 9234 §3 (roles), RFC 4456 (reflection), RFC 7947 (route server).
 *
 * Invariant: what passes here can be configured in the BGP room without another question.
 *
 * @module
 */
import { BGP_ROLES } from '../base/bgp-role.ts';
import type { RouterErrorCode } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import type { Field } from '../base/schema.ts';
import type { PeeringRelation } from './types.ts';

/** The keys as the file's schema has them. */
export const RELATION_FIELDS: Readonly<Record<keyof PeeringRelation, Field>> = {
  role: { kind: 'string', maxLength: 20 },
  strictRole: { kind: 'boolean' },
  routeReflectorClient: { kind: 'boolean' },
  routeServerClient: { kind: 'boolean' },
};

/** Returns a request in which the keys of the relation say something: what is off is left out. */
export function withRelation<Request extends PeeringRelation>({
  role,
  strictRole,
  routeReflectorClient,
  routeServerClient,
  ...rest
}: Request): Omit<Request, keyof PeeringRelation> & PeeringRelation {
  return {
    ...rest,
    ...(role === undefined ? {} : { role }),
    ...(strictRole ? { strictRole } : {}),
    ...(routeReflectorClient ? { routeReflectorClient } : {}),
    ...(routeServerClient ? { routeServerClient } : {}),
  };
}

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
  if (role !== undefined && !BGP_ROLES.includes(role))
    error('ROLE_INVALID', 'role', `${printable(role, 20)} is none of ${BGP_ROLES.join(', ')}.`);
  else if (role !== undefined && peering.asn === node.asn)
    error('ROLE_INVALID', 'role', 'Roles are between networks, not within one.');
  if (strictRole && role === undefined)
    error('ROLE_INVALID', 'strictRole', 'strictRole needs a role of ours: set `role` as well.');
  if (actor === 'visitor' && (role !== undefined || strictRole))
    error('ROLE_INVALID', 'role', "A role is the operator's to set.");
  checkClient(peering, { node, actor }, error);
}

function checkClient(
  peering: PeeringRelation & { readonly asn: number },
  { node, actor }: Circumstances,
  error: Report,
): void {
  const { role, routeReflectorClient, routeServerClient } = peering;
  const isInternal = peering.asn === node.asn;
  if (routeReflectorClient && !isInternal)
    error(
      'CLIENT_INVALID',
      'routeReflectorClient',
      `Routes are reflected within AS${node.asn} only; AS${peering.asn} is another network.`,
    );
  if (routeServerClient && isInternal)
    error('CLIENT_INVALID', 'routeServerClient', 'A route server serves other networks.');
  if (routeServerClient && role !== undefined && role !== 'rs-server')
    error(
      'CLIENT_INVALID',
      'routeServerClient',
      'Towards its clients a route server has the role rs-server, or none.',
    );
  if (actor === 'visitor' && (routeReflectorClient || routeServerClient))
    error('CLIENT_INVALID', 'routeServerClient', 'Who is a client is for the operator to say.');
}
