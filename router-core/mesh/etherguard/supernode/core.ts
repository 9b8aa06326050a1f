/**
 * What the parts of a supernode share.
 *
 * Not standardized.
 *
 * @module
 */
import type { DropCounters } from '../../../base/drop-reason.ts';
import type { Instant } from '../../../base/units.ts';
import type { SuperConfig } from '../config/index.ts';
import type { MeshPorts } from '../ports.ts';
import type { Edge, EdgeTable } from './edge-table.ts';
import type { OutputQueue } from './output-queue.ts';

export type SuperCore = {
  readonly ports: MeshPorts;
  config: SuperConfig;
  readonly version: string;
  readonly edges: EdgeTable;
  readonly outputs: OutputQueue;
  readonly drops: DropCounters;
  readonly startedAt: Instant;
  /** Something changed of what the peer list tells. */
  arePeersDue: boolean;
};

/** Whether an edge was heard from within `PeerAliveTimeout`. */
export const isAlive = (core: SuperCore, edge: Edge, now: Instant): boolean =>
  edge.lastSeen !== undefined && now - edge.lastSeen < core.config.PeerAliveTimeout * 1000;

/** An edge was heard from: by a register message or a report. */
export function edgeSeen(core: SuperCore, edge: Edge, now: Instant): void {
  if (!isAlive(core, edge, now)) core.arePeersDue = true;
  edge.lastSeen = now;
  edge.lastSeenAt = core.ports.wallClock.now();
}
