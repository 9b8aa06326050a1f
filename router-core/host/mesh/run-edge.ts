/**
 * Runs an edge: its interface, its script, its tunnels, its socket for `wg show`.
 *
 * Not standardized; the order is EtherGuard's: interface, PostScript, then everything in the background, then READY.
 *
 *   interface ─ frames ─► edge ◄─ mesh-driver.ts ─► packet worker or sockets, names, HTTP, time
 *
 * Invariants
 * - Whatever fails on the way, what was opened before is closed again.
 * - The end of the interface is the end of the edge.
 *
 * @module
 */
import { RouterError } from '../../base/errors.ts';
import type { MacAddress } from '../../base/mac-address.ts';
import { interfaceId } from '../../base/units.ts';
import {
  type EdgeConfig,
  familiesInUse,
  macAddressOf,
  scriptEnvironment,
} from '../../mesh/etherguard/config/index.ts';
import {
  createMeshEdge,
  type MeshEdge,
  type MeshEdgeView,
} from '../../mesh/etherguard/edge/index.ts';
import { puntsTo } from '../carried-packets.ts';
import { type FrameReceiver, openFrameDevice } from '../interfaces/index.ts';
import { runPostScript } from '../services/post-script.ts';
import { monotonicNow } from '../system-clock.ts';
import { type EdgePackets, startEdgePackets } from './edge-packets.ts';
import { watchLocalAddresses } from './local-addresses.ts';
import { createMeshDriver } from './mesh-driver.ts';
import { edgeTunnels, openMeshUapi } from './mesh-uapi.ts';
import {
  checkUnchanged,
  type MeshParts,
  type RunMeshOptions,
  type RunningMesh,
  STOPPED,
  startingWith,
} from './running-mesh.ts';

export type RunEdgeOptions = RunMeshOptions & {
  /** Absent: this thread moves datagrams and frames. */
  readonly packets?: EdgePackets;
};

/** Of its own interface; an edge has one. */
const PORT = interfaceId(0);
/** What sockets, keys, interface and files are made of. */
const FIXED = [
  'Interface',
  'NodeID',
  'NodeName',
  'PrivKey',
  'ListenPort',
  'FwMark',
  'DisabledAf',
] as const;

/** Starts an edge; resolves when it speaks to others. @throws RouterError that names what could not be opened */
export const startEdge = (
  config: EdgeConfig,
  options: RunEdgeOptions,
): Promise<RunningMesh<EdgeConfig, MeshEdgeView>> =>
  startingWith((parts) => start(config, options, parts));

async function start(
  config: EdgeConfig,
  options: RunEdgeOptions,
  parts: MeshParts,
): Promise<RunningMesh<EdgeConfig, MeshEdgeView>> {
  const { log, environment } = options;
  const linkAddress = linkAddressOf(config);
  let edge: MeshEdge | undefined;
  let current = config;
  const packets = await startEdgePackets(config, options.packets);
  if ('plane' in packets) {
    await parts.add(() => packets.plane.stop());
    packets.failure.then((reason) => parts.end(packetWorkerEnd(reason)));
    log('info', 'packet worker', packets.plane.underlay);
  } else if (options.packets !== undefined) {
    const { inlineReason: reason, isFault } = packets;
    log(isFault ? 'warn' : 'info', 'no packet worker; the edge moves frames itself', { reason });
  }
  const driver = createMeshDriver({
    ...options,
    openCarrier: 'plane' in packets ? packets.openCarrier : undefined,
    families: familiesInUse(config.DisabledAf),
    logLevel: () => current.LogLevel.LogLevel,
    ended: (end) => void parts.end(end),
  });
  const { arena } = driver.ports;
  const receiver: FrameReceiver = {
    receiveFrame(slot) {
      // Nobody is there yet, or no longer.
      if (edge === undefined || parts.isEnding) arena.release(slot);
      else edge.sendFrame(PORT, slot, monotonicNow());
      driver.wake();
    },
    ended: (error) => void parts.end(interfaceEnd(error)),
  };
  const device = await openFrameDevice(
    config.Interface,
    { node: config.NodeID, linkAddress },
    arena,
    receiver,
  );
  await parts.add(() => device.close());
  await parts.add(() => driver.stop());
  await runPostScript({
    command: config.PostScript,
    environment: scriptEnvironmentOf(config, linkAddress),
    signal: options.signal,
  });

  const addresses = watchLocalAddresses(config);
  await parts.add(() => addresses.stop());
  await addresses.looked;
  edge = createMeshEdge({
    ports: driver.ports,
    frames: { sendFrame: (_port, slot) => device.write(slot) },
    config,
    mtu: device.mtu,
    localAddresses: addresses.current,
  });
  const running = edge;
  const driven = driver.drive(running, puntsTo(running));
  if ('plane' in packets) await unlessFailed(driven, packets.failure);
  else await driven;
  const view = (): MeshEdgeView => running.view(monotonicNow());

  if (options.hasUapi) {
    const listTunnels = () => edgeTunnels(view(), current);
    const uapi = await openMeshUapi([{ name: config.NodeName, listTunnels }], environment);
    await parts.add(() => uapi.close());
    for (const state of uapi.states)
      log(state.path === null ? 'warn' : 'info', 'socket for wg show', state);
  }
  return {
    ended: parts.ended,
    about: {
      node: config.NodeID,
      interface: device.name,
      mode: view().mode,
      underlay: 'plane' in packets ? packets.plane.underlay.kind : 'inline',
    },
    configure(changed) {
      checkUnchanged(config, changed, FIXED);
      current = changed;
      running.configure(changed, monotonicNow());
      driver.wake();
    },
    view,
    stop: () => parts.end(STOPPED),
  };
}

const packetWorkerEnd = (reason: string) =>
  ({
    code: 'PACKET_WORKER_FAILED',
    message: `the packet worker failed: ${reason}`,
    exitCode: 1,
  }) as const;

/** Waits for sockets, which a worker that is gone will not open. @throws RouterError `PACKET_WORKER_FAILED` */
async function unlessFailed(driven: Promise<void>, failure: Promise<string>): Promise<void> {
  const reason = await Promise.race([driven.then(() => undefined), failure]);
  if (reason === undefined) return;
  const { code, message } = packetWorkerEnd(reason);
  throw new RouterError(code, message);
}

const interfaceEnd = (error: Error | undefined) =>
  error === undefined
    ? { code: 'STOPPED', message: 'the interface came to its end', exitCode: 0 }
    : { code: 'INTERFACE_FAILED', message: `the interface failed: ${error.message}`, exitCode: 1 };

/** Kinds that need no prefix have the address of none. @throws RouterError `MESH_ADDRESS` */
function linkAddressOf({ Interface, NodeID }: EdgeConfig): MacAddress {
  const derived = macAddressOf(Interface.MacAddrPrefix || '00:00', NodeID);
  if ('address' in derived) return derived.address;
  throw new RouterError('MESH_ADDRESS', `Interface.MacAddrPrefix ${derived.problem}`);
}

const scriptEnvironmentOf = (
  { NodeID, NodeName, Interface }: EdgeConfig,
  macAddress: MacAddress,
): Readonly<Record<string, string>> =>
  scriptEnvironment({
    nodeName: NodeName,
    node: NodeID,
    interfaceName: Interface.Name,
    interfaceType: Interface.IType,
    macAddressPrefix: Interface.MacAddrPrefix,
    macAddress,
  });
