import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MAX_FILE_BYTES } from '../../registry/index.ts';
import {
  commitAll,
  git,
  temporaryFolder,
  temporaryRegistry,
  temporaryRepository,
  writeObject,
} from './fixtures/temporary-registry.ts';
import { openRegistrySource } from './index.ts';
import { readRegistryFolder } from './read-folder.ts';

const signal = new AbortController().signal;
const open = (path: string) => openRegistrySource({ kind: 'directory', path }, { folder: '' });
const pathsOf = (folder: string) => [...readRegistryFolder(folder)].map((file) => file.path);

test('names a folder by its contents and sees a change, and only a change', async () => {
  const folder = temporaryRegistry();
  const source = open(folder);
  const first = await source.refresh(signal);
  expect(first).toMatchObject({ changed: true, folder, descends: null });
  expect(first.commit).toMatch(/^digest-[0-9a-f]{40}$/);
  expect(await source.refresh(signal)).toEqual({ ...first, changed: false });

  writeObject(folder, 'mntner/NEW-MNT', 'mntner:             NEW-MNT\n');
  const second = await source.refresh(signal);
  expect(second.changed).toBe(true);
  expect(second.commit).not.toBe(first.commit);

  rmSync(join(folder, 'data', 'mntner', 'NEW-MNT'));
  expect((await source.refresh(signal)).commit).toBe(first.commit);
});

test('gives two copies the same name', async () => {
  const [a, b] = [temporaryRegistry(), temporaryRegistry()];
  expect((await open(a).refresh(signal)).commit).toBe((await open(b).refresh(signal)).commit);
});

test('names a clone by its commit: on a branch, detached, and packed', async () => {
  const { folder, commit } = temporaryRepository();
  const source = open(folder);
  expect(await source.refresh(signal)).toMatchObject({ commit, changed: true });
  git(folder, 'pack-refs', '--all');
  expect(await source.refresh(signal)).toMatchObject({ commit, changed: false });

  writeObject(folder, 'mntner/NEW-MNT', 'mntner:             NEW-MNT\n');
  expect(await source.refresh(signal)).toMatchObject({ commit, changed: true });
  const next = commitAll(folder);
  expect(await source.refresh(signal)).toMatchObject({ commit: next, changed: true });
  git(folder, 'checkout', '--quiet', '--detach', 'HEAD');
  expect(await source.refresh(signal)).toMatchObject({ commit: next, changed: false });
});

test('runs nothing of a clone and follows no reference out of it', async () => {
  const folder = temporaryRegistry();
  mkdirSync(join(folder, '.git'));
  writeFileSync(join(folder, '.git', 'HEAD'), 'ref: refs/../../../../etc/passwd\n');
  expect((await open(folder).refresh(signal)).commit).toMatch(/^digest-/);
  writeFileSync(join(folder, '.git', 'HEAD'), 'ref: refs/heads/gone\n');
  expect((await open(folder).refresh(signal)).commit).toMatch(/^digest-/);
});

test('follows no link: neither a file nor a folder nor data itself', async () => {
  const folder = temporaryRegistry();
  const secret = join(temporaryFolder(), 'secret');
  writeFileSync(secret, 'mntner:             SECRET-MNT\n');
  symlinkSync(secret, join(folder, 'data', 'mntner', 'SECRET-MNT'));
  symlinkSync(join(folder, 'data', 'mntner'), join(folder, 'data', 'person2'));
  const before = (await open(temporaryRegistry()).refresh(signal)).commit;
  expect((await open(folder).refresh(signal)).commit).toBe(before);
  expect(pathsOf(folder).filter((path) => /SECRET|person2/.test(path))).toEqual([]);

  const elsewhere = join(temporaryFolder(), 'data');
  renameSync(join(folder, 'data'), elsewhere);
  symlinkSync(elsewhere, join(folder, 'data'));
  await expect(open(folder).refresh(signal)).rejects.toMatchObject({
    code: 'REGISTRY_UNAVAILABLE',
  });
});

test('reads no more of a file than shows that it is too large', () => {
  const folder = temporaryRegistry();
  writeObject(folder, 'mntner/BIG-MNT', 'x'.repeat(3 * MAX_FILE_BYTES));
  const big = [...readRegistryFolder(folder)].find((file) => file.path === 'mntner/BIG-MNT');
  expect(big?.bytes.length).toBe(MAX_FILE_BYTES + 1);
});

test('says what is wrong with the path', async () => {
  await expect(open(temporaryFolder()).refresh(signal)).rejects.toMatchObject({
    code: 'REGISTRY_UNAVAILABLE',
    details: { hint: expect.stringContaining('data/') },
  });
  expect(() => open('registry')).toThrow(/not absolute/);
});

test('ends when it is told to', async () => {
  const cancelled = AbortSignal.abort(new Error('cancelled'));
  await expect(open(temporaryRegistry()).refresh(cancelled)).rejects.toThrow('cancelled');
});
