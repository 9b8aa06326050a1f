/**
 * The netstack in memory: longest prefix match, forwarding of one packet, and TCP against itself.
 *
 * @module
 */
import { type IpAddress, parseIpAddress } from '../../router-core/base/ip-address.ts';
import { seededRandom } from '../../router-core/base/random.ts';
import { createTimerQueue } from '../../router-core/base/timer-queue.ts';
import { type InterfaceId, instant, type PacketSlot } from '../../router-core/base/units.ts';
import {
  type ConnectionId,
  createNetstack,
  type Netstack,
} from '../../router-core/netstack/index.ts';
import { createPacketArena, type PacketArena } from '../../router-core/packet/index.ts';
import type { Run } from '../lab/results.ts';
import { microsecondsPer } from './stopwatch.ts';

const US = 'rootless42';
const MTU = 1420;
/** As many as DN42 has, and some. */
const ROUTES = { 4: 1000, 6: 3000 } as const;
const LOOKUPS = 65_536;
const PACKETS = 20_000;
const TRANSFER_BYTES = 4 * 1024 * 1024;
const PORT = 179;

export function benchNetstack(): Run[] {
  return [
    { router: US, test: 'route lookup', values: lookups() },
    { router: US, test: 'forward 1240 octets', values: { packetUs: forwarding() } },
    { router: US, test: 'tcp in memory', values: { mebibyteUs: tcp() } },
  ];
}

function lookups(): Record<string, number> {
  const random = seededRandom(1);
  const { netstack, outs } = nodeWithLinks(createPacketArena(4), 2);
  const out = outs[1] as InterfaceId;
  const addresses6 = new Uint8Array(LOOKUPS * 16);
  const addresses4 = new Uint8Array(LOOKUPS * 4);
  const known6 = Array.from({ length: ROUTES[6] }, () => random.bytes(16).fill(0xfd, 0, 1));
  const known4 = Array.from({ length: ROUTES[4] }, () =>
    Uint8Array.of(172, 20 + random.below(4), random.below(256), random.below(8) * 32),
  );
  for (const bytes of known6) netstack.routes.set(6, bytes, 0, 48, out);
  for (const bytes of known4) netstack.routes.set(4, bytes, 0, 27, out);
  for (let i = 0; i < LOOKUPS; i++) {
    addresses6.set(known6[random.below(known6.length)] as Uint8Array, i * 16);
    addresses4.set(known4[random.below(known4.length)] as Uint8Array, i * 4);
  }
  const { routes } = netstack;
  let found = 0;
  const ipv4Us = microsecondsPer(LOOKUPS, () => {
    for (let i = 0; i < LOOKUPS; i++) if (routes.lookup4(addresses4, i * 4) === out) found++;
  });
  const ipv6Us = microsecondsPer(LOOKUPS, () => {
    for (let i = 0; i < LOOKUPS; i++) if (routes.lookup6(addresses6, i * 16) === out) found++;
  });
  if (found % LOOKUPS !== 0) throw new Error('a known route was not found');
  return { ipv4Us, ipv6Us };
}

function forwarding(): number {
  const arena = createPacketArena(4);
  let left = 0;
  const { netstack, outs } = nodeWithLinks(arena, 2, (_out, slot) => {
    left++;
    arena.release(slot);
  });
  netstack.routes.set(6, address('fd00:2::').bytes, 0, 48, outs[1] as InterfaceId);
  const packet = new Uint8Array(1240);
  packet.set([0x60, 0, 0, 0, 1200 >> 8, 1200 & 255, 17, 64]);
  packet.set(address('fd00:1::1').bytes, 8);
  packet.set(address('fd00:2::2').bytes, 24);
  const result = microsecondsPer(PACKETS, () => {
    for (let i = 0; i < PACKETS; i++) {
      const slot = arena.allocate();
      const start = arena.start[slot] as number;
      arena.bytes.set(packet, start);
      arena.end[slot] = start + packet.length;
      arena.ingress[slot] = outs[0] as InterfaceId;
      netstack.receivePacket(slot, instant(0));
    }
  });
  if (left % PACKETS !== 0) throw new Error('a packet was not forwarded');
  return result;
}

/** Two stacks joined by a queue; returns microseconds per mebibyte, both stacks together. */
function tcp(): number {
  const arena = createPacketArena(1024);
  const wire: { to: Netstack; slot: PacketSlot }[] = [];
  const ends: { netstack: Netstack; outs: readonly InterfaceId[] }[] = [];
  for (const other of [1, 0])
    ends.push(
      nodeWithLinks(
        arena,
        1,
        (_out, slot) => {
          const end = ends[other];
          if (end === undefined) throw new Error('the other end does not exist yet');
          arena.ingress[slot] = end.outs[0] as InterfaceId;
          wire.push({ to: end.netstack, slot });
        },
        other + 1,
      ),
    );
  const [left, right] = ends.map((end) => end.netstack) as [Netstack, Netstack];
  const now = instant(0);
  right.tcp.listen(PORT);
  const sending = left.tcp.connect(
    {
      interface: ends[0]?.outs[0] as InterfaceId,
      local: address('fe80::2'),
      remote: address('fe80::1'),
      remotePort: PORT,
    },
    now,
  );
  const deliver = (): void => {
    for (let i = 0; i < wire.length; i++) {
      const { to, slot } = wire[i] as { to: Netstack; slot: PacketSlot };
      to.receivePacket(slot, now);
    }
    wire.length = 0;
  };
  while (wire.length > 0) deliver();
  let receiving: ConnectionId | undefined;
  for (let event = right.tcp.nextOutput(); event !== undefined; event = right.tcp.nextOutput())
    if (event.kind === 'incoming') receiving = event.connection;
  if (receiving === undefined) throw new Error('no connection');

  const chunk = new Uint8Array(64 * 1024);
  const target = receiving;
  return microsecondsPer(TRANSFER_BYTES / 2 ** 20, () => {
    let written = 0;
    for (let read = 0; read < TRANSFER_BYTES; ) {
      const size = Math.min(chunk.length, TRANSFER_BYTES - written);
      if (size > 0) written += left.tcp.write(sending, chunk, 0, size, now);
      deliver();
      for (let n = right.tcp.read(target, chunk, now); n > 0; ) {
        read += n;
        n = right.tcp.read(target, chunk, now);
      }
      deliver();
      while (left.tcp.nextOutput() !== undefined || right.tcp.nextOutput() !== undefined);
    }
  });
}

function nodeWithLinks(
  arena: PacketArena,
  count: number,
  transmit: (out: InterfaceId, slot: PacketSlot) => void = (_out, slot) => arena.release(slot),
  number = 1,
): { netstack: Netstack; outs: readonly InterfaceId[] } {
  const netstack = createNetstack({
    arena,
    random: seededRandom(number),
    timerQueue: createTimerQueue(),
    links: { transmit },
  });
  const addresses = [address(`fe80::${number}`)];
  const outs = Array.from({ length: count }, () =>
    netstack.addInterface({ mtu: MTU, addresses, peerAddresses: [] }),
  );
  return { netstack, outs };
}

function address(text: string): IpAddress {
  const parsed = parseIpAddress(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
}
