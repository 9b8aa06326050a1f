/**
 * The sources of ROAs of a node: started and stopped as documents say, joined, given to the Router.
 *
 * Not standardized; BGP specification §11, docs/architecture.md §7.
 *
 *   use(document) ─► rtr.ts, file.ts, url.ts ─► join.ts ─► onRoas ─► Router.setRoaSources
 *
 * Invariants
 * - A source two documents name alike runs on between them.
 * - No failure here is one of the node's: it is logged, shown, and the last tables stay in use.
 *
 * @module
 */
import { join } from 'node:path';
import { formatWallTime } from '../../base/rfc3339.ts';
import type { NodeConfig, Roa, RoaSource, RouterRoas } from '../../router/index.ts';
import { startFileSource } from './file.ts';
import { chooseSources, equalTables, joinTables } from './join.ts';
import { ROA_JOIN_MS } from './limits.ts';
import { startRtrSource } from './rtr.ts';
import type { RoaSourceRun, SourceContext } from './source.ts';
import { startUrlSource } from './url.ts';

export type RoaServiceOptions = {
  readonly dataFolder: string;
  readonly log: SourceContext['log'];
  /** Another table, or another state of a source. */
  onRoas(roas: RouterRoas): void;
};

export interface RoaService {
  /** Follows a document; does nothing when it says what the last one said. */
  use(config: Pick<NodeConfig, 'roa'>): void;
  stop(): void;
}

type Running = { readonly wish: RoaSource; readonly run: RoaSourceRun };

export function createRoaService({ dataFolder, log, onRoas }: RoaServiceOptions): RoaService {
  const folder = join(dataFolder, 'roa');
  let running = new Map<string, Running>();
  let joining: NodeJS.Timeout | undefined;
  let inUse: readonly (readonly Roa[])[] = [];
  let joined: readonly Roa[] | undefined;

  const context: SourceContext = {
    folder,
    log,
    changed() {
      joining ??= setTimeout(tell, ROA_JOIN_MS);
    },
  };

  function start(wish: RoaSource): RoaSourceRun {
    switch (wish.kind) {
      case 'rtr':
        return startRtrSource(wish, context);
      case 'file':
        return startFileSource(wish.path, context);
      case 'url':
        return startUrlSource(wish.url, context);
    }
  }

  function tell(): void {
    joining = undefined;
    const all = [...running.values()];
    const states = all.map(({ wish, run }) => ({ ...run.state(), preference: wish.preference }));
    const isInUse = chooseSources(states);
    joinAnew(
      states.flatMap(({ table }, i) =>
        isInUse[i] === true && table !== undefined ? [table.roas] : [],
      ),
    );
    onRoas({
      roas: joined,
      sources: all.map(({ wish }, i) => ({
        source: nameOf(wish),
        state: states[i]?.state ?? '',
        roas: states[i]?.table?.roas.length ?? null,
        updatedAt:
          states[i]?.table === undefined ? null : formatWallTime(states[i].table.updatedAt),
        isInUse: isInUse[i] ?? false,
      })),
    });
  }

  /** A source that only says again what it said costs nothing, and changes nothing. */
  function joinAnew(tables: readonly (readonly Roa[])[]): void {
    const isSame = tables.length === inUse.length && tables.every((table, i) => table === inUse[i]);
    if (isSame) return;
    inUse = tables;
    const next = tables.length === 0 ? undefined : joinTables(tables);
    const isEqual = next !== undefined && joined !== undefined && equalTables(joined, next);
    if (!isEqual) joined = next;
  }

  return {
    use({ roa }) {
      const next = new Map<string, Running>();
      for (const wish of roa?.sources ?? []) {
        const key = JSON.stringify(wish);
        next.set(key, running.get(key) ?? { wish, run: start(wish) });
      }
      const isSame = [...next.keys()].join() === [...running.keys()].join();
      for (const [key, { run }] of running) if (!next.has(key)) run.stop();
      running = next;
      if (isSame) return;
      // Tables kept from before are there at once.
      clearTimeout(joining);
      tell();
    },
    stop() {
      clearTimeout(joining);
      for (const { run } of running.values()) run.stop();
      running = new Map();
    },
  };
}

const nameOf = (wish: RoaSource): string => {
  switch (wish.kind) {
    case 'rtr':
      return `rtr ${wish.host}:${wish.port}`;
    case 'file':
      return wish.path;
    case 'url':
      return wish.url;
  }
};
