/**
 * The operator lets a waiting request come up.
 *
 * Not standardized; docs/architecture.md §5 step 4.
 *
 * @module
 */
import 'server-only';
import { type Context, canApprovePeering } from '../../_auth/index.ts';
import type { PeeringRow } from '../../_router/index.ts';
import { changeState } from './transition.ts';

export function approvePeering({
  ctx,
  id,
}: {
  readonly ctx: Context;
  readonly id: string;
}): Promise<PeeringRow> {
  return changeState(ctx, id, {
    action: 'peering.approve',
    step: 'approved',
    to: 'enabled',
    reason: null,
    isAllowed: (row) => canApprovePeering(ctx.actor, row),
  });
}
