/**
 * Neighbors over the machine's TCP come, change and go.
 *
 * Not standardized; README, "transport: host". Such a neighbor has no tunnel and no interface: what it
 * announces is decided on and told on like any route, and no packet is ever sent that way.
 *
 * Invariants
 * - Equal entries of two documents give no step; what may change without a new session changes in place.
 * - An entry that fails stops no other.
 *
 * @module
 */
import { formatIpAddress, type IpAddress } from '../base/ip-address.ts';
import { type Instant, type InterfaceId, NONE } from '../base/units.ts';
import { HOLD_TIME_SECONDS_DEFAULT } from '../bgp/index.ts';
import type { TypedHostNeighbor } from './config.ts';
import type { Engine } from './engine.ts';
import { createPeeringFacts } from './facts.ts';
import { isEqualBut } from './plan.ts';
import type { HostNeighbor } from './roster.ts';
import { createTransitionLog } from './transitions.ts';
import type { ApplyReportLine } from './types.ts';

/** What of an entry may change without a new session. */
const IN_PLACE = new Set(['importLimit', 'policy']);
const NO_INTERFACE = NONE as InterfaceId;

export type HostNeighborsRequest = {
  readonly wishes: ReadonlyMap<string, TypedHostNeighbor>;
  readonly revision: number;
  readonly operation?: string;
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
  for (const [id, wish] of wishes) {
    const running = engine.roster.hostNeighbors.get(id);
    const isSame = running?.wish.fingerprint === wish.fingerprint;
    if (running === undefined) add(engine, wish, request, now);
    else if (!isSame && isEqualBut(IN_PLACE, running.wish.config, wish.config))
      change(engine, running, wish, request, now);
    else if (!isSame) {
      remove(engine, running, now);
      add(engine, wish, request, now);
    }
    lines.push({ entity: 'peering', id, outcome: isSame ? 'unchanged' : 'applied' });
  }
  return lines;
}

function add(
  engine: Engine,
  wish: TypedHostNeighbor,
  { revision, operation }: HostNeighborsRequest,
  now: Instant,
): void {
  const { config, address, asn, nextHopSelf } = wish;
  const { name, families, policy, importLimit } = config;
  const neighbor = engine.neighbors.add(
    {
      name,
      peerAsn: asn,
      remoteAddress: address,
      localAddress: unspecified(address.family),
      families,
      extendedNextHop: config.extendedNextHop,
      gracefulRestart: config.gracefulRestart ?? true,
      holdTimeSeconds: config.holdTime ?? HOLD_TIME_SECONDS_DEFAULT,
      passive: config.passive,
    },
    now,
  );
  engine.routes.addNeighbor(neighbor, {
    name,
    peerAsn: asn,
    interface: NO_INTERFACE,
    nextHopSelf,
    policy,
    importLimit,
    remoteAddress: address,
  });
  engine.hostTransport.link(neighbor, { remote: address, port: config.port });
  const added: HostNeighbor = {
    wish,
    vrf: engine,
    revision,
    sessions: [{ name, neighbor, families, isDynamic: false }],
    provisionedAt: engine.clock.now(),
    // There is no handshake to wait for.
    facts: { ...createPeeringFacts(), hasKeyPair: true },
    transitions: createTransitionLog(engine.clock),
    isLeaving: false,
  };
  engine.roster.addHostNeighbor(added);
  engine.changed.add(wish.id);
  added.transitions.add('provisioned', undefined, operation);
}

function change(
  engine: Engine,
  running: HostNeighbor,
  wish: TypedHostNeighbor,
  { revision, operation }: HostNeighborsRequest,
  now: Instant,
): void {
  running.wish = wish;
  running.revision = revision;
  const { nextHopSelf, config } = wish;
  const { importLimit, policy } = config;
  for (const { neighbor } of running.sessions)
    engine.routes.updateNeighbor(neighbor, { importLimit, policy, nextHopSelf }, now);
  running.transitions.add('edited', undefined, operation);
  engine.changed.add(wish.id);
}

/** Says goodbye (Cease 6/3); the connection outlives the neighbor until that is sent. */
function remove(engine: Engine, running: HostNeighbor, now: Instant): void {
  engine.roster.removeHostNeighbor(running);
  for (const { neighbor } of running.sessions) {
    engine.neighbors.remove(neighbor, now);
    engine.routes.removeNeighbor(neighbor, now);
    engine.hostTransport.unlink(neighbor);
  }
  engine.changed.add(running.wish.id);
}

const unspecified = (family: 4 | 6): IpAddress => ({
  family,
  bytes: new Uint8Array(family === 4 ? 4 : 16),
});

/** Our end of the session as far as it is known, and the other one. */
export function hostAddresses(
  engine: Engine,
  { wish, sessions: [session] }: HostNeighbor,
): { localAddress: string; remoteAddress: string } {
  const open = session && engine.hostTransport.addressesOf(session.neighbor);
  return {
    localAddress: formatIpAddress(open?.local ?? unspecified(wish.address.family)),
    remoteAddress: formatIpAddress(wish.address),
  };
}
