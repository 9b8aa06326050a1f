/**
 * The change of a peering's administrative state, common to the verbs that make one.
 *
 * Not standardized; portal specification §6 (the administrative axis).
 *
 * @module
 */
import 'server-only';
import type { TimelineStep } from '../../../router-core/index.ts';
import type { Context } from '../../_auth/index.ts';
import {
  type AdministrativeState,
  type PeeringRow,
  peeringRowOf,
  recordStep,
} from '../../_router/index.ts';
import { PortalError } from '../../_text/errors.ts';
import { writeAudit } from '../audit.ts';
import { commitChange } from './commit.ts';
import { getPeeringRow } from './load.ts';

export type StateChange = {
  readonly action: string;
  readonly step: TimelineStep;
  readonly to: AdministrativeState;
  readonly reason: string | null;
  readonly isAllowed: (row: PeeringRow) => boolean;
  /** The key becomes free for others. */
  readonly releasesKey?: boolean;
  /** The row becomes a tombstone. */
  readonly isRemoval?: boolean;
};

/** @throws PortalError PEERING_UNKNOWN, STATE_CONFLICT. */
export async function changeState(
  ctx: Context,
  id: string,
  change: StateChange,
): Promise<PeeringRow> {
  const { node } = await getPeeringRow(ctx, id);
  return commitChange(ctx, {
    node,
    async work(transaction, revision) {
      const row = await getPeeringRow(ctx, id, transaction);
      if (!change.isAllowed(row))
        throw new PortalError('STATE_CONFLICT', {
          message: `The peering is ${row.administrative}${row.administrativeReason === null ? '' : ` (${row.administrativeReason})`}; this login cannot change that to ${change.to}.`,
        });
      const updated = await transaction.peering.update({
        where: { id },
        data: {
          administrative: change.to,
          administrativeReason: change.reason,
          revision,
          operation: ctx.operation,
          updatedAt: ctx.now,
          ...(change.releasesKey === true ? { keyClaim: null } : {}),
          ...(change.isRemoval === true ? { deletedAt: ctx.now } : {}),
        },
      });
      await recordStep(transaction, {
        node,
        peering: id,
        step: change.step,
        at: ctx.now,
        ...(change.reason === null ? {} : { detail: change.reason }),
        operation: ctx.operation,
      });
      await writeAudit(transaction, ctx, {
        action: change.action,
        node,
        subject: id,
        asn: row.asn,
        detail: { asn: row.asn, from: row.administrative, reason: change.reason },
      });
      return peeringRowOf(updated);
    },
    changed: () => [id],
  });
}
