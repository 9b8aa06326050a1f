import { expect, test } from 'vitest';
import { asciiBytes } from '../base/bytes.ts';
import { type InterfaceId, instant, interfaceId, NONE } from '../base/units.ts';
import { TCP_ACK, TCP_RST, TCP_SYN } from '../packet/index.ts';
import type { TcpEvent } from './tcp/index.ts';
import { icmp, packet, tcp } from './testing/build-packet.ts';
import { expectPacket, ip, tcpSegment } from './testing/expect-packet.ts';
import {
  address,
  at,
  createTestNetwork,
  createTestNode,
  type TestNode,
} from './testing/test-node.ts';

test('carries a TCP connection between link-local addresses of a tunnel, with hop limit 255', () => {
  const { alice, bob, network, byAlice } = tunnel();
  bob.netstack.tcp.listen(179);
  const connection = alice.netstack.tcp.connect(
    { interface: byAlice, local: address('fe80::a'), remote: address('fe80::b'), remotePort: 179 },
    at(0),
  );
  expectPacket(
    alice.sent[0]?.bytes,
    ip({ from: 'fe80::a', to: 'fe80::b', hopLimit: 255 }),
    tcpSegment({ destinationPort: 179, flags: TCP_SYN }),
  );
  network.settle();
  expect(tcpEvents(alice)).toMatchObject([{ kind: 'connected', connection }]);
  const [incoming] = tcpEvents(bob);
  if (incoming?.kind !== 'incoming') throw new Error('a connection came in');

  const text = asciiBytes('OPEN');
  alice.netstack.tcp.write(connection, text, 0, text.length, at(1));
  network.settle(at(1));
  const into = new Uint8Array(16);
  expect(bob.netstack.tcp.read(incoming.connection, into, at(1))).toBe(4);
  expect(into.slice(0, 4)).toEqual(text);
});

test('carries a TCP connection between IPv4 addresses with TTL 64', () => {
  const { alice, bob, network, byAlice } = tunnel();
  bob.netstack.tcp.listen(179);
  const local = address('172.22.1.1');
  const remote = address('172.22.2.1');
  alice.netstack.tcp.connect({ interface: byAlice, local, remote, remotePort: 179 }, at(0));
  expectPacket(alice.sent[0]?.bytes, ip({ from: '172.22.1.1', to: '172.22.2.1', hopLimit: 64 }));
  network.settle();
  expect(tcpEvents(bob)[0]).toMatchObject({ kind: 'incoming', localPort: 179, local: remote });
});

test('routes the segments of a connection that is bound to no interface', () => {
  const { alice, byAlice } = tunnel();
  alice.route('fd00:b::/48', byAlice);
  const request = {
    interface: interfaceId(NONE),
    local: address('fd00:a::1'),
    remote: address('fd00:b::1'),
    remotePort: 80,
  };
  alice.netstack.tcp.connect(request, at(0));
  const [sent] = alice.takeSent();
  expect(sent?.out).toBe(byAlice);
  alice.netstack.tcp.connect({ ...request, remote: address('2001:db8::1') }, at(0));
  expect(alice.takeSent()).toEqual([]);
  expect(alice.netstack.drops['no-route']).toBe(1);
  expect(alice.slotsInUse()).toBe(0);
});

test('refuses segments to ports nobody listens on', () => {
  const { alice, byAlice } = tunnel();
  const syn = packet(
    { from: 'fe80::b', to: 'fe80::a' },
    tcp({ destinationPort: 22, flags: TCP_SYN }),
  );
  expect(alice.deliver(syn, byAlice)).toBe('no-listener');
  expectPacket(
    alice.takeSent()[0]?.bytes,
    tcpSegment({ sourcePort: 22, flags: TCP_RST | TCP_ACK }),
  );
  const toMany = packet(
    { from: 'fe80::b', to: 'ff02::1' },
    tcp({ destinationPort: 179, flags: TCP_SYN }),
  );
  expect(alice.deliver(toMany, byAlice)).toBe('bad-destination');
  const broken = packet(
    { from: 'fe80::b', to: 'fe80::a' },
    tcp({ destinationPort: 179, flags: TCP_SYN }),
  );
  broken[58] = 1;
  expect(alice.deliver(broken, byAlice)).toBe('bad-checksum');
  expect(alice.netstack.drops).toMatchObject({ 'no-listener': 1, 'bad-checksum': 1 });
  expect(alice.slotsInUse()).toBe(0);
});

test('an unreachable port that ICMP reports ends a connection attempt (RFC 5927 §5.2)', () => {
  const { alice, byAlice } = tunnel();
  const connection = alice.netstack.tcp.connect(
    { interface: byAlice, local: address('fe80::a'), remote: address('fe80::b'), remotePort: 179 },
    at(0),
  );
  const syn = alice.takeSent()[0]?.bytes as Uint8Array;
  expect(
    alice.deliver(packet({ from: 'fe80::b', to: 'fe80::a' }, icmp(1, 4, 0, syn)), byAlice),
  ).toBe(undefined);
  expect(tcpEvents(alice)).toEqual([{ kind: 'closed', connection, reason: 'unreachable' }]);
  expect(alice.slotsInUse()).toBe(0);
});

test('removing a tunnel ends its connections and removes its routes', () => {
  const { alice, byAlice } = tunnel();
  alice.route('fd00:b::/48', byAlice);
  const connection = alice.netstack.tcp.connect(
    { interface: byAlice, local: address('fe80::a'), remote: address('fe80::b'), remotePort: 179 },
    at(0),
  );
  alice.netstack.removeInterface(byAlice, at(1));
  expect(tcpEvents(alice)).toEqual([{ kind: 'closed', connection, reason: 'interface-removed' }]);
  expect(alice.netstack.routes.size[6]).toBe(0);
  expect(() => alice.netstack.interfaceView(byAlice)).toThrow('in use');
  alice.timerQueue.runDue(instant(600_000));
  expect(alice.slotsInUse()).toBe(0);
});

function tcpEvents(node: TestNode): TcpEvent[] {
  const events: TcpEvent[] = [];
  const { tcp } = node.netstack;
  for (let e = tcp.nextOutput(); e !== undefined; e = tcp.nextOutput()) events.push(e);
  return events;
}

function tunnel(): {
  alice: TestNode;
  bob: TestNode;
  network: ReturnType<typeof createTestNetwork>;
  byAlice: InterfaceId;
} {
  const alice = createTestNode({ addresses: ['172.22.1.1', 'fd00:a::1'], seed: 1 });
  const bob = createTestNode({ addresses: ['172.22.2.1', 'fd00:b::1'], seed: 2 });
  const byAlice = alice.tunnel({ ours: ['fe80::a'], theirs: ['fe80::b'] });
  const byBob = bob.tunnel({ ours: ['fe80::b'], theirs: ['fe80::a'] });
  const network = createTestNetwork();
  network.connect(alice, byAlice, bob, byBob);
  return { alice, bob, network, byAlice };
}
