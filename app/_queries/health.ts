/**
 * Whether the portal can do its work, with the reasons when it cannot.
 *
 * Not standardized; portal specification §9 (`/readyz`).
 *
 * @module
 */
import 'server-only';
import { findPortal } from '../_router/index.ts';

export type Readiness = {
  readonly isReady: boolean;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>;
};

export async function readReadiness(): Promise<Readiness> {
  const portal = findPortal();
  if (portal === undefined)
    return { isReady: false, checks: { portal: { ok: false, detail: 'starting' } } };
  const checks: Record<string, { ok: boolean; detail: string }> = {};
  checks.database = await portal.database.node.count().then(
    (count) => ({ ok: true, detail: `${count} nodes` }),
    () => ({ ok: false, detail: 'does not answer' }),
  );
  if (portal.nodes.size === 0) checks.router = { ok: false, detail: 'not set up' };
  for (const [name, node] of portal.nodes) {
    const state = node.router.state();
    const detail = `${state.kind}, ${state.restarts} restarts`;
    checks[`router:${name}`] = { ok: state.kind === 'up', detail };
    // The shared port is how everybody reaches the node; a port of one peering stops only that one.
    const view = node.hub.node();
    const shared = view?.failedPorts.find(({ port }) => port === view.listenPort);
    if (shared !== undefined)
      checks[`port:${name}`] = { ok: false, detail: `UDP ${shared.port}: ${shared.message}` };
  }
  const registry = portal.registry.state();
  checks.registry =
    registry.commit === null && portal.registry.loaded() === undefined
      ? { ok: false, detail: registry.problem?.code ?? 'not loaded' }
      : { ok: true, detail: `${registry.commit ?? 'unnamed'}, ${registry.roas} ROAs` };
  return { isReady: Object.values(checks).every((check) => check.ok), checks };
}
