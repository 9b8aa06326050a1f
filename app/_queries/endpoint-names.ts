/**
 * The names of our nodes' endpoints, under which the portal answers until origins are set.
 *
 * Not standardized; docs/architecture.md §7. Asked by every request, so kept for some seconds.
 *
 * @module
 */
import 'server-only';
import { endpointNames } from '../_auth/index.ts';
import type { Portal } from '../_router/index.ts';
import { readNodes } from './read-peerings.ts';

const KEPT_MS = 5_000;

const kept = new WeakMap<Portal, { readonly at: number; readonly names: string[] }>();

export async function ourEndpointNames(portal: Portal): Promise<string[]> {
  const known = kept.get(portal);
  if (known !== undefined && Date.now() - known.at < KEPT_MS) return known.names;
  const nodes = await readNodes(portal);
  const names = endpointNames([...nodes.values()].map((node) => node.facts));
  kept.set(portal, { at: Date.now(), names });
  return names;
}
