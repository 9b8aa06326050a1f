import { expect, test } from 'vitest';
import type { InterfaceId } from '../base/units.ts';
import { DEFAULT_TCP_LIMITS, ROUTED, type TcpEvent } from './tcp/index.ts';
import {
  address,
  at,
  createTestNetwork,
  createTestNode,
  type TestNode,
} from './testing/test-node.ts';

const A4 = '172.20.1.1';
const B4 = '172.20.2.2';
const NOW = at(0);

test('what leaves by one tunnel may be answered by another: routing in DN42 is asymmetric', () => {
  const { a, b, network } = twoWays();
  a.node.route(`${B4}/32`, a.first);
  b.node.route(`${A4}/32`, b.second);
  b.node.netstack.tcp.listen(80, { isRouted: true });
  const id = connect(a.node);
  network.settle(NOW);
  expect(kinds(a.node)).toEqual(['connected']);
  const incoming = events(b.node)[0];
  if (incoming?.kind !== 'incoming') throw new Error('nobody came');
  expect(incoming.interface).toBe(ROUTED);
  a.node.netstack.tcp.write(id, Uint8Array.of(1, 2, 3), 0, 3, NOW);
  network.settle(NOW);
  const into = new Uint8Array(10);
  expect(b.node.netstack.tcp.read(incoming.connection, into, NOW)).toBe(3);
  // The way changes under the connection.
  a.node.route(`${B4}/32`, a.second);
  a.node.netstack.removeInterface(a.first, NOW);
  a.node.netstack.tcp.write(id, Uint8Array.of(4), 0, 1, NOW);
  network.settle(NOW);
  expect(b.node.netstack.tcp.read(incoming.connection, into, NOW)).toBe(1);
});

test('a link-local address has no routed port (RFC 4007 §9)', () => {
  const { a, b, network } = twoWays();
  b.node.netstack.tcp.listen(80, { isRouted: true });
  b.node.netstack.tcp.listen(179);
  const to = (remotePort: number): string[] => {
    const [local, remote] = [address('fe80::a'), address('fe80::b')];
    a.node.netstack.tcp.connect({ interface: a.first, local, remote, remotePort }, NOW);
    network.settle(NOW);
    return kinds(a.node);
  };
  expect(to(80)).toEqual(['closed refused']);
  expect(to(179)).toEqual(['connected']);
});

test('a neighbor that must sign its session visits a service like anybody', () => {
  const { a, b, network } = twoWays();
  a.node.route(`${B4}/32`, a.first);
  b.node.route(`${A4}/32`, b.first);
  const { tcp } = b.node.netstack;
  const md5Key = new TextEncoder().encode('moss');
  tcp.addNeighbor({ interface: b.first, remote: address(A4), md5Key, hopLimitMin: 255 });
  tcp.listen(80, { isRouted: true });
  tcp.listen(179);
  connect(a.node);
  network.settle(NOW);
  expect(kinds(a.node)).toEqual(['connected']);
  connect(a.node, 179);
  network.settle(NOW);
  expect(kinds(a.node)).toEqual([]);
  expect(kinds(b.node)).toEqual(['incoming', 'segments-refused']);
});

test('however many visit, the tunnel they come by has room for its session', () => {
  const { a, b, network } = twoWays();
  a.node.route(`${B4}/32`, a.first);
  b.node.route(`${A4}/32`, b.first);
  b.node.netstack.tcp.listen(80, { isRouted: true });
  b.node.netstack.tcp.listen(179);
  const visits = DEFAULT_TCP_LIMITS.connectionsPerInterface + 8;
  for (let i = 0; i < visits; i++) {
    connect(a.node);
    network.settle(NOW);
    events(b.node);
  }
  expect(kinds(a.node).filter((kind) => kind === 'connected').length).toBe(visits);
  const [local, remote] = [address('fe80::a'), address('fe80::b')];
  a.node.netstack.tcp.connect({ interface: a.first, local, remote, remotePort: 179 }, NOW);
  network.settle(NOW);
  expect(kinds(a.node)).toEqual(['connected']);
});

test('an error that may pass ends a routed SYN, and no other (RFC 5461 §3.1)', () => {
  const { a, b, network } = twoWays();
  a.node.route('172.20.3.0/24', a.first);
  b.node.route(`${A4}/32`, b.first);
  const local = address(A4);
  const remote = address('172.20.3.3');
  a.node.netstack.tcp.connect({ interface: ROUTED, local, remote, remotePort: 80 }, NOW);
  a.node.netstack.tcp.connect({ interface: a.first, local, remote, remotePort: 80 }, NOW);
  // The other router has no route and says so.
  network.settle(NOW);
  expect(kinds(a.node)).toEqual(['closed unreachable']);
});

test('our own addresses are reached by no packet, and without a route nothing is sent', () => {
  const { a } = twoWays();
  a.node.route(`${B4}/32`, a.first);
  const from = (remote: string) => a.node.netstack.sourceFor(address(remote));
  expect(from(B4)).toEqual(address(A4));
  expect(from(A4)).toBeUndefined();
  expect(from('172.22.0.1')).toBeUndefined();
  // A route, and no address of the family.
  a.node.route('fd00:2::/48', a.first);
  expect(from('fd00:2::2')).toBeUndefined();
});

type Side = { readonly node: TestNode; readonly first: InterfaceId; readonly second: InterfaceId };

/** Two nodes with two tunnels between them and no routes. */
function twoWays(): { a: Side; b: Side; network: ReturnType<typeof createTestNetwork> } {
  const side = (own: string, ours: string, seed: number): Side => {
    const node = createTestNode({ addresses: [own], seed });
    return { node, first: node.tunnel({ ours: [ours] }), second: node.tunnel({ ours: [ours] }) };
  };
  const a = side(A4, 'fe80::a', 1);
  const b = side(B4, 'fe80::b', 2);
  const network = createTestNetwork();
  network.connect(a.node, a.first, b.node, b.first);
  network.connect(a.node, a.second, b.node, b.second);
  return { a, b, network };
}

function connect({ netstack }: TestNode, remotePort = 80) {
  const [local, remote] = [address(A4), address(B4)];
  return netstack.tcp.connect({ interface: ROUTED, local, remote, remotePort }, NOW);
}

function events({ netstack }: TestNode): TcpEvent[] {
  const all: TcpEvent[] = [];
  for (let e = netstack.tcp.nextOutput(); e !== undefined; e = netstack.tcp.nextOutput())
    all.push(e);
  return all;
}

const kinds = (node: TestNode): string[] =>
  events(node).map((e) => (e.kind === 'closed' ? `closed ${e.reason}` : e.kind));
