/**
 * The header of the mesh, its TTL and its padding.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DROP_REASONS } from '../../../base/drop-reason.ts';
import { BROADCAST, type NodeNumber, SPREAD, SUPERNODE } from '../../node-number.ts';
import {
  contentLimit,
  FRAME_BYTES_MIN,
  firstTtl,
  MESH_HEADER_BYTES,
  meshDestination,
  meshPacketProblem,
  meshSource,
  meshTtl,
  meshUsage,
  paddingBytes,
  takeHop,
  USAGE,
  type Usage,
  writeMeshPacket,
} from './mesh-packet.ts';

const AT = 14;
const USAGES = Object.values(USAGE);
const { padding } = JSON.parse(
  readFileSync(new URL('./fixtures/padding.json', import.meta.url), 'utf8'),
) as { padding: { mtu: number; size: number; zeroes: number }[] };

test.each(padding)('a content of $size octets at MTU $mtu is followed by $zeroes', (row) => {
  expect(paddingBytes(row.size, contentLimit(row.mtu))).toBe(row.zeroes);
});

test('what was padded is not padded again by the same MTU, nor by the device', () => {
  fc.assert(
    fc.property(fc.nat(9300), fc.integer({ min: 0, max: 9200 }), (octets, mtu) => {
      const limit = contentLimit(mtu);
      const padded = octets + paddingBytes(octets, limit);
      expect(padded - octets).toBeLessThan(16);
      if (octets <= limit) expect(paddingBytes(padded, limit)).toBe(0);
      // wireguard/transport.ts pads to 16 and not beyond its MTU, which is the limit here.
      const multiple = Math.ceil(padded / 16) * 16;
      expect(multiple > limit ? Math.max(padded, limit) : multiple).toBe(padded);
    }),
    { numRuns: 2000 },
  );
});

test('the header is written and read in its place, and nothing else', () => {
  const node = fc.nat(0xffff).map((n) => n as NodeNumber);
  fc.assert(
    fc.property(
      fc.constantFrom(...USAGES),
      fc.nat(255),
      node,
      node,
      (usage, ttl, destination, source) => {
        const b = new Uint8Array(AT + 30).fill(0xaa);
        writeMeshPacket(b, AT, usage, ttl, destination, source);
        expect([meshUsage(b, AT), meshTtl(b, AT)]).toEqual([usage, ttl]);
        expect([meshDestination(b, AT), meshSource(b, AT)]).toEqual([destination, source]);
        expect([b[0], b[1]]).toEqual([usage, ttl]);
        expect(b.slice(2, AT).every((octet) => octet === 0xaa)).toBe(true);
        expect(b.slice(AT + MESH_HEADER_BYTES).every((octet) => octet === 0xaa)).toBe(true);
        expect(meshPacketProblem(b, AT, b.length)).toBeUndefined();
      },
    ),
  );
});

test('a content without body, a short frame and an unknown usage are no packets', () => {
  const problem = (usage: number, octets: number) => {
    const b = new Uint8Array(AT + octets);
    b[0] = usage;
    return meshPacketProblem(b, AT, b.length);
  };
  for (const usage of USAGES) {
    for (let octets = 1; octets <= MESH_HEADER_BYTES; octets++) {
      expect(problem(usage, octets)).toBe('truncated');
    }
  }
  expect(problem(USAGE.normal, MESH_HEADER_BYTES + FRAME_BYTES_MIN - 1)).toBe('truncated');
  expect(problem(USAGE.normal, MESH_HEADER_BYTES + FRAME_BYTES_MIN)).toBeUndefined();
  expect(problem(USAGE.queryPeer, MESH_HEADER_BYTES + 1)).toBeUndefined();
  for (const usage of [0, 1, 2, 3, 11, 255]) expect(problem(usage, 100)).toBe('unknown-protocol');
});

test('any octets are a packet or have a reason', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: AT + 1, maxLength: 100 }), (b) => {
      const problem = meshPacketProblem(b, AT, b.length);
      if (problem !== undefined) expect(DROP_REASONS).toContain(problem);
    }),
    { numRuns: 1000 },
  );
});

test('a packet goes on as often as its TTL says', () => {
  const b = new Uint8Array(AT + 20);
  for (const ttl of [0, 1, 2, 200, 255]) {
    writeMeshPacket(b, AT, USAGE.normal, ttl, BROADCAST, 1 as NodeNumber);
    let hops = 0;
    while (takeHop(b, AT)) hops++;
    expect(hops).toBe(ttl);
    expect(meshTtl(b, AT)).toBe(0);
  }
});

test.each<[keyof typeof USAGE, NodeNumber, number]>([
  ['normal', BROADCAST, 200],
  ['normal', 7 as NodeNumber, 200],
  ['register', SUPERNODE, 0],
  ['serverUpdate', SUPERNODE, 0],
  ['serverUpdate', 7 as NodeNumber, 0],
  ['ping', SPREAD, 0],
  ['pong', SUPERNODE, 0],
  ['pong', SPREAD, 200],
  ['queryPeer', SPREAD, 200],
  ['broadcastPeer', SPREAD, 200],
])('our %s to %i begins with TTL %i', (name, destination, ttl) => {
  const usage: Usage = USAGE[name];
  expect(firstTtl(usage, destination, 200)).toBe(ttl);
});
