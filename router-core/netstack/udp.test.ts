import { expect, test } from 'vitest';
import { UDP_PORTS_MAX } from './limits.ts';
import { packet, udp } from './testing/build-packet.ts';
import { expectPacket, ip } from './testing/expect-packet.ts';
import { address, at, createTestNode } from './testing/test-node.ts';

const US = '172.20.1.1';
const SERVER = '172.20.0.53';
const NOW = at(0);

test('a question leaves from the node, and its answer is an event', () => {
  const { node, link, port } = asking();
  expect(node.netstack.sendUdp(port, Uint8Array.of(1, 2, 3), NOW)).toBeUndefined();
  const [sent] = node.takeSent();
  expect(sent?.out).toBe(link);
  expectPacket(sent?.bytes, ip({ from: US, to: SERVER, hopLimit: 64 }));
  expect(
    deliver(node, link, { from: SERVER, sourcePort: 53, destinationPort: port }),
  ).toBeUndefined();
  const answers = node.events().filter(({ kind }) => kind === 'datagram');
  expect(answers).toMatchObject([{ port, interface: link, at: NOW }]);
  expect(node.slotsInUse()).toBe(0);
});

test('nobody else is heard, and is told what a closed port tells (RFC 1122 §4.1.3.1)', () => {
  const { node, link, port } = asking();
  for (const wrong of [
    { from: '172.20.0.54', sourcePort: 53, destinationPort: port },
    { from: SERVER, sourcePort: 54, destinationPort: port },
    { from: SERVER, sourcePort: 53, destinationPort: (port % 65_535) + 1 },
  ])
    expect(deliver(node, link, wrong)).toBe('no-listener');
  expect(node.takeSent().length).toBe(3);
  node.netstack.closeUdp(port);
  expect(deliver(node, link, { from: SERVER, sourcePort: 53, destinationPort: port })).toBe(
    'no-listener',
  );
  expect(node.events().some(({ kind }) => kind === 'datagram')).toBe(false);
  expect(node.slotsInUse()).toBe(0);
});

test('why a datagram could not leave', () => {
  const { node, port } = asking();
  expect(node.netstack.sendUdp(port, new Uint8Array(9200), NOW)).toBe('too-big');
  const unknown = node.netstack.openUdp(address('172.22.0.1'), 53) ?? 0;
  expect(node.netstack.sendUdp(unknown, new Uint8Array(1), NOW)).toBe('no-route');
  node.netstack.closeUdp(port);
  expect(node.netstack.sendUdp(port, new Uint8Array(1), NOW)).toBe('no-listener');
  expect(node.slotsInUse()).toBe(0);
});

test('so many ports and no more', () => {
  const { node } = asking();
  const ports = Array.from({ length: UDP_PORTS_MAX }, () =>
    node.netstack.openUdp(address(SERVER), 53),
  ).filter((port) => port !== undefined);
  expect(ports.length).toBe(UDP_PORTS_MAX - 1);
  expect(new Set(ports).size).toBe(ports.length);
});

function asking() {
  const node = createTestNode({ addresses: [US] });
  const link = node.tunnel({ ours: ['fe80::1'] });
  node.route('172.20.0.0/24', link);
  const port = node.netstack.openUdp(address(SERVER), 53);
  if (port === undefined) throw new Error('no port');
  return { node, link, port };
}

function deliver(
  node: ReturnType<typeof createTestNode>,
  link: ReturnType<ReturnType<typeof createTestNode>['tunnel']>,
  { from, ...ports }: { from: string; sourcePort: number; destinationPort: number },
) {
  return node.deliver(packet({ from, to: US }, udp(ports)), link, NOW);
}
