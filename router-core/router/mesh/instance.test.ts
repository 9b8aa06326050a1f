/** An edge that fails, fails alone: what it leaves behind in the node is nothing. */
import { expect, test } from 'vitest';
import { assert } from '../../base/assert.ts';
import { seededRandom } from '../../base/random.ts';
import { createTimerQueue } from '../../base/timer-queue.ts';
import {
  type Instant,
  instant,
  type PacketSlot,
  peerId,
  socketId,
  wallTime,
} from '../../base/units.ts';
import { readEdgeConfig } from '../../mesh/etherguard/config/index.ts';
import { createMeshEdge, type MeshEdge } from '../../mesh/etherguard/edge/index.ts';
import { createPacketArena } from '../../packet/index.ts';
import { createNobleCrypto } from '../../wireguard/index.ts';
import { MESH_LIVES, MESH_SOCKET_RETRY_MS } from '../limits.ts';
import type { RouterOutput } from '../ports.ts';
import { type MakeCore, MeshInstance } from './instance.ts';
import { FIRST_MESH_SOCKET } from './mesh-sockets.ts';

const FIRST_SOCKET = FIRST_MESH_SOCKET.edge;
const PLACE = { firstSocket: FIRST_SOCKET };
const KEY = 'QLlQ8ZMmmJDIpuVHzGPSZiNzzWbjwlPdNMBzFRIBgnA=';

test('an exception ends one life: its sockets, timers and slots go, and another begins', () => {
  const node = createNode();
  node.instance.begin(node.edge(), PLACE, instant(0));
  node.open();
  const before = node.timerQueue.armed();
  expect(before).toBeGreaterThan(1);

  node.fails('receiveDatagram');
  // A slot that it held beside the one it got.
  node.kept = node.ports.arena.allocate();
  node.receive(node.datagram(), instant(1000));
  expect(node.instance.core).toBeUndefined();
  expect(node.instance.problem).toMatchObject({
    code: 'MESH_INSTANCE_FAILED',
    message: expect.stringContaining('begins again by itself'),
  });
  expect(node.closed()).toEqual([FIRST_SOCKET + 4]);
  expect(node.timerQueue.armed()).toBe(1);

  node.heals();
  node.timerQueue.runDue(instant(2000));
  expect(node.instance.core).toBeDefined();
  expect(node.instance.problem).toBeUndefined();
  node.instance.end();
  expect(node.arena.free()).toBe(node.arena.slots);
  expect(node.timerQueue.armed()).toBe(0);
});

test('what was under way for a former life, by a socket of another thread, is not for the next', () => {
  const node = createNode();
  node.instance.begin(node.edge(), PLACE, instant(0));
  node.open();
  const free = node.arena.free();
  // Whoever hands it over would end this life: its device has no plane.
  const slot = node.datagram();
  node.arena.socket[slot] = FIRST_MESH_SOCKET.carriedEdge + 4;
  node.instance.take(slot, instant(1), (edge) => edge.receiveRoamed(peerId(0), 1, slot));
  expect(node.instance.problem).toBeUndefined();
  expect(node.arena.free()).toBe(free);

  const own = node.datagram();
  node.instance.take(own, instant(2), (edge) => edge.receiveRoamed(peerId(0), 1, own));
  expect(node.instance.problem).toMatchObject({ code: 'MESH_INSTANCE_FAILED' });
});

test('an exception in a timer ends that life, and no other timer of the node', () => {
  const node = createNode();
  let isRung = false;
  const bell = node.timerQueue.add<'bell'>({
    timerExpired: () => {
      isRung = true;
    },
  });
  node.instance.begin(node.edge(), PLACE, instant(0));
  node.open();
  const timers = node.ports.timerQueue.add<'mine'>({
    timerExpired: () => {
      throw new Error('a fault');
    },
  });
  timers.set('mine', instant(100));
  bell.set('bell', instant(100));
  node.timerQueue.runDue(instant(100));
  expect(isRung).toBe(true);
  expect(node.instance.problem?.message).toContain('a fault');
  expect(node.log()).toContain('a mesh instance failed');
});

test('one that fails again and again stays down', () => {
  const node = createNode();
  node.instance.begin(
    () => {
      throw new Error('from the beginning');
    },
    PLACE,
    instant(0),
  );
  let lives = 1;
  for (let at = node.timerQueue.nextDeadline(); at !== undefined; lives++) {
    node.timerQueue.runDue(at);
    at = node.timerQueue.nextDeadline();
  }
  expect(lives).toBe(MESH_LIVES);
  expect(node.instance.problem?.message).toContain('stays down until the document changes');

  node.instance.begin(node.edge(), PLACE, instant(1_000_000));
  expect(node.instance.problem).toBeUndefined();
});

test('one that ends by itself says why, and is not begun again', () => {
  const node = createNode();
  node.instance.begin(node.edge(), PLACE, instant(0));
  node.open();
  const end = { code: 'MESH_SHUT_DOWN', message: 'The supernode took us out.', exitCode: 0 };
  node.says = { kind: 'ended', end };
  node.instance.settle(instant(10), () => instant(10));
  expect(node.instance.core).toBeUndefined();
  expect(node.instance.problem).toMatchObject({ code: end.code, message: end.message });
  expect(node.closed()).toEqual([FIRST_SOCKET + 4]);
  expect(node.timerQueue.nextDeadline()).toBeUndefined();
});

test('a supernode without a socket tries again until it has one', () => {
  const node = createNode();
  node.instance.begin(node.edge(), PLACE, instant(0));
  const end = { code: 'MESH_SOCKET', message: 'UDP port 1 cannot be opened: in use.', exitCode: 1 };
  node.says = { kind: 'ended', end };
  node.instance.settle(instant(10), () => instant(10));
  expect(node.instance.core).toBeUndefined();
  expect(node.instance.problem?.message).toBe(
    'UDP port 1 cannot be opened: in use. The edge tries again every 15 s.',
  );
  node.timerQueue.runDue(instant(10 + MESH_SOCKET_RETRY_MS));
  expect(node.instance.core).toBeDefined();
  expect(node.instance.problem).toBeUndefined();
});

test('an answer to a question of a former life reaches nobody', () => {
  const node = createNode();
  const answers: number[] = [];
  const ask = (): number => {
    node.says = { kind: 'resolve', question: 7, host: 'a.example', port: 1, prefer: 0 };
    node.instance.settle(instant(10), () => instant(10));
    const asked = node.outputs.findLast(
      (output) => output.kind === 'mesh' && output.output.kind === 'resolve',
    );
    assert(asked?.kind === 'mesh' && asked.output.kind === 'resolve', 'a question');
    return asked.output.question;
  };
  const answer = (question: number): void =>
    node.instance.answer(question, instant(20), (_edge, own) => answers.push(own));
  node.instance.begin(node.edge(), PLACE, instant(0));
  const former = ask();
  node.instance.begin(node.edge(), PLACE, instant(15));
  answer(former);
  expect(answers).toEqual([]);
  answer(ask());
  expect(answers).toEqual([7]);
});

test('a frame for the node waits until the call that brought it has returned', () => {
  const node = createNode();
  node.instance.begin(node.edge(), PLACE, instant(0));
  let isInside = false;
  node.onFrame = () => expect(isInside).toBe(false);
  node.instance.call(instant(0), () => {
    isInside = true;
    node.deliver(node.ports.arena.allocate());
    isInside = false;
  });
  expect(node.frames).toBe(1);
  node.instance.end();
  expect(node.arena.free()).toBe(node.arena.slots);
});

/** A node's arena, timers and outputs, with an edge that can be made to fail. */
function createNode() {
  const arena = createPacketArena(16);
  const timerQueue = createTimerQueue();
  const outputs: RouterOutput[] = [];
  const random = seededRandom(1);
  let failing: 'receiveDatagram' | undefined;
  const node = {
    arena,
    timerQueue,
    outputs,
    frames: 0,
    kept: undefined as PacketSlot | undefined,
    says: undefined as ReturnType<MeshEdge['nextOutput']>,
    onFrame: (() => undefined) as () => void,
    ports: undefined as unknown as Parameters<MakeCore<MeshEdge>>[0],
    deliver: undefined as unknown as Parameters<MakeCore<MeshEdge>>[1],
    instance: new MeshInstance<MeshEdge>({
      name: 'edge',
      ports: {
        arena,
        random,
        timerQueue,
        wallClock: { now: () => wallTime(0) },
        crypto: createNobleCrypto(random),
        datagrams: { sendDatagram: (slot) => arena.release(slot) },
      },
      outputs,
      receiveFrame(slot) {
        node.frames++;
        node.onFrame();
        arena.release(slot);
      },
    }),
    /** A real edge; what is to fail throws before it. */
    edge: (): MakeCore<MeshEdge> => (ports, deliver) => {
      node.ports = ports;
      node.deliver = deliver;
      const { config } = readEdgeConfig({
        Interface: { IType: 'dummy' },
        NodeID: 1,
        NodeName: 'one',
        PrivKey: KEY,
        DefaultTTL: 20,
        DisabledAf: { IPv6: true },
        DynamicRoute: {
          SendPingInterval: 1,
          PeerAliveTimeout: 10,
          P2P: { UseP2P: true, SendPeerInterval: 5 },
        },
      });
      assert(config !== undefined, 'a configuration');
      const real = createMeshEdge({
        ports: { ...ports, compression: { gzip: (b) => b, gunzip: (b) => b } },
        frames: { sendFrame: (_port, slot) => deliver(slot) },
        config,
        mtu: 1500,
      });
      return Object.assign(Object.create(real), {
        receiveDatagram(slot: PacketSlot, now: Instant) {
          if (failing === 'receiveDatagram') throw new Error('a fault');
          real.receiveDatagram(slot, now);
        },
        nextOutput() {
          const { says } = node;
          node.says = undefined;
          return says ?? real.nextOutput();
        },
      }) as MeshEdge;
    },
    fails(what: typeof failing) {
      failing = what;
    },
    heals() {
      failing = undefined;
    },
    /** Opens what was asked for, and lets it begin. */
    open() {
      node.instance.takeOutputs(instant(0));
      const asked = outputs.flatMap((output) =>
        output.kind === 'mesh' && output.output.kind === 'open-socket' ? [output.output] : [],
      );
      expect(asked.map(({ socket }) => socket)).toEqual([FIRST_SOCKET + 4]);
      node.instance.call(instant(0), (edge) =>
        edge.socketOpened(socketId(FIRST_SOCKET + 4), 3001, instant(0)),
      );
      node.instance.settle(instant(0), () => instant(0));
    },
    receive(slot: PacketSlot, now: Instant) {
      node.instance.take(slot, now, (edge) => edge.receiveDatagram(slot, now));
    },
    datagram(): PacketSlot {
      const slot = arena.allocate();
      arena.socket[slot] = FIRST_SOCKET + 4;
      return slot;
    },
    closed: () =>
      outputs.flatMap((output) =>
        output.kind === 'mesh' && output.output.kind === 'close-socket'
          ? [output.output.socket as number]
          : [],
      ),
    log: () =>
      outputs.flatMap((output) =>
        output.kind === 'event' && output.event.kind === 'log' ? [output.event.message] : [],
      ),
  };
  return node;
}
