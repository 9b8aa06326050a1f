/**
 * A prefix limit was reached, or memory is short: what the routes found out, the sessions and people learn
 * here.
 *
 * Standard: RFC 4271 §6.7, RFC 4486 §4 (Cease 6/1, 6/8).
 *
 * @module
 */
import type { Instant } from '../base/units.ts';
import type { LimitEvent, NeighborId } from '../bgp/index.ts';
import type { Engine } from './engine.ts';
import { prefixLimitOf } from './session-options.ts';

/** Carries out the action of a limit; near a limit and with the milder actions it is only told. */
export function actOnLimit(engine: Engine, event: LimitEvent, now: Instant): void {
  const { neighbor, family, counted, limit, action } = event;
  const found = engine.roster.ofNeighbor(neighbor);
  if (found === undefined || found.peering.isLeaving) return;
  const { peering } = found;
  engine.changed.add(peering.wish.id);
  if (event.kind === 'limit-near' || action === 'warn' || action === 'block') return;
  const { restartAfter } = prefixLimitOf(peering.wish.config, family);
  const excess = { family, counted, limit };
  const wait = action === 'restart' ? { restartAfterSeconds: restartAfter } : {};
  peering.vrf.neighbors.exceed(neighbor, { ...excess, ...wait }, now);
}

/** Ends the session of the neighbor whose routes take most memory. */
export function actOnShortage(engine: Engine, neighbor: NeighborId, now: Instant): void {
  const found = engine.roster.ofNeighbor(neighbor);
  if (found === undefined || found.peering.isLeaving) return;
  engine.changed.add(found.peering.wish.id);
  found.peering.vrf.neighbors.shed(neighbor, now);
}
