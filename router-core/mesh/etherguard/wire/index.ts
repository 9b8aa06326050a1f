/** EtherGuard on the wire: what other rooms of mesh/ may use. */

// control messages
export {
  type BroadcastPeer,
  broadcastPeerMessage,
  type PeerReport,
  type Ping,
  type Pong,
  peerReportMessage,
  pingMessage,
  pongMessage,
  type QueryPeer,
  queryPeerMessage,
  REPORT_SECRET_BYTES,
  type Register,
  registerMessage,
  SERVER_ACTION,
  type ServerUpdate,
  serverUpdateMessage,
  UNASKED,
} from './control-messages.ts';
// framing of the shared Noise core
export { ETHERGUARD_FRAMING } from './framing.ts';
export { GobError, type GobFault } from './gob/gob-error.ts';
export type { GobTime } from './gob/gob-time.ts';
// limits
export { GOB_STREAM_BYTES_MAX } from './limits.ts';
// packets
export {
  contentLimit,
  FRAME_BYTES_MIN,
  firstTtl,
  MESH_HEADER_BYTES,
  meshDestination,
  meshPacketProblem,
  meshSource,
  meshTtl,
  meshUsage,
  NO_RELAY,
  paddingBytes,
  takeHop,
  USAGE,
  type Usage,
  writeMeshPacket,
} from './mesh-packet.ts';
