/**
 * Counters that the packet worker writes and others read.
 *
 * Not standardized; packet/plane-layout.ts. A counter is one f64: readers see a value or the one before.
 *
 * @module
 */
import { createDropCounters, type DropCounters, type DropReason } from '../base/drop-reason.ts';
import * as L from '../packet/plane-layout.ts';

/** The drops of the fast path under the names of base/drop-reason.ts, by their numbers. */
const DROPS: readonly DropReason[] = [
  'truncated',
  'malformed',
  'not-wireguard',
  'wrong-mac1',
  'rate-limited',
  'unknown-receiver-index',
  'not-authentic',
  'replayed',
  'key-expired',
  'queue-full',
  'too-big',
  'no-endpoint',
  'no-key-pair',
  'cookie-required',
  'stale-generation',
  'overloaded',
  'blackhole',
];

/** Reads what the fast path dropped. */
export function readPlaneDrops(buffer: SharedArrayBuffer): DropCounters {
  const counts = new Float64Array(buffer, L.CONTROL_DROPS, L.DROPS);
  const drops = createDropCounters();
  for (const [i, reason] of DROPS.entries()) drops[reason] += counts[i] as number;
  return drops;
}

/** The underlay's counters, in the order of their names. */
export const UNDERLAY_COUNTERS = [
  'rxDatagrams',
  'rxCalls',
  'rxTruncated',
  'rxBadSource',
  'rxErrors',
  'kernelDrops',
  'txDatagrams',
  'txCalls',
  'txWouldBlock',
  'txUnreachable',
  'txTooBig',
  'txOther',
  'gsoSends',
  'gsoDatagrams',
  'gsoFallbacks',
] as const;
export type UnderlayCounterValues = Readonly<Record<(typeof UNDERLAY_COUNTERS)[number], number>>;

export class UnderlayStatistics {
  private readonly values: Float64Array;

  constructor(buffer: SharedArrayBuffer) {
    this.values = new Float64Array(buffer, L.CONTROL_UNDERLAY, L.UNDERLAY_COUNTERS_MAX);
  }

  write(counters: UnderlayCounterValues): void {
    for (let i = 0; i < UNDERLAY_COUNTERS.length; i++)
      this.values[i] = counters[UNDERLAY_COUNTERS[i] as (typeof UNDERLAY_COUNTERS)[number]];
  }

  read(): UnderlayCounterValues {
    const entries = UNDERLAY_COUNTERS.map((name, i) => [name, this.values[i] as number]);
    return Object.fromEntries(entries) as UnderlayCounterValues;
  }
}
