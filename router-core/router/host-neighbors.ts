/**
 * Neighbors without a tunnel come, change and go: over the machine's TCP, or over the mesh.
 *
 * Not standardized; README, "transport: host" and "mesh". One over the machine's TCP has no interface: what it
 * announces is decided on and told on like any route, and no packet is ever sent that way. One on the mesh is a
 * next hop on its port.
 *
 * Invariants
 * - Equal entries of two documents give no step; what may change without a new session changes in place.
 * - An entry that fails stops no other.
 *
 * @module
 */
import { equalAddresses, formatIpAddress, type IpAddress } from '../base/ip-address.ts';
import type { Instant } from '../base/units.ts';
import type { PolicyBinding } from '../bgp/index.ts';
import type { TypedHostNeighbor, TypedNode } from './config.ts';
import type { Engine } from './engine.ts';
import { createPeeringFacts } from './facts.ts';
import type { MeshLink } from './mesh/mesh-link.ts';
import { isInPlace } from './plan.ts';
import { failureLine } from './refused-entries.ts';
import type { HostNeighbor } from './roster.ts';
import {
  type ChangedOwner,
  changeSession,
  noteChange,
  renameSessions,
  switchSession,
} from './session-changes.ts';
import { effectOfChange } from './session-options.ts';
import {
  hostNeighborConfigOf,
  hostRouteConfigOf,
  hostSessionOf,
  meshRouteConfigOf,
  meshSessionLinkOf,
  nextHopSelfOf,
  unspecified,
} from './session-wish.ts';
import { createTransitionLog } from './transitions.ts';
import type { ApplyReportLine } from './types.ts';

export type HostNeighborsRequest = {
  readonly wishes: ReadonlyMap<string, TypedHostNeighbor>;
  readonly node: TypedNode;
  readonly revision: number;
  readonly operation?: string;
  /** How to speak to a neighbor on the mesh. @throws RouterError when there is no way */
  linkOverMesh(address: IpAddress): MeshLink;
  /** What the routes of a session are judged by. */
  rulesOf(wish: TypedHostNeighbor): PolicyBinding;
};

/** Brings the host neighbors to what a document says. */
export function applyHostNeighbors(
  engine: Engine,
  request: HostNeighborsRequest,
  now: Instant,
): ApplyReportLine[] {
  const { wishes } = request;
  const lines: ApplyReportLine[] = [];
  for (const [id, running] of [...engine.roster.hostNeighbors]) {
    if (wishes.has(id)) continue;
    remove(engine, running, now);
    lines.push({ entity: 'peering', id, outcome: 'removing' });
  }
  for (const wish of wishes.values()) lines.push(bring(engine, wish, request, now));
  return lines;
}

function bring(
  engine: Engine,
  wish: TypedHostNeighbor,
  request: HostNeighborsRequest,
  now: Instant,
): ApplyReportLine {
  const { id } = wish;
  const running = engine.roster.hostNeighbors.get(id);
  let link: MeshLink | undefined;
  try {
    if (wish.config.over === 'mesh') link = request.linkOverMesh(wish.address);
  } catch (error) {
    // Where it was spoken to is gone.
    if (running !== undefined) remove(engine, running, now);
    return failureLine(id, error, undefined);
  }
  const isSameLink = running?.meshLink?.hop === link?.hop && isSameEnd(running?.meshLink, link);
  if (running?.wish.fingerprint === wish.fingerprint && isSameLink)
    return { entity: 'peering', id, outcome: 'unchanged' };
  const line = { entity: 'peering', id, outcome: 'applied' } as const;
  if (running !== undefined && isSameLink && isInPlace(running.wish, wish)) {
    const effect = effectOfChange(running.wish.config, wish.config);
    change(engine, running, wish, request, now);
    return effect === undefined ? line : { ...line, effect };
  }
  if (running !== undefined) remove(engine, running, now);
  add(engine, wish, link, request, now);
  return line;
}

/** Whether both speak from the same address, or neither is on the mesh. */
const isSameEnd = (a: MeshLink | undefined, b: MeshLink | undefined): boolean =>
  a === undefined || b === undefined ? a === b : equalAddresses(a.local, b.local);

function add(
  engine: Engine,
  wish: TypedHostNeighbor,
  meshLink: MeshLink | undefined,
  { node, revision, operation, rulesOf }: HostNeighborsRequest,
  now: Instant,
): void {
  const { config, address } = wish;
  const session = hostSessionOf(wish);
  const { name, families } = session;
  const rules = rulesOf(wish);
  const neighbor = engine.neighbors.add(hostNeighborConfigOf(wish, session), now);
  const routes = hostRouteConfigOf(wish, node, session, rules);
  if (meshLink === undefined) {
    engine.routes.addNeighbor(neighbor, routes);
    engine.hostTransport.link(neighbor, { remote: address, port: config.port });
  } else {
    engine.routes.addNeighbor(neighbor, meshRouteConfigOf(routes, meshLink));
    engine.transport.link(neighbor, meshSessionLinkOf(wish, meshLink));
  }
  const added: HostNeighbor = {
    wish,
    vrf: engine,
    revision,
    sessions: [{ name, neighbor, families, isDynamic: false, rules }],
    provisionedAt: engine.clock.now(),
    // There is no handshake to wait for.
    facts: { ...createPeeringFacts(), hasKeyPair: true },
    transitions: createTransitionLog(engine.clock),
    isLeaving: false,
    meshLink,
  };
  engine.roster.addHostNeighbor(added);
  engine.changed.add(wish.id);
  added.transitions.add('provisioned', undefined, operation);
}

function change(
  engine: Engine,
  running: HostNeighbor,
  wish: TypedHostNeighbor,
  { node, revision, operation }: HostNeighborsRequest,
  now: Instant,
): void {
  const { vrf, wish: former } = running;
  const changed: ChangedOwner = { vrf, before: former.config, wish, nodeAsn: node.asn };
  running.wish = wish;
  running.revision = revision;
  renameSessions(running, former.config);
  const nextHopSelf = nextHopSelfOf(node);
  for (const session of running.sessions) {
    // On the mesh it is our address there, whatever the node's are.
    if (running.meshLink === undefined)
      vrf.routes.updateNeighbor(session.neighbor, { nextHopSelf }, now);
    changeSession(changed, session, hostSessionOf(wish), now);
    switchSession(changed, session, now);
  }
  noteChange(running.transitions, changed, operation);
  engine.changed.add(wish.id);
}

/** Says goodbye (Cease 6/3); the connection outlives the neighbor until that is sent. */
function remove(engine: Engine, running: HostNeighbor, now: Instant): void {
  engine.roster.removeHostNeighbor(running);
  for (const { neighbor } of running.sessions) {
    engine.neighbors.remove(neighbor, now);
    engine.routes.removeNeighbor(neighbor, now);
    if (running.meshLink === undefined) engine.hostTransport.unlink(neighbor);
    else engine.transport.unlink(neighbor);
  }
  engine.changed.add(running.wish.id);
}

/** Our end of the session as far as it is known, and the other one. */
export function hostAddresses(
  engine: Engine,
  { wish, meshLink, sessions: [session] }: HostNeighbor,
): { localAddress: string; remoteAddress: string } {
  const open = meshLink ?? (session && engine.hostTransport.addressesOf(session.neighbor));
  return {
    localAddress: formatIpAddress(open?.local ?? unspecified(wish.address.family)),
    remoteAddress: formatIpAddress(wish.address),
  };
}
