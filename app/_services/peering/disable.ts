/**
 * The owner or the operator switches BGP of a peering off; the tunnel stays.
 *
 * Standard: RFC 9003; the reason goes to the other side as the shutdown text.
 *
 * @module
 */
import 'server-only';
import {
  type Context,
  canDisablePeering,
  DISABLED_BY_OPERATOR,
  DISABLED_BY_PEER,
} from '../../_auth/index.ts';
import type { PeeringRow } from '../../_router/index.ts';
import { changeState } from './transition.ts';

export function disablePeering({
  ctx,
  id,
}: {
  readonly ctx: Context;
  readonly id: string;
}): Promise<PeeringRow> {
  return changeState(ctx, id, {
    action: 'peering.disable',
    step: 'disabled',
    to: 'disabled',
    reason: ctx.actor.kind === 'member' ? DISABLED_BY_PEER : DISABLED_BY_OPERATOR,
    isAllowed: (row) => canDisablePeering(ctx.actor, row),
  });
}
