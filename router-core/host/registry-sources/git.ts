/**
 * A registry in a git repository, fetched by the program `git` into a folder of ours.
 *
 * Not standardized; docs/architecture.md §7 and §8. One branch, one commit deep; the address is
 * given at each fetch and never stored in the repository, so no password lies in it.
 *
 *     init ─► fetch ─► sizes of the new commit's files ─► checkout
 *                └─ descent from the accepted commit: fetch since its date, then merge-base
 *
 * Invariants
 * - Nothing is checked out before the number and size of its files are known.
 * - A refresh that fails leaves the last checkout usable, or none.
 *
 * @module
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RouterError } from '../../base/errors.ts';
import type { RegistrySource } from '../../router/types.ts';
import { type GitRun, packFiles, runGit } from './git-process.ts';
import { type GitUrl, parseGitUrl, pinAddress } from './git-url.ts';
import {
  MAX_CHECKOUT_BYTES,
  MAX_FILES,
  MAX_PACKS,
  MAX_REPOSITORY_BYTES,
  REFRESH_TIMEOUT_MS,
} from './limits.ts';
import type { OpenedRegistrySource, RegistrySourceOptions, RegistryState } from './source.ts';

/** Keeps the accepted commit from being pruned while newer ones come. */
const ACCEPTED_REFERENCE = 'refs/rootless42/accepted';
const OBJECT_ID = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
/** Clocks of committers differ; a day of history more costs nothing. */
const DESCENT_SLACK_SECONDS = 86_400;
const LOCKS = ['index.lock', 'shallow.lock', 'HEAD.lock', 'FETCH_HEAD.lock', 'config.lock'];

/** @throws RouterError `SETTING_INVALID` for an address or branch that cannot be used */
export function openGitSource(
  source: RegistrySource & { kind: 'git' },
  options: RegistrySourceOptions,
): OpenedRegistrySource {
  const url = parseGitUrl(source.url, options.testProtocols);
  const branch = source.branch;
  if (branch !== undefined && !isBranchName(branch))
    throw new RouterError('SETTING_INVALID', `${branch} is not the name of a branch.`, {
      path: 'registry.branch',
    });
  let running: Promise<RegistryState> | undefined;
  let lastCommit: string | undefined;
  return {
    refresh(signal, accepted) {
      running ??= refreshInTime(url, branch, options, signal, accepted)
        .then(({ commit, descends }) => {
          const changed = commit !== lastCommit;
          lastCommit = commit;
          return { commit, changed, folder: options.folder, descends };
        })
        .finally(() => {
          running = undefined;
        });
      return running;
    },
  };
}

type Git = (
  args: readonly string[],
  extra?: Partial<GitRun>,
) => Promise<{ output: string; code: number }>;

async function refreshInTime(
  url: GitUrl,
  branch: string | undefined,
  options: RegistrySourceOptions,
  outerSignal: AbortSignal,
  accepted: string | undefined,
): Promise<{ commit: string; descends: boolean | null }> {
  const milliseconds = options.timeoutMs ?? REFRESH_TIMEOUT_MS;
  const timeout = AbortSignal.timeout(milliseconds);
  const signal = AbortSignal.any([outerSignal, timeout]);
  try {
    return await refreshRepository(url, branch, options, signal, accepted);
  } catch (cause) {
    outerSignal.throwIfAborted();
    if (!timeout.aborted) throw cause;
    throw new RouterError(
      'REGISTRY_UNAVAILABLE',
      `The registry could not be fetched within ${milliseconds / 1000} seconds.`,
      { path: 'registry.git' },
      cause,
    );
  }
}

async function refreshRepository(
  url: GitUrl,
  branch: string | undefined,
  options: RegistrySourceOptions,
  signal: AbortSignal,
  accepted: string | undefined,
): Promise<{ commit: string; descends: boolean | null }> {
  const { folder } = options;
  const pins =
    options.resolve === undefined || url.host === ''
      ? { config: [], sshOptions: [] }
      : pinAddress(url, await options.resolve(url.host, signal));
  const git: Git = (args, extra) =>
    runGit({
      args,
      folder,
      signal,
      maxRepositoryBytes: options.maxRepositoryBytes ?? MAX_REPOSITORY_BYTES,
      ...(options.testProtocols === undefined ? {} : { testProtocols: options.testProtocols }),
      ...pins,
      ...extra,
    });
  const reference = branch === undefined ? 'HEAD' : `refs/heads/${branch}`;
  const fetchArguments = ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--force'];
  const fetch = (depth: string): Promise<unknown> =>
    git([...fetchArguments, depth, '--', url.text, reference]);

  prepareFolder(folder);
  if (!existsSync(join(folder, '.git', 'HEAD')))
    await git(['init', '--quiet', '--template=', '--initial-branch=registry']);
  await fetch('--depth=1');
  const commit = (await git(['rev-parse', '--verify', 'FETCH_HEAD^{commit}'])).output.trim();
  const descends = await doesDescend(git, fetch, commit, accepted);
  await checkSizes(git, commit);
  await git(['checkout', '--quiet', '--force', '--detach', commit, '--']);
  if (packFiles(folder).length / 2 > MAX_PACKS) await git(['gc', '--quiet', '--prune=now']);
  return { commit, descends };
}

/** Our own folder: what an interrupted run left behind is removed. */
function prepareFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const lock of LOCKS) rmSync(join(folder, '.git', lock), { force: true });
  for (const { path } of packFiles(folder))
    if (/\/tmp_[^/]*$/.test(path)) rmSync(path, { force: true });
}

async function doesDescend(
  git: Git,
  fetch: (depth: string) => Promise<unknown>,
  commit: string,
  accepted: string | undefined,
): Promise<boolean | null> {
  if (accepted === undefined || !OBJECT_ID.test(accepted)) return null;
  if (accepted === commit) return true;
  const exists = await git(['cat-file', '-e', `${accepted}^{commit}`], { answers: [1, 128] });
  // Fetched anew into an empty folder: only the registry's size can still be compared.
  if (exists.code !== 0) return null;
  await git(['update-ref', ACCEPTED_REFERENCE, accepted]);
  const timeOf = async (id: string): Promise<number> =>
    Number((await git(['show', '--no-patch', '--format=%ct', id, '--'])).output.trim());
  const since = (await timeOf(accepted)) - DESCENT_SLACK_SECONDS;
  // Nothing that is older than its ancestor by a day descends from it.
  if ((await timeOf(commit)) < since) return false;
  await fetch(`--shallow-since=${new Date(since * 1000).toISOString()}`);
  const answer = await git(['merge-base', '--is-ancestor', accepted, commit], { answers: [1] });
  return answer.code === 0;
}

/** A small pack may unpack to anything: the sizes are asked before the files are made. */
async function checkSizes(git: Git, commit: string): Promise<void> {
  const { output } = await git(['ls-tree', '-r', '-l', '-z', '--full-tree', commit]);
  let files = 0;
  let bytes = 0;
  for (const row of output.split('\0')) {
    // `mode type id size<TAB>path`; submodules have no size and are not fetched.
    const size = /^[0-9]+ blob [0-9a-f]+ +([0-9]+)\t/.exec(row)?.[1];
    if (size === undefined) continue;
    files++;
    bytes += Number(size);
  }
  if (files > MAX_FILES || bytes > MAX_CHECKOUT_BYTES)
    throw new RouterError(
      'REGISTRY_UNAVAILABLE',
      `The repository holds ${files} files with ${bytes} octets: this is no registry.`,
      { path: 'registry.git' },
    );
}

/** git-check-ref-format(1), and nothing that could be an option. */
const isBranchName = (name: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/.test(name) && !/\.\.|\/\/|\/\.|\.lock|[./]$/.test(name);
