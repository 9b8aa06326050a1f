/**
 * A supernode and edges on a virtual network and clock, for tests of this room.
 *
 * The edges are sessions of their own (`WireguardDevice`), and tests say what they send: what a supernode does is
 * seen from outside only. Every node has its own arena, so that a leaked slot is seen. Ephemeral keys are fresh in
 * every run; all else follows from the seed.
 *
 * @module
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { assert } from '../../../../base/assert.ts';
import { asciiBytes, toBase64 } from '../../../../base/bytes.ts';
import { formatEndpoint, parseEndpoint, type UnderlayAddress } from '../../../../base/endpoint.ts';
import type { IpFamily } from '../../../../base/ip-address.ts';
import { type Random, seededRandom } from '../../../../base/random.ts';
import { createTimerQueue } from '../../../../base/timer-queue.ts';
import {
  type Instant,
  instant,
  interfaceId,
  NONE,
  type PacketSlot,
  type PeerId,
  socketId,
  wallTime,
} from '../../../../base/units.ts';
import { createNativeCrypto, publicKeyOf } from '../../../../host/native-crypto.ts';
import { newYamlFile, parseYamlFile } from '../../../../host/yaml-file.ts';
import { createPacketArena, type PacketArena } from '../../../../packet/arena.ts';
import { createWireguardDevice, type WireguardDevice } from '../../../../wireguard/index.ts';
import { createNobleCrypto } from '../../../../wireguard/noble-crypto.ts';
import { type NodeNumber, SUPERNODE } from '../../../node-number.ts';
import {
  ALWAYS_QUOTED,
  type EdgeConfig,
  readEdgeConfig,
  readSuperConfig,
  type SuperConfig,
} from '../../config/index.ts';
import { fixtureText, fixtureYaml } from '../../config/testing/fixture-files.ts';
import type { Compression, MeshOutput } from '../../ports.ts';
import {
  ETHERGUARD_FRAMING,
  MESH_HEADER_BYTES,
  meshDestination,
  meshSource,
  meshTtl,
  meshUsage,
  type PeerReport,
  type Pong,
  peerReportMessage,
  pongMessage,
  type Register,
  registerMessage,
  type ServerUpdate,
  serverUpdateMessage,
  USAGE,
  type Usage,
  writeMeshPacket,
} from '../../wire/index.ts';
import {
  type ApiRequest,
  type ApiResponse,
  createSupernode,
  type Supernode,
  type SupernodeOptions,
} from '../index.ts';

const LATENCY_MS = 1;
const WALL_AT_ZERO = Date.UTC(2026, 10, 20, 13, 49, 23, 600);
export const PREFIX = '/eg_net/eg_api';

export const compression: Compression = {
  gzip: (octets) => new Uint8Array(gzipSync(octets)),
  gunzip(octets, octetsMax) {
    try {
      return new Uint8Array(gunzipSync(octets, { maxOutputLength: octetsMax }));
    } catch (error) {
      if (error instanceof Error) return undefined;
      throw error;
    }
  },
};

/** The recorded configuration of the supernode, with changes. */
export function superConfig(changes: Partial<SuperConfig> = {}): SuperConfig {
  const { config } = readSuperConfig(fixtureYaml('config/super.yaml').values());
  assert(config !== undefined, 'the recorded file is right');
  return { ...config, ...changes };
}

export function edgeConfig(node: number): EdgeConfig {
  const { config } = readEdgeConfig(fixtureYaml(`config/super-edge${node}.yaml`).values());
  assert(config !== undefined, 'the recorded file is right');
  return config;
}

/** An edge nobody recorded: what it knows, and how the supernode's file names it. */
export function freshEdge(node: number): {
  readonly config: EdgeConfig;
  readonly settings: SuperConfig['Peers'][number];
} {
  const random = seededRandom(1000 + node);
  const recorded = edgeConfig(1);
  const PrivKey = random.bytes(32);
  const PubKey = publicKeyOf(PrivKey);
  const SuperNode = { ...recorded.DynamicRoute.SuperNode, PSKey: undefined };
  const DynamicRoute = { ...recorded.DynamicRoute, SuperNode };
  const NodeID = node as NodeNumber;
  return {
    config: { ...recorded, NodeID, PrivKey, DynamicRoute },
    settings: {
      NodeID,
      Name: `fresh${node}`,
      PubKey,
      PSKey: undefined,
      AdditionalCost: -1,
      SkipLocalIP: false,
      EndPoint: '',
      ExternalIP: '',
    },
  };
}

export const renderEdgeTemplate: SupernodeOptions['renderEdgeTemplate'] = (template, changes) => {
  const file =
    typeof template === 'string' ? parseYamlFile(template, 'EdgeTemplate') : newYamlFile(template);
  file.change(changes);
  return file.text(ALWAYS_QUOTED);
};

export const edgeTemplate = (): string => fixtureText('config/super-edge1.yaml');

type Flight = { readonly at: number; deliver(now: Instant): void };

export class SuperLab {
  now: Instant = instant(0);
  readonly random: Random;
  readonly timerQueue = createTimerQueue();
  readonly arena = createPacketArena(256);
  readonly crypto;
  readonly supernode: Supernode;
  readonly outputs: MeshOutput[] = [];
  readonly edges = new Map<string, LabEdge>();
  readonly wallClock = { now: () => wallTime(WALL_AT_ZERO + this.now) };
  private inFlight: Flight[] = [];

  constructor(options: Partial<Omit<SupernodeOptions, 'ports'>> = {}, seed = 1) {
    this.random = seededRandom(seed);
    this.crypto = createNativeCrypto(createNobleCrypto(this.random));
    this.supernode = createSupernode(
      {
        config: superConfig(),
        edgeTemplate: edgeTemplate(),
        renderEdgeTemplate,
        ...options,
        ports: {
          arena: this.arena,
          random: this.random,
          wallClock: this.wallClock,
          timerQueue: this.timerQueue,
          crypto: this.crypto,
          datagrams: { sendDatagram: (slot) => this.sent(slot) },
          compression,
        },
      },
      this.now,
    );
    this.settle();
  }

  /** An edge with the recorded keys, at the recorded port of loopback. */
  edge(node: number, key: number = node, config: EdgeConfig = edgeConfig(key)): LabEdge {
    const edge = new LabEdge(this, node as NodeNumber, config, 3100 + node);
    this.edges.set(formatEndpoint(edge.address(4)), edge);
    this.edges.set(formatEndpoint(edge.address(6)), edge);
    return edge;
  }

  runUntil(seconds: number): void {
    const end = seconds * 1000;
    for (;;) {
      this.inFlight.sort((a, b) => a.at - b.at);
      const arrival = this.inFlight[0]?.at ?? Number.POSITIVE_INFINITY;
      const deadline = this.timerQueue.nextDeadline() ?? Number.POSITIVE_INFINITY;
      const next = Math.min(arrival, deadline);
      if (next > end) break;
      this.now = instant(Math.max(this.now, next));
      if (deadline <= arrival) this.timerQueue.runDue(this.now);
      else this.inFlight.shift()?.deliver(this.now);
      this.settle();
    }
    this.now = instant(end);
  }

  runFor(seconds: number): void {
    this.runUntil(this.now / 1000 + seconds);
  }

  /** What a driver does after each batch. */
  settle(): void {
    while (this.supernode.settle(this.now, () => this.now));
    for (let o = this.supernode.nextOutput(); o !== undefined; o = this.supernode.nextOutput()) {
      this.outputs.push(o);
      if (o.kind === 'open-socket') this.supernode.socketOpened(o.socket, o.port, this.now);
    }
  }

  fly(deliver: (now: Instant) => void): void {
    this.inFlight.push({ at: this.now + LATENCY_MS, deliver });
  }

  request(path: string, parts: Partial<ApiRequest> = {}): ApiResponse {
    const [before = '', query = ''] = path.split('?', 2);
    const answer = this.supernode.handleRequest(
      {
        serves: { edge: true, manage: true },
        path: `${PREFIX}${before}`,
        query: new Map(new URLSearchParams(query)),
        form: new Map(),
        body: new Uint8Array(0),
        from: '127.0.0.1',
        ...parts,
      },
      this.now,
    );
    this.settle();
    return answer;
  }

  outputsOf<K extends MeshOutput['kind']>(kind: K): Extract<MeshOutput, { kind: K }>[] {
    return this.outputs.filter((o): o is Extract<MeshOutput, { kind: K }> => o.kind === kind);
  }

  private sent(slot: PacketSlot): void {
    const { octets, address, family } = takeDatagram(this.arena, slot);
    const edge = this.edges.get(formatEndpoint(address));
    if (edge !== undefined) this.fly((now) => edge.receive(octets, family, now));
  }
}

/** What the supernode told an edge. */
export type Told = ServerUpdate & {
  readonly at: number;
  readonly family: IpFamily;
  readonly ttl: number;
  readonly destination: number;
  readonly source: number;
};

export class LabEdge {
  readonly node: NodeNumber;
  readonly config: EdgeConfig;
  readonly keyText: string;
  readonly told: Told[] = [];
  secret: Uint8Array;
  readonly port: number;
  postCount = 0;
  private readonly lab: SuperLab;
  private readonly arena = createPacketArena(64);
  private readonly sessions = new Map<IpFamily, { device: WireguardDevice; peer: PeerId }>();

  constructor(lab: SuperLab, node: NodeNumber, config: EdgeConfig, port: number) {
    this.lab = lab;
    this.node = node;
    this.config = config;
    this.port = port;
    this.secret = lab.random.bytes(32);
    const { SuperNode } = config.DynamicRoute;
    for (const family of [4, 6] as const) {
      const publicKey = family === 4 ? SuperNode.PubKeyV4 : SuperNode.PubKeyV6;
      assert(publicKey !== undefined, 'the recorded edges know both keys');
      const device = createWireguardDevice({
        arena: this.arena,
        random: lab.random,
        wallClock: lab.wallClock,
        timerQueue: lab.timerQueue,
        crypto: lab.crypto,
        datagrams: { sendDatagram: (slot) => this.sent(slot, family) },
        packets: { receivePacket: (slot, now) => this.take(slot, family, now) },
        privateKey: config.PrivKey,
        framing: ETHERGUARD_FRAMING,
        peersMax: 1,
      });
      const endpoint = parseEndpoint(family === 4 ? '127.0.0.1:3456' : '[::1]:3456');
      assert(endpoint?.address !== undefined, 'an address');
      const peer = device.addPeer(
        {
          publicKey,
          ...(SuperNode.PSKey !== undefined && { presharedKey: SuperNode.PSKey }),
          endpoint: { address: endpoint.address, port: endpoint.port },
          socket: socketId(family),
          persistentKeepalive: 0,
          interface: interfaceId(1),
          allowedIps: [],
        },
        lab.now,
      );
      this.sessions.set(family, { device, peer });
    }
    this.keyText = toBase64(this.sessions.get(4)?.device.publicKey ?? new Uint8Array(0));
  }

  address(family: IpFamily): UnderlayAddress {
    const endpoint = parseEndpoint(`${family === 4 ? '127.0.0.1' : '[::1]'}:${this.port}`);
    assert(endpoint?.address !== undefined, 'an address');
    return { address: endpoint.address, port: endpoint.port };
  }

  register(changes: Partial<Register> = {}, family: IpFamily = 4): void {
    const register: Register = {
      node: this.node,
      version: 'v0.3.5-f5',
      peerStateHash: '',
      nextHopStateHash: '',
      parameterStateHash: '',
      reportSecret: this.secret,
      reportCount: BigInt(this.postCount),
      ...changes,
    };
    this.send(USAGE.register, registerMessage.encode(register), SUPERNODE, family);
  }

  /** Says how long packets take from another edge to this one. */
  pong(from: number, latency: number, changes: Partial<Pong> = {}): void {
    this.send(USAGE.pong, pongMessage.encode(this.pongOf(from, latency, changes)));
  }

  pongOf(from: number, latency: number, changes: Partial<Pong> = {}): Pong {
    return {
      requestId: 0,
      source: from as NodeNumber,
      destination: this.node,
      latency,
      timeToAlive: 20,
      additionalCost: 10,
      ...changes,
    };
  }

  send(
    usage: Usage,
    body: Uint8Array,
    destination: NodeNumber = SUPERNODE,
    family: IpFamily = 4,
  ): void {
    const session = this.sessions.get(family);
    assert(session !== undefined, 'a session of this family');
    const { arena } = this;
    const slot = arena.allocate();
    assert(slot !== NONE, 'a free slot');
    const at = arena.start[slot] as number;
    writeMeshPacket(arena.bytes, at, usage, 0, destination, this.node);
    arena.bytes.set(body, at + MESH_HEADER_BYTES);
    arena.end[slot] = at + MESH_HEADER_BYTES + body.length;
    session.device.sendPacket(session.peer, slot, this.lab.now);
  }

  receive(octets: Uint8Array, family: IpFamily, now: Instant): void {
    const { arena } = this;
    const from = parseEndpoint(family === 4 ? '127.0.0.1:3456' : '[::1]:3456');
    assert(from?.address !== undefined, 'an address');
    const slot = arrival(arena, octets, { address: from.address, port: from.port });
    this.sessions.get(family)?.device.receiveDatagram(slot, now);
  }

  /** The states told last, by action. */
  lastTold(action: number): Told | undefined {
    return this.told.findLast((told) => told.action === action);
  }

  read(kind: 'peerinfo' | 'superparams' | 'nhtable', state: string): ApiResponse {
    const query = new URLSearchParams({
      NodeID: `${this.node}`,
      PubKey: this.keyText,
      State: state,
    });
    return this.lab.request(`/edge/${kind}?${query}`);
  }

  post(report: PeerReport): ApiResponse {
    return this.postBody(compression.gzip(peerReportMessage.encode(report)));
  }

  postBody(body: Uint8Array, claims: Record<string, unknown> = {}, header = HEADER): ApiResponse {
    const token = this.token(
      { PostCount: this.postCount++, BodyHash: toBase64(body), ...claims },
      header,
    );
    const query = new URLSearchParams({
      NodeID: `${this.node}`,
      PubKey: this.keyText,
      JWTSig: token,
    });
    return this.lab.request(`/edge/post/nodeinfo?${query}`, { body });
  }

  token(claims: Record<string, unknown>, header = HEADER): string {
    const signed = `${base64Url(JSON.stringify(header))}.${base64Url(JSON.stringify(claims))}`;
    const signature = hmac(sha256, this.secret, asciiBytes(signed));
    return `${signed}.${Buffer.from(signature).toString('base64url')}`;
  }

  expectNoLeak(): void {
    assert(this.arena.free() === this.arena.slots, 'the edge leaks a slot');
  }

  private sent(slot: PacketSlot, family: IpFamily): void {
    const { octets } = takeDatagram(this.arena, slot);
    const { lab } = this;
    const from = this.address(family);
    lab.fly((now) => {
      const arrived = arrival(lab.arena, octets, from);
      lab.supernode.receiveDatagram(arrived, now);
    });
  }

  private take(slot: PacketSlot, family: IpFamily, now: Instant): void {
    const { arena } = this;
    const at = arena.start[slot] as number;
    const { bytes } = arena;
    assert(meshUsage(bytes, at) === USAGE.serverUpdate, 'a supernode sends server updates only');
    this.told.push({
      ...serverUpdateMessage.decode(bytes, at + MESH_HEADER_BYTES, arena.end[slot] as number),
      at: now,
      family,
      ttl: meshTtl(bytes, at),
      destination: meshDestination(bytes, at),
      source: meshSource(bytes, at),
    });
    arena.release(slot);
  }
}

const HEADER: Record<string, unknown> = { alg: 'HS256', typ: 'JWT' };
const base64Url = (text: string): string => Buffer.from(text).toString('base64url');

function takeDatagram(arena: PacketArena, slot: PacketSlot) {
  const octets = arena.bytes.slice(arena.start[slot], arena.end[slot]);
  const family: IpFamily = arena.remoteFamily[slot] === 6 ? 6 : 4;
  const length = family === 4 ? 4 : 16;
  const bytes = arena.remoteAddress.slice(slot * 16, slot * 16 + length);
  const address = { address: { family, bytes }, port: arena.remotePort[slot] as number };
  arena.release(slot);
  return { octets, address, family };
}

function arrival(arena: PacketArena, octets: Uint8Array, from: UnderlayAddress): PacketSlot {
  const slot = arena.allocate();
  assert(slot !== NONE, 'a free slot');
  const start = arena.start[slot] as number;
  arena.bytes.set(octets, start);
  arena.end[slot] = start + octets.length;
  arena.socket[slot] = socketId(from.address.family);
  arena.remoteFamily[slot] = from.address.family;
  arena.remotePort[slot] = from.port;
  arena.remoteAddress.fill(0, slot * 16, slot * 16 + 16);
  arena.remoteAddress.set(from.address.bytes, slot * 16);
  return slot;
}
