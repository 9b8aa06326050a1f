/**
 * What a mesh learned and its file does not have yet: a disk that is full, a file somebody is writing.
 *
 * Not standardized. What a supernode's API was told is answered before it is written, so it must not be lost:
 *
 *   save ──► unsaved, by file ──► written ──► nothing is unsaved
 *                ▲                   │
 *                └── SAVE_RETRY_MS ◄─┴ impossible: told once
 *
 * Invariants
 * - Changes of a file are written in their order: places in a list are counted by what came before.
 * - A file is written whole or not at all (config-file.ts), so nothing stays unsaved by halves.
 *
 * @module
 */
import type { ConfigChange } from '../../mesh/etherguard/config/index.ts';
import { changeConfigFile } from './config-file.ts';
import { SAVE_RETRY_MS, UNSAVED_CHANGES_MAX } from './limits.ts';
import type { MeshLog } from './mesh-errands.ts';

export class ConfigSaver {
  private readonly log: MeshLog;
  /** By path of a file. */
  private readonly unsaved = new Map<string, ConfigChange[]>();
  private timer: NodeJS.Timeout | undefined;

  constructor(log: MeshLog) {
    this.log = log;
  }

  /** Writes changes, now or when it becomes possible. */
  save(path: string, changes: readonly ConfigChange[]): void {
    const before = this.unsaved.get(path) ?? [];
    const all = [...before, ...changes];
    this.unsaved.set(path, all.slice(0, UNSAVED_CHANGES_MAX));
    this.tellLost(path, all.slice(UNSAVED_CHANGES_MAX));
    this.write(path, before.length > 0);
  }

  /** Tries what is unsaved once more. */
  retry(): void {
    for (const path of this.unsaved.keys()) this.write(path, true);
  }

  /** The last try: nobody learns anything any more. */
  stop(): void {
    this.retry();
    clearTimeout(this.timer);
    for (const [path, changes] of this.unsaved) this.tellLost(path, changes);
    this.unsaved.clear();
  }

  private write(path: string, hasFailed: boolean): void {
    try {
      changeConfigFile(path, this.unsaved.get(path) ?? []);
    } catch (error) {
      if (!hasFailed)
        this.log('warn', 'the configuration file cannot be changed; it is tried again', {
          path,
          cause: (error as Error).message,
        });
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.retry(), SAVE_RETRY_MS).unref();
      return;
    }
    this.unsaved.delete(path);
    if (hasFailed) this.log('info', 'the configuration file has all changes again', { path });
  }

  private tellLost(path: string, changes: readonly ConfigChange[]): void {
    if (changes.length === 0) return;
    this.log('error', 'what the mesh learnt is lost: its file cannot be written', {
      path,
      places: changes.map((change) => change.path.join('.')),
    });
  }
}
