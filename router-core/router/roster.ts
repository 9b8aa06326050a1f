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
import type { Family, NeighborId } from '../bgp/index.ts';
import type { TypedPeering } from './config.ts';
import type { PeeringFacts } from './facts.ts';
import type { RememberedPeer } from './memory.ts';
import type { TransitionLog } from './transitions.ts';

/** One BGP session of a peering. */
export type PeeringSession = {
  /** After the peering, whose name may change. */
  name: string;
  readonly neighbor: NeighborId;
  readonly families: readonly Family[];
  /** It came by itself and goes with its session. */
  readonly isDynamic: boolean;
};

/** A peering as it runs: what was wished, and its numbers in every room. */
export type Peering = {
  wish: TypedPeering;
  revision: number;
  readonly peer: PeerId;
  readonly interface: InterfaceId;
  readonly socket: SocketId;
  /** Those that are known beforehand, then dynamic ones. */
  readonly sessions: PeeringSession[];
  readonly provisionedAt: WallTime;
  readonly facts: PeeringFacts;
  readonly transitions: TransitionLog;
  /** What a former life knew, kept until this one knows better. */
  readonly remembered: RememberedPeer | undefined;
  /** It goes: NOTIFICATIONs are on their way, its neighbors are gone; then tunnel and keys go. */
  isLeaving: boolean;
};

export interface Roster {
  readonly byId: ReadonlyMap<string, Peering>;
  add(peering: Peering): void;
  /** Out of `byId` at once, so that its id is free; found by its numbers until `remove`. */
  leave(peering: Peering): void;
  remove(peering: Peering): void;
  addSession(peering: Peering, session: PeeringSession): void;
  removeSession(peering: Peering, session: PeeringSession): void;
  ofPeer(peer: PeerId): Peering | undefined;
  ofInterface(id: InterfaceId): Peering | undefined;
  ofNeighbor(id: NeighborId): { peering: Peering; session: PeeringSession } | undefined;
  leaving(): Iterable<Peering>;
}

export function createRoster(): Roster {
  const byId = new Map<string, Peering>();
  const byPeer = new Map<PeerId, Peering>();
  const byInterface = new Map<InterfaceId, Peering>();
  const byNeighbor = new Map<NeighborId, { peering: Peering; session: PeeringSession }>();
  const going = new Set<Peering>();
  return {
    byId,
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
  };
}
