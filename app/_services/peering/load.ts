/**
 * Finding what a verb is about: a peering the actor may know of, and its node.
 *
 * Not standardized; portal specification §9, §12.7: always by id and owner. A peering of another AS
 * does not exist for the actor (404), so ids tell nothing.
 *
 * @module
 */
import 'server-only';
import { type Context, canSeePeering } from '../../_auth/index.ts';
import type { Database, Transaction } from '../../_db/index.ts';
import {
  type NodeRuntime,
  nodeFactsOf,
  type PeeringRow,
  peeringRowOf,
} from '../../_router/index.ts';
import { type NodeFacts, readStored } from '../../_settings/index.ts';
import { PortalError } from '../../_text/errors.ts';

/** @throws PortalError UNAUTHENTICATED for visitors, PEERING_UNKNOWN for everything not theirs. */
export async function getPeeringRow(
  ctx: Context,
  id: string,
  reader: Database | Transaction = ctx.portal.database,
): Promise<PeeringRow> {
  if (ctx.actor.kind === 'visitor') throw new PortalError('UNAUTHENTICATED');
  const found = await reader.peering.findUnique({ where: { id } });
  const row = found === null ? undefined : peeringRowOf(found);
  if (row === undefined || row.deletedAt !== null || !canSeePeering(ctx.actor, row))
    throw new PortalError('PEERING_UNKNOWN');
  return row;
}

export type LoadedNode = {
  readonly facts: NodeFacts;
  /** Empty until the router has told it once. */
  readonly publicKey: string;
  readonly runtime: NodeRuntime | undefined;
};

/** Returns a node by name; without a name the only one. */
export async function findNode(
  ctx: Pick<Context, 'portal'>,
  name: string | undefined,
): Promise<LoadedNode | undefined> {
  const { portal } = ctx;
  const rows = await portal.database.node.findMany({
    ...(name === undefined ? {} : { where: { name } }),
    take: 2,
  });
  const row = rows[0];
  if (row === undefined || rows.length > 1) return undefined;
  const runtime = portal.nodes.get(row.name);
  const publicKey =
    runtime?.hub.node()?.publicKey ??
    (await readStored(portal.database, `publicKey/${row.name}`)) ??
    '';
  return { facts: nodeFactsOf(row), publicKey, runtime };
}
