/**
 * Registry sources and index files: fetching, indexing in a thread, loading.
 *
 * @module
 */
export {
  indexPath,
  loadRegistryIndex,
  newestRegistryIndex,
  type RegistryCheck,
  readLastCheck,
  writeLastCheck,
} from './index-files.ts';
export { indexInWorker } from './index-in-worker.ts';
export { type IndexCounts, type IndexJob, type IndexReport, runIndexJob } from './index-job.ts';
export { openRegistrySource } from './open-source.ts';
export type { OpenedRegistrySource, RegistrySourceOptions, RegistryState } from './source.ts';
