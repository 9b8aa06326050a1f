/**
 * Relaying allocates nothing of ours (style of wireguard/transport-allocation.test.ts): measured on the
 * heap, with a cipher that copies.
 *
 * @module
 */
import { expect, test } from 'vitest';
import { seededRandom } from '../../../base/random.ts';
import { createTimerQueue } from '../../../base/timer-queue.ts';
import {
  instant,
  interfaceId,
  NONE,
  type PacketSlot,
  type PeerId,
  socketId,
  wallTime,
} from '../../../base/units.ts';
import { createPacketArena } from '../../../packet/index.ts';
import type { CipherKey, WireguardCrypto } from '../../../wireguard/crypto.ts';
import { createWireguardDevice } from '../../../wireguard/index.ts';
import { createToyCrypto, underlay } from '../../../wireguard/test-lab.ts';
import type { NodeNumber } from '../../node-number.ts';
import { ETHERGUARD_FRAMING } from './framing.ts';
import {
  contentLimit,
  firstTtl,
  MESH_HEADER_BYTES,
  meshDestination,
  meshPacketProblem,
  meshTtl,
  paddingBytes,
  takeHop,
  USAGE,
  writeMeshPacket,
} from './mesh-packet.ts';

const PACKETS = 30_000;
const BATCHES = 10;
const FRAME_BYTES = 1500;
const LIMIT = contentLimit(1500);
const SOURCE = 1 as NodeNumber;
const RELAY = 2 as NodeNumber;
const DESTINATION = 3 as NodeNumber;

test('30,000 frames over a relay leave nothing on the heap but boxed instants', () => {
  const random = seededRandom(1);
  const arena = createPacketArena(16);
  const timerQueue = createTimerQueue();
  let now = instant(0);
  // A datagram changes hands by its slot number, so one arena serves all nodes.
  let inFlight = NONE as PacketSlot;
  let arrived = 0;
  let relayToDestination = NONE as PeerId;
  const createNode = (receivePacket: (slot: PacketSlot) => void) =>
    createWireguardDevice({
      arena,
      random,
      wallClock: { now: () => wallTime(1_800_000_000_000) },
      timerQueue,
      crypto: createCopyCrypto(),
      framing: ETHERGUARD_FRAMING,
      datagrams: {
        sendDatagram(slot) {
          inFlight = slot;
        },
      },
      packets: { receivePacket },
      privateKey: random.bytes(32),
      peersMax: 4,
    });

  const source = createNode((slot) => arena.release(slot));
  const relay = createNode((slot) => {
    const at = arena.start[slot] as number;
    const isRelayed =
      meshPacketProblem(arena.bytes, at, arena.end[slot] as number) === undefined &&
      meshDestination(arena.bytes, at) !== RELAY &&
      takeHop(arena.bytes, at);
    if (isRelayed) relay.sendPacket(relayToDestination, slot, now);
    else arena.release(slot);
  });
  const destination = createNode((slot) => {
    if (meshTtl(arena.bytes, arena.start[slot] as number) === 199) arrived++;
    arena.release(slot);
  });
  const connect = (from: typeof source, to: typeof source): PeerId => {
    const config = {
      socket: socketId(0),
      persistentKeepalive: 25,
      interface: interfaceId(0),
      allowedIps: [],
      mtu: LIMIT,
    };
    to.addPeer({ ...config, publicKey: from.publicKey }, now);
    const endpoint = underlay('192.0.2.1', 1);
    const peer = from.addPeer({ ...config, publicKey: to.publicKey, endpoint }, now);
    to.receiveDatagram(inFlight, now);
    from.receiveDatagram(inFlight, now);
    to.receiveDatagram(inFlight, now);
    return peer;
  };
  const sourceToRelay = connect(source, relay);
  relayToDestination = connect(relay, destination);

  const exchange = (count: number, from: number) => {
    for (let i = 0; i < count; i++) {
      now = instant(from + i / 1000);
      const slot = arena.allocate();
      const at = arena.start[slot] as number;
      const ttl = firstTtl(USAGE.normal, DESTINATION, 200);
      writeMeshPacket(arena.bytes, at, USAGE.normal, ttl, DESTINATION, SOURCE);
      const octets = MESH_HEADER_BYTES + FRAME_BYTES;
      const end = at + octets;
      const padding = paddingBytes(octets, LIMIT);
      for (let zero = 0; zero < padding; zero++) arena.bytes[end + zero] = 0;
      arena.end[slot] = end + padding;
      source.sendPacket(sourceToRelay, slot, now);
      relay.receiveDatagram(inFlight, now);
      destination.receiveDatagram(inFlight, now);
    }
  };
  exchange(20_000, 10);
  while ([source, relay, destination].some((node) => node.nextOutput() !== undefined));

  const before = arrived;
  const octetsPerFrame: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const heapBefore = process.memoryUsage().heapUsed;
    exchange(PACKETS / BATCHES, 100 + batch);
    octetsPerFrame.push((process.memoryUsage().heapUsed - heapBefore) / (PACKETS / BATCHES));
  }

  expect(arrived - before).toBe(PACKETS);
  // V8 boxes the instants this test makes. One view of ours would add a hundred octets, one small object
  // thirty, at each of three nodes. A batch with a collection is negative.
  const quiet = octetsPerFrame.filter((octets) => octets >= 0);
  expect(quiet.length).toBeGreaterThan(BATCHES / 2);
  expect(Math.min(...quiet)).toBeLessThan(60);
  expect(arena.free()).toBe(16);
});

/** Seals and opens by doing nothing but marking: what is measured is our code around it. */
function createCopyCrypto(): WireguardCrypto {
  return {
    ...createToyCrypto(seededRandom(2)),
    addKey: () => 1 as CipherKey,
    removeKey: () => undefined,
    seal(_key, _counter, b, _start, end) {
      b.fill(0x5a, end, end + 16);
    },
    open: (_key, _counter, b, _start, end) => b[end - 1] === 0x5a,
  };
}
