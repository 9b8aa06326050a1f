/**
 * What the Router needs from whoever drives it: the host in production, sim/ in tests.
 *
 * Not standardized; docs/architecture.md §2. The driver calls methods with the time, then takes
 * outputs until there are none, reads the deadline and waits.
 *
 * @module
 */
import type { Random } from '../base/random.ts';
import type { SocketId, WallClock } from '../base/units.ts';
import type { ForwardingState, StationConnection } from '../bgp/index.ts';
import type { MeshEdgeOptions } from '../mesh/etherguard/edge/edge-contract.ts';
import type { Compression, MeshOutput } from '../mesh/etherguard/ports.ts';
import type { SupernodeOptions } from '../mesh/etherguard/supernode/index.ts';
import type { PacketArena } from '../packet/arena.ts';
import type { ForwardingPlane } from '../packet/forwarding-plane.ts';
import type { DatagramSink } from '../packet/sinks.ts';
import type { FormsListener, WireguardCrypto } from '../wireguard/index.ts';
import type { HostTcp } from './host-tcp.ts';
import type { RuntimeMemory } from './memory.ts';
import type { MeshInstanceName } from './mesh/mesh-settings.ts';
import type { RouterEvent } from './types.ts';

export interface RouterPorts {
  readonly arena: PacketArena;
  readonly random: Random;
  readonly wallClock: WallClock;
  readonly crypto: WireguardCrypto;
  readonly datagrams: DatagramSink;
  /** Forwards packets on other threads, by the tables of the rooms; absent: everything passes here. */
  readonly plane?: ForwardingPlane;
  /** Whether packets outlive this Router, and outlived a former one; absent: they end with it. */
  readonly forwarding?: ForwardingState;
  /** For neighbors over the machine's TCP; absent: documents that have some are refused for them. */
  readonly hostTcp?: HostTcp;
  /** Octets of the attributes of all routes of a virtual router; absent: as BGP's limits.ts has it. */
  readonly attributeBytesMax?: number;
  /** For a mesh; absent: documents that have one are refused for it. */
  readonly mesh?: MeshHost;
  /** Told which disguises are in use, for whoever moves packets elsewhere. */
  readonly formsListener?: FormsListener;
}

/** What a mesh needs of its host beside what it asks by outputs. */
export type MeshHost = Pick<SupernodeOptions, 'renderEdgeTemplate'> &
  Pick<MeshEdgeOptions, 'localAddresses'> & {
    readonly compression: Compression;
    /** Finer than the node's: one-way latencies are less than a millisecond; absent: the node's. */
    readonly wallClock?: WallClock;
  };

export type RouterIdentity = {
  readonly asn: number;
  readonly routerId: string;
  /** RFC 4456 §8; absent: the router id. */
  readonly clusterId?: string;
  /** 32 octets. */
  readonly privateKey: Uint8Array;
  readonly version: string;
  readonly memory: RuntimeMemory;
};

/** What the driver is asked to do or told; taken with `nextOutput` after every batch. */
export type RouterOutput =
  | {
      readonly kind: 'open-socket';
      readonly socket: SocketId;
      readonly port: number;
      readonly host: string;
    }
  | { readonly kind: 'close-socket'; readonly socket: SocketId }
  /** Answer with `endpointResolved`; every answer passes `isPublicUnderlay` unless `allowPrivate`. */
  | {
      readonly kind: 'resolve';
      readonly peering: string;
      readonly host: string;
      readonly port: number;
      readonly allowPrivate: boolean;
    }
  /** TCP to a BMP station; answer with `stationOpened`, or `stationClosed` when it fails or ends. */
  | {
      readonly kind: 'open-station';
      readonly connection: StationConnection;
      readonly host: string;
      readonly port: number;
    }
  /** Answer with `stationTook` when the system has taken them. */
  | {
      readonly kind: 'send-station';
      readonly connection: StationConnection;
      readonly bytes: Uint8Array;
    }
  /** Sends what is left, then FIN; no answer is expected. */
  | { readonly kind: 'close-station'; readonly connection: StationConnection }
  /** Of the edge or supernode in this node; answer by the methods of `Router.mesh`. */
  | {
      readonly kind: 'mesh';
      readonly instance: MeshInstanceName;
      readonly output: Exclude<MeshOutput, { readonly kind: 'ended' }>;
    }
  | { readonly kind: 'event'; readonly event: RouterEvent }
  /** `memory()` changed: store it, at most once a second. */
  | { readonly kind: 'memory-changed' };
