/** The router's tools over chains of real netstacks, with latency, loss and narrow links in virtual time. */
import { expect, test } from 'vitest';
import { type Random, seededRandom } from '../../base/random.ts';
import { type Instant, instant } from '../../base/units.ts';
import { address, createTestNode, type TestNode } from '../../netstack/testing/test-node.ts';
import { MEASUREMENTS_AT_ONCE } from '../limits.ts';
import { createMeasurements, type Measurement, type Measurements } from './index.ts';

const HOP_MS = 10;
const FAR4 = '172.22.4.1';
const FAR6 = 'fd00:4::1';
const path = (target: string, protocol: 'icmp' | 'udp' | 'tcp', hops = 30) => ({
  target: address(target),
  protocol,
  port: 80,
  hops,
});

test.each(['udp', 'icmp', 'tcp'] as const)(
  'traceroute by %s names every hop in order',
  (protocol) => {
    for (const [target, hops] of [
      [FAR4, ['172.22.2.1', '172.22.3.1', FAR4]],
      [FAR6, ['fd00:2::1', 'fd00:3::1', FAR6]],
    ] as const) {
      const lab = chain(4);
      const rows = lab.run(
        lab.tools.traceroute({ ...path(target, protocol), count: 3 }, lab.now()),
      );
      expect(rows.map((row) => row.probes.map((probe) => probe.from))).toEqual(
        hops.map((hop) => [hop, hop, hop]),
      );
      expect(rows.map((row) => row.probes[0])).toMatchObject([
        { outcome: 'passed', roundTripMs: 2 * HOP_MS },
        { outcome: 'passed', roundTripMs: 4 * HOP_MS },
        { outcome: 'reached', roundTripMs: 6 * HOP_MS },
      ]);
      lab.expectClean();
    }
  },
);

test('a lost probe is an asterisk, and the trace goes on', () => {
  const lab = chain(4, { isLost: (_random, count) => count === 2 });
  const rows = lab.run(lab.tools.traceroute({ ...path(FAR6, 'udp'), count: 3 }, lab.now()));
  expect(rows).toHaveLength(3);
  const outcomes = rows.flatMap((row) => row.probes.map((probe) => probe.outcome));
  expect(outcomes.filter((outcome) => outcome === 'timeout')).toHaveLength(1);
  expect(rows[2]?.probes.at(-1)?.outcome).toBe('reached');
});

test('a path that ends in silence costs thirty hops of asterisks and a bounded time', () => {
  const lab = chain(4, { isLost: (_random, _count, from) => from === 2 });
  const began = lab.now();
  const rows = lab.run(lab.tools.traceroute({ ...path(FAR6, 'udp'), count: 1 }, lab.now()));
  expect(rows.map((row) => row.probes[0]?.outcome)).toEqual([
    'passed',
    ...Array.from({ length: 29 }, () => 'timeout'),
  ]);
  expect(lab.now() - began).toBeLessThan(5000);
});

test('a router that knows no way ends the trace with its error', () => {
  const lab = chain(3);
  const rows = lab.run(lab.tools.traceroute({ ...path('fd00:9::9', 'icmp'), count: 2 }, lab.now()));
  expect(rows).toMatchObject([
    { hop: 1, probes: [{ outcome: 'passed' }, { outcome: 'passed' }] },
    { hop: 2, probes: [{ outcome: 'refused', detail: 'no-route', from: 'fd00:3::1' }, {}] },
  ]);
});

test('without a route the first hop says so, without a packet', () => {
  const lab = chain(2);
  const rows = lab.run(lab.tools.traceroute({ ...path('10.0.0.1', 'udp'), count: 3 }, lab.now()));
  expect(rows).toHaveLength(1);
  expect(rows[0]?.probes).toMatchObject([{ outcome: 'refused', detail: 'no-route' }, {}, {}]);
  const mtr = lab.run(lab.tools.mtr({ ...path('10.0.0.1', 'udp'), rounds: 2 }, lab.now()));
  expect(mtr).toMatchObject([{ sent: 2, received: 0, detail: 'no-route' }]);
});

test('mtr counts loss and jitter of each hop over its rounds', () => {
  const lab = chain(4, { jitterMs: 4 });
  const began = lab.now();
  const rows = lab.run(lab.tools.mtr({ ...path(FAR6, 'icmp'), rounds: 10 }, began));
  expect(rows.map(({ hop, from, sent, received }) => [hop, from, sent, received])).toEqual([
    [1, ['fd00:2::1'], 10, 10],
    [2, ['fd00:3::1'], 10, 10],
    [3, [FAR6], 10, 10],
  ]);
  expect(lab.now() - began).toBeGreaterThanOrEqual(9000);
  for (const { bestMs, averageMs, worstMs, jitterMs, deviationMs, hop } of rows) {
    expect(bestMs).toBeGreaterThanOrEqual(2 * hop * HOP_MS);
    expect(averageMs).toBeGreaterThan(bestMs as number);
    expect(worstMs).toBeLessThanOrEqual(2 * hop * (HOP_MS + 4));
    expect(jitterMs).toBeGreaterThan(0);
    expect(deviationMs).toBeGreaterThan(0);
  }
  lab.expectClean();
});

test('mtr over a path that loses a fifth says so where it is lost', () => {
  const lab = chain(4, { isLost: (random, _count, from) => from === 2 && random.below(5) === 0 });
  const rows = lab.run(lab.tools.mtr({ ...path(FAR4, 'udp'), rounds: 20 }, lab.now()));
  expect(rows[0]).toMatchObject({ sent: 20, received: 20, lossPercent: 0 });
  expect(rows[2]?.lossPercent).toBeGreaterThan(0);
  expect(rows[2]?.lossPercent).toBeLessThan(50);
});

test('path MTU: what our own way out carries needs one size', () => {
  const lab = chain(3);
  expect(lab.run(lab.tools.pathMtu(address('fd00:3::1'), lab.now()))).toMatchObject([
    { kind: 'step', size: 1420, outcome: 'fits' },
    { kind: 'result', pathMtu: 1420, saidBy: null },
  ]);
  lab.expectClean();
});

test('path MTU: a narrow link that says so needs two', () => {
  for (const [target, router] of [
    [FAR4, '172.22.2.1'],
    [FAR6, 'fd00:2::1'],
  ] as const) {
    const lab = chain(4, { mtus: [1420, 1380, 1420] });
    expect(lab.run(lab.tools.pathMtu(address(target), lab.now()))).toMatchObject([
      { size: 1420, outcome: 'too-big', from: router, mtu: 1380 },
      { size: 1380, outcome: 'fits' },
      { kind: 'result', pathMtu: 1380, saidBy: router },
    ]);
  }
});

test('path MTU: a narrow link that is silent is found by halves (RFC 4821 §7)', () => {
  for (const target of [FAR4, FAR6]) {
    const lab = chain(4, {
      isLost: (_random, _count, from, octets) => from === 1 && octets > 1344,
    });
    const rows = lab.run(lab.tools.pathMtu(address(target), lab.now()));
    expect(rows.at(-1)).toEqual({ kind: 'result', pathMtu: 1344, saidBy: null });
    expect(rows.length).toBeLessThan(16);
  }
});

test('path MTU: a router that lies about its link is not believed', () => {
  const lab = chain(4, {
    mtus: [1420, 1400, 1420],
    isLost: (_r, _c, from, n) => from === 1 && n > 1300,
  });
  const rows = lab.run(lab.tools.pathMtu(address(FAR6), lab.now()));
  expect(rows[0]).toMatchObject({ outcome: 'too-big', mtu: 1400 });
  expect(rows[1]).toMatchObject({ size: 1400, outcome: 'lost' });
  expect(rows.at(-1)).toEqual({ kind: 'result', pathMtu: 1300, saidBy: null });
});

test('path MTU: a target that answers nothing has none, and is told so soon', () => {
  const lab = chain(4, { isLost: (_random, _count, from) => from === 2 });
  const began = lab.now();
  const rows = lab.run(lab.tools.pathMtu(address(FAR6), began));
  expect(rows).toMatchObject([
    { size: 1420, outcome: 'lost' },
    { size: 1280, outcome: 'lost' },
    { kind: 'result', pathMtu: null },
  ]);
  expect(lab.now() - began).toBeLessThan(5000);
});

test('our own addresses are one hop of no length', () => {
  const lab = chain(2);
  const own = 'fd00:1::1';
  const rows = lab.run(lab.tools.traceroute({ ...path(own, 'udp'), count: 3 }, lab.now()));
  expect(rows).toMatchObject([{ hop: 1, probes: [{ outcome: 'reached', from: own }, {}, {}] }]);
});

test('so many measurements run at once, and one that is stopped makes room', () => {
  const lab = chain(2);
  const start = () =>
    lab.tools.ping({ target: address('fd00:2::1'), count: 1, size: 0 }, lab.now());
  const running = Array.from({ length: MEASUREMENTS_AT_ONCE }, start);
  expect(start).toThrow(expect.objectContaining({ code: 'TOO_MANY' }));
  running[3]?.stop();
  running[3]?.stop();
  running.push(start());
  expect(start).toThrow(expect.objectContaining({ code: 'TOO_MANY' }));
  for (const measurement of running) lab.run(measurement);
  lab.run(start());
  lab.expectClean();
});

type Lab = {
  readonly tools: Measurements;
  now(): Instant;
  /** Lets time pass until the measurement has ended; returns its rows. */
  run<Row>(measurement: Measurement<Row>): Row[];
  /** Nothing is left armed or allocated once every probe has timed out. */
  expectClean(): void;
};

/**
 * Routers 1 to `length` in a row, 172.22.n.1 and fd00:n::1. `isLost` sees every packet of a link: how many it
 * carried, the number of the router it leaves (counting from 0, in either direction), and its octets.
 */
function chain(
  length: number,
  options: {
    mtus?: readonly number[];
    jitterMs?: number;
    isLost?: (random: Random, count: number, from: number, octets: number) => boolean;
  } = {},
): Lab {
  const random = seededRandom(7);
  const nodes = Array.from({ length }, (_, i) =>
    createTestNode({ addresses: [`172.22.${i + 1}.1`, `fd00:${i + 1}::1`], seed: i + 1 }),
  );
  const wires = nodes.slice(1).map((right, i) => {
    const left = nodes[i] as TestNode;
    const mtu = options.mtus?.[i] ?? 1420;
    const east = left.tunnel({ mtu, ours: [`fe80::${i + 1}`] });
    const west = right.tunnel({ mtu, ours: [`fe80::${i + 2}`] });
    left.route('172.20.0.0/14', east);
    left.route('fd00::/8', east);
    for (let n = 1; n <= i + 1; n++) {
      right.route(`172.22.${n}.0/24`, west);
      right.route(`fd00:${n}::/32`, west);
    }
    return { left, east, right, west };
  });
  const flights: { at: number; deliver: (now: Instant) => void }[] = [];
  let now = instant(1000);
  let carried = 0;
  const tools = createMeasurements(nodes[0] as TestNode);
  const take = (): void => {
    for (const { left, east, right, west } of wires) {
      for (const [from, by, to, into] of [
        [left, east, right, west],
        [right, west, left, east],
      ] as const) {
        for (const sent of from.sent.filter(({ out }) => out === by)) {
          from.sent.splice(from.sent.indexOf(sent), 1);
          if (options.isLost?.(random, carried++, nodes.indexOf(from), sent.bytes.length)) continue;
          const at = now + HOP_MS + (options.jitterMs ?? 0) * (random.below(1000) / 1000);
          flights.push({ at, deliver: (when) => to.deliver(sent.bytes, into, when) });
        }
      }
    }
    const [first] = nodes;
    for (const event of first?.events() ?? []) tools.netstackEvent(event);
  };
  const step = (): boolean => {
    take();
    const timers = nodes[0]?.timerQueue;
    flights.sort((a, b) => a.at - b.at);
    const next = Math.min(flights[0]?.at ?? Infinity, timers?.nextDeadline() ?? Infinity);
    if (next === Infinity) return false;
    now = instant(next);
    while (flights[0] !== undefined && flights[0].at <= now) flights.shift()?.deliver(now);
    take();
    timers?.runDue(now);
    return true;
  };
  return {
    tools,
    now: () => now,
    run(measurement) {
      const rows = [];
      for (let steps = 0; !measurement.isDone; steps++) {
        for (let row = measurement.take(); row !== undefined; row = measurement.take())
          rows.push(row);
        if (measurement.isDone) break;
        if (!step() && steps > 1) throw new Error('nothing will ever happen again');
      }
      return rows;
    },
    expectClean() {
      while (step());
      expect(nodes[0]?.timerQueue.armed()).toBe(0);
      expect(nodes.map((node) => node.slotsInUse())).toEqual(nodes.map(() => 0));
    },
  };
}
