/**
 * The tests: what passes through the router, and which values come out.
 *
 * With stock endpoints the endpoints are usually the bottleneck: Mbit/s and loss say little about the
 * router, its processor time much. In the floods they are replaced by something cheaper, so that the
 * router is the bottleneck and `receivedPerSecond` is its limit, as long as nobody else uses its core.
 *
 * @module
 */
import { loadBatchedCalls } from '../../e2e/lab/batched-udp.ts';
import type { FloodOptions } from '../../e2e/lab/flood.ts';
import type { LoadResult } from '../../e2e/lab/load-socket.ts';
import { Daemon, must } from '../../e2e/lab/process.ts';
import { programLine } from '../../e2e/lab/programs.ts';
import { hasProgram, type RequiredProgram } from '../lab/requirements.ts';
import { quantile } from '../lab/results.ts';
import { pinned } from '../lab/star.ts';
import { costValues, metered } from './meter.ts';
import {
  type EndName,
  type FloodTarget,
  innerAddress,
  MTU,
  type Place,
  type PlaceName,
} from './topology.ts';

const IP_UDP_BYTES = 28;
const LARGE_PAYLOAD = MTU - 48;
const SMALL_PAYLOAD = 64;
const LARGE_RATE_MBITS = 200;
const SMALL_PACKETS_PER_SECOND = 20_000;
const PING_INTERVAL_SECONDS = 0.005;
/** How long the sink of a flood listens before and after the load. */
const SINK_MARGIN_SECONDS = 1;
/** Sealing a million packets takes seconds. */
const LOADING_LIMIT_MS = 90_000;

type Values = Record<string, number>;
type Load = {
  readonly place?: PlaceName;
  readonly needs?: RequiredProgram;
  /** Without it the generator has one address and is the bottleneck. */
  readonly needsBatches?: boolean;
  run(place: Place, seconds: number): Promise<Values>;
};

export const LOADS = {
  ping: { run: ping },
  tcp: { needs: 'iperf3', run: (place, seconds) => tcp(place, seconds, []) },
  'tcp-reverse': { needs: 'iperf3', run: (place, seconds) => tcp(place, seconds, ['-R']) },
  'udp-large': {
    needs: 'iperf3',
    run: (place, seconds) => udp(place, seconds, LARGE_PAYLOAD, LARGE_RATE_MBITS * 1e6),
  },
  'udp-small': {
    needs: 'iperf3',
    run: (place, seconds) =>
      udp(place, seconds, SMALL_PAYLOAD, SMALL_PACKETS_PER_SECOND * SMALL_PAYLOAD * 8),
  },
  'flood-large': { run: (place, seconds) => flood(place, seconds, MTU) },
  'flood-small': { run: (place, seconds) => flood(place, seconds, SMALL_PAYLOAD) },
  'tunnels-200': {
    place: 'many',
    needsBatches: true,
    run: (place, seconds) => flood(place, seconds, MTU),
  },
} as const satisfies Record<string, Load>;
export type LoadName = keyof typeof LOADS;

/** In this order: the floods end the stock endpoints. */
export const LOAD_NAMES = Object.keys(LOADS) as readonly LoadName[];
export const placeOf = (name: LoadName): PlaceName => (LOADS[name] as Load).place ?? 'pair';

/** Returns why a load cannot run here, or undefined. */
export async function hindranceOf(name: LoadName): Promise<string | undefined> {
  const { needs, needsBatches }: Load = LOADS[name];
  if (needs !== undefined && !hasProgram(needs)) return `apt-get install ${needs}`;
  if (!needsBatches) return undefined;
  const calls = await loadBatchedCalls();
  return typeof calls === 'string' ? calls : undefined;
}

async function ping(place: Place, seconds: number): Promise<Values> {
  const count = String(Math.max(50, Math.round(Math.min(seconds, 2) / PING_INTERVAL_SECONDS)));
  const line = ['-c', count, '-i', String(PING_INTERVAL_SECONDS), innerAddress('server')];
  const output = await inside(place, 'client', 'ping', ...line);
  const roundTrips = [...output.matchAll(/time=([\d.]+) ms/g)].map(([, ms]) => Number(ms) * 1000);
  return {
    rttP50Us: quantile(roundTrips, 0.5),
    rttP99Us: quantile(roundTrips, 0.99),
    lossPercent: 100 * (1 - roundTrips.length / Number(count)),
  };
}

async function tcp(place: Place, seconds: number, options: readonly string[]): Promise<Values> {
  const measured = await metered(place, () => iperf(place, seconds, options));
  const { end } = measured.result;
  return { mbitPerSecond: (end.sum_received?.bits_per_second ?? 0) / 1e6, ...costValues(measured) };
}

async function udp(place: Place, seconds: number, payload: number, rate: number): Promise<Values> {
  const options = ['-u', '-b', String(rate), '-l', String(payload)];
  const load = (): Promise<IperfReport> => iperf(place, seconds, options);
  const measured = await metered(place, load, payload + IP_UDP_BYTES);
  return {
    lossPercent: measured.result.end.sum?.lost_percent ?? Number.NaN,
    ...costValues(measured),
  };
}

/** What of iperf3's report is read here. */
type IperfReport = {
  readonly end: {
    readonly sum_received?: { readonly bits_per_second: number };
    readonly sum?: { readonly lost_percent: number };
  };
};

async function iperf(
  place: Place,
  seconds: number,
  options: readonly string[],
): Promise<IperfReport> {
  const host = pinned(place.star.host('server'), place.processors.ends);
  const server = new Daemon('iperf3 -s', ...host.inside('iperf3', '-s', '-1', '--forceflush'));
  try {
    await server.printed(/Server listening/);
    const time = ['-J', '-c', innerAddress('server'), '-t', String(seconds)];
    return JSON.parse(await inside(place, 'client', 'iperf3', ...time, ...options)) as IperfReport;
  } finally {
    await server.stop('SIGKILL');
  }
}

async function flood(place: Place, seconds: number, innerBytes: number): Promise<Values> {
  await place.stopEnds();
  const common = { innerBytes, mtu: MTU };
  const sink = startFlood(place, 'server', {
    ...common,
    role: 'sink',
    seconds: seconds + SINK_MARGIN_SECONDS,
  });
  const source = startFlood(place, 'client', { ...common, role: 'source', seconds });
  try {
    await sink.printed(/LISTENING/, LOADING_LIMIT_MS);
    await source.printed(/LOADED/, LOADING_LIMIT_MS);
    const load = async (): Promise<LoadResult> => {
      source.signal('SIGUSR2');
      sink.signal('SIGUSR2');
      return resultOf(await source.printed(/RESULT (.*)/, (seconds + 10) * 1000));
    };
    const droppedBefore = await droppedBy(place);
    const measured = await metered(place, load, innerBytes);
    const dropped = (await droppedBy(place)) - droppedBefore;
    const received = resultOf(await sink.printed(/RESULT (.*)/, (seconds + 10) * 1000));
    return {
      offeredPerSecond: measured.result.packets / measured.result.seconds,
      receivedPerSecond: received.packets / received.seconds,
      // What ours took from the kernel and threw away: work that forwards nothing.
      ...(place.router.isOurs && { droppedPercent: (100 * dropped) / measured.result.packets }),
      ...costValues(measured),
    };
  } finally {
    await source.stop('SIGKILL');
    await sink.stop('SIGKILL');
  }
}

/** Returns how many packets our router has dropped so far, for any reason. */
async function droppedBy({ ours }: Place): Promise<number> {
  const drops = Object.values((await ours?.snapshot())?.node.drops ?? {});
  return drops.reduce((sum, count) => sum + count, 0);
}

class FloodProcess extends Daemon {
  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }
}

/** Starts a generator at an end of the place. */
function startFlood(
  place: Place,
  end: EndName,
  options: Omit<FloodOptions, keyof FloodTarget>,
): FloodProcess {
  const host = pinned(place.star.host(end), place.processors.ends);
  return new FloodProcess(
    `flood ${options.role}`,
    ...host.inside(...programLine('flood', { ...place.floodTarget(end), ...options })),
  );
}

const resultOf = (match: RegExpMatchArray): LoadResult =>
  JSON.parse(match[1] ?? '{}') as LoadResult;

const inside = (place: Place, end: EndName, command: string, ...args: string[]): Promise<string> =>
  must(...pinned(place.star.host(end), place.processors.ends).inside(command, ...args));
