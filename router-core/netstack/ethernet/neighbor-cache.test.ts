/** The state machine against the table of RFC 4861 Appendix C, its limits, and random histories. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIpAddress } from '../../base/ip-address.ts';
import { formatMacAddress, readMacAddress } from '../../base/mac-address.ts';
import { seededRandom } from '../../base/random.ts';
import { createTimerQueue } from '../../base/timer-queue.ts';
import { type Instant, instant, NONE, type PacketSlot } from '../../base/units.ts';
import { address } from '../testing/test-node.ts';
import {
  NEIGHBORS_PER_PORT,
  RESOLUTIONS_BURST,
  UNRESOLVED_PER_INGRESS,
  UNRESOLVED_PER_PORT,
  WAITING_PER_NEIGHBOR,
  WAITING_PER_PORT,
} from './limits.ts';
import { NeighborCache } from './neighbor-cache.ts';
import { mac } from './testing/segment.ts';

const A = '02:00:00:00:00:0a';
const B = '02:00:00:00:00:0b';
const N = 'fe80::1';
const REACHABLE_MAX = 45_001;

describe('resolution (RFC 4861 §7.2.2)', () => {
  test('a packet waits for the answer and leaves with it', () => {
    const cache = createBench();
    expect(cache.send(1, N)).toBeUndefined();
    expect(cache.happened()).toEqual(['asks all for fe80::1']);
    expect(cache.state(N)).toBe('incomplete');
    cache.advertise(N, A, 'solicited override');
    expect(cache.happened()).toEqual([`1 to ${A}`]);
    expect(cache.state(N)).toBe(`reachable ${A}`);
  });

  test('asks three times a second apart, then the packets are unreachable', () => {
    const cache = createBench();
    cache.send(1, N);
    cache.send(2, N);
    cache.run(999);
    expect(cache.happened()).toEqual(['asks all for fe80::1']);
    cache.run(1);
    expect(cache.happened()).toEqual(['asks all for fe80::1']);
    cache.run(1999);
    expect(cache.happened()).toEqual(['asks all for fe80::1']);
    cache.run(1);
    expect(cache.happened()).toEqual(['1 unreachable', '2 unreachable']);
    expect([cache.state(N), cache.armed()]).toEqual([undefined, 0]);
  });

  test('the oldest of too many packets makes room', () => {
    const cache = createBench();
    for (let i = 0; i <= WAITING_PER_NEIGHBOR; i++) cache.send(i, N);
    expect(cache.happened()).toEqual(['asks all for fe80::1', '0 neighbor-queue-full']);
    cache.advertise(N, A, 'solicited');
    const order = Array.from({ length: WAITING_PER_NEIGHBOR }, (_, i) => `${i + 1} to ${A}`);
    expect(cache.happened()).toEqual(order);
  });

  test('the answer of a neighbor that is asked for by itself makes it stale, and probed (Appendix C)', () => {
    const cache = createBench();
    cache.send(1, N);
    cache.happened();
    cache.hears(N, A);
    expect(cache.happened()).toEqual([`1 to ${A}`]);
    expect(cache.state(N)).toBe(`delay ${A}`);
    cache.run(5000);
    expect(cache.happened()).toEqual([`asks ${A} for fe80::1`]);
  });
});

describe('advertisements (RFC 4861 §7.2.5, Appendix C)', () => {
  type Case = [before: string, says: string, from: string | undefined, after: string | undefined];
  const cases: Case[] = [
    ['incomplete', 'solicited', A, `reachable ${A}`],
    ['incomplete', 'solicited override', A, `reachable ${A}`],
    ['incomplete', '', A, `delay ${A}`],
    ['incomplete', 'override', A, `delay ${A}`],
    ['incomplete', 'solicited override', undefined, 'incomplete'],
    ['reachable', 'solicited', A, `reachable ${A}`],
    ['reachable', 'solicited', B, `stale ${A}`],
    ['reachable', '', B, `stale ${A}`],
    ['reachable', '', A, `reachable ${A}`],
    ['reachable', 'override', B, `stale ${B}`],
    ['reachable', 'override', A, `reachable ${A}`],
    ['reachable', 'solicited override', B, `reachable ${B}`],
    ['reachable', 'solicited', undefined, `reachable ${A}`],
    ['stale', 'solicited', A, `reachable ${A}`],
    ['stale', 'solicited', B, `stale ${A}`],
    ['stale', 'override', B, `stale ${B}`],
    ['stale', 'override', A, `stale ${A}`],
    ['stale', 'solicited override', B, `reachable ${B}`],
    ['delay', 'solicited', A, `reachable ${A}`],
    ['delay', 'solicited', B, `delay ${A}`],
    ['delay', 'override', B, `stale ${B}`],
    ['delay', '', A, `delay ${A}`],
    ['probe', 'solicited', A, `reachable ${A}`],
    ['probe', 'solicited', B, `probe ${A}`],
    ['probe', 'solicited override', B, `reachable ${B}`],
    ['probe', 'override', B, `stale ${B}`],
    ['probe', 'solicited', undefined, `reachable ${A}`],
    ['nobody', 'solicited override', A, undefined],
  ];
  test.each(cases)('%s hears "%s" from %s: %s', (before, says, from, after) => {
    const cache = createBench();
    cache.bring(N, before);
    cache.advertise(N, from, says);
    expect(cache.state(N)).toBe(after);
  });
});

describe('solicitations of others (RFC 4861 §7.2.3)', () => {
  test.each([
    ['nobody', A, `stale ${A}`],
    ['incomplete', A, `delay ${A}`],
    ['reachable', A, `reachable ${A}`],
    ['reachable', B, `stale ${B}`],
    ['stale', B, `stale ${B}`],
    ['delay', A, `delay ${A}`],
    ['probe', B, `stale ${B}`],
    ['probe', A, `probe ${A}`],
  ])('%s hears %s ask: %s', (before, from, after) => {
    const cache = createBench();
    cache.bring(N, before);
    cache.hears(N, from);
    expect(cache.state(N)).toBe(after);
  });
});

describe('unreachability (RFC 4861 §7.3.3)', () => {
  test('reachable ends after its time, without a timer', () => {
    const cache = createBench();
    cache.bring(N, 'reachable');
    expect(cache.armed()).toBe(0);
    cache.run(14_999);
    expect(cache.state(N)).toBe(`reachable ${A}`);
    cache.run(REACHABLE_MAX);
    expect(cache.state(N)).toBe(`stale ${A}`);
    expect(cache.happened()).toEqual([]);
  });

  test('a packet to a stale neighbor leaves at once; five seconds later it is probed, three times', () => {
    const cache = createBench();
    cache.bring(N, 'stale');
    cache.send(7, N);
    expect(cache.happened()).toEqual([`7 to ${A}`]);
    cache.run(4999);
    expect(cache.state(N)).toBe(`delay ${A}`);
    cache.run(1);
    expect([cache.state(N), ...cache.happened()]).toEqual([`probe ${A}`, `asks ${A} for fe80::1`]);
    cache.send(8, N);
    cache.run(2999);
    expect(cache.happened()).toEqual([
      `8 to ${A}`,
      `asks ${A} for fe80::1`,
      `asks ${A} for fe80::1`,
    ]);
    cache.run(1);
    expect([cache.state(N), cache.armed()]).toEqual([undefined, 0]);
    cache.send(9, N);
    expect(cache.happened()).toEqual(['asks all for fe80::1']);
  });

  test('a stale neighbor nobody speaks to is left in peace', () => {
    const cache = createBench();
    cache.bring(N, 'stale');
    cache.run(3_600_000);
    expect([cache.state(N), cache.happened()]).toEqual([`stale ${A}`, []]);
  });
});

describe('IPv4', () => {
  test('of two who claim an address within a second, the first is kept', () => {
    const cache = createBench();
    cache.send(1, '10.0.0.1');
    cache.advertise('10.0.0.1', A, 'solicited override');
    cache.advertise('10.0.0.1', B, 'override');
    expect(cache.state('10.0.0.1')).toBe(`reachable ${A}`);
    cache.run(1000);
    cache.advertise('10.0.0.1', B, 'override');
    expect(cache.state('10.0.0.1')).toBe(`stale ${B}`);
  });
});

describe('limits', () => {
  test('a scan out of one tunnel evicts its own questions only, and none who is reachable', () => {
    const cache = createBench();
    for (let i = 0; i < 700; i++) cache.bring(`fd00::${i.toString(16)}`, 'reachable');
    cache.send(0, 'fd01::1');
    cache.happened();
    for (let i = 1; i < 20_000; i++) {
      if (i % 10 === 0) cache.run(100, false);
      cache.send(i, `fd02::${i.toString(16)}`, 5);
    }
    const views = cache.views();
    expect(views.filter((v) => v.state === 'incomplete').length).toBeLessThanOrEqual(
      UNRESOLVED_PER_INGRESS + 1,
    );
    expect(views.filter((v) => v.linkAddress !== undefined)).toHaveLength(700);
  });

  test('questions for packets of others are bounded in rate', () => {
    const cache = createBench();
    const reasons = Array.from({ length: RESOLUTIONS_BURST + 1 }, (_, i) =>
      cache.send(i, `fd02::${i.toString(16)}`, 5),
    );
    expect(reasons.filter((r) => r === 'neighbor-limited')).toHaveLength(1);
    expect(cache.send(999, 'fd03::1', NONE)).toBeUndefined();
  });

  test('a full table of those who answer takes nobody more, a stale one makes room', () => {
    const cache = createBench();
    for (let i = 0; i < NEIGHBORS_PER_PORT; i++)
      cache.bring(`fd00::${i.toString(16)}`, 'reachable');
    expect(cache.send(1, 'fd01::1')).toBe('neighbor-table-full');
    cache.hears('fd01::2', B);
    expect(cache.state('fd01::2')).toBeUndefined();
    cache.advertise('fd00::7', B, '');
    expect(cache.send(1, 'fd01::1')).toBeUndefined();
    expect(cache.state('fd00::7')).toBeUndefined();
    expect(cache.views()).toHaveLength(NEIGHBORS_PER_PORT);
  });

  test('a crowd that announces itself by asking evicts the idle only', () => {
    const cache = createBench();
    cache.bring(N, 'reachable');
    for (let i = 0; i < 3 * NEIGHBORS_PER_PORT; i++) cache.hears(`fd00::${i.toString(16)}`, B);
    expect(cache.views()).toHaveLength(NEIGHBORS_PER_PORT);
    expect(cache.state(N)).toBe(`reachable ${A}`);
  });

  test('whatever happens, limits hold and no packet is lost or sent twice (property)', () => {
    const host = fc.integer({ min: 1, max: 400 }).map((n) => `fd00::${n.toString(16)}`);
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.tuple(fc.constant('send'), host, fc.integer({ min: -1, max: 3 })),
      },
      { weight: 2, arbitrary: fc.tuple(fc.constant('answer'), host, fc.constant(0)) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('hear'), host, fc.constant(0)) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('move'), host, fc.constant(0)) },
      {
        weight: 1,
        arbitrary: fc.tuple(fc.constant('run'), host, fc.integer({ min: 1, max: 4000 })),
      },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
        const cache = createBench();
        let sent = 0;
        let refused = 0;
        for (const [what, ip, n] of steps) {
          if (what === 'send') {
            if (cache.send(sent++, ip, n) !== undefined) refused++;
          } else if (what === 'answer') cache.advertise(ip, A, 'solicited override');
          else if (what === 'hear') cache.hears(ip, A);
          else if (what === 'move') cache.advertise(ip, B, 'override');
          else cache.run(n);
          const views = cache.views();
          const waiting = views.reduce((sum, v) => sum + v.waitingPackets, 0);
          expect(views.length).toBeLessThanOrEqual(NEIGHBORS_PER_PORT);
          expect(waiting).toBeLessThanOrEqual(WAITING_PER_PORT);
          expect(views.filter((v) => v.state === 'incomplete').length).toBeLessThanOrEqual(
            UNRESOLVED_PER_PORT,
          );
          expect(cache.packets.size + refused + waiting).toBe(sent);
        }
        cache.run(10_000);
        expect(cache.packets.size + refused).toBe(sent);
        expect(cache.armed()).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('every packet that may wait leaves when its neighbor answers in time (property)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 0, max: 2999 }),
        (neighbors, delay) => {
          const cache = createBench();
          const perNeighbor = new Map<string, number[]>();
          for (const [i, n] of neighbors.entries()) {
            const list = perNeighbor.get(`fd00::${n}`) ?? [];
            if (list.length === WAITING_PER_NEIGHBOR) continue;
            perNeighbor.set(`fd00::${n}`, [...list, i]);
            cache.send(i, `fd00::${n}`);
          }
          cache.run(delay);
          cache.happened();
          for (const [ip, list] of perNeighbor) {
            cache.advertise(ip, A, 'solicited');
            expect(cache.happened()).toEqual(list.map((i) => `${i} to ${A}`));
          }
        },
      ),
    );
  });
});

/** A cache whose output is a list of sentences. */
function createBench() {
  let now = instant(1000);
  const log: string[] = [];
  const packets = new Set<number>();
  const timerQueue = createTimerQueue();
  const settled = (slot: PacketSlot, what: string): void => {
    expect(packets.has(slot), 'a packet ends once').toBe(false);
    packets.add(slot);
    log.push(`${slot} ${what}`);
  };
  const textOf = (b: Uint8Array, i: number): string => formatMacAddress(readMacAddress(b, i));
  const cache = new NeighborCache({
    timerQueue,
    random: seededRandom(3),
    output: {
      solicit: (family, b, i, macs, at) => {
        const ip = formatIpAddress({ family, bytes: b.slice(i, i + (family === 4 ? 4 : 16)) });
        log.push(`asks ${at === NONE ? 'all' : textOf(macs, at)} for ${ip}`);
      },
      deliver: (slot, macs, at) => settled(slot, `to ${textOf(macs, at)}`),
      unreachable: (slot) => settled(slot, 'unreachable'),
      discard: (slot, reason) => settled(slot, reason),
    },
  });
  const bench = {
    packets,
    armed: () => timerQueue.armed(),
    views: () => cache.views(now),
    happened: () => log.splice(0),
    send(slot: number, ip: string, ingress: number = NONE) {
      const { family, bytes } = address(ip);
      return cache.send(slot as PacketSlot, family, bytes, 0, ingress, now);
    },
    advertise(ip: string, from: string | undefined, says: string) {
      const { family, bytes } = address(ip);
      const isSolicited = says.includes('solicited');
      const isOverride = says.includes('override');
      const link = from === undefined ? new Uint8Array(6) : mac(from);
      const at = from === undefined ? NONE : 0;
      cache.advertised(family, bytes, 0, link, at, { isSolicited, isOverride }, now);
    },
    hears(ip: string, from: string) {
      const { family, bytes } = address(ip);
      cache.heardAsking(family, bytes, 0, mac(from), 0, now);
    },
    run(milliseconds: number, isTimed = true) {
      const until: Instant = instant(now + milliseconds);
      while (isTimed && (timerQueue.nextDeadline() ?? until + 1) <= until) {
        now = timerQueue.nextDeadline() as Instant;
        timerQueue.runDue(now);
      }
      now = until;
    },
    state(ip: string) {
      const found = cache.views(now).find((v) => formatIpAddress(v.address) === ip);
      if (found === undefined) return undefined;
      const { state, linkAddress } = found;
      return linkAddress === undefined ? state : `${state} ${formatMacAddress(linkAddress)}`;
    },
    /** Brings a neighbor at A into a state. */
    bring(ip: string, state: string) {
      if (state === 'nobody') return;
      bench.send(1_000_000 + packets.size, ip);
      if (state !== 'incomplete') bench.advertise(ip, A, 'solicited');
      if (state === 'stale' || state === 'delay' || state === 'probe') bench.advertise(ip, B, '');
      if (state === 'delay' || state === 'probe') bench.send(1_000_000 + packets.size, ip);
      if (state === 'probe') bench.run(5000);
      log.splice(0);
    },
  };
  return bench;
}
