import { expect, test } from 'vitest';
import type { InterfaceId } from '../base/units.ts';
import {
  ICMPV6_PACKET_TOO_BIG,
  ICMPV6_TIME_EXCEEDED,
  ipv4DontFragment,
  TCP_ACK,
  TCP_RST,
} from '../packet/index.ts';
import { PROBES_MAX } from './limits.ts';
import { PROBE_SIZE_MAX } from './probe.ts';
import { addressBytes, echoReply, icmp, packet, tcp, udp } from './testing/build-packet.ts';
import { echo, expectPacket, icmpError, ip, size } from './testing/expect-packet.ts';
import {
  address,
  at,
  createTestNetwork,
  createTestNode,
  type TestNode,
} from './testing/test-node.ts';

const ICMP = { protocol: 'icmp' } as const;

test('a ping is answered with the instant of the reply and its hop limit', () => {
  const { alice, link } = aliceAlone();
  for (const [target, source] of [
    ['172.20.1.1', '172.22.1.1'],
    ['fd00:1::1', 'fd00:a::1'],
  ] as const) {
    const request = { ...ICMP, target: address(target), size: 56, identifier: 7, sequence: 3 };
    expect(alice.netstack.probe(request, at(100))).toBeUndefined();
    const [sent] = alice.takeSent();
    expect(sent?.out).toBe(link);
    expectPacket(
      sent?.bytes,
      ip({ from: source, to: target, hopLimit: 64 }),
      echo('request', { identifier: 7, sequence: 3 }),
      size(target.includes(':') ? 104 : 84),
    );
    const reply = packet(
      { from: target, to: source, hopLimit: 61 },
      echoReply({ identifier: 7, sequence: 3 }),
    );
    const other = target.includes(':') ? 'fd00:1::2' : '172.20.1.2';
    const fromOther = packet(
      { from: other, to: source },
      echoReply({ identifier: 7, sequence: 3 }),
    );
    expect(alice.deliver(fromOther, link), 'not the target').toBe('no-listener');
    expect(alice.deliver(reply, link, at(123.25))).toBeUndefined();
    expect(alice.events().filter((e) => e.kind === 'probe-reply')).toEqual([
      {
        kind: 'probe-reply',
        interface: link,
        about: {
          ...ICMP,
          target: address(target),
          identifier: 7,
          sequence: 3,
          segment: 0,
          sentAt: 100,
        },
        answer: 'echo',
        from: address(target),
        at: 123.25,
        hopLimit: 61,
      },
    ]);
    expect(alice.deliver(reply, link, at(124)), 'a duplicate').toBe('no-listener');
  }
  expect(alice.slotsInUse()).toBe(0);
});

test('traceroute names every router on the way and ends at the target', () => {
  const { alice, network } = chainOfFour();
  for (const [target, expected] of [
    ['172.22.4.1', ['172.22.2.1', '172.22.3.1', '172.22.4.1']],
    ['fd00:d::1', ['fd00:b::1', 'fd00:c::1', 'fd00:d::1']],
  ] as const) {
    const answers: string[] = [];
    for (let hopLimit = 1; hopLimit <= 3; hopLimit++) {
      const request = {
        ...ICMP,
        target: address(target),
        size: 32,
        identifier: 9,
        sequence: hopLimit,
      };
      alice.netstack.probe({ ...request, hopLimit }, at(hopLimit));
      network.settle(at(hopLimit + 0.5));
      const [event] = alice.events().filter((e) => e.kind !== 'first-inner-packet');
      if (event?.kind === 'icmp-error') {
        expect(event).toMatchObject({ error: 'hop-limit-exceeded', at: hopLimit + 0.5 });
        expect(event.about).toMatchObject({ identifier: 9, sequence: hopLimit, sentAt: hopLimit });
        answers.push(event.from.bytes.join('.'));
      } else if (event?.kind === 'probe-reply') {
        answers.push(event.from.bytes.join('.'));
      }
    }
    expect(answers).toEqual(expected.map((text) => addressBytes(text).join('.')));
  }
});

test('a traceroute by UDP through us ends with "port unreachable" at the target', () => {
  const { alice, network, links } = chainOfFour();
  const probe = (hopLimit: number): Uint8Array =>
    packet({ from: 'fd00:f::1', to: 'fd00:d::1', hopLimit }, udp());
  const outside = alice.tunnel({});
  alice.route('fd00:f::/48', outside);
  for (const node of links) node.node.route('fd00:f::/48', node.west);
  const answers: (string | undefined)[] = [];
  for (let hopLimit = 1; hopLimit <= 4; hopLimit++) {
    alice.deliver(probe(hopLimit), outside);
    network.settle();
    const [error] = alice.takeSent();
    expectPacket(
      error?.bytes,
      icmpError(hopLimit < 4 ? { type: 3, code: 0 } : { type: 1, code: 4 }),
    );
    answers.push(error && addressOf(error.bytes));
  }
  expect(answers).toEqual(['fd00:a::1', 'fd00:b::1', 'fd00:c::1', 'fd00:d::1'].map(addressText));
});

test('a ping of a link-local target leaves by its interface from the address of the link', () => {
  const { alice, link } = aliceAlone();
  const request = { ...ICMP, target: address('fe80::b'), size: 8, identifier: 1, sequence: 1 };
  expect(alice.netstack.probe(request, at(0))).toBe('no-route');
  expect(alice.netstack.probe({ ...request, interface: link }, at(0))).toBeUndefined();
  expectPacket(alice.takeSent()[0]?.bytes, ip({ from: 'fe80::a', to: 'fe80::b' }));
  const group = { ...request, target: address('ff02::1'), interface: link };
  expect(alice.netstack.probe(group, at(0))).toBeUndefined();
  expectPacket(alice.takeSent()[0]?.bytes, ip({ from: 'fe80::a', to: 'ff02::1' }));
  const answer = packet({ from: 'fe80::b', to: 'fe80::a' }, echoReply({}));
  expect(alice.deliver(answer, link)).toBeUndefined();
});

test('a ping of our own address is answered at once', () => {
  const { alice, link } = aliceAlone();
  const request = { ...ICMP, target: address('fd00:a::1'), size: 8, identifier: 1, sequence: 1 };
  expect(alice.netstack.probe(request, at(4))).toBeUndefined();
  expect(alice.events()).toMatchObject([{ kind: 'probe-reply', about: { sentAt: 4 }, at: 4 }]);
  const linkLocal = { ...request, target: address('fe80::a'), interface: link };
  expect(alice.netstack.probe(linkLocal, at(4))).toBeUndefined();
  expect(alice.events()).toHaveLength(1);
  expect(alice.takeSent()).toEqual([]);
});

test('says why a ping could not leave', () => {
  const { alice, link } = aliceAlone();
  const request = { ...ICMP, target: address('fd00:1::1'), size: 8, identifier: 1, sequence: 1 };
  const ping = (change: object): string | undefined =>
    alice.netstack.probe({ ...request, ...change }, at(0));
  expect(ping({ target: address('2001:db8::1') })).toBe('no-route');
  expect(ping({ size: PROBE_SIZE_MAX + 1 })).toBe('too-big');
  expect(ping({ size: 1420 })).toBe('too-big');
  expect(ping({ target: address('172.20.1.1'), size: 1420 }), 'IPv4 is cut').toBeUndefined();
  alice.netstack.removeInterface(link, at(0));
  expect(ping({ interface: link })).toBe('unknown-interface');
  alice.netstack.setLocalAddresses([]);
  const bare = alice.tunnel({});
  expect(ping({ interface: bare })).toBe('bad-source');
  expect(alice.slotsInUse()).toBe(0);
});

test('believes only errors that quote a request of ours (RFC 5927 §4)', () => {
  const { alice, link } = aliceAlone();
  const request = { ...ICMP, target: address('fd00:1::1'), size: 8, identifier: 5, sequence: 6 };
  alice.netstack.probe(request, at(0));
  const sent = alice.takeSent()[0]?.bytes as Uint8Array;
  const errorAbout = (quoted: Uint8Array): Uint8Array =>
    packet({ from: 'fd00:7::7', to: 'fd00:a::1' }, icmp(ICMPV6_TIME_EXCEEDED, 0, 0, quoted));

  const otherTarget = sent.slice();
  otherTarget[39] = 0x99;
  const otherSequence = sent.slice();
  otherSequence[47] = 0x99;
  const otherSource = sent.slice();
  otherSource[23] = 0x99;
  expect(alice.deliver(errorAbout(otherTarget), link)).toBe('no-listener');
  expect(alice.deliver(errorAbout(otherSequence), link)).toBe('no-listener');
  expect(alice.deliver(errorAbout(otherSource), link)).toBe('not-for-us');
  expect(alice.deliver(errorAbout(sent.slice(0, 44)), link)).toBe('truncated');
  const foreign = packet({ from: 'fd00:7::7', to: 'fd00:a::1' }, icmp(200));
  expect(alice.deliver(foreign, link)).toBe('unknown-protocol');

  const tooBig = packet(
    { from: 'fd00:7::7', to: 'fd00:a::1' },
    icmp(ICMPV6_PACKET_TOO_BIG, 0, 1300, sent),
  );
  expect(alice.deliver(tooBig, link, at(3))).toBeUndefined();
  expect(alice.events().at(-1)).toMatchObject({
    kind: 'icmp-error',
    error: 'packet-too-big',
    mtu: 1300,
    from: address('fd00:7::7'),
    at: 3,
  });
});

test('names the errors of both families by the same words', () => {
  const { alice, link } = aliceAlone();
  const cases = [
    ['172.20.1.1', 3, 0, 'no-route'],
    ['172.20.1.1', 3, 1, 'address-unreachable'],
    ['172.20.1.1', 3, 3, 'port-unreachable'],
    ['172.20.1.1', 3, 4, 'packet-too-big'],
    ['172.20.1.1', 3, 13, 'prohibited'],
    ['172.20.1.1', 3, 9, 'other'],
    ['172.20.1.1', 12, 0, 'parameter-problem'],
    ['172.20.1.1', 5, 0, 'other'],
    ['fd00:1::1', 1, 0, 'no-route'],
    ['fd00:1::1', 1, 1, 'prohibited'],
    ['fd00:1::1', 1, 3, 'address-unreachable'],
    ['fd00:1::1', 1, 6, 'other'],
    ['fd00:1::1', 4, 1, 'parameter-problem'],
    ['fd00:1::1', 100, 0, 'other'],
  ] as const;
  for (const [target, type, code, word] of cases) {
    alice.netstack.probe(
      { ...ICMP, target: address(target), size: 8, identifier: 1, sequence: 1 },
      at(0),
    );
    const quoted = alice.takeSent()[0]?.bytes as Uint8Array;
    const to = target.includes(':') ? 'fd00:a::1' : '172.22.1.1';
    alice.deliver(packet({ from: target, to }, icmp(type, code, 0, quoted)), link);
    expect(alice.events().at(-1), word).toMatchObject({ error: word, icmpType: type });
  }
});

test('datagrams and SYNs name the routers on the way as echo requests do', () => {
  const { alice, network } = chainOfFour();
  for (const protocol of ['udp', 'tcp'] as const) {
    for (const [target, expected] of [
      ['172.22.4.1', ['172.22.2.1', '172.22.3.1', '172.22.4.1']],
      ['fd00:d::1', ['fd00:b::1', 'fd00:c::1', 'fd00:d::1']],
    ] as const) {
      const answers: string[] = [];
      for (let hopLimit = 1; hopLimit <= 3; hopLimit++) {
        const request = { protocol, target: address(target), size: 24, identifier: 40_000 };
        alice.netstack.probe({ ...request, sequence: 33_434, hopLimit }, at(hopLimit));
        network.settle(at(hopLimit + 0.5));
        const answer = alice.events().findLast((e) => e.kind !== 'first-inner-packet');
        if (answer?.kind === 'icmp-error' || answer?.kind === 'probe-reply') {
          expect(answer.about).toMatchObject({ protocol, sentAt: hopLimit });
          answers.push(answer.from.bytes.join('.'));
          if (hopLimit < 3) expect(answer).toMatchObject({ error: 'hop-limit-exceeded' });
          else if (protocol === 'udp') expect(answer).toMatchObject({ error: 'port-unreachable' });
          else expect(answer).toMatchObject({ kind: 'probe-reply', answer: 'refused' });
        }
      }
      expect(answers).toEqual(expected.map(addressText));
    }
  }
  expect(alice.slotsInUse()).toBe(0);
});

test('a SYN that a listener answers is told as open, and the half-open connection is reset', () => {
  const { alice, network, links } = chainOfFour();
  links[2]?.node.netstack.tcp.listen(179);
  const request = { protocol: 'tcp', target: address('fd00:d::1'), size: 0 } as const;
  alice.netstack.probe({ ...request, identifier: 40_000, sequence: 179 }, at(0));
  network.settle(at(1));
  expect(alice.events().at(-1)).toMatchObject({ kind: 'probe-reply', answer: 'open', at: 1 });
  expect(links[2]?.node.netstack.tcp.counters.resetsReceived).toBe(1);
});

test('a segment that does not acknowledge our SYN answers no probe (RFC 5927 §4)', () => {
  const { alice, link } = aliceAlone();
  const request = { protocol: 'tcp', target: address('fd00:1::1'), size: 0 } as const;
  alice.netstack.probe({ ...request, identifier: 40_000, sequence: 80 }, at(0));
  alice.deliver(
    packet(
      { from: 'fd00:1::1', to: 'fd00:a::1' },
      tcp({ sourcePort: 80, destinationPort: 40_000, flags: TCP_RST | TCP_ACK }),
    ),
    link,
  );
  expect(alice.events().filter((e) => e.kind === 'probe-reply')).toEqual([]);
});

test('a probe that must not be cut leaves whole or not at all (RFC 1191 §3)', () => {
  const { alice } = aliceAlone();
  const request = { ...ICMP, target: address('172.20.1.1'), identifier: 1, sequence: 1 };
  expect(alice.netstack.mtuTowards(request.target)).toBe(1420);
  expect(alice.netstack.mtuTowards(address('2001:db8::1'))).toBeUndefined();
  const fits = { ...request, size: 1420 - 28, dontFragment: true };
  expect(alice.netstack.probe(fits, at(0))).toBeUndefined();
  const sent = alice.takeSent()[0]?.bytes as Uint8Array;
  expectPacket(sent, size(1420));
  expect(ipv4DontFragment(sent, 0)).toBe(true);
  expect(alice.netstack.probe({ ...fits, size: fits.size + 1 }, at(0))).toBe('too-big');
  expect(alice.slotsInUse()).toBe(0);
});

test('forgets the oldest request first when too many are out', () => {
  const { alice, link } = aliceAlone();
  for (let sequence = 0; sequence <= PROBES_MAX; sequence++) {
    const request = { ...ICMP, target: address('fd00:1::1'), size: 0, identifier: 1, sequence };
    alice.netstack.probe(request, at(0));
  }
  const reply = (sequence: number): Uint8Array =>
    packet({ from: 'fd00:1::1', to: 'fd00:a::1' }, echoReply({ identifier: 1, sequence }));
  expect(alice.deliver(reply(0), link)).toBe('no-listener');
  expect(alice.deliver(reply(1), link)).toBeUndefined();
  expect(alice.deliver(reply(PROBES_MAX), link)).toBeUndefined();
});

function aliceAlone(): { alice: TestNode; link: InterfaceId } {
  const alice = createTestNode({ addresses: ['172.22.1.1', 'fd00:a::1'] });
  const link = alice.tunnel({ ours: ['fe80::a'], theirs: ['fe80::b'] });
  alice.route('172.20.0.0/14', link);
  alice.route('fd00::/8', link);
  return { alice, link };
}

/** alice ─ bob ─ carol ─ dave, with routes to each other's addresses. */
function chainOfFour(): {
  alice: TestNode;
  network: ReturnType<typeof createTestNetwork>;
  links: { node: TestNode; west: InterfaceId }[];
} {
  const names = ['a', 'b', 'c', 'd'];
  const nodes = names.map((name, i) =>
    createTestNode({ addresses: [`172.22.${i + 1}.1`, `fd00:${name}::1`], seed: i }),
  );
  const network = createTestNetwork();
  const links: { node: TestNode; west: InterfaceId }[] = [];
  for (let i = 0; i + 1 < nodes.length; i++) {
    const left = nodes[i] as TestNode;
    const right = nodes[i + 1] as TestNode;
    const east = left.tunnel({ ours: [`fe80::${i + 1}`] });
    const west = right.tunnel({ ours: [`fe80::${i + 2}`] });
    network.connect(left, east, right, west);
    links.push({ node: right, west });
    for (let far = i + 1; far < nodes.length; far++) {
      left.route(`172.22.${far + 1}.0/24`, east);
      left.route(`fd00:${names[far]}::/48`, east);
    }
    for (let far = 0; far <= i; far++) {
      right.route(`172.22.${far + 1}.0/24`, west);
      right.route(`fd00:${names[far]}::/48`, west);
    }
  }
  return { alice: nodes[0] as TestNode, network, links };
}

const addressOf = (bytes: Uint8Array): string => bytes.slice(8, 24).join('.');
const addressText = (text: string): string => addressBytes(text).join('.');
