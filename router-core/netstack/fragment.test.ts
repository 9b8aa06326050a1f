import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  IPV4_MORE_FRAGMENTS,
  ipv4FragmentOffset,
  ipv4HeaderBytes,
  ipv4MoreFragments,
} from '../packet/index.ts';
import { packet, raw, udp } from './testing/build-packet.ts';
import { expectPacket, fragment, ip, size } from './testing/expect-packet.ts';
import { createTestNode, type TestNode } from './testing/test-node.ts';

test('cuts what does not fit and may be cut, in order (RFC 791 §3.2)', () => {
  const { node, west } = narrowEast();
  const original = packet(
    { from: '172.20.1.1', to: '172.20.2.2', hopLimit: 9 },
    udp({ size: 1400 }),
  );
  expect(node.deliver(original, west)).toBeUndefined();
  const [first, second, ...others] = node.takeSent();
  expect(others).toEqual([]);
  expectPacket(first?.bytes, size(1276), ip({ hopLimit: 8 }), fragment({ offset: 0, more: true }));
  expectPacket(
    second?.bytes,
    size(172),
    ip({ hopLimit: 8 }),
    fragment({ offset: 1256, more: false }),
  );
  expect(node.slotsInUse()).toBe(0);
});

test('keeps "more fragments" and the offset when a fragment is cut again', () => {
  const { node, west } = narrowEast();
  const original = packet(
    { from: '172.20.1.1', to: '172.20.2.2', flags: IPV4_MORE_FRAGMENTS, fragmentOffset: 800 },
    udp({ size: 1392 }),
  );
  node.deliver(original, west);
  const [first, second] = node.takeSent();
  expectPacket(first?.bytes, fragment({ offset: 800, more: true }));
  expectPacket(second?.bytes, fragment({ offset: 800 + 1256, more: true }));
});

test('copies into later fragments only the options that say so (RFC 791 §3.1)', () => {
  const { node, west } = narrowEast();
  const copied = [0x88, 4, 1, 2];
  const notCopied = [0x44, 5, 5, 0, 0];
  const options = Uint8Array.from([...notCopied, 1, ...copied, 0, 0]);
  node.deliver(
    packet({ from: '172.20.1.1', to: '172.20.2.2', options }, udp({ size: 1400 })),
    west,
  );
  const [first, second] = node.takeSent();
  expectPacket(first?.bytes);
  expectPacket(second?.bytes);
  expect(first?.bytes.slice(20, 32)).toEqual(options);
  expect([...(second?.bytes.slice(20, 24) ?? [])]).toEqual(copied);
  expect(ipv4HeaderBytes(second?.bytes as Uint8Array, 0)).toBe(24);
  expect(join([first, second].map((s) => s?.bytes as Uint8Array))).toHaveLength(1408);
});

test('carries every octet once, whatever the size and the options (property)', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1261, max: 1980 }),
      fc.integer({ min: 0, max: 10 }),
      (length, words) => {
        const { node, west } = narrowEast();
        const body = new Uint8Array(length).map((_, i) => i * 7);
        const options = new Uint8Array(words * 4).fill(1);
        node.deliver(
          packet({ from: '172.20.1.1', to: '172.20.2.2', options }, raw(99, body)),
          west,
        );
        const parts = node.takeSent().map((s) => s.bytes);
        for (const part of parts) {
          expectPacket(part);
          expect(part.length).toBeLessThanOrEqual(1280);
        }
        expect(join(parts)).toEqual(body);
        expect(node.slotsInUse()).toBe(0);
      },
    ),
  );
});

test('gives up cleanly when no slot is left', () => {
  const { node, west } = narrowEast(1);
  const original = packet({ from: '172.20.1.1', to: '172.20.2.2' }, udp({ size: 1400 }));
  expect(node.deliver(original, west)).toBe('arena-full');
  expect(node.slotsInUse()).toBe(0);
});

/** Puts fragments together again, asserting that they follow each other. */
function join(parts: readonly Uint8Array[]): Uint8Array {
  const octets: number[] = [];
  for (const [i, part] of parts.entries()) {
    expect(ipv4FragmentOffset(part, 0)).toBe(octets.length);
    expect(ipv4MoreFragments(part, 0)).toBe(i < parts.length - 1);
    octets.push(...part.slice(ipv4HeaderBytes(part, 0)));
  }
  return Uint8Array.from(octets);
}

function narrowEast(slots = 8): { node: TestNode; west: ReturnType<TestNode['tunnel']> } {
  const node = createTestNode({ addresses: ['172.22.100.1'], slots });
  const west = node.tunnel({});
  node.route('172.20.2.0/24', node.tunnel({ mtu: 1280 }));
  return { node, west };
}
