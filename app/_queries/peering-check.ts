/**
 * The dry run of a request: what is wrong with it, as only the server knows.
 *
 * Not standardized; portal specification §4.4, §9 (POST /peerings/check). Nothing is stored.
 *
 * @module
 */
import 'server-only';
import { type Context, canRequestPeering } from '../_auth/index.ts';
import { checkPeering } from '../_services/peering/check.ts';
import { findNode } from '../_services/peering/load.ts';
import { type NewPeering, newRequestOf } from '../_services/peering/request.ts';
import { readApproval } from '../_settings/index.ts';
import { PortalError } from '../_text/errors.ts';
import type { PeeringCheck } from './view-models.ts';

export async function checkNewPeering(ctx: Context, input: NewPeering): Promise<PeeringCheck> {
  const { actor, portal } = ctx;
  if (actor.kind === 'visitor') throw new PortalError('UNAUTHENTICATED');
  const asn = input.asn ?? (actor.kind === 'member' ? actor.asn : 0);
  // The findings tell what that network has with us already.
  if (!canRequestPeering(actor, asn))
    throw new PortalError('FORBIDDEN', { message: `This login has not proved AS${asn}.` });
  const node = await findNode(ctx, input.node);
  if (node === undefined)
    throw new PortalError('INPUT_INVALID', {
      errors: [{ code: 'NODE_UNKNOWN', path: 'node', message: 'There is no node of this name.' }],
    });
  const { request, findings: ofOptions } = newRequestOf(ctx, input, asn, node);
  const { findings } = await checkPeering(ctx, portal.database, node, request);
  return {
    findings: [...ofOptions, ...findings],
    approval:
      actor.kind === 'operator'
        ? 'automatic'
        : await readApproval(portal.settings, portal.database),
  };
}
