/**
 * The operator changes a node's part in a mesh: as an edge, as the supernode, or both. The one verb of all of them.
 *
 * Not standardized; docs/mesh.md, docs/architecture.md §7. What is wrong is refused with the router's own findings
 * before anything is stored; what only shows while it runs is in the router's view.
 *
 * Invariant: a pasted private key goes into a file of the node before the document that names it, and leaves with it.
 *
 * @module
 */
import 'server-only';
import {
  MESH_INSTANCES,
  type MeshFields,
  type MeshInstanceName,
} from '../../../router-core/index.ts';
import { type Context, canSetMesh, newId } from '../../_auth/index.ts';
import {
  dropMeshKey,
  keepMeshKey,
  type NodeRuntime,
  readStoredMesh,
  type StoredMesh,
  writeStoredMesh,
} from '../../_router/index.ts';
import { PortalError } from '../../_text/errors.ts';
import { writeAudit } from '../audit.ts';
import { commitChange } from '../peering/commit.ts';
import { findNode, type LoadedNode } from '../peering/load.ts';
import {
  type InstanceInput,
  type MeshFinding,
  type ReadInstance,
  readInstance,
} from './read-instance.ts';

/** An absent instance stays as it is, null ends it. */
export type MeshInput = { readonly [Name in MeshInstanceName]?: InstanceInput | null | undefined };

/** @throws PortalError INPUT_INVALID with everything that is wrong. Returns what may be worth knowing. */
export async function setMesh({
  ctx,
  node,
  input,
  isDryRun = false,
}: {
  readonly ctx: Context;
  readonly node: string;
  readonly input: MeshInput;
  /** Only judges. */
  readonly isDryRun?: boolean;
}): Promise<readonly MeshFinding[]> {
  const { portal } = ctx;
  const loaded = await findMeshNode(ctx, node);
  if (isDryRun)
    return judge(await readStoredMesh(portal.database, portal.sealer, node), input, loaded)
      .findings;
  return changeMesh(ctx, node, (before) => judgeOrThrow(before, input, loaded));
}

/**
 * Stores what `change` makes of the mesh in force, tells the audit log and has the router follow. All changes of a mesh
 * come here.
 */
export async function changeMesh(
  ctx: Context,
  node: string,
  change: (before: StoredMesh) => JudgedMesh,
): Promise<readonly MeshFinding[]> {
  const { portal } = ctx;
  const { settings, sealer } = portal;
  let made: string | undefined;
  try {
    const { findings, dropped } = await commitChange(ctx, {
      node,
      async work(transaction) {
        const before = await readStoredMesh(transaction, sealer, node);
        const { after, privateKey, findings, changes } = change(before);
        let stored = after;
        if (privateKey !== undefined) {
          made = `edge-${newId()}.key`;
          keepMeshKey(settings, made, privateKey);
          stored = { ...after, edgeKeyFile: made };
        }
        await writeStoredMesh(transaction, sealer, node, stored, ctx.now);
        await writeAudit(transaction, ctx, { action: 'mesh.set', node, detail: { changes } });
        const { edgeKeyFile } = before;
        return {
          findings,
          dropped: edgeKeyFile === stored.edgeKeyFile ? undefined : edgeKeyFile,
        };
      },
      changed: () => [],
    });
    if (dropped !== undefined) dropMeshKey(settings, dropped);
    return findings;
  } catch (error) {
    if (made !== undefined) dropMeshKey(settings, made);
    throw error;
  }
}

export type JudgedMesh = {
  readonly after: StoredMesh;
  readonly privateKey?: Uint8Array;
  readonly findings: readonly MeshFinding[];
  /** For the audit log: `edge set`, `supernode ended` … */
  readonly changes: readonly string[];
};

/** Returns the node, when its mesh is the actor's to change. @throws PortalError */
export async function findMeshNode(
  ctx: Context,
  node: string,
): Promise<LoadedNode & { readonly runtime: NodeRuntime }> {
  if (!canSetMesh(ctx.actor))
    throw new PortalError(ctx.actor.kind === 'visitor' ? 'UNAUTHENTICATED' : 'FORBIDDEN');
  const loaded = await findNode(ctx, node);
  if (loaded?.runtime === undefined)
    throw new PortalError('PATH_UNKNOWN', { message: 'There is no node of this name.' });
  const { runtime } = loaded;
  if (runtime.isDemo)
    throw new PortalError('STATE_CONFLICT', { message: 'The demo takes no part in a mesh.' });
  const { file } = ctx.portal.settings;
  if (file?.content.mesh !== undefined)
    throw new PortalError('STATE_CONFLICT', {
      message: `The mesh of this node is set by mesh in ${file.path}. Change it there, or take the key out.`,
    });
  return { ...loaded, runtime };
}

function judge(before: StoredMesh, input: MeshInput, node: LoadedNode): JudgedMesh {
  const after: { -readonly [Key in keyof StoredMesh]: StoredMesh[Key] } = { ...before };
  const findings: MeshFinding[] = [];
  const changes: string[] = [];
  let privateKey: Uint8Array | undefined;
  for (const name of MESH_INSTANCES) {
    const wish = input[name];
    if (wish === undefined) continue;
    const read: ReadInstance =
      wish === null ? { findings: [] } : readInstance(name, wish, before[name]);
    findings.push(...read.findings);
    delete after[name];
    if (name === 'edge' && (wish === null || isOtherEdge(read.fields, before.edge)))
      delete after.edgeKeyFile;
    if (read.fields !== undefined) after[name] = read.fields;
    privateKey ??= read.privateKey;
    changes.push(wish === null ? `${name} ended` : `${name} set`);
  }
  findings.push(...portFindings(after, node));
  return { after, ...(privateKey === undefined ? {} : { privateKey }), findings, changes };
}

function judgeOrThrow(before: StoredMesh, input: MeshInput, node: LoadedNode): JudgedMesh {
  const judged = judge(before, input, node);
  refuseWrong(judged.findings);
  return judged;
}

/** @throws PortalError INPUT_INVALID when one of them is an error */
export function refuseWrong(findings: readonly MeshFinding[]): void {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const first = errors[0];
  if (first !== undefined)
    throw new PortalError('INPUT_INVALID', { message: first.message, errors });
}

/** A key belongs to a number of a network: another number is another edge, whose key is another one. */
const isOtherEdge = (fields: MeshFields | undefined, before: MeshFields | undefined): boolean =>
  before !== undefined && String(fields?.NodeID) !== String(before.NodeID);

/** Ports that two of us cannot both have. */
function portFindings(mesh: StoredMesh, { facts }: LoadedNode): MeshFinding[] {
  const taken = new Map([[facts.listen.port, 'the tunnels of this node']]);
  return MESH_INSTANCES.flatMap((name): MeshFinding[] => {
    const port = Number(mesh[name]?.ListenPort ?? 0);
    if (!Number.isInteger(port) || port === 0) return [];
    const other = taken.get(port);
    taken.set(port, `the ${name}`);
    if (other === undefined) return [];
    return [
      {
        code: 'PORT_IN_USE',
        path: `${name}.ListenPort`,
        message: `ListenPort ${port} is the UDP port of ${other}.`,
        severity: 'error',
      },
    ];
  });
}
