/**
 * Files of a node: written whole or not at all, secrets readable by the owner only.
 *
 * @module
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes a file of mode 0600 so that a reader sees the old or the new content, never a part. */
export function writeFileAtomically(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.new`;
  try {
    writeFileSync(temporary, content, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    // A full disk leaves a part, with secrets in it, under a name that no later process would take again.
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Reads JSON, or undefined when the file is absent or damaged: what it holds can be made again. */
export function readJsonIfAny(path: string): unknown {
  const text = readTextIfAny(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Reads text, or undefined when there is no such file. */
export function readTextIfAny(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
