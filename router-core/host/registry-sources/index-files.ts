/**
 * The files of `<data>/registry-index/`: one index per registry state, and the time of the last
 * check of the source.
 *
 * Not standardized; docs/architecture.md §9. The indexes hold mail addresses: folder 0700, files
 * 0600.
 *
 * Invariants
 * - A file is there as a whole or not at all.
 * - An index that was held for the operator is never written: the newest file is the accepted one.
 *
 * @module
 */
import { chmodSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RouterError } from '../../base/errors.ts';
import { type WallTime, wallTime } from '../../base/units.ts';
import { REGISTRY_INDEX_SCHEMA, type RegistryIndex } from '../../registry/index.ts';
import { writeFileAtomically } from '../files.ts';
import { KEPT_INDEX_FILES, MAX_INDEX_BYTES } from './limits.ts';

const COMMIT = /^[0-9a-z][0-9a-z-]{6,99}$/;
const INDEX_FILE = /^[0-9a-z][0-9a-z-]{6,99}\.json$/;
const LAST_CHECK_FILE = 'LAST-CHECK';

/** Returns where the index of a state lies. */
export function indexPath(folder: string, commit: string): string {
  if (!COMMIT.test(commit))
    throw new RouterError('REGISTRY_UNAVAILABLE', 'The name of the registry state is unusable.');
  return join(folder, `${commit}.json`);
}

/** Writes an index, removes the oldest ones, and returns the path. */
export function writeRegistryIndex(folder: string, index: RegistryIndex): string {
  const path = indexPath(folder, index.commit ?? '');
  writeWhole(folder, path, JSON.stringify(index));
  for (const old of indexFiles(folder).slice(KEPT_INDEX_FILES)) rmSync(old, { force: true });
  return path;
}

/**
 * Reads an index.
 *
 * @throws RouterError `REGISTRY_UNAVAILABLE` when it is missing, damaged or of another schema
 */
export function loadRegistryIndex(path: string): RegistryIndex {
  const fail = (why: string, cause?: unknown): RouterError =>
    new RouterError('REGISTRY_UNAVAILABLE', `The registry index ${path} ${why}.`, {}, cause);
  let parsed: unknown;
  try {
    if (statSync(path).size > MAX_INDEX_BYTES) throw fail('is too large');
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw cause instanceof RouterError ? cause : fail('cannot be read', cause);
  }
  if (!isRegistryIndex(parsed)) throw fail('is of another version and will be made again');
  return parsed;
}

/** Returns the path of the newest index, or undefined when there is none. */
export const newestRegistryIndex = (folder: string): string | undefined => indexFiles(folder)[0];

/** What is known of the source: its state when it last answered. */
export type RegistryCheck = { readonly commit: string; readonly at: WallTime };

/** Notes a successful check of the source; age is counted from here, over restarts. */
export function writeLastCheck(folder: string, check: RegistryCheck): void {
  writeWhole(folder, join(folder, LAST_CHECK_FILE), JSON.stringify(check));
}

/** Returns the last successful check, or undefined when there was none. */
export function readLastCheck(folder: string): RegistryCheck | undefined {
  try {
    const { commit, at } = JSON.parse(
      readFileSync(join(folder, LAST_CHECK_FILE), 'utf8'),
    ) as Record<string, unknown>;
    return typeof commit === 'string' && typeof at === 'number'
      ? { commit, at: wallTime(at) }
      : undefined;
  } catch {
    // Missing or damaged: the registry counts as never checked, which is the safe side.
    return undefined;
  }
}

/** Newest first. */
function indexFiles(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    // The folder is made with the first index.
    return [];
  }
  return names
    .filter((name) => INDEX_FILE.test(name))
    .flatMap((name) => {
      const stats = statSync(join(folder, name), { throwIfNoEntry: false });
      return stats === undefined ? [] : [{ path: join(folder, name), at: stats.mtimeMs }];
    })
    .sort((a, b) => b.at - a.at || (a.path < b.path ? 1 : -1))
    .map(({ path }) => path);
}

function writeWhole(folder: string, path: string, text: string): void {
  writeFileAtomically(path, text);
  // A folder that was there before may be open to others.
  chmodSync(folder, 0o700);
}

function isRegistryIndex(value: unknown): value is RegistryIndex {
  if (typeof value !== 'object' || value === null) return false;
  const index = value as Record<string, unknown>;
  return (
    index.schema === REGISTRY_INDEX_SCHEMA &&
    ['networks', 'maintainers', 'contacts', 'keyCerts', 'holders', 'routes', 'roas'].every((key) =>
      Array.isArray(index[key]),
    )
  );
}
