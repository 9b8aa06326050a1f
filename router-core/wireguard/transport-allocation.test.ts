/**
 * The packet path allocates nothing of ours (style §8): measured on the heap, with a cipher that copies.
 *
 * @module
 */
import { expect, test } from 'vitest';
import { seededRandom } from '../base/random.ts';
import { createTimerQueue } from '../base/timer-queue.ts';
import { instant, interfaceId, NONE, type PacketSlot, socketId, wallTime } from '../base/units.ts';
import { createPacketArena } from '../packet/arena.ts';
import type { CipherKey, WireguardCrypto } from './crypto.ts';
import { createWireguardDevice } from './device.ts';
import { ANYWHERE, createToyCrypto, ipv4Packet, underlay } from './test-lab.ts';

const PACKETS = 50_000;
const BATCHES = 10;

test('50,000 packets sealed and opened leave nothing on the heap but boxed instants', () => {
  const random = seededRandom(1);
  const arena = createPacketArena(16);
  const timerQueue = createTimerQueue();
  // A datagram changes hands by its slot number, so one arena serves both ends.
  let inFlight = NONE as PacketSlot;
  let delivered = 0;
  const createEnd = () =>
    createWireguardDevice({
      arena,
      random,
      wallClock: { now: () => wallTime(1_800_000_000_000) },
      timerQueue,
      crypto: createCopyCrypto(),
      datagrams: {
        sendDatagram(slot) {
          inFlight = slot;
        },
      },
      packets: {
        receivePacket(slot) {
          delivered++;
          arena.release(slot);
        },
      },
      privateKey: random.bytes(32),
      peersMax: 4,
    });
  const alice = createEnd();
  const bob = createEnd();
  const config = {
    socket: socketId(0),
    persistentKeepalive: 25,
    interface: interfaceId(0),
    allowedIps: ANYWHERE,
    mtu: 1420,
  };
  const toAlice = bob.addPeer({ ...config, publicKey: alice.publicKey }, instant(0));
  const endpoint = underlay('192.0.2.1', 1);
  const toBob = alice.addPeer({ ...config, publicKey: bob.publicKey, endpoint }, instant(0));
  bob.receiveDatagram(inFlight, instant(1));
  alice.receiveDatagram(inFlight, instant(2));
  bob.receiveDatagram(inFlight, instant(3));

  const packet = ipv4Packet(1420);
  const exchange = (count: number, from: number) => {
    for (let i = 0; i < count; i++) {
      const now = instant(from + i / 1000);
      const isFromAlice = (i & 1) === 0;
      const slot = arena.allocate();
      arena.bytes.set(packet, arena.start[slot]);
      arena.end[slot] = (arena.start[slot] as number) + packet.length;
      if (isFromAlice) alice.sendPacket(toBob, slot, now);
      else bob.sendPacket(toAlice, slot, now);
      (isFromAlice ? bob : alice).receiveDatagram(inFlight, now);
    }
  };
  exchange(20_000, 10);
  while (alice.nextOutput() !== undefined || bob.nextOutput() !== undefined);

  const before = delivered;
  const octetsPerPacket: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const heapBefore = process.memoryUsage().heapUsed;
    exchange(PACKETS / BATCHES, 100 + batch);
    octetsPerPacket.push((process.memoryUsage().heapUsed - heapBefore) / (PACKETS / BATCHES));
  }

  expect(delivered - before).toBe(PACKETS);
  // V8 boxes the instants this test makes, 16 octets each: about 21 per packet were measured. One
  // view of ours would add a hundred, one small object thirty. A batch with a collection is negative.
  const quiet = octetsPerPacket.filter((octets) => octets >= 0);
  expect(quiet.length).toBeGreaterThan(BATCHES / 2);
  expect(Math.min(...quiet)).toBeLessThan(40);
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
