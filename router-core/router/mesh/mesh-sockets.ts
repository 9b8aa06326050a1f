/**
 * The numbers of mesh sockets in a node: by them it is known whose a datagram is, and who moves it.
 *
 * Not standardized. Tunnels have their UDP port for a number; an instance counts from its own first one.
 *
 *   0x00000 …  tunnels
 *   0x10000 …  the edge, when a packet worker carries it (plane-layout.ts SOCKETS_MAX)
 *   0x20000 …  the edge, when the router worker does
 *   0x30000 …  the supernode
 *
 * @module
 */
import type { MeshInstanceName } from './mesh-settings.ts';

export const FIRST_MESH_SOCKET = {
  carriedEdge: 0x10000,
  edge: 0x20000,
  supernode: 0x30000,
} as const;

export const isMeshSocket = (socket: number): boolean => socket >= FIRST_MESH_SOCKET.carriedEdge;

/** Whether a packet worker has the socket, of those that are the mesh's. */
export const isCarriedMeshSocket = (socket: number): boolean => socket < FIRST_MESH_SOCKET.edge;

export const instanceOfSocket = (socket: number): MeshInstanceName =>
  socket < FIRST_MESH_SOCKET.supernode ? 'edge' : 'supernode';
