/**
 * What is computed link by link is what is computed at once, and both are the shortest ways.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Random, seededRandom } from '../../base/random.ts';
import type { NodeNumber } from '../node-number.ts';
import { NO_NODE } from '../node-number.ts';
import { packLatency } from './packed-distance.ts';
import { ShortestPaths } from './shortest-paths.ts';

const WITHOUT_LIMIT = Number.POSITIVE_INFINITY;

describe('after any changes of links', () => {
  test.each(['sparse', 'dense', 'mixed', 'equal', 'clocks'] as const)(
    'one by one gives what all at once gives, %s',
    (kind) => {
      fc.assert(
        fc.property(fc.integer(), fc.integer({ min: 2, max: 24 }), (seed, size) => {
          const random = seededRandom(seed);
          const network = new Network(kind, size, random);
          const paths = network.paths();
          for (let round = 0; round < 6; round++) {
            const changes = 1 + random.below(3);
            for (let c = 0; c < changes; c++) network.changeOne(paths);
            settle(paths, 1 + random.below(200));
            expectShortest(network, paths);
            expectSame(paths, network.paths());
          }
        }),
      );
    },
  );

  test('forty nodes are followed link by link, not as a whole', () => {
    const random = seededRandom(1);
    const network = new Network('dense', 40, random);
    const paths = network.paths();
    expect(paths.wholeComputations).toBe(1);
    for (let i = 0; i < 300; i++) {
      network.changeOne(paths);
      settle(paths, WITHOUT_LIMIT);
    }
    expect(paths.wholeComputations).toBe(1);
    expectSame(paths, network.paths());
  });

  test('single changes that cost too much give way to a whole computation', () => {
    const network = new Network('dense', 30, seededRandom(2));
    const paths = network.paths();
    for (let i = 0; i < 600; i++) network.changeOne(paths);
    settle(paths, WITHOUT_LIMIT);
    expect(paths.wholeComputations).toBe(2);
    expectSame(paths, network.paths());
  });

  test('a bridge between two dense halves comes and goes', () => {
    const network = new Network('dense', 32, seededRandom(3));
    for (let u = 0; u < 16; u++)
      for (let v = 16; v < 32; v++) {
        network.set(u, v, WITHOUT_LIMIT);
        network.set(v, u, WITHOUT_LIMIT);
      }
    const paths = network.paths();
    for (const seconds of [0.01, 0.3, 0.2, WITHOUT_LIMIT, 0.1]) {
      network.change(paths, 3, 20, seconds);
      settle(paths, 1000);
      expectShortest(network, paths);
      expectSame(paths, network.paths());
    }
  });
});

test.each(['dense', 'mixed', 'clocks'] as const)(
  'a shortcut that many ways took goes again, %s',
  (kind) => {
    const network = new Network(kind, 90, seededRandom(6));
    const paths = network.paths();
    const before = network.paths();
    const { distance, stride } = paths.matrices;
    const secondsOf = (u: number, v: number): number =>
      (distance[u * stride + v] as number) / packLatency(1);
    for (let u = 0; u < 20; u++) {
      const v = 89 - u;
      const known = network.at(u, v);
      // There and back in half the time; with clocks that are wrong there alone may be negative.
      const seconds = secondsOf(u, v) - (secondsOf(u, v) + secondsOf(v, u)) / 2;
      network.change(paths, u, v, seconds);
      settle(paths, WITHOUT_LIMIT);
      expectSame(paths, network.paths());
      network.change(paths, u, v, known);
      settle(paths, 1000);
      expectSame(paths, before);
    }
    expect(paths.wholeComputations).toBe(1);
  },
);

describe('among ways that are equally fast', () => {
  test('the one with fewer links is taken', () => {
    const paths = pathsOf(4, [
      [0, 1, 1],
      [1, 2, 1],
      [0, 2, 2],
    ]);
    expect(hops(paths)[0]).toEqual([NO_NODE, 10, 20, NO_NODE]);
  });

  test('the one over the lower number is taken, whichever came first', () => {
    const links = [
      [0, 2, 1],
      [2, 3, 1],
      [0, 1, 1],
      [1, 3, 1],
    ] as const;
    for (const order of [links, [...links].reverse()]) {
      const paths = pathsOf(4, []);
      for (const [from, to, seconds] of order) {
        paths.change(from, to, packLatency(seconds));
        settle(paths, WITHOUT_LIMIT);
      }
      expect(hops(paths)[0]?.[3]).toBe(10);
    }
  });

  test('links without latency make no loop', () => {
    const network = new Network('equal', 12, seededRandom(4));
    for (let u = 0; u < 12; u++)
      for (let v = 0; v < 12; v++) if (u !== v) network.set(u, v, (u + v) % 3 === 0 ? 0 : 1);
    expectShortest(network, network.paths());
  });
});

describe('a cycle of negative length', () => {
  test.each(['at once', 'by one link'])('is told %s, and does not go on for ever', (when) => {
    const paths = pathsOf(9, []);
    paths.change(0, 1, packLatency(-1));
    paths.change(1, 2, packLatency(0.2));
    if (when === 'by one link') expect(paths.run(WITHOUT_LIMIT)).toBe('done');
    paths.change(2, 0, packLatency(0.7));
    expect(paths.run(WITHOUT_LIMIT)).toBe('negative-cycle');
    paths.change(0, 1, packLatency(0));
    expect(paths.run(WITHOUT_LIMIT)).toBe('done');
    expect(hops(paths)[0]?.[2]).toBe(10);
  });

  test('is none when it is as long as nothing', () => {
    const paths = pathsOf(3, []);
    paths.change(0, 1, packLatency(-1));
    paths.change(1, 0, packLatency(1));
    expect(paths.run(WITHOUT_LIMIT)).toBe('done');
  });
});

test('a slice ends soon after its budget', () => {
  const network = new Network('dense', 200, seededRandom(5));
  const paths = network.paths();
  network.change(paths, 1, 2, 9);
  for (let i = 0; i < 20_000; i++) network.changeOne(paths);
  let slices = 0;
  for (let isWorking = true; isWorking; slices++) {
    const before = paths.spent;
    isWorking = paths.run(10_000) === 'working';
    expect(paths.spent - before).toBeLessThan(10_000 + 200 * 200);
  }
  expect(slices).toBeGreaterThan(200 ** 3 / 10_000 - 10);
});

test('the sum over the longest way there can be is exact', () => {
  const paths = pathsOf(1024, []);
  for (let u = 0; u < 1023; u++) paths.change(u, u + 1, packLatency(99_998.999_99));
  settle(paths, WITHOUT_LIMIT);
  const { distance, stride } = paths.matrices;
  expect(distance[1023]).toBe(1023 * packLatency(99_998.999_99));
  expect(Number.isSafeInteger(distance[1023])).toBe(true);
  expect(distance[stride + 1023]).toBe(1022 * packLatency(99_998.999_99));
});

type Kind = 'sparse' | 'dense' | 'mixed' | 'equal' | 'clocks';

/** A network as a matrix of seconds, and the rule its changes follow. */
class Network {
  private readonly kind: Kind;
  private readonly random: Random;
  readonly size: number;
  readonly seconds: number[][];
  /** How wrong each clock is. */
  private readonly offset: number[];

  constructor(kind: Kind, size: number, random: Random) {
    this.kind = kind;
    this.size = size;
    this.random = random;
    this.offset = Array.from({ length: size }, () => (random.below(20_000) - 10_000) / 7);
    this.seconds = Array.from({ length: size }, (_, u) =>
      Array.from({ length: size }, (_, v) => (u === v ? WITHOUT_LIMIT : this.latency(u, v))),
    );
  }

  /** A network computed at once, from nothing. */
  paths(): ShortestPaths {
    const links: [number, number, number][] = [];
    for (let u = 0; u < this.size; u++)
      for (let v = 0; v < this.size; v++) if (u !== v) links.push([u, v, this.at(u, v)]);
    return pathsOf(this.size, links);
  }

  at(u: number, v: number): number {
    return this.seconds[u]?.[v] as number;
  }

  set(u: number, v: number, seconds: number): void {
    (this.seconds[u] as number[])[v] = seconds;
  }

  change(paths: ShortestPaths, u: number, v: number, seconds: number): void {
    this.set(u, v, seconds);
    paths.change(u, v, packLatency(seconds));
  }

  changeOne(paths: ShortestPaths): void {
    const u = this.random.below(this.size);
    const v = (u + 1 + this.random.below(this.size - 1)) % this.size;
    this.change(paths, u, v, this.latency(u, v));
  }

  private latency(u: number, v: number): number {
    const { random } = this;
    const mixed = u % 2 === 0 ? 8 : 1;
    const absent = { sparse: 8, equal: 3, clocks: 3, dense: 1, mixed }[this.kind];
    if (random.below(10) < absent) return WITHOUT_LIMIT;
    if (this.kind === 'equal') return random.below(3);
    const seconds = (1 + random.below(300_000)) / 1_000_000;
    if (this.kind !== 'clocks') return seconds;
    return seconds + (this.offset[v] as number) - (this.offset[u] as number);
  }
}

/** Numbers are not in order of index: what comes first by one is not first by the other. */
const numberOf = (index: number): NodeNumber =>
  (index < 64 ? (index ^ 0b100) * 10 : index * 10) as NodeNumber;

function pathsOf(
  size: number,
  links: readonly (readonly [number, number, number])[],
): ShortestPaths {
  const paths = new ShortestPaths();
  for (let index = 0; index < size; index++)
    paths.matrices.add(size < 10 ? ((index * 10) as NodeNumber) : numberOf(index));
  for (const [from, to, seconds] of links) paths.change(from, to, packLatency(seconds));
  settle(paths, WITHOUT_LIMIT);
  return paths;
}

function settle(paths: ShortestPaths, budget: number): void {
  paths.resetSpent();
  let progress = paths.run(budget);
  while (progress === 'working') progress = paths.run(budget);
  expect(progress).toBe('done');
}

function hops({ matrices: { size, stride, hop } }: ShortestPaths): number[][] {
  return Array.from({ length: size }, (_, i) => [...hop.subarray(i * stride, i * stride + size)]);
}

function expectSame(paths: ShortestPaths, others: ShortestPaths): void {
  const wrong: string[] = [];
  const { size, stride } = paths.matrices;
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      const at = i * stride + j;
      for (const name of ['distance', 'hop'] as const)
        if (paths.matrices[name][at] !== others.matrices[name][at]) wrong.push(`${name} ${i}-${j}`);
    }
  expect(wrong).toEqual([]);
}

/**
 * Judges by definition, not by another algorithm: no way over one more link is shorter, every next hop is
 * the lowest number that leads on by the distance, and ways end.
 */
function expectShortest(network: Network, paths: ShortestPaths): void {
  const wrong: string[] = [];
  const { size, stride, distance, hop, numberOf: numbers } = paths.matrices;
  for (let i = 0; i < size; i++) {
    const weights = Array.from({ length: size }, (_, a) => packLatency(network.at(i, a)));
    for (let j = 0; j < size; j++) {
      let least = i === j ? 0 : WITHOUT_LIMIT;
      let first: number = NO_NODE;
      for (let a = 0; a < size && i !== j; a++) {
        const sum = (weights[a] as number) + (distance[a * stride + j] as number);
        if (sum > least || sum === WITHOUT_LIMIT) continue;
        first = Math.min(sum < least ? NO_NODE : first, numbers[a] as number);
        least = sum;
      }
      if (distance[i * stride + j] !== least) wrong.push(`distance ${i}-${j}`);
      if (hop[i * stride + j] !== first) wrong.push(`hop ${i}-${j}`);
      if (least !== WITHOUT_LIMIT && !hasEnd(paths, i, j)) wrong.push(`loop ${i}-${j}`);
    }
  }
  expect(wrong).toEqual([]);
}

function hasEnd({ matrices }: ShortestPaths, from: number, to: number): boolean {
  let at = from;
  for (let links = 0; links < matrices.size; links++) {
    if (at === to) return true;
    at = matrices.find(matrices.hop[at * matrices.stride + to] as NodeNumber);
  }
  return false;
}
