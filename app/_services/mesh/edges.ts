/**
 * The operator adds edges to the supernode of a node, and takes them out.
 *
 * Not standardized; docs/mesh.md. A new edge's file has its private key: it is in the answer, and nowhere else.
 *
 * @module
 */
import 'server-only';
import { type MeshFields, parseEndpoint } from '../../../router-core/index.ts';
import type { Context } from '../../_auth/index.ts';
import {
  makeEdges,
  type NewEdge,
  type NodeRuntime,
  type StoredMesh,
  type SupernodeToJoin,
} from '../../_router/index.ts';
import { PortalError } from '../../_text/errors.ts';
import { type MeshFinding, readInstance } from './read-instance.ts';
import { changeMesh, findMeshNode, type JudgedMesh, refuseWrong } from './set.ts';

/** Files of one answer: each is shown once. */
export const NEW_EDGES_MAX = 16;
const NUMBER_MAX = 65_531;

export type NewEdgesInput = {
  readonly count: number;
  /** The first number; absent: one more than the largest there is. */
  readonly first?: number;
  /** Names begin with it, and the number follows. */
  readonly name: string;
  /** What edges reach the supernode by; absent: the node's endpoint. */
  readonly host?: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
};

/** Adds edges; their files are in the answer only. @throws PortalError INPUT_INVALID, STATE_CONFLICT */
export async function addMeshEdges({
  ctx,
  node,
  input,
}: {
  readonly ctx: Context;
  readonly node: string;
  readonly input: NewEdgesInput;
}): Promise<readonly NewEdge[]> {
  const { runtime, facts } = await findMeshNode(ctx, node);
  const host = input.host ?? facts.endpoint ?? 'none';
  if (parseEndpoint(`${host}:1`) === undefined && parseEndpoint(`[${host}]:1`) === undefined)
    refuseWrong([wrong('ENDPOINT_SYNTAX', 'host', 'Give a host name or an address.')]);
  if (host === 'none')
    refuseWrong([wrong('ENDPOINT_REQUIRED', 'host', 'Edges have to know where this node is.')]);
  let made: readonly NewEdge[] = [];
  await changeMesh(ctx, node, (before) => {
    const fields = supernodeOf(before);
    const numbers = numbersOf(fields, input);
    const to = supernodeToJoin(fields, runtime, host);
    const ranges = rangesOf(before, input);
    made = makeEdges(
      to,
      ranges,
      numbers.map((number) => ({ node: number, name: `${input.name}${number}` })),
    );
    // A wrong range is told before anybody takes the files away.
    for (const edge of made) refuseWrong(rangeFindings(edge.text));
    const peers = [...peersOf(fields), ...made.map(({ peer }) => peer)];
    return judgedSupernode(before, { ...fields, Peers: peers }, [
      `edges ${numbers.join(', ')} added`,
    ]);
  });
  return made;
}

/** Takes an edge out: it can reach nobody from here on. @throws PortalError PATH_UNKNOWN, STATE_CONFLICT */
export async function removeMeshEdge({
  ctx,
  node,
  number,
}: {
  readonly ctx: Context;
  readonly node: string;
  readonly number: number;
}): Promise<void> {
  await findMeshNode(ctx, node);
  await changeMesh(ctx, node, (before) => {
    const fields = supernodeOf(before);
    const peers = peersOf(fields);
    const left = peers.filter((peer) => Number(peer.NodeID) !== number);
    if (left.length === peers.length)
      throw new PortalError('PATH_UNKNOWN', { message: `The supernode has no edge ${number}.` });
    return judgedSupernode(before, { ...fields, Peers: left }, [`edge ${number} removed`]);
  });
}

function judgedSupernode(
  before: StoredMesh,
  supernode: MeshFields,
  changes: readonly string[],
): JudgedMesh {
  const { findings } = readInstance('supernode', supernode, before.supernode);
  refuseWrong(findings);
  return { after: { ...before, supernode }, findings, changes };
}

function supernodeOf({ supernode }: StoredMesh): MeshFields {
  if (supernode !== undefined) return supernode;
  throw new PortalError('STATE_CONFLICT', { message: 'This node runs no supernode.' });
}

type Peer = Readonly<Record<string, unknown>>;

/** Stored fields were judged: whatever is there is a list of peers. */
const peersOf = ({ Peers }: MeshFields): readonly Peer[] =>
  Array.isArray(Peers) ? (Peers as Peer[]) : [];

function numbersOf(fields: MeshFields, { count, first }: NewEdgesInput): number[] {
  const taken = new Set(peersOf(fields).map(({ NodeID }) => Number(NodeID)));
  const begin = first ?? Math.max(0, ...taken) + 1;
  const numbers = Array.from({ length: count }, (_, i) => begin + i);
  const used = numbers.find((number) => taken.has(number));
  if (used !== undefined)
    refuseWrong([wrong('DUPLICATE', 'first', `Number ${used} is that of another edge.`)]);
  if (begin + count - 1 > NUMBER_MAX)
    refuseWrong([wrong('MESH_NODE_NUMBER', 'first', `Numbers end at ${NUMBER_MAX}.`)]);
  return numbers;
}

/** Keys are where the supernode runs: without it nobody knows the public ones. */
function supernodeToJoin(fields: MeshFields, runtime: NodeRuntime, host: string): SupernodeToJoin {
  const status = runtime.hub.mesh()?.supernode?.status;
  if (status === undefined || status === null)
    throw new PortalError('STATE_CONFLICT', {
      message:
        'The supernode does not run, so its public keys are not known. See why on this page.',
    });
  const api = String(fields.ListenPort_EdgeAPI ?? '').replace(/^:/, '');
  const prefix = String(fields.API_Prefix ?? '').replace(/\/+$/, '');
  return {
    host,
    port: status.listenPorts[0]?.port ?? Number(fields.ListenPort),
    apiPort: Number(api),
    apiPrefix: prefix === '' || prefix.startsWith('/') ? prefix : `/${prefix}`,
    publicKeys: status.publicKeys,
  };
}

/** What the node's own edge has, the others have too, unless said otherwise. */
function rangesOf({ edge }: StoredMesh, { ipv4, ipv6 }: NewEdgesInput) {
  const own: unknown = edge?.Interface;
  const ofEdge = (name: string): string => {
    const value: unknown =
      typeof own === 'object' && own !== null ? Reflect.get(own, name) : undefined;
    return typeof value === 'string' ? value : '';
  };
  return {
    MacAddrPrefix: ofEdge('MacAddrPrefix'),
    IPv4CIDR: ipv4 ?? ofEdge('IPv4CIDR'),
    IPv6CIDR: ipv6 ?? ofEdge('IPv6CIDR'),
    IPv6LLPrefix: ofEdge('IPv6LLPrefix') || LINK_LOCAL,
  };
}
const LINK_LOCAL = 'fe80::/64';

/** What the whole file is judged by; the fields of this form are named. */
const rangeFindings = (text: string): MeshFinding[] =>
  readInstance('edge', text, undefined).findings.map((finding) => ({
    ...finding,
    path: FORM_FIELDS[finding.path] ?? finding.path,
  }));
const FORM_FIELDS: Readonly<Record<string, string>> = {
  'edge.Interface.IPv4CIDR': 'ipv4',
  'edge.Interface.IPv6CIDR': 'ipv6',
  'edge.NodeID': 'first',
  'edge.NodeName': 'name',
  'edge.DynamicRoute.SuperNode.EndpointV4': 'host',
  'edge.DynamicRoute.SuperNode.EndpointV6': 'host',
  'edge.DynamicRoute.SuperNode.PubKeyV4': 'host',
  'edge.DynamicRoute.SuperNode.PubKeyV6': 'host',
};

const wrong = (code: string, path: string, message: string): MeshFinding => ({
  code,
  path,
  message,
  severity: 'error',
});
