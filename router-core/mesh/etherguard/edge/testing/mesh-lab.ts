/**
 * Edges on a virtual network and virtual time: for tests only.
 *
 * Not standardized; the idea is quinn's `Pair`, as in wireguard/test-lab.ts. Every direction between two nodes has a delay of
 * its own. What was sealed is noted before it is, so that a test sees packets as their sender made them.
 *
 * Invariants
 * - Every edge has its own arena, so that a leaked slot is seen (`expectNoLeak`).
 * - Nothing here depends on real time or real randomness.
 *
 * @module
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { assert } from '../../../../base/assert.ts';
import { toBase64 } from '../../../../base/bytes.ts';
import type { DropReason } from '../../../../base/drop-reason.ts';
import { formatEndpoint, parseEndpoint, type UnderlayAddress } from '../../../../base/endpoint.ts';
import { type Random, seededRandom } from '../../../../base/random.ts';
import { createTimerQueue } from '../../../../base/timer-queue.ts';
import {
  type Instant,
  instant,
  interfaceId,
  NONE,
  type PacketSlot,
  socketId,
  wallTime,
} from '../../../../base/units.ts';
import { createNativeCrypto } from '../../../../host/native-crypto.ts';
import { createPacketArena, type PacketArena } from '../../../../packet/arena.ts';
import {
  createNobleCrypto,
  type WireguardCrypto,
  type WireguardDevice,
} from '../../../../wireguard/index.ts';
import type { NodeNumber } from '../../../node-number.ts';
import { type EdgeConfig, readEdgeConfig } from '../../config/index.ts';
import type { HttpOutcome, MeshOutput, TimeAnswer } from '../../ports.ts';
import type { MeshEdge } from '../edge-contract.ts';
import type { ControlReceiver } from '../forwarding.ts';
import type { LinkTable } from '../links.ts';
import { createMeshEdge } from '../mesh-edge.ts';

type Of<Kind extends MeshOutput['kind']> = Extract<MeshOutput, { kind: Kind }>;
export type Request = Of<'request'>;
export type Log = Of<'log'>;

/** A datagram as a tap between sender and network sees it, with what its sender sealed. */
export type Sent = {
  readonly at: Instant;
  readonly from: string;
  readonly to: string;
  readonly bytes: Uint8Array;
  /** The first two octets: of a transport message usage and TTL. */
  readonly usage: number;
  readonly ttl: number;
  /** Before it was sealed, padding included; empty for keepalives and handshakes. */
  readonly content: Uint8Array;
};

const CLOCK_AT_ZERO = 1_800_000_000_000;
const SLOTS = 512;
const TRANSPORT_FROM = 3;

export interface LabHost {
  /** `host:port`. */
  readonly address: string;
  /** `[host]:port`, where it has one as well. */
  readonly address6?: string;
  receive(bytes: Uint8Array, from: string): void;
  settle(): void;
}

export class MeshLab {
  readonly random: Random;
  readonly crypto: WireguardCrypto;
  readonly timerQueue = createTimerQueue();
  /** Whoever has an address; edges are among them. */
  readonly hosts: LabHost[] = [];
  readonly sent: Sent[] = [];
  now: Instant = instant(0);
  /** One-way delay in milliseconds. */
  delay: (from: string, to: string) => number = () => 10;
  /** Returns false to lose a datagram. */
  passes: (sent: Sent) => boolean = () => true;
  /** Returns what the HTTP server answers; undefined: nothing. */
  http: (request: Request, by: LabNode) => HttpOutcome = () => ({ reason: 'nobody is there' });
  timeOf: (server: string) => TimeAnswer | undefined = () => undefined;
  private readonly inFlight: { at: number; order: number; deliver: () => void }[] = [];
  private order = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.crypto = createNativeCrypto(createNobleCrypto(this.random));
  }

  add(values: unknown, options: LabOptions = {}): LabNode {
    const { config, findings } = readEdgeConfig(values);
    assert(config !== undefined, `a configuration: ${JSON.stringify(findings)}`);
    const node = new LabNode(this, config, options);
    this.hosts.push(node);
    node.takeOutputs();
    return node;
  }

  /** Runs everything up to the given second. */
  runUntil(end: number): void {
    this.settle();
    for (;;) {
      this.inFlight.sort((a, b) => a.at - b.at || a.order - b.order);
      const arrival = this.inFlight[0]?.at ?? Number.POSITIVE_INFINITY;
      const deadline = this.timerQueue.nextDeadline() ?? Number.POSITIVE_INFINITY;
      const next = Math.min(arrival, deadline);
      if (next > end * 1000) break;
      this.now = instant(Math.max(this.now, next));
      if (deadline <= arrival) this.timerQueue.runDue(this.now);
      else this.inFlight.shift()?.deliver();
      this.settle();
    }
    this.now = instant(Math.max(this.now, end * 1000));
  }

  runFor(seconds: number): void {
    this.runUntil(this.now / 1000 + seconds);
  }

  /** Has something happen after a delay in milliseconds. */
  after(delayMs: number, deliver: () => void): void {
    this.inFlight.push({ at: this.now + delayMs, order: this.order++, deliver });
  }

  transmit(sent: Sent): void {
    this.sent.push(sent);
    if (!this.passes(sent)) return;
    this.after(this.delay(sent.from, sent.to), () =>
      this.hosts
        .find(({ address, address6 }) => address === sent.to || address6 === sent.to)
        ?.receive(sent.bytes, sent.from),
    );
  }

  /** Transport messages with a content, sent from the given second on. */
  packets(since = 0): Sent[] {
    return this.sent.filter(
      ({ at, usage, content }) =>
        at >= since * 1000 && usage >= TRANSPORT_FROM && content.length > 0,
    );
  }

  private settle(): void {
    for (const host of this.hosts) host.settle();
  }
}

export type LabOptions = {
  /** `host:port`; the file's ListenPort on 127.0.0.1 without it. */
  readonly address?: string;
  /** Added to this node's calendar clock, milliseconds. */
  readonly clockErrorMs?: number;
  readonly version?: string;
};

/** What a test enters by where the outside would need a hostile implementation. */
type Inside = ControlReceiver & { readonly links: LinkTable; readonly device: WireguardDevice };

export type RawPacket = {
  readonly usage: number;
  readonly ttl: number;
  /** From the header of node numbers on. */
  readonly content: Uint8Array;
};

export class LabNode implements LabHost {
  readonly edge: MeshEdge;
  readonly arena: PacketArena;
  readonly address: string;
  readonly address6: string;
  /** Frames the interface got. */
  readonly frames: { readonly at: Instant; readonly frame: Uint8Array }[] = [];
  readonly logs: Log[] = [];
  readonly requests: Request[] = [];
  readonly changes: Of<'change-config'>[] = [];
  end: Of<'ended'>['end'] | undefined;
  /** Names the resolver knows. */
  readonly names = new Map<string, string>();
  private readonly lab: MeshLab;
  private sealed = new Uint8Array();

  constructor(lab: MeshLab, config: EdgeConfig, options: LabOptions) {
    this.lab = lab;
    this.arena = createPacketArena(SLOTS);
    this.address = options.address ?? `127.0.0.1:${config.ListenPort}`;
    this.address6 = `[::1]:${config.ListenPort}`;
    const { crypto } = lab;
    this.edge = createMeshEdge({
      ports: {
        arena: this.arena,
        random: lab.random,
        wallClock: { now: () => wallTime(CLOCK_AT_ZERO + lab.now + (options.clockErrorMs ?? 0)) },
        timerQueue: lab.timerQueue,
        crypto: {
          ...crypto,
          seal: (key, counter, bytes, start, end) => {
            this.sealed = bytes.slice(start, end);
            crypto.seal(key, counter, bytes, start, end);
          },
        },
        datagrams: { sendDatagram: (slot) => this.transmit(slot) },
        compression: {
          gzip: (octets) => gzipSync(octets),
          gunzip: (octets, maxOutputLength) => gunzipSync(octets, { maxOutputLength }),
        },
      },
      frames: { sendFrame: (_port, slot, now) => this.takeFrame(slot, now) },
      config,
      mtu: 1500,
      ...(options.version !== undefined && { version: options.version }),
    });
  }

  get publicKey(): string {
    return toBase64(this.edge.publicKey);
  }

  link(number: number) {
    return this.edge.view(this.lab.now).links.find(({ node }) => node === number);
  }

  /** The next hop of this node's table. */
  hop(from: number, to: number): number | undefined {
    return this.edge.view(this.lab.now).table.toMaps()[from]?.[to];
  }

  configure(values: unknown): void {
    const { config, findings } = readEdgeConfig(values);
    assert(config !== undefined, `a configuration: ${JSON.stringify(findings)}`);
    this.edge.configure(config, this.lab.now);
    this.settle();
  }

  /** Has the interface send a frame. */
  sends(frame: Uint8Array): void {
    this.edge.sendFrame(interfaceId(0), this.slotWith(frame), this.lab.now);
  }

  receive(bytes: Uint8Array, from: string): void {
    const { arena } = this;
    const { address, port } = underlay(from);
    const slot = this.slotWith(bytes);
    arena.socket[slot] = socketId(address.family);
    arena.remoteFamily[slot] = address.family;
    arena.remotePort[slot] = port;
    arena.remoteAddress.fill(0, slot * 16, slot * 16 + 16);
    arena.remoteAddress.set(address.bytes, slot * 16);
    this.edge.receiveDatagram(slot, this.lab.now);
  }

  /** Brings a control message to the edge as if a link peer's session had. */
  bringControl(from: number, usage: number, body: Uint8Array): DropReason | undefined {
    // A test may enter where a session of the link peer would; the session itself is tested elsewhere.
    const inside = this.edge as unknown as Inside;
    const link = inside.links.ofNode(from as NodeNumber);
    assert(link !== undefined, `a link to ${from}`);
    return inside.receiveControl(usage, link, body, 0, body.length, this.lab.now);
  }

  /** Has this node's session to a link peer carry any packet at all. */
  sendsRaw(to: number, packet: RawPacket): void {
    const inside = this.edge as unknown as Inside;
    const link = inside.links.ofNode(to as NodeNumber);
    assert(link !== undefined, `a link to ${to}`);
    const slot = this.slotWith(packet.content);
    const start = this.arena.start[slot] as number;
    this.arena.bytes[start - 14] = packet.usage;
    this.arena.bytes[start - 13] = packet.ttl;
    inside.device.sendPacket(link.peer, slot, this.lab.now);
  }

  settle(): void {
    while (this.edge.settle(this.lab.now, () => this.lab.now));
    this.takeOutputs();
  }

  takeOutputs(): void {
    for (let output = this.edge.nextOutput(); output; output = this.edge.nextOutput())
      this.take(output);
  }

  expectNoLeak(): void {
    const staged = this.edge
      .view(this.lab.now)
      .links.reduce((sum, { stagedPackets }) => sum + stagedPackets, 0);
    assert(this.arena.free() + staged === SLOTS, `${this.address} leaks`);
  }

  private take(output: MeshOutput): void {
    const { lab, edge } = this;
    switch (output.kind) {
      case 'open-socket':
        edge.socketOpened(output.socket, output.port, lab.now);
        break;
      case 'resolve': {
        const literal = this.names.get(output.host);
        const addresses = literal === undefined ? [] : [underlay(`${literal}:${output.port}`)];
        lab.after(1, () => edge.resolved(output.question, addresses, lab.now));
        break;
      }
      case 'request':
        this.requests.push(output);
        lab.after(1, () => edge.answered(output.question, lab.http(output, this), lab.now));
        break;
      case 'ask-time':
        lab.after(5, () => edge.timeTold(output.question, lab.timeOf(output.server), lab.now));
        break;
      case 'log':
        this.logs.push(output);
        break;
      case 'change-config':
        this.changes.push(output);
        break;
      case 'ended':
        this.end = output.end;
        break;
      case 'close-socket':
        break;
    }
  }

  private takeFrame(slot: PacketSlot, at: Instant): void {
    const { arena } = this;
    this.frames.push({ at, frame: arena.bytes.slice(arena.start[slot], arena.end[slot]) });
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
    const content = usage >= TRANSPORT_FROM ? this.sealed : new Uint8Array();
    const from = family === 6 ? this.address6 : this.address;
    lab.transmit({ at: lab.now, from, to, bytes, usage, ttl, content });
  }

  private slotWith(bytes: Uint8Array): PacketSlot {
    const { arena } = this;
    const slot = arena.allocate();
    assert(slot !== NONE, 'a free slot');
    const start = arena.start[slot] as number;
    arena.bytes.set(bytes, start);
    arena.end[slot] = start + bytes.length;
    return slot;
  }
}

export function underlay(text: string): UnderlayAddress {
  const endpoint = parseEndpoint(text);
  assert(endpoint?.address !== undefined, `an address: ${text}`);
  return { address: endpoint.address, port: endpoint.port };
}
