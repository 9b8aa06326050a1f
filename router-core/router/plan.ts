/**
 * The difference between actual and desired, as ordered steps.
 *
 * Not standardized; docs/architecture.md §5 step 9 and §7 (brake).
 *
 * Invariants
 * - Remove before add; equal entries give no step.
 * - A document that removes more than a third of the peerings needs `allowMassRemoval`.
 *
 * @module
 */
import { RouterError } from '../base/errors.ts';
import type { TypedPeering } from './config.ts';
import { canonicalJson } from './digest.ts';
import { BRAKE_FRACTION } from './limits.ts';
import { SESSION_OPTION_KEYS } from './session-options.ts';

export type PlanStep =
  | { readonly kind: 'remove'; readonly id: string }
  | { readonly kind: 'add'; readonly peering: TypedPeering }
  /** In place: endpoint, keys between both, limits, policy, enabled, session options. */
  | { readonly kind: 'change'; readonly peering: TypedPeering }
  /** Key, addresses, hops, MTU, port, sessions and their password, our addresses: the entity is made anew. */
  | { readonly kind: 'rebuild'; readonly peering: TypedPeering };

/** What of a configuration may change without a new tunnel; what a session makes of it is its own affair. */
const IN_PLACE = new Set<string>([
  'endpoint',
  'presharedKey',
  'keepalive',
  'importLimit',
  'rateLimit',
  'reversePath',
  'bogons',
  'policy',
  'bfd',
  'import',
  'export',
  'parameters',
  'groups',
  'enabled',
  'disabledReason',
  'name',
  'gracefulRestart',
  ...SESSION_OPTION_KEYS.filter((key) => key !== 'multihop'),
]);

/** Returns the steps from `actual` to `desired`, both by id. */
export function planPeerings(
  actual: ReadonlyMap<string, TypedPeering>,
  desired: ReadonlyMap<string, TypedPeering>,
): PlanStep[] {
  const steps: PlanStep[] = [];
  for (const id of actual.keys()) if (!desired.has(id)) steps.push({ kind: 'remove', id });
  for (const [id, peering] of desired) {
    const before = actual.get(id);
    if (before === undefined) steps.push({ kind: 'add', peering });
    else if (before.surroundings !== peering.surroundings) steps.push({ kind: 'rebuild', peering });
    else if (before.fingerprint !== peering.fingerprint)
      steps.push({ kind: isInPlace(before, peering) ? 'change' : 'rebuild', peering });
  }
  return steps;
}

/** Refuses a document that would empty the router by mistake. @throws RouterError `CONFIG_BRAKE` */
export function brake(actual: number, removed: number, isConfirmed: boolean): void {
  const isTooMuch = removed > actual * BRAKE_FRACTION;
  if (isTooMuch && !isConfirmed) {
    throw new RouterError(
      'CONFIG_BRAKE',
      `The document removes ${removed} of ${actual} peerings; that needs an explicit confirmation.`,
    );
  }
}

/** Whether two wishes say the same apart from what may change in place; null says as much as nothing. */
export function isInPlace(
  before: { readonly config: object },
  after: { readonly config: object },
): boolean {
  const rest = ({ config }: { readonly config: object }): string =>
    canonicalJson(
      Object.fromEntries(
        Object.entries(config).filter(
          ([key, value]) => !IN_PLACE.has(key) && (value ?? null) !== null,
        ),
      ),
    );
  return rest(before) === rest(after);
}
