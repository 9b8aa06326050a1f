import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../base/bytes.ts';
import { type Instant, instant, interfaceId, peerId } from '../base/units.ts';
import { createPacketArena } from '../packet/arena.ts';
import * as L from '../packet/plane-layout.ts';
import { TestPlane } from './testing/test-plane.ts';

type Vector = {
  readonly usage: number;
  readonly receiverIndex: number;
  readonly counter: number;
  readonly key: string;
  readonly plaintextPadded: string;
  readonly datagram: string;
};
const { vectors } = JSON.parse(
  readFileSync(new URL('./fixtures/etherguard-transport.json', import.meta.url), 'utf8'),
) as { vectors: Vector[] };
const octets = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array(0);

const NOW: Instant = instant(5000);
const MESH_PORT = 3001;
const PEER = peerId(3);
/** A power of two, so that every index of the capture has a row. */
const ROWS = 4096;

function meshPlane() {
  const carried = new TestPlane();
  const { plane, punts } = carried.life(0, ROWS);
  plane.goLive();
  new Uint8Array(carried.buffer)[L.SOCKET_FRAMINGS + MESH_PORT] = L.FRAMING_ETHERGUARD;
  plane.setPeer(PEER, {
    interface: interfaceId(1),
    mtu: 0,
    allowsAll4: true,
    allowsAll6: true,
    rateLimit: 0,
    publicKey: new Uint8Array(32).fill(9),
    isObfuscated: false,
    padsContents: false,
  });
  return { carried, plane, punts };
}

test.each(vectors)('a message of usage $usage that a real node sent opens in place', (vector) => {
  const { carried, plane, punts } = meshPlane();
  const row = vector.receiverIndex % ROWS;
  plane.addKeyPair(
    row,
    {
      peer: PEER,
      localIndex: vector.receiverIndex,
      remoteIndex: 1,
      isInitiator: false,
      created: NOW,
      sendKey: new Uint8Array(32),
      receiveKey: octets(vector.key),
    },
    true,
  );
  const datagram = {
    socket: MESH_PORT,
    family: 4 as const,
    port: 3002,
    address: Uint8Array.of(192, 0, 2, 3),
    bytes: octets(vector.datagram),
  };
  carried.receive([datagram, datagram], NOW);

  const arena = createPacketArena(4);
  const opened: string[] = [];
  punts.drain(
    arena,
    {
      datagram: (slot) => arena.release(slot),
      roamed: (slot) => arena.release(slot),
      packet(slot, peer, atRow, index) {
        expect([peer, atRow, index]).toEqual([PEER, row, vector.receiverIndex]);
        opened.push(toHex(arena.bytes.slice(arena.start[slot], arena.end[slot])));
        arena.release(slot);
      },
    },
    8,
  );
  // A keepalive is nobody's business; its counter is used up all the same.
  expect(opened).toEqual(vector.plaintextPadded === '' ? [] : [vector.plaintextPadded]);
  expect(carried.drop(L.DROP_REPLAYED)).toBe(1);
});

test('a message of another framing is nothing there', () => {
  const { carried } = meshPlane();
  // A WireGuard initiation begins with 1: an EtherGuard cookie reply of a wrong size.
  const bytes = new Uint8Array(148);
  bytes[0] = 1;
  const datagram = {
    socket: MESH_PORT,
    family: 4 as const,
    port: 1,
    address: new Uint8Array(4),
    bytes,
  };
  expect(carried.receive([datagram], NOW)).toEqual([]);
});
