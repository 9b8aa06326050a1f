/**
 * Keeps the registry of a headless node fresh: looks at the source, parses what is new, tells the router.
 *
 * Not standardized; docs/architecture.md §7 (Registry). With a portal the portal does the same, so
 * that the source is pulled by one side only.
 *
 * Invariants
 * - A check that fails changes nothing: the last index stays loaded, the age grows.
 * - An index that shrank too much waits for a person.
 *
 * @module
 */
import { basename, join } from 'node:path';
import { RouterError } from '../base/errors.ts';
import type { IpAddress } from '../base/ip-address.ts';
import type { RouterClient } from '../router/door/contract.ts';
import type { RegistrySource } from '../router/types.ts';
import {
  indexInWorker,
  newestRegistryIndex,
  openRegistrySource,
  writeLastCheck,
} from './registry-sources/index.ts';
import { resolveEndpoint } from './resolve.ts';
import { systemClock } from './system-clock.ts';

const DIRECTORY_INTERVAL_MS = 30_000;
const GIT_INTERVAL_MS = 15 * 60_000;

export type RegistryRefreshOptions = {
  readonly source: RegistrySource;
  readonly dataFolder: string;
  /** Path of the built parser thread. */
  readonly workerFile: string;
  readonly client: RouterClient;
  log(
    level: 'info' | 'warn' | 'error',
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ): void;
};

/** Starts checking; the returned function ends it. */
export function startRegistryRefresh(options: RegistryRefreshOptions): () => void {
  const { source, dataFolder, workerFile, client, log } = options;
  const ended = new AbortController();
  const indexFolder = join(dataFolder, 'registry-index');
  const registry = openRegistrySource(source, {
    folder: join(dataFolder, 'registry'),
    resolve: resolvePublic,
  });
  const interval = source.kind === 'git' ? GIT_INTERVAL_MS : DIRECTORY_INTERVAL_MS;
  let loaded = acceptedCommit(indexFolder);
  let isFirst = true;

  async function check(): Promise<void> {
    try {
      const { commit, folder, descends, changed } = await registry.refresh(ended.signal, loaded);
      writeLastCheck(indexFolder, { commit, at: systemClock.now() });
      if (!changed && !isFirst) return;
      const report = await indexInWorker(
        workerFile,
        { folder, commit, descends, indexFolder },
        ended.signal,
      );
      if (report.outcome !== 'written') {
        log('warn', report.message, { code: report.code, commit });
        return;
      }
      const { roas } = await client.call('registry', {
        indexPath: report.path,
        checkedAt: new Date().toISOString(),
      });
      loaded = commit;
      isFirst = false;
      log('info', 'registry loaded', { commit, roas });
    } catch (error) {
      log('warn', 'the registry could not be checked', {
        code: 'REGISTRY_UNAVAILABLE',
        cause: (error as Error).message,
      });
    } finally {
      if (!ended.signal.aborted) setTimeout(check, interval).unref();
    }
  }
  check();
  return () => ended.abort();
}

/** The commit whose index was in use before a restart: what the next state must descend from. */
function acceptedCommit(indexFolder: string): string | undefined {
  const path = newestRegistryIndex(indexFolder);
  return path === undefined ? undefined : basename(path, '.json');
}

async function resolvePublic(host: string): Promise<IpAddress> {
  const address = await resolveEndpoint(host, false);
  if (address === undefined)
    throw new RouterError('REGISTRY_UNAVAILABLE', `${host} does not resolve to a public address.`);
  return address;
}
