/**
 * What a forwarding plane is told of our next hops, so that it passes frames on beside the edge.
 *
 * Not standardized; packet/forwarding-plane.ts.
 *
 *   NextHops ── linkTo[destination], an index of a link ──► this ── PeerId, differences only ──► plane
 *
 * Who has transit logged wants to see each packet: the plane then knows no hop, and all of them pass the edge.
 *
 * Invariant: after each change of the table or of the links the plane has what `linkTo` says, or nothing at all.
 *
 * @module
 */
import { NONE, type PeerId } from '../../../base/units.ts';
import type { MeshPlane } from '../../../packet/forwarding-plane.ts';
import type { LinkTable } from './links.ts';
import type { NextHops } from './next-hops.ts';

export class PlaneHops {
  private readonly plane: MeshPlane;
  private readonly links: LinkTable;
  private readonly logsTransit: () => boolean;
  private readonly told: Int32Array;

  constructor(plane: MeshPlane, links: LinkTable, logsTransit: () => boolean) {
    this.plane = plane;
    this.links = links;
    this.logsTransit = logsTransit;
    this.told = new Int32Array(NUMBERS).fill(NONE);
  }

  publish({ own, linkTo }: NextHops): void {
    this.plane.setMeshNode(own);
    const logsTransit = this.logsTransit();
    for (let node = 0; node < NUMBERS; node++) {
      const peer = logsTransit ? NONE : this.peerOf(linkTo[node] as number);
      if (this.told[node] === peer) continue;
      this.told[node] = peer;
      this.plane.setMeshHop(node, peer);
    }
  }

  /** The edge ended. */
  stop(): void {
    this.plane.setMeshNode(undefined);
  }

  private peerOf(index: number): PeerId | typeof NONE {
    return index === NONE ? NONE : (this.links.at(index)?.peer ?? NONE);
  }
}

const NUMBERS = 65_536;
