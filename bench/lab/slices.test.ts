import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { longestSlice } from './slices.ts';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slices-'));
  file = join(folder, 'slices');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('counts the windows that ended in the time asked about', () => {
  writeFileSync(file, '1000 80.5\n1250 3.0\n1500 4.5\n1750 90.0\n');
  expect(longestSlice(file, 1250, 1500)).toBe(4.5);
  expect(longestSlice(file, 1000, 1500)).toBe(80.5);
});

test('a probe that saw no work is 0, no probe is an error', () => {
  expect(() => longestSlice(file, 0, 1)).toThrow(/slice probe wrote no .*slices/);
  writeFileSync(file, '');
  expect(longestSlice(file, 0, 1)).toBe(0);
});

test('the probe makes the file in an idle router worker, and writes down what is long', async () => {
  // A worker's process.argv[1] is its file: that is how the probe knows the router's.
  const script = join(folder, 'worker.js');
  writeFileSync(
    script,
    `require('node:worker_threads').parentPort.on('message', (ms) => {
      for (const end = Date.now() + ms; Date.now() < end; );
    });`,
  );
  const probe = new URL('./slice-probe.cjs', import.meta.url).pathname;
  const worker = new Worker(script, {
    execArgv: ['--require', probe],
    env: { BENCH_SLICES_FILE: file },
  });
  try {
    await expect.poll(() => longestSlice(file, 0, 1), { timeout: 10_000 }).toBe(0);
    const from = Date.now();
    worker.postMessage(300);
    await expect
      .poll(() => longestSlice(file, from, Date.now()), { timeout: 10_000 })
      .toBeGreaterThan(20);
  } finally {
    await worker.terminate();
  }
});
