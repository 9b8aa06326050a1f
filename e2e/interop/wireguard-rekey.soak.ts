/**
 * Ten real minutes of a tunnel between wireguard-go and us: four rekeys and more, both ends move, both
 * ends restart, and no two answers of a flow are further apart than two seconds.
 *
 *   alder ══ router ══ [shaper as NAT] ══ birch
 *
 * A restart is planned: the end is away while its process starts. What counts is the gap beyond that,
 * from the moment it is ready. Run by `npm run soak`.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Shaper } from '../lab/shaper.ts';
import {
  behind,
  nowSeconds,
  type Probe,
  pause,
  startShaperBefore,
  startWireguardPlace,
  type WireguardPlace,
} from './wireguard-place.ts';

const MINUTES = 10;
const REKEYS_MIN = 4;
const GAP_MAX = 2;
const EVERY_SECONDS = 0.5;

let place: WireguardPlace;
let shaper: Shaper;
let probe: Probe;

beforeAll(async () => {
  place = await startWireguardPlace({
    ends: [
      { name: 'alder' },
      {
        name: 'birch',
        endpoint: behind('nat'),
      },
    ],
    hosts: ['nat'],
  });
  shaper = await startShaperBefore(place, 'nat', 'birch', { seed: 1 });
  await place.end('alder').reaches(place.end('birch').inner);
  probe = place.end('alder').probe(place.end('birch').inner);
});
afterAll(async () => {
  await probe?.stop('SIGINT');
  await shaper?.stop();
  await place?.stop();
});

/** What happens when, in minutes. */
const EVENTS: readonly (readonly [minute: number, name: string, happen: () => Promise<unknown>])[] =
  [
    [1.25, 'their port changes', () => changePort(26901)],
    [2.5, 'our port changes', () => shaper.remap()],
    [4.75, 'they restart', restartBirch],
    [6.25, 'their port changes again', () => changePort(26902)],
    [7.25, 'we restart', restartRouter],
    [8.5, 'our port changes again', () => shaper.remap()],
  ];

test(
  'ten minutes: rekeys, moves and restarts without a gap over two seconds',
  async () => {
    const begun = nowSeconds();
    const handshakes = new Set<number>();
    /** Times in which a restarting end was away. */
    const away: { from: number; to: number }[] = [];
    const events = [...EVENTS];
    while (nowSeconds() - begun < MINUTES * 60) {
      const [next] = events;
      if (next !== undefined && nowSeconds() - begun >= next[0] * 60) {
        events.shift();
        const from = nowSeconds();
        await next[2]();
        const to = nowSeconds();
        if (next[1].includes('restart')) away.push({ from, to });
        console.log(`${((to - begun) / 60).toFixed(1)} min: ${next[1]}`);
      }
      const alder = await place.end('alder').lastHandshake();
      if (alder > 0) handshakes.add(alder);
      await pause(EVERY_SECONDS);
    }
    const gaps = gapsOf(probe.answers, away);
    const longest = Math.max(...gaps);
    console.log(
      `${handshakes.size} key pairs, ${probe.answers.length} answers, longest gap ${longest.toFixed(2)} s`,
    );
    expect(events).toHaveLength(0);
    expect(handshakes.size).toBeGreaterThan(REKEYS_MIN);
    expect(longest).toBeLessThan(GAP_MAX);
  },
  (MINUTES + 3) * 60_000,
);

/** Returns the gaps between answers, without the part in which an end was away. */
function gapsOf(
  answers: readonly number[],
  away: readonly { from: number; to: number }[],
): number[] {
  return answers.slice(1).map((at, i) => {
    const former = answers[i] as number;
    const absent = away.reduce(
      (sum, { from, to }) => sum + Math.max(0, Math.min(at, to) - Math.max(former, from)),
      0,
    );
    return at - former - absent;
  });
}

async function changePort(port: number): Promise<void> {
  const { host, device } = place.end('alder');
  await host.must('wg', 'set', device, 'listen-port', String(port));
}

async function restartBirch(): Promise<void> {
  await place.end('birch').daemon?.stop();
  await place.end('birch').start();
  // It has nothing to say by itself; one word of its own begins the handshake.
  await place.end('birch').reaches('10.77.0.1');
}

async function restartRouter(): Promise<void> {
  await place.router.daemon.stop('SIGTERM');
  await place.startRouter();
}
