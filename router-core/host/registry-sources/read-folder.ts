/**
 * Reads the files of a registry folder: `data/<type>/<name>` and the filters beside the types.
 *
 * Not standardized. Octets, not text: some objects are not UTF-8, and their names may not be either.
 *
 * Invariants
 * - No symbolic link is followed below the folder, also not one that appears while we read.
 * - At most one octet more than an object may have is read of any file.
 *
 * @module
 */
import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
} from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RouterError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { MAX_FILE_BYTES, type RegistryFile } from '../../registry/index.ts';
import { MAX_FILES } from './limits.ts';

/** Yields the files below `<folder>/data`, for the parser thread. */
export function* readRegistryFolder(folder: string): Generator<RegistryFile> {
  const data = join(folder, 'data');
  let files = 0;
  for (const type of entriesOf(data)) {
    if (type.isFile()) {
      const bytes = readRegularFile(join(data, type.name));
      if (bytes !== undefined) yield { path: type.name, bytes };
    }
    if (!type.isDirectory()) continue;
    for (const object of entriesOf(join(data, type.name))) {
      if (!object.isFile()) continue;
      if (++files > MAX_FILES) throw tooManyFiles(folder);
      const bytes = readRegularFile(join(data, type.name, object.name));
      if (bytes !== undefined) yield { path: `${type.name}/${object.name}`, bytes };
    }
  }
}

/** One file of a folder, without its contents. */
export type FileEntry = { readonly path: string; readonly stats: Stats };

/** Lists what `readRegistryFolder` would read, without blocking the thread. */
export async function listRegistryFolder(
  folder: string,
  signal: AbortSignal,
): Promise<FileEntry[]> {
  const data = join(folder, 'data');
  await assertDirectory(data);
  const list: FileEntry[] = [];
  for (const type of await readdir(data, { withFileTypes: true })) {
    const names = type.isDirectory()
      ? (await readdir(join(data, type.name))).map((name) => `${type.name}/${name}`)
      : [type.name];
    for (const path of names) {
      signal.throwIfAborted();
      const stats = await lstat(join(data, path));
      if (!stats.isFile()) continue;
      if (list.length >= MAX_FILES) throw tooManyFiles(folder);
      list.push({ path, stats });
    }
  }
  return list.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Reads a regular file; undefined when it is a link, or gone. */
export function readRegularFile(path: string, limit = MAX_FILE_BYTES): Uint8Array | undefined {
  let file: number;
  try {
    // O_NONBLOCK: a named pipe put in the place of a file must not stop the thread.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    // ELOOP: a link. ENOENT: removed between listing and reading, as by a pull.
    if (code === 'ELOOP' || code === 'ENOENT') return undefined;
    throw unreadable(path, cause);
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) return undefined;
    const bytes = new Uint8Array(Math.min(stats.size, limit + 1));
    let length = 0;
    while (length < bytes.length) {
      const count = readSync(file, bytes, length, bytes.length - length, null);
      if (count === 0) break;
      length += count;
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

function entriesOf(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function assertDirectory(path: string): Promise<void> {
  const stats = await lstat(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (!stats.isDirectory())
    throw new RouterError(
      'REGISTRY_UNAVAILABLE',
      `${printable(path)} is not a directory; links are not followed.`,
      { hint: 'Name the folder that holds data/.' },
    );
}

const unreadable = (path: string, cause: unknown): RouterError =>
  new RouterError(
    'REGISTRY_UNAVAILABLE',
    `The registry cannot be read at ${printable(path)}: ${(cause as NodeJS.ErrnoException).code ?? 'unknown error'}.`,
    { hint: 'Name the folder that holds data/, readable for this user.' },
    cause,
  );

const tooManyFiles = (folder: string): RouterError =>
  new RouterError(
    'REGISTRY_UNAVAILABLE',
    `${printable(folder)} holds more than ${MAX_FILES} files: this is no registry.`,
  );
