/**
 * Intervals and costs in force: the file's, until a supernode sends its own.
 *
 * Not standardized; §"superparams" of the original's HTTP API: all of it is taken, the cost only when it is not negative.
 *
 * @module
 */
import { type Milliseconds, milliseconds, seconds } from '../../../base/units.ts';
import type { EdgeConfig } from '../config/index.ts';
import { INTERVAL_MIN_MS } from './limits.ts';

export type EdgeSettings = {
  /** 0 or less: pings on demand only. */
  readonly sendPingInterval: Milliseconds;
  readonly peerAliveTimeout: Milliseconds;
  /** 0 or less: reports only with new parameters. */
  readonly httpPostInterval: Milliseconds;
  readonly dampingFilterRadius: number;
  readonly additionalCostMs: number;
  /** Whether loss and jitter count in what pongs ask to be added. */
  readonly hasQualityMetric: boolean;
};

/** What a supernode sends, checked; seconds and milliseconds as there. */
export type SuperParameters = {
  readonly SendPingInterval: number;
  readonly HttpPostInterval: number;
  readonly PeerAliveTimeout: number;
  readonly DampingFilterRadius: number;
  readonly AdditionalCost: number;
  readonly QualityMetric: boolean;
};

export function settingsOfFile({ DynamicRoute }: EdgeConfig): EdgeSettings {
  return {
    sendPingInterval: intervalOf(DynamicRoute.SendPingInterval),
    peerAliveTimeout: seconds(DynamicRoute.PeerAliveTimeout),
    httpPostInterval: seconds(0),
    dampingFilterRadius: DynamicRoute.DampingFilterRadius,
    additionalCostMs: DynamicRoute.AdditionalCost,
    hasQualityMetric: DynamicRoute.P2P.UseP2P && DynamicRoute.P2P.QualityMetric,
  };
}

export const settingsOfSupernode = (
  parameters: SuperParameters,
  file: EdgeSettings,
): EdgeSettings => ({
  sendPingInterval: intervalOf(parameters.SendPingInterval),
  peerAliveTimeout: seconds(parameters.PeerAliveTimeout),
  httpPostInterval: intervalOf(parameters.HttpPostInterval),
  dampingFilterRadius: parameters.DampingFilterRadius,
  additionalCostMs:
    parameters.AdditionalCost >= 0 ? parameters.AdditionalCost : file.additionalCostMs,
  hasQualityMetric: parameters.QualityMetric || file.hasQualityMetric,
});

/** What is 0 or less switches off; what is above is no less than the least. */
const intervalOf = (value: number): Milliseconds =>
  value > 0 ? milliseconds(Math.max(seconds(value), INTERVAL_MIN_MS)) : seconds(value);
