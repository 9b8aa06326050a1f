/**
 * The Router, for those who drive it: host/ in production, sim/ in tests and demos.
 *
 * @module
 */

export type { StationConnection } from '../bgp/index.ts';
export { type Roa, RtrClient, type RtrOutput } from '../bgp/index.ts';
export { createPacketArena, type PacketArena } from '../packet/arena.ts';
export type { ForwardingPlane } from '../packet/forwarding-plane.ts';
export { DATA_BYTES } from '../packet/layout.ts';
export type { DatagramSink } from '../packet/sinks.ts';
export {
  createNobleCrypto,
  type FormsListener,
  HANDSHAKE_CHECKED,
  KEY_PAIR_ROWS,
  LEFT_OUT,
  type ObfuscationConfig,
  type OpenedMessage,
  PacketForms,
  type WireguardCrypto,
} from '../wireguard/index.ts';
export type { HostCloseReason, HostConnectionId, HostTcp, HostTcpUser } from './host-tcp.ts';
export { type RuntimeMemory, readMemory } from './memory.ts';
export type { MeshDoor } from './mesh/mesh.ts';
export {
  type MeshFiles,
  type MeshInstanceName,
  type MeshKey,
  type MeshSettings,
  PRIVATE_KEYS,
} from './mesh/mesh-settings.ts';
export { isCarriedMeshSocket, isMeshSocket } from './mesh/mesh-sockets.ts';
export type {
  Accept,
  CloseReason,
  OverlaySockets,
  OverlayStream,
  StreamEnds,
  StreamUser,
} from './overlay-sockets.ts';
export type { MeshHost, RouterIdentity, RouterOutput, RouterPorts } from './ports.ts';
export {
  createRouter,
  type RouteRecovery,
  type Router,
  type RouterRegistry,
  type RouterRoas,
} from './router.ts';
export {
  type Credentials,
  type HostWish,
  type OverlayWish,
  type Place,
  type ProxyWish,
  placeOfService,
  readServices,
  type ServiceWish,
} from './service-settings.ts';
export type { ListedTunnel, TunnelList } from './tunnel-list.ts';
export type {
  ApplyReportLine,
  BgpListen,
  NodeConfig,
  NodeView,
  RoaSource,
  ServiceKind,
  ServiceRefusal,
  ServiceView,
} from './types.ts';
export { interfaceNameOfNode, isInterfaceName } from './uapi-name.ts';
