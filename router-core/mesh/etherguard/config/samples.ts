/**
 * Sample configurations: what `example` prints and `gencfg` begins with when there is no template.
 *
 * Not standardized; values are the original's sample. Its keys are public, so ours are made anew each time.
 *
 * @module
 */
import { type ConfigChange, change, tableValues } from './config-change.ts';
import { readDistanceMatrix } from './distance-matrix.ts';
import type { FreshKeys } from './fresh-keys.ts';
import { shortestWays } from './shortest-ways.ts';
import { Notes } from './value-readers.ts';

const LOG_LEVEL = {
  LogLevel: 'error',
  LogTransit: false,
  LogNormal: false,
  DumpNormal: false,
  LogControl: true,
  LogInternal: true,
  LogNTP: true,
};
const DISABLED_AF = { IPv4: false, IPv6: false, ListenIPv4: '', ListenIPv6: '' };

const TIME_SERVERS = [
  ...['', '1', '2', '3', '4'].map((n) => `time${n}.google.com`),
  ...['1', '2', '3', '4', '5'].map((n) => `time${n}.facebook.com`),
  'time.cloudflare.com',
  ...['', 'asia.', 'euro.'].map((region) => `time.${region}apple.com`),
  'time.windows.com',
  ...['', '0.', '1.', '2.', '3.'].map((n) => `${n}pool.ntp.org`),
  ...['cn', 'edu', 'hk', 'tw'].map((zone) => `${zone}.ntp.org.cn`),
  'ntp.aliyun.com',
  'time1.cloud.tencent.com',
  'ntp.tuna.tsinghua.edu.cn',
];

/** An edge without keys, peers and endpoints, in the order of the original's file. */
export const EDGE_SAMPLE = {
  Interface: {
    IType: 'tap',
    Name: 'tap1',
    VPPIFaceID: 1,
    VPPBridgeID: 4242,
    MacAddrPrefix: 'AA:BB:CC:DD',
    IPv4CIDR: '',
    IPv6CIDR: '',
    IPv6LLPrefix: '',
    MTU: 1404,
    RecvAddr: '127.0.0.1:4001',
    SendAddr: '127.0.0.1:5001',
    L2HeaderMode: 'nochg',
  },
  NodeID: 1,
  NodeName: 'Node01',
  PostScript: '',
  DefaultTTL: 200,
  L2FIBTimeout: 3600,
  PrivKey: '',
  ListenPort: 0,
  FwMark: 0,
  DisabledAf: DISABLED_AF,
  AfPrefer: 4,
  LogLevel: LOG_LEVEL,
  DynamicRoute: {
    SendPingInterval: 16,
    PeerAliveTimeout: 70,
    TimeoutCheckInterval: 20,
    ConnNextTry: 5,
    DupCheckTimeout: 40,
    AdditionalCost: 10,
    DampingFilterRadius: 4,
    SaveNewPeers: true,
    SuperNode: {
      UseSuperNode: true,
      PSKey: '',
      EndpointV4: '',
      PubKeyV4: '',
      EndpointV6: '',
      PubKeyV6: '',
      EndpointEdgeAPIUrl: '',
      SkipLocalIP: false,
      AdditionalLocalIP: [],
      SuperNodeInfoTimeout: 50,
    },
    P2P: {
      UseP2P: false,
      SendPeerInterval: 20,
      GraphRecalculateSetting: {
        StaticMode: false,
        ManualLatency: {},
        JitterTolerance: 50,
        JitterToleranceMultiplier: 1.1,
        TimeoutCheckInterval: 5,
        RecalculateCoolDown: 5,
      },
    },
    NTPConfig: {
      UseNTP: true,
      MaxServerUse: 8,
      SyncTimeInterval: 99999,
      NTPTimeout: 3,
      Servers: TIME_SERVERS,
    },
  },
  NextHopTable: {},
  ResetEndPointInterval: 600,
  Peers: [],
};

/** A supernode without keys, passwords and peers, likewise. */
export const SUPER_SAMPLE = {
  NodeName: 'NodeSuper',
  PostScript: '',
  PrivKeyV4: '',
  PrivKeyV6: '',
  ListenPort: 3000,
  ListenPort_EdgeAPI: '3000',
  ListenPort_ManageAPI: '3000',
  FwMark: 0,
  DisabledAf: DISABLED_AF,
  API_Prefix: '/eg_api',
  RePushConfigInterval: 30,
  HttpPostInterval: 50,
  PeerAliveTimeout: 70,
  SendPingInterval: 15,
  DampingFilterRadius: 4,
  LogLevel: LOG_LEVEL,
  Passwords: { ShowState: '', AddPeer: '', DelPeer: '', UpdatePeer: '', UpdateSuper: '' },
  GraphRecalculateSetting: {
    StaticMode: false,
    ManualLatency: {},
    JitterTolerance: 30,
    JitterToleranceMultiplier: 1.01,
    TimeoutCheckInterval: 5,
    RecalculateCoolDown: 5,
  },
  NextHopTable: {},
  EdgeTemplate: '',
  UsePSKForInterEdge: true,
  ResetEndPointInterval: 600,
  Peers: [],
};

const SAMPLE_MANUAL_LATENCY = {
  1: { 2: 1.14 },
  2: { 1: 5.14 },
  100: { 65535: 1.919 },
  65535: { 100: 8.1 },
};

/** Six nodes of which 2, 3 and 4 know each other; 1, 5 and 6 hang on one of them each. */
export const SAMPLE_MATRIX = `X 1   2   3   4   5   6
1 0   0.5 Inf Inf Inf Inf
2 0.5 0   0.5 0.5 Inf Inf
3 Inf 0.5 0   0.5 0.5 Inf
4 Inf 0.5 0.5 0   Inf 0.5
5 Inf Inf 0.5 Inf 0   Inf
6 Inf Inf Inf 0.5 Inf 0
`;

/** How edges find their ways: by a fixed table, by a supernode, or among themselves. */
export type MeshMode = 'static' | 'super' | 'p2p';

/** Returns what makes the sample of an edge complete. */
export function edgeExample(mode: MeshMode, keys: FreshKeys): readonly ConfigChange[] {
  const graph = readDistanceMatrix(SAMPLE_MATRIX, '', new Notes());
  const table = graph === undefined ? {} : tableValues(shortestWays(graph).nextHop);
  const superNode = 'DynamicRoute.SuperNode';
  return [
    change('PrivKey', keys.pair().privateKey),
    change('NextHopTable', table),
    change('DynamicRoute.P2P.GraphRecalculateSetting.ManualLatency', SAMPLE_MANUAL_LATENCY),
    change('DynamicRoute.P2P.UseP2P', mode === 'p2p'),
    change(`${superNode}.UseSuperNode`, mode === 'super'),
    change(`${superNode}.PSKey`, keys.preshared()),
    change(`${superNode}.EndpointV4`, '127.0.0.1:3000'),
    change(`${superNode}.PubKeyV4`, keys.pair().publicKey),
    change(`${superNode}.EndpointV6`, '[::1]:3000'),
    change(`${superNode}.PubKeyV6`, keys.pair().publicKey),
    change(`${superNode}.EndpointEdgeAPIUrl`, 'http://127.0.0.1:3000/eg_api'),
    change(`${superNode}.AdditionalLocalIP`, ['11.11.11.11:11111']),
    change('Peers', [
      {
        NodeID: 2,
        PubKey: keys.pair().publicKey,
        PSKey: keys.preshared(),
        EndPoint: '127.0.0.1:3002',
        PersistentKeepalive: 30,
        Static: true,
      },
    ]),
  ];
}

/** Returns what makes the sample of a supernode complete. */
export function superExample(keys: FreshKeys): readonly ConfigChange[] {
  return [
    change('PrivKeyV4', keys.pair().privateKey),
    change('PrivKeyV6', keys.pair().privateKey),
    ...passwordChanges(keys),
    change('GraphRecalculateSetting.ManualLatency', SAMPLE_MANUAL_LATENCY),
    change('NextHopTable', { 1: { 2: 2 }, 2: { 1: 1 } }),
    change('EdgeTemplate', 'example_config/super_mode/n1.yaml'),
    change(
      'Peers',
      [1, 2].map((node) =>
        superPeer(node, `Node_0${node}`, keys.pair().publicKey, keys.preshared()),
      ),
    ),
  ];
}

/** Returns fresh passwords for the calls of the management API. */
export function passwordChanges(keys: FreshKeys): ConfigChange[] {
  const word = keys.word();
  return ['ShowState', 'AddPeer', 'DelPeer', 'UpdatePeer', 'UpdateSuper'].map((name) =>
    change(`Passwords.${name}`, `${word}_${name.toLowerCase()}`),
  );
}

/** Returns an entry of a supernode's `Peers`. */
export const superPeer = (
  NodeID: number,
  Name: string,
  PubKey: string,
  PSKey: string,
  AdditionalCost = EDGE_SAMPLE.DynamicRoute.AdditionalCost,
  SkipLocalIP = false,
) => ({ NodeID, Name, PubKey, PSKey, AdditionalCost, SkipLocalIP, EndPoint: '', ExternalIP: '' });

/** What `gencfg` takes for a network without supernode. */
export const EDGES_INPUT_SAMPLE = {
  'Config output dir': 'generated',
  'Enable generated config overwrite': false,
  'Add NodeID to the interface name': true,
  'ConfigTemplate for edge node': '',
  'Network name': 'eg_net',
  'Edge Node': {
    'MacAddress prefix': '',
    'IPv4 range': '192.168.76.0/24',
    'IPv6 range': 'fd95:71cb:a3df:e586::/64',
    'IPv6 LL range': 'fe80::a3df:0/112',
  },
  'Edge Nodes': {
    1: { 'Endpoint(optional)': '' },
    2: { 'Endpoint(optional)': '2.example.com:3002' },
    3: { 'Endpoint(optional)': '3.example.com:3003' },
    4: { 'Endpoint(optional)': '4.example.com:3004' },
    5: { 'Endpoint(optional)': '' },
    6: { 'Endpoint(optional)': '' },
  },
  'Distance matrix for all nodes': SAMPLE_MATRIX,
};

/** What `gencfg` takes for a network with a supernode. */
export const SUPER_INPUT_SAMPLE = {
  'Config output dir': 'generated',
  'Enable generated config overwrite': false,
  'Add NodeID to the interface name': true,
  'ConfigTemplate for super node': '',
  'ConfigTemplate for edge node': '',
  'Network name': 'eg_net',
  'Super Node': {
    'Listen port': 3456,
    'EdgeAPI prefix': '/eg_net/eg_api',
    'Endpoint(IPv4)(optional)': 'example.com',
    'Endpoint(IPv6)(optional)': '',
    'Endpoint(EdgeAPI)': 'http://example.com:3456/eg_net/eg_api',
  },
  'Edge Node': {
    'Node IDs': '[1~10,11,19,23]',
    'MacAddress prefix': '',
    'IPv4 range': '192.168.76.0/24',
    'IPv6 range': 'fd95:71cb:a3df:e586::/64',
    'IPv6 LL range': 'fe80::a3df:0/112',
  },
};
