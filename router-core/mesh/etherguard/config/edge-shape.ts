/**
 * What a configuration of an edge consists of, under the names of the original's file.
 *
 * Not standardized; EtherGuard's format. Times are seconds, costs and jitter milliseconds.
 *
 * What stands here is shape and type; what values must be to each other is `edge-config.ts`.
 *
 * @module
 */
import { DAMPING_RADIUS_MAX } from '../../graph/index.ts';
import { LOCAL_ADDRESSES_MAX, NODES_MAX, TIME_SERVERS_MAX } from './limits.ts';
import {
  additionalCost,
  disabledAf,
  graphRecalculateSetting,
  logLevel,
  port,
  preferredFamily,
  seconds,
  unsigned32,
} from './shared-fields.ts';
import { edgeNumber, nextHopTable } from './tables.ts';
import {
  fields,
  flag,
  integer,
  key,
  list,
  needed,
  oneOf,
  type Reader,
  type ReadOf,
  text,
  wordFor,
} from './value-readers.ts';

/** Kinds of interface. `router` is ours: an Ethernet port of the node's own IP stack. */
const INTERFACE_TYPES = [
  'dummy',
  'stdio',
  'udpsock',
  'tcpsock',
  'unixsock',
  'unixgramsock',
  'unixpacketsock',
  'fd',
  'vpp',
  'tap',
  'router',
] as const;

const interfaceConf = fields({
  IType: needed(oneOf(INTERFACE_TYPES)),
  Name: text(256),
  VPPIFaceID: unsigned32,
  VPPBridgeID: unsigned32,
  /** Two to six octets in hexadecimal; the node's number follows. */
  MacAddrPrefix: text(17),
  IPv4CIDR: text(64),
  IPv6CIDR: text(64),
  IPv6LLPrefix: text(64),
  MTU: integer(0, 65535),
  RecvAddr: text(512),
  SendAddr: text(512),
  /** What `stdio` does with the two MAC addresses. */
  L2HeaderMode: wordFor({ nochg: 'nochg', kbdbg: 'kbdbg', noL2: 'noL2' }, 'nochg'),
});

/** The prefix of an API, to which paths that begin with a slash are appended. */
const apiUrl: Reader<string> = (value, path, notes) => {
  const url = text(2048)(value, path, notes);
  if (url.endsWith('/'))
    notes.warning('CONFIG_TYPE', path, 'ends with a slash, which is left out.', SLASH_HINT);
  return url.replace(/\/+$/, '');
};
const SLASH_HINT = 'Paths that are appended begin with one.';

const superNode = fields({
  UseSuperNode: flag,
  PSKey: key('PSK_ENCODING'),
  /** Empty: this family is not used. */
  EndpointV4: text(300),
  PubKeyV4: key('KEY_ENCODING'),
  EndpointV6: text(300),
  PubKeyV6: key('KEY_ENCODING'),
  /** Without a slash at the end. */
  EndpointEdgeAPIUrl: apiUrl,
  /** Local addresses are neither reported nor used. */
  SkipLocalIP: flag,
  AdditionalLocalIP: list(text(300), LOCAL_ADDRESSES_MAX),
  /** No effect in real nodes, hence none here. */
  SuperNodeInfoTimeout: seconds,
});

const dynamicRoute = fields({
  SendPingInterval: seconds,
  PeerAliveTimeout: seconds,
  /** 0: nobody looks for endpoints. */
  TimeoutCheckInterval: seconds,
  ConnNextTry: seconds,
  /** 0: duplicates are not noticed. */
  DupCheckTimeout: seconds,
  AdditionalCost: additionalCost,
  DampingFilterRadius: integer(0, DAMPING_RADIUS_MAX),
  /** Peers that others introduced are written into this file. */
  SaveNewPeers: flag,
  SuperNode: superNode,
  P2P: fields({
    UseP2P: flag,
    SendPeerInterval: seconds,
    /** Ours: loss and jitter count in the metric, beside latency. */
    QualityMetric: flag,
    GraphRecalculateSetting: graphRecalculateSetting,
  }),
  NTPConfig: fields({
    UseNTP: flag,
    MaxServerUse: integer(0, TIME_SERVERS_MAX),
    SyncTimeInterval: seconds,
    NTPTimeout: seconds,
    Servers: list(text(300), TIME_SERVERS_MAX),
  }),
});

const peerInfo = fields({
  NodeID: edgeNumber,
  PubKey: needed(key('KEY_ENCODING')),
  /** Read and never used by real nodes. */
  PSKey: key('PSK_ENCODING'),
  EndPoint: text(300),
  PersistentKeepalive: unsigned32,
  /** The endpoint is resolved again while the peer is not heard. */
  Static: flag,
});

export const edge = fields(
  {
    Interface: interfaceConf,
    NodeID: edgeNumber,
    NodeName: needed(text(32)),
    PostScript: text(),
    DefaultTTL: needed(integer(1, 255)),
    /** Less than 0.01: addresses are never forgotten. */
    L2FIBTimeout: seconds,
    PrivKey: needed(key('KEY_ENCODING')),
    /** 0: any. */
    ListenPort: port,
    FwMark: unsigned32,
    DisabledAf: disabledAf,
    AfPrefer: preferredFamily,
    LogLevel: logLevel,
    DynamicRoute: dynamicRoute,
    NextHopTable: nextHopTable,
    ResetEndPointInterval: seconds,
    Peers: list(peerInfo, NODES_MAX),
  },
  { ResetConnInterval: 'The name since v0.3 is ResetEndPointInterval.' },
);

export type EdgeConfig = ReadOf<typeof edge>;
export type InterfaceConf = EdgeConfig['Interface'];
export type InterfaceType = InterfaceConf['IType'];
