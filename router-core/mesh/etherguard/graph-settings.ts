/**
 * `GraphRecalculateSetting` of the file as the graph has it.
 *
 * Not standardized; the file's times are seconds, jitter and manual latencies milliseconds.
 *
 * @module
 */
import { seconds } from '../../base/units.ts';
import type { GraphSettings } from '../graph/index.ts';
import { tableValues } from './config/config-change.ts';
import type { SuperConfig } from './config/index.ts';

export function graphSettingsOf(setting: SuperConfig['GraphRecalculateSetting']): GraphSettings {
  return {
    isStatic: setting.StaticMode,
    manualLatency: tableValues(setting.ManualLatency),
    jitter: {
      toleranceMs: setting.JitterTolerance,
      multiplier: setting.JitterToleranceMultiplier,
    },
    recalculateCoolDown: seconds(setting.RecalculateCoolDown),
    timeoutCheckInterval: seconds(setting.TimeoutCheckInterval),
  };
}
