/**
 * The owner or the operator ends a peering: Cease 6/3, withdraw, then tunnel and keys go.
 *
 * Standard: RFC 4486 (peer de-configured). The row stays for 30 days as a tombstone, which also
 * tells the reconciler that the loss is meant.
 *
 * @module
 */
import 'server-only';
import { type Context, canDeletePeering } from '../../_auth/index.ts';
import { PortalError } from '../../_text/errors.ts';
import { getPeeringRow } from './load.ts';
import { changeState } from './transition.ts';

const TOMBSTONE_MS = 30 * 24 * 3_600_000;

export async function deletePeering({
  ctx,
  id,
  confirm,
}: {
  readonly ctx: Context;
  readonly id: string;
  /** The AS number as a person typed it; programs may leave it out. */
  readonly confirm?: string;
}): Promise<void> {
  if (confirm !== undefined) {
    const { asn } = await getPeeringRow(ctx, id);
    if (confirm.replace(/^\s*(as)?\s*/i, '').trim() !== String(asn))
      throw new PortalError('CONFIRMATION_MISMATCH');
  }
  await changeState(ctx, id, {
    action: 'peering.delete',
    step: 'deleted',
    to: 'deleting',
    reason: null,
    isAllowed: (row) => canDeletePeering(ctx.actor, row),
    releasesKey: true,
    isRemoval: true,
  });
  await removeTombstones(ctx);
}

/** A tombstone is out of every document for long: nothing has to be told to anybody. */
async function removeTombstones(ctx: Context): Promise<void> {
  const before = new Date(ctx.now.getTime() - TOMBSTONE_MS);
  const old = await ctx.portal.database.peering.findMany({
    where: { deletedAt: { lt: before } },
    select: { id: true },
  });
  const ids = old.map((row) => row.id);
  await ctx.portal.database.timeline.deleteMany({ where: { peering: { in: ids } } });
  await ctx.portal.database.peering.deleteMany({ where: { id: { in: ids } } });
}
