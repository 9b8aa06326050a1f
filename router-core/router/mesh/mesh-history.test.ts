import { expect, test } from 'vitest';
import { addMilliseconds, instant, seconds, wallTime } from '../../base/units.ts';
import {
  MESH_CHANGES_KEPT,
  MESH_HISTORY_LINKS,
  MESH_SAMPLES_OF_DAY,
  MESH_SAMPLES_OF_HOUR,
} from '../limits.ts';
import { MeshHistory } from './mesh-history.ts';
import type { MeshLatency, MeshView, MeshWay } from './mesh-view-types.ts';

const START = instant(7 * 86_400_000);
const MINUTE = 60;

test('the last hour has a sample a minute: the mean of what was measured, and gaps where nothing was', () => {
  const { history, note, at } = begin();
  note(0, { latencies: [latency(1, 2, 30)] });
  note(30, { latencies: [latency(1, 2, 40)] });
  note(2 * MINUTE, { latencies: [latency(1, 2, 50)] });

  const { links, sampleSeconds } = history.view('hour', at(3 * MINUTE));

  expect(sampleSeconds).toBe(60);
  expect(links).toHaveLength(1);
  expect(links[0]?.samples).toHaveLength(MESH_SAMPLES_OF_HOUR);
  expect(links[0]?.samples.slice(-5)).toEqual([null, 35, null, 50, null]);
});

test('a day has a sample every five minutes, and what is older is gone', () => {
  const { history, note, at } = begin();
  note(0, { latencies: [latency(1, 2, 10)] });
  note(86_400 - 300, { latencies: [latency(1, 2, 20)] });

  const whole = history.view('day', at(86_400 - 300)).links[0]?.samples ?? [];
  expect(whole).toHaveLength(MESH_SAMPLES_OF_DAY);
  expect([whole[0], whole.at(-1)]).toEqual([10, 20]);
  expect(whole.filter((sample) => sample !== null)).toHaveLength(2);

  note(86_400, { latencies: [latency(1, 2, 30)] });
  const later = history.view('day', at(86_400)).links[0]?.samples ?? [];
  expect(later.filter((sample) => sample !== null)).toEqual([20, 30]);
});

test('each direction has a history of its own', () => {
  const { history, note, at } = begin();
  note(0, { latencies: [latency(1, 2, 10), latency(2, 1, 80)] });
  const now = history.view('hour', at(0)).links.map(({ from, samples }) => [from, samples.at(-1)]);
  expect(now).toEqual([
    [1, 10],
    [2, 80],
  ]);
});

test('a way that changed is told with its time, the newest first; the first one is no change', () => {
  const { history, note, at } = begin();
  note(0, { ways: [way(1, 3), way(3, 1)] });
  expect(history.view('hour', at(0)).changes).toEqual([]);
  note(2, { ways: [way(1, 2, 3), way(3, 1)] });
  note(4, { ways: [way(1, 2, 3), way(3, 1)] });
  note(6, { ways: [way(3, 1)] });
  expect(history.view('hour', at(6)).changes).toEqual([
    { at: '1970-01-01T00:00:06.000Z', from: 1, to: 3, before: [1, 2, 3], after: null },
    { at: '1970-01-01T00:00:02.000Z', from: 1, to: 3, before: [1, 3], after: [1, 2, 3] },
  ]);
});

test('what is kept is bounded: links, and changes', () => {
  const { history, note, at } = begin();
  const many = Array.from({ length: MESH_HISTORY_LINKS + 50 }, (_, i) => latency(i, i + 1, 1));
  note(0, { latencies: many });
  expect(history.view('hour', at(0)).links).toHaveLength(MESH_HISTORY_LINKS);

  for (let i = 0; i <= MESH_CHANGES_KEPT + 10; i++)
    note(i, { ways: [i % 2 === 0 ? way(1, 3) : way(1, 2, 3)] });
  expect(history.view('hour', at(0)).changes).toHaveLength(MESH_CHANGES_KEPT);

  // Links of yesterday make room.
  note(2 * 86_400, { latencies: [latency(60_000, 60_001, 1)] });
  expect(history.view('hour', at(2 * 86_400)).links.map(({ from }) => from)).toEqual([60_000]);
});

test('a range that does not exist is refused by its name', () => {
  const { history, at } = begin();
  expect(() => history.view('year' as 'day', at(0))).toThrow(/hour and day/);
});

function begin() {
  const history = new MeshHistory();
  const at = (second: number) => addMilliseconds(START, seconds(second));
  const note = (second: number, what: { latencies?: MeshLatency[]; ways?: MeshWay[] }): void =>
    history.note(viewOf(what), at(second), wallTime(second * 1000));
  return { history, note, at };
}

const latency = (from: number, to: number, ms: number): MeshLatency => ({
  from,
  to,
  ms,
  costMs: ms,
});
const way = (...nodes: readonly number[]): MeshWay => ({
  from: nodes[0] ?? 0,
  to: nodes.at(-1) ?? 0,
  nodes,
});

const viewOf = ({
  latencies = [],
  ways = [],
}: {
  latencies?: MeshLatency[];
  ways?: MeshWay[];
}): MeshView => ({
  supernode: {
    problem: null,
    status: {
      name: 'super',
      publicKeys: { v4: null, v6: null },
      listenPorts: [],
      edges: [],
      ways,
      latencies,
      drops: {},
    },
  },
});
