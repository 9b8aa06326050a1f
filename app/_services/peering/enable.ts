/**
 * The owner or the operator switches BGP of a peering on again.
 *
 * Not standardized; portal specification §6. What the operator disabled only the operator enables.
 *
 * @module
 */
import 'server-only';
import { type Context, canEnablePeering } from '../../_auth/index.ts';
import type { PeeringRow } from '../../_router/index.ts';
import { changeState } from './transition.ts';

export function enablePeering({
  ctx,
  id,
}: {
  readonly ctx: Context;
  readonly id: string;
}): Promise<PeeringRow> {
  return changeState(ctx, id, {
    action: 'peering.enable',
    step: 'enabled',
    to: 'enabled',
    reason: null,
    isAllowed: (row) => canEnablePeering(ctx.actor, row),
  });
}
