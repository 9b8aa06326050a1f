/**
 * The registry as the router needs it, from the index that the parser thread wrote.
 *
 * Not standardized; docs/architecture.md §7.
 *
 * @module
 */
import { formatWallTime } from '../base/rfc3339.ts';
import type { WallClock } from '../base/units.ts';
import { prefixFilters, roaTable } from '../registry/index.ts';
import type { RouterRegistry } from '../router/index.ts';
import { loadRegistryIndex } from './registry-sources/index.ts';

export function readRouterRegistry(
  indexPath: string,
  checkedAt: string,
  clock: WallClock,
): RouterRegistry {
  const index = loadRegistryIndex(indexPath);
  return {
    roas: roaTable(index),
    filters: prefixFilters(index),
    commit: index.commit,
    loadedAt: formatWallTime(clock.now()),
    checkedAt,
  };
}
