/**
 * A peer at the other end of a tunnel or a link of a mesh, over a UDP socket on loopback and in real time.
 *
 * @module
 */
import { createSocket, type Socket } from 'node:dgram';
import { assert } from '../../base/assert.ts';
import { checksum } from '../../base/checksum.ts';
import { parseIpAddress, parseIpPrefix } from '../../base/ip-address.ts';
import { createTimerQueue } from '../../base/timer-queue.ts';
import { interfaceId, type PeerId, socketId } from '../../base/units.ts';
import { createPacketArena } from '../../packet/arena.ts';
import {
  createNobleCrypto,
  createWireguardDevice,
  type Framing,
  WIREGUARD_FRAMING,
} from '../../wireguard/index.ts';
import { createNativeCrypto } from '../native-crypto.ts';
import { monotonicNow, systemClock } from '../system-clock.ts';
import { systemRandom } from '../system-random.ts';

const LOOPBACK = '127.0.0.1';
const TIMERS_MS = 20;
const ANYWHERE = ['0.0.0.0/0', '::/0'].map((text) => {
  const prefix = parseIpPrefix(text);
  assert(prefix !== undefined, 'a prefix');
  return prefix;
});

export const octetsOf = (text: string): Uint8Array => {
  const address = parseIpAddress(text);
  assert(address !== undefined, 'an address');
  return address.bytes;
};

export class TunnelPeer {
  /** Inner packets, in the order they came. */
  readonly received: Uint8Array[] = [];
  /** What stood in front of each, as long as a transport header. */
  readonly heads: Uint8Array[] = [];
  /** Told of each of them; `received` stays empty then. */
  onPacket: ((packet: Uint8Array) => void) | undefined;
  readonly publicKey: Uint8Array;
  private readonly arena = createPacketArena(256);
  private readonly timerQueue = createTimerQueue();
  private readonly device;
  private readonly framing: Framing;
  private peer: PeerId | undefined;
  private socket: Socket | undefined;
  private readonly timer: NodeJS.Timeout;

  constructor(framing = WIREGUARD_FRAMING) {
    const { arena } = this;
    this.framing = framing;
    this.device = createWireguardDevice({
      arena,
      random: systemRandom,
      wallClock: systemClock,
      timerQueue: this.timerQueue,
      crypto: createNativeCrypto(createNobleCrypto(systemRandom)),
      privateKey: systemRandom.bytes(32),
      framing,
      datagrams: {
        sendDatagram: (slot) => {
          const datagram = arena.bytes.slice(arena.start[slot], arena.end[slot]);
          const port = arena.remotePort[slot] as number;
          arena.release(slot);
          this.socket?.send(datagram, port, LOOPBACK);
        },
      },
      packets: {
        receivePacket: (slot) => {
          const start = arena.start[slot] as number;
          const packet = arena.bytes.slice(start, arena.end[slot]);
          if (this.onPacket === undefined)
            this.heads.push(arena.bytes.slice(start - framing.transportHeaderBytes, start));
          arena.release(slot);
          if (this.onPacket === undefined) this.received.push(packet);
          else this.onPacket(packet);
        },
      },
    });
    this.publicKey = this.device.publicKey;
    this.timer = setInterval(() => this.timerQueue.runDue(monotonicNow()), TIMERS_MS);
  }

  /** Names the router, which may be initiated to from then on. */
  knows(router: { readonly publicKey: Uint8Array; readonly port: number }): void {
    const { publicKey, port } = router;
    this.peer = this.device.addPeer(
      {
        publicKey,
        endpoint: { address: { family: 4, bytes: octetsOf(LOOPBACK) }, port },
        socket: socketId(1),
        persistentKeepalive: 0,
        interface: interfaceId(0),
        allowedIps: ANYWHERE,
      },
      monotonicNow(),
    );
  }

  /** Opens a socket, another one than before: to the router the peer roams. */
  async moves(): Promise<void> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
    socket.on('message', (datagram, { port }) => this.receive(datagram, port));
    await new Promise<void>((resolve) => socket.bind(0, LOOPBACK, resolve));
    this.socket?.close();
    this.socket = socket;
  }

  /** Sends an inner packet; the first one makes the handshake. `head` stands where the transport header will be. */
  send(packet: Uint8Array, head: readonly number[] = []): void {
    const { arena } = this;
    const slot = arena.allocate();
    const start = arena.start[slot] as number;
    arena.bytes.set(head, start - this.framing.transportHeaderBytes);
    arena.bytes.set(packet, start);
    arena.end[slot] = start + packet.length;
    this.device.sendPacket(this.known(), slot, monotonicNow());
  }

  get port(): number {
    assert(this.socket !== undefined, 'it has moved somewhere');
    return this.socket.address().port;
  }

  get handshakes(): number {
    return this.device.view(this.known()).handshakesCompleted;
  }

  close(): void {
    clearInterval(this.timer);
    this.socket?.close();
    this.socket = undefined;
  }

  private known(): PeerId {
    assert(this.peer !== undefined, 'the router is known');
    return this.peer;
  }

  private receive(datagram: Uint8Array, port: number): void {
    const { arena } = this;
    const slot = arena.allocate();
    const start = arena.start[slot] as number;
    arena.bytes.set(datagram, start);
    arena.end[slot] = start + datagram.length;
    arena.socket[slot] = 1;
    arena.remoteFamily[slot] = 4;
    arena.remotePort[slot] = port;
    arena.remoteAddress.set(octetsOf(LOOPBACK), slot * 16);
    this.device.receiveDatagram(slot, monotonicNow());
  }
}

export const ICMP = 1;
export const UDP = 17;

/** An IPv4 packet. */
export function ipv4Packet(
  from: string,
  to: string,
  protocol: number,
  payload: Uint8Array,
  ttl = 64,
): Uint8Array {
  const packet = new Uint8Array(20 + payload.length);
  packet.set([0x45, 0, packet.length >>> 8, packet.length]);
  packet.set([ttl, protocol], 8);
  packet.set(octetsOf(from), 12);
  packet.set(octetsOf(to), 16);
  const sum = checksum(packet, 0, 20);
  packet.set([sum >>> 8, sum], 10);
  packet.set(payload, 20);
  return packet;
}

/** An IPv6 packet. */
export function ipv6Packet(
  from: string,
  to: string,
  next: number,
  payload: Uint8Array,
): Uint8Array {
  const packet = new Uint8Array(40 + payload.length);
  packet.set([0x60, 0, 0, 0, payload.length >>> 8, payload.length, next, 64]);
  packet.set(octetsOf(from), 8);
  packet.set(octetsOf(to), 24);
  packet.set(payload, 40);
  return packet;
}

/** An ICMP echo request with its checksum. */
export function echoRequest(identifier: number, sequence: number): Uint8Array {
  const message = new Uint8Array(16);
  message.set([8, 0, 0, 0, identifier >>> 8, identifier, sequence >>> 8, sequence]);
  const sum = checksum(message, 0, message.length);
  message.set([sum >>> 8, sum], 2);
  return message;
}
