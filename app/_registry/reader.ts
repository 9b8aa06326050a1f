/**
 * Reads a registry source through the second door: fetch, parse in a thread, load.
 *
 * Not standardized; docs/architecture.md §7. A registry of strangers is parsed away from the
 * portal; what it lost too much of waits for the operator, and the accepted index stays in use.
 *
 * @module
 */
import 'server-only';
import path from 'node:path';
import {
  indexInWorker,
  loadRegistryIndex,
  newestRegistryIndex,
  openRegistrySource,
  readLastCheck,
  resolveEndpoint,
  writeLastCheck,
} from '../../router-core/client.ts';
import {
  type IpAddress,
  type RegistryIndex,
  type RegistrySource,
  RouterError,
} from '../../router-core/index.ts';
import type { LoadedRegistry, RegistryReader } from './registry.ts';
import { createRegistryQuestions } from './registry-questions.ts';

export type RegistryReaderOptions = {
  readonly dataFolder: string;
  readonly rootFolder: string;
  readonly trustPersonKeys: boolean;
};

export function createRegistryReader(options: RegistryReaderOptions): RegistryReader {
  /** The demo's registry is another one: compared with it, the real one would seem to have shrunk. */
  const demoFolder = path.join(options.dataFolder, 'demo');
  const indexFolderOf = (source: RegistrySource): string => {
    const isDemo =
      source.kind === 'directory' && source.path.startsWith(`${demoFolder}${path.sep}`);
    return path.join(isDemo ? demoFolder : options.dataFolder, 'registry-index');
  };
  const workerFile = path.join(
    /* turbopackIgnore: true */ options.rootFolder,
    'dist/router-core/registry-worker.js',
  );
  const ended = new AbortController();
  let opened:
    | { source: RegistrySource; refresh: ReturnType<typeof openRegistrySource> }
    | undefined;
  let last: LoadedRegistry | undefined;

  const toLoaded = (index: RegistryIndex, indexPath: string, checkedAt: Date): LoadedRegistry => ({
    commit: index.commit,
    indexPath,
    checkedAt,
    roas: index.roas.length,
    questions: createRegistryQuestions(index, { trustPersonKeys: options.trustPersonKeys }),
  });

  return {
    async check(source) {
      const indexFolder = indexFolderOf(source);
      if (opened?.source !== source) {
        opened = {
          source,
          refresh: openRegistrySource(source, {
            folder: path.join(options.dataFolder, 'registry'),
            resolve: resolvePublic,
          }),
        };
        last = undefined;
      }
      const { commit, folder, descends } = await opened.refresh.refresh(
        ended.signal,
        last?.commit ?? undefined,
      );
      const checkedAt = new Date();
      if (last?.commit === commit) {
        writeLastCheck(indexFolder, { commit, at: wall(checkedAt) });
        last = { ...last, checkedAt };
        return last;
      }
      const report = await indexInWorker(
        workerFile,
        { folder, commit, descends, indexFolder },
        ended.signal,
      );
      if (report.outcome !== 'written') throw refusal(report);
      writeLastCheck(indexFolder, { commit, at: wall(checkedAt) });
      last = toLoaded(loadRegistryIndex(report.path), report.path, checkedAt);
      return last;
    },
    readKept(source) {
      const indexFolder = indexFolderOf(source);
      const indexPath = newestRegistryIndex(indexFolder);
      const check = readLastCheck(indexFolder);
      if (indexPath === undefined || check === undefined) return undefined;
      try {
        return toLoaded(loadRegistryIndex(indexPath), indexPath, new Date(check.at));
      } catch (error) {
        // Damaged, or of an older version of this program: it is made again by the first check.
        if (error instanceof RouterError) return undefined;
        throw error;
      }
    },
    async close() {
      ended.abort();
    },
  };
}

type Report = Awaited<ReturnType<typeof indexInWorker>>;

/** Held states have codes of their own, which the operator reads. */
function refusal(report: Exclude<Report, { outcome: 'written' }>): Error & { code: string } {
  return Object.assign(new Error(report.message), { code: report.code });
}

const wall = (at: Date) => at.getTime() as Parameters<typeof writeLastCheck>[1]['at'];

async function resolvePublic(host: string): Promise<IpAddress> {
  const address = await resolveEndpoint(host, false);
  if (address === undefined)
    throw new RouterError('REGISTRY_UNAVAILABLE', `${host} does not resolve to a public address.`);
  return address;
}
