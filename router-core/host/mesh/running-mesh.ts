/**
 * What a running edge and a running supernode have in common: options, end, and what is closed when it comes.
 *
 * Not standardized.
 *
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import { RouterError } from '../../base/errors.ts';
import type { ConfigChange } from '../../mesh/etherguard/config/index.ts';
import type { MeshEnd } from '../../mesh/etherguard/ports.ts';
import type { WireguardCrypto } from '../../router/index.ts';
import type { MeshLog } from './mesh-errands.ts';

export type RunMeshOptions = {
  readonly crypto: WireguardCrypto;
  /** Whether `wg show` is to find it. */
  readonly hasUapi: boolean;
  /** EG_UAPI_DIR and EG_UAPI_FD are in it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Ends a start that takes long: its script. */
  readonly signal: AbortSignal;
  readonly log: MeshLog;
  /** Writes what was learned, now or when it becomes possible. */
  changeConfig(changes: readonly ConfigChange[]): void;
};

export interface RunningMesh<Config, View> {
  /** Resolves when everything is closed, whoever wanted it. */
  readonly ended: Promise<MeshEnd>;
  /** What is told when it is ready. */
  readonly about: Readonly<Record<string, unknown>>;
  /** Follows a changed file. @throws RouterError `MESH_RESTART_NEEDED` when that takes a new start */
  configure(config: Config): void;
  view(): View;
  stop(): Promise<void>;
}

/** What `stop` and failed starts end with. */
export const STOPPED: MeshEnd = { code: 'STOPPED', message: 'stopped', exitCode: 0 };

/** What is open, closed in the opposite order, once. */
export class MeshParts {
  readonly ended: Promise<MeshEnd>;
  private readonly resolveEnded: (end: MeshEnd) => void;
  private readonly closers: (() => unknown)[] = [];
  private closing: Promise<void> | undefined;

  constructor() {
    const { promise, resolve } = deferred<MeshEnd>();
    this.ended = promise;
    this.resolveEnded = resolve;
  }

  get isEnding(): boolean {
    return this.closing !== undefined;
  }

  /** Remembers how to close something; at once, when the end came while it was being opened. */
  async add(close: () => unknown): Promise<void> {
    if (this.isEnding) await close();
    else this.closers.push(close);
  }

  end(end: MeshEnd): Promise<void> {
    this.closing ??= this.closeAll().then(() => this.resolveEnded(end));
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    for (let close = this.closers.pop(); close !== undefined; close = this.closers.pop())
      await close();
  }
}

/** Returns what `start` returns; when it throws, what it opened is closed before. */
export async function startingWith<T>(start: (parts: MeshParts) => Promise<T>): Promise<T> {
  const parts = new MeshParts();
  try {
    return await start(parts);
  } catch (error) {
    await parts.end(STOPPED);
    throw error;
  }
}

/** Looks whether what takes a new start is as it was. @throws RouterError `MESH_RESTART_NEEDED` */
export function checkUnchanged<Config>(
  config: Config,
  changed: Config,
  fixed: readonly (keyof Config & string)[],
): void {
  for (const key of fixed)
    if (!isDeepStrictEqual(config[key], changed[key]))
      throw new RouterError('MESH_RESTART_NEEDED', `${key} is taken up by a new start only.`);
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((taken) => {
    resolve = taken;
  });
  return { promise, resolve };
}
