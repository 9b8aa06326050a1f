/**
 * Neighbors that nobody configured one by one: they come from a range, of a list of ASes, up to a number.
 *
 * Not standardized; BGP specification §3 (created on accept, removed at session end).
 *
 *   SYN from the range ──► neighbor, passive ──► session ──► over ──► removed
 *                                                   └─ error, or too many prefixes ──► held, removed then
 *
 * Invariants
 * - A dynamic neighbor exists for as long as it has a connection, or is held back from the next one.
 * - A peering never has more than its maximum; the next one finds a closed port.
 * - It is judged by the operator's rules from its first message on, like a neighbor that is known beforehand.
 *
 * @module
 */
import {
  formatIpAddress,
  type IpAddress,
  parseIpPrefix,
  prefixContains,
} from '../base/ip-address.ts';
import type { Instant, InterfaceId } from '../base/units.ts';
import { FAMILIES, type NeighborEvent, type NeighborId, type PolicyBinding } from '../bgp/index.ts';
import { followBfdWish } from './bfd-sessions.ts';
import type { TypedNode, TypedPeering } from './config.ts';
import type { Engine } from './engine.ts';
import type { Peering, PeeringSession } from './roster.ts';
import { dynamicNeighborsMax } from './session-options.ts';
import { dynamicConfigOf, routeConfigOf } from './session-wish.ts';

export interface DynamicNeighbors {
  /** A connection from an address no neighbor has; undefined: nobody we wait for. */
  admit(
    link: InterfaceId,
    local: IpAddress,
    remote: IpAddress,
    now: Instant,
  ): NeighborId | undefined;
  /** Removes the neighbor of the event when it is over. */
  neighborEvent(event: NeighborEvent, now: Instant): void;
}

export function createDynamicNeighbors(
  engine: Engine,
  nodeOf: (peering: Peering) => TypedNode,
  rulesOf: (wish: TypedPeering) => PolicyBinding,
): DynamicNeighbors {
  const { roster } = engine;

  function admit(
    link: InterfaceId,
    local: IpAddress,
    remote: IpAddress,
    now: Instant,
  ): NeighborId | undefined {
    const peering = roster.ofInterface(link);
    if (peering === undefined || peering.isLeaving) return undefined;
    const { config } = peering.wish;
    const { dynamicNeighbors: settings } = config;
    if (settings === undefined || !config.enabled) return undefined;
    const range = parseIpPrefix(settings.range);
    if (range === undefined || !prefixContains(range, remote)) return undefined;
    const present = peering.sessions.filter(({ isDynamic }) => isDynamic).length;
    if (present >= dynamicNeighborsMax(settings)) return undefined;
    const families = config.families ?? FAMILIES;
    const wish = {
      name: `${config.name}_${formatIpAddress(remote)}`,
      local,
      remote,
      families,
      extendedNextHop: config.extendedNextHop && remote.family === 6 && families.includes('ipv4'),
    };
    const { vrf } = peering;
    const neighbor = vrf.neighbors.add(dynamicConfigOf(peering.wish, wish, settings.asns), now);
    const rules = rulesOf(peering.wish);
    vrf.routes.addNeighbor(
      neighbor,
      routeConfigOf(peering.wish, nodeOf(peering), wish, link, rules),
    );
    vrf.transport.link(neighbor, {
      interface: link,
      local,
      remote,
      md5Key: undefined,
      hopLimitMin: 0,
    });
    const session: PeeringSession = { name: wish.name, neighbor, families, isDynamic: true, rules };
    roster.addSession(peering, session);
    followBfdWish(vrf, session, peering.wish, now);
    engine.changed.add(peering.wish.id);
    return neighbor;
  }

  return {
    admit,
    neighborEvent(event, now) {
      if (event.kind !== 'state') return;
      const found = roster.ofNeighbor(event.neighbor);
      if (found?.session.isDynamic !== true || found.peering.isLeaving) return;
      const { state, nextAttempt, excess } = found.peering.vrf.neighbors.view(event.neighbor);
      const isWaiting = state === 'idle' || state === 'active';
      const isHeld = nextAttempt !== undefined || excess !== undefined;
      if (isWaiting && !isHeld && 'peer' in found.peering)
        removeDynamic(engine, found.peering, found.session, now);
    },
  };
}

/** Ends one dynamic neighbor (Cease 6/3 if there is somebody to tell). */
export function removeDynamic(
  engine: Engine,
  peering: Peering,
  session: PeeringSession,
  now: Instant,
): void {
  const { neighbor, name } = session;
  engine.roster.removeSession(peering, session);
  const { neighbors, routes, transport, bfd } = peering.vrf;
  neighbors.remove(neighbor, now);
  routes.removeNeighbor(neighbor, now);
  bfd.forget(neighbor);
  transport.unlink(neighbor);
  peering.facts.sessions.delete(name);
  engine.changed.add(peering.wish.id);
}
