import { expect, test } from 'vitest';
import { toHex } from '../base/bytes.ts';
import { formatIpAddress } from '../base/ip-address.ts';
import { udpDestinationPort, udpSourcePort } from '../packet/index.ts';
import type { LinkDatagram } from './link-receiver.ts';
import { packet, udp } from './testing/build-packet.ts';
import { expectPacket, icmpError, ip, viewPacket } from './testing/expect-packet.ts';
import { address, at, createTestNode, type TestNode } from './testing/test-node.ts';

const PORT = 3784;
const PLACES = [
  ['IPv6', 'fe80::1', 'fe80::2'],
  ['IPv4', '172.22.1.1', '172.22.1.2'],
] as const;

function nodeWithLink(): { node: TestNode; link: ReturnType<TestNode['tunnel']> } {
  const node = createTestNode({ addresses: ['172.22.1.1', 'fd00:a::1'] });
  return { node, link: node.tunnel({ ours: ['fe80::1'], theirs: ['fe80::2'] }) };
}

test.each(PLACES)('%s: what is sent leaves by its link with hop limit 255', (_, local, remote) => {
  const { node, link } = nodeWithLink();
  const request = {
    interface: link,
    local: address(local),
    remote: address(remote),
    sourcePort: 50_000,
    destinationPort: PORT,
  };
  expect(node.netstack.sendOnLink(request, Uint8Array.of(1, 2, 3), at(0))).toBeUndefined();
  const [sent] = node.takeSent();
  expect(sent?.out).toBe(link);
  const view = viewPacket(sent?.bytes as Uint8Array);
  expectPacket(sent?.bytes, ip({ from: local, to: remote, hopLimit: 255 }));
  expect(udpSourcePort(view.bytes, view.payload)).toBe(50_000);
  expect(udpDestinationPort(view.bytes, view.payload)).toBe(PORT);
  expect(toHex(view.bytes.subarray(view.payload + 8))).toBe('010203');
  expect(node.slotsInUse()).toBe(0);
});

test.each(PLACES)(
  '%s: a receiver hears the link, the source and how far it came',
  (_, local, remote) => {
    const { node, link } = nodeWithLink();
    const heard: unknown[] = [];
    node.netstack.listenOnLinks(PORT, ({ bytes, start, end, source, ...rest }: LinkDatagram) => {
      heard.push({
        ...rest,
        source: formatIpAddress(source),
        octets: toHex(bytes.slice(start, end)),
      });
      return undefined;
    });
    const datagram = udp({ sourcePort: 50_001, destinationPort: PORT, size: 2 });
    const sent = packet({ from: remote, to: local, hopLimit: 254 }, datagram);
    expect(node.deliver(sent, link)).toBeUndefined();
    expect(heard).toEqual([
      { interface: link, source: remote, sourcePort: 50_001, hopLimit: 254, octets: '0809' },
    ]);
    expect(node.takeSent()).toEqual([]);
    expect(node.slotsInUse()).toBe(0);
  },
);

test('what a receiver refuses is counted by its reason and not answered', () => {
  const { node, link } = nodeWithLink();
  node.netstack.listenOnLinks(PORT, () => 'hop-limit-low');
  const sent = packet({ from: 'fe80::2', to: 'fe80::1' }, udp({ destinationPort: PORT }));
  expect(node.deliver(sent, link)).toBe('hop-limit-low');
  expect(node.netstack.drops['hop-limit-low']).toBe(1);
  expect(node.takeSent()).toEqual([]);
  expect(node.slotsInUse()).toBe(0);
});

test('other ports are told that nobody listens, and a dead link that there is none', () => {
  const { node, link } = nodeWithLink();
  node.netstack.listenOnLinks(PORT, () => undefined);
  const sent = packet({ from: 'fe80::2', to: 'fe80::1' }, udp({ destinationPort: PORT + 1 }));
  expect(node.deliver(sent, link)).toBe('no-listener');
  expectPacket(node.takeSent()[0]?.bytes, icmpError({ type: 1, code: 4 }));
  node.netstack.removeInterface(link, at(0));
  const request = {
    interface: link,
    local: address('fe80::1'),
    remote: address('fe80::2'),
    sourcePort: 50_000,
    destinationPort: PORT,
  };
  expect(node.netstack.sendOnLink(request, new Uint8Array(1), at(0))).toBe('unknown-interface');
  expect(node.slotsInUse()).toBe(0);
});
