import { expect, test } from 'vitest';
import { LatencyClass, latencyClassOf } from './latency-class.ts';

/** Minutes of a round trip; returns at which of them the class changed. */
function minutes(latency: LatencyClass, count: number, roundTripMs: number): number[] {
  const changes: number[] = [];
  for (let minute = 1; minute <= count; minute++)
    if (latency.add(roundTripMs)) changes.push(minute);
  return changes;
}

test.each([
  [0, 1],
  [0.2, 1],
  [2.7, 1],
  [2.8, 2],
  [7.3, 2],
  [20, 3],
  [54, 4],
  [148, 5],
  [403, 6],
  [1096, 7],
  [2980, 8],
  [5000, 9],
  [1e6, 9],
])('%d ms is class %d (portal §11.1)', (roundTrip, expected) => {
  expect(latencyClassOf(roundTrip)).toBe(expected);
});

test('the first class comes after five minutes', () => {
  const latency = new LatencyClass();
  expect(minutes(latency, 4, 30)).toEqual([]);
  expect(latency.value).toBeUndefined();
  expect(minutes(latency, 1, 30)).toEqual([1]);
  expect(latency.value).toBe(4);
});

test('a tenth beyond the class is not outside it', () => {
  const latency = new LatencyClass();
  minutes(latency, 5, 15);
  expect(minutes(latency, 2000, 21)).toEqual([]);
  expect(latency.value).toBe(3);
});

test('a bad hour changes nothing: the median of twelve does', () => {
  const latency = new LatencyClass();
  minutes(latency, 720, 15);
  expect(minutes(latency, 300, 80)).toEqual([]);
  minutes(latency, 720, 15);
  const [change] = minutes(latency, 720, 80);
  // Half of the window, then an hour outside.
  expect(change).toBeGreaterThanOrEqual(360 + 59);
  expect(change).toBeLessThanOrEqual(360 + 61);
  expect(latency.value).toBe(5);
});

test('never twice within an hour, whatever the line does', () => {
  const latency = new LatencyClass();
  const changes: number[] = [];
  for (let minute = 0; minute < 10_000; minute++)
    if (latency.add(minute % 1500 < 750 ? 2 : 700)) changes.push(minute);
  expect(changes.length).toBeGreaterThan(3);
  for (let i = 1; i < changes.length; i++)
    expect((changes[i] as number) - (changes[i - 1] as number)).toBeGreaterThanOrEqual(60);
});
