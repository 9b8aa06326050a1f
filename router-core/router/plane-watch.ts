/**
 * Which packets the router wants to see although a plane forwards: the first one that comes out of a
 * tunnel, and both directions of what a capture listens to.
 *
 * Not standardized; docs/architecture.md §6.
 *
 * Invariant: an interface is left to the plane when no reason is left.
 *
 * @module
 */
import type { InterfaceId } from '../base/units.ts';
import type { ForwardingPlane } from '../packet/index.ts';

export interface PlaneWatch {
  /** A tunnel came: its first packet is wanted. */
  tunnelAdded(id: InterfaceId): void;
  /** Its first packet was seen. */
  packetSeen(id: InterfaceId): void;
  tunnelRemoved(id: InterfaceId): void;
  /** Captures listen to these from now on. */
  setTapped(interfaces: ReadonlySet<InterfaceId>): void;
}

export function createPlaneWatch(plane: ForwardingPlane | undefined): PlaneWatch {
  const fresh = new Set<InterfaceId>();
  let tapped: ReadonlySet<InterfaceId> = new Set();
  const tell = (id: InterfaceId): void =>
    plane?.setPunted(id, fresh.has(id) || tapped.has(id), tapped.has(id));
  return {
    tunnelAdded(id) {
      fresh.add(id);
      tell(id);
    },
    packetSeen(id) {
      if (fresh.delete(id)) tell(id);
    },
    tunnelRemoved(id) {
      fresh.delete(id);
    },
    setTapped(interfaces) {
      const before = tapped;
      tapped = interfaces;
      for (const id of new Set([...before, ...interfaces])) tell(id);
    },
  };
}
