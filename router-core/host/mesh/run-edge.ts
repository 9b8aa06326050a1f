/**
 * Runs an edge: its interface, its script, its tunnels, its socket for `wg show`.
 *
 * Not standardized; the order is EtherGuard's: interface, PostScript, then everything in the background, then READY.
 *
 *   interface ─ frames ─► edge ◄─ mesh-driver.ts ─► sockets, names, HTTP, time
 *
 * Invariants
 * - Whatever fails on the way, what was opened before is closed again.
 * - The end of the interface is the end of the edge.
 *
 * @module
 */
import { assert } from '../../base/assert.ts';
import { RouterError } from '../../base/errors.ts';
import type { MacAddress } from '../../base/mac-address.ts';
import { interfaceId } from '../../base/units.ts';
import {
  type EdgeConfig,
  macAddressOf,
  scriptEnvironment,
} from '../../mesh/etherguard/config/index.ts';
import {
  createMeshEdge,
  type MeshEdge,
  type MeshEdgeView,
} from '../../mesh/etherguard/edge/index.ts';
import { type FrameDevice, type FrameReceiver, openFrameDevice } from '../interfaces/index.ts';
import { runPostScript } from '../services/post-script.ts';
import { notifyReady } from '../services/sd-notify.ts';
import { monotonicNow } from '../system-clock.ts';
import { createMeshDriver } from './mesh-driver.ts';
import { edgeTunnels, openMeshUapi } from './mesh-uapi.ts';
import {
  familiesOf,
  MeshParts,
  type RunMeshOptions,
  type RunningMesh,
  STOPPED,
  startingWith,
} from './running-mesh.ts';

/** The only port of an edge. */
const PORT = interfaceId(0);

/** Starts an edge; resolves when it speaks to others. @throws RouterError that names what could not be opened */
export const startEdge = (
  config: EdgeConfig,
  options: RunMeshOptions,
): Promise<RunningMesh<EdgeConfig, MeshEdgeView>> =>
  startingWith((parts) => start(config, options, parts));
