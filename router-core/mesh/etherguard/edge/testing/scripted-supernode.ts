/**
 * A supernode that does what a test says: sessions are real, decisions are the test's.
 *
 * @module
 */
import { toBase64 } from '../../../../base/bytes.ts';
import { formatEndpoint } from '../../../../base/endpoint.ts';
import {
  interfaceId,
  NONE,
  type PacketSlot,
  type PeerId,
  socketId,
  wallTime,
} from '../../../../base/units.ts';
import { createPacketArena, type PacketArena } from '../../../../packet/arena.ts';
import {
  createWireguardDevice,
  NOT_STAGED,
  type WireguardCrypto,
  type WireguardDevice,
} from '../../../../wireguard/index.ts';
import { type NodeNumber, SUPERNODE } from '../../../node-number.ts';
import {
  contentLimit,
  ETHERGUARD_FRAMING,
  meshUsage,
  type Pong,
  paddingBytes,
  pongMessage,
  type Register,
  registerMessage,
  type ServerUpdate,
  serverUpdateMessage,
  USAGE,
  writeMeshPacket,
} from '../../wire/index.ts';
import { type LabHost, type MeshLab, underlay } from './mesh-lab.ts';

const LIMIT = contentLimit(1500);
const CLOCK_AT_ZERO = 1_800_000_000_000;

export type EdgeOfSupernode = {
  readonly node: number;
  readonly publicKey: Uint8Array;
  readonly presharedKey: Uint8Array;
};

export class ScriptedSupernode implements LabHost {
  readonly address: string;
  readonly registers: (Register & { readonly by: number })[] = [];
  readonly pongs: Pong[] = [];
  private readonly lab: MeshLab;
  private readonly arena: PacketArena = createPacketArena(64);
  private readonly device: WireguardDevice;
  private readonly peers = new Map<number, PeerId>();

  constructor(
    lab: MeshLab,
    address: string,
    privateKey: Uint8Array,
    crypto: WireguardCrypto,
    edges: readonly EdgeOfSupernode[],
  ) {
    this.lab = lab;
    this.address = address;
    this.device = createWireguardDevice({
      arena: this.arena,
      random: lab.random,
      wallClock: { now: () => wallTime(CLOCK_AT_ZERO + lab.now) },
      timerQueue: lab.timerQueue,
      crypto,
      datagrams: { sendDatagram: (slot) => this.transmit(slot) },
      packets: { receivePacket: (slot) => this.take(slot) },
      privateKey,
      framing: ETHERGUARD_FRAMING,
    });
    for (const { node, publicKey, presharedKey } of edges)
      this.peers.set(
        node,
        this.device.addPeer(
          {
            publicKey,
            presharedKey,
            socket: socketId(4),
            persistentKeepalive: 0,
            interface: interfaceId(node),
            allowedIps: [],
            mtu: LIMIT,
          },
          lab.now,
        ),
      );
    lab.hosts.push(this);
  }

  get publicKey(): string {
    return toBase64(this.device.publicKey);
  }

  /** Sends an update to an edge, if there is a session. */
  push(to: number, update: Partial<ServerUpdate>, destination = SUPERNODE): void {
    const body = serverUpdateMessage.encode({
      node: SUPERNODE,
      action: 0,
      code: 0,
      text: '',
      ...update,
    });
    this.send(to, body, destination);
  }

  /** Sends anything as an update. */
  send(to: number, body: Uint8Array, destination: NodeNumber = SUPERNODE): void {
    const { arena } = this;
    const slot = arena.allocate();
    const start = arena.start[slot] as number;
    writeMeshPacket(arena.bytes, start, USAGE.serverUpdate, 0, destination, SUPERNODE);
    arena.bytes.set(body, start + 4);
    const octets = 4 + body.length;
    const zeroes = paddingBytes(octets, LIMIT);
    arena.bytes.fill(0, start + octets, start + octets + zeroes);
    arena.end[slot] = start + octets + zeroes;
    arena.flags[slot] = NOT_STAGED;
    this.device.sendPacket(this.peers.get(to) as PeerId, slot, this.lab.now);
  }

  receive(bytes: Uint8Array, from: string): void {
    const { arena } = this;
    const slot = arena.allocate();
    if (slot === NONE) return;
    const { address, port } = underlay(from);
    const start = arena.start[slot] as number;
    arena.bytes.set(bytes, start);
    arena.end[slot] = start + bytes.length;
    arena.socket[slot] = socketId(address.family);
    arena.remoteFamily[slot] = address.family;
    arena.remotePort[slot] = port;
    arena.remoteAddress.set(address.bytes, slot * 16);
    this.device.receiveDatagram(slot, this.lab.now);
  }

  settle(): void {
    while (this.device.nextOutput() !== undefined);
  }

  private take(slot: PacketSlot): void {
    const { arena } = this;
    const start = arena.start[slot] as number;
    const body = arena.bytes.slice(start + 4, arena.end[slot]);
    const by = arena.ingress[slot] as number;
    const usage = meshUsage(arena.bytes, start);
    if (usage === USAGE.register) this.registers.push({ ...registerMessage.decode(body), by });
    if (usage === USAGE.pong) this.pongs.push(pongMessage.decode(body));
    arena.release(slot);
  }

  private transmit(slot: PacketSlot): void {
    const { arena, lab } = this;
    const bytes = arena.bytes.slice(arena.start[slot], arena.end[slot]);
    const family = arena.remoteFamily[slot] === 6 ? 6 : 4;
    const octets = arena.remoteAddress.slice(slot * 16, slot * 16 + (family === 4 ? 4 : 16));
    const to = formatEndpoint({
      address: { family, bytes: octets },
      port: arena.remotePort[slot] as number,
    });
    arena.release(slot);
    const [usage = 0, ttl = 0] = bytes;
    lab.transmit({
      at: lab.now,
      from: this.address,
      to,
      bytes,
      usage,
      ttl,
      content: new Uint8Array(),
    });
  }
}
