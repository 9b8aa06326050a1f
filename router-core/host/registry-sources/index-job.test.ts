import { mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { wallTime } from '../../base/units.ts';
import { temporaryFolder, temporaryRegistry, writeObject } from './fixtures/temporary-registry.ts';
import {
  type IndexJob,
  indexInWorker,
  loadRegistryIndex,
  newestRegistryIndex,
  readLastCheck,
  runIndexJob,
  writeLastCheck,
} from './index.ts';

const WORKER = new URL('../workers/registry.ts', import.meta.url).pathname;

function job(change: Partial<IndexJob> = {}): IndexJob {
  return {
    folder: temporaryRegistry(),
    commit: 'a'.repeat(40),
    indexFolder: join(temporaryFolder(), 'registry-index'),
    ...change,
  };
}

test('writes an index that loads, for its owner only', () => {
  const first = job();
  const report = runIndexJob(first);
  expect(report).toMatchObject({
    outcome: 'written',
    commit: first.commit,
    counts: { networks: 18, roas: 40, droppedRoutes: 10 },
  });
  const path = newestRegistryIndex(first.indexFolder) ?? '';
  expect(path).toBe(join(first.indexFolder, `${first.commit}.json`));
  expect(loadRegistryIndex(path)).toMatchObject({ commit: first.commit });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(first.indexFolder).mode & 0o777).toBe(0o700);
  expect(readdirSync(first.indexFolder)).toHaveLength(1);
});

test('closes an index folder that was open to others', () => {
  const open = job();
  mkdirSync(open.indexFolder, { mode: 0o755, recursive: true });
  runIndexJob(open);
  expect(statSync(open.indexFolder).mode & 0o777).toBe(0o700);
});

test('holds a state that lost more than a fifth, until the operator accepts it (§1.7)', () => {
  const first = job();
  runIndexJob(first);
  rmSync(join(first.folder, 'data', 'route6'), { recursive: true });
  const next = { ...first, commit: 'b'.repeat(40) };
  expect(runIndexJob(next)).toMatchObject({ outcome: 'held', code: 'REGISTRY_SHRANK' });
  expect(newestRegistryIndex(first.indexFolder)).toContain(first.commit);
  // Held states are not compared with: asking again gives the same answer.
  expect(runIndexJob({ ...next, commit: 'c'.repeat(40) })).toMatchObject({ outcome: 'held' });
  expect(runIndexJob({ ...next, force: true })).toMatchObject({ outcome: 'written' });
  expect(newestRegistryIndex(first.indexFolder)).toContain(next.commit);
});

test('passes a small loss and a gain', () => {
  const first = job();
  runIndexJob(first);
  rmSync(join(first.folder, 'data', 'mntner', 'KELP-MNT'));
  writeObject(first.folder, 'mntner/NEW-MNT', 'mntner:             NEW-MNT\n');
  expect(runIndexJob({ ...first, commit: 'b'.repeat(40) })).toMatchObject({ outcome: 'written' });
});

test('holds a rewritten history', () => {
  const first = job();
  runIndexJob(first);
  const next = { ...first, commit: 'b'.repeat(40) };
  expect(runIndexJob({ ...next, descends: false })).toMatchObject({
    outcome: 'held',
    code: 'REGISTRY_REWRITTEN',
  });
  expect(runIndexJob({ ...next, descends: false, force: true }).outcome).toBe('written');
  // Nothing to compare with: the first state is never held.
  expect(runIndexJob(job({ descends: false })).outcome).toBe('written');
});

test('keeps the three newest files', () => {
  const base = job();
  for (const [i, letter] of ['a', 'b', 'c', 'd', 'e'].entries()) {
    const report = runIndexJob({ ...base, commit: letter.repeat(40) });
    if (report.outcome === 'written') utimesSync(report.path, 1000 + i, 1000 + i);
  }
  expect(readdirSync(base.indexFolder).sort()).toEqual(
    ['c', 'd', 'e'].map((letter) => `${letter.repeat(40)}.json`),
  );
});

test('reports a folder that is no registry, and a name that is none', () => {
  const empty = temporaryFolder();
  expect(runIndexJob(job({ folder: empty }))).toMatchObject({ outcome: 'failed' });
  mkdirSync(join(empty, 'data'));
  expect(runIndexJob(job({ folder: empty }))).toMatchObject({
    outcome: 'failed',
    code: 'REGISTRY_UNAVAILABLE',
  });
  expect(runIndexJob(job({ commit: '../../escape' }))).toMatchObject({ outcome: 'failed' });
});

test('makes a damaged or older index anew instead of comparing with it', () => {
  const base = job();
  mkdirSync(base.indexFolder);
  const path = join(base.indexFolder, `${'0'.repeat(40)}.json`);
  for (const text of ['{', 'null', '{"schema":0}', '[]']) {
    writeFileSync(path, text);
    expect(() => loadRegistryIndex(path)).toThrow(/cannot be read|another version/);
    expect(runIndexJob(base).outcome).toBe('written');
  }
  expect(() => loadRegistryIndex(join(base.indexFolder, 'gone.json'))).toThrow(/cannot be read/);
});

test('remembers the last successful check over restarts', () => {
  const folder = join(temporaryFolder(), 'registry-index');
  expect(readLastCheck(folder)).toBeUndefined();
  writeLastCheck(folder, { commit: 'abc', at: wallTime(1234) });
  expect(readLastCheck(folder)).toEqual({ commit: 'abc', at: 1234 });
  expect(newestRegistryIndex(folder)).toBeUndefined();
});

test('runs as a thread, and reports a thread that fails', async () => {
  const workerFile = join(temporaryFolder(), 'registry-worker.mjs');
  await build({
    entryPoints: [WORKER],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: workerFile,
  });
  const signal = new AbortController().signal;
  const base = job();
  const report = await indexInWorker(workerFile, base, signal);
  expect(report).toMatchObject({ outcome: 'written', counts: { roas: 40 } });
  expect(
    await indexInWorker(workerFile, { ...base, folder: '/nonexistent' }, signal),
  ).toMatchObject({
    outcome: 'failed',
  });
  expect(await indexInWorker(join(temporaryFolder(), 'none.mjs'), base, signal)).toMatchObject({
    outcome: 'failed',
    code: 'REGISTRY_UNAVAILABLE',
  });
  await expect(
    indexInWorker(workerFile, base, AbortSignal.abort(new Error('cancelled'))),
  ).rejects.toThrow('cancelled');
});
