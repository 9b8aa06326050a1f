/**
 * The mesh of the demo: six routers of the operator in six cities, one Ethernet, and a seventh that is switched off.
 *
 * Not standardized; names, keys and latencies are invented. The demo node is `tokyo` and coordinates. Directions of
 * one link differ, so ways do:
 *
 *   newyork ──► tokyo ──► hongkong     back: hongkong ──► newyork
 *   tokyo ──► singapore ──► frankfurt  back: frankfurt ──► tokyo
 *
 * @module
 */
import type { MeshFiles, MeshSettings } from '../../router/index.ts';
import { testKeyPair } from '../networks.ts';
import { DEMO_UNDERLAY } from './cast.ts';

const EDGE_PORT = 3001;
const SUPERNODE_PORT = 3456;
const SUPERNODE_KEYS = testKeyPair('supernode of the demo');

/** In the order of their numbers, which begin with 1; one-way latencies in ms are from a row to the columns. */
const CITIES = [
  { name: 'tokyo', ms: [0, 30, 33, 52, 134, 79] },
  { name: 'hongkong', ms: [27, 0, 17, 69, 84, 97] },
  { name: 'singapore', ms: [35, 17, 0, 79, 72, 104] },
  { name: 'fremont', ms: [52, 70, 79, 0, 70, 33] },
  { name: 'frankfurt', ms: [108, 93, 81, 68, 0, 44] },
  { name: 'newyork', ms: [74, 142, 122, 42, 44, 0] },
] as const;
/** It has an entry at the supernode, and no machine. */
const AWAY = 'sydney';

export type MeshCity = {
  readonly node: number;
  readonly name: string;
  readonly address: string;
  readonly underlay: { readonly ipv4: string };
};

/** All that run; the first is the demo node. */
export const MESH_CITIES: readonly MeshCity[] = CITIES.map(({ name }, i) => ({
  node: i + 1,
  name,
  address: `10.42.0.${i + 1}`,
  underlay: { ipv4: i === 0 ? DEMO_UNDERLAY.ipv4 : `192.0.2.${10 + i}` },
}));

/** One way between two hosts of the mesh, in ms; undefined: one of them is not of it. */
export function meshLatencyMs(from: string, to: string): number | undefined {
  const [a, b] = [from, to].map((address) =>
    MESH_CITIES.findIndex(({ underlay }) => underlay.ipv4 === address),
  );
  return CITIES[a ?? -1]?.ms[b ?? -1];
}

/** Keys are in no document. */
export const meshFilesOf = (name: string): MeshFiles => ({
  edge: testKeyPair(name).privateKey,
  supernodeV4: SUPERNODE_KEYS.privateKey,
});

/** What the demo node's document says: an edge, and the supernode of all. */
export const demoMesh = (): MeshSettings => ({
  ...edgeSettings(MESH_CITIES[0] as MeshCity),
  supernode: {
    NodeName: 'demo',
    ListenPort: SUPERNODE_PORT,
    ListenPort_EdgeAPI: `${SUPERNODE_PORT}`,
    API_Prefix: '/mesh',
    RePushConfigInterval: 10,
    HttpPostInterval: 5,
    PeerAliveTimeout: 20,
    SendPingInterval: 3,
    DampingFilterRadius: 4,
    GraphRecalculateSetting: { TimeoutCheckInterval: 3, RecalculateCoolDown: 2 },
    UsePSKForInterEdge: true,
    Peers: [...CITIES.map(({ name }) => name), AWAY].map((Name, i) => ({
      NodeID: i + 1,
      Name,
      PubKey: testKeyPair(Name).publicKey,
      AdditionalCost: -1,
    })),
  },
});

export const edgeSettings = ({ node, name }: MeshCity): MeshSettings => ({
  edge: {
    Interface: {
      IType: 'router',
      MacAddrPrefix: '02:42:AC:10',
      IPv4CIDR: '10.42.0.0/24',
      MTU: 1404,
    },
    NodeID: node,
    NodeName: name,
    DefaultTTL: 200,
    L2FIBTimeout: 3600,
    ListenPort: EDGE_PORT,
    DynamicRoute: {
      SendPingInterval: 3,
      PeerAliveTimeout: 20,
      TimeoutCheckInterval: 4,
      ConnNextTry: 5,
      DupCheckTimeout: 40,
      AdditionalCost: 1,
      DampingFilterRadius: 4,
      SuperNode: {
        UseSuperNode: true,
        EndpointV4: `${DEMO_UNDERLAY.ipv4}:${SUPERNODE_PORT}`,
        PubKeyV4: SUPERNODE_KEYS.publicKey,
        EndpointEdgeAPIUrl: `http://${DEMO_UNDERLAY.ipv4}:${SUPERNODE_PORT}/mesh`,
      },
    },
    NextHopTable: {},
    Peers: [],
  },
});
