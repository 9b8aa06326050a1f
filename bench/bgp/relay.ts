/**
 * One run: a feeder announces, the router under test passes on, a sink receives.
 *
 * The clock starts when both sessions are up and quiet; processor time of the router is read before
 * the first UPDATE and after the last change at the sink.
 *
 * @module
 */
import { parseIpAddress } from '../../router-core/base/ip-address.ts';
import { costOf } from '../lab/process-cost.ts';
import { Speaker, type SpeakerOptions } from './speaker.ts';
import { buildFeed } from './workload.ts';

export type RelayOptions = {
  readonly routes: number;
  /** The processes under test. */
  readonly pids: readonly number[];
  readonly feeder: Omit<SpeakerOptions, 'routes'>;
  readonly sink: Omit<SpeakerOptions, 'routes'>;
  /** The feeder's next hop in text: IPv4 in NEXT_HOP, IPv6 in MP_REACH_NLRI. */
  readonly nextHop: string;
  readonly limitSeconds: number;
};

export type RelayResult = {
  /** Until the sink held everything. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly speakersCpuSeconds: number;
  readonly rssMiB: number;
  readonly peakMiB: number;
  /** What the sink holds at the end, and what it should never have got. */
  readonly present: number;
  readonly foreign: number;
  readonly feedUpdates: number;
  readonly sinkUpdates: number;
};

/** After the sessions came up: first End-of-RIBs, just-in-time compilers, idle processors. */
const SETTLE_MS = 1000;
/** Without a change for so long, what the sink holds is final. */
const QUIET_MS = 500;
const POLL_MS = 50;

export async function relay(options: RelayOptions): Promise<RelayResult> {
  const { routes, pids } = options;
  const nextHop = parseIpAddress(options.nextHop);
  if (nextHop === undefined) throw new Error(`not an address: ${options.nextHop}`);
  const feed = buildFeed(options.feeder.asn, routes, {
    kind: nextHop.family === 4 ? 'attribute' : 'extended',
    bytes: nextHop.bytes,
  });
  const feeder = new Speaker({ ...options.feeder, routes });
  const sink = new Speaker({ ...options.sink, routes });
  try {
    await Promise.all([feeder.establish(), sink.establish()]);
    await pause(SETTLE_MS);
    const before = costOf(pids);
    const ownBefore = process.cpuUsage();
    const started = performance.now();
    await feeder.send(feed.bytes);
    const until = started + options.limitSeconds * 1000;
    while (!isFinal(sink, routes) && performance.now() < until) {
      feeder.assertAlive();
      sink.assertAlive();
      await pause(POLL_MS);
    }
    const after = costOf(pids);
    const own = process.cpuUsage(ownBefore);
    return {
      seconds: (sink.lastChange - started) / 1000,
      cpuSeconds: after.cpuSeconds - before.cpuSeconds,
      speakersCpuSeconds: (own.user + own.system) / 1e6,
      rssMiB: after.rssMiB,
      peakMiB: after.peakMiB,
      present: sink.present,
      foreign: sink.foreign + feeder.foreign,
      feedUpdates: feed.messages,
      sinkUpdates: sink.updates,
    };
  } finally {
    feeder.close();
    sink.close();
  }
}

const isFinal = (sink: Speaker, routes: number): boolean =>
  sink.present === routes && performance.now() - sink.lastChange > QUIET_MS;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
