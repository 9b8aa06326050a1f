/**
 * The Router, for those who drive it: host/ in production, sim/ in tests and demos.
 *
 * @module
 */

export type { StationConnection } from '../bgp/index.ts';
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
export { type RuntimeMemory, readMemory } from './memory.ts';
export type { RouterIdentity, RouterOutput, RouterPorts } from './ports.ts';
export { createRouter, type RouteRecovery, type Router, type RouterRegistry } from './router.ts';
export type { ListedTunnel, TunnelList } from './tunnel-list.ts';
export type { ApplyReportLine, NodeConfig, NodeView } from './types.ts';
export { interfaceNameOfNode, isInterfaceName } from './uapi-name.ts';
