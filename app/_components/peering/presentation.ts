/**
 * How a peering looks: the word, the chip and the cable for its two states together.
 *
 * Not standardized; portal specification §6 (administrative and operational), design §4.
 *
 * Invariant: every combination has exactly one word; none is told by color alone.
 *
 * @module
 */
import type { PeeringObject } from '../../_queries/view-models.ts';
import type { CableState } from '../cable.tsx';
import type { ChipKind } from '../status-chip.tsx';
import { buildTimeline, type StationName, timelineProgress } from './timeline-model.ts';

/** Keys of messages `state`. */
export type PeeringWord =
  | 'draft'
  | 'pending'
  | 'rejected'
  | 'disabled'
  | 'suspended'
  | 'deleting'
  | 'established'
  | 'degraded'
  | 'failed'
  | 'down'
  | 'stuck'
  | 'waiting'
  | 'comingUp';

export type PeeringPresentation = {
  readonly word: PeeringWord;
  readonly chip: ChipKind;
  readonly cable: CableState;
  /** 0 to 1, for the cable. */
  readonly progress: number;
  /** The station where it is or is stuck; undefined when all are done. */
  readonly station: StationName | undefined;
};

type Source = Pick<
  PeeringObject,
  'administrative' | 'operational' | 'timeline' | 'diagnosis' | 'sessionShape'
>;

const ADMINISTRATIVE: Record<
  Exclude<Source['administrative'], 'enabled'>,
  { readonly word: PeeringWord; readonly chip: ChipKind; readonly cable: CableState }
> = {
  draft: { word: 'draft', chip: 'waiting', cable: 'waiting' },
  submitted: { word: 'pending', chip: 'pending', cable: 'waiting' },
  pending: { word: 'pending', chip: 'pending', cable: 'waiting' },
  rejected: { word: 'rejected', chip: 'down', cable: 'disabled' },
  disabled: { word: 'disabled', chip: 'disabled', cable: 'disabled' },
  suspended: { word: 'suspended', chip: 'held', cable: 'quarantined' },
  deleting: { word: 'deleting', chip: 'busy', cable: 'disabled' },
};

export function presentPeering(peering: Source): PeeringPresentation {
  const stations = buildTimeline(peering);
  const station = stations.find(({ state }) => state === 'now' || state === 'stuck');
  const rest = { progress: timelineProgress(stations), station: station?.name };
  if (peering.administrative !== 'enabled') {
    return { ...ADMINISTRATIVE[peering.administrative], ...rest };
  }
  switch (peering.operational) {
    case 'established':
      return { word: 'established', chip: 'ok', cable: 'in-use', ...rest };
    case 'degraded':
      return { word: 'degraded', chip: 'warn', cable: 'degraded', ...rest };
    case 'failed':
      return { word: 'failed', chip: 'down', cable: 'down', ...rest };
    case 'none':
    case 'provisioned':
    case 'handshake':
      return { ...comingUp(peering, station?.state === 'stuck'), ...rest };
  }
}

/** Whether the peering was ever up decides between "down" and "not yet". */
function comingUp(
  peering: Source,
  isStuck: boolean,
): Pick<PeeringPresentation, 'word' | 'chip' | 'cable'> {
  if (peering.timeline.some(({ step }) => step === 'established')) {
    return { word: 'down', chip: 'down', cable: 'down' };
  }
  if (isStuck) return { word: 'stuck', chip: 'warn', cable: 'stuck' };
  return peering.operational === 'handshake'
    ? { word: 'comingUp', chip: 'busy', cable: 'coming-up' }
    : { word: 'waiting', chip: 'waiting', cable: 'coming-up' };
}
