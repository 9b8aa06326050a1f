/**
 * Octets that a running node sends, into a file or a pipe.
 *
 * @module
 */
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { RouterError } from '../base/errors.ts';

/**
 * Writes everything, to stdout when the path is `-`, and tells `count` of each piece.
 *
 * A refusal comes before the file is opened: it leaves an older one as it was. @throws what the pieces or
 * the file throw
 */
export async function writeOctets(
  pieces: AsyncIterable<Uint8Array>,
  path: string,
  count: (octets: number) => void,
): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]();
  const first = await iterator.next();
  const counted = async function* () {
    for (let next = first; next.done !== true; next = await iterator.next()) {
      count(next.value.length);
      yield next.value;
    }
  };
  const out = path === '-' ? process.stdout : createWriteStream(path, { mode: 0o600 });
  await pipeline(counted, out, { end: path !== '-' });
}

/** Says on stderr how much was written, and where. */
export function tellOctets(octets: number, path: string): void {
  process.stderr.write(`${octets} octets${path === '-' ? '' : ` in ${path}`}\n`);
}

/** What a file could not do, for people. */
export const fileError = (path: string, what: 'read' | 'written', error: Error): RouterError =>
  new RouterError('ENTITY_FAILED', `${path} cannot be ${what}: ${error.message}.`, {}, error);

/** The reader has seen enough, as `head` and `tcpdump -c 5 -r -` have. */
export const isReaderGone = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException).code === 'EPIPE';
