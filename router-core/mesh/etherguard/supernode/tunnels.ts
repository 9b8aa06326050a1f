/**
 * The sessions of a supernode with its edges: a device per family, each with a key of its own, every edge a
 * peer of both.
 *
 * Standard: EtherGuard wire protocol (`../wire/`); WireGuard paper for the rest. Both devices use the same UDP
 * port, each by a socket of its family, and both are node 65533.
 *
 * Invariants
 * - What is sent waits for no key pair: news are told again, and measured time is not carried.
 * - A session tells who sent a packet; the source in its header tells nothing.
 *
 * @module
 */
import { createDropCounters, DROP_REASONS, type DropCounters } from '../../../base/drop-reason.ts';
import type { UnderlayAddress } from '../../../base/endpoint.ts';
import { type IpFamily, parseIpAddress } from '../../../base/ip-address.ts';
import {
  type Instant,
  interfaceId,
  NONE,
  type PacketSlot,
  type SocketId,
  socketId,
} from '../../../base/units.ts';
import {
  createWireguardDevice,
  NOT_STAGED,
  type WireguardDevice,
  type WireguardPeerView,
} from '../../../wireguard/index.ts';
import { type NodeNumber, SUPERNODE } from '../../node-number.ts';
import { familiesInUse, keyText, listenHost } from '../config/index.ts';
import {
  ETHERGUARD_FRAMING,
  MESH_HEADER_BYTES,
  NO_RELAY,
  type ServerUpdate,
  serverUpdateMessage,
  USAGE,
  writeMeshPacket,
} from '../wire/index.ts';
import type { SuperCore } from './core.ts';
import type { Edge, EdgeSettings } from './edge-table.ts';

type Tunnel = {
  readonly family: IpFamily;
  readonly device: WireguardDevice;
  readonly socket: SocketId;
  /** Undefined until it is open. */
  port: number | undefined;
  hasFailed: boolean;
};

/** Takes what an edge sent, opened. */
export type EdgeSink = (edge: Edge, slot: PacketSlot, now: Instant) => void;

export class SuperTunnels {
  private readonly core: SuperCore;
  private readonly tunnels: readonly Tunnel[];

  constructor(core: SuperCore, sink: EdgeSink) {
    const { ports, config } = core;
    this.core = core;
    this.tunnels = familiesInUse(config.DisabledAf).flatMap((family) => {
      const privateKey = family === 4 ? config.PrivKeyV4 : config.PrivKeyV6;
      if (privateKey === undefined) return [];
      const device = createWireguardDevice({
        arena: ports.arena,
        random: ports.random,
        wallClock: ports.wallClock,
        timerQueue: ports.timerQueue,
        crypto: ports.crypto,
        datagrams: ports.datagrams,
        packets: { receivePacket: (slot, now) => this.deliver(sink, slot, now) },
        privateKey,
        framing: ETHERGUARD_FRAMING,
      });
      const socket = socketId((ports.firstSocket ?? 0) + family);
      return [{ family, device, socket, port: undefined, hasFailed: false }];
    });
  }

  open(): void {
    const { ListenPort, FwMark, DisabledAf } = this.core.config;
    for (const { family, socket } of this.tunnels)
      this.core.outputs.push({
        kind: 'open-socket',
        socket,
        family,
        host: listenHost(DisabledAf, family),
        port: ListenPort,
        mark: FwMark,
      });
  }

  opened(socket: SocketId, port: number): void {
    const tunnel = this.tunnels.find((t) => t.socket === socket);
    if (tunnel !== undefined) tunnel.port = port;
  }

  familyOf(socket: SocketId): 4 | 6 | undefined {
    return this.tunnels.find((t) => t.socket === socket)?.family;
  }

  /** Returns whether no family is left. */
  failed(socket: SocketId): boolean {
    for (const tunnel of this.tunnels) if (tunnel.socket === socket) tunnel.hasFailed = true;
    return this.tunnels.every(({ hasFailed }) => hasFailed);
  }

  close(): void {
    for (const { socket } of this.tunnels) this.core.outputs.push({ kind: 'close-socket', socket });
  }

  /** Takes the slot. */
  receiveDatagram(slot: PacketSlot, now: Instant): void {
    const { arena } = this.core.ports;
    const tunnel = this.tunnels.find((t) => t.socket === arena.socket[slot]);
    if (tunnel !== undefined) tunnel.device.receiveDatagram(slot, now);
    else {
      this.core.drops['socket-error']++;
      arena.release(slot);
    }
  }

  /** @throws RouterError of WireguardDevice.addPeer; then neither device has the peer. */
  add(edge: Edge, now: Instant): void {
    try {
      for (const { family, device, socket } of this.tunnels)
        edge.peers[family] = device.addPeer(
          {
            publicKey: edge.settings.PubKey,
            ...(edge.settings.PSKey !== undefined && { presharedKey: edge.settings.PSKey }),
            socket,
            persistentKeepalive: 0,
            interface: interfaceId(edge.id),
            allowedIps: [],
          },
          now,
        );
    } catch (error) {
      this.remove(edge);
      throw error;
    }
  }

  remove(edge: Edge): void {
    for (const { family, device } of this.tunnels) {
      const peer = edge.peers[family];
      if (peer === undefined) continue;
      device.removePeer(peer);
      delete edge.peers[family];
    }
  }

  setPresharedKey(edge: Edge, settings: EdgeSettings, now: Instant): void {
    for (const { family, device } of this.tunnels) {
      const peer = edge.peers[family];
      if (peer !== undefined) device.updatePeer(peer, { presharedKey: settings.PSKey }, now);
    }
  }

  /** Where the edge may be met; each family takes the first address of its own. */
  setEndpoints(edge: Edge, addresses: readonly UnderlayAddress[], now: Instant): void {
    for (const { family, device } of this.tunnels) {
      const peer = edge.peers[family];
      const endpoint = addresses.find(({ address }) => address.family === family);
      if (peer !== undefined && endpoint !== undefined) device.updatePeer(peer, { endpoint }, now);
    }
  }

  view(edge: Edge, family: IpFamily): WireguardPeerView | undefined {
    const peer = edge.peers[family];
    return peer === undefined ? undefined : this.tunnelOf(family)?.device.view(peer);
  }

  /** Where the edge was seen last, or may be. */
  endpoint(edge: Edge, family: IpFamily): UnderlayAddress | undefined {
    return this.view(edge, family)?.endpoint;
  }

  /** Sends it by every family by which the edge can be reached. */
  send(edge: Edge, update: ServerUpdate, destination: NodeNumber, now: Instant): void {
    const body = serverUpdateMessage.encode(update);
    for (const { family, device } of this.tunnels) {
      const peer = edge.peers[family];
      if (peer === undefined || this.endpoint(edge, family) === undefined) continue;
      const slot = this.slotWith(body, destination);
      if (slot !== NONE) device.sendPacket(peer, slot, now);
    }
  }

  /** Takes what the devices tell. */
  takeEvents(): void {
    for (const { device, family } of this.tunnels)
      for (let event = device.nextOutput(); event !== undefined; event = device.nextOutput())
        if (event.kind === 'endpoint-changed') this.core.arePeersDue = true;
        else if (event.kind === 'unknown-key')
          this.core.outputs.log('info', 'control', 'a key nobody has tried to connect', {
            family,
            publicKey: keyText(event.publicKey),
          });
  }

  publicKey(family: IpFamily): Uint8Array | undefined {
    return this.tunnelOf(family)?.device.publicKey;
  }

  listenPorts(): { readonly family: IpFamily; readonly port: number }[] {
    return this.tunnels.flatMap(({ family, port }) =>
      port === undefined ? [] : [{ family, port }],
    );
  }

  /** What the devices dropped, and we. */
  drops(): DropCounters {
    const sum = createDropCounters();
    const all = [this.core.drops, ...this.tunnels.map(({ device }) => device.drops)];
    for (const counters of all) for (const reason of DROP_REASONS) sum[reason] += counters[reason];
    return sum;
  }

  private tunnelOf(family: IpFamily): Tunnel | undefined {
    return this.tunnels.find((t) => t.family === family);
  }

  private deliver(sink: EdgeSink, slot: PacketSlot, now: Instant): void {
    const { arena } = this.core.ports;
    const edge = this.core.edges.withId(arena.ingress[slot] as number);
    if (edge !== undefined) sink(edge, slot, now);
    arena.release(slot);
  }

  private slotWith(body: Uint8Array, destination: NodeNumber): PacketSlot {
    const { arena } = this.core.ports;
    const slot = arena.allocate();
    if (slot === NONE) {
      this.core.drops['arena-full']++;
      return slot;
    }
    const at = arena.start[slot] as number;
    writeMeshPacket(arena.bytes, at, USAGE.serverUpdate, NO_RELAY, destination, SUPERNODE);
    arena.bytes.set(body, at + MESH_HEADER_BYTES);
    arena.end[slot] = at + MESH_HEADER_BYTES + body.length;
    arena.flags[slot] = NOT_STAGED;
    return slot;
  }
}

/** Reads the address of an `ExternalIP`, bare or in brackets; undefined when it is a name. */
export const literalAddress = (text: string) => parseIpAddress(text.replace(/^\[(.*)\]$/, '$1'));
