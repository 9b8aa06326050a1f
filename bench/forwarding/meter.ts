/**
 * The meter of one test: what the router spent, and what it sent meanwhile.
 *
 * The main value is processor time per forwarded packet: it does not depend on what the ends or other
 * work on the machine left over. Packets are counted where they leave the router, so that one the far
 * end lost still counts as work done.
 *
 * @module
 */

import { floodDatagramBytes } from '../../e2e/lab/flood.ts';
import { costOf, threadCostsOf } from '../lab/process-cost.ts';
import { threadParts } from '../lab/threads.ts';
import { MTU, type Place } from './topology.ts';

const ETHERNET_IP_UDP_BYTES = 42;
const GIBIBYTE = 2 ** 30;
/** Below this a rate per volume is noise of handshakes and counters. */
const WORTH_COUNTING_BYTES = 1_000_000;

export type Metered = {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly wireBytes: number;
  /** Of one size towards the server; undefined when sizes were mixed. */
  readonly packets?: number;
  /** Of our router: the part of each thread. */
  readonly threads: Readonly<Record<string, number>>;
};

/** Runs a load and meters the router during it. `innerBytes`: the one size of its packets, if it has one. */
export async function metered<T>(
  place: Place,
  load: () => Promise<T>,
  innerBytes?: number,
): Promise<Metered & { readonly result: T }> {
  const { star, routerPids, router } = place;
  const [pid = 0] = routerPids;
  const before = { client: await star.sentTo('client'), server: await star.sentTo('server') };
  const cpuBefore = costOf(routerPids).cpuSeconds;
  const threadsBefore = threadCostsOf(pid);
  const started = performance.now();
  const result = await load();
  const seconds = (performance.now() - started) / 1000;
  const cpuSeconds = costOf(routerPids).cpuSeconds - cpuBefore;
  const threads = router.isOurs ? threadParts(pid, threadsBefore, threadCostsOf(pid)) : {};
  const after = { client: await star.sentTo('client'), server: await star.sentTo('server') };
  const towardsServer = after.server.bytes - before.server.bytes;
  const wireBytes = towardsServer + after.client.bytes - before.client.bytes;
  if (innerBytes === undefined) return { result, seconds, cpuSeconds, wireBytes, threads };
  // A super-packet of a router that lets the kernel segment has one header for many datagrams.
  const headers = ETHERNET_IP_UDP_BYTES * (after.server.packets - before.server.packets);
  const packets = Math.round((towardsServer - headers) / floodDatagramBytes(innerBytes, MTU));
  return { result, seconds, cpuSeconds, wireBytes, packets, threads };
}

/** Returns the values that every test has. */
export function costValues({
  cpuSeconds,
  wireBytes,
  packets,
  seconds,
  threads,
}: Metered): Record<string, number> {
  return {
    ...(wireBytes > WORTH_COUNTING_BYTES && {
      cpuSecondsPerGiB: (cpuSeconds * GIBIBYTE) / wireBytes,
    }),
    ...(packets !== undefined &&
      packets > 0 && {
        cpuUsPerPacket: (cpuSeconds * 1e6) / packets,
        forwardedPerSecond: packets / seconds,
      }),
    ...threads,
  };
}
