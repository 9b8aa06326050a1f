import { expect, test } from 'vitest';
import type { InterfaceId } from '../base/units.ts';
import type { IngressRules } from './ingress-rules.ts';
import { echoRequest, icmp, packet, udp } from './testing/build-packet.ts';
import { at, createTestNode, type TestNode } from './testing/test-node.ts';

const STRICT: IngressRules = { reversePath: 'strict', bogons: 'allow' };
const LOOSE: IngressRules = { reversePath: 'loose', bogons: 'allow' };
const BOGONS: IngressRules = { reversePath: 'off', bogons: 'drop' };

/** What a packet of the west ends in: the reason of its drop, or the number of packets that left. */
function verdict({ node, west }: Place, from: string, to: string): string | number {
  node.takeSent();
  return node.deliver(packet({ from, to }, udp()), west) ?? node.takeSent().length;
}

test('without rules any source passes: routing in DN42 is asymmetric', () => {
  const place = twoTunnels();
  for (const source of ['172.20.1.1', '172.20.2.9', '172.23.9.9', '203.0.113.9'])
    expect(verdict(place, source, '172.20.2.2'), source).toBe(1);
  expect(verdict(place, '2001:db8::1', 'fd00:2::2')).toBe(1);
});

test('strict: the route back to a source leads into the tunnel it came from (RFC 3704 §2.2)', () => {
  const place = twoTunnels(STRICT);
  expect(verdict(place, '172.20.1.1', '172.20.2.2')).toBe(1);
  expect(verdict(place, 'fd00:1::1', 'fd00:2::2')).toBe(1);
  for (const [from, to] of [
    ['172.20.2.9', '172.20.2.2'],
    ['172.23.9.9', '172.20.2.2'],
    ['fd00:2::9', 'fd00:2::2'],
    ['fd00:9::9', 'fd00:2::2'],
    ['2001:db8::1', 'fd00:2::2'],
  ] as const)
    expect(verdict(place, from, to), from).toBe('reverse-path');
  expect(refused(place)).toEqual({ reversePath: 5, bogons: 0 });
});

test('loose: there is a route back, wherever it leads (RFC 3704 §2.4)', () => {
  const place = twoTunnels(LOOSE);
  for (const source of ['172.20.1.1', '172.20.2.9'])
    expect(verdict(place, source, '172.20.2.2'), source).toBe(1);
  expect(verdict(place, 'fd00:2::9', 'fd00:2::2')).toBe(1);
  expect(verdict(place, '172.23.9.9', '172.20.2.2')).toBe('reverse-path');
  expect(verdict(place, 'fd00:9::9', 'fd00:2::2')).toBe('reverse-path');
});

test('a route that goes takes its sources along, and one that comes brings them', () => {
  const place = twoTunnels(STRICT);
  place.node.route('172.20.1.128/25', place.east);
  expect(verdict(place, '172.20.1.200', '172.20.2.2')).toBe('reverse-path');
  place.node.netstack.routes.remove(4, Uint8Array.of(172, 20, 1, 128), 0, 25);
  expect(verdict(place, '172.20.1.200', '172.20.2.2')).toBe(1);
});

test('packets for us are judged as well, except from where no route could lead', () => {
  const place = twoTunnels(STRICT);
  const { node, west } = place;
  expect(verdict(place, '172.23.9.9', '172.22.100.1')).toBe('reverse-path');
  expect(verdict(place, 'fd00:9::9', 'fd00:100::1')).toBe('reverse-path');
  const echo = packet({ from: 'fe80::b', to: 'fe80::a' }, echoRequest({}));
  expect(node.deliver(echo, west)).toBeUndefined();
  expect(node.takeSent()).toHaveLength(1);
  // The unspecified address speaks in neighbor discovery only, which judges it by itself.
  expect(verdict(place, '::', 'ff02::1')).toBe('bad-source');
  // A router without an IPv4 address reports from 192.0.0.8 (RFC 7600).
  const error = packet({ from: '192.0.0.8', to: '172.20.2.2' }, icmp(11, 0, 0, new Uint8Array(28)));
  expect(node.deliver(error, west)).toBeUndefined();
  expect(node.takeSent()).toHaveLength(1);
});

test('bogons: neither from nor to an address outside DN42', () => {
  const place = twoTunnels(BOGONS);
  const { node, east } = place;
  node.route('0.0.0.0/0', east);
  node.route('::/0', east);
  for (const source of ['172.20.0.1', '172.23.255.255', '172.31.0.1', '10.0.0.1', '192.0.0.8'])
    expect(verdict(place, source, '172.20.2.2'), source).toBe(1);
  expect(verdict(place, 'fdff::1', 'fd00:2::2')).toBe(1);
  for (const source of ['172.19.255.255', '172.24.0.1', '172.30.0.1', '192.168.1.1', '8.8.8.8'])
    expect(verdict(place, source, '172.20.2.2'), source).toBe('bogon');
  for (const source of ['2001:db8::1', 'fc00::1', '::5'])
    expect(verdict(place, source, 'fd00:2::2'), source).toBe('bogon');
  for (const target of ['8.8.8.8', '172.16.0.1'])
    expect(verdict(place, '172.20.1.1', target), target).toBe('bogon');
  expect(verdict(place, 'fd00:1::1', '2001:db8::1')).toBe('bogon');
  expect(refused(place)).toEqual({ reversePath: 0, bogons: 11 });
});

test('rules change without a new interface, and hold for one tunnel only', () => {
  const place = twoTunnels();
  const { node, west, east } = place;
  node.netstack.updateInterface(west, { ingress: STRICT });
  expect(verdict(place, '172.20.2.9', '172.20.2.2')).toBe('reverse-path');
  expect(node.deliver(packet({ from: '172.20.1.9', to: '172.20.1.1' }, udp()), east)).toBe(
    undefined,
  );
  node.netstack.updateInterface(west, { ingress: undefined });
  expect(verdict(place, '172.20.2.9', '172.20.2.2')).toBe(1);
  expect(node.slotsInUse()).toBe(0);
});

type Place = { readonly node: TestNode; readonly west: InterfaceId; readonly east: InterfaceId };

function twoTunnels(ingress?: IngressRules): Place {
  const node = createTestNode({ addresses: ['172.22.100.1', 'fd00:100::1'] });
  const west = node.tunnel({ ours: ['fe80::a'], theirs: ['fe80::b'] });
  const east = node.tunnel({ ours: ['fe80::a'], theirs: ['fe80::c'] });
  node.netstack.updateInterface(west, { ingress });
  for (const [prefix, out] of [
    ['172.20.1.0/24', west],
    ['172.20.2.0/24', east],
    ['fd00:1::/32', west],
    ['fd00:2::/32', east],
  ] as const)
    node.route(prefix, out);
  node.deliver(packet({ from: '172.20.1.1', to: '172.20.2.2' }, udp()), west, at(0));
  return { node, west, east };
}

function refused({ node, west }: Place): { reversePath: number; bogons: number } {
  const view = node.netstack.interfaceView(west);
  return { reversePath: view.refusedReversePath, bogons: view.refusedBogons };
}
