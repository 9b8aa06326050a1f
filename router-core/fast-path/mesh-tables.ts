/**
 * The router worker's side of what the packet worker relays in a mesh: links, our number, next hops.
 *
 * Not standardized; packet/plane-layout.ts. A hop is one word, written atomically: a frame meets the old way or
 * the new one.
 *
 * Invariant: no hop names a link that is gone, so a reused number never gets frames that were for another.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import { type Instant, NONE, type PeerId } from '../base/units.ts';
import type { MeshPlane, MeshRelayed, PlanePeer } from '../packet/forwarding-plane.ts';
import * as L from '../packet/plane-layout.ts';
import type { TransmitRing } from './transmit-ring.ts';
import { type EndpointListener, MESH_PART, TransportTables } from './transport-tables.ts';

export class MeshTables extends TransportTables implements MeshPlane {
  readonly relayed: MeshRelayed;

  constructor(
    buffer: SharedArrayBuffer,
    number: number,
    endpointChanged: EndpointListener,
    transmits: TransmitRing,
  ) {
    super(buffer, number, MESH_PART, endpointChanged, transmits);
    this.relayed = {
      frames: new Float64Array(buffer, this.base + L.BANK_RELAYED_FRAMES, L.MESH_LINKS),
      bytes: new Float64Array(buffer, this.base + L.BANK_RELAYED_BYTES, L.MESH_LINKS),
    };
  }

  setPeer(peer: PeerId, config: PlanePeer): void {
    assert(!config.isObfuscated, 'messages of the mesh have no disguise');
    if (this.writePeer(peer, config)) {
      this.relayed.frames[peer] = 0;
      this.relayed.bytes[peer] = 0;
    }
    const at = this.peerAt(peer) + L.PEER_FLAGS;
    this.publish(at, L.PEER_FLAG_USED | (this.word(at) & L.PEER_FLAG_ENDPOINT));
  }

  override removePeer(peer: PeerId): void {
    super.removePeer(peer);
    const hop = this.hopTo(peer);
    const first = (this.base + L.BANK_MESH_HOPS) >> 2;
    for (let i = first; i < first + L.MESH_NODES; i++)
      if (this.words[i] === hop) Atomics.store(this.words, i, 0);
  }

  setMeshNode(own: number | undefined): void {
    assert(own === undefined || isNodeNumber(own), 'a node number has 16 bits');
    this.publish(this.base + L.BANK_MESH_NODE, own === undefined ? 0 : own + 1);
  }

  setMeshHop(destination: number, peer: PeerId | typeof NONE): void {
    assert(isNodeNumber(destination), 'a node number has 16 bits');
    const at = this.base + L.BANK_MESH_HOPS + destination * 4;
    this.publish(at, peer === NONE ? 0 : this.hopTo(peer));
  }

  reset(): void {
    // What had no device was never written, and stays memory that nobody uses.
    if (!this.hasGate()) return;
    this.setMeshNode(undefined);
    const first = (this.base + L.BANK_MESH_HOPS) >> 2;
    for (let i = first; i < first + L.MESH_NODES; i++)
      if (this.words[i] !== 0) Atomics.store(this.words, i, 0);
    this.clearDevice();
  }

  /** What left the mesh, or has its packets carried elsewhere, waits for none of the links that a former life had. */
  override hasCaughtUp(now: Instant): boolean {
    return !this.hasGate() || super.hasCaughtUp(now);
  }

  private hopTo(peer: number): number {
    return L.FIRST_MESH_LINK + peer + 1;
  }
}

const isNodeNumber = (value: number): boolean =>
  Number.isInteger(value) && value >= 0 && value < L.MESH_NODES;
