import { expect, test } from 'vitest';
import { buildTimeline, type TimelineSource, timelineProgress } from './timeline-model.ts';

test('a peering that is up shows seven stations with times and differences', () => {
  const stations = buildTimeline(up());
  expect(stations.map(({ state }) => state)).toEqual(Array(7).fill('done'));
  expect(stations.map(({ differenceMs }) => differenceMs)).toEqual([
    null,
    200,
    41_000,
    100,
    900,
    300,
    1_000,
  ]);
  expect(stations.at(-1)).toMatchObject({ name: 'routes', isLast: true });
  expect(timelineProgress(stations)).toBe(1);
});

test('with a finding the first open station is stuck and all behind it lie ahead', () => {
  const stations = buildTimeline({
    ...up(3),
    operational: 'provisioned',
    diagnosis: [{ severity: 'bad' }],
  });
  expect(stations.map(({ state }) => state)).toEqual([
    'done',
    'done',
    'done',
    'stuck',
    'ahead',
    'ahead',
    'ahead',
  ]);
  expect(timelineProgress(stations)).toBeCloseTo(2 / 6);
});

test('silence before the first packet is waiting, the same warning later is stuck', () => {
  const diagnosis = [{ severity: 'warn' }] as const;
  expect(states({ ...up(2), operational: 'provisioned', diagnosis })).toBe('ddnAAAA');
  expect(states({ ...up(4), operational: 'handshake', diagnosis })).toBe('ddddsAA');
});

test('hints alone do not make a peering stuck', () => {
  const stations = buildTimeline({
    ...up(3),
    operational: 'provisioned',
    diagnosis: [{ severity: 'info' }],
  });
  expect(stations[3]?.state).toBe('now');
});

test('what goes down takes the stations behind it away, and they come back with new times', () => {
  const source = up();
  const down = [...source.timeline, entry('down', 60_000)];
  expect(states({ ...source, timeline: down, operational: 'handshake' })).toBe('ddddnAA');
  const again = [...down, entry('bgp-open', 75_000), entry('established', 75_200)];
  const stations = buildTimeline({ ...source, timeline: again });
  expect(stations[5]).toMatchObject({ name: 'established', differenceMs: 200 });
  expect(stations[6]?.state).toBe('now');
});

test('a stale tunnel goes back to the first packet', () => {
  const source = up();
  const timeline = [...source.timeline, entry('down', 60_000), entry('tunnel-stale', 61_000)];
  expect(states({ ...source, timeline, operational: 'provisioned' })).toBe('ddnAAAA');
});

test('the state has the last word when the timeline has lost its beginning', () => {
  const stations = buildTimeline({ ...up(), timeline: [entry('routes', 9_000)] });
  expect(stations.every(({ state }) => state === 'done')).toBe(true);
  expect(stations[0]?.at).toBeNull();
});

test('approval is a station while a person decides, and stays one afterwards', () => {
  const pending: TimelineSource = { ...up(1), administrative: 'pending', operational: 'none' };
  expect(buildTimeline(pending).map(({ name }) => name)[1]).toBe('approved');
  expect(states(pending)).toBe('dnAAAAAA');
  const approved = [entry('requested', 0), entry('approved', 500), entry('provisioned', 700)];
  expect(states({ ...up(), timeline: approved, operational: 'provisioned' })).toBe('dddnAAAA');
});

test('a disabled peering waits for nothing', () => {
  const source = up();
  const timeline = [...source.timeline, entry('disabled', 60_000)];
  expect(
    states({ ...source, timeline, administrative: 'disabled', operational: 'provisioned' }),
  ).toBe('ddAAAAA');
});

test('a tunnel without BGP ends at the handshake', () => {
  const source: TimelineSource = { ...up(4), sessionShape: 'none', operational: 'handshake' };
  expect(states(source)).toBe('dddd');
});

const OFFSETS = {
  requested: 0,
  provisioned: 200,
  'first-packet': 41_200,
  handshake: 41_300,
  'bgp-open': 42_200,
  established: 42_500,
  routes: 43_500,
} as const;

function up(steps = 7): TimelineSource {
  return {
    administrative: 'enabled',
    operational: 'established',
    sessionShape: 'mp-bgp',
    diagnosis: [],
    timeline: (Object.keys(OFFSETS) as (keyof typeof OFFSETS)[])
      .slice(0, steps)
      .map((step) => entry(step, OFFSETS[step])),
  };
}

function entry(step: TimelineSource['timeline'][number]['step'], atMs: number) {
  const at = new Date(Date.UTC(2026, 10, 21, 14, 2, 11) + atMs).toISOString();
  return { step, at, detail: null, operation: null };
}

const LETTERS = { done: 'd', now: 'n', stuck: 's', ahead: 'A' } as const;
const states = (source: TimelineSource): string =>
  buildTimeline(source)
    .map(({ state }) => LETTERS[state])
    .join('');
