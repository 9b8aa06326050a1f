import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseIpAddress } from '../../base/ip-address.ts';
import {
  commitAll,
  git,
  temporaryFolder,
  temporaryRepository,
  writeObject,
} from './fixtures/temporary-registry.ts';
import { parseGitUrl, pinAddress, withoutSecrets } from './git-url.ts';
import { openRegistrySource, type RegistrySourceOptions } from './index.ts';
import { readRegistryFolder } from './read-folder.ts';

const signal = new AbortController().signal;
const NEW = 'mntner:             NEW-MNT\n';

function open(repository: string, options: Partial<RegistrySourceOptions> = {}, branch?: string) {
  const folder = join(temporaryFolder(), 'registry');
  const url = `file://${repository}`;
  const source = openRegistrySource(
    { kind: 'git', url, ...(branch === undefined ? {} : { branch }) },
    { folder, testProtocols: ['file'], ...options },
  );
  return { folder, source };
}

test('fetches one commit and follows the branch', async () => {
  const { folder: repository, commit } = temporaryRepository();
  const { folder, source } = open(repository);
  expect(await source.refresh(signal)).toEqual({ commit, changed: true, folder, descends: null });
  expect([...readRegistryFolder(folder)].length).toBe([...readRegistryFolder(repository)].length);
  expect(git(folder, 'rev-list', '--count', 'HEAD')).toBe('1');
  expect(await source.refresh(signal, commit)).toMatchObject({ changed: false, descends: true });

  writeObject(repository, 'mntner/NEW-MNT', NEW);
  rmSync(join(repository, 'data', 'mntner', 'ALDER-MNT'));
  const next = commitAll(repository);
  expect(await source.refresh(signal, commit)).toMatchObject({
    commit: next,
    changed: true,
    descends: true,
  });
  expect(existsSync(join(folder, 'data', 'mntner', 'NEW-MNT'))).toBe(true);
  expect(existsSync(join(folder, 'data', 'mntner', 'ALDER-MNT'))).toBe(false);
  expect(lstatSync(folder).mode & 0o777).toBe(0o700);
});

test('tells a rewritten history from one that went on, over many commits', async () => {
  const { folder: repository, commit } = temporaryRepository();
  const { source } = open(repository);
  await source.refresh(signal);
  for (let i = 0; i < 5; i++) {
    writeObject(repository, `mntner/NEW${i}-MNT`, NEW);
    commitAll(repository);
  }
  const tip = git(repository, 'rev-parse', 'HEAD');
  expect(await source.refresh(signal, commit)).toMatchObject({ commit: tip, descends: true });

  git(repository, 'reset', '--quiet', '--hard', commit);
  expect(await source.refresh(signal, tip)).toMatchObject({ commit, descends: false });
  git(repository, 'commit', '--quiet', '--amend', '--message', 'rewritten');
  expect(await source.refresh(signal, tip)).toMatchObject({ descends: false });
  // What comes after the rewritten commit still does not descend from the accepted one.
  writeObject(repository, 'mntner/LATER-MNT', NEW);
  commitAll(repository);
  expect(await source.refresh(signal, tip)).toMatchObject({ changed: true, descends: false });
  expect(await source.refresh(signal, 'f'.repeat(40))).toMatchObject({ descends: null });
});

test('takes the branch that was asked for', async () => {
  const { folder: repository } = temporaryRepository();
  git(repository, 'checkout', '--quiet', '-b', 'next');
  writeObject(repository, 'mntner/NEW-MNT', NEW);
  const next = commitAll(repository);
  git(repository, 'checkout', '--quiet', 'master');
  expect((await open(repository, {}, 'next').source.refresh(signal)).commit).toBe(next);
  expect((await open(repository).source.refresh(signal)).commit).not.toBe(next);
  await expect(open(repository, {}, 'gone').source.refresh(signal)).rejects.toMatchObject({
    code: 'REGISTRY_UNAVAILABLE',
  });
  for (const bad of ['--upload-pack=x', 'a..b', '-x', 'a b', 'a.lock', ''])
    expect(() => open(repository, {}, bad)).toThrow(/not the name of a branch/);
});

test('makes a file of a link and fetches no submodule', async () => {
  const { folder: repository } = temporaryRepository();
  symlinkSync('/etc/passwd', join(repository, 'data', 'mntner', 'LINK-MNT'));
  writeFileSync(
    join(repository, '.gitmodules'),
    '[submodule "x"]\n\tpath = data/x\n\turl = ext::touch /tmp/r42-owned\n',
  );
  commitAll(repository);
  const { folder, source } = open(repository);
  await source.refresh(signal);
  const link = lstatSync(join(folder, 'data', 'mntner', 'LINK-MNT'));
  expect(link.isSymbolicLink()).toBe(false);
  expect(existsSync(join(folder, 'data', 'x'))).toBe(false);
});

test('runs no hook and no filter, not even of its own folder', async () => {
  const { folder: repository } = temporaryRepository();
  const { folder, source } = open(repository);
  await source.refresh(signal);
  const marker = join(temporaryFolder(), 'marker');
  const hook = join(folder, '.git', 'hooks', 'post-checkout');
  mkdirSync(join(hook, '..'), { recursive: true });
  writeFileSync(hook, `#!/bin/sh\ntouch ${marker}\n`);
  chmodSync(hook, 0o755);
  writeFileSync(join(repository, '.gitattributes'), '* filter=evil\n');
  writeObject(repository, 'mntner/NEW-MNT', NEW);
  commitAll(repository);
  await source.refresh(signal);
  expect(existsSync(join(folder, 'data', 'mntner', 'NEW-MNT'))).toBe(true);
  expect(existsSync(marker)).toBe(false);
});

test('recovers from locks and half packs of a run that was killed', async () => {
  const { folder: repository } = temporaryRepository();
  const { folder, source } = open(repository);
  await source.refresh(signal);
  for (const lock of ['index.lock', 'shallow.lock', 'HEAD.lock'])
    writeFileSync(join(folder, '.git', lock), '');
  const half = join(folder, '.git', 'objects', 'pack', 'tmp_pack_abc');
  writeFileSync(half, 'x');
  writeObject(repository, 'mntner/NEW-MNT', NEW);
  const next = commitAll(repository);
  expect((await source.refresh(signal)).commit).toBe(next);
  expect(existsSync(half)).toBe(false);
});

test('stops at the limits of size and time', async () => {
  const { folder: repository } = temporaryRepository();
  const small = open(repository, { maxRepositoryBytes: 1000 });
  await expect(small.source.refresh(signal)).rejects.toThrow(/larger than 1000 octets/);
  const slow = open(repository, { timeoutMs: 1 });
  await expect(slow.source.refresh(signal)).rejects.toMatchObject({
    code: 'REGISTRY_UNAVAILABLE',
    message: expect.stringContaining('within 0.001 seconds'),
  });
  const cancelled = AbortSignal.abort(new Error('cancelled'));
  await expect(open(repository).source.refresh(cancelled)).rejects.toThrow('cancelled');
});

test('serves two callers with one run', async () => {
  const { folder: repository, commit } = temporaryRepository();
  const { source } = open(repository);
  const [a, b] = await Promise.all([source.refresh(signal), source.refresh(signal)]);
  expect(a).toBe(b);
  expect(a.commit).toBe(commit);
});

test('does not open file: without the option of the tests', async () => {
  const { folder: repository } = temporaryRepository();
  const source = { kind: 'git', url: `file://${repository}` } as const;
  expect(() => openRegistrySource(source, { folder: temporaryFolder() })).toThrow(/https or ssh/);
});

test.each([
  'ext::sh -c id',
  'ext::sh',
  'http://git.dn42.dev/dn42/registry',
  'git://git.dn42.dev/dn42/registry',
  'ftp://x/y',
  'file:///etc',
  '/etc',
  '--upload-pack=touch /tmp/x',
  '-oProxyCommand=id:x',
  'ssh://-oProxyCommand=id/x',
  'ssh://-o@host/x',
  'git@host:-x',
  'https://',
  'https://a b/c',
  'https://host/\u202e',
  'host::x',
])('refuses the address %j', (text) => {
  expect(() => parseGitUrl(text)).toThrow(/https or ssh|malformed|spaces/);
});

test.each([
  ['https://git.dn42.dev/dn42/registry.git', 'https', 'git.dn42.dev', 443],
  ['https://u:p@git.dn42.dev:8443/x', 'https', 'git.dn42.dev', 8443],
  ['https://[fd42::1]/x', 'https', 'fd42::1', 443],
  ['ssh://git@git.dn42.dev/x', 'ssh', 'git.dn42.dev', 22],
  ['git@git.dn42.dev:dn42/registry.git', 'ssh', 'git.dn42.dev', 22],
])('reads %s', (text, protocol, host, port) => {
  expect(parseGitUrl(text)).toEqual({ text, protocol, host, port });
});

test('pins the address that was checked, and shows no password', () => {
  const address = parseIpAddress('fd42::1');
  if (address === undefined) throw new Error('an address');
  expect(pinAddress(parseGitUrl('https://git.dn42.dev/x'), address).config).toEqual([
    'http.curloptResolve=git.dn42.dev:443:[fd42::1]',
  ]);
  expect(pinAddress(parseGitUrl('git@git.dn42.dev:x'), address).sshOptions).toEqual([
    'HostName=fd42::1',
    'HostKeyAlias=git.dn42.dev',
  ]);
  expect(withoutSecrets("fatal: unable to access 'https://u:secret@h/x'")).toBe(
    "fatal: unable to access 'https://h/x'",
  );
});

test('names the failure, without the password of the address', async () => {
  const url = 'https://user:secret@127.0.0.1:9/x';
  const source = openRegistrySource({ kind: 'git', url }, { folder: join(temporaryFolder(), 'r') });
  const error = await source.refresh(signal).catch((e: unknown) => e as Error);
  expect(error).toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
  expect(String(error)).not.toContain('secret');
});
