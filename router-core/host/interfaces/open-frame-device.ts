/**
 * Opens the interface of an edge, by its kind.
 *
 * Not standardized; the kinds and their keys are those of EtherGuard's files.
 *
 * @module
 */
import { RouterError } from '../../base/errors.ts';
import type { InterfaceConf } from '../../mesh/etherguard/config/index.ts';
import type { PacketArena } from '../../router/index.ts';
import { loadUnixSockets } from '../unix-sockets.ts';
import { openConnectionDevice } from './connection-device.ts';
import type { CountedFrameDevice } from './counted-device.ts';
import { openDummy } from './dummy.ts';
import { openInheritedDescriptors } from './fd.ts';
import type { FrameDeviceOwner, FrameReceiver } from './frame-device.ts';
import { FrameIntake } from './frame-intake.ts';
import { packetConnections } from './packet-connections.ts';
import { openStandardStreams, type StandardStreams } from './stdio.ts';
import { tcpConnections, unixConnections } from './stream-connections.ts';
import { openTap } from './tap.ts';
import { openUdpSocket } from './udpsock.ts';
import { openUnixDatagrams } from './unixgramsock.ts';
import { openVpp } from './vpp.ts';

/** What some kinds take from the process: its streams and its environment. */
export type InterfaceSurroundings = StandardStreams & {
  readonly env: Readonly<Record<string, string | undefined>>;
};

/**
 * Opens an interface; frames come from then on.
 *
 * @throws RouterError with what is missing: NATIVE_CALLS_MISSING, INTERFACE_NOT_PERMITTED, INTERFACE_NOT_SUPPORTED,
 * INTERFACE_FAILED, SETTING_INVALID, ENDPOINT_SYNTAX, MESH_ADDRESS, CONFIG_MISSING_KEY
 */
export async function openFrameDevice(
  conf: InterfaceConf,
  owner: FrameDeviceOwner,
  arena: PacketArena,
  receiver: FrameReceiver,
  surroundings: InterfaceSurroundings = process,
): Promise<CountedFrameDevice> {
  const intake = new FrameIntake(arena, receiver);
  const { IType, RecvAddr, SendAddr } = conf;
  const name = conf.Name === '' ? IType : conf.Name;
  if (IType.endsWith('sock') && RecvAddr === '' && SendAddr === '')
    throw new RouterError('CONFIG_MISSING_KEY', `RecvAddr or SendAddr is needed for ${IType}.`);
  switch (IType) {
    case 'dummy':
      return openDummy(name, intake);
    case 'stdio':
      return openStandardStreams(name, conf.L2HeaderMode, owner.linkAddress, surroundings, intake);
    case 'udpsock':
      return openUdpSocket(name, conf, intake);
    case 'tcpsock':
      return openConnectionDevice(name, conf, tcpConnections, intake);
    case 'unixsock':
      return openConnectionDevice(name, conf, unixConnections, intake);
    case 'unixpacketsock': {
      const sockets = await loadUnixSockets('An interface of kind unixpacketsock');
      return openConnectionDevice(name, conf, packetConnections(sockets), intake);
    }
    case 'unixgramsock':
      return openUnixDatagrams(name, conf, intake);
    case 'fd':
      return openInheritedDescriptors(name, surroundings.env, intake);
    case 'tap':
      return openTap(conf, owner, intake);
    case 'vpp':
      return openVpp(conf, surroundings.env, intake);
    case 'router':
      throw new RouterError(
        'INTERFACE_NOT_SUPPORTED',
        'An interface of kind router is a port of the node’s own IP stack and opened there, not by the system.',
        { hint: 'Run the edge inside a node, or choose tap.' },
      );
  }
}
