/**
 * The owner or the operator changes a peering.
 *
 * Not standardized; portal specification §6: validate, store with a revision, hand over. What the
 * router cannot take it refuses as a whole, and the revision before stays in force there.
 *
 * @module
 */
import 'server-only';
import type { OperatorOptions, PeeringRequest } from '../../../router-core/index.ts';
import { type Context, canEditPeering } from '../../_auth/index.ts';
import type { Transaction } from '../../_db/index.ts';
import {
  openOptions,
  type PeeringRow,
  passwordOwner,
  peeringColumns,
  peeringRowOf,
  presharedKeyOwner,
  recordStep,
  sealOptions,
} from '../../_router/index.ts';
import { PortalError } from '../../_text/errors.ts';
import { writeAudit } from '../audit.ts';
import { checkPeering, refuseErrors } from './check.ts';
import { commitChange } from './commit.ts';
import { findNode, getPeeringRow } from './load.ts';
import { type OptionsInput, REFUSED_TO_MEMBERS, readOptions } from './options.ts';

const DAY_MS = 24 * 3_600_000;
const EDITS_PER_DAY = 30;

/** A peering stays what it is and where it is; shutting down is a verb; options come in one piece. */
type Editable = Omit<PeeringRequest, 'node' | 'asn' | 'shutdown' | keyof OperatorOptions> & {
  /** Operators only: keys of the file that the form has no fields for. All of them; null: none. */
  readonly options?: OptionsInput;
};

/** Any part of a request; null takes a value away, an absent key keeps it. */
export type PeeringChanges = {
  readonly [Key in keyof Editable]?: Editable[Key] | null | undefined;
};

export async function editPeering({
  ctx,
  id,
  input,
  revision,
}: {
  readonly ctx: Context;
  readonly id: string;
  readonly input: PeeringChanges;
  /** From If-Match: refuses when somebody else changed the peering meanwhile. */
  readonly revision?: number;
}): Promise<PeeringRow> {
  const before = await getPeeringRow(ctx, id);
  if (!canEditPeering(ctx.actor, before))
    throw new PortalError(ctx.actor.kind === 'member' ? 'STATE_CONFLICT' : 'FORBIDDEN', {
      message: `A peering that is ${before.administrative} cannot be edited.`,
    });
  const node = await findNode(ctx, before.node);
  if (node === undefined) throw new PortalError('PEERING_UNKNOWN');

  return commitChange(ctx, {
    node: before.node,
    async work(transaction, nodeRevision) {
      const row = await getPeeringRow(ctx, id, transaction);
      if (revision !== undefined && revision !== row.revision)
        throw new PortalError('REVISION_MISMATCH');
      await refuseLimit(ctx, transaction, row.asn);
      const options = optionsAfter(ctx, row, input);
      const request = { ...merged(ctx, row, input), ...options };
      const { findings, peering } = await checkPeering(ctx, transaction, node, request, row);
      refuseErrors(findings);
      const updated = await transaction.peering.update({
        where: { id },
        data: {
          ...peeringColumns(peering),
          ...presharedKeyColumn(ctx, id, input),
          ...passwordColumn(ctx, id, input),
          ...(input.options === undefined
            ? {}
            : { optionsSealed: sealOptions(ctx.portal.sealer, id, options) }),
          keyClaim: `${row.node}/${peering.publicKey}`,
          revision: nodeRevision,
          operation: ctx.operation,
          updatedAt: ctx.now,
          ...(peering.publicKey === row.publicKey ? {} : { firstHandshakeAt: null }),
        },
      });
      const fields = Object.keys(input).filter((key) => key in EDITABLE);
      await recordStep(transaction, {
        node: row.node,
        peering: id,
        step: 'edited',
        at: ctx.now,
        detail: fields.join(', '),
        operation: ctx.operation,
      });
      await writeAudit(transaction, ctx, {
        action: 'peering.edit',
        node: row.node,
        subject: id,
        asn: row.asn,
        detail: { fields, asn: row.asn },
      });
      return peeringRowOf(updated);
    },
    changed: () => [id],
  });
}

const EDITABLE = {
  name: true,
  publicKey: true,
  presharedKey: true,
  password: true,
  ttlSecurity: true,
  endpoint: true,
  linkLocal: true,
  ourLinkLocal: true,
  addresses: true,
  sessions: true,
  families: true,
  extendedNextHop: true,
  keepalive: true,
  mtu: true,
  listenPort: true,
  obfuscation: true,
  policy: true,
  importLimit: true,
  rateLimit: true,
  contact: true,
  remark: true,
  options: true,
} as const satisfies Readonly<Record<keyof PeeringChanges, true>>;

/** Returns the whole request that the row would be after the change. */
function merged(
  { portal: { sealer } }: Context,
  row: PeeringRow,
  { options: _options, ...input }: PeeringChanges,
): PeeringRequest {
  const present: Record<string, unknown> = {
    name: row.name,
    publicKey: row.publicKey,
    // Rules ask whether there is one; its column changes only with a new one.
    password: row.passwordSealed && sealer.open(row.passwordSealed, passwordOwner(row.id)),
    ttlSecurity: row.ttlSecurity,
    endpoint: row.endpoint,
    linkLocal: row.linkLocal,
    ourLinkLocal: row.ourLinkLocal,
    addresses: row.addresses,
    sessions: row.sessions,
    families: row.families,
    extendedNextHop: row.extendedNextHop,
    keepalive: row.keepalive,
    mtu: row.mtu,
    listenPort: row.listenPort,
    obfuscation: row.obfuscation,
    policy: row.policy,
    importLimit: row.importLimit,
    rateLimit: row.rateLimit,
    contact: row.contact,
    remark: row.remark,
  };
  // Another shape of sessions has other defaults; the old ones would contradict it.
  if (input.sessions !== undefined && input.sessions !== row.sessions) {
    delete present.families;
    delete present.extendedNextHop;
  }
  for (const [key, value] of Object.entries(input)) if (value !== undefined) present[key] = value;
  const given = Object.entries(present).filter(([, value]) => value !== null);
  // Every key is one of PeeringRequest's, and the values are checked by the rules right after.
  return { ...Object.fromEntries(given), node: row.node, asn: row.asn } as PeeringRequest;
}

/** @throws PortalError INPUT_INVALID for a member who sends any, and for what is no set of options. */
function optionsAfter(ctx: Context, row: PeeringRow, { options }: PeeringChanges): OperatorOptions {
  const before = openOptions(ctx.portal.sealer, row);
  if (options === undefined) return before;
  if (ctx.actor.kind === 'member') refuseErrors([REFUSED_TO_MEMBERS]);
  const read = readOptions(options, before);
  refuseErrors(read.findings);
  return read.options;
}

function presharedKeyColumn(
  ctx: Context,
  id: string,
  { presharedKey }: PeeringChanges,
): { presharedKeySealed?: string | null } {
  if (presharedKey === undefined) return {};
  if (presharedKey === null || presharedKey === '') return { presharedKeySealed: null };
  return { presharedKeySealed: ctx.portal.sealer.seal(presharedKey, presharedKeyOwner(id)) };
}

function passwordColumn(
  ctx: Context,
  id: string,
  { password }: PeeringChanges,
): { passwordSealed?: string | null } {
  if (password === undefined) return {};
  if (password === null) return { passwordSealed: null };
  return { passwordSealed: ctx.portal.sealer.seal(password, passwordOwner(id)) };
}

async function refuseLimit(ctx: Context, transaction: Transaction, asn: number): Promise<void> {
  if (ctx.actor.kind !== 'member') return;
  const since = new Date(ctx.now.getTime() - DAY_MS);
  const today = await transaction.audit.count({
    where: { action: 'peering.edit', actor: `AS${asn}`, at: { gt: since } },
  });
  if (today >= EDITS_PER_DAY)
    throw new PortalError('LIMIT_REACHED', {
      message: `AS${asn} made ${today} changes in 24 hours; ${EDITS_PER_DAY} is the limit.`,
    });
}
