/**
 * The owner or the operator restarts a peering: tunnel and BGP, or BGP alone.
 *
 * Not standardized; portal specification §9 (`restart`, `clear`). Nothing desired changes, so there
 * is no revision; audit and timeline have it.
 *
 * @module
 */
import 'server-only';
import { type Context, canRestartPeering } from '../../_auth/index.ts';
import { inTransaction } from '../../_db/index.ts';
import { recordStep } from '../../_router/index.ts';
import { PortalError } from '../../_text/errors.ts';
import { writeAudit } from '../audit.ts';
import { getPeeringRow } from './load.ts';

export async function restartPeering({
  ctx,
  id,
  scope,
}: {
  readonly ctx: Context;
  readonly id: string;
  readonly scope: 'tunnel' | 'bgp';
}): Promise<void> {
  const row = await getPeeringRow(ctx, id);
  if (!canRestartPeering(ctx.actor, row))
    throw new PortalError('STATE_CONFLICT', {
      message: `A peering that is ${row.administrative} cannot be restarted.`,
    });
  const runtime = ctx.portal.nodes.get(row.node);
  if (runtime === undefined) throw new PortalError('ROUTER_AWAY');
  await inTransaction(ctx.portal.database, async (transaction) => {
    await recordStep(transaction, {
      node: row.node,
      peering: id,
      step: 'restarted',
      at: ctx.now,
      detail: scope === 'bgp' ? 'BGP' : 'tunnel and BGP',
      operation: ctx.operation,
    });
    await writeAudit(transaction, ctx, {
      action: 'peering.restart',
      node: row.node,
      subject: id,
      asn: row.asn,
      detail: { scope },
    });
  });
  await runtime.router.client.call('restart', { entity: id, scope });
  runtime.hub.peeringChanged(id);
}
