/**
 * Starts the parser thread for one job and waits for its report.
 *
 * Not standardized. A registry of strangers is parsed away from the router and the portal: if it
 * needs too much time or memory, only the thread ends.
 *
 * @module
 */
import { Worker } from 'node:worker_threads';
import type { IndexJob, IndexReport } from './index-job.ts';
import { INDEX_TIMEOUT_MS } from './limits.ts';

/** A gigabyte is five times what the whole DN42 registry takes. */
const MAX_HEAP_MEGABYTES = 1024;

/** Runs a job in a thread; `workerFile` is the built entry (`dist/router-core/registry-worker.js`). */
export function indexInWorker(
  workerFile: string | URL,
  job: IndexJob,
  signal: AbortSignal,
): Promise<IndexReport> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const worker = new Worker(workerFile, {
      workerData: job,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MEGABYTES },
    });
    const fail = (why: string): void =>
      settle({ outcome: 'failed', code: 'REGISTRY_UNAVAILABLE', commit: job.commit, message: why });
    const onAbort = (): void => {
      void worker.terminate();
      signal.removeEventListener('abort', onAbort);
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      fail('The registry took too long to parse.');
      void worker.terminate();
    }, INDEX_TIMEOUT_MS);
    const settle = (report: IndexReport): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      resolve(report);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    worker.once('message', (report: IndexReport) => settle(report));
    worker.once('error', (error) => fail(`The parser thread failed: ${error.message}.`));
    worker.once('exit', (code) => fail(`The parser thread ended early with ${code}.`));
  });
}
