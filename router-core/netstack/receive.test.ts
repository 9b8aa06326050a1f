import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DROP_REASONS } from '../base/drop-reason.ts';
import { seededRandom } from '../base/random.ts';
import { type InterfaceId, interfaceId } from '../base/units.ts';
import { IPV4_MORE_FRAGMENTS, TCP_SYN } from '../packet/index.ts';
import { EXTENSION_HEADERS_MAX } from './limits.ts';
import {
  echoReply,
  echoRequest,
  icmp,
  neighborSolicitation,
  packet,
  raw,
  tcp,
  udp,
} from './testing/build-packet.ts';
import { echo, expectPacket, icmpError } from './testing/expect-packet.ts';
import { at, createTestNode, type TestNode } from './testing/test-node.ts';

const NODE4 = '172.22.100.1';
const NODE6 = 'fd00:100::1';

test('drops what is no IP packet', () => {
  const { node, link } = oneTunnel();
  expect(node.deliver(new Uint8Array(0), link)).toBe('truncated');
  expect(node.deliver(Uint8Array.of(0x45), link)).toBe('truncated');
  expect(node.deliver(Uint8Array.of(0x60, 0), link)).toBe('truncated');
  expect(node.deliver(Uint8Array.of(0x50, 0, 0, 0), link)).toBe('malformed');
  expect(node.deliver(new Uint8Array(40), link)).toBe('malformed');
});

test('drops IPv4 headers that lie about lengths or have a wrong checksum (RFC 1812 §5.2.2)', () => {
  const { node, link } = oneTunnel();
  const good = packet({ from: '172.20.1.1', to: NODE4 }, echoRequest());
  const change = (offset: number, value: number): Uint8Array => {
    const bytes = good.slice();
    bytes[offset] = value;
    return bytes;
  };
  expect(node.deliver(change(0, 0x44), link)).toBe('truncated');
  expect(node.deliver(change(2, 0xff), link)).toBe('truncated');
  expect(node.deliver(change(3, 10), link)).toBe('truncated');
  expect(node.deliver(change(8, 63), link)).toBe('bad-checksum');
  expect(node.deliver(good.slice(0, -1), link)).toBe('truncated');
  expect(node.deliver(good, link)).toBeUndefined();
});

test('drops IPv4 options that lead out of the header', () => {
  const { node, link } = oneTunnel();
  for (const options of [
    [7, 0, 0, 0],
    [7, 1, 0, 0],
    [7, 5, 0, 0],
    [1, 1, 1, 7],
  ]) {
    const bytes = packet(
      { from: '172.20.1.1', to: NODE4, options: Uint8Array.from(options) },
      echoRequest(),
    );
    expect(node.deliver(bytes, link)).toBe('malformed');
  }
});

test('drops IPv6 packets that are shorter than they say', () => {
  const { node, link } = oneTunnel();
  const good = packet({ from: 'fd00:1::1', to: NODE6 }, echoRequest());
  expect(node.deliver(good.slice(0, -1), link)).toBe('truncated');
  expect(node.deliver(good.slice(0, 39), link)).toBe('truncated');
});

test('a fragment waits for the others; a fragment header of a whole packet is none (RFC 6946)', () => {
  const { node, link } = oneTunnel();
  const fragment = (offsetAndMore: number): Uint8Array =>
    packet(
      {
        from: 'fd00:1::1',
        to: NODE6,
        extensions: [
          {
            protocol: 44,
            bytes: Uint8Array.of(0, 0, offsetAndMore >>> 8, offsetAndMore, 0, 0, 0, 1),
          },
        ],
      },
      echoRequest(),
    );
  expect(node.deliver(fragment(1), link)).toBeUndefined();
  expect(node.takeSent()).toEqual([]);
  expect(node.deliver(fragment(0), link)).toBeUndefined();
  expectPacket(node.takeSent()[0]?.bytes, echo('reply'));
  const more = { from: '172.20.1.1', to: NODE4, flags: IPV4_MORE_FRAGMENTS };
  expect(node.deliver(packet(more, echoRequest()), link)).toBeUndefined();
  expect(node.takeSent()).toEqual([]);
});

test('walks over extension headers it may pass over (RFC 8200 §4)', () => {
  const { node, link } = oneTunnel();
  const extensions = [
    { protocol: 0, bytes: Uint8Array.of(0, 0, 5, 2, 0, 0, 1, 0) },
    { protocol: 60, bytes: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0) },
    { protocol: 43, bytes: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0) },
    { protocol: 60, bytes: Uint8Array.of(0, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) },
  ];
  const request = packet({ from: 'fd00:1::1', to: NODE6, extensions }, echoRequest());
  expect(node.deliver(request, link)).toBeUndefined();
  const [reply] = node.takeSent();
  expectPacket(reply?.bytes, echo('reply'));
  expect(reply?.bytes.slice(48)).toEqual(request.slice(40 + 40 + 8));
});

test('does not send on by routing headers (RFC 5095)', () => {
  const { node, link } = oneTunnel();
  const routing = new Uint8Array(24);
  routing.set([0, 2, 0, 1]);
  const extensions = [{ protocol: 43, bytes: routing }];
  const routed = packet({ from: 'fd00:1::1', to: NODE6, extensions }, udp());
  expect(node.deliver(routed, link)).toBe('malformed');
  expectPacket(node.takeSent()[0]?.bytes, icmpError({ type: 4, code: 0, parameter: 42 }));
});

test('treats unknown options as their type asks (RFC 8200 §4.2)', () => {
  const { node, link } = oneTunnel();
  const withOption = (type: number, to = NODE6): Uint8Array =>
    packet(
      {
        from: 'fd00:1::1',
        to,
        extensions: [{ protocol: 60, bytes: Uint8Array.of(0, 0, type, 4, 0, 0, 0, 0) }],
      },
      echoRequest(),
    );
  expect(node.deliver(withOption(0x1e), link)).toBeUndefined();
  expect(node.takeSent()).toHaveLength(1);
  expect(node.deliver(withOption(0x5e), link)).toBe('malformed');
  expect(node.takeSent()).toEqual([]);
  for (const type of [0x9e, 0xde]) {
    expect(node.deliver(withOption(type), link)).toBe('malformed');
    expectPacket(node.takeSent()[0]?.bytes, icmpError({ type: 4, code: 2, parameter: 42 }));
  }
});

test('reads a bounded number of extension headers, all of them inside the packet', () => {
  const { node, link } = oneTunnel();
  const header = { protocol: 60, bytes: new Uint8Array(8) };
  const chain = (count: number): Uint8Array =>
    packet(
      { from: 'fd00:1::1', to: NODE6, extensions: Array.from({ length: count }, () => header) },
      echoRequest(),
    );
  expect(node.deliver(chain(EXTENSION_HEADERS_MAX), link)).toBeUndefined();
  expect(node.deliver(chain(EXTENSION_HEADERS_MAX + 1), link)).toBe('malformed');
  const tooLong = { protocol: 60, bytes: Uint8Array.of(0, 200, 0, 0, 0, 0, 0, 0) };
  const optionTooLong = { protocol: 60, bytes: Uint8Array.of(0, 0, 1, 5, 0, 0, 0, 0) };
  const routingTooLong = { protocol: 43, bytes: Uint8Array.of(0, 200, 0, 0, 0, 0, 0, 0) };
  for (const bad of [tooLong, optionTooLong, routingTooLong]) {
    const bytes = packet({ from: 'fd00:1::1', to: NODE6, extensions: [bad] }, echoRequest());
    expect(node.deliver(bytes, link)).toBe('malformed');
  }
  expect(
    node.deliver(packet({ from: 'fd00:1::1', to: NODE6 }, raw(60, new Uint8Array(4))), link),
  ).toBe('malformed');
});

test('refuses packets of interfaces that do not exist', () => {
  const { node } = oneTunnel();
  const bytes = packet({ from: 'fd00:1::1', to: NODE6 }, echoRequest());
  for (const id of [-1, 1, 4095, 4096, 0x3fffffff]) {
    expect(node.deliver(bytes, interfaceId(id))).toBe('unknown-interface');
  }
  expect(node.slotsInUse()).toBe(0);
});

test('a sink that calls back is a mistake of ours', () => {
  const node = createTestNode({ addresses: [NODE6] });
  const link = node.tunnel({});
  node.sent.push = () => {
    node.deliver(new Uint8Array(1), link);
    return 0;
  };
  const request = packet({ from: 'fd00:1::1', to: NODE6 }, echoRequest());
  expect(() => node.deliver(request, link)).toThrow('a sink does not call back');
});

test('answers any octets with a reason or nothing, and never loses a slot (fuzz)', () => {
  const { node, link } = oneTunnel();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, looksLikeIp) => {
      if (looksLikeIp && bytes.length > 0) bytes[0] = bytes.length % 2 === 0 ? 0x45 : 0x60;
      const reason = node.deliver(bytes, link);
      expect(reason === undefined || DROP_REASONS.includes(reason)).toBe(true);
      node.takeSent();
      expect(node.slotsInUse()).toBe(0);
    }),
    { numRuns: 3000 },
  );
});

test('answers damaged packets with a reason or nothing, and sends only sound ones (fuzz)', () => {
  const { node, link } = oneTunnel();
  const east = node.tunnel({ mtu: 1280 });
  node.route('172.20.2.0/24', east);
  node.route('fd00:2::/48', east);
  const random = seededRandom(11);
  const seeds = seedPackets();
  for (let i = 0; i < 30_000; i++) {
    const bytes = (seeds[random.below(seeds.length)] as Uint8Array).slice();
    const isIpv4 = (bytes[0] as number) >>> 4 === 4;
    for (let flips = random.below(3); flips > 0; flips--) {
      bytes[random.below(Math.min(bytes.length, 90))] = random.below(256);
    }
    // Most damage would end at the checksum of the header.
    if (isIpv4 && random.below(4) > 0) repairHeader(bytes);
    const cut = random.below(8) === 0 ? bytes.slice(0, random.below(bytes.length)) : bytes;
    // Time passes, so that the bucket for errors is rarely empty.
    const reason = node.deliver(cut, link, at(i * 5));
    expect(reason === undefined || DROP_REASONS.includes(reason)).toBe(true);
    for (const sent of node.takeSent()) if (sent.out !== east) expectPacket(sent.bytes);
    node.events();
  }
  expect(node.slotsInUse()).toBe(0);
  expect(node.netstack.lostEvents()).toBe(0);
});

function seedPackets(): Uint8Array[] {
  const from4 = { from: '172.20.1.1' };
  const from6 = { from: 'fd00:1::1' };
  const quoted4 = packet({ from: NODE4, to: '172.20.1.1' }, echoRequest());
  const quoted6 = packet({ from: NODE6, to: 'fd00:1::1' }, udp());
  const options = Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 0, 0x88, 4, 0, 0);
  const extensions = [
    { protocol: 0, bytes: Uint8Array.of(0, 0, 5, 2, 0, 0, 1, 0) },
    { protocol: 44, bytes: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1) },
    { protocol: 60, bytes: Uint8Array.of(0, 0, 1, 4, 0, 0, 0, 0) },
  ];
  return [
    packet({ ...from4, to: NODE4 }, echoRequest()),
    packet({ ...from4, to: NODE4, options }, echoReply({})),
    packet({ ...from4, to: NODE4 }, udp()),
    packet({ ...from4, to: NODE4 }, tcp({ destinationPort: 179, flags: TCP_SYN })),
    packet({ ...from4, to: NODE4 }, icmp(11, 0, 0, quoted4)),
    packet({ ...from4, to: '172.20.2.2' }, udp()),
    packet({ ...from4, to: '172.20.2.2', options }, udp({ size: 1300 })),
    packet({ ...from4, to: '10.0.0.1' }, udp()),
    packet({ ...from6, to: NODE6 }, echoRequest()),
    packet({ ...from6, to: NODE6, extensions }, udp()),
    packet({ ...from6, to: NODE6 }, tcp({ destinationPort: 179, flags: TCP_SYN })),
    packet({ ...from6, to: NODE6 }, icmp(1, 4, 0, quoted6)),
    packet({ ...from6, to: 'fd00:2::2', extensions }, udp()),
    packet({ ...from6, to: 'fd00:2::2' }, udp({ size: 1300 })),
    packet({ ...from6, to: 'fdff::1', extensions }, udp()),
    packet({ from: 'fe80::2', to: 'ff02::1' }, echoRequest()),
    packet({ from: '::', to: 'ff02::1:ff00:1', hopLimit: 255 }, neighborSolicitation('fe80::1')),
  ];
}

function repairHeader(bytes: Uint8Array): void {
  const end = Math.min(((bytes[0] as number) & 15) * 4, bytes.length);
  bytes[10] = 0;
  bytes[11] = 0;
  let sum = 0;
  for (let i = 0; i + 1 < end; i += 2)
    sum += ((bytes[i] as number) << 8) | (bytes[i + 1] as number);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  bytes[10] = ~sum >>> 8;
  bytes[11] = ~sum;
}

function oneTunnel(): { node: TestNode; link: InterfaceId } {
  const node = createTestNode({ addresses: [NODE4, NODE6] });
  const link = node.tunnel({ ours: ['fe80::1'], theirs: ['fe80::2'] });
  node.route('fd00:1::/48', link);
  return { node, link };
}
