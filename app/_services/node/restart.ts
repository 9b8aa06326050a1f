/**
 * The operator ends the router of a node; its supervisor starts it again.
 *
 * Not standardized; portal specification §9. `crash` ends the worker without a word, as a fault
 * would: for tests of what follows. The portal stays up either way.
 *
 * @module
 */
import 'server-only';
import { type Context, canRunNode } from '../../_auth/index.ts';
import { inTransaction } from '../../_db/index.ts';
import { PortalError } from '../../_text/errors.ts';
import { writeAudit } from '../audit.ts';

export async function restartNode({
  ctx,
  node,
  crash,
}: {
  readonly ctx: Context;
  readonly node: string;
  readonly crash: boolean;
}): Promise<void> {
  if (!canRunNode(ctx.actor))
    throw new PortalError(ctx.actor.kind === 'visitor' ? 'UNAUTHENTICATED' : 'FORBIDDEN');
  const runtime = ctx.portal.nodes.get(node);
  if (runtime === undefined)
    throw new PortalError('PATH_UNKNOWN', { message: 'There is no node of this name.' });
  await inTransaction(ctx.portal.database, (transaction) =>
    writeAudit(transaction, ctx, { action: 'node.restart', node, detail: { crash } }),
  );
  if (crash) runtime.router.crash();
  else await runtime.router.restart();
}
