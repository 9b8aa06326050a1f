/**
 * A packet worker with real sockets, and in front of it what a router worker has of two devices: tunnels with
 * their routes, links of a mesh with their next hops. Either may be without the other.
 *
 *   tunnels   WireguardDevice ─ netstack ─┐
 *                                         ├─ one bank ─ packet worker ─ UDP
 *   mesh      WireguardDevice ─ next hops ┘
 *
 * @module
 */
import { createDropCounters, type DropCounters } from '../../base/drop-reason.ts';
import { type IpPrefix, parseIpPrefix } from '../../base/ip-address.ts';
import { createTimerQueue } from '../../base/timer-queue.ts';
import type { UnderlayWish } from '../../base/underlay-wish.ts';
import {
  type InterfaceId,
  interfaceId,
  type PeerId,
  type SocketId,
  socketId,
} from '../../base/units.ts';
import { contentLimit, ETHERGUARD_FRAMING } from '../../mesh/etherguard/wire/index.ts';
import { createNetstack, InterfaceNumbers, type Netstack } from '../../netstack/index.ts';
import { createPacketArena } from '../../packet/arena.ts';
import type { MeshPlane } from '../../packet/forwarding-plane.ts';
import {
  createNobleCrypto,
  createWireguardDevice,
  type WireguardDevice,
  type WireguardDeviceOptions,
} from '../../wireguard/index.ts';
import { type CarriedPackets, puntsTo } from '../carried-packets.ts';
import { createNativeCrypto } from '../native-crypto.ts';
import { type PacketPlane, startPacketPlane } from '../packet-plane.ts';
import { monotonicNow, systemClock } from '../system-clock.ts';
import { systemRandom } from '../system-random.ts';
import { carrierOf } from '../workers/carrier.ts';

const SLOTS = 1024;
const TURN_MS = 5;
const LOOPBACK = '127.0.0.1';
const TUNNEL_MTU = 1420;
const FRAME_LIMIT = contentLimit(1500);
const ANYWHERE: readonly IpPrefix[] = ['0.0.0.0/0', '::/0'].flatMap(
  (text) => parseIpPrefix(text) ?? [],
);

export type PlaneRelayOptions = {
  readonly workerFile: string;
  readonly moduleFile: string;
  readonly wish: UnderlayWish;
  /** Ports of loopback; a device without one is not there. */
  readonly tunnelPort?: number;
  readonly meshPort?: number;
  /** Of our node in the mesh. */
  readonly node?: number;
};

export class PlaneRelay {
  readonly carried: CarriedPackets;
  readonly tunnels: WireguardDevice;
  readonly mesh: WireguardDevice;
  /** Packets and contents the router worker's side looked at. */
  readonly seen = { tunnels: 0, mesh: 0 };
  private readonly arena = createPacketArena(SLOTS);
  private readonly plane: PacketPlane;
  private readonly timerQueue = createTimerQueue();
  private readonly netstack: Netstack;
  private readonly peerOf = new Map<InterfaceId, PeerId>();
  private readonly tunnelSocket: SocketId;
  private readonly meshSocket: SocketId;
  private readonly timer: NodeJS.Timeout;

  static async start(options: PlaneRelayOptions): Promise<PlaneRelay> {
    const plane = await startPacketPlane(options);
    if ('unavailable' in plane) throw new Error(plane.unavailable);
    const relay = new PlaneRelay(plane, options);
    await relay.open(options);
    return relay;
  }

  private constructor(plane: PacketPlane, options: PlaneRelayOptions) {
    const { arena, timerQueue } = this;
    this.plane = plane;
    this.tunnelSocket = socketId(options.tunnelPort ?? 0);
    this.meshSocket = socketId(options.meshPort ?? 0);
    this.carried = carrierOf(plane.attach())(arena, () => this.turn());
    const { carried } = this;
    const common = {
      arena,
      random: systemRandom,
      wallClock: systemClock,
      timerQueue,
      crypto: createNativeCrypto(createNobleCrypto(systemRandom)),
      datagrams: carried.sockets,
    };
    this.netstack = createNetstack({
      arena,
      random: systemRandom,
      timerQueue,
      plane: carried.plane,
      numbers: new InterfaceNumbers(),
      drops: createDropCounters(),
      links: {
        transmit: (out, slot, now) =>
          this.tunnels.sendPacket(this.peerOf.get(out) as PeerId, slot, now),
      },
    });
    this.netstack.setLocalAddresses([]);
    const device = (own: Pick<WireguardDeviceOptions, 'plane' | 'packets' | 'framing'>) =>
      createWireguardDevice({ ...common, ...own, privateKey: systemRandom.bytes(32) });
    this.tunnels = device({
      plane: carried.plane,
      packets: {
        receivePacket: (slot, now) => {
          this.seen.tunnels++;
          this.netstack.receivePacket(slot, now);
        },
      },
    });
    this.mesh = device({
      plane: carried.plane.mesh,
      framing: ETHERGUARD_FRAMING,
      packets: {
        receivePacket: (slot) => {
          this.seen.mesh++;
          arena.release(slot);
        },
      },
    });
    if (options.node !== undefined) carried.plane.mesh.setMeshNode(options.node);
    this.timer = setInterval(() => this.turn(), TURN_MS);
  }

  get links(): MeshPlane {
    return this.carried.plane.mesh;
  }

  /** A peer with a tunnel that leads to this prefix; it is heard before it is sent to. */
  addTunnel(publicKey: Uint8Array, prefix: IpPrefix): PeerId {
    const mtu = TUNNEL_MTU;
    const id = this.netstack.addInterface({ mtu, addresses: [], peerAddresses: [] });
    const config = { publicKey, socket: this.tunnelSocket, persistentKeepalive: 0 };
    const rest = { interface: id, allowedIps: ANYWHERE, mtu };
    const peer = this.tunnels.addPeer({ ...config, ...rest }, monotonicNow());
    this.peerOf.set(id, peer);
    this.netstack.routes.set(prefix.family, prefix.bytes, 0, prefix.length, id);
    // Nobody here waits for the first packet of a tunnel.
    this.carried.plane.setPunted(id, false, false);
    return peer;
  }

  /** A neighbor of the mesh; frames for its number go to it. */
  addLink(publicKey: Uint8Array, node: number): PeerId {
    const config = { publicKey, socket: this.meshSocket, persistentKeepalive: 0 };
    const rest = { interface: interfaceId(0), allowedIps: [], mtu: FRAME_LIMIT };
    const peer = this.mesh.addPeer({ ...config, ...rest }, monotonicNow());
    this.links.setMeshHop(node, peer);
    return peer;
  }

  drops(): DropCounters {
    return this.carried.drops();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.plane.stop();
  }

  private async open({ tunnelPort, meshPort }: PlaneRelayOptions): Promise<void> {
    const { sockets, meshSockets } = this.carried;
    if (tunnelPort !== undefined) await sockets.open(this.tunnelSocket, tunnelPort, LOOPBACK);
    if (meshPort !== undefined) await meshSockets.open(this.meshSocket, meshPort, LOOPBACK);
  }

  /** What the driver of a Router does after punts and now and then. */
  private turn(): void {
    const handlers = { tunnels: puntsTo(this.tunnels), mesh: puntsTo(this.mesh) };
    while (this.carried.drain(handlers));
    this.timerQueue.runDue(monotonicNow());
    this.netstack.settle();
    this.carried.flush();
  }
}
