/**
 * The benchmarks run and their results are whole. Their timing is nobody's business here.
 */
import { afterAll, expect, test } from 'vitest';
import { casesOf, runBgp, runForwarding, stopAllStars } from '../../bench/index.ts';

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

test('every route reaches the sink through BIRD, our engine, and our router in tunnels', async () => {
  const routes = 2000;
  const report = await runBgp({ routes, runs: 1, variants: ['plain', 'tunnel'], processors, log });
  expect(report.runs.map((run) => [run.router, run.values.present, run.values.foreign])).toEqual([
    ['BIRD', routes, 0],
    ['rootless42 engine', routes, 0],
    ['BIRD + wireguard-go', routes, 0],
    ['rootless42', routes, 0],
  ]);
});
