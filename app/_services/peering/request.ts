/**
 * A network asks for a peering.
 *
 * Not standardized; docs/architecture.md §5 step 3, portal specification §4.5, §6.
 *
 * @module
 */
import 'server-only';
import {
  type Finding,
  type PeeringRequest,
  pickOperatorOptions,
} from '../../../router-core/index.ts';
import { type Context, canRequestPeering, nameOfActor, newId } from '../../_auth/index.ts';
import type { Transaction } from '../../_db/index.ts';
import {
  type PeeringRow,
  passwordOwner,
  peeringColumns,
  peeringRowOf,
  presharedKeyOwner,
  recordStep,
  sealOptions,
} from '../../_router/index.ts';
import { readApproval } from '../../_settings/index.ts';
import { PortalError } from '../../_text/errors.ts';
import { writeAudit } from '../audit.ts';
import { type CheckedPeering, checkPeering, refuseErrors } from './check.ts';
import { commitChange } from './commit.ts';
import { findNode, type LoadedNode } from './load.ts';
import { type OptionsInput, REFUSED_TO_MEMBERS, readOptions } from './options.ts';

const DAY_MS = 24 * 3_600_000;
const PENDING_PER_AS = 3;
const CREATIONS_PER_DAY = 6;

/** Keys of portal specification §4.1; members may leave out `asn`, and `node` where there is one. */
export type NewPeering = Omit<PeeringRequest, 'asn' | 'node'> & {
  readonly asn?: number;
  readonly node?: string;
  /** Operators only: keys of the file that the form has no fields for. */
  readonly options?: OptionsInput;
};

/** @throws PortalError with the codes of the rules in `errors`. */
export async function requestPeering({
  ctx,
  input,
}: {
  readonly ctx: Context;
  readonly input: NewPeering;
}): Promise<PeeringRow> {
  const { actor } = ctx;
  if (actor.kind === 'visitor') throw new PortalError('UNAUTHENTICATED');
  const asn = input.asn ?? (actor.kind === 'member' ? actor.asn : undefined);
  if (asn === undefined) throw missingAsn();
  if (!canRequestPeering(actor, asn))
    throw new PortalError('FORBIDDEN', { message: `This login has not proved AS${asn}.` });
  const node = await findNode(ctx, input.node);
  if (node === undefined) throw unknownNode(input.node);
  const { request, findings: wrongOptions } = newRequestOf(ctx, input, asn, node);
  refuseErrors(wrongOptions);

  const row = await commitChange(ctx, {
    node: node.facts.name,
    async work(transaction, revision) {
      await refuseLimits(ctx, transaction, asn);
      const checked = await checkPeering(ctx, transaction, node, request);
      refuseErrors(checked.findings);
      await yieldClaims(ctx, transaction, checked);
      const isAutomatic =
        actor.kind !== 'member' ||
        (await readApproval(ctx.portal.settings, transaction)) === 'automatic';
      return store(ctx, transaction, { request, checked, revision, isAutomatic });
    },
    changed: (created) => [created.id],
  });
  return row;
}

/** Returns the whole request, and what is wrong with the text of its options. */
export function newRequestOf(
  { actor }: Context,
  { options: input, ...wish }: NewPeering,
  asn: number,
  node: LoadedNode,
): { readonly request: PeeringRequest; readonly findings: readonly Finding[] } {
  const given = { ...wish, asn, node: node.facts.name };
  if (input === undefined) return { request: given, findings: [] };
  if (actor.kind === 'member') return { request: given, findings: [REFUSED_TO_MEMBERS] };
  const { options, findings } = readOptions(input, {});
  return { request: { ...given, ...options }, findings };
}

type ToStore = {
  readonly request: PeeringRequest;
  readonly checked: CheckedPeering;
  readonly revision: number;
  readonly isAutomatic: boolean;
};

async function store(
  ctx: Context,
  transaction: Transaction,
  { request, checked: { peering }, revision, isAutomatic }: ToStore,
): Promise<PeeringRow> {
  const id = newId();
  const { shutdown } = peering;
  const stateOfApproved = shutdown === undefined ? 'enabled' : 'disabled';
  const created = await transaction.peering.create({
    data: {
      ...peeringColumns(peering),
      id,
      node: peering.node,
      administrative: isAutomatic ? stateOfApproved : 'pending',
      administrativeReason: shutdown ?? null,
      keyClaim: `${peering.node}/${peering.publicKey}`,
      presharedKeySealed:
        peering.presharedKey === undefined
          ? null
          : ctx.portal.sealer.seal(peering.presharedKey, presharedKeyOwner(id)),
      passwordSealed:
        peering.password === undefined
          ? null
          : ctx.portal.sealer.seal(peering.password, passwordOwner(id)),
      optionsSealed: sealOptions(ctx.portal.sealer, id, pickOperatorOptions(request)),
      revision,
      operation: ctx.operation,
      createdBy: nameOfActor(ctx.actor, peering.asn),
      createdAt: ctx.now,
      updatedAt: ctx.now,
      firstHandshakeAt: null,
      deletedAt: null,
    },
  });
  const step = { node: peering.node, peering: id, at: ctx.now, operation: ctx.operation };
  await recordStep(transaction, { ...step, step: 'requested' });
  if (isAutomatic) await recordStep(transaction, { ...step, step: 'approved', detail: 'by rule' });
  if (shutdown !== undefined)
    await recordStep(transaction, { ...step, step: 'disabled', detail: shutdown });
  await writeAudit(transaction, ctx, {
    action: 'peering.request',
    node: peering.node,
    subject: id,
    asn: peering.asn,
    detail: { asn: peering.asn, approval: isAutomatic ? 'automatic' : 'manual' },
  });
  return peeringRowOf(created);
}

/** A key claimed by another network for a day without a handshake goes to whoever asks next. */
async function yieldClaims(
  ctx: Context,
  transaction: Transaction,
  { peering, yielding }: CheckedPeering,
): Promise<void> {
  for (const row of yielding) {
    await transaction.peering.update({
      where: { id: row.id },
      data: {
        administrative: 'rejected',
        administrativeReason: 'the key showed no handshake for 24 h and went to another network',
        keyClaim: null,
        updatedAt: ctx.now,
      },
    });
    await writeAudit(transaction, ctx, {
      action: 'peering.claim-yielded',
      node: row.node,
      subject: row.id,
      asn: peering.asn,
    });
  }
}

async function refuseLimits(ctx: Context, transaction: Transaction, asn: number): Promise<void> {
  if (ctx.actor.kind !== 'member') return;
  const pending = await transaction.peering.count({
    where: { asn: BigInt(asn), administrative: 'pending', deletedAt: null },
  });
  if (pending >= PENDING_PER_AS)
    throw new PortalError('LIMIT_REACHED', {
      message: `AS${asn} has ${pending} requests waiting for the operator; ${PENDING_PER_AS} is the limit.`,
    });
  const since = new Date(ctx.now.getTime() - DAY_MS);
  const today = await transaction.audit.count({
    where: { action: 'peering.request', actor: `AS${asn}`, at: { gt: since } },
  });
  if (today >= CREATIONS_PER_DAY)
    throw new PortalError('LIMIT_REACHED', {
      message: `AS${asn} made ${today} peerings in 24 hours; ${CREATIONS_PER_DAY} is the limit.`,
    });
}

function missingAsn(): PortalError {
  const message = 'Give the AS number of the other side.';
  return new PortalError('INPUT_INVALID', {
    message,
    errors: [{ code: 'ASN_INVALID', path: 'asn', message }],
  });
}

function unknownNode(name: string | undefined): PortalError {
  const message = name === undefined ? 'Name the node.' : 'There is no node of this name.';
  return new PortalError('INPUT_INVALID', {
    message,
    errors: [{ code: 'NODE_UNKNOWN', path: 'node', message }],
  });
}
