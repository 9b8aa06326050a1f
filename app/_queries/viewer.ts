/**
 * Who is looking: the login of a request as pages know it, and the way back to the actor.
 *
 * Not standardized; view-models.ts.
 *
 * @module
 */
import 'server-only';
import { type Actor, getPageContext } from '../_auth/index.ts';
import type { Portal } from '../_router/index.ts';
import type { Network, Viewer } from './view-models.ts';

/** The login of this request. */
export async function getViewer(): Promise<Viewer> {
  const { portal, actor } = await getPageContext();
  return viewerOf(portal, actor);
}

export function viewerOf(portal: Portal, actor: Actor): Viewer {
  switch (actor.kind) {
    case 'visitor':
    case 'rule':
      return { kind: 'visitor' };
    case 'operator':
      return {
        kind: 'operator',
        loginId: actor.loginId ?? 'token',
        name: actor.name,
        role: actor.role,
      };
    case 'member':
      return {
        kind: 'member',
        loginId: actor.loginId,
        network: networkOf(portal, actor.asn),
        networks: actor.asns.map((asn) => networkOf(portal, asn)),
        level: actor.level,
      };
  }
}

export function actorOfViewer(viewer: Viewer): Actor {
  switch (viewer.kind) {
    case 'visitor':
      return { kind: 'visitor' };
    case 'operator':
      return { kind: 'operator', loginId: viewer.loginId, name: viewer.name, role: 'owner' };
    case 'member':
      return {
        kind: 'member',
        loginId: viewer.loginId,
        asn: viewer.network.asn,
        asns: viewer.networks.map((network) => network.asn),
        level: viewer.level,
      };
  }
}

export const networkOf = (portal: Portal, asn: number): Network => ({
  asn,
  name: portal.registry.find()?.shortName(asn) ?? null,
});
