/**
 * Why the best path beat the second one, step by step.
 *
 * Standard: RFC 4271 §9.1.2.2; the order of our decision process. The router names the step that
 * decided; both values of each step are in the paths, so the ladder is drawn from them.
 *
 * @module
 */
import type { DecisionStep, RoutePath } from '../../../_queries/view-models.ts';

export const LADDER = [
  'long-lived-stale',
  'local-pref',
  'as-path-length',
  'origin',
  'med',
  'learnt-by',
  'age',
  'router-id',
  'cluster-list-length',
  'neighbor-address',
  'path-id',
] as const satisfies readonly DecisionStep[];
export type LadderStep = (typeof LADDER)[number];

export type Rung = {
  readonly step: LadderStep;
  readonly outcome: 'equal' | 'decided' | 'not-compared';
  readonly best: string;
  readonly other: string;
};

/** Returns the rungs down to the one that decided; the steps behind it were not reached. */
export function buildLadder(best: RoutePath, other: RoutePath): Rung[] {
  const decided = LADDER.find((step) => step === best.decidedBy);
  if (decided === undefined) return [];
  return LADDER.slice(0, LADDER.indexOf(decided) + 1)
    .filter((step) => step === decided || hasValue(step))
    .map((step) => ({
      step,
      outcome:
        step === decided
          ? 'decided'
          : step === 'med' && !isMedCompared(best, other)
            ? 'not-compared'
            : 'equal',
      best: comparedValue(step, best, other),
      other: comparedValue(step, other, best),
    }));
}

/** RFC 4271 §9.1.2.2 c: only between paths of the same neighboring AS. */
const isMedCompared = (a: RoutePath, b: RoutePath): boolean =>
  a.asPath[0]?.asn === b.asPath[0]?.asn;

/** Not in a path as the page knows it; shown only where they decide. */
const WITHOUT_VALUE: readonly LadderStep[] = [
  'long-lived-stale',
  'age',
  'router-id',
  'cluster-list-length',
  'path-id',
];
const hasValue = (step: LadderStep): boolean => !WITHOUT_VALUE.includes(step);

function comparedValue(step: LadderStep, path: RoutePath, rival: RoutePath): string {
  switch (step) {
    case 'local-pref':
      return String(path.localPref);
    case 'as-path-length':
      return String(path.asPath.length);
    case 'origin':
      return path.origin;
    case 'med':
      return path.med === null ? '0' : String(path.med);
    case 'learnt-by':
      return path.learntBy === 'own' ? 'own' : path.learntBy === 'ebgp' ? 'eBGP' : 'iBGP';
    case 'neighbor-address':
      return path.from ?? '';
    case 'age':
      return instantOf(path.since, rival.since);
    case 'long-lived-stale':
    case 'router-id':
    case 'cluster-list-length':
    case 'path-id':
      return '';
  }
}

/** RFC 3339: the day, or the time in UTC where both are of one day. */
function instantOf(at: string, other: string): string {
  const [day, time = ''] = at.split('T');
  return other.startsWith(`${day}T`) ? `${time.slice(0, 8)}Z` : (day ?? '');
}
