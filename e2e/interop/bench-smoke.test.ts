/**
 * The benchmarks run and their results are whole. Their timing is nobody's business here.
 */
import { afterAll, expect, test } from 'vitest';
import {
  BGP_CASE_NAMES,
  BGP_CASES,
  casesOf,
  runBgp,
  runForwarding,
  runMeshRelay,
  stopAllStars,
} from '../../bench/index.ts';

/** `recv` and `dn42` are these two at more routes and by fewer routers. */
const SHAPES = BGP_CASE_NAMES.filter((name) => name !== 'recv' && name !== 'dn42');
const processors = { router: '0', ends: '0' };
const log = (): void => undefined;

afterAll(stopAllStars);

test('packets pass both routers, and each run has its price', async () => {
  const report = await runForwarding({
    rounds: 1,
    seconds: 0.5,
    cases: ['ping', 'flood-small'],
    underlays: [],
    processors,
    log,
  });
  expect(report.runs.map((run) => `${run.router}: ${run.test}`)).toEqual([
    'wireguard-go + kernel: ping',
    'wireguard-go + kernel: flood-small',
    'wireguard-go + kernel: memory',
    'rootless42: ping',
    'rootless42: flood-small',
    'rootless42: memory',
  ]);
  for (const { test: name, values } of report.runs) {
    if (name === 'ping') expect(values.rttP50Us).toBeGreaterThan(0);
    else if (name === 'memory') expect(values.rssMiB).toBeGreaterThan(0);
    else {
      expect(values.receivedPerSecond).toBeGreaterThan(0);
      expect(values.cpuUsPerPacket).toBeGreaterThan(0);
    }
  }
  const cases = casesOf(report);
  expect(cases.map((one) => one.case)).toEqual(['ping', 'flood-small', 'memory']);
  for (const one of cases) expect(one.ratio).toBeGreaterThan(0);
});

test('every route reaches every peer, whoever is between them, in each shape', async () => {
  const report = await runBgp({
    cases: SHAPES,
    routers: undefined,
    scale: 0.002,
    runs: 1,
    quietMs: 200,
    processors,
    log,
  });
  expect(report.leftOut).toEqual([]);
  expect(report.runs.map(({ test: name, router }) => `${name}: ${router}`)).toEqual(
    SHAPES.flatMap((name) => BGP_CASES[name].routers.map((router) => `${name}: ${router}`)),
  );
  // The benchmark itself fails where somebody holds too little or too much.
  for (const { values } of report.runs) {
    expect(values.paths).toBeGreaterThan(0);
    expect(values.present).toBe(values.expected);
    expect(values.cpuSeconds).toBeGreaterThanOrEqual(0);
  }
  const ours = casesOf(report).filter(({ router }) => router === 'rootless42');
  expect(ours.map((one) => one.case)).toEqual([...SHAPES]);
  for (const one of ours) expect(one.measure).toBe('cpuSeconds');
});

test('frames pass a relay as packets pass it, and each run has its price', async () => {
  const report = await runMeshRelay({
    rounds: 1,
    seconds: 0.3,
    underlay: 'auto',
    processors,
    log,
  });
  expect(report.runs).toHaveLength(4);
  for (const { values } of report.runs) {
    expect(values.forwardedPerSecond).toBeGreaterThan(0);
    expect(values.cpuUsPerPacket).toBeGreaterThan(0);
  }
  expect(casesOf(report).map((one) => one.case)).toEqual(['1400 octets', '64 octets']);
});
