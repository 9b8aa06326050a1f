/**
 * The peerings of a router and how to find one from any room's number.
 *
 * Not standardized.
 *
 * Invariant: a peering is found by its peer, interface and neighbors for exactly as long as those
 * exist; a number a room gives out again finds the new peering only.
 *
 * @module
 */
import type { InterfaceId, PeerId, SocketId, WallTime } from '../base/units.ts';
import type { Family, NeighborId, PolicyBinding } from '../bgp/index.ts';
import type { TypedHostNeighbor, TypedPeering } from './config.ts';
import type { PeeringFacts } from './facts.ts';
import type { RememberedPeer } from './memory.ts';
import type { MeshLink } from './mesh/mesh-link.ts';
import type { TransitionLog } from './transitions.ts';
import type { Vrf } from './vrf.ts';

/** One BGP session of a peering. */
export type PeeringSession = {
  /** After the peering, whose name may change. */
  name: string;
  readonly neighbor: NeighborId;
  readonly families: readonly Family[];
  /** It came by itself and goes with its session. */
  readonly isDynamic: boolean;
  /** What its routes are judged by. */
  rules: PolicyBinding;
};

/** Whoever we speak BGP with, however reached: what is known of it apart from how. */
type Counterpart<Wish> = {
  wish: Wish;
  /** The virtual router it is in, all its life. */
  readonly vrf: Vrf;
  revision: number;
  /** Those that are known beforehand, then dynamic ones. */
  readonly sessions: PeeringSession[];
  readonly provisionedAt: WallTime;
  readonly facts: PeeringFacts;
  readonly transitions: TransitionLog;
  /** It goes: NOTIFICATIONs are on their way, its neighbors are gone; then tunnel and keys go. */
  isLeaving: boolean;
};

/** A peering as it runs: what was wished, and its numbers in every room. */
export type Peering = Counterpart<TypedPeering> & {
  readonly peer: PeerId;
  readonly interface: InterfaceId;
  readonly socket: SocketId;
  /** What a former life knew, kept until this one knows better. */
  readonly remembered: RememberedPeer | undefined;
};

/** A neighbor over the machine's TCP. */
export type HostNeighbor = Counterpart<TypedHostNeighbor> & {
  /** Where packets for it leave: a next hop on the mesh. Undefined: it is reached over the machine's TCP. */
  readonly meshLink: MeshLink | undefined;
};

export interface Roster {
  readonly byId: ReadonlyMap<string, Peering>;
  readonly hostNeighbors: ReadonlyMap<string, HostNeighbor>;
  add(peering: Peering): void;
  /** Out of `byId` at once, so that its id is free; found by its numbers until `remove`. */
  leave(peering: Peering): void;
  remove(peering: Peering): void;
  addSession(peering: Peering, session: PeeringSession): void;
  removeSession(peering: Peering, session: PeeringSession): void;
  ofPeer(peer: PeerId): Peering | undefined;
  ofInterface(id: InterfaceId): Peering | undefined;
  ofNeighbor(
    id: NeighborId,
  ): { peering: Peering | HostNeighbor; session: PeeringSession } | undefined;
  leaving(): Iterable<Peering>;
  addHostNeighbor(neighbor: HostNeighbor): void;
  removeHostNeighbor(neighbor: HostNeighbor): void;
  /** Tunnels and host neighbors. */
  all(): (Peering | HostNeighbor)[];
}

export function createRoster(): Roster {
  const byId = new Map<string, Peering>();
  const byPeer = new Map<PeerId, Peering>();
  const byInterface = new Map<InterfaceId, Peering>();
  const hostNeighbors = new Map<string, HostNeighbor>();
  const byNeighbor = new Map<
    NeighborId,
    { peering: Peering | HostNeighbor; session: PeeringSession }
  >();
  const going = new Set<Peering>();
  return {
    byId,
    hostNeighbors,
    add(peering) {
      byId.set(peering.wish.id, peering);
      byPeer.set(peering.peer, peering);
      byInterface.set(peering.interface, peering);
      for (const session of peering.sessions)
        byNeighbor.set(session.neighbor, { peering, session });
    },
    leave(peering) {
      peering.isLeaving = true;
      going.add(peering);
      if (byId.get(peering.wish.id) === peering) byId.delete(peering.wish.id);
    },
    remove(peering) {
      going.delete(peering);
      if (byId.get(peering.wish.id) === peering) byId.delete(peering.wish.id);
      byPeer.delete(peering.peer);
      byInterface.delete(peering.interface);
      for (const session of peering.sessions) byNeighbor.delete(session.neighbor);
    },
    addSession(peering, session) {
      peering.sessions.push(session);
      byNeighbor.set(session.neighbor, { peering, session });
    },
    removeSession({ sessions }, session) {
      sessions.splice(sessions.indexOf(session), 1);
      byNeighbor.delete(session.neighbor);
    },
    ofPeer: (peer) => byPeer.get(peer),
    ofInterface: (id) => byInterface.get(id),
    ofNeighbor: (id) => byNeighbor.get(id),
    leaving: () => going,
    addHostNeighbor(peering) {
      hostNeighbors.set(peering.wish.id, peering);
      for (const session of peering.sessions)
        byNeighbor.set(session.neighbor, { peering, session });
    },
    removeHostNeighbor(peering) {
      hostNeighbors.delete(peering.wish.id);
      for (const session of peering.sessions) byNeighbor.delete(session.neighbor);
    },
    all: () => [...byId.values(), ...hostNeighbors.values()],
  };
}
