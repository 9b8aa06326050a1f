/**
 * What a diagnosis is made from and what it says.
 *
 * @module
 */
import type { WallTime } from '../../base/units.ts';
import type { PeeringFacts } from '../facts.ts';
import type {
  DiagnosisFinding,
  PeeringConfig,
  SessionShape,
  SessionView,
  TunnelView,
} from '../types.ts';

/** A session's view and, as numbers, since when it is in its state and until when stale routes stay. */
export type ObservedSession = SessionView & {
  readonly sinceAt: WallTime;
  readonly staleUntilAt?: WallTime;
};

/** What the layers of TCP and BGP look at. */
export type SessionsInput = {
  readonly config: Pick<
    PeeringConfig,
    | 'asn'
    | 'enabled'
    | 'policy'
    | 'password'
    | 'tcpAo'
    | 'localAs'
    | 'multihop'
    | 'role'
    | 'families'
    | 'extendedNextHop'
  > & {
    /** Absent: one session for all families. */
    readonly sessions?: SessionShape;
    /** Where the machine's TCP dials; absent: through a tunnel, to 179. */
    readonly port?: number;
  };
  readonly facts: PeeringFacts;
  readonly sessions: readonly ObservedSession[];
  readonly now: WallTime;
  readonly hasRegistry: boolean;
  /** ROAs come from sources that have not told any yet. */
  readonly isWithoutRoas: boolean;
};

/** Everything one layer may look at. */
export type DiagnosisInput = SessionsInput & {
  readonly config: PeeringConfig;
  readonly tunnel: TunnelView;
  readonly provisionedAt: WallTime;
  /** Our own port of this peering cannot be opened. */
  readonly failedPort:
    | { readonly port: number; readonly message: string; readonly since: WallTime }
    | undefined;
};

/** A layer's findings, most telling first. */
export type Diagnose<Input = DiagnosisInput> = (input: Input) => DiagnosisFinding[];
