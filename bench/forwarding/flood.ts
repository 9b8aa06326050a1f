/**
 * A WireGuard endpoint that is cheaper than a real one: sealed in advance, counted without opening.
 *
 * Standard: WireGuard paper; the handshake and the sealing are router-core/wireguard's. What it says
 * about correctness is therefore little: stock endpoints are the judges of that, in the same benchmark.
 *
 *   source  handshake ─ seals as many packets as fit ─ LOADED ─ start ─► sends ─► RESULT
 *   sink    handshake ─ LISTENING ─ start ─► counts transport messages ─► RESULT
 *
 * @module
 */
import { createSocket, type Socket } from 'node:dgram';
import { fromBase64, writeUint16 } from '../../router-core/base/bytes.ts';
import type { UnderlayAddress } from '../../router-core/base/endpoint.ts';
import { parseIpAddress } from '../../router-core/base/ip-address.ts';
import { createTimerQueue } from '../../router-core/base/timer-queue.ts';
import {
  type Instant,
  interfaceId,
  NONE,
  type PacketSlot,
  type PeerId,
  socketId,
} from '../../router-core/base/units.ts';
import { createNativeCrypto } from '../../router-core/host/native-crypto.ts';
import { monotonicNow, systemClock } from '../../router-core/host/system-clock.ts';
import { systemRandom } from '../../router-core/host/system-random.ts';
import { createPacketArena, writeIpv4Checksum } from '../../router-core/packet/index.ts';
import { createNobleCrypto, createWireguardDevice } from '../../router-core/wireguard/index.ts';

export type FloodOptions = {
  readonly port: number;
  readonly privateKey: string;
  readonly routerPublicKey: string;
  readonly router: { readonly address: string; readonly port: number };
  readonly innerBytes: number;
  readonly seconds: number;
} & (
  | { readonly role: 'sink' }
  | { readonly role: 'source'; readonly from: string; readonly to: string }
);
/** `seconds`: from the first packet to the last. */
export type FloodResult = { readonly packets: number; readonly seconds: number };

const TRANSPORT_TYPE = 4;
const KEEPALIVE_BYTES = 32;
const PROTOCOL_UDP = 17;
/** Sealed packets of one flood: what a small machine has to spare. */
const MEMORY_BYTES = 192 * 1024 * 1024;
/** More than any router here forwards. */
const PACKETS_PER_SECOND = 120_000;
/** Sent before the event loop has its turn. */
const BURST = 32;
const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024;

export type FloodEnd = {
  /** Seals packets until the memory is full; returns how many. */
  load(): number;
  /** Sends everything, or as much as the time allows. */
  send(): Promise<FloodResult>;
  /** Counts what arrives from now on, for the time of the options. */
  count(): Promise<FloodResult>;
  close(): void;
};

/** Makes the handshake with the router; resolves when packets may pass. */
export async function openFloodEnd(options: FloodOptions): Promise<FloodEnd> {
  const { router } = options;
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(options.port, resolve));
  await new Promise<void>((resolve) => socket.connect(router.port, router.address, resolve));
  socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  const sealed: Sealed = { bytes: new Uint8Array(0), packets: 0, datagramBytes: 0 };
  const { arena, device, peer, endpoint } = makeDevice(options, socket, sealed);

  await new Promise<void>((resolve) => {
    const receive = (datagram: Buffer): void => {
      const slot = arena.allocate();
      const start = arena.start[slot] as number;
      arena.bytes.set(datagram, start);
      arena.end[slot] = start + datagram.length;
      // The socket is connected: nobody else is heard.
      arena.socket[slot] = 0;
      arena.remoteFamily[slot] = endpoint.address.family;
      arena.remotePort[slot] = endpoint.port;
      arena.remoteAddress.set(endpoint.address.bytes, slot * 16);
      device.receiveDatagram(slot, monotonicNow());
      if (!device.view(peer).hasKeyPair) return;
      socket.off('message', receive);
      resolve();
    };
    socket.on('message', receive);
    device.initiate(peer, monotonicNow());
  });

  return {
    load() {
      const capacity = Math.min(
        options.seconds * PACKETS_PER_SECOND,
        Math.floor(MEMORY_BYTES / (options.innerBytes + 48)),
      );
      sealed.bytes = new Uint8Array(capacity * (options.innerBytes + 48));
      sealed.packets = 0;
      const now = monotonicNow();
      const packet = innerPacket(options);
      while (sealed.packets < capacity) {
        const slot = arena.allocate();
        const start = arena.start[slot] as number;
        arena.bytes.set(packet, start);
        arena.end[slot] = start + packet.length;
        const reason = device.sendPacket(peer, slot, now);
        if (reason !== undefined) throw new Error(`flood: a packet was not sealed: ${reason}`);
      }
      return sealed.packets;
    },
    send: () => sendAll(socket, sealed, options.seconds),
    count: () => countFor(socket, options.seconds),
    close: () => socket.close(),
  };
}

type Sealed = { bytes: Uint8Array; packets: number; datagramBytes: number };

function makeDevice(
  options: FloodOptions,
  socket: Socket,
  sealed: Sealed,
): {
  arena: ReturnType<typeof createPacketArena>;
  device: ReturnType<typeof createWireguardDevice>;
  peer: PeerId;
  endpoint: UnderlayAddress;
} {
  const arena = createPacketArena(16);
  const address = parseIpAddress(options.router.address);
  const privateKey = fromBase64(options.privateKey);
  const publicKey = fromBase64(options.routerPublicKey);
  if (address === undefined || privateKey === undefined || publicKey === undefined)
    throw new Error('flood: an address or a key is malformed');
  const device = createWireguardDevice({
    arena,
    random: systemRandom,
    wallClock: systemClock,
    timerQueue: createTimerQueue(),
    crypto: createNativeCrypto(createNobleCrypto(systemRandom)),
    privateKey,
    packets: { receivePacket: (slot) => arena.release(slot) },
    datagrams: {
      sendDatagram(slot: PacketSlot) {
        const datagram = arena.bytes.subarray(arena.start[slot], arena.end[slot]);
        const room = sealed.bytes.length - sealed.packets * datagram.length;
        if (room >= datagram.length) {
          sealed.datagramBytes = datagram.length;
          sealed.bytes.set(datagram, sealed.packets++ * datagram.length);
        } else socket.send(datagram.slice());
        arena.release(slot);
      },
    },
  });
  const endpoint = { address, port: options.router.port };
  const peer = device.addPeer(
    {
      publicKey,
      endpoint,
      socket: socketId(0),
      persistentKeepalive: 0,
      interface: interfaceId(0),
      allowedIps: [],
    },
    0 as Instant,
  );
  return { arena, device, peer, endpoint };
}

/** An IPv4/UDP packet to the discard port; the router looks at the IP header only. */
function innerPacket(options: FloodOptions): Uint8Array {
  const packet = new Uint8Array(options.innerBytes);
  if (options.role !== 'source') return packet;
  const from = parseIpAddress(options.from);
  const to = parseIpAddress(options.to);
  if (from === undefined || to === undefined) throw new Error('flood: an address is malformed');
  packet[0] = 0x45;
  writeUint16(packet, 2, packet.length);
  packet[8] = 64;
  packet[9] = PROTOCOL_UDP;
  packet.set(from.bytes, 12);
  packet.set(to.bytes, 16);
  writeIpv4Checksum(packet, 0);
  writeUint16(packet, 22, 9);
  writeUint16(packet, 24, packet.length - 20);
  return packet;
}

function sendAll(socket: Socket, sealed: Sealed, seconds: number): Promise<FloodResult> {
  const { bytes, packets, datagramBytes } = sealed;
  const started = performance.now();
  const until = started + seconds * 1000;
  return new Promise((resolve) => {
    let next = 0;
    const burst = (): void => {
      const end = Math.min(packets, next + BURST);
      for (; next < end; next++) socket.send(bytes, next * datagramBytes, datagramBytes);
      const now = performance.now();
      if (next < packets && now < until) setImmediate(burst);
      else resolve({ packets: next, seconds: (now - started) / 1000 });
    };
    burst();
  });
}

function countFor(socket: Socket, seconds: number): Promise<FloodResult> {
  let packets = 0;
  let first = NONE as number;
  let last = 0;
  socket.on('message', (datagram: Buffer) => {
    if (datagram[0] !== TRANSPORT_TYPE || datagram.length <= KEEPALIVE_BYTES) return;
    last = performance.now();
    if (packets++ === 0) first = last;
  });
  return new Promise((resolve) => {
    setTimeout(() => resolve({ packets, seconds: (last - first) / 1000 }), seconds * 1000);
  });
}
