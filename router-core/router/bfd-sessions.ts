/**
 * BFD and the BGP sessions it watches: what a peering wishes, and what a verdict means.
 *
 * Standard: RFC 5882 §3.2 and §4.2; RFC 9384.
 *
 * Only a fall from up counts: BGP never waits for BFD, so a neighbor without it has a session like any
 * other. What the neighbor's operator switched off is not a failure of the path.
 *
 * @module
 */
import type { Instant } from '../base/units.ts';
import type { BfdEvent } from '../bgp/index.ts';
import type { TypedPeering } from './config.ts';
import type { Engine } from './engine.ts';
import { seen, sessionFacts } from './facts.ts';
import type { PeeringSession } from './roster.ts';
import type { Vrf } from './vrf.ts';

/** Starts, changes or ends the BFD of one session as the peering wishes. */
export function followBfdWish(
  vrf: Vrf,
  { neighbor }: PeeringSession,
  wish: TypedPeering,
  now: Instant,
): void {
  const { bfd: parameters, enabled } = wish.config;
  if (parameters === undefined) {
    vrf.bfd.remove(neighbor, now);
  } else if (vrf.bfd.view(neighbor) === undefined) {
    vrf.bfd.add(neighbor, vrf.transport.linkOf(neighbor), parameters, !enabled, now);
  } else {
    vrf.bfd.update(neighbor, parameters, now);
    if (enabled) vrf.bfd.enable(neighbor, now);
    else vrf.bfd.disable(neighbor, now);
  }
}

/** What a change of a BFD session means to BGP and to whoever asks why. */
export function followBfd(engine: Engine, event: BfdEvent, now: Instant): void {
  const { neighbor, from, to, diagnostic, isAdministrative, isControlPlaneIndependent } = event;
  const found = engine.roster.ofNeighbor(neighbor);
  if (found === undefined || found.peering.isLeaving) return;
  const { peering, session } = found;
  engine.changed.add(peering.wish.id);
  if (to === 'up') {
    delete sessionFacts(peering.facts, session.name).bfdDown;
    return;
  }
  if (from !== 'up' || isAdministrative) return;
  const facts = sessionFacts(peering.facts, session.name);
  facts.bfdDown = seen(undefined, diagnostic, engine.clock.now());
  peering.vrf.neighbors.bfdDown(neighbor, diagnostic, isControlPlaneIndependent, now);
}
