/**
 * One job of the parser thread: folder in, index file and report out.
 *
 * Not standardized; docs/architecture.md §7. A state that lost too much, or that does not descend
 * from the accepted one, is held: nothing is written until the operator says so.
 *
 * @module
 */
import { RouterError } from '../../base/errors.ts';
import { buildRegistryIndex, compareIndexes, type RegistryIndex } from '../../registry/index.ts';
import { loadRegistryIndex, newestRegistryIndex, writeRegistryIndex } from './index-files.ts';
import { readRegistryFolder } from './read-folder.ts';

/** Plain data, so that it can be a thread's `workerData`. */
export type IndexJob = {
  /** The folder that holds `data/`. */
  readonly folder: string;
  readonly commit: string;
  /** `<data>/registry-index`. */
  readonly indexFolder: string;
  /** From the source; false holds the state. */
  readonly descends?: boolean | null;
  /** The operator has accepted the loss, or the rewritten history. */
  readonly force?: boolean;
};

export type IndexCounts = {
  readonly networks: number;
  readonly maintainers: number;
  readonly roas: number;
  readonly droppedRoutes: number;
  readonly objects: number;
  readonly withProblems: number;
};
export type IndexReport =
  | {
      readonly outcome: 'written';
      readonly commit: string;
      readonly path: string;
      readonly counts: IndexCounts;
    }
  | {
      readonly outcome: 'held';
      readonly code: 'REGISTRY_SHRANK' | 'REGISTRY_REWRITTEN';
      readonly commit: string;
      /** For people. */
      readonly message: string;
      readonly counts: IndexCounts;
    }
  | {
      readonly outcome: 'failed';
      readonly code: 'REGISTRY_UNAVAILABLE';
      readonly commit: string;
      readonly message: string;
    };

/** Runs a job; never throws for what the registry holds. */
export function runIndexJob(job: IndexJob): IndexReport {
  const { commit } = job;
  const fail = (message: string): IndexReport => ({
    outcome: 'failed',
    code: 'REGISTRY_UNAVAILABLE',
    commit,
    message,
  });
  try {
    const index = buildRegistryIndex(readRegistryFolder(job.folder), { commit });
    const counts = countsOf(index);
    if (counts.networks === 0)
      return fail(`${job.folder} holds no aut-num object: this is no registry.`);
    const held = job.force === true ? undefined : reasonToHold(job, index);
    if (held !== undefined) return { outcome: 'held', commit, counts, ...held };
    return { outcome: 'written', commit, counts, path: writeRegistryIndex(job.indexFolder, index) };
  } catch (error) {
    if (error instanceof RouterError) return fail(error.message);
    const { code } = error as NodeJS.ErrnoException;
    // A full disk, a folder that is not ours: the operating system names it.
    if (typeof code === 'string') return fail(`The registry index could not be made: ${code}.`);
    throw error;
  }
}

function reasonToHold(
  job: IndexJob,
  index: RegistryIndex,
): { code: 'REGISTRY_SHRANK' | 'REGISTRY_REWRITTEN'; message: string } | undefined {
  const previous = previousIndex(job.indexFolder);
  if (previous === undefined) return undefined;
  if (job.descends === false && previous.commit !== job.commit)
    return {
      code: 'REGISTRY_REWRITTEN',
      message: `Commit ${job.commit} does not descend from ${previous.commit}: the history was rewritten.`,
    };
  const { shrank, roas, maintainers } = compareIndexes(previous, index);
  if (!shrank) return undefined;
  return {
    code: 'REGISTRY_SHRANK',
    message:
      `State ${job.commit} lost ${roas.lost} of ${roas.before} ROAs and ` +
      `${maintainers.lost} of ${maintainers.before} maintainers.`,
  };
}

function previousIndex(indexFolder: string): RegistryIndex | undefined {
  const path = newestRegistryIndex(indexFolder);
  if (path === undefined) return undefined;
  try {
    return loadRegistryIndex(path);
  } catch (error) {
    // Damaged, or of an older version of this program: there is nothing to compare with.
    if (error instanceof RouterError) return undefined;
    throw error;
  }
}

const countsOf = (index: RegistryIndex): IndexCounts => ({
  networks: index.networks.length,
  maintainers: index.maintainers.length,
  roas: index.roas.length,
  droppedRoutes: index.droppedRoutes.length,
  objects: index.totals.objects,
  withProblems: index.totals.withProblems,
});
