/**
 * The first moments of a Router whose former life still forwards packets: neighbors keep our routes, so
 * nothing is advertised until this life knows what the former one knew.
 *
 * Standard: RFC 4724 §4.1 (restarting speaker). What we say in the OPEN stands in bgp/graceful-restart.ts.
 *
 *   begun, R set ──every session of before is up and has told everything──► returned: advertise, R clear
 *              └── 30 s, when the tables of this life route in any case ──►
 *
 * RFC 4724 §4.1 would wait for neighbors that have not come back as well, by a timer of minutes. Beyond
 * the take-over (host/workers/carrier.ts) packets follow the tables of this life, so that silence would
 * keep drawing packets to us that we cannot forward.
 *
 * Invariants
 * - Returned once, and never gone back on in one life.
 * - A neighbor without graceful restart, or one that restarts itself (R), is not waited for further than
 *   its session.
 *
 * @module
 */
import { addMilliseconds, type Instant, milliseconds } from '../base/units.ts';
import type { NeighborId } from '../bgp/index.ts';
import type { Engine } from './engine.ts';
import { RETURN_LIMIT_MS } from './limits.ts';

export interface ReturnToService {
  /** A session is up, a neighbor has told everything, or the registry came. */
  consider(now: Instant): void;
}

/** `hasRules`: routes can be judged, so that what is known is also accepted. */
export function createReturnToService(
  engine: Engine,
  hasRules: () => boolean,
  startedAt: Instant,
): ReturnToService {
  let isReturned = engine.forwarding !== 'preserved';
  const timers = engine.timerQueue.add<'limit'>({
    timerExpired: (_name, now) => finish(now),
  });
  if (!isReturned) timers.set('limit', addMilliseconds(startedAt, milliseconds(RETURN_LIMIT_MS)));

  function finish(now: Instant): void {
    isReturned = true;
    timers.clear('limit');
    engine.neighbors.returned();
    engine.routes.advertise(now);
  }

  /** The sessions of the default virtual router that were up when the former life ended. */
  const expected = (): NeighborId[] =>
    [...engine.roster.byId.values()]
      .filter(({ vrf }) => vrf.vrfName === undefined)
      .filter(({ wish, remembered }) => wish.config.enabled && remembered?.sessions.length)
      .flatMap(({ sessions }) => sessions.map(({ neighbor }) => neighbor));

  function isBack(neighbor: NeighborId): boolean {
    const { state, session } = engine.neighbors.view(neighbor);
    if (state !== 'established') return false;
    const { gracefulRestart } = session ?? {};
    const tellsAll = gracefulRestart !== undefined && !gracefulRestart.isRestarting;
    return !tellsAll || engine.routes.hasToldAll(neighbor);
  }

  return {
    consider(now) {
      if (!isReturned && hasRules() && expected().every(isBack)) finish(now);
    },
  };
}
