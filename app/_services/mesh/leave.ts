/**
 * The operator ends a node's part in a mesh; settings and a pasted key go with it.
 *
 * Not standardized; docs/mesh.md. The node's name is typed to confirm, as deleting a peering takes its AS number.
 *
 * @module
 */
import 'server-only';
import { MESH_INSTANCES, type MeshInstanceName } from '../../../router-core/index.ts';
import type { Context } from '../../_auth/index.ts';
import { PortalError } from '../../_text/errors.ts';
import { setMesh } from './set.ts';

export async function leaveMesh({
  ctx,
  node,
  instance,
  confirm,
}: {
  readonly ctx: Context;
  readonly node: string;
  /** Absent: both. */
  readonly instance?: MeshInstanceName;
  readonly confirm: string | undefined;
}): Promise<void> {
  if (ctx.actor.kind === 'operator' && confirm !== node)
    throw new PortalError('CONFIRMATION_MISMATCH', {
      message: 'The name typed is not that of the node.',
    });
  const ended = instance === undefined ? MESH_INSTANCES : [instance];
  const input = Object.fromEntries(ended.map((name) => [name, null]));
  await setMesh({ ctx, node, input });
}
