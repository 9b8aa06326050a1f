/**
 * `mtr <address>`: loss, latency and jitter of every hop. Options: `protocol` (udp, icmp, tcp), `port` (of tcp),
 * `hops` (1–30), `count` (1–20 rounds, a second apart). Rows come when the last round has ended.
 *
 * Not standardized; looking-glass specification §2.
 *
 * @module
 */
import { MTR_ROUNDS_MAX } from '../../limits.ts';
import type { MtrRow } from '../../measurements/index.ts';
import { readPath, rowsOf } from './measurement.ts';
import { type Query, readNumber, vrfOf } from './query.ts';

export const mtr: Query = {
  run(router, input, now) {
    const rounds = readNumber(input, 'count', { low: 1, high: MTR_ROUNDS_MAX, otherwise: 10 });
    return rowsOf(vrfOf(router, input).measurements.mtr({ ...readPath(input), rounds }, now));
  },
  text(row) {
    const { hop, from, sent, lossPercent, ...times } = row as unknown as MtrRow;
    const { lastMs, averageMs, bestMs, worstMs, deviationMs, jitterMs, detail } = times;
    const numbers =
      `${String(lossPercent).padStart(5)}% of ${String(sent).padStart(2)}` +
      `  last ${ms(lastMs)}  avg ${ms(averageMs)}  best ${ms(bestMs)}  worst ${ms(worstMs)}` +
      `  sdev ${ms(deviationMs)}  jitter ${ms(jitterMs)}`;
    const who = from.length === 0 ? '*' : from.join(' ');
    return `${String(hop).padStart(2)}  ${who.padEnd(32)} ${numbers}${detail === null ? '' : `  !${detail}`}`;
  },
};

const ms = (value: number | null): string => (value === null ? '-' : value.toFixed(1)).padStart(6);
