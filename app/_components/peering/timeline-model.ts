/**
 * The stations of a peering, made of its timeline: what is done, where it is, what lies ahead.
 *
 * Not standardized; portal specification §6 and §7, the look: design §4 "timeline step".
 *
 * Entries are read oldest first; what goes down takes the stations behind it away, so a peering
 * that came up twice shows the second time. The operational state has the last word, because the
 * timeline is bounded and may have lost its beginning.
 *
 * Invariants
 * - Stations that are done come first, without a gap; at most one is `now` or `stuck`.
 * - `differenceMs` is the way from the station before, when both times are known.
 *
 * @module
 */

import type { OperationalState, TimelineStep } from '../../../router-core/index.ts';
import type { AdministrativeState, TimelineEntry } from '../../_queries/view-models.ts';

export const STATIONS = [
  'requested',
  'approved',
  'provisioned',
  'first-packet',
  'handshake',
  'bgp-open',
  'established',
  'routes',
] as const satisfies readonly TimelineStep[];
export type StationName = (typeof STATIONS)[number];

export type StationView = {
  readonly name: StationName;
  readonly state: 'done' | 'now' | 'stuck' | 'ahead';
  readonly isLast: boolean;
  readonly at: string | null;
  readonly detail: string | null;
  readonly differenceMs: number | null;
};

export type TimelineSource = {
  readonly administrative: AdministrativeState;
  readonly operational: OperationalState;
  readonly sessionShape: string;
  readonly timeline: readonly TimelineEntry[];
  readonly diagnosis: readonly { readonly severity: 'info' | 'warn' | 'bad' }[];
};

/** What each ending takes away, itself included. */
const TAKES_BACK_TO: Partial<Record<TimelineStep, StationName>> = {
  down: 'bgp-open',
  'tunnel-stale': 'first-packet',
  restarted: 'first-packet',
  disabled: 'first-packet',
  enabled: 'first-packet',
  failed: 'provisioned',
};

/** The stations that a state proves, whatever the timeline still holds. */
const PROVED: Record<OperationalState, StationName> = {
  none: 'requested',
  failed: 'requested',
  provisioned: 'provisioned',
  handshake: 'handshake',
  established: 'established',
  degraded: 'established',
};
/** The station that a state rules out, and with it all behind it. */
const NOT_YET: Record<OperationalState, StationName | undefined> = {
  none: 'provisioned',
  failed: 'provisioned',
  provisioned: 'handshake',
  handshake: 'established',
  established: undefined,
  degraded: undefined,
};

/** Returns the stations in order. `approved` is one only where a person decides. */
export function buildTimeline(source: TimelineSource): StationView[] {
  const reached = replay(source.timeline);
  const names = STATIONS.filter((name) => isShown(name, source, reached));
  const limit = NOT_YET[source.operational];
  const end = limit === undefined || !names.includes(limit) ? names.length : names.indexOf(limit);
  const proved = names.indexOf(PROVED[source.operational]);
  const isWaitingForPeople = ['draft', 'submitted', 'pending'].includes(source.administrative);
  let done = 0;
  names.forEach((name, at) => {
    if (at < end && (reached.has(name) || at <= proved)) done = at + 1;
  });
  if (isWaitingForPeople) done = 1;
  const isMoving = isWaitingForPeople || source.administrative === 'enabled';
  // Silence before the first packet is a warning with words, but nothing is known to be wrong yet.
  const isWaiting = names[done] === 'first-packet';
  const isStuck =
    isMoving &&
    source.diagnosis.some(
      ({ severity }) => severity === 'bad' || (severity === 'warn' && !isWaiting),
    );
  return names.map((name, at) => {
    const entry = at < done ? reached.get(name) : undefined;
    const before = at > 0 && at < done ? reached.get(names[at - 1] as StationName) : undefined;
    return {
      name,
      state: at < done ? 'done' : at > done || !isMoving ? 'ahead' : isStuck ? 'stuck' : 'now',
      isLast: at === names.length - 1,
      at: entry?.at ?? null,
      detail: entry?.detail ?? null,
      differenceMs:
        entry === undefined || before === undefined || Date.parse(entry.at) < Date.parse(before.at)
          ? null
          : Date.parse(entry.at) - Date.parse(before.at),
    };
  });
}

/** How much of the cable is there, 0 to 1. */
export function timelineProgress(stations: readonly StationView[]): number {
  const done = stations.filter(({ state }) => state === 'done').length;
  return stations.length < 2 ? 0 : Math.max(0, done - 1) / (stations.length - 1);
}

/** The latest entry of each station that still holds. */
function replay(timeline: readonly TimelineEntry[]): Map<StationName, TimelineEntry> {
  const reached = new Map<StationName, TimelineEntry>();
  for (const entry of timeline) {
    const back = TAKES_BACK_TO[entry.step];
    if (back !== undefined) {
      for (const name of STATIONS.slice(STATIONS.indexOf(back))) reached.delete(name);
    } else if (isStation(entry.step)) {
      const isFirst = entry.step === 'routes' && reached.has('routes');
      if (!isFirst) reached.set(entry.step, entry);
    }
  }
  return reached;
}

function isShown(
  name: StationName,
  source: TimelineSource,
  reached: ReadonlyMap<StationName, TimelineEntry>,
): boolean {
  if (name === 'approved') return source.administrative === 'pending' || reached.has('approved');
  if (source.sessionShape === 'none') {
    return name !== 'bgp-open' && name !== 'established' && name !== 'routes';
  }
  return true;
}

const isStation = (step: TimelineStep): step is StationName =>
  (STATIONS as readonly TimelineStep[]).includes(step);
