/**
 * The router's own tools: ping, traceroute, mtr and path-MTU discovery.
 *
 * Not standardized; looking-glass specification §2. A measurement is started, read row by row and ends by
 * itself; together they are bounded, because strangers ask for them.
 *
 * Invariant: every measurement ends, by its last answer, its last timeout, or its reader's going away.
 *
 * @module
 */
import { RouterError } from '../../base/errors.ts';
import type { IpAddress } from '../../base/ip-address.ts';
import type { Instant } from '../../base/units.ts';
import type { NetstackEvent } from '../../netstack/index.ts';
import { MEASUREMENTS_AT_ONCE } from '../limits.ts';
import { createMeasurement, type Measurement, type RowSink } from './measurement.ts';
import { type MtrOptions, type MtrRow, startMtr } from './mtr.ts';
import { type PathMtuRow, startPathMtu } from './path-mtu.ts';
import { type PingOptions, type PingRow, startPing } from './ping.ts';
import { createProbes, type ProbedEngine } from './probes.ts';
import { startTraceroute, type TracerouteOptions, type TracerouteRow } from './traceroute.ts';

export type { HopAnswer, PathOptions } from './hop.ts';
export type { Measurement, MtrRow, PathMtuRow, PingRow, TracerouteRow };

/** @throws RouterError `TOO_MANY` when as many run as may. */
export interface Measurements {
  ping(options: PingOptions, now: Instant): Measurement<PingRow>;
  traceroute(options: TracerouteOptions, now: Instant): Measurement<TracerouteRow>;
  mtr(options: MtrOptions, now: Instant): Measurement<MtrRow>;
  pathMtu(target: IpAddress, now: Instant): Measurement<PathMtuRow>;
  netstackEvent(event: NetstackEvent): void;
}

/** How many measurements run, of all virtual routers together. */
export type RunningMeasurements = { count: number };

export function createMeasurements(
  engine: ProbedEngine,
  running: RunningMeasurements = { count: 0 },
): Measurements {
  const probes = createProbes(engine);

  function start<Row>(begin: (sink: RowSink<Row>) => void): Measurement<Row> {
    if (running.count >= MEASUREMENTS_AT_ONCE)
      throw new RouterError(
        'TOO_MANY',
        `${MEASUREMENTS_AT_ONCE} measurements are running; try again in a moment.`,
      );
    running.count++;
    const { measurement, sink } = createMeasurement<Row>(() => {
      running.count--;
    });
    begin(sink);
    return measurement;
  }

  return {
    ping: (options, now) => start((sink) => startPing(probes, options, sink, now)),
    traceroute: (options, now) => start((sink) => startTraceroute(probes, options, sink, now)),
    mtr: (options, now) => start((sink) => startMtr(probes, options, sink, now)),
    pathMtu: (target, now) =>
      start((sink) => startPathMtu(probes, engine.netstack, target, sink, now)),
    netstackEvent: probes.netstackEvent,
  };
}
