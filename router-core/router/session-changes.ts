/**
 * What another wish does to a session that runs, whatever carries it.
 *
 * Not standardized; docs/sessions.md (hot, refresh, restart), RFC 4486 §4 (Cease 6/6).
 *
 * Invariant: the session itself restarts only where the BGP room says that it must.
 *
 * @module
 */
import type { Asn, Instant } from '../base/units.ts';
import { FAMILIES } from '../bgp/index.ts';
import { canonicalJson } from './digest.ts';
import type { HostNeighbor, Peering, PeeringSession } from './roster.ts';
import { prefixLimitOf, routeOptionsIn } from './session-options.ts';
import { type SessionOwner, type SessionWish, sessionChangeOf } from './session-wish.ts';
import type { TransitionLog } from './transitions.ts';
import type { SessionSettings } from './types.ts';
import type { Vrf } from './vrf.ts';

/** Who changes: as it was, and as it is wished now. */
export type ChangedOwner = {
  readonly vrf: Vrf;
  readonly before: SessionSettings;
  readonly wish: SessionOwner;
  readonly nodeAsn: Asn;
};

/**
 * Calls the sessions after their owner as it is wished now, before they are given anything else of it. What was
 * observed about them keeps its place.
 */
export function renameSessions(
  { sessions, facts, wish }: Peering | HostNeighbor,
  { name: before }: SessionSettings,
): void {
  if (before === wish.config.name) return;
  for (const session of sessions) {
    const observed = facts.sessions.get(session.name);
    facts.sessions.delete(session.name);
    session.name = `${wish.config.name}${session.name.slice(before.length)}`;
    if (observed !== undefined) facts.sessions.set(session.name, observed);
  }
}

/** Gives a session what it is configured to now; `sessionWish` is undefined for one that came by itself. */
export function changeSession(
  { vrf, before, wish, nodeAsn }: ChangedOwner,
  { neighbor, name }: PeeringSession,
  sessionWish: SessionWish | undefined,
  now: Instant,
): void {
  const { config } = wish;
  const { importLimit, policy } = config;
  const options = routeOptionsIn(config, nodeAsn);
  vrf.routes.updateNeighbor(neighbor, { name, importLimit, policy, options }, now);
  if (sessionWish !== undefined)
    vrf.neighbors.update(neighbor, sessionChangeOf(wish, sessionWish), now);
  if (limitsOf(before) !== limitsOf(config)) vrf.neighbors.forgiveExcess(neighbor, now);
}

const limitsOf = (config: SessionSettings): string =>
  canonicalJson(FAMILIES.map((family) => prefixLimitOf(config, family)));

/** Shuts a session down or lets it come up, where that is what changed. */
export function switchSession(
  { vrf, before, wish: { config } }: ChangedOwner,
  { neighbor }: PeeringSession,
  now: Instant,
): void {
  if (before.enabled && !config.enabled)
    vrf.neighbors.disable(neighbor, config.disabledReason ?? 'disabled', now);
  if (!before.enabled && config.enabled) vrf.neighbors.enable(neighbor, now);
}

/** Writes down that the wish is another one. */
export function noteChange(
  transitions: TransitionLog,
  { before, wish: { config } }: ChangedOwner,
  operation: string | undefined,
): void {
  if (before.enabled === config.enabled) transitions.add('edited', undefined, operation);
  else transitions.add(config.enabled ? 'enabled' : 'disabled', config.disabledReason, operation);
}
