import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { seededRandom } from '../base/random.ts';
import { createTimerQueue } from '../base/timer-queue.ts';
import { type InterfaceId, instant } from '../base/units.ts';
import { createPacketArena } from '../packet/index.ts';
import { createNetstack } from './netstack.ts';
import { packet, udp } from './testing/build-packet.ts';
import { address } from './testing/test-node.ts';

const PACKETS = 50_000;

test('forwards 50,000 packets without losing a slot and nearly without garbage (style §8)', () => {
  const arena = createPacketArena(4);
  let forwarded = 0;
  const netstack = createNetstack({
    arena,
    random: seededRandom(1),
    timerQueue: createTimerQueue(),
    links: {
      transmit(_out, slot) {
        forwarded++;
        arena.release(slot);
      },
    },
  });
  netstack.setLocalAddresses([address('fd00:100::1')]);
  const config = { mtu: 1420, addresses: [address('fe80::1')], peerAddresses: [] };
  const west = netstack.addInterface(config);
  const east = netstack.addInterface(config);
  netstack.routes.set(6, address('fd00:2::').bytes, 0, 48, east);
  netstack.routes.set(4, address('172.20.2.0').bytes, 0, 24, east);
  const packets = [
    packet({ from: 'fd00:1::1', to: 'fd00:2::2' }, udp({ size: 1200 })),
    packet({ from: '172.20.1.1', to: '172.20.2.2' }, udp({ size: 1200 })),
  ];

  const forward = (count: number): void => {
    for (let i = 0; i < count; i++) forwardOne(packets[i & 1] as Uint8Array, west, i);
  };
  const forwardOne = (bytes: Uint8Array, by: InterfaceId, i: number): void => {
    const slot = arena.allocate();
    const start = arena.start[slot] as number;
    arena.bytes.set(bytes, start);
    arena.end[slot] = start + bytes.length;
    arena.ingress[slot] = by;
    netstack.receivePacket(slot, instant(i));
  };

  // Until the functions are compiled, numbers are objects here and there.
  forward(4 * PACKETS);
  // The smallest object takes 16 octets, so one per packet would show in every round.
  const rounds = [1, 2, 3].map(() => heapGrowth(() => forward(PACKETS)) / PACKETS);
  expect(Math.min(...rounds)).toBeLessThan(8);
  expect(forwarded).toBe(7 * PACKETS);
  expect(arena.free()).toBe(4);
});

/** Returns by how much the heap grows; what 50,000 packets leave fits into the young generation. */
function heapGrowth(run: () => void): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const before = process.memoryUsage().heapUsed;
  run();
  return process.memoryUsage().heapUsed - before;
}
