/**
 * What a diagnosis is made from and what it says.
 *
 * @module
 */
import type { WallTime } from '../../base/units.ts';
import type { PeeringFacts } from '../facts.ts';
import type { DiagnosisFinding, PeeringConfig, SessionView, TunnelView } from '../types.ts';

/** A session's view and, as numbers, since when it is in its state and until when stale routes stay. */
export type ObservedSession = SessionView & {
  readonly sinceAt: WallTime;
  readonly staleUntilAt?: WallTime;
};

/** Everything one layer may look at. */
export type DiagnosisInput = {
  readonly config: PeeringConfig;
  readonly facts: PeeringFacts;
  readonly tunnel: TunnelView;
  readonly sessions: readonly ObservedSession[];
  readonly provisionedAt: WallTime;
  readonly now: WallTime;
  readonly hasRegistry: boolean;
  /** ROAs come from sources that have not told any yet. */
  readonly isWithoutRoas: boolean;
  /** Our own port of this peering cannot be opened. */
  readonly failedPort:
    | { readonly port: number; readonly message: string; readonly since: WallTime }
    | undefined;
};

/** A layer's findings, most telling first. */
export type Diagnose = (input: DiagnosisInput) => DiagnosisFinding[];
