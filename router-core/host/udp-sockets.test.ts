import { createSocket, type Socket } from 'node:dgram';
import { afterEach, expect, test } from 'vitest';
import { createDropCounters } from '../base/drop-reason.ts';
import { formatIpAddress, parseIpAddress } from '../base/ip-address.ts';
import { type PacketSlot, type SocketId, socketId } from '../base/units.ts';
import { createPacketArena, DATA_BYTES } from '../router/index.ts';
import { freePort } from './testing/free-port.ts';
import { createUdpSockets } from './udp-sockets.ts';

const SLOTS = 8;
const PORT_ID = socketId(0);
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Sockets of our own over a small arena, and what they received. */
function openLab() {
  const arena = createPacketArena(SLOTS);
  const drops = createDropCounters();
  const received: PacketSlot[] = [];
  const sockets = createUdpSockets({ arena, drops, receive: (slot) => received.push(slot) });
  closing.push(() => sockets.closeAll());
  const textOf = (slot: PacketSlot): string =>
    Buffer.from(arena.bytes.slice(arena.start[slot], arena.end[slot])).toString();
  /** A slot with a datagram for a stranger. */
  function slotTo(address: string, port: number, text: string, id: SocketId = PORT_ID): PacketSlot {
    const slot = arena.allocate();
    const remote = parseIpAddress(address)!;
    const bytes = Buffer.from(text);
    arena.bytes.set(bytes, arena.start[slot]);
    arena.end[slot] = arena.start[slot]! + bytes.length;
    arena.socket[slot] = id;
    arena.remoteFamily[slot] = remote.family;
    arena.remotePort[slot] = port;
    arena.remoteAddress.set(remote.bytes, slot * 16);
    return slot;
  }
  return { arena, drops, received, sockets, textOf, slotTo };
}

/** A plain socket of somebody else on this machine. */
async function stranger(family: 4 | 6): Promise<{ socket: Socket; port: number; heard: string[] }> {
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
  closing.push(() => socket.close());
  const heard: string[] = [];
  socket.on('message', (datagram) => heard.push(datagram.toString()));
  await new Promise<void>((resolve) => socket.bind(0, family === 4 ? '127.0.0.1' : '::1', resolve));
  return { socket, port: socket.address().port, heard };
}

/** What nobody asked to be opened by then is given up. */
const endOfTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const until = (condition: () => boolean): Promise<void> =>
  expect.poll(condition, { timeout: 15_000, interval: 5 }).toBe(true);

test.each([
  [4, '127.0.0.1'],
  [6, '::1'],
] as const)('datagrams pass both ways over IPv%i', async (family, loopback) => {
  const { arena, received, sockets, textOf, slotTo, drops } = openLab();
  const port = await freePort();
  expect((await sockets.open(PORT_ID, port, '::')).families).toContain(family);
  const peer = await stranger(family);

  peer.socket.send('initiation', port, loopback);
  await until(() => received.length === 1);
  const slot = received[0]!;
  expect(textOf(slot)).toBe('initiation');
  expect([arena.socket[slot], arena.remoteFamily[slot], arena.remotePort[slot]]).toEqual([
    PORT_ID,
    family,
    peer.port,
  ]);
  const bytes = arena.remoteAddress.slice(slot * 16, slot * 16 + (family === 4 ? 4 : 16));
  expect(formatIpAddress({ family, bytes })).toBe(loopback);
  arena.release(slot);

  sockets.sendDatagram(slotTo(loopback, peer.port, 'response'));
  sockets.sendDatagram(slotTo(loopback, peer.port, 'second'));
  await until(() => peer.heard.length === 2 && arena.free() === SLOTS);
  expect(peer.heard).toEqual(['response', 'second']);
  expect(Object.values(drops).every((count) => count === 0)).toBe(true);
});

test('what is sent before the port is open leaves when it is', async () => {
  const { arena, sockets, slotTo } = openLab();
  const peer = await stranger(4);
  const port = await freePort();
  sockets.sendDatagram(slotTo('127.0.0.1', peer.port, 'early'));
  expect(arena.free()).toBe(SLOTS - 1);
  await sockets.open(PORT_ID, port, '127.0.0.1');
  await until(() => peer.heard.length === 1 && arena.free() === SLOTS);
  // Once more by the same one: it is as new.
  await sockets.close(PORT_ID);
  sockets.sendDatagram(slotTo('127.0.0.1', peer.port, 'again'));
  await sockets.open(PORT_ID, port, '127.0.0.1');
  await until(() => peer.heard.length === 2 && arena.free() === SLOTS);
  expect(peer.heard).toEqual(['early', 'again']);
});

test('a datagram that is too long, or finds no slot, is dropped and counted', async () => {
  const { arena, received, sockets, drops } = openLab();
  const port = await freePort();
  await sockets.open(PORT_ID, port, '127.0.0.1');
  const peer = await stranger(4);
  peer.socket.send(Buffer.alloc(DATA_BYTES + 1), port, '127.0.0.1');
  peer.socket.send(Buffer.alloc(DATA_BYTES), port, '127.0.0.1');
  await until(() => received.length === 1 && drops['too-big'] === 1);
  for (let i = 0; i < SLOTS; i++) peer.socket.send('x', port, '127.0.0.1');
  await until(() => received.length === SLOTS && drops['arena-full'] === 1);
  expect(arena.free()).toBe(0);
});

test('no datagram leaves by a socket that is closed, of the other family, or to port 0, and its slot comes back', async () => {
  const { arena, sockets, drops, slotTo } = openLab();
  await sockets.open(PORT_ID, await freePort(), '127.0.0.1');
  sockets.sendDatagram(slotTo('127.0.0.1', 0, 'x'));
  sockets.sendDatagram(slotTo('::1', 9, 'x'));
  sockets.close(PORT_ID);
  sockets.sendDatagram(slotTo('127.0.0.1', 9, 'x'));
  await endOfTurn();
  expect(drops['socket-error']).toBe(3);
  expect(arena.free()).toBe(SLOTS);
});

test('a port that is taken in one family is open in none, and free again for both', async () => {
  const { sockets, drops, arena, slotTo } = openLab();
  const taken = await stranger(4);
  await expect(sockets.open(PORT_ID, taken.port, '::')).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
  sockets.sendDatagram(slotTo('::1', 9, 'x'));
  await endOfTurn();
  expect([drops['socket-error'], arena.free()]).toEqual([1, SLOTS]);
  await new Promise<void>((resolve) => taken.socket.close(() => resolve()));
  closing.pop();
  const next = openLab();
  expect((await next.sockets.open(PORT_ID, taken.port, '::')).families).toContain(4);
});

test('a port closed while it was being opened is not open', async () => {
  const { sockets } = openLab();
  const port = await freePort();
  const opening = sockets.open(PORT_ID, port, '::');
  await sockets.close(PORT_ID);
  const next = openLab();
  expect((await next.sockets.open(PORT_ID, port, '::')).families).toContain(4);
  await opening;
});
