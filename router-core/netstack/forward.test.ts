import { expect, test } from 'vitest';
import { DISCARD } from '../base/units.ts';
import {
  ICMPV4_FRAGMENTATION_NEEDED,
  ICMPV4_HOST_UNREACHABLE,
  ICMPV4_NET_UNREACHABLE,
  ICMPV4_TIME_EXCEEDED,
  ICMPV4_UNREACHABLE,
  ICMPV6_ADDRESS_UNREACHABLE,
  ICMPV6_BEYOND_SCOPE,
  ICMPV6_NO_ROUTE,
  ICMPV6_PACKET_TOO_BIG,
  ICMPV6_TIME_EXCEEDED,
  ICMPV6_UNREACHABLE,
  IPV4_DONT_FRAGMENT,
  IPV4_MORE_FRAGMENTS,
} from '../packet/index.ts';
import { echoRequest, packet, udp } from './testing/build-packet.ts';
import { expectPacket, icmpError, ip, payloadOf, size } from './testing/expect-packet.ts';
import { at, createTestNode, type TestNode } from './testing/test-node.ts';

const NODE4 = '172.22.100.1';
const NODE6 = 'fd00:100::1';

test('forwards by the longest prefix with one hop less and a right checksum (RFC 1812 §5.3.1)', () => {
  const { node, west, east } = twoTunnels();
  const packet4 = packet({ from: '172.20.1.1', to: '172.20.2.2', hopLimit: 9 }, udp());
  const packet6 = packet({ from: 'fd00:1::1', to: 'fd00:2::2', hopLimit: 9 }, udp());
  expect(node.deliver(packet4, west)).toBeUndefined();
  expect(node.deliver(packet6, west)).toBeUndefined();
  const [sent4, sent6] = node.takeSent();
  expect([sent4?.out, sent6?.out]).toEqual([east, east]);
  expectPacket(sent4?.bytes, ip({ from: '172.20.1.1', hopLimit: 8 }), payloadOf(packet4));
  expectPacket(sent6?.bytes, ip({ to: 'fd00:2::2', hopLimit: 8 }), payloadOf(packet6));
  expect(node.slotsInUse()).toBe(0);
});

test('keeps the checksum right for every TTL (RFC 1624 §3)', () => {
  const { node, west } = twoTunnels();
  for (let hopLimit = 2; hopLimit <= 255; hopLimit++) {
    node.deliver(packet({ from: '172.20.1.1', to: '172.20.2.2', hopLimit }, udp()), west);
    expectPacket(node.takeSent()[0]?.bytes, ip({ hopLimit: hopLimit - 1 }));
  }
});

test('drops the padding of the tunnel before forwarding', () => {
  const { node, west } = twoTunnels();
  for (const original of [
    packet({ from: '172.20.1.1', to: '172.20.2.2' }, udp({ size: 3 })),
    packet({ from: 'fd00:1::1', to: 'fd00:2::2' }, udp({ size: 3 })),
  ]) {
    const padded = new Uint8Array(original.length + 13);
    padded.set(original);
    node.deliver(padded, west);
    expectPacket(node.takeSent()[0]?.bytes, size(original.length));
  }
});

test('answers an expired hop limit from the address of the node (RFC 4443 §3.3, RFC 1812 §5.3.1)', () => {
  const { node, west } = twoTunnels();
  for (const hopLimit of [0, 1]) {
    const original4 = packet({ from: '172.20.1.1', to: '172.20.2.2', hopLimit }, udp());
    expect(node.deliver(original4, west)).toBe('hop-limit-exceeded');
    const [error4] = node.takeSent();
    expect(error4?.out).toBe(west);
    expectPacket(
      error4?.bytes,
      ip({ from: NODE4, to: '172.20.1.1', hopLimit: 64 }),
      icmpError(
        { type: ICMPV4_TIME_EXCEEDED, code: 0, parameter: 0 },
        ip({ from: '172.20.1.1', to: '172.20.2.2', hopLimit }),
        payloadOf(original4),
      ),
    );
    const original6 = packet({ from: 'fd00:1::1', to: 'fd00:2::2', hopLimit }, udp());
    expect(node.deliver(original6, west)).toBe('hop-limit-exceeded');
    expectPacket(
      node.takeSent()[0]?.bytes,
      ip({ from: NODE6, to: 'fd00:1::1' }),
      icmpError({ type: ICMPV6_TIME_EXCEEDED, code: 0 }, ip({ hopLimit }), payloadOf(original6)),
    );
  }
  expect(node.netstack.drops['hop-limit-exceeded']).toBe(4);
  expect(node.slotsInUse()).toBe(0);
});

test('shows 192.0.0.8 in an IPv4 traceroute when the node has no IPv4 address (RFC 7600)', () => {
  const node = createTestNode({ addresses: [NODE6] });
  const west = node.tunnel({ ours: ['fe80::1'] });
  node.route('172.20.0.0/16', node.tunnel({}));
  node.deliver(packet({ from: '172.22.1.1', to: '172.20.2.2', hopLimit: 1 }, udp()), west);
  expectPacket(node.takeSent()[0]?.bytes, ip({ from: '192.0.0.8' }));
});

test('says that there is no route (RFC 4443 §3.1, RFC 1812 §5.2.7.1)', () => {
  const { node, west } = twoTunnels();
  expect(node.deliver(packet({ from: '172.20.1.1', to: '10.9.9.9' }, udp()), west)).toBe(
    'no-route',
  );
  expect(node.deliver(packet({ from: 'fd00:1::1', to: 'fdff::9' }, udp()), west)).toBe('no-route');
  const [error4, error6] = node.takeSent();
  expectPacket(
    error4?.bytes,
    icmpError({ type: ICMPV4_UNREACHABLE, code: ICMPV4_NET_UNREACHABLE }, ip({ to: '10.9.9.9' })),
  );
  expectPacket(
    error6?.bytes,
    icmpError({ type: ICMPV6_UNREACHABLE, code: ICMPV6_NO_ROUTE }, ip({ to: 'fdff::9' })),
  );
});

test('sends nothing back into the tunnel it came from (RFC 4443 §3.1, code 3)', () => {
  const { node, east } = twoTunnels();
  node.deliver(packet({ from: '172.20.2.3', to: '172.20.2.2' }, udp()), east);
  node.deliver(packet({ from: 'fd00:2::3', to: 'fd00:2::2' }, udp()), east);
  const [error4, error6] = node.takeSent();
  expectPacket(
    error4?.bytes,
    icmpError({ type: ICMPV4_UNREACHABLE, code: ICMPV4_HOST_UNREACHABLE }),
  );
  expectPacket(
    error6?.bytes,
    icmpError({ type: ICMPV6_UNREACHABLE, code: ICMPV6_ADDRESS_UNREACHABLE }),
  );
});

test('reports the MTU of the next tunnel for what may not be cut (RFC 8201 §3, RFC 1191 §4)', () => {
  const { node, west } = twoTunnels({ mtu: 1300 });
  const whole6 = packet({ from: 'fd00:1::1', to: 'fd00:2::2' }, udp({ size: 1300 - 48 }));
  expect(node.deliver(whole6, west)).toBeUndefined();
  expectPacket(node.takeSent()[0]?.bytes, size(1300));

  const big6 = packet({ from: 'fd00:1::1', to: 'fd00:2::2' }, udp({ size: 1300 - 47 }));
  expect(node.deliver(big6, west)).toBe('too-big');
  expectPacket(
    node.takeSent()[0]?.bytes,
    size(1280),
    icmpError({ type: ICMPV6_PACKET_TOO_BIG, code: 0, parameter: 1300 }, ip({ hopLimit: 64 })),
  );

  const big4 = packet(
    { from: '172.20.1.1', to: '172.20.2.2', flags: IPV4_DONT_FRAGMENT },
    udp({ size: 1300 }),
  );
  expect(node.deliver(big4, west)).toBe('too-big');
  expectPacket(
    node.takeSent()[0]?.bytes,
    size(576),
    icmpError({ type: ICMPV4_UNREACHABLE, code: ICMPV4_FRAGMENTATION_NEEDED, parameter: 1300 }),
  );
});

test('passes fragments of others through', () => {
  const { node, west } = twoTunnels();
  const first = packet(
    { from: '172.20.1.1', to: '172.20.2.2', flags: IPV4_MORE_FRAGMENTS },
    udp({ size: 64 }),
  );
  const later = packet({ from: '172.20.1.1', to: '172.20.2.2', fragmentOffset: 72 }, udp());
  expect(node.deliver(first, west)).toBeUndefined();
  expect(node.deliver(later, west)).toBeUndefined();
  expect(node.takeSent()).toHaveLength(2);
});

test('keeps link-local packets on their link (RFC 3927 §7, RFC 4007 §9)', () => {
  const { node, west } = twoTunnels();
  node.route('fe80::/10', west);
  node.route('169.254.0.0/16', west);
  const tell = (from: string, to: string): string | undefined =>
    node.deliver(packet({ from, to }, udp()), west);
  expect(tell('169.254.1.1', '172.20.2.2')).toBe('bad-source');
  expect(tell('172.20.1.1', '169.254.7.7')).toBe('bad-destination');
  expect(tell('fd00:1::1', 'fe80::77')).toBe('bad-destination');
  expect(node.takeSent()).toEqual([]);
  expect(tell('fe80::2', 'fd00:2::2')).toBe('bad-source');
  expectPacket(
    node.takeSent()[0]?.bytes,
    ip({ from: 'fe80::1', to: 'fe80::2' }),
    icmpError({ type: ICMPV6_UNREACHABLE, code: ICMPV6_BEYOND_SCOPE }),
  );
});

test('drops martians without a word (RFC 1812 §5.3.7, RFC 4291 §2.5)', () => {
  const { node, west } = twoTunnels();
  node.route('0.0.0.0/0', west);
  node.route('::/0', west);
  const cases: [from: string, to: string, reason: string][] = [
    ['127.0.0.1', '172.20.2.2', 'bad-source'],
    ['0.0.0.0', '172.20.2.2', 'bad-source'],
    ['224.0.0.5', '172.20.2.2', 'bad-source'],
    ['255.255.255.255', '172.20.2.2', 'bad-source'],
    ['172.20.1.1', '127.0.0.1', 'bad-destination'],
    ['172.20.1.1', '0.0.0.0', 'bad-destination'],
    ['172.20.1.1', '255.255.255.255', 'bad-destination'],
    ['172.20.1.1', '224.0.0.5', 'not-for-us'],
    ['::1', 'fd00:2::2', 'bad-source'],
    ['::', 'fd00:2::2', 'bad-source'],
    ['ff02::1', 'fd00:2::2', 'bad-source'],
    ['fd00:1::1', '::1', 'bad-destination'],
    ['fd00:1::1', '::', 'bad-destination'],
    ['fd00:1::1', 'ff02::5', 'not-for-us'],
    ['fd00:1::1', 'ff0e::1', 'not-for-us'],
  ];
  for (const [from, to, reason] of cases) {
    expect(node.deliver(packet({ from, to }, udp()), west), `${from} to ${to}`).toBe(reason);
  }
  expect(node.takeSent()).toEqual([]);
  expect(node.slotsInUse()).toBe(0);
});

test('discards what a route says without a word (RFC 7999)', () => {
  const { node, west } = twoTunnels();
  node.route('172.20.2.9/32', DISCARD);
  node.route('fd00:2::9/128', DISCARD);
  for (const hopLimit of [1, 64]) {
    expect(
      node.deliver(packet({ from: '172.20.1.1', to: '172.20.2.9', hopLimit }, udp()), west),
    ).toBe('blackhole');
    expect(
      node.deliver(packet({ from: 'fd00:1::1', to: 'fd00:2::9', hopLimit }, udp()), west),
    ).toBe('blackhole');
  }
  expect(node.takeSent()).toEqual([]);
  expect(node.netstack.drops.blackhole).toBe(4);
  node.deliver(packet({ from: '172.20.1.1', to: '172.20.2.8' }, udp()), west);
  expect(node.takeSent()).toHaveLength(1);
  expect(node.slotsInUse()).toBe(0);
});

test('does not forward to a removed tunnel, nor take packets from it', () => {
  const { node, west, east } = twoTunnels();
  node.netstack.removeInterface(east, at(0));
  const original = packet({ from: '172.20.1.1', to: '172.20.2.2' }, udp());
  expect(node.deliver(original, west)).toBe('no-route');
  expect(node.deliver(original, east)).toBe('unknown-interface');
  expect(node.netstack.routes.size[4]).toBe(1);
});

test('counts packets and octets of both directions', () => {
  const { node, west, east } = twoTunnels();
  const original = packet({ from: 'fd00:1::1', to: 'fd00:2::2' }, echoRequest({ size: 52 }));
  node.deliver(original, west, at(5));
  node.deliver(original, west, at(7));
  expect(node.netstack.interfaceView(west)).toEqual({
    refusedReversePath: 0,
    refusedBogons: 0,
    rxPackets: 2,
    rxBytes: 200,
    txPackets: 0,
    txBytes: 0,
    lastReceived: 7,
  });
  expect(node.netstack.interfaceView(east)).toMatchObject({ txPackets: 2, txBytes: 200 });
});

function twoTunnels(eastConfig: { mtu?: number } = {}): {
  node: TestNode;
  west: ReturnType<TestNode['tunnel']>;
  east: ReturnType<TestNode['tunnel']>;
} {
  const node = createTestNode({ addresses: [NODE4, NODE6] });
  const west = node.tunnel({ ours: ['fe80::1'], theirs: ['fe80::2'] });
  const east = node.tunnel({ ours: ['fe80::1'], theirs: ['fe80::3'], ...eastConfig });
  node.route('172.20.1.0/24', west);
  node.route('172.20.2.0/24', east);
  node.route('fd00:1::/48', west);
  node.route('fd00:2::/48', east);
  return { node, west, east };
}
