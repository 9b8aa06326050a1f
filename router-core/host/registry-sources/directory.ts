/**
 * A registry that lies in a directory: a clone somebody else pulls, or an unpacked archive.
 *
 * Not standardized. The state's name is the commit a `.git` folder tells, else a digest of the
 * contents. Somebody may edit a clone without committing: whether anything changed is judged by
 * sizes and times of the files as well.
 *
 * Invariants
 * - No program is run: hooks, filters and configuration of the clone have no effect.
 * - Nothing is written.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type FileEntry, listRegistryFolder, readRegularFile } from './read-folder.ts';
import type { OpenedRegistrySource, RegistryState } from './source.ts';

const OBJECT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
/** Octets of HEAD, a reference or the packed references. */
const MAX_GIT_FILE_BYTES = 4 * 1024 * 1024;

/** Opens a directory that holds `data/`. */
export function openDirectorySource(folder: string): OpenedRegistrySource {
  let last: { commit: string; times: string } | undefined;
  return {
    async refresh(signal): Promise<RegistryState> {
      const entries = await listRegistryFolder(folder, signal);
      const head = readHeadCommit(folder);
      const times = digestOfTimes(entries);
      const isSame = last?.times === times && (head === undefined || last.commit === head);
      const commit =
        head ??
        (isSame && last !== undefined ? last.commit : await digestOf(folder, entries, signal));
      const changed = !isSame;
      last = { commit, times };
      return { commit, changed, folder, descends: null };
    },
  };
}

/** Returns the commit of a folder's own `.git`, by reading files; undefined when there is none. */
export function readHeadCommit(folder: string): string | undefined {
  const git = join(folder, '.git');
  const read = (name: string): string | undefined => {
    try {
      const bytes = readRegularFile(join(git, name), MAX_GIT_FILE_BYTES);
      return bytes === undefined ? undefined : new TextDecoder().decode(bytes).trim();
    } catch {
      // `.git` is a file (a worktree) or unreadable: the digest of the contents names the state.
      return undefined;
    }
  };
  const head = read('HEAD');
  if (head === undefined) return undefined;
  if (OBJECT_ID.test(head)) return head;
  const reference = /^ref: (refs\/[A-Za-z0-9._/-]{1,200})$/.exec(head)?.[1];
  if (reference === undefined || reference.includes('..')) return undefined;
  const loose = read(reference);
  if (loose !== undefined && OBJECT_ID.test(loose)) return loose;
  for (const line of (read('packed-refs') ?? '').split('\n')) {
    const [id, name] = line.split(' ');
    if (name === reference && id !== undefined && OBJECT_ID.test(id)) return id;
  }
  return undefined;
}

/** Cheap: tells whether to look closer. */
function digestOfTimes(entries: readonly FileEntry[]): string {
  const hash = createHash('sha256');
  for (const { path, stats } of entries)
    hash.update(`${path}\0${stats.size} ${stats.mtimeMs} ${stats.ctimeMs} ${stats.ino}\n`);
  return hash.digest('hex');
}

async function digestOf(
  folder: string,
  entries: readonly FileEntry[],
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  for (const [i, { path }] of entries.entries()) {
    const bytes = readRegularFile(join(folder, 'data', path));
    if (bytes === undefined) continue;
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
    // Files are small and read at once; the thread is let go in between.
    if (i % 200 === 199) {
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    }
  }
  return `digest-${hash.digest('hex').slice(0, 40)}`;
}
