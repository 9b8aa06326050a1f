/**
 * The synthetic registry as a simulated router takes it, read from its bundled files.
 *
 * Not standardized; the files are those of registry/fixtures/data that are text, copied because
 * nothing depends on test fixtures when it runs (a test keeps both equal).
 *
 * @module
 */
import { formatWallTime } from '../base/rfc3339.ts';
import type { WallTime } from '../base/units.ts';
import { buildRegistryIndex, prefixFilters, roaTable } from '../registry/index.ts';
import type { RouterRegistry } from '../router/index.ts';
import files from './registry-files.json';

/** Path below the registry's `data/`, and text. */
export const SYNTHETIC_REGISTRY: Readonly<Record<string, string>> = files;
const COMMIT = 'synthetic';

/** Returns the ROAs and filters of the synthetic registry. */
export function syntheticRegistry(now: WallTime): RouterRegistry {
  const encoder = new TextEncoder();
  const index = buildRegistryIndex(
    Object.entries(SYNTHETIC_REGISTRY).map(([path, text]) => ({
      path,
      bytes: encoder.encode(text),
    })),
    { commit: COMMIT },
  );
  const at = formatWallTime(now);
  return {
    roas: roaTable(index),
    filters: prefixFilters(index),
    commit: index.commit,
    loadedAt: at,
    checkedAt: at,
  };
}
