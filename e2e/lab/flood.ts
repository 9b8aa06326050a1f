/**
 * WireGuard endpoints that are cheaper than real ones: sealed in advance, counted without opening. With another
 * framing they are neighbors in a mesh.
 *
 * Standard: WireGuard paper; the handshake and the sealing are router-core/wireguard's. What it says
 * about correctness is therefore little: stock endpoints are the judges of that, in the same benchmark.
 *
 *   source  handshakes ─ seals packets in advance ─ LOADED ─ start ─► sends ─► RESULT
 *   sink    handshakes ─ LISTENING ─ start ─► counts transport messages ─► RESULT
 *
 * One end may hold many tunnels, each with its own key and address; then packet k goes through tunnel
 * k modulo their number, so that two neighbors in a burst never share one.
 *
 * @module
 */
import { freemem } from 'node:os';
import { join } from 'node:path';
import { concatBytes, fromBase64, writeUint16 } from '../../router-core/base/bytes.ts';
import { parseIpAddress } from '../../router-core/base/ip-address.ts';
import { createTimerQueue, type TimerQueue } from '../../router-core/base/timer-queue.ts';
import {
  type Instant,
  interfaceId,
  type PacketSlot,
  type PeerId,
  socketId,
} from '../../router-core/base/units.ts';
import { createWasmCipher } from '../../router-core/fast-path/index.ts';
import { readFastPathModule } from '../../router-core/host/fast-path-module.ts';
import { createNativeCrypto } from '../../router-core/host/native-crypto.ts';
import { monotonicNow, systemClock } from '../../router-core/host/system-clock.ts';
import { systemRandom } from '../../router-core/host/system-random.ts';
import {
  ETHERGUARD_FRAMING,
  MESH_HEADER_BYTES,
  USAGE,
  writeMeshPacket,
} from '../../router-core/mesh/etherguard/wire/index.ts';
import { isEdgeNumber } from '../../router-core/mesh/node-number.ts';
import {
  createPacketArena,
  type PacketArena,
  writeIpv4Checksum,
} from '../../router-core/packet/index.ts';
import { keepaliveBytes } from '../../router-core/wireguard/framing.ts';
import {
  createNobleCrypto,
  createWireguardDevice,
  type Framing,
  WIREGUARD_FRAMING,
} from '../../router-core/wireguard/index.ts';
import { type LoadResult, type LoadSocket, openLoadSocket } from './load-socket.ts';

/** A tunnel of this end. `address`: its own on the underlay, absent: the only one there is. */
export type FloodTunnel = {
  readonly privateKey: string;
  readonly address?: string;
  /** Inside: where packets of a source come from and go to; addresses, or numbers of nodes. */
  readonly from: string;
  readonly to: string;
};
export type FloodOptions = {
  readonly role: 'source' | 'sink';
  readonly port: number;
  readonly routerPublicKey: string;
  readonly router: { readonly address: string; readonly port: number };
  readonly tunnels: readonly FloodTunnel[];
  /** Octets of an IP packet, or of a frame of the mesh. */
  readonly innerBytes: number;
  /** Of the tunnels: padding does not go beyond it. */
  readonly mtu: number;
  readonly seconds: number;
  /** Absent: as fast as possible. */
  readonly packetsPerSecond?: number;
  /** EtherGuard's framing and frames in place of WireGuard's and IP packets. */
  readonly isMesh?: boolean;
};

const TRANSPORT_TYPE = 4;
/** Of EtherGuard's frames as well. */
const FRAME_TTL = 200;
const PADDING = 16;
const PROTOCOL_UDP = 17;
/** Sealed packets of one flood: no more than this, and a fourth of what the machine has free. */
const MEMORY_BYTES = 1024 * 1024 * 1024;
const MEMORY_SHARE = 4;
/** More than any router here forwards on one core. */
const PACKETS_PER_SECOND = 250_000;
/** How long a handshake may take, the repetitions of lost messages included. */
const HANDSHAKE_LIMIT_MS = 20_000;
const ANSWER_LIMIT_MS = 100;
/** Seen from dist/lab/, where the bundle is. */
const FAST_PATH = join(import.meta.dirname, '../router-core/fast-path.wasm');

export type FloodEnd = {
  /** Which socket it has, and why not the faster one. */
  readonly socket: string;
  /** Seals packets for the whole time, or until the memory is full; returns how many. */
  load(): number;
  /** Sends everything, or as much as the time allows. */
  send(): Promise<LoadResult>;
  /** Counts what arrives from now on, for the time of the options. */
  count(): Promise<LoadResult>;
  close(): void;
};

/** Octets of the UDP payload that carries an inner packet (WireGuard paper §5.4.6), or a frame and its node numbers. */
export function floodDatagramBytes(innerBytes: number, mtu: number, isMesh = false): number {
  const content = isMesh ? MESH_HEADER_BYTES + innerBytes : innerBytes;
  const padded = Math.ceil(content / PADDING) * PADDING;
  return Math.min(padded, Math.max(mtu, content)) + keepaliveBytes(framingOf(isMesh));
}

const framingOf = (isMesh = false): Framing => (isMesh ? ETHERGUARD_FRAMING : WIREGUARD_FRAMING);

/** Makes the handshakes with the router; resolves when packets may pass. */
export async function openFloodEnd(options: FloodOptions): Promise<FloodEnd> {
  const socket = await openLoadSocket(options.port, options.router);
  const module = readFastPathModule(FAST_PATH);
  const shared: Shared = {
    arena: createPacketArena(16),
    timerQueue: createTimerQueue(),
    socket,
    // The fastest at hand: sealing a million packets by node:crypto takes long.
    crypto: createNativeCrypto(
      createNobleCrypto(systemRandom),
      module.kind === 'module' ? createWasmCipher(module.module) : undefined,
    ),
  };
  const ends: TunnelEnd[] = [];
  for (const tunnel of options.tunnels) {
    const end = new TunnelEnd(options, tunnel, shared);
    await end.handshake();
    ends.push(end);
  }
  const { seconds, packetsPerSecond } = options;
  const framing = framingOf(options.isMesh);
  const datagramBytes = floodDatagramBytes(options.innerBytes, options.mtu, options.isMesh);
  const addresses = options.tunnels.flatMap(({ address }) => addressBytes(address ?? '') ?? []);
  let sealed = { bytes: new Uint8Array(0), datagramBytes, packets: 0 };

  return {
    socket: socket.note === undefined ? socket.kind : `${socket.kind}: ${socket.note}`,
    load() {
      const packets = Math.min(
        Math.ceil(seconds * (packetsPerSecond ?? PACKETS_PER_SECOND)),
        Math.floor(Math.min(MEMORY_BYTES, freemem() / MEMORY_SHARE) / datagramBytes),
      );
      sealed = { bytes: new Uint8Array(packets * datagramBytes), datagramBytes, packets };
      for (let i = 0; i < packets; i++)
        (ends[i % ends.length] as TunnelEnd).seal(sealed.bytes, i * datagramBytes);
      return packets;
    },
    send: () =>
      socket.sendStock(
        addresses.length === 0 ? sealed : { ...sealed, sources: concatBytes(...addresses) },
        { seconds, ...(packetsPerSecond !== undefined && { packetsPerSecond }) },
      ),
    count: () => socket.count(TRANSPORT_TYPE, keepaliveBytes(framing), seconds),
    close: () => socket.close(),
  };
}

type Shared = {
  readonly crypto: ReturnType<typeof createNativeCrypto>;
  readonly arena: PacketArena;
  readonly timerQueue: TimerQueue;
  readonly socket: LoadSocket;
};

/** One tunnel: a device with one peer, the router. */
class TunnelEnd {
  private readonly shared: Shared;
  private readonly device: ReturnType<typeof createWireguardDevice>;
  private readonly peer: PeerId;
  /** Behind as many octets as a transport header has; in a mesh two of them are the packet's own. */
  private readonly packet: Uint8Array;
  private readonly headerBytes: number;
  private readonly router: { readonly address: Uint8Array; readonly port: number };
  /** Where sealed packets go; handshake messages leave by the socket. */
  private target: { readonly bytes: Uint8Array; readonly offset: number } | undefined;

  constructor(options: FloodOptions, tunnel: FloodTunnel, shared: Shared) {
    const { arena, timerQueue, socket } = shared;
    const address = parseIpAddress(options.router.address);
    const privateKey = fromBase64(tunnel.privateKey);
    const publicKey = fromBase64(options.routerPublicKey);
    if (address === undefined || privateKey === undefined || publicKey === undefined)
      throw new Error('flood: an address or a key is malformed');
    const source = addressBytes(tunnel.address ?? '');
    this.shared = shared;
    this.router = { address: address.bytes, port: options.router.port };
    this.headerBytes = framingOf(options.isMesh).transportHeaderBytes;
    this.packet = options.isMesh
      ? meshFrame(options.innerBytes, tunnel, this.headerBytes)
      : innerPacket(options.innerBytes, tunnel, this.headerBytes);
    this.device = createWireguardDevice({
      arena,
      random: systemRandom,
      wallClock: systemClock,
      timerQueue,
      crypto: shared.crypto,
      privateKey,
      framing: framingOf(options.isMesh),
      packets: { receivePacket: (slot) => arena.release(slot) },
      datagrams: {
        sendDatagram: (slot: PacketSlot) => {
          const datagram = arena.bytes.subarray(arena.start[slot], arena.end[slot]);
          if (this.target === undefined) socket.send(datagram, source);
          else this.target.bytes.set(datagram, this.target.offset);
          arena.release(slot);
        },
      },
    });
    this.peer = this.device.addPeer(
      {
        publicKey,
        endpoint: { address, port: options.router.port },
        socket: socketId(0),
        persistentKeepalive: 0,
        interface: interfaceId(0),
        allowedIps: [],
        mtu: options.mtu,
      },
      0 as Instant,
    );
  }

  /** @throws when the router does not answer */
  async handshake(): Promise<void> {
    const { device, peer, shared } = this;
    const until = performance.now() + HANDSHAKE_LIMIT_MS;
    device.initiate(peer, monotonicNow());
    while (!device.view(peer).hasKeyPair) {
      if (performance.now() > until) throw new Error('flood: the router does not answer');
      const datagram = await shared.socket.receive(ANSWER_LIMIT_MS);
      if (datagram === undefined) shared.timerQueue.runDue(monotonicNow());
      else this.receive(datagram);
    }
  }

  /** Seals one packet to these octets. */
  seal(bytes: Uint8Array, offset: number): void {
    const { arena } = this.shared;
    const slot = arena.allocate();
    const start = arena.start[slot] as number;
    arena.bytes.set(this.packet, start - this.headerBytes);
    arena.end[slot] = start - this.headerBytes + this.packet.length;
    this.target = { bytes, offset };
    const reason = this.device.sendPacket(this.peer, slot, monotonicNow());
    this.target = undefined;
    if (reason !== undefined) throw new Error(`flood: a packet was not sealed: ${reason}`);
  }

  private receive(datagram: Uint8Array): void {
    const { arena } = this.shared;
    const slot = arena.allocate();
    const start = arena.start[slot] as number;
    arena.bytes.set(datagram, start);
    arena.end[slot] = start + datagram.length;
    arena.socket[slot] = 0;
    arena.remoteFamily[slot] = 4;
    arena.remotePort[slot] = this.router.port;
    arena.remoteAddress.set(this.router.address, slot * 16);
    this.device.receiveDatagram(slot, monotonicNow());
  }
}

/** An IPv4/UDP packet to the discard port; the router looks at the IP header only. */
function innerPacket(innerBytes: number, tunnel: FloodTunnel, at: number): Uint8Array {
  const whole = new Uint8Array(at + innerBytes);
  const packet = whole.subarray(at);
  const from = addressBytes(tunnel.from);
  const to = addressBytes(tunnel.to);
  if (from === undefined || to === undefined) throw new Error('flood: an address is malformed');
  packet[0] = 0x45;
  writeUint16(packet, 2, packet.length);
  packet[8] = 64;
  packet[9] = PROTOCOL_UDP;
  packet.set(from, 12);
  packet.set(to, 16);
  writeIpv4Checksum(packet, 0);
  writeUint16(packet, 22, 9);
  writeUint16(packet, 24, packet.length - 20);
  return whole;
}

/** A frame from node to node, with usage and TTL; the relay looks at the node numbers only. */
function meshFrame(innerBytes: number, { from, to }: FloodTunnel, at: number): Uint8Array {
  const whole = new Uint8Array(at + MESH_HEADER_BYTES + innerBytes);
  const [source, destination] = [Number(from), Number(to)];
  if (!isEdgeNumber(source) || !isEdgeNumber(destination))
    throw new Error('flood: a node number is malformed');
  writeMeshPacket(whole, at, USAGE.normal, FRAME_TTL, destination, source);
  return whole;
}

const addressBytes = (text: string): Uint8Array | undefined => parseIpAddress(text)?.bytes;
