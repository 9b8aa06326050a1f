/**
 * `ping <address>`: the router's own ICMP. Options: `count` (1–10), `size` (0–1400).
 *
 * Not standardized; looking-glass specification §3.
 *
 * @module
 */
import type { PingRow } from '../../measurements/index.ts';
import { readDn42Address, rowsOf } from './measurement.ts';
import { type Query, readNumber, vrfOf } from './query.ts';

export const ping: Query = {
  run(router, input, now) {
    const target = readDn42Address(input);
    const count = readNumber(input, 'count', { low: 1, high: 10, otherwise: 4 });
    const size = readNumber(input, 'size', { low: 0, high: 1400, otherwise: 56 });
    return rowsOf(vrfOf(router, input).measurements.ping({ target, count, size }, now));
  },
  text(row) {
    const { sequence, outcome, from, roundTripMs, detail } = row as unknown as PingRow;
    return outcome === 'reply'
      ? `reply from ${from}: seq=${sequence} time=${roundTripMs} ms ${detail}`
      : `seq=${sequence} ${outcome}${from === null ? '' : ` from ${from}`}: ${detail}`;
  },
};
