/**
 * An edge that relays, with a packet worker of its own: real threads and sockets on loopback. Its neighbors move
 * frames themselves.
 *
 *   inside ─► edge 1 ─► edge 2 (dummy, packet worker) ─┬─► edge 3 ─► outside
 *                                                      └─► edge 4 ─► edge 3
 *
 * @module
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { assert } from '../../base/assert.ts';
import { PACKET_PATHS, type PacketPath } from '../../base/underlay-wish.ts';
import {
  EDGE_SAMPLE,
  type EdgeConfig,
  freshKeys,
  readEdgeConfig,
} from '../../mesh/etherguard/config/index.ts';
import type { MeshEdgeView, MeshLinkView } from '../../mesh/etherguard/edge/index.ts';
import { createNobleCrypto } from '../../router/index.ts';
import type { CarriedPackets } from '../carried-packets.ts';
import { createNativeCrypto } from '../native-crypto.ts';
import { systemRandom } from '../system-random.ts';
import { ownBundles } from '../testing/bundles.ts';
import { freePort } from '../testing/free-port.ts';
import { pause, until } from '../testing/test-node.ts';
import { carrierOf } from '../workers/carrier.ts';
import { newYamlFile } from '../yaml-file.ts';
import type { EdgePackets } from './edge-packets.ts';
import { startEdge } from './run-edge.ts';
import type { RunningMesh } from './running-mesh.ts';

const KINDS = PACKET_PATHS.filter((path) => path !== 'auto' && path !== 'inline');
const FRAMES = 200;
const crypto = createNativeCrypto(createNobleCrypto(systemRandom));
const keys = freshKeys(systemRandom, crypto);

type Places = Readonly<Record<string, unknown>>;
type RunningEdge = RunningMesh<EdgeConfig, MeshEdgeView>;

const bundles = ownBundles('edge-packets-test');

const cleanups: (() => unknown)[] = [];
let lines: string[] = [];
afterEach(() => {
  lines = [];
});
async function cleanUp(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

describe.each(KINDS)('%s', (kind) => {
  let place: Place;
  beforeAll(async () => {
    place = await Place.open(kind);
  });
  afterAll(cleanUp);

  test('any port is told, and frames are passed on by the packet worker alone', async () => {
    const [listening] = place.relay.view().listenPorts;
    expect(listening?.port).toBeGreaterThan(0);
    await place.outsideIsKnown();
    const before = place.linkTo(3);
    const { opened } = place.punts;
    await place.send(FRAMES);
    expect(place.punts.opened).toBe(opened);
    const after = place.linkTo(3);
    expect(after.relayedFrames - before.relayedFrames).toBe(FRAMES);
    expect(after.relayedBytes - before.relayedBytes).toBe(FRAMES * FRAME_BYTES);
    expect(place.carriedFrames()).toBe(FRAMES);
  });

  test('next hops that change under load lose no frame', async () => {
    await place.outsideIsKnown();
    const { opened } = place.punts;
    const before = place.linkTo(4).relayedFrames;
    let isDirect = true;
    const changing = setInterval(() => {
      isDirect = !isDirect;
      place.follow({ NextHopTable: tableVia(isDirect ? 3 : 4) });
    }, 10);
    try {
      await place.send(FRAMES * 2);
    } finally {
      clearInterval(changing);
    }
    expect(place.punts.opened).toBe(opened);
    expect(place.linkTo(4).relayedFrames).toBeGreaterThan(before);
    place.follow({ NextHopTable: tableVia(3) });
  });

  test('who has transit logged sees every frame, and again none after that', async () => {
    await place.outsideIsKnown();
    const { opened } = place.punts;
    place.follow({ 'LogLevel.LogTransit': true, 'LogLevel.LogLevel': 'debug' });
    await place.send(10);
    expect(place.punts.opened).toBe(opened + 10);
    expect(lines).toContain('debug passed a packet on');
    place.follow({});
    await place.send(10);
    expect(place.punts.opened).toBe(opened + 10);
  });

  test('a link that is gone gets nothing more', async () => {
    await place.outsideIsKnown();
    place.follow({ Peers: place.peersOfRelay.filter(({ NodeID }) => NodeID !== 3) });
    const carried = place.carriedFrames();
    const { opened } = place.punts;
    place.inside.send(frame(1), place.framesPort, '127.0.0.1');
    await until(() => place.punts.opened > opened);
    expect(place.carriedFrames()).toBe(carried);
    expect(place.relay.view().links.map(({ node }) => node)).toEqual([1, 4]);
  });
});

describe('without a packet worker', () => {
  afterEach(cleanUp);

  test('a mark, a wish or a missing module: the edge moves frames itself, and says so', async () => {
    const start = (places: Places, packets: Partial<EdgePackets>) =>
      run(edgeConfig(1, keys.pair().privateKey, places), { ...packetsOf('auto'), ...packets });
    const moduleFile = join(bundles(), 'none.wasm');
    for (const [places, packets, level] of [
      [{ FwMark: 7 }, {}, 'info'],
      [{}, { path: 'inline' }, 'info'],
      [{}, { moduleFile }, 'warn'],
    ] as const) {
      lines = [];
      const { about } = await start(places, packets);
      expect(lines).toContain(`${level} no packet worker; the edge moves frames itself`);
      expect(about.underlay).toBe('inline');
    }
  });

  test('one that ends takes the edge with it, by name', async () => {
    const dying = (whenAsked: string): EdgePackets => {
      const workerFile = join(bundles(), `dying-${cleanups.length}.mjs`);
      writeFileSync(workerFile, dyingWorker(whenAsked));
      return { ...packetsOf('auto'), workerFile };
    };
    const config = edgeConfig(1, keys.pair().privateKey, {});
    await expect(run(config, dying(''))).rejects.toMatchObject({ code: 'PACKET_WORKER_FAILED' });
    const opens = "port.postMessage({ kind: 'opened', socket, attempt, families: [4], port: 9 });";
    const edge = await run(config, dying(opens));
    expect(await edge.ended).toMatchObject({ code: 'PACKET_WORKER_FAILED', exitCode: 1 });
  });
});

/** Four edges, and what is outside of the first and the third. */
class Place {
  readonly relay: RunningEdge;
  readonly peersOfRelay: readonly ReturnType<typeof peer>[];
  readonly inside: Socket;
  readonly framesPort: number;
  readonly punts: { opened: number };
  private readonly outside: Socket;
  private readonly outsideIn: number;
  private readonly received: number[] = [];
  private readonly carried: () => CarriedPackets;
  private readonly configOfRelay: (places: Places) => EdgeConfig;

  static async open(kind: PacketPath): Promise<Place> {
    const pairs = new Map([1, 2, 3, 4].map((node) => [node, keys.pair()]));
    const pairOf = (node: number) => {
      const pair = pairs.get(node);
      assert(pair !== undefined, 'a node of the place');
      return pair;
    };
    const punts = { opened: 0 };
    let carried: CarriedPackets | undefined;
    const peersOfRelay = [1, 3, 4].map((node) => peer(node, pairOf(node).publicKey, undefined));
    const configOfRelay = (places: Places): EdgeConfig =>
      edgeConfig(2, pairOf(2).privateKey, {
        ListenPort: 0,
        Peers: peersOfRelay,
        NextHopTable: tableVia(3),
        ...places,
      });
    const relay = await run(configOfRelay({}), {
      ...packetsOf(kind),
      carrierOf: (handover) => (arena, onPunts) => {
        carried = carrierOf(handover)(arena, onPunts);
        return countingPunts(carried, punts);
      },
    });
    const relayPort = relay.view().listenPorts[0]?.port;
    const toRelay = peer(2, pairOf(2).publicKey, relayPort);
    const [inside, outside] = [await udpSocket(), await udpSocket()];
    const ports = [await freePort(), await freePort(), await freePort()] as const;
    const [framesPort, outsideIn, third] = ports;
    const socketPlaces = (receives: number, sendsTo: number): Places => ({
      'Interface.IType': 'udpsock',
      'Interface.RecvAddr': `127.0.0.1:${receives}`,
      'Interface.SendAddr': `127.0.0.1:${sendsTo}`,
    });
    const table = { NextHopTable: tableVia(3) };
    await run(
      edgeConfig(1, pairOf(1).privateKey, {
        ...table,
        ...socketPlaces(framesPort, inside.address().port),
        Peers: [toRelay],
      }),
    );
    await run(
      edgeConfig(3, pairOf(3).privateKey, {
        ...table,
        ...socketPlaces(outsideIn, outside.address().port),
        ListenPort: third,
        Peers: [toRelay, peer(4, pairOf(4).publicKey, undefined)],
      }),
    );
    await run(
      edgeConfig(4, pairOf(4).privateKey, {
        ...table,
        Peers: [toRelay, peer(3, pairOf(3).publicKey, third)],
      }),
    );
    const links = [1, 3, 4];
    await until(() => links.every((node) => linkOf(relay, node).hasKeyPair));
    return new Place({
      relay,
      peersOfRelay,
      inside,
      outside,
      framesPort,
      outsideIn,
      punts,
      configOfRelay,
      carried() {
        assert(carried !== undefined, 'there is a packet worker');
        return carried;
      },
    });
  }

  private constructor(parts: {
    relay: RunningEdge;
    peersOfRelay: Place['peersOfRelay'];
    inside: Socket;
    outside: Socket;
    framesPort: number;
    outsideIn: number;
    punts: Place['punts'];
    configOfRelay: Place['configOfRelay'];
    carried: Place['carried'];
  }) {
    this.relay = parts.relay;
    this.peersOfRelay = parts.peersOfRelay;
    this.inside = parts.inside;
    this.outside = parts.outside;
    this.framesPort = parts.framesPort;
    this.outsideIn = parts.outsideIn;
    this.punts = parts.punts;
    this.configOfRelay = parts.configOfRelay;
    this.carried = parts.carried;
    this.outside.on('message', (octets) => this.received.push(octets.readUInt16BE(MARK_AT)));
  }

  linkTo(node: number): MeshLinkView {
    return linkOf(this.relay, node);
  }

  /** Frames that the packet worker passed on, to whomever. */
  carriedFrames(): number {
    return this.carried().plane.mesh.relayed.frames.reduce((sum, count) => sum + count, 0);
  }

  follow(places: Places): void {
    this.relay.configure(this.configOfRelay(places));
  }

  /** Has the outside say something to all: the first edge then knows where its address is. */
  async outsideIsKnown(): Promise<void> {
    const heard = once(this.inside, 'message');
    this.outside.send(
      Buffer.concat([Buffer.alloc(6, 0xff), OUTSIDE, Buffer.alloc(48)]),
      this.outsideIn,
      '127.0.0.1',
    );
    await heard;
    await pause(50);
  }

  /** Sends frames from inside to outside and waits until each of them is there, once. */
  async send(count: number): Promise<void> {
    this.received.length = 0;
    for (let i = 0; i < count; i++) {
      this.inside.send(frame(i), this.framesPort, '127.0.0.1');
      if (i % 10 === 9) await pause(2);
    }
    await until(() => this.received.length >= count);
    const marks = [...this.received].sort((a, b) => a - b);
    expect(marks).toEqual(Array.from({ length: count }, (_, i) => i));
  }
}

const linkOf = (edge: RunningEdge, node: number): MeshLinkView => {
  const link = edge.view().links.find((candidate) => candidate.node === node);
  assert(link !== undefined, 'a link to this node');
  return link;
};

/** What is for node 3 goes from node 2 by `next`. */
const tableVia = (next: 3 | 4) => ({
  1: { 2: 2, 3: 2, 4: 2 },
  2: { 1: 1, 3: next, 4: 4 },
  3: { 1: 2, 2: 2, 4: 4 },
  4: { 1: 2, 2: 2, 3: 3 },
});

const INSIDE = Buffer.from('0242ac100001', 'hex');
const OUTSIDE = Buffer.from('0242ac100003', 'hex');
const MARK_AT = 14;
/** With the node numbers a multiple of 16: nothing is padded. */
const FRAME_BYTES = 60;

function frame(mark: number): Buffer {
  const octets = Buffer.alloc(FRAME_BYTES, 0x42);
  octets.set([...OUTSIDE, ...INSIDE, 8, 0]);
  octets.writeUInt16BE(mark, MARK_AT);
  return octets;
}

const packetsOf = (path: PacketPath): EdgePackets => ({
  path,
  workerFile: join(bundles(), 'packet-worker.js'),
  moduleFile: join(bundles(), 'fast-path.wasm'),
  carrierOf,
});

/** The same carrier, which counts what is opened and handed over. */
function countingPunts(carried: CarriedPackets, punts: { opened: number }): CarriedPackets {
  return Object.assign(Object.create(carried) as CarriedPackets, {
    drain: ({ mesh }: Parameters<CarriedPackets['drain']>[0]) =>
      carried.drain({
        ...(mesh !== undefined && {
          mesh: {
            ...mesh,
            opened(...opened: Parameters<typeof mesh.opened>) {
              punts.opened++;
              mesh.opened(...opened);
            },
          },
        }),
      }),
  });
}

/** A packet worker that ends when it is asked for a port. */
const dyingWorker = (whenAsked: string): string => `
import { parentPort, workerData } from 'node:worker_threads';
workerData.control.on('message', ({ port }) =>
  port?.on('message', ({ kind, socket, attempt }) => {
    if (kind !== 'open') return;
    ${whenAsked}
    setTimeout(() => process.exit(3), 200);
  }),
);
parentPort.postMessage({ kind: 'ready', underlay: { kind: 'plain', reason: 'a test' } });
`;

async function run(config: EdgeConfig, packets?: EdgePackets): Promise<RunningEdge> {
  const running = await startEdge(config, {
    crypto,
    hasUapi: false,
    environment: {},
    signal: new AbortController().signal,
    log: (level, message) => lines.push(`${level} ${message}`),
    changeConfig: () => undefined,
    ...(packets !== undefined && { packets }),
  });
  cleanups.push(() => running.stop());
  return running;
}

function edgeConfig(node: number, privateKey: string, places: Places): EdgeConfig {
  const file = newYamlFile(EDGE_SAMPLE);
  const all: Places = {
    'LogLevel.LogControl': false,
    'LogLevel.LogInternal': false,
    'LogLevel.LogNTP': false,
    'Interface.IType': 'dummy',
    NodeID: node,
    NodeName: `edge${node}`,
    PrivKey: privateKey,
    ListenPort: 0,
    'DisabledAf.ListenIPv4': '127.0.0.1',
    'DisabledAf.IPv6': true,
    'DynamicRoute.SuperNode.UseSuperNode': false,
    'DynamicRoute.NTPConfig.UseNTP': false,
    ...places,
  };
  file.change(Object.entries(all).map(([path, value]) => ({ path: path.split('.'), value })));
  const { config, findings } = readEdgeConfig(file.values());
  assert(config !== undefined, `a configuration: ${JSON.stringify(findings)}`);
  return config;
}

/** Without a port it connects to us; with one we keep the link alive. */
const peer = (node: number, publicKey: string, port: number | undefined) => ({
  NodeID: node,
  PubKey: publicKey,
  PSKey: '',
  EndPoint: port === undefined ? '' : `127.0.0.1:${port}`,
  PersistentKeepalive: port === undefined ? 0 : 30,
  Static: true,
});

async function udpSocket(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  cleanups.push(() => socket.close());
  return socket;
}
