/**
 * The operator turns a waiting request down, with a reason that its owner reads.
 *
 * Not standardized; portal specification §6. The key is free again at once.
 *
 * @module
 */
import 'server-only';
import { printable } from '../../../router-core/index.ts';
import { type Context, canApprovePeering } from '../../_auth/index.ts';
import type { PeeringRow } from '../../_router/index.ts';
import { changeState } from './transition.ts';

const REASON_LENGTH = 200;

export function rejectPeering({
  ctx,
  id,
  reason,
}: {
  readonly ctx: Context;
  readonly id: string;
  readonly reason: string;
}): Promise<PeeringRow> {
  return changeState(ctx, id, {
    action: 'peering.reject',
    step: 'failed',
    to: 'rejected',
    reason: printable(reason, REASON_LENGTH) || 'rejected by the operator',
    isAllowed: (row) => canApprovePeering(ctx.actor, row),
    releasesKey: true,
  });
}
