/**
 * The latency graph on virtual time.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { type Instant, instant, milliseconds, seconds } from '../../base/units.ts';
import { type NodeNumber, SPREAD, SUPERNODE } from '../node-number.ts';
import floydWarshall from './fixtures/floyd-warshall.json' with { type: 'json' };
import solve from './fixtures/solve.json' with { type: 'json' };
import {
  type GraphNews,
  type GraphSettings,
  LatencyGraph,
  type LatencyReport,
} from './latency-graph.ts';
import { GRAPH_NODES_MAX, RELAXATIONS_PER_SECOND } from './limits.ts';
import { readNextHopTable } from './next-hop-table.ts';

const SLICE = 10_000;
/** Every change counts, at once. */
const EXACT: GraphSettings = {
  isStatic: false,
  manualLatency: {},
  jitter: { toleranceMs: 0, multiplier: 1 },
  recalculateCoolDown: milliseconds(0),
  timeoutCheckInterval: milliseconds(0),
};

describe('computes what etherguard-go computes', () => {
  test.each(floydWarshall)('$name', (fixture) => {
    const scene = new Scene({ ...EXACT, manualLatency: fixture.manualLatency ?? {} });
    for (const edge of fixture.edges)
      scene.report(edge.src, edge.dst, edge.latency, { additionalCostMs: edge.additionalCostMs });
    const news = scene.settle();
    expect(news.at(-1)?.hadNegativeCycle).toBe(fixture.error !== null);
    expect(scene.graph.table.toMaps()).toEqual(fixture.next);
    expectClose(scene.graph.distances(true), fixture.dist);
    expectClose(scene.graph.distances(false), fixture.distNoCost);
  });

  test('the matrix of -mode solve', () => {
    const [header = '', ...lines] = solve.matrix.trim().split('\n');
    const nodes = header.split(/\s+/).slice(1).map(Number);
    const scene = new Scene();
    for (const line of lines) {
      const [from, ...row] = line.split(/\s+/);
      for (const [i, text] of row.entries())
        if (text !== 'Inf' && Number(from) !== nodes[i])
          scene.report(Number(from), nodes[i] as number, Number(text));
    }
    scene.settle();
    expect(scene.graph.table.toMaps()).toEqual(solve.next);
    expectClose(scene.graph.distances(true), solve.dist);
  });
});

describe('when a computation begins', () => {
  const TOLERANT: GraphSettings = {
    ...EXACT,
    jitter: { toleranceMs: 30, multiplier: 1.01 },
    recalculateCoolDown: seconds(5),
  };

  test('a link within the tolerance asks for none, and keeps its weight', () => {
    const scene = new Scene(TOLERANT);
    scene.triangle();
    scene.wait(10_000);
    scene.report(1, 3, 0.025);
    expect(scene.settle()).toEqual([]);
    expect(scene.graph.latency(node(1), node(3), scene.now)).toBe(0.025);
    expect(scene.graph.distances(false)[1]?.[3]).toBe(0.02);
  });

  test('a slower link waits for the end of the cool-down and the next report', () => {
    const scene = new Scene(TOLERANT);
    scene.triangle();
    scene.wait(1000);
    scene.report(1, 3, 0.5);
    expect(scene.settle()).toEqual([]);
    scene.wait(4500);
    scene.report(1, 3, 0.5);
    expect(scene.settle()).toMatchObject([{ hasChanged: true, hasVanished: false }]);
    expect(scene.hop(1, 3)).toBe(2);
    // Only in the direction that got slower.
    expect(scene.hop(3, 1)).toBe(1);
  });

  test('a slower link waits for the next look at the graph, if nobody reports', () => {
    const scene = new Scene({ ...TOLERANT, timeoutCheckInterval: seconds(5) });
    scene.triangle();
    scene.wait(1000);
    scene.report(1, 3, 0.5);
    scene.settle();
    expect(scene.hop(1, 3)).toBe(3);
    scene.wait(6000);
    scene.settle();
    expect(scene.hop(1, 3)).toBe(2);
  });

  test('a link that comes or goes does not wait', () => {
    const scene = new Scene(TOLERANT);
    scene.triangle();
    scene.wait(1000);
    scene.report(1, 3, 99_999);
    expect(scene.settle()).toMatchObject([{ hasChanged: true }]);
    expect(scene.hop(1, 3)).toBe(2);
    scene.report(1, 3, 0.02);
    scene.settle();
    expect(scene.hop(1, 3)).toBe(3);
  });

  test('what changed in the cool-down is computed with the link that goes', () => {
    const scene = new Scene(TOLERANT);
    scene.triangle();
    scene.wait(1000);
    scene.report(1, 3, 0.5);
    scene.settle();
    scene.report(3, 2, 99_999);
    scene.settle();
    expect(scene.hop(1, 3)).toBe(2);
  });

  test('a source never seen ends the cool-down, even one that is out of reach', () => {
    const scene = new Scene(TOLERANT);
    scene.triangle();
    scene.wait(1000);
    scene.report(4, 1, 99_999);
    scene.report(1, 3, 0.5);
    scene.settle();
    expect(scene.hop(1, 3)).toBe(2);
  });

  test('an edge compares steps, a supernode the difference', () => {
    for (const [role, hop] of [
      ['edge', 2],
      ['super', 3],
    ] as const) {
      const scene = new Scene({ ...TOLERANT, recalculateCoolDown: milliseconds(0) }, role);
      scene.report(1, 3, 0.029);
      scene.report(1, 2, 0.015);
      scene.report(2, 3, 0.015);
      scene.settle();
      scene.wait(1);
      scene.report(1, 3, 0.031);
      scene.settle();
      expect(scene.hop(1, 3)).toBe(hop);
    }
  });
});

describe('a link nobody reports', () => {
  const CHECKED = { ...EXACT, timeoutCheckInterval: seconds(5) };

  test('ends with its life, at the next look', () => {
    const scene = new Scene(CHECKED);
    scene.triangle();
    scene.wait(60_000);
    for (const [from, to] of [
      [1, 2],
      [2, 3],
      [2, 1],
      [3, 2],
      [3, 1],
    ] as const)
      scene.report(from, to, 0.015);
    scene.settle();
    scene.wait(15_000);
    expect(scene.settle()).toMatchObject([{ hasChanged: true, hasVanished: false }]);
    expect(scene.graph.latency(node(1), node(3), scene.now)).toBe(99_999);
    expect(scene.hop(1, 3)).toBe(2);
  });

  test('leaves an empty table when it was the last, which the original would not tell', () => {
    const scene = new Scene(CHECKED);
    scene.triangle();
    scene.wait(80_000);
    expect(scene.settle()).toMatchObject([{ hasChanged: false, hasVanished: true }]);
    expect(scene.graph.table.toMaps()).toEqual({});
  });

  test('lives on with every report', () => {
    const scene = new Scene(CHECKED);
    for (let i = 0; i < 20; i++) {
      scene.triangle();
      scene.wait(60_000);
      scene.settle();
      expect(scene.hop(1, 3)).toBe(3);
    }
  });
});

describe('the static mode', () => {
  const STATIC = { ...EXACT, isStatic: true, timeoutCheckInterval: seconds(5) };

  test('tells of a table that was set, once, and never computes', () => {
    const scene = new Scene(STATIC);
    const table = readNextHopTable({ 1: { 3: 2 }, 2: { 3: 3 } });
    if ('message' in table) throw new Error(table.message);
    scene.graph.setTable(table);
    expect(scene.settle()).toEqual([
      { table, hasChanged: true, hasVanished: false, hadNegativeCycle: false },
    ]);
    scene.triangle();
    scene.wait(60_000);
    expect(scene.settle()).toEqual([]);
    expect(scene.hop(1, 3)).toBe(2);
    expect(scene.graph.latency(node(1), node(3), scene.now)).toBe(0.02);
  });
});

test('a table that was set gives way to the next computation, even one that finds nothing new', () => {
  const scene = new Scene();
  scene.triangle();
  const computed = scene.graph.table.toMaps();
  const table = readNextHopTable({ 1: { 3: 2 } });
  if ('message' in table) throw new Error(table.message);
  scene.graph.setTable(table);
  expect(scene.settle()).toMatchObject([{ table }]);
  scene.report(1, 3, 0.019);
  expect(scene.settle()).toMatchObject([{ hasChanged: true }]);
  expect(scene.graph.table.toMaps()).toEqual(computed);
});

describe('additional cost', () => {
  test('that changes asks for a computation as a latency does', () => {
    const scene = new Scene();
    scene.triangle();
    scene.report(1, 3, 0.02, { additionalCostMs: 100 });
    expect(scene.settle()).toMatchObject([{ hasChanged: true }]);
    expect(scene.hop(1, 3)).toBe(2);
    scene.report(1, 3, 0.02, { additionalCostMs: 0 });
    scene.settle();
    expect(scene.hop(1, 3)).toBe(3);
  });

  test('that changes by less than the tolerance waits for the next computation', () => {
    const scene = new Scene({ ...EXACT, jitter: { toleranceMs: 50, multiplier: 1.1 } });
    scene.report(1, 2, 0.02, { additionalCostMs: 10 });
    scene.settle();
    expect(scene.graph.distances(true)['1']?.['2']).toBeCloseTo(0.03);
    scene.report(1, 2, 0.02, { additionalCostMs: 30 });
    scene.settle();
    expect(scene.graph.distances(true)['1']?.['2']).toBeCloseTo(0.03);
    scene.report(2, 1, 0.02);
    scene.settle();
    expect(scene.graph.distances(true)['1']?.['2']).toBeCloseTo(0.05);
  });

  test('that is negative is none', () => {
    const scene = new Scene();
    scene.report(1, 2, 0.02, { additionalCostMs: -10 });
    expect(scene.graph.latency(node(1), node(2), scene.now, true)).toBe(0.02);
  });
});

describe('reports of strangers', () => {
  test.each([
    ['not-a-number', { seconds: Number.NaN }],
    ['not-a-number', { seconds: Number.NEGATIVE_INFINITY }],
    ['not-a-number', { timeToAliveSeconds: Number.NaN }],
    ['not-a-number', { additionalCostMs: Number.NaN }],
    ['not-a-link', { to: node(1) }],
    ['not-a-link', { to: SUPERNODE }],
    ['not-a-link', { from: SPREAD }],
    ['not-a-link', { from: node(1.5) }],
  ] as const)('are refused: %s', (refusal, part) => {
    const scene = new Scene();
    const report = { ...reportOf(1, 2, 0.01), ...part };
    expect(scene.graph.update(report, scene.now)).toBe(refusal);
    expect(scene.settle()).toEqual([]);
  });

  test('with numbers beyond all measure do no harm', () => {
    const scene = new Scene();
    scene.triangle();
    for (const value of [1e300, -1e300, Number.POSITIVE_INFINITY, -99_999, 5e-324])
      for (const part of ['seconds', 'timeToAliveSeconds', 'additionalCostMs'] as const) {
        scene.graph.update({ ...reportOf(4, 1, 0.01), [part]: value }, scene.now);
        scene.settle();
        expect(scene.hop(1, 3)).toBe(3);
      }
  });

  test('fill the graph, and make room again', () => {
    const scene = new Scene(EXACT);
    for (let i = 1; i < GRAPH_NODES_MAX; i++) expect(scene.report(0, i, 1)).toBeUndefined();
    expect(scene.report(0, GRAPH_NODES_MAX, 1)).toBe('graph-full');
    scene.settle();
    scene.wait(30_000);
    scene.report(0, 1, 1);
    scene.wait(50_000);
    scene.report(1, 0, 1);
    scene.settle();
    // The rest is gone by now, and has no row in the table.
    expect(scene.graph.table.nodes.length).toBe(2);
    for (let i = 2000; i < 2010; i++) expect(scene.report(i, 0, 1)).toBeUndefined();
    scene.settle();
    expect(scene.graph.table.nodes.length).toBe(12);
    expect(scene.hop(2000, 1)).toBe(0);
  });
});

test('a node that is removed takes its ways with it', () => {
  const scene = new Scene();
  scene.triangle();
  scene.report(3, 4, 0.01);
  scene.settle();
  expect(scene.hop(1, 4)).toBe(3);
  scene.graph.removeNode(node(3));
  expect(scene.settle()).toMatchObject([{ hasVanished: true }]);
  expect(scene.graph.table.toMaps()).toEqual({ 1: { 2: 2 }, 2: { 1: 1 } });
});

test('a computation is paid for before the next begins', () => {
  const scene = new Scene();
  const random = seededRandom(1);
  for (let u = 0; u < 200; u++)
    for (let v = 0; v < 200; v++) if (u !== v) scene.report(u, v, (1 + random.below(1000)) / 1000);
  const began = scene.now;
  expect(scene.settle()).toHaveLength(1);
  scene.report(0, 1, 0.000_1);
  const deadline = scene.graph.nextDeadline() as Instant;
  const whole = 200 ** 3 / RELAXATIONS_PER_SECOND;
  expect((deadline - began) / 1000).toBeGreaterThan(whole);
  expect((deadline - began) / 1000).toBeLessThan(2 * whole);
  expect(scene.graph.hasWork(scene.now)).toBe(false);
  scene.wait(deadline - scene.now);
  expect(scene.graph.hasWork(scene.now)).toBe(true);
});

test('reports that come while a computation runs are followed by the next', () => {
  const scene = new Scene();
  for (let u = 0; u < 60; u++) for (let v = 0; v < 60; v++) if (u !== v) scene.report(u, v, 0.1);
  expect(scene.graph.run(100, scene.now)).toBeUndefined();
  scene.report(7, 9, 0.000_1);
  scene.report(9, 70, 0.000_1);
  scene.report(6, 7, 0.000_1);
  scene.settle();
  expect(scene.hop(6, 9)).toBe(7);
  expect(scene.hop(6, 70)).toBe(7);
});

test('all nodes that heard the same agree, in whatever order they heard it', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 2, max: 16 }), (seed, size) => {
      const random = seededRandom(seed);
      const reports: [number, number, number][] = [];
      for (let u = 0; u < size; u++)
        for (let v = 0; v < size; v++)
          if (u !== v && random.below(3) > 0) reports.push([u, v, random.below(4) / 100]);
      const tables = [0, 1].map((end) => {
        const scene = new Scene();
        for (const [from, to, latency] of shuffled(reports, seed + end)) {
          scene.report(from, to, latency);
          if (end === 1 || random.below(4) === 0) scene.settle();
        }
        scene.settle();
        return scene.graph.table.toMaps();
      });
      expect(tables[0]).toEqual(tables[1]);
    }),
  );
});

/** A graph, its clock, and whoever runs it. */
class Scene {
  now = instant(1_000_000);
  readonly graph: LatencyGraph;

  constructor(settings = EXACT, role: 'edge' | 'super' = 'super') {
    this.graph = new LatencyGraph(role, settings, this.now);
  }

  report(from: number, to: number, latency: number, more: Partial<LatencyReport> = {}) {
    return this.graph.update({ ...reportOf(from, to, latency), ...more }, this.now);
  }

  /** 1 → 3 is faster directly than over 2, but not by much. */
  triangle(): void {
    for (const [from, to, latency] of [
      [1, 2, 0.015],
      [2, 3, 0.015],
      [2, 1, 0.015],
      [3, 2, 0.015],
      [1, 3, 0.02],
      [3, 1, 0.02],
    ] as const)
      this.report(from, to, latency);
    this.settle();
  }

  /** Lets time pass, deadline by deadline. */
  wait(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const deadline = this.graph.nextDeadline();
      if (deadline === undefined || deadline > end || deadline <= this.now) break;
      this.now = deadline;
      this.graph.tick(this.now);
      if (deadline !== end) this.settled.push(...this.settle());
    }
    this.now = instant(end);
    this.graph.tick(this.now);
  }

  private readonly settled: GraphNews[] = [];

  /** Runs until there is nothing to do, and returns all news since the last time. */
  settle(): GraphNews[] {
    const news = this.settled.splice(0);
    for (;;) {
      if (!this.graph.hasWork(this.now)) {
        const deadline = this.graph.nextDeadline();
        if (deadline === undefined || deadline > this.now + 100) return news;
        this.now = deadline;
        this.graph.tick(this.now);
      }
      const one = this.graph.run(SLICE, this.now);
      if (one !== undefined) news.push(one);
    }
  }

  hop(from: number, to: number): number {
    return this.graph.table.nextHop(node(from), node(to));
  }
}

function reportOf(from: number, to: number, latency: number): LatencyReport {
  return {
    from: node(from),
    to: node(to),
    seconds: latency,
    timeToAliveSeconds: 70,
    additionalCostMs: 0,
  };
}

function node(number: number): NodeNumber {
  return number as NodeNumber;
}

function shuffled<T>(list: readonly T[], seed: number): T[] {
  const random = seededRandom(seed);
  return list
    .map((item) => ({ item, at: random.below(1 << 30) }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

type Distances = Readonly<Record<string, Readonly<Record<string, number>>>>;

function expectClose(distances: Distances, expected: Distances): void {
  expect(Object.keys(distances)).toEqual(Object.keys(expected));
  for (const [from, row] of Object.entries(expected))
    for (const [to, value] of Object.entries(row))
      expect(distances[from]?.[to], `${from} → ${to}`).toBeCloseTo(value, 9);
}
