/**
 * The root secret: from the environment, or a file made at the first start.
 *
 * Not standardized; docs/architecture.md §7. The file has mode 0600 and never leaves `<data>`.
 *
 * @module
 */
import 'server-only';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Returns 32 octets: those of the setting, else of `<data>/secret`, which is made when absent. */
export function readRootSecret(dataFolder: string, setting: string | undefined): Uint8Array {
  if (setting !== undefined) return createHash('sha256').update(setting).digest();
  const file = path.join(dataFolder, 'secret');
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  try {
    // 'wx' fails when the file exists: of two processes starting at once one makes it.
    writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return createHash('sha256').update(readFileSync(file, 'utf8').trim()).digest();
}
