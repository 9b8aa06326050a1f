/**
 * Roles: what both sides of an external session are to each other, and whether they agree about it.
 *
 * Standard: RFC 9234 §3 (roles), §4.1 (capability 9), §4.2 (role correctness). What a role means for
 * routes stands in policy/only-to-customer.ts, which role fits which in base/bgp-role.ts.
 *
 * A side that announces no role agrees with everything, unless we insist (strict mode). Several roles
 * that differ agree with nothing. Inside an AS there are no roles (RFC 9234 §3).
 *
 * @module
 */
import { BGP_ROLES, type BgpRole, counterpartOf } from '../base/bgp-role.ts';
import type { Capability } from './capability/capability.ts';
import { capabilitiesOf } from './capability/codec.ts';
import { ROLE_NAMES } from './capability/table.ts';

/** What we announce to one neighbor. */
export type RoleWish = {
  readonly role: BgpRole;
  /** A neighbor without a role is refused. */
  readonly isStrict: boolean;
};

/** Two roles that do not fit. */
export type RoleConflict = {
  readonly ours: BgpRole;
  /** What the other side claims, in words; null: nothing, and we insist. */
  readonly theirs: string | null;
};

/** Returns a role in words: `route server client`. */
export const roleWords = (role: BgpRole): string => claimWords(BGP_ROLES.indexOf(role));

/** Returns our capability 9. */
export const roleCapability = ({ role }: RoleWish): Capability => ({
  kind: 'role',
  role: BGP_ROLES.indexOf(role),
});

/** Judges the roles of both sides; undefined when they fit. */
export function judgeRoles(
  wish: RoleWish | undefined,
  theirs: readonly Capability[],
): RoleConflict | undefined {
  if (wish === undefined) return undefined;
  const ours = wish.role;
  // RFC 9234 §4.2: the same role twice is one role.
  const claims = [...new Set(capabilitiesOf(theirs, 'role').map(({ role }) => role))];
  if (claims.length === 0) return wish.isStrict ? { ours, theirs: null } : undefined;
  const fits = claims.length === 1 && BGP_ROLES[claims[0] as number] === counterpartOf(ours);
  return fits ? undefined : { ours, theirs: claims.map(claimWords).join(' and ') };
}

/** Returns the conflict as a sentence without its full stop. */
export function conflictWords({ ours, theirs }: RoleConflict): string {
  const mine = `we are ${roleWords(ours)}, so the other side has to be ${roleWords(counterpartOf(ours))}`;
  return theirs === null
    ? `${mine}, and it announced no role`
    : `${mine}, but it says that it is ${theirs}`;
}

const claimWords = (code: number): string => ROLE_NAMES[code] ?? `role ${code}`;
