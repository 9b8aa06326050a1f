import { expect, test } from 'vitest';
import { concatBytes } from '../base/bytes.ts';
import { type MacAddress, parseMacAddress } from '../base/mac-address.ts';
import { seededRandom } from '../base/random.ts';
import { collectGarbage } from '../base/testing/heap.ts';
import { createTimerQueue } from '../base/timer-queue.ts';
import { type InterfaceId, instant } from '../base/units.ts';
import { createPacketArena, type FrameSink } from '../packet/index.ts';
import { createNetstack } from './netstack.ts';
import { neighborSolicitation, packet, udp } from './testing/build-packet.ts';
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

test('the same out of a tunnel to neighbors on Ethernet, by the link and by a next hop', () => {
  const arena = createPacketArena(4);
  const timerQueue = createTimerQueue();
  let frames = 0;
  const netstack = createNetstack({
    arena,
    random: seededRandom(1),
    timerQueue,
    links: { transmit: (_out, slot) => arena.release(slot) },
  });
  const linkAddress = parseMacAddress('02:00:00:00:00:0a') as MacAddress;
  const sink: FrameSink = {
    sendFrame(_port, slot) {
      frames++;
      arena.release(slot);
    },
  };
  const config = { mtu: 1420, addresses: [address('fe80::1')], peerAddresses: [] };
  const west = netstack.addInterface(config);
  const addresses = [address('fe80::a'), address('fd09::10')];
  const port = netstack.addEthernetPort(
    { mtu: 1420, linkAddress, addresses, frames: sink },
    instant(0),
  );
  const hop = netstack.addNextHop({ port, address: address('fd09::2') });
  netstack.routes.set(6, address('fd09::').bytes, 0, 64, port);
  netstack.routes.set(4, address('172.20.2.0').bytes, 0, 24, hop);
  for (let ms = 0; ms < 5000; ms += 100) timerQueue.runDue(instant(ms));
  const receive = (bytes: Uint8Array, by: InterfaceId, isFrame: boolean): void => {
    const slot = arena.allocate();
    const start = arena.start[slot] as number;
    arena.bytes.set(bytes, start);
    arena.end[slot] = start + bytes.length;
    arena.ingress[slot] = by;
    if (isFrame) netstack.receiveFrame(slot, instant(5000));
    else netstack.receivePacket(slot, instant(5000));
  };
  // The neighbor asks for us, by which we know it.
  const option = Uint8Array.of(1, 1, 2, 0, 0, 0, 0, 0x0b);
  const fields = { from: 'fd09::2', to: 'fd09::10', hopLimit: 255 };
  const header = Uint8Array.of(2, 0, 0, 0, 0, 0x0a, 2, 0, 0, 0, 0, 0x0b, 0x86, 0xdd);
  receive(
    concatBytes(header, packet(fields, neighborSolicitation('fd09::10', option))),
    port,
    true,
  );
  const packets = [
    packet({ from: 'fd00:1::1', to: 'fd09::2' }, udp({ size: 1200 })),
    packet({ from: '172.20.1.1', to: '172.20.2.2' }, udp({ size: 1200 })),
  ];
  const forward = (count: number): void => {
    for (let i = 0; i < count; i++) receive(packets[i & 1] as Uint8Array, west, false);
  };
  const before = frames;
  forward(4 * PACKETS);
  const rounds = [1, 2, 3].map(() => heapGrowth(() => forward(PACKETS)) / PACKETS);
  expect(Math.min(...rounds)).toBeLessThan(8);
  expect(frames - before).toBe(7 * PACKETS);
  expect(arena.free()).toBe(4);
});

/** Returns by how much the heap grows; what 50,000 packets leave fits into the young generation. */
function heapGrowth(run: () => void): number {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  run();
  return process.memoryUsage().heapUsed - before;
}
