/**
 * One run: the peers of a case around the router under test, until everybody holds what they should.
 *
 * The clock starts when all sessions are up and quiet; processor time of the router is read before the
 * first UPDATE and after the last change, memory a quiet second later.
 *
 * @module
 */
import { must } from '../../e2e/lab/process.ts';
import { parseIpAddress } from '../../router-core/base/ip-address.ts';
import { costOf } from '../lab/process-cost.ts';
import { longestSlice } from '../lab/slices.ts';
import { type BgpCase, expectedOf, pathsOf, prefixesOf } from './cases.ts';
import { Speaker, type SpeakerOptions } from './speaker.ts';
import { buildFeed, type Feed } from './workload.ts';

export type Peer = Omit<SpeakerOptions, 'prefixes'> & {
  /** In text: IPv4 in NEXT_HOP, IPv6 in MP_REACH_NLRI. */
  readonly nextHop: string;
};

/** How many paths the router holds: a command, and what of its output adds up to the number. */
export type PathCount = { readonly words: readonly string[]; readonly pattern: string };

export type FleetOptions = {
  readonly bgpCase: BgpCase;
  /** The processes under test. */
  readonly pids: readonly number[];
  readonly peers: readonly Peer[];
  readonly isEchoing: boolean;
  readonly pathCount: PathCount;
  /** Of our router: what the probe writes (lab/slice-probe.cjs). */
  readonly slicesFile?: string;
  readonly limitSeconds: number;
  /** Without a change for so long, what the peers hold is final. */
  readonly quietMs: number;
};

export type FleetResult = {
  /** Until everybody held everything, or the router counted all paths. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly speakersCpuSeconds: number;
  readonly rssIdleMiB: number;
  readonly rssMiB: number;
  readonly peakMiB: number;
  /** Resident memory of the whole process, and what of it came with the routes, by paths held. */
  readonly rssOctetsPerPath: number;
  readonly grownOctetsPerPath: number;
  readonly paths: number;
  /** What all peers hold at the end, and what they should never have got. */
  readonly present: number;
  readonly expected: number;
  readonly foreign: number;
  readonly fedUpdates: number;
  readonly sentUpdates: number;
  /** Processor time of the router's event loop without a turn, at most. */
  readonly longestSliceMs?: number;
};

/** In quiet times, after the sessions came up: first End-of-RIBs, just-in-time compilers, idle processors. */
const SETTLE_TIMES = 1.5;
const POLL_MS = 50;
const COUNT_POLL_MS = 300;
const MEBIBYTE = 1024 * 1024;

export async function runFleet(options: FleetOptions): Promise<FleetResult> {
  const { bgpCase, pids, isEchoing, slicesFile, limitSeconds } = options;
  const expected = expectedOf(bgpCase, isEchoing);
  const prefixes = prefixesOf(bgpCase);
  const speakers = options.peers.map((peer) => new Speaker({ ...peer, prefixes }));
  const feeds = options.peers.slice(0, bgpCase.feeders).map((peer, i) => feedOf(bgpCase, peer, i));
  const present = (): number => speakers.reduce((sum, speaker) => sum + speaker.present, 0);
  const lastChange = (): number => Math.max(...speakers.map((speaker) => speaker.lastChange));
  try {
    await Promise.all(speakers.map((speaker) => speaker.session.establish()));
    await pause(SETTLE_TIMES * options.quietMs);
    const before = costOf(pids);
    const ownBefore = process.cpuUsage();
    const started = performance.now();
    const startedAt = Date.now();
    const feeding = Promise.all(feeds.map((feed, i) => speakers[i]?.session.send(feed.bytes)));
    const isLate = (): boolean => performance.now() > started + limitSeconds * 1000;
    let ended = 0;
    if (expected === 0) {
      await feeding;
      while ((await countPaths(options.pathCount)) < pathsOf(bgpCase) && !isLate())
        await pause(COUNT_POLL_MS);
      ended = performance.now();
    } else {
      while (present() !== expected || performance.now() - lastChange() < options.quietMs) {
        if (isLate()) break;
        for (const speaker of speakers) speaker.session.assertAlive();
        await pause(POLL_MS);
      }
      ended = lastChange();
      await feeding;
    }
    const own = process.cpuUsage(ownBefore);
    await pause(options.quietMs);
    const after = costOf(pids);
    // Asking for the paths is none of the load.
    const measuredAt = Date.now();
    const paths = await countPaths(options.pathCount);
    const perPath = (mebibytes: number): number => Math.round((mebibytes * MEBIBYTE) / paths);
    return {
      seconds: (ended - started) / 1000,
      cpuSeconds: after.cpuSeconds - before.cpuSeconds,
      speakersCpuSeconds: (own.user + own.system) / 1e6,
      rssIdleMiB: before.rssMiB,
      rssMiB: after.rssMiB,
      peakMiB: after.peakMiB,
      rssOctetsPerPath: perPath(after.rssMiB),
      grownOctetsPerPath: perPath(after.rssMiB - before.rssMiB),
      paths,
      present: present(),
      expected,
      foreign: speakers.reduce((sum, speaker) => sum + speaker.foreign, 0),
      fedUpdates: feeds.reduce((sum, feed) => sum + feed.messages, 0),
      sentUpdates: speakers.reduce((sum, speaker) => sum + speaker.updates, 0),
      ...(slicesFile === undefined
        ? {}
        : { longestSliceMs: longestSlice(slicesFile, startedAt, measuredAt) }),
    };
  } finally {
    for (const speaker of speakers) speaker.session.close();
  }
}

function feedOf(bgpCase: BgpCase, { asn, nextHop }: Peer, i: number): Feed {
  const { routesPerFeeder, isDistinct } = bgpCase;
  const address = parseIpAddress(nextHop);
  if (address === undefined) throw new Error(`not an address: ${nextHop}`);
  const first = isDistinct ? i * routesPerFeeder : 0;
  return buildFeed({
    ...prefixesOf(bgpCase),
    asn,
    first,
    end: first + routesPerFeeder,
    nextHop: { kind: address.family === 4 ? 'attribute' : 'extended', bytes: address.bytes },
  });
}

async function countPaths({ words, pattern }: PathCount): Promise<number> {
  const [command = '', ...args] = words;
  const text = await must(command, args);
  let sum = 0;
  for (const [, number] of text.matchAll(new RegExp(pattern, 'g'))) sum += Number(number);
  return sum;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
