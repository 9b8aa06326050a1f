/**
 * The registry as the portal holds it: the index in use, its age, and when to look again.
 *
 * Not standardized; docs/architecture.md §7 (Registry), portal specification §1.7. A failed check
 * leaves the last index in use; age counts from the last successful check of the source.
 *
 * @module
 */
import 'server-only';
import type { RegistrySource } from '../../router-core/index.ts';
import type { Log } from '../_settings/index.ts';
import { PortalError } from '../_text/errors.ts';
import type { RegistryQuestions } from './registry-questions.ts';

/** A folder is looked at often, a git source seldom: the second costs its host something. */
const DIRECTORY_PERIOD_MS = 60_000;
const GIT_PERIOD_MS = 15 * 60_000;

export type LoadedRegistry = {
  readonly commit: string | null;
  readonly indexPath: string;
  readonly checkedAt: Date;
  readonly roas: number;
  readonly questions: RegistryQuestions;
};

/** Opens a source, parses what changed and loads it; the second door in production. */
export interface RegistryReader {
  /** Looks at the source. The same commit may give the same object again. */
  check(source: RegistrySource): Promise<LoadedRegistry>;
  /** Returns the index that the last start left in the data folder. */
  readKept(source: RegistrySource): LoadedRegistry | undefined;
  close(): Promise<void>;
}

type RegistryState = {
  readonly source: RegistrySource | undefined;
  readonly commit: string | null;
  readonly loadedAt: Date | null;
  readonly checkedAt: Date | null;
  readonly roas: number;
  /** Why the last check failed; null when it succeeded. */
  readonly problem: {
    readonly code: string;
    readonly message: string;
    readonly since: Date;
  } | null;
};

export interface Registry {
  state(): RegistryState;
  find(): RegistryQuestions | undefined;
  /** For sign-in. @throws PortalError REGISTRY_UNAVAILABLE when absent or too old. */
  getFresh(now: Date): RegistryQuestions;
  /** Sets or changes the source; resolves after the first check, which may have failed. */
  use(source: RegistrySource | undefined): Promise<void>;
  refresh(): Promise<void>;
  /** Called after an index other than the last came into use, and after every successful check. */
  onChecked(listener: (loaded: LoadedRegistry) => void): void;
  loaded(): LoadedRegistry | undefined;
  stop(): Promise<void>;
}

export function createRegistry(options: {
  readonly reader: RegistryReader;
  readonly maxAgeSeconds: number;
  readonly log: Log;
}): Registry {
  let source: RegistrySource | undefined;
  let loaded: LoadedRegistry | undefined;
  let loadedAt: Date | null = null;
  let problem: RegistryState['problem'] = null;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  const listeners: ((loaded: LoadedRegistry) => void)[] = [];

  const check = async (): Promise<void> => {
    const asked = source;
    if (asked === undefined) return;
    try {
      const next = await options.reader.check(asked);
      // The source may have been changed while the old one was being read.
      if (asked !== source) return;
      if (next.commit !== loaded?.commit || loaded === undefined) loadedAt = new Date();
      loaded = next;
      problem = null;
      for (const listener of listeners) listener(next);
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      const message = error instanceof Error ? error.message : String(error);
      problem = {
        code: typeof code === 'string' ? code : 'REGISTRY_UNAVAILABLE',
        message,
        since: problem?.since ?? new Date(),
      };
      options.log('warn', 'the registry could not be checked', { code: problem.code, error });
    }
  };
  /** Until the first check is done, what the last start accepted is good enough to go on with. */
  const adoptKept = (kept: RegistrySource): void => {
    loaded = options.reader.readKept(kept);
    if (loaded === undefined) return;
    loadedAt = new Date();
    for (const listener of listeners) listener(loaded);
  };
  const refresh = (): Promise<void> => {
    running ??= check().finally(() => {
      running = undefined;
    });
    return running;
  };

  return {
    state: () => ({
      source,
      commit: loaded?.commit ?? null,
      loadedAt,
      checkedAt: loaded?.checkedAt ?? null,
      roas: loaded?.roas ?? 0,
      problem,
    }),
    find: () => loaded?.questions,
    getFresh(now) {
      if (loaded === undefined) {
        // The first check of a git source may take minutes; a failed one has its problem.
        const isFirstCheck = running !== undefined && problem === null;
        throw new PortalError(
          'REGISTRY_UNAVAILABLE',
          isFirstCheck
            ? {
                message: 'The registry is being read. Try again in a moment.',
                retryAfterSeconds: 5,
              }
            : {},
        );
      }
      const ageSeconds = (now.getTime() - loaded.checkedAt.getTime()) / 1000;
      if (ageSeconds > options.maxAgeSeconds)
        throw new PortalError('REGISTRY_UNAVAILABLE', {
          message: `The registry was last read ${Math.floor(ageSeconds / 3600)} hours ago, which is too old to prove an AS by.`,
        });
      return loaded.questions;
    },
    async use(next) {
      await running;
      source = next;
      clearInterval(timer);
      if (next === undefined) {
        loaded = undefined;
        loadedAt = null;
        problem = null;
        return;
      }
      timer = setInterval(
        () => void refresh(),
        next.kind === 'git' ? GIT_PERIOD_MS : DIRECTORY_PERIOD_MS,
      );
      timer.unref();
      adoptKept(next);
      await refresh();
    },
    refresh,
    onChecked: (listener) => void listeners.push(listener),
    loaded: () => loaded,
    async stop() {
      clearInterval(timer);
      source = undefined;
      await running;
      await options.reader.close();
    },
  };
}
