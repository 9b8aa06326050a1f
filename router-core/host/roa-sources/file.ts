/**
 * ROAs from a file of this machine, looked at twice a minute.
 *
 * @module
 */
import { readFile, stat } from 'node:fs/promises';
import { RouterError } from '../../base/errors.ts';
import { ROA_FILE_BYTES_MAX, ROA_FILE_INTERVAL_MS } from './limits.ts';
import { PublishedTable } from './published-table.ts';
import type { RoaSourceRun, SourceContext } from './source.ts';

/** Starts reading; `intervalMs` is for tests. */
export function startFileSource(
  path: string,
  context: SourceContext,
  intervalMs = ROA_FILE_INTERVAL_MS,
): RoaSourceRun {
  const published = new PublishedTable(path, context);
  let seen = '';
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  async function look(): Promise<void> {
    try {
      const { mtimeMs, size } = await stat(path);
      if (size > ROA_FILE_BYTES_MAX)
        throw new RouterError('ROA_UNAVAILABLE', `${path} has ${size} octets, too many for ROAs.`);
      const look = `${mtimeMs} ${size}`;
      if (look === seen) published.confirmed();
      else {
        published.take(await readFile(path, 'utf8'));
        seen = look;
      }
    } catch (error) {
      published.failed(error);
    } finally {
      if (!isStopped) timer = setTimeout(look, intervalMs).unref();
    }
  }
  look();
  return {
    state: () => published.state(),
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
