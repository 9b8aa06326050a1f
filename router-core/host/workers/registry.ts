/**
 * Entry of the parser thread: one job, one report, end.
 *
 * Not standardized; docs/architecture.md §7. Built as `dist/router-core/registry-worker.js`, started
 * by host/registry-sources/index-in-worker.ts.
 *
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type IndexJob, runIndexJob } from '../registry-sources/index.ts';

parentPort?.postMessage(runIndexJob(workerData as IndexJob));
