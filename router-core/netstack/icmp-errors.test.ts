import { expect, test } from 'vitest';
import type { InterfaceId } from '../base/units.ts';
import {
  ICMPV4_PORT_UNREACHABLE,
  ICMPV4_PROHIBITED,
  ICMPV4_PROTOCOL_UNREACHABLE,
  ICMPV4_UNREACHABLE,
  ICMPV6_PARAMETER_PROBLEM,
  ICMPV6_PORT_UNREACHABLE,
  ICMPV6_UNKNOWN_NEXT_HEADER,
  ICMPV6_UNREACHABLE,
  IPV4_MORE_FRAGMENTS,
} from '../packet/index.ts';
import { ICMP_ERRORS_BURST, ICMP_ERRORS_BURST_TOTAL } from './limits.ts';
import { echoReply, icmp, packet, raw, udp } from './testing/build-packet.ts';
import { expectPacket, icmpError, ip, payloadOf, size } from './testing/expect-packet.ts';
import { at, createTestNode, type TestNode } from './testing/test-node.ts';

const NODE4 = '172.22.100.1';
const NODE6 = 'fd00:100::1';

test('answers UDP to us with "port unreachable" from the address that was asked (RFC 4443 §2.2)', () => {
  const { node, link } = oneTunnel();
  const asked4 = packet({ from: '172.20.1.1', to: '172.22.100.33' }, udp());
  const asked6 = packet({ from: 'fe80::2', to: 'fe80::1' }, udp());
  expect(node.deliver(asked4, link)).toBe('no-listener');
  expect(node.deliver(asked6, link)).toBe('no-listener');
  const [error4, error6] = node.takeSent();
  expectPacket(
    error4?.bytes,
    ip({ from: '172.22.100.33', to: '172.20.1.1' }),
    icmpError({ type: ICMPV4_UNREACHABLE, code: ICMPV4_PORT_UNREACHABLE }, payloadOf(asked4)),
  );
  expectPacket(
    error6?.bytes,
    ip({ from: 'fe80::1', to: 'fe80::2' }),
    icmpError({ type: ICMPV6_UNREACHABLE, code: ICMPV6_PORT_UNREACHABLE }, payloadOf(asked6)),
  );
});

test('names protocols it does not know (RFC 1122 §3.2.2.1, RFC 8200 §4)', () => {
  const { node, link } = oneTunnel();
  const octets = new Uint8Array(24);
  expect(node.deliver(packet({ from: '172.20.1.1', to: NODE4 }, raw(132, octets)), link)).toBe(
    'unknown-protocol',
  );
  expect(node.deliver(packet({ from: 'fd00:1::1', to: NODE6 }, raw(132, octets)), link)).toBe(
    'unknown-protocol',
  );
  const [error4, error6] = node.takeSent();
  expectPacket(
    error4?.bytes,
    icmpError({ type: ICMPV4_UNREACHABLE, code: ICMPV4_PROTOCOL_UNREACHABLE }),
  );
  expectPacket(
    error6?.bytes,
    icmpError({ type: ICMPV6_PARAMETER_PROBLEM, code: ICMPV6_UNKNOWN_NEXT_HEADER, parameter: 6 }),
  );
  expect(node.deliver(packet({ from: 'fd00:1::1', to: NODE6 }, raw(59, octets)), link)).toBe(
    'unknown-protocol',
  );
  expect(node.takeSent()).toEqual([]);
});

test('refuses source routes and says that it is policy (RFC 7126 §4.3)', () => {
  const { node, link } = oneTunnel();
  const options = Uint8Array.of(131, 7, 4, 10, 0, 0, 1, 0);
  const routed = packet({ from: '172.20.1.1', to: NODE4, options }, udp());
  expect(node.deliver(routed, link)).toBe('bad-destination');
  expectPacket(
    node.takeSent()[0]?.bytes,
    icmpError({ type: ICMPV4_UNREACHABLE, code: ICMPV4_PROHIBITED }),
  );
});

test('quotes at least the first 28 octets and fills 576 or 1,280 (RFC 1812 §4.3.2.3, RFC 4443 §2.4)', () => {
  const { node, link } = oneTunnel();
  for (const [data, octets4, octets6] of [
    [0, 56, 96],
    [500, 556, 596],
    [1300, 576, 1280],
  ] as const) {
    node.deliver(packet({ from: '172.20.1.1', to: NODE4 }, udp({ size: data })), link);
    node.deliver(packet({ from: 'fd00:1::1', to: NODE6 }, udp({ size: data })), link);
    const [error4, error6] = node.takeSent();
    expectPacket(error4?.bytes, size(octets4));
    expectPacket(error6?.bytes, size(octets6));
  }
});

test('never reports about errors, later fragments, groups, or itself (RFC 1812 §4.3.2.7)', () => {
  const { node, link } = oneTunnel();
  const toNowhere4 = { from: '172.20.1.1', to: '10.9.9.9' };
  const toNowhere6 = { from: 'fd00:1::1', to: 'fdff::9' };
  const quoted = new Uint8Array(28);
  const fragmentHeader = { protocol: 44, bytes: Uint8Array.of(0, 0, 0x01, 0x00, 0, 0, 0, 1) };
  const silent = [
    packet(toNowhere4, icmp(3, 1, 0, quoted)),
    packet(toNowhere4, icmp(11, 0, 0, quoted)),
    packet(toNowhere4, icmp(5, 0, 0, quoted)),
    packet({ ...toNowhere4, fragmentOffset: 8 }, udp()),
    packet({ ...toNowhere4, from: NODE4 }, udp()),
    packet(toNowhere6, icmp(1, 0, 0, quoted)),
    packet(toNowhere6, icmp(2, 0, 1280, quoted)),
    packet(toNowhere6, icmp(137, 0, 0, quoted)),
    packet({ ...toNowhere6, extensions: [fragmentHeader] }, udp()),
    packet({ ...toNowhere6, from: NODE6 }, udp()),
    packet({ from: 'fe80::2', to: 'ff02::1' }, udp()),
    packet({ from: 'fe80::2', to: 'ff02::1' }, raw(132, quoted)),
  ];
  for (const bytes of silent) expect(node.deliver(bytes, link)).toBeDefined();
  expect(node.takeSent()).toEqual([]);

  const answered = [
    packet(toNowhere4, echoReply({})),
    packet({ ...toNowhere4, flags: IPV4_MORE_FRAGMENTS }, udp({ size: 64 })),
    packet(toNowhere6, echoReply({})),
    packet(
      {
        ...toNowhere6,
        extensions: [{ protocol: 44, bytes: Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1) }],
      },
      udp(),
    ),
  ];
  for (const bytes of answered) node.deliver(bytes, link);
  expect(node.takeSent()).toHaveLength(answered.length);
  expect(node.slotsInUse()).toBe(0);
});

test('reports at the rate of a token bucket per tunnel (RFC 4443 §2.4 f)', () => {
  const { node, link } = oneTunnel();
  const other = node.tunnel({});
  const lost = packet({ from: '172.20.1.1', to: '10.9.9.9' }, udp());
  const errorsOf = (by: InterfaceId, now: number, packets: number): number => {
    for (let i = 0; i < packets; i++) expect(node.deliver(lost, by, at(now))).toBe('no-route');
    return node.takeSent().length;
  };
  expect(errorsOf(link, 0, 200)).toBe(ICMP_ERRORS_BURST);
  expect(node.netstack.drops['icmp-limited']).toBe(200 - ICMP_ERRORS_BURST);
  expect(errorsOf(other, 0, 10)).toBe(10);
  expect(errorsOf(link, 9, 10)).toBe(0);
  expect(errorsOf(link, 100, 200)).toBe(10);
  expect(errorsOf(link, 60_000, 200)).toBe(ICMP_ERRORS_BURST);
  expect(node.netstack.drops['no-route']).toBe(620);
});

test('and at the rate of one bucket for all tunnels together', () => {
  const { node } = oneTunnel();
  const lost = packet({ from: '172.20.1.1', to: '10.9.9.9' }, udp());
  for (let tunnel = 0; tunnel < 10; tunnel++) {
    const by = node.tunnel({});
    for (let i = 0; i < ICMP_ERRORS_BURST; i++) node.deliver(lost, by);
  }
  expect(node.takeSent()).toHaveLength(ICMP_ERRORS_BURST_TOTAL);
});

function oneTunnel(): { node: TestNode; link: InterfaceId } {
  const node = createTestNode({ addresses: [NODE4, NODE6] });
  const link = node.tunnel({ ours: ['fe80::1', '172.22.100.33'], theirs: ['fe80::2'] });
  return { node, link };
}
