import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../base/bytes.ts';
import { type Instant, instant, interfaceId, peerId } from '../base/units.ts';
import { contentLimit, ETHERGUARD_FRAMING, paddingBytes } from '../mesh/etherguard/wire/index.ts';
import { createPacketArena } from '../packet/arena.ts';
import * as L from '../packet/plane-layout.ts';
import { MESH_PORT, MeshWorld } from './testing/mesh-world.ts';
import { type TestDatagram, TestPlane } from './testing/test-plane.ts';

type Vector = {
  readonly mode: string;
  readonly usage: number;
  readonly ttl: number;
  readonly receiverIndex: number;
  readonly counter: number;
  readonly key: string;
  readonly plaintextPadded: string;
  readonly datagram: string;
};
const { vectors } = JSON.parse(
  readFileSync(new URL('../mesh/etherguard/wire/fixtures/transport.json', import.meta.url), 'utf8'),
) as { vectors: Vector[] };
const named = vectors.map((v, i) => ({ ...v, name: `${i}, ${v.mode}: usage ${v.usage}` }));
const octets = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0);

const NOW: Instant = instant(5000);
const PEER = peerId(3);
/** A power of two, so that every index of the capture has a row. */
const ROWS = 4096;
const LIMIT = contentLimit(1500);
const HEADER_BYTES = ETHERGUARD_FRAMING.transportHeaderBytes;

/** One memory for all: each test begins with an empty bank. */
const carried = new TestPlane();

function meshPlane(v: Vector) {
  const { plane, punts } = carried.life(0, ROWS);
  plane.goLive();
  new Uint8Array(carried.buffer)[L.SOCKET_FRAMINGS + MESH_PORT] = L.FRAMING_ETHERGUARD;
  const { mesh } = plane;
  mesh.setPeer(PEER, { ...ANYBODY, publicKey: new Uint8Array(32).fill(9) });
  mesh.setEndpoint(PEER, MESH_PORT, 4, 3002, new Uint8Array(PEER * 16 + 16).fill(192));
  const row = v.receiverIndex % ROWS;
  const keys = { sendKey: octets(v.key), receiveKey: octets(v.key) };
  mesh.addKeyPair(
    row,
    {
      peer: PEER,
      localIndex: v.receiverIndex,
      remoteIndex: v.receiverIndex,
      isInitiator: false,
      created: NOW,
      ...keys,
    },
    true,
  );
  mesh.setCurrent(PEER, row);
  return { mesh, punts, row, dropsBefore: dropped() };
}
const dropped = (): Float64Array =>
  Float64Array.from({ length: L.DROPS }, (_, reason) => carried.drop(reason));
const ANYBODY = {
  interface: interfaceId(0),
  mtu: LIMIT,
  allowsAll4: false,
  allowsAll6: false,
  rateLimit: 0,
  isObfuscated: false,
  padsContents: false,
};
const from = (bytes: Uint8Array): TestDatagram => ({
  socket: MESH_PORT,
  family: 4,
  port: 3002,
  address: Uint8Array.of(192, 0, 2, 3),
  bytes,
});

describe.each(named)('a message that real nodes sent ($name)', (v) => {
  test('opens in place, once, with usage and TTL in front', () => {
    const { punts, row, dropsBefore } = meshPlane(v);
    carried.receive([from(octets(v.datagram)), from(octets(v.datagram))], NOW);
    const arena = createPacketArena(4);
    const opened: string[] = [];
    const release = (slot: Parameters<typeof arena.release>[0]) => arena.release(slot);
    punts.drain(
      arena,
      {
        mesh: {
          datagram: release,
          roamed: release,
          packet(slot, peer, atRow, index) {
            expect([peer, atRow, index]).toEqual([PEER, row, v.receiverIndex]);
            const start = arena.start[slot] as number;
            const head = arena.bytes.slice(start - HEADER_BYTES, start - HEADER_BYTES + 2);
            opened.push(toHex(head) + toHex(arena.bytes.slice(start, arena.end[slot])));
            release(slot);
          },
        },
      },
      8,
    );
    // A keepalive is nobody's business; its counter is used up all the same.
    const isEmpty = v.plaintextPadded === '';
    expect(opened).toEqual(isEmpty ? [] : [v.datagram.slice(0, 4) + v.plaintextPadded]);
    expect(dropped()[L.DROP_REPLAYED]).toBe((dropsBefore[L.DROP_REPLAYED] as number) + 1);
    expect(arena.free()).toBe(4);
  });

  test('is what we seal', () => {
    const { mesh, row } = meshPlane(v);
    const pair = L.BANK + L.BANK_KEY_PAIRS + (L.FIRST_MESH_KEY_PAIR + row) * L.KEY_PAIR_BYTES;
    new BigUint64Array(carried.buffer)[(pair + L.KEY_PAIR_SEND_COUNTER) / 8] = BigInt(v.counter);
    const arena = createPacketArena(1);
    const slot = arena.allocate();
    const start = arena.start[slot] as number;
    const content = octets(v.plaintextPadded);
    arena.bytes.set([v.usage, v.ttl], start - HEADER_BYTES);
    arena.bytes.set(content, start);
    arena.end[slot] = start + content.length;
    expect(mesh.sendPacket(PEER, arena, slot, content.length > 0, false)).toBe(true);
    const sent = carried.transmit(NOW).map(({ bytes }) => toHex(bytes));
    // Real nodes leave any usage and TTL in a keepalive, and drop those with 0: ours have 4 and 0.
    const head = content.length === 0 ? '0400' : v.datagram.slice(0, 4);
    expect(sent).toEqual([head + v.datagram.slice(4)]);
  });
});

test.each([1, 15, 16, 29, 1400, LIMIT - 1, LIMIT, LIMIT + 1])(
  'a content of %i octets is padded as its sender would: to sixteen, not beyond the limit',
  (length) => {
    const v = vectors[1] as Vector;
    const { mesh } = meshPlane(v);
    const arena = createPacketArena(1);
    const slot = arena.allocate();
    arena.end[slot] = (arena.start[slot] as number) + length;
    mesh.sendPacket(PEER, arena, slot, true, false);
    const [sent] = carried.transmit(NOW);
    const padded = length > LIMIT ? length : length + paddingBytes(length, LIMIT);
    expect(sent?.bytes.length).toBe(HEADER_BYTES + padded + 16);
  },
);

test('an index of the other device is nobody here: sockets tell which device is meant', () => {
  const v = vectors[1] as Vector;
  const { dropsBefore } = meshPlane(v);
  const more = (reason: number): number => carried.drop(reason) - (dropsBefore[reason] as number);
  const other = { ...from(octets(v.datagram)), socket: MESH_PORT + 1 };
  carried.receive([other], NOW);
  expect(more(L.DROP_NOT_WIREGUARD)).toBe(1);
  // The index where WireGuard has it.
  const message = new Uint8Array(64);
  message[0] = 4;
  message.set(octets(v.datagram).subarray(2, 6), 4);
  carried.receive([{ ...other, bytes: message }], NOW);
  expect(more(L.DROP_UNKNOWN_INDEX)).toBe(1);
});

describe('in front of handshakes', () => {
  const strangers = () => new MeshWorld({ plane: true });
  const initiation = (world: MeshWorld): TestDatagram => {
    world.bob.device.initiate(world.bob.linkTo(2), world.now);
    const [datagram] = world.takeSent(world.bob);
    if (datagram === undefined) throw new Error('bob initiates');
    return datagram;
  };

  test('an initiation of 145 octets with the right MAC1 passes, checked', () => {
    const world = strangers();
    const datagram = initiation(world);
    expect(datagram.bytes.length).toBe(145);
    world.deliver(datagram);
    expect(world.relay.device.view(world.relay.linkTo(3)).initiationsReceived).toBe(1);
    expect(world.drops()).toEqual({});
  });

  test.each([
    ['a wrong MAC1', (b: Uint8Array) => b.with(120, 1 ^ (b[120] as number)), 'wrong-mac1'],
    ['an octet too few', (b: Uint8Array) => b.slice(0, 144), 'malformed'],
    ['the length of WireGuard', (b: Uint8Array) => Uint8Array.from([...b, 0, 0, 0]), 'malformed'],
    ['a response of wrong length', (b: Uint8Array) => b.with(0, 1), 'malformed'],
    ['three octets', (b: Uint8Array) => b.slice(0, 3), 'truncated'],
  ])('with %s it does not', (_, spoil, reason) => {
    const world = strangers();
    const datagram = initiation(world);
    world.deliver({ ...datagram, bytes: spoil(datagram.bytes) });
    expect(world.relay.device.view(world.relay.linkTo(3)).initiationsReceived).toBe(0);
    expect(world.drops()).toEqual({ [reason]: 1 });
  });

  test('of 1,000 strangers a second few reach the router worker', () => {
    const world = strangers();
    const { bytes } = initiation(world);
    const flood = Array.from({ length: 1000 }, (_, i) => ({
      ...from(bytes.with(120, 1 ^ (bytes[120] as number))),
      address: Uint8Array.of(198, 51, i >>> 8, i),
    }));
    for (let i = 0; i < flood.length; i += 50) world.deliver(...flood.slice(i, i + 50));
    expect(world.relay.device.drops['wrong-mac1']).toBe(10);
    expect(world.drops()['wrong-mac1']).toBe(1000);
  });

  test('the gates of two devices have secrets of their own', () => {
    const world = strangers();
    const { buffer } = world.carried as TestPlane;
    const gate = (at: number) =>
      toHex(new Uint8Array(buffer).slice(L.BANK + at + L.GATE_MAC1_KEY, L.BANK + at + 64));
    expect(gate(L.BANK_MESH_GATE)).not.toBe('00'.repeat(32));
    expect(gate(L.BANK_GATE)).toBe('00'.repeat(32));
  });
});

test('a device that is forgotten leaves no key, opens nothing, and another begins in its place', () => {
  const v = vectors.find(({ plaintextPadded }) => plaintextPadded !== '') as Vector;
  const bank = Buffer.from(carried.buffer, L.BANK, L.BANK_BYTES);
  const { mesh } = meshPlane(v);
  const nextPeer = peerId(4);
  mesh.setPeer(nextPeer, { ...ANYBODY, publicKey: new Uint8Array(32).fill(8) });
  mesh.setGate({
    mac1Key: new Uint8Array(32).fill(0xa1),
    cookieSecret: new Uint8Array(32).fill(0xa2),
    cookieSecretBefore: new Uint8Array(32).fill(0xa3),
    bucketSecret: 1,
  });
  mesh.setMeshNode(2);
  mesh.setMeshHop(9, nextPeer);
  expect(bank.includes(Buffer.from(octets(v.key)))).toBe(true);

  mesh.reset();
  for (const secret of [
    octets(v.key),
    ...[0xa1, 0xa2, 0xa3].map((b) => new Uint8Array(32).fill(b)),
  ])
    expect(bank.includes(Buffer.from(secret))).toBe(false);
  const unknown = dropped()[L.DROP_UNKNOWN_INDEX] as number;
  carried.receive([from(octets(v.datagram))], NOW);
  expect(dropped()[L.DROP_UNKNOWN_INDEX]).toBe(unknown + 1);
  const hops = new Int32Array(carried.buffer, L.BANK + L.BANK_MESH_HOPS, L.MESH_NODES);
  expect(hops.every((hop) => hop === 0)).toBe(true);

  mesh.relayed.frames[PEER] = 5;
  mesh.setPeer(PEER, { ...ANYBODY, publicKey: new Uint8Array(32).fill(9) });
  expect(mesh.relayed.frames[PEER]).toBe(0);
});

test('a part that never had a device is left as it is: nothing is written', () => {
  const untouched = new TestPlane();
  const { plane } = untouched.life(0, ROWS);
  const before = new Uint8Array(untouched.buffer.slice(L.BANK, L.BANK + L.BANK_BYTES));
  plane.mesh.reset();
  const after = new Uint8Array(untouched.buffer, L.BANK, L.BANK_BYTES);
  expect(Buffer.compare(before, after)).toBe(0);
});
