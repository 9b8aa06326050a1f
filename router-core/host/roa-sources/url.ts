/**
 * ROAs from a web server: DN42's `dn42_roa_46.json`, or any of its mirrors.
 *
 * Standard: RFC 9110 §13 (If-None-Match, If-Modified-Since).
 *
 * @module
 */
import { RouterError } from '../../base/errors.ts';
import {
  ROA_FILE_BYTES_MAX,
  ROA_URL_INTERVAL_MS,
  ROA_URL_RETRY_MS,
  ROA_URL_TIMEOUT_MS,
} from './limits.ts';
import { PublishedTable } from './published-table.ts';
import type { RoaSourceRun, SourceContext } from './source.ts';

/** Starts asking; the times are for tests. */
export function startUrlSource(
  url: string,
  context: SourceContext,
  times = { intervalMs: ROA_URL_INTERVAL_MS, retryMs: ROA_URL_RETRY_MS },
): RoaSourceRun {
  const published = new PublishedTable(url, context);
  const ended = new AbortController();
  let validators: Record<string, string> = {};
  let timer: NodeJS.Timeout | undefined;

  async function ask(): Promise<void> {
    let next = times.intervalMs;
    try {
      const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(ROA_URL_TIMEOUT_MS)]);
      const response = await fetch(url, { headers: validators, signal });
      if (response.status === 304) {
        await response.body?.cancel();
        published.confirmed();
      } else if (response.ok) {
        published.take(await readText(response, url));
        validators = validatorsOf(response);
      } else {
        await response.body?.cancel();
        throw new RouterError('ROA_UNAVAILABLE', `${url} answers ${response.status}.`);
      }
    } catch (error) {
      if (ended.signal.aborted) return;
      published.failed(error);
      next = times.retryMs;
    }
    if (!ended.signal.aborted) timer = setTimeout(ask, next).unref();
  }
  ask();
  return {
    state: () => published.state(),
    stop() {
      ended.abort();
      clearTimeout(timer);
    },
  };
}

/** Reads at most as much as a table may have. */
async function readText(response: Response, url: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let octets = 0;
  for await (const chunk of response.body ?? []) {
    octets += chunk.length;
    if (octets > ROA_FILE_BYTES_MAX)
      throw new RouterError('ROA_UNAVAILABLE', `${url} is longer than a table of ROAs may be.`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** What to ask with, so that nothing is sent again that we have. */
function validatorsOf({ headers }: Response): Record<string, string> {
  const etag = headers.get('etag');
  const modified = headers.get('last-modified');
  return {
    ...(etag === null ? {} : { 'if-none-match': etag }),
    ...(modified === null ? {} : { 'if-modified-since': modified }),
  };
}
