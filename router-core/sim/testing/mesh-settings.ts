/**
 * Mesh settings for scenarios, under the names of EtherGuard's files.
 *
 * For tests only.
 *
 * @module
 */
import type { MeshSettings } from '../../router/index.ts';
import { testKeyPair, testNetwork } from '../networks.ts';
import { addNetworkRouter, type OperatedRouter } from '../operated-router.ts';
import type { Simulation } from '../simulation.ts';

type Fields = NonNullable<MeshSettings['edge']>;
type Name = Parameters<typeof testNetwork>[0];

export const MESH_PORT = 3001;
/** Where a supernode listens, for datagrams and for HTTP. */
export const SUPERNODE_PORT = 3456;

/** Keys of mesh and supernode are other ones than those of the tunnels. */
const edgeKey = (name: Name) => testKeyPair(name, 1);
const superKey = (name: Name) => testKeyPair(name, 2);

/** Puts a router on the network that has keys for a mesh. */
export const addMeshRouter = (simulation: Simulation, name: Name): OperatedRouter =>
  addNetworkRouter(
    simulation,
    testNetwork(name),
    {},
    {
      meshFilesOf: () => ({
        edge: edgeKey(name).privateKey,
        supernodeV4: superKey(name).privateKey,
      }),
    },
  );

/** One edge of a mesh 10.42.0.0/24 and fd42:42::/64; what `change` says replaces whole keys. */
export function edgeFields(node: number, change: Fields = {}): Fields {
  return {
    Interface: {
      IType: 'router',
      MacAddrPrefix: '02:42:AC:10',
      IPv4CIDR: '10.42.0.0/24',
      IPv6CIDR: 'fd42:42::/64',
      IPv6LLPrefix: 'fe80::/64',
      MTU: 1404,
    },
    NodeID: node,
    NodeName: `edge${node}`,
    DefaultTTL: 200,
    L2FIBTimeout: 3600,
    ListenPort: MESH_PORT,
    DynamicRoute: {},
    NextHopTable: {},
    Peers: [],
    ...change,
  };
}

/** The entry of a peer that is another test network's router. */
export const peerFields = (node: number, name: Name): Fields => ({
  NodeID: node,
  PubKey: edgeKey(name).publicKey,
  EndPoint: `${testNetwork(name).underlay.ipv4}:${MESH_PORT}`,
  Static: true,
});

/** What `DynamicRoute` says of a mesh that this router's supernode coordinates. */
export const underSupernode = (name: Name): Fields => ({
  DynamicRoute: {
    SendPingInterval: 2,
    PeerAliveTimeout: 10,
    TimeoutCheckInterval: 3,
    ConnNextTry: 5,
    DupCheckTimeout: 40,
    AdditionalCost: 1,
    DampingFilterRadius: 0,
    SuperNode: {
      UseSuperNode: true,
      EndpointV4: `${testNetwork(name).underlay.ipv4}:${SUPERNODE_PORT}`,
      PubKeyV4: superKey(name).publicKey,
      EndpointEdgeAPIUrl: `http://${testNetwork(name).underlay.ipv4}:${SUPERNODE_PORT}/mesh`,
    },
  },
});

/** A supernode of these edges. */
export const supernodeFields = (edges: readonly (readonly [number, Name])[]): Fields => ({
  NodeName: 'super',
  ListenPort: SUPERNODE_PORT,
  ListenPort_EdgeAPI: `${SUPERNODE_PORT}`,
  API_Prefix: '/mesh',
  RePushConfigInterval: 10,
  HttpPostInterval: 5,
  PeerAliveTimeout: 15,
  SendPingInterval: 2,
  DampingFilterRadius: 0,
  GraphRecalculateSetting: { TimeoutCheckInterval: 2, RecalculateCoolDown: 1 },
  UsePSKForInterEdge: true,
  Peers: edges.map(([NodeID, name]) => ({
    NodeID,
    Name: name,
    PubKey: edgeKey(name).publicKey,
    AdditionalCost: -1,
  })),
});
