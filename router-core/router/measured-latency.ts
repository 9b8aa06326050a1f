/**
 * Measures what the parameter `latency` of every peering is when nobody wrote it.
 *
 * Not standardized; portal specification §11.6. Once a minute the round trip that TCP measures on the
 * BGP sessions of a peering is a sample; a peering without a session keeps its class.
 *
 * @module
 */
import { addMilliseconds, type Instant, milliseconds } from '../base/units.ts';
import type { Engine } from './engine.ts';
import { LatencyClass, SAMPLE_INTERVAL_MS } from './latency-class.ts';
import type { Peering } from './roster.ts';

export interface MeasuredLatency {
  /** The value of the parameter, once it is known. */
  of(peering: string): { readonly latency?: number };
}

/** Returns the shortest round trip of a peering's sessions, milliseconds, as TCP measures it. */
export function roundTripOf({ sessions, vrf }: Peering): number | undefined {
  const all = sessions.flatMap(({ neighbor }) => vrf.transport.roundTrip(neighbor) ?? []);
  return all.length === 0 ? undefined : Math.min(...all);
}

export function createMeasuredLatency(
  engine: Engine,
  changed: (now: Instant) => void,
  startedAt: Instant,
): MeasuredLatency {
  const classes = new Map<string, LatencyClass>();
  const timers = engine.timerQueue.add<'sample'>({
    timerExpired(_name, now) {
      arm(now);
      if (sample()) changed(now);
    },
  });
  const arm = (now: Instant): void =>
    timers.set('sample', addMilliseconds(now, milliseconds(SAMPLE_INTERVAL_MS)));
  arm(startedAt);

  function sample(): boolean {
    let isChanged = false;
    for (const id of classes.keys()) if (!engine.roster.byId.has(id)) classes.delete(id);
    for (const [id, peering] of engine.roster.byId) {
      const roundTrip = roundTripOf(peering);
      if (roundTrip === undefined) continue;
      let latency = classes.get(id);
      if (latency === undefined) {
        latency = new LatencyClass();
        classes.set(id, latency);
      }
      if (latency.add(roundTrip)) isChanged = true;
    }
    return isChanged;
  }

  return {
    of(id) {
      const value = classes.get(id)?.value;
      return value === undefined ? {} : { latency: value };
    },
  };
}
