import { expect, test } from 'vitest';
import type { InterfaceId } from '../base/units.ts';
import { ICMPV6_ROUTER_ADVERTISEMENT, ICMPV6_ROUTER_SOLICITATION } from '../packet/index.ts';
import {
  addressBytes,
  echoReply,
  echoRequest,
  icmp,
  neighborSolicitation,
  packet,
} from './testing/build-packet.ts';
import {
  echo,
  expectPacket,
  ip,
  neighborAdvertisement,
  payloadOf,
} from './testing/expect-packet.ts';
import { address, createTestNode, type TestNode } from './testing/test-node.ts';

const NODE4 = '172.22.100.1';
const NODE6 = 'fd00:100::1';

test('answers echo requests to every address of ours from that address (RFC 1122 §3.2.2.6)', () => {
  const { node, link } = oneTunnel();
  const cases: [from: string, to: string][] = [
    ['172.20.1.1', NODE4],
    ['172.20.1.1', '172.22.100.33'],
    ['fd00:1::1', NODE6],
    ['fe80::2', 'fe80::1'],
    ['fe80::2', NODE6],
  ];
  for (const [from, to] of cases) {
    const request = packet({ from, to, hopLimit: 3 }, echoRequest({ identifier: 7, sequence: 9 }));
    expect(node.deliver(request, link)).toBeUndefined();
    const [reply] = node.takeSent();
    expect(reply?.out).toBe(link);
    expectPacket(
      reply?.bytes,
      ip({ from: to, to: from, hopLimit: 64 }),
      echo('reply', { identifier: 7, sequence: 9 }),
    );
    expect(reply?.bytes.slice(-56)).toEqual(request.slice(-56));
  }
  expect(node.slotsInUse()).toBe(0);
});

test('answers by the forwarding table, which need not be the way the request came', () => {
  const { node, link } = oneTunnel();
  const other = node.tunnel({});
  node.route('172.20.1.0/24', other);
  node.deliver(packet({ from: '172.20.1.1', to: NODE4 }, echoRequest()), link);
  expect(node.takeSent()[0]?.out).toBe(other);
});

test('answers a request to all nodes of the link from the address of the link (RFC 4443 §4.2)', () => {
  const { node, link } = oneTunnel();
  node.deliver(packet({ from: 'fe80::2', to: 'ff02::1', hopLimit: 1 }, echoRequest()), link);
  expectPacket(node.takeSent()[0]?.bytes, ip({ from: 'fe80::1', to: 'fe80::2' }), echo('reply'));
});

test('a link-local address is ours on its own link only (RFC 4007 §9)', () => {
  const { node, link } = oneTunnel();
  const other = node.tunnel({ ours: ['fe80::9'] });
  const request = packet({ from: 'fe80::2', to: 'fe80::9' }, echoRequest());
  expect(node.deliver(request, link)).toBe('bad-destination');
  expect(node.deliver(request, other)).toBeUndefined();
});

test('forgets the addresses of a tunnel that changed', () => {
  const { node, link } = oneTunnel();
  const request = packet({ from: 'fe80::2', to: 'fe80::1' }, echoRequest());
  expect(node.deliver(request, link)).toBeUndefined();
  node.netstack.updateInterface(link, { addresses: [] });
  expect(node.deliver(request, link)).toBe('bad-destination');
});

test('drops IPv4 options of a request from the reply', () => {
  const { node, link } = oneTunnel();
  const options = Uint8Array.of(1, 1, 1, 0);
  const request = packet({ from: '172.20.1.1', to: NODE4, options }, echoRequest());
  node.deliver(request, link);
  const [reply] = node.takeSent();
  expectPacket(reply?.bytes, echo('reply'));
  expect(reply?.bytes.slice(28)).toEqual(request.slice(32));
});

test('drops requests with a wrong checksum, too short, or from our own address', () => {
  const { node, link } = oneTunnel();
  for (const [from, to] of [
    ['172.20.1.1', NODE4],
    ['fd00:1::1', NODE6],
  ] as const) {
    const broken = packet({ from, to }, echoRequest());
    broken[broken.length - 1] = (broken.at(-1) as number) ^ 1;
    expect(node.deliver(broken, link)).toBe('bad-checksum');
    expect(node.deliver(packet({ from: to, to }, echoRequest()), link)).toBe('bad-source');
  }
  expect(node.takeSent()).toEqual([]);
});

test('ignores echo replies nobody asked for', () => {
  const { node, link } = oneTunnel();
  const reply = packet({ from: 'fd00:1::1', to: NODE6 }, echoReply({ sequence: 1 }));
  expect(node.deliver(reply, link)).toBe('no-listener');
  expect(node.events().map((e) => e.kind)).toEqual(['first-inner-packet']);
});

test('advertises our addresses to who solicits them (RFC 4861 §7.2.4)', () => {
  const { node, link } = oneTunnel();
  for (const target of ['fe80::1', NODE6]) {
    const to = `ff02::1:ff00:${target.slice(-1)}`;
    const solicitation = packet(
      { from: 'fe80::2', to, hopLimit: 255 },
      neighborSolicitation(target, Uint8Array.of(1, 1, 2, 3, 4, 5, 6, 7)),
    );
    expect(node.deliver(solicitation, link)).toBeUndefined();
    expectPacket(
      node.takeSent()[0]?.bytes,
      ip({ from: target, to: 'fe80::2', hopLimit: 255 }),
      neighborAdvertisement({ target: addressBytes(target), isSolicited: true }),
    );
  }
});

test('defends its address against duplicate address detection (RFC 4862 §5.4.3)', () => {
  const { node, link } = oneTunnel();
  const probe = packet(
    { from: '::', to: 'ff02::1:ff00:1', hopLimit: 255 },
    neighborSolicitation('fe80::1'),
  );
  expect(node.deliver(probe, link)).toBeUndefined();
  expectPacket(
    node.takeSent()[0]?.bytes,
    ip({ from: 'fe80::1', to: 'ff02::1' }),
    neighborAdvertisement({ target: addressBytes('fe80::1'), isSolicited: false }),
  );
});

test('is silent about solicitations that are invalid or about others (RFC 4861 §7.1.1)', () => {
  const { node, link } = oneTunnel();
  const to = 'ff02::1:ff00:1';
  const valid = { from: 'fe80::2', to, hopLimit: 255 };
  const cases: [bytes: Uint8Array, reason: string][] = [
    [packet({ ...valid, hopLimit: 254 }, neighborSolicitation('fe80::1')), 'malformed'],
    [packet(valid, neighborSolicitation('ff02::1')), 'malformed'],
    [
      packet(valid, neighborSolicitation('fe80::1', Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0))),
      'malformed',
    ],
    [
      packet(valid, neighborSolicitation('fe80::1', Uint8Array.of(1, 2, 0, 0, 0, 0, 0, 0))),
      'malformed',
    ],
    [packet(valid, icmp(135, 1, 0, addressBytes('fe80::1'))), 'malformed'],
    [packet({ ...valid, from: '::', to: 'ff02::1' }, neighborSolicitation('fe80::1')), 'malformed'],
    [
      packet(
        { ...valid, from: '::' },
        neighborSolicitation('fe80::1', Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 0)),
      ),
      'malformed',
    ],
    [packet(valid, neighborSolicitation('fe80::77')), 'not-for-us'],
  ];
  for (const [bytes, reason] of cases) expect(node.deliver(bytes, link)).toBe(reason);
  expect(node.takeSent()).toEqual([]);
});

test('drops router and listener discovery quietly', () => {
  const { node, link } = oneTunnel();
  for (const type of [
    ICMPV6_ROUTER_SOLICITATION,
    ICMPV6_ROUTER_ADVERTISEMENT,
    136,
    137,
    130,
    143,
  ]) {
    const bytes = packet({ from: 'fe80::2', to: 'ff02::1', hopLimit: 255 }, icmp(type));
    expect(node.deliver(bytes, link)).toBe('not-for-us');
  }
  const report = packet({ from: '::', to: 'ff02::16', hopLimit: 1 }, icmp(143));
  expect(node.deliver(report, link)).toBe('not-for-us');
  expect(node.takeSent()).toEqual([]);
});

test('tells once when the peer speaks from another link-local address', () => {
  const { node, link } = oneTunnel();
  const from = (source: string, milliseconds: number): void => {
    node.deliver(
      packet({ from: source, to: 'fe80::1' }, echoRequest()),
      link,
      milliseconds as never,
    );
  };
  from('fe80::2', 0);
  from('fe80::bad', 1);
  from('fe80::bad', 5000);
  from('fe80::bad2', 5001);
  from('fe80::bad3', 5002);
  const mismatches = node.events().filter((e) => e.kind === 'inner-source-mismatch');
  expect(mismatches.map((e) => e.at)).toEqual([1, 5001]);
  expect(mismatches[0]?.source.bytes).toEqual(addressBytes('fe80::bad'));

  node.netstack.updateInterface(link, { peerAddresses: [address('fe80::bad3')] });
  from('fe80::bad3', 5003);
  from('fe80::2', 5004);
  expect(node.events().map((e) => e.at)).toEqual([5004]);
});

test('a second link-local address that a kernel made for itself is no mismatch', () => {
  const { node, link } = oneTunnel();
  const deliver = (source: string, to: string, type: number, ms: number): void => {
    const hopLimit = to === 'fe80::1' ? 64 : 255;
    node.deliver(packet({ from: source, to, hopLimit }, icmp(type)), link, ms as never);
  };
  node.events();
  deliver('fe80::aa:bb', 'ff02::2', 133, 1); // router solicitation
  deliver('fe80::aa:bb', 'ff02::16', 143, 2); // MLD
  deliver('fe80::aa:bb', 'ff02::1', 136, 3); // neighbor advertisement
  const kinds = (): string[] => node.events().map((event) => event.kind);
  expect(kinds()).toEqual(['first-inner-packet']);
  deliver('fe80::aa:bb', 'fe80::1', 128, 4);
  expect(kinds()).toEqual(['inner-source-mismatch']);
  deliver('fe80::2', 'ff02::16', 143, 5);
  deliver('fe80::2', 'ff02::16', 143, 6);
  expect(kinds()).toEqual(['inner-source-right']);
});

test('tells about the first packet of a tunnel, again after the tunnel was made anew', () => {
  const { node, link } = oneTunnel();
  const request = packet({ from: '172.20.1.1', to: NODE4 }, echoRequest());
  node.deliver(request, link);
  node.deliver(request, link);
  expect(node.events()).toEqual([{ kind: 'first-inner-packet', interface: link, at: 0 }]);
  const again = node.tunnel({});
  node.deliver(request, again);
  expect(node.events()).toHaveLength(1);
});

test('replies carry exactly what was asked', () => {
  const { node, link } = oneTunnel();
  const request = packet({ from: 'fd00:1::1', to: NODE6 }, echoRequest({ size: 1300 }));
  node.deliver(request, link);
  const reply = node.takeSent()[0]?.bytes as Uint8Array;
  const expected = packet({ from: NODE6, to: 'fd00:1::1' }, echoReply({}));
  expect(reply.slice(48)).toEqual(request.slice(48));
  expectPacket(expected, payloadOf(expected));
});

function oneTunnel(): { node: TestNode; link: InterfaceId } {
  const node = createTestNode({ addresses: [NODE4, NODE6] });
  const link = node.tunnel({ ours: ['fe80::1', '172.22.100.33'], theirs: ['fe80::2'] });
  return { node, link };
}
