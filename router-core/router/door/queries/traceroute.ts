/**
 * `traceroute <address>`: the routers on the way. Options: `protocol` (udp, icmp, tcp), `port` (of tcp),
 * `hops` (1–30), `count` (1–5 probes for each hop).
 *
 * Not standardized; looking-glass specification §2. Hops are addresses: names would be somebody's claim.
 *
 * @module
 */
import type { HopAnswer, TracerouteRow } from '../../measurements/index.ts';
import { readPath, rowsOf } from './measurement.ts';
import { type Query, readNumber, vrfOf } from './query.ts';

export const traceroute: Query = {
  run(router, input, now) {
    const count = readNumber(input, 'count', { low: 1, high: 5, otherwise: 3 });
    return rowsOf(vrfOf(router, input).measurements.traceroute({ ...readPath(input), count }, now));
  },
  text(row) {
    const { hop, probes } = row as unknown as TracerouteRow;
    return `${String(hop).padStart(2)}  ${textOfProbes(probes)}`;
  },
};

/** As traceroute(8) writes them: an address once while it stays the same, `*` for silence, `!` for an error. */
function textOfProbes(probes: readonly HopAnswer[]): string {
  let shown: string | null = null;
  const words = probes.map(({ from, roundTripMs, detail }) => {
    const address = from === null || from === shown ? [] : [from];
    shown = from ?? shown;
    const time = roundTripMs === null ? [] : [`${roundTripMs.toFixed(3)} ms`];
    const mark = detail === null ? (roundTripMs === null ? ['*'] : []) : [`!${detail}`];
    return [...address, ...time, ...mark].join('  ');
  });
  return words.join('  ');
}
