/**
 * Who moves the datagrams of a stand-alone edge: a packet worker, which passes frames on for others by itself, or the
 * thread of the edge.
 *
 * Not standardized; docs/architecture.md §6. `host/supervisor.ts` decides the same for a node.
 *
 *   frames for others   socket ─► packet worker ─► socket
 *   everything else     socket ─► packet worker ─ punts ─► edge ─ ring ─► packet worker ─► socket
 *
 * @module
 */
import type { PacketPath } from '../../base/underlay-wish.ts';
import type { EdgeConfig } from '../../mesh/etherguard/config/index.ts';
import type { OpenCarrier } from '../carried-packets.ts';
import { type PacketPlane, type PlaneHandover, startPacketPlane } from '../packet-plane.ts';

/** What ROOTLESS42_UNDERLAY asks for, and where the built worker is. */
export type EdgePackets = {
  readonly path: PacketPath;
  readonly workerFile: string;
  readonly moduleFile: string;
  /** Of host/workers/carrier.ts: programs that have no packet worker load no fast path. */
  carrierOf(handover: PlaneHandover): OpenCarrier;
};

export type StartedPackets =
  | {
      readonly plane: PacketPlane;
      readonly openCarrier: OpenCarrier;
      /** Resolves with the reason when the thread ends although nobody stopped it. */
      readonly failure: Promise<string>;
    }
  /** Why the edge moves them itself, in words; `isFault` when that was not asked for. */
  | { readonly inlineReason: string; readonly isFault: boolean };

export async function startEdgePackets(
  { FwMark }: Pick<EdgeConfig, 'FwMark'>,
  packets: EdgePackets | undefined,
): Promise<StartedPackets> {
  if (packets === undefined || packets.path === 'inline')
    return { inlineReason: 'no packet worker is wished for', isFault: false };
  if (FwMark !== 0) return { inlineReason: 'a packet worker sets no FwMark', isFault: false };
  const { path: wish, workerFile, moduleFile, carrierOf } = packets;
  const plane = await startPacketPlane({ workerFile, moduleFile, wish });
  if ('unavailable' in plane) return { inlineReason: plane.unavailable, isFault: true };
  const failure = new Promise<string>((resolve) => plane.onFailure(resolve));
  return { plane, openCarrier: carrierOf(plane.attach()), failure };
}
