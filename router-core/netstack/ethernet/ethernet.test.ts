/** Stations of our own on a virtual segment: what they find, say, believe and refuse. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, fromHex } from '../../base/bytes.ts';
import { formatIpAddress } from '../../base/ip-address.ts';
import { type InterfaceId, NONE } from '../../base/units.ts';
import FRAMES from '../../packet/fixtures/linux-frames.json' with { type: 'json' };
import {
  ARP_BYTES,
  ARP_REPLY,
  ARP_REQUEST,
  ARP_TARGET_MAC,
  BROADCAST_MAC_ADDRESS,
  ETHERNET_HEADER_BYTES,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  etherType,
  ICMPV6_NEIGHBOR_ADVERTISEMENT,
  ICMPV6_NEIGHBOR_SOLICITATION,
  IPV6_HEADER_BYTES,
  isArpProbe,
  OPTION_SOURCE_LINK_LAYER_ADDRESS,
  OPTION_TARGET_LINK_LAYER_ADDRESS,
  writeArp,
  writeEthernetHeader,
  writeLinkLayerOption,
} from '../../packet/index.ts';
import {
  addressBytes,
  echoRequest,
  type IpFields,
  icmp,
  neighborSolicitation,
  type Payload,
  packet,
} from '../testing/build-packet.ts';
import { expectPacket, icmpError, ip } from '../testing/expect-packet.ts';
import { address } from '../testing/test-node.ts';
import {
  createSegment,
  destinationOf,
  mac,
  type Segment,
  type Station,
  sourceOf,
} from './testing/segment.ts';

const MAC_A = '02:00:00:00:00:0a';
const MAC_B = '02:00:00:00:00:0b';
const MAC_C = '02:00:00:00:00:0c';
const LINK = ['10.9.0.0/24', 'fd09::/64'];
/** As long as both families need to claim their addresses at worst. */
const CLAIMED = 12_000;

describe('two stations', () => {
  test.each([
    ['10.9.0.11', '10.9.0.10'],
    ['fd09::11', 'fd09::10'],
    ['fe80::b', 'fe80::a'],
  ])('ping %s', (target, source) => {
    const { segment, a, b } = createPair();
    ping(a, segment, target, source, 7);
    segment.run(10);
    expect(a.events.find((e) => e.kind === 'probe-reply')).toMatchObject({
      about: { sequence: 7 },
      answer: 'echo',
      from: address(target),
    });
    expect(a.neighbor(target)).toBe(`reachable ${MAC_B}`);
    // Whom it answered asked first, and is known by that.
    expect(b.neighbor(source)).toBe(`delay ${MAC_A}`);
    segment.run(6000);
    expect(b.neighbor(source)).toBe(`reachable ${MAC_A}`);
    expect([a.slotsInUse(), b.slotsInUse()]).toEqual([0, 0]);
  });

  test.each(['10.9.0.77', 'fd09::77'])(
    'a ping to nobody at %s is told as one from outside',
    (target) => {
      const { segment, a } = createPair();
      ping(a, segment, target, undefined, 7);
      segment.run(3000);
      expect(a.events.find((e) => e.kind === 'icmp-error')).toMatchObject({
        about: { sequence: 7 },
        error: 'address-unreachable',
      });
      expect(a.slotsInUse()).toBe(0);
    },
  );

  test.each([
    ['10.9.0.11', '10.9.0.10', '172.20.0.1'],
    ['fd09::11', 'fd09::10', 'fd42::1'],
  ])(
    'who lives on the link hears %s from our address there (RFC 6724 §5)',
    (target, ours, node) => {
      const { segment, a } = createPair();
      a.netstack.setLocalAddresses([address('172.20.0.1'), address('fd42::1')]);
      const hop = a.netstack.addNextHop({ port: a.port, address: address(target) });
      a.route('172.22.0.0/24', hop);
      a.route('fd44::/32', hop);
      expect(a.netstack.sourceFor(address(target))).toEqual(address(ours));
      segment.takeFrames();
      ping(a, segment, target, undefined, 7);
      segment.run(10);
      const beyond = target.includes(':') ? 'fd44::1' : '172.22.0.1';
      ping(a, segment, beyond, undefined, 8);
      segment.run(10);
      const packets = segment
        .takeFrames()
        .filter((frame) => etherType(frame, 0) !== ETHERTYPE_ARP && sourceOf(frame) === MAC_A)
        .map((frame) => frame.subarray(ETHERNET_HEADER_BYTES));
      const echoes = packets.filter((octets) => octets.length > 80);
      expectPacket(echoes[0], ip({ from: ours, to: target }));
      expectPacket(echoes[1], ip({ from: node, to: beyond }));
    },
  );

  test('carry a TCP stream', () => {
    const { segment, a, b } = createPair();
    b.netstack.tcp.listen(179);
    const [local, remote] = [address('fd09::10'), address('fd09::11')];
    const request = { interface: a.port, local, remote, remotePort: 179 };
    const connection = a.netstack.tcp.connect(request, segment.now());
    segment.run(100);
    expect(a.netstack.tcp.nextOutput()?.kind).toBe('connected');
    const incoming = b.netstack.tcp.nextOutput();
    if (incoming?.kind !== 'incoming') throw new Error('nobody came');
    const sent = new Uint8Array(50_000).map((_, i) => i % 251);
    const got: number[] = [];
    const into = new Uint8Array(65_536);
    for (let count = 0; got.length < sent.length; ) {
      count += a.netstack.tcp.write(connection, sent, count, sent.length, segment.now());
      segment.run(200);
      const read = b.netstack.tcp.read(incoming.connection, into, segment.now());
      got.push(...into.subarray(0, read));
    }
    expect(Uint8Array.from(got)).toEqual(sent);
  });

  test('a station that moves to another link-layer address says so, and is followed (RFC 4861 §7.2.6)', () => {
    const { segment, a, b } = createPair();
    for (const target of ['10.9.0.11', 'fd09::11']) ping(a, segment, target, undefined, 1);
    segment.run(5000);
    b.netstack.updateEthernetPort(b.port, { linkAddress: mac(MAC_C) }, segment.now());
    segment.run(10);
    for (const target of ['10.9.0.11', 'fd09::11']) {
      expect(a.neighbor(target)).toBe(`stale ${MAC_C}`);
      a.events.splice(0);
      ping(a, segment, target, undefined, 2);
      segment.run(10);
      expect(a.events.filter((e) => e.kind === 'probe-reply')).toHaveLength(1);
    }
    segment.run(6000);
    expect(a.neighbor('10.9.0.11')).toBe(`reachable ${MAC_C}`);
  });

  test('a station that moves in silence is found again after its old address stayed silent', () => {
    const { segment, a, b } = createPair();
    ping(a, segment, 'fd09::11', undefined, 1);
    segment.run(60_000);
    segment.lose = (frame) => sourceOf(frame) === MAC_C && destinationOf(frame).startsWith('33:33');
    b.netstack.updateEthernetPort(b.port, { linkAddress: mac(MAC_C) }, segment.now());
    segment.run(10);
    expect(a.neighbor('fd09::11')).toBe(`stale ${MAC_B}`);
    segment.lose = () => false;
    a.events.splice(0);
    for (let i = 0; i < 12; i++) {
      ping(a, segment, 'fd09::11', undefined, 100 + i);
      segment.run(1000);
    }
    expect(a.neighbor('fd09::11')).toBe(`reachable ${MAC_C}`);
    expect(a.events.some((e) => e.kind === 'probe-reply')).toBe(true);
  });
});

describe('addresses', () => {
  test('are probed before they are used, then announced (RFC 4862 §5.4, RFC 5227 §2.1)', () => {
    const segment = createSegment();
    const a = segment.station({ mac: MAC_A, addresses: ['10.9.0.10', 'fd09::10'] });
    segment.run(1000);
    expect(states(a)).toEqual({ '10.9.0.10': 'tentative', 'fd09::10': 'tentative' });
    expect(ping(a, segment, 'fd09::11', undefined, 1)).toBe('no-route');
    segment.run(CLAIMED);
    expect(states(a)).toEqual({ '10.9.0.10': 'assigned', 'fd09::10': 'assigned' });
    const frames = segment.takeFrames();
    const arp = frames.filter((f) => etherType(f, 0) === ETHERTYPE_ARP);
    expect(
      arp.map((f) => (isArpProbe(f, ETHERNET_HEADER_BYTES) ? 'probe' : 'announcement')),
    ).toEqual(['probe', 'probe', 'probe', 'announcement', 'announcement']);
    const nd = frames.filter((f) => etherType(f, 0) === ETHERTYPE_IPV6).map(typeOfIcmp);
    expect(nd).toEqual([ICMPV6_NEIGHBOR_SOLICITATION, ICMPV6_NEIGHBOR_ADVERTISEMENT]);
    expect(a.events.map((e) => e.kind)).toEqual(['address-assigned', 'address-assigned']);
  });

  test.each(['10.9.0.10', 'fd09::10'])('%s of somebody else is not used, and tried again', (ip) => {
    const segment = createSegment();
    segment.station({ mac: MAC_A, addresses: [ip], prefixes: LINK });
    segment.run(CLAIMED);
    const b = segment.station({ mac: MAC_B, addresses: [ip], prefixes: LINK });
    segment.run(CLAIMED);
    expect(states(b)).toEqual({ [ip]: 'duplicate' });
    const conflicts = b.events.filter((e) => e.kind === 'address-conflict');
    expect(conflicts).toMatchObject([{ address: address(ip) }]);
    segment.lose = (frame) => sourceOf(frame) === MAC_A;
    segment.run(60_000 + CLAIMED);
    expect(states(b)).toEqual({ [ip]: 'assigned' });
  });

  test.each([
    ['10.9.0.10', '10.9.0.11'],
    ['fd09::10', 'fd09::11'],
  ])('%s of somebody else is a neighbor like others', (theirs, ours) => {
    const segment = createSegment();
    segment.station({ mac: MAC_A, addresses: [theirs], prefixes: LINK });
    segment.run(CLAIMED);
    const b = segment.station({ mac: MAC_B, addresses: [ours, theirs], prefixes: LINK });
    segment.run(CLAIMED);
    expect(states(b)).toEqual({ [ours]: 'assigned', [theirs]: 'duplicate' });
    ping(b, segment, theirs, undefined, 1);
    segment.run(10);
    expect(b.events.some((e) => e.kind === 'probe-reply')).toBe(true);
  });

  test.each(['10.9.0.10', 'fd09::10'])('of two who want %s at once, one gets it', (ip) => {
    for (let seed = 1; seed <= 20; seed++) {
      const segment = createSegment(seed);
      const stations = [MAC_A, MAC_B].map((m) => segment.station({ mac: m, addresses: [ip] }));
      segment.run(CLAIMED);
      const found = stations.map((station) => states(station)[ip]);
      expect(found.sort(), `seed ${seed}`).toEqual(['assigned', 'duplicate']);
    }
  });

  test('in use are defended by IPv4, once in ten seconds, and told (RFC 5227 §2.4)', () => {
    const { segment, a } = createPair();
    segment.takeFrames();
    a.events.splice(0);
    const claim = arp({
      from: MAC_C,
      operation: ARP_REQUEST,
      senderIp: '10.9.0.10',
      targetIp: '10.9.0.10',
    });
    for (let i = 0; i < 20; i++) {
      segment.inject(claim);
      segment.run(500);
    }
    const defenses = segment.takeFrames().filter((f) => sourceOf(f) === MAC_A);
    expect(defenses).toHaveLength(1);
    expect(a.events.map((e) => e.kind)).toEqual(['address-conflict']);
    expect(states(a)['10.9.0.10']).toBe('assigned');
  });

  test('in use of IPv6 that another advertises are told', () => {
    const { segment, a } = createPair();
    a.events.splice(0);
    segment.inject(
      ipFrame(
        MAC_C,
        '33:33:00:00:00:01',
        { from: 'fd09::10', to: 'ff02::1', hopLimit: 255 },
        advertisement('fd09::10', MAC_C, 0x20000000),
      ),
    );
    expect(a.events.map((e) => e.kind)).toEqual(['address-conflict']);
  });

  test('that are taken away are neither answered for nor kept by a timer', () => {
    const { segment, a } = createPair();
    a.netstack.updateEthernetPort(a.port, { addresses: [] }, segment.now());
    segment.takeFrames();
    segment.inject(
      arp({ from: MAC_C, operation: ARP_REQUEST, senderIp: '10.9.0.99', targetIp: '10.9.0.10' }),
    );
    segment.run(60_000);
    expect(segment.takeFrames()).toEqual([]);
    expect(a.timerQueue.armed()).toBe(0);
  });
});

describe('what is answered', () => {
  test('requests and solicitations for assigned addresses, from Linux too', () => {
    const segment = createSegment();
    // The other end of the frames in the fixtures.
    const b = segment.station({ mac: MAC_B, addresses: ['10.9.0.11', 'fd09::11'], prefixes: LINK });
    segment.run(CLAIMED);
    segment.takeFrames();
    segment.inject(octets(FRAMES.arpRequest));
    expect(segment.takeFrames()).toEqual([octets(FRAMES.arpReply)]);
    segment.inject(octets(FRAMES.neighborSolicitation));
    segment.inject(octets(FRAMES.echoRequest));
    const [solicited, reply] = segment.takeFrames() as [Uint8Array, Uint8Array];
    // We are a router (RFC 4861 §4.4) and say so; all else is as Linux has it.
    const linux = octets(FRAMES.neighborAdvertisement);
    const icmpAt = ETHERNET_HEADER_BYTES + IPV6_HEADER_BYTES;
    expect(solicited.slice(0, icmpAt)).toEqual(linux.slice(0, icmpAt));
    expect(solicited[icmpAt + 4]).toBe(0xe0);
    expect(solicited.slice(icmpAt + 8)).toEqual(linux.slice(icmpAt + 8));
    expect(reply.slice(icmpAt)).toEqual(octets(FRAMES.echoReply).slice(icmpAt));
    expect(b.neighbor('fd09::10')).toBe(`delay ${MAC_A}`);
  });

  test.each([
    ['of another station', '10.9.0.77'],
    ["of the node, which is not the port's", '172.20.0.1'],
  ])('no request for an address %s', (_what, targetIp) => {
    const { segment, a } = createPair();
    a.netstack.setLocalAddresses([address('172.20.0.1'), address('fd42::1')]);
    segment.takeFrames();
    segment.inject(arp({ from: MAC_C, operation: ARP_REQUEST, senderIp: '10.9.0.99', targetIp }));
    segment.inject(solicitation('fd42::1', 'ff02::1:ff00:1', '33:33:ff:00:00:01'));
    expect(segment.takeFrames()).toEqual([]);
    expect(a.neighbor('10.9.0.99')).toBeUndefined();
  });

  test('short packets in padded frames, without the padding', () => {
    const { segment, a } = createPair();
    segment.inject(
      arp({ from: MAC_C, operation: ARP_REQUEST, senderIp: '10.9.0.99', targetIp: '10.9.0.10' }),
    );
    segment.takeFrames();
    const request = ipFrame(MAC_C, MAC_A, { from: '10.9.0.99', to: '10.9.0.10' }, icmp(8));
    expect(request).toHaveLength(42);
    const padded = new Uint8Array(60).fill(0xee);
    padded.set(request);
    segment.inject(padded);
    expect(segment.takeFrames().map((frame) => frame.length)).toEqual([42]);
    expect(a.slotsInUse()).toBe(0);
  });

  test('no message that a router has forwarded (RFC 4861 §7.1.1)', () => {
    const { segment, a } = createPair();
    segment.takeFrames();
    segment.inject(solicitation('fd09::10', 'ff02::1:ff00:10', '33:33:ff:00:00:10', 254));
    expect(segment.takeFrames()).toEqual([]);
    expect(a.netstack.drops.malformed).toBe(1);
    segment.inject(solicitation('fd09::10', 'ff02::1:ff00:10', '33:33:ff:00:00:10'));
    expect(segment.takeFrames()).toHaveLength(1);
  });

  test('no packet for one that came to all (RFC 1122 §3.3.6), no frame for others', () => {
    const { segment, a } = createPair();
    segment.takeFrames();
    const before = a.netstack.drops['not-for-us'];
    const fields = { from: '10.9.0.99', to: '10.9.0.10' };
    segment.inject(ipFrame(MAC_C, 'ff:ff:ff:ff:ff:ff', fields, echoRequest()));
    segment.inject(ipFrame(MAC_C, '02:00:00:00:00:0d', fields, echoRequest()));
    segment.inject(ipFrame(MAC_A, MAC_A, fields, echoRequest()));
    expect(segment.takeFrames()).toEqual([]);
    const { drops } = a.netstack;
    const { 'bad-destination': toAll, 'not-for-us': toOthers, 'bad-source': fromUs } = drops;
    expect([toAll, toOthers - before, fromUs]).toEqual([1, 1, 1]);
  });

  test('a thousand questions a second, not more', () => {
    const { segment, a } = createPair();
    segment.takeFrames();
    const question = arp({
      from: MAC_C,
      operation: ARP_REQUEST,
      senderIp: '10.9.0.99',
      targetIp: '10.9.0.10',
    });
    for (let i = 0; i < 1500; i++) segment.inject(question);
    expect(segment.takeFrames()).toHaveLength(1000);
    expect(a.netstack.drops['rate-limited']).toBe(500);
  });
});

describe('what is believed', () => {
  test('an announcement enters nobody, and moves whom we know only until he is asked', () => {
    const { segment, a } = createPair();
    const announcement = (senderIp: string): Uint8Array =>
      arp({ from: MAC_C, operation: ARP_REQUEST, senderIp, targetIp: senderIp });
    segment.inject(announcement('10.9.0.99'));
    expect(a.neighbor('10.9.0.99')).toBeUndefined();
    ping(a, segment, '10.9.0.11', undefined, 1);
    segment.run(2000);
    segment.inject(announcement('10.9.0.11'));
    expect(a.neighbor('10.9.0.11')).toBe(`stale ${MAC_C}`);
    // Nobody answers at the forged address: it is found out and everybody is asked.
    for (let i = 0; i < 10; i++) {
      ping(a, segment, '10.9.0.11', undefined, i);
      segment.run(1000);
    }
    expect(a.neighbor('10.9.0.11')).toBe(`reachable ${MAC_B}`);
  });

  test('a reply nobody asked for confirms nothing', () => {
    const { segment, a } = createPair();
    ping(a, segment, '10.9.0.11', undefined, 1);
    segment.run(2000);
    segment.inject(
      arp({
        from: MAC_C,
        operation: ARP_REPLY,
        senderIp: '10.9.0.11',
        targetIp: '10.9.0.10',
        targetMac: MAC_A,
      }),
    );
    expect(a.neighbor('10.9.0.11')).toBe(`stale ${MAC_C}`);
  });

  test('no source that is not on the link (RFC 5942 §3)', () => {
    const { segment, a } = createPair();
    segment.inject(
      arp({ from: MAC_C, operation: ARP_REQUEST, senderIp: '8.8.8.8', targetIp: '10.9.0.10' }),
    );
    segment.inject(solicitation('fd09::10', 'fd09::10', MAC_A, 255, '2001:db8::1'));
    segment.run(10);
    expect(a.view().neighbors).toEqual([]);
    expect(a.slotsInUse()).toBe(0);
  });

  test('no group, and not our own, as the address of a neighbor', () => {
    const { segment, a } = createPair();
    for (const lla of ['33:33:00:00:00:01', '00:00:00:00:00:00', MAC_A])
      segment.inject(solicitation('fd09::10', 'fd09::10', MAC_A, 255, 'fd09::99', lla));
    expect(a.view().neighbors).toEqual([]);
  });

  test('any octets are dropped or answered, and no slot stays behind (property)', () => {
    const { segment, a } = createPair();
    const header = (type: number): Uint8Array => {
      const bytes = new Uint8Array(ETHERNET_HEADER_BYTES);
      writeEthernetHeader(bytes, 0, mac(MAC_A), 0, mac(MAC_C), type);
      return bytes;
    };
    const frames = Object.values(FRAMES).map(octets);
    const mutated = fc
      .tuple(
        fc.constantFrom(...frames),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
      )
      .map(([frame, changes]) => {
        const bytes = frame.slice();
        for (const [i, value] of changes) bytes[i % bytes.length] = value;
        return bytes;
      });
    const junk = fc
      .tuple(
        fc.constantFrom(ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6, 0x8100),
        fc.uint8Array({ maxLength: 90 }),
      )
      .map(([type, body]) => concatBytes(header(type), body));
    fc.assert(
      fc.property(fc.oneof(mutated, junk, fc.uint8Array({ maxLength: 20 })), (frame) => {
        segment.inject(frame);
        segment.takeFrames();
      }),
      { numRuns: 2000 },
    );
    segment.run(60_000);
    expect(a.slotsInUse()).toBe(0);
  });
});

describe('a router between tunnels and a segment', () => {
  test('forwards to the link when the neighbor is found, hop limit less one', () => {
    const { segment, router, tunnel, b } = createRouter();
    deliver(router, segment, tunnel, packet({ from: 'fd42::9', to: 'fd09::11' }, echoRequest()));
    segment.run(10);
    expectPacket(router.tunneled[0]?.bytes, ip({ from: 'fd09::11', to: 'fd42::9', hopLimit: 63 }));
    expect(b.neighbor('fd09::10')).toBe(`delay ${MAC_A}`);
  });

  test.each([
    ['10.9.0.77', '172.20.0.9', 3, 1],
    ['fd09::77', 'fd42::9', 1, 3],
  ])('tells the sender that nobody is at %s', (to, from, type, code) => {
    const { segment, router, tunnel } = createRouter();
    for (const sequence of [1, 2])
      deliver(router, segment, tunnel, packet({ from, to }, echoRequest({ sequence })));
    segment.run(2999);
    expect(router.tunneled).toEqual([]);
    expect(router.slotsInUse()).toBe(2);
    segment.run(2);
    expect(router.tunneled.map(({ out }) => out)).toEqual([tunnel, tunnel]);
    expectPacket(
      router.tunneled[0]?.bytes,
      ip({ to: from }),
      icmpError({ type, code }, ip({ to })),
    );
    expect(router.netstack.drops['neighbor-unreachable']).toBe(2);
    expect(router.slotsInUse()).toBe(0);
  });

  test('a route leads by a next hop, of the other family too (RFC 8950)', () => {
    const { segment, router, tunnel, b } = createRouter();
    const hop = router.netstack.addNextHop({ port: router.port, address: address('fe80::b') });
    router.route('172.22.0.0/24', hop);
    router.route('fd44::/32', hop);
    b.netstack.setLocalAddresses([address('172.22.0.1'), address('fd44::1')]);
    deliver(
      router,
      segment,
      tunnel,
      packet({ from: '172.20.0.9', to: '172.22.0.1' }, echoRequest()),
    );
    deliver(router, segment, tunnel, packet({ from: 'fd42::9', to: 'fd44::1' }, echoRequest()));
    segment.run(10);
    expect(router.tunneled.map(({ bytes }) => bytes.length)).toHaveLength(2);
    expect(router.view().neighbors.map((n) => formatIpAddress(n.address))).toContain('fe80::b');
    router.netstack.removeInterface(hop, segment.now());
    router.tunneled.splice(0);
    deliver(router, segment, tunnel, packet({ from: 'fd42::9', to: 'fd44::1' }, echoRequest()));
    expectPacket(router.tunneled[0]?.bytes, icmpError({ type: 1, code: 0 }));
  });

  test('next hops go with their port, and so does everything that waits', () => {
    const { segment, router, tunnel } = createRouter();
    const hop = router.netstack.addNextHop({ port: router.port, address: address('fe80::77') });
    router.route('fd44::/32', hop);
    deliver(router, segment, tunnel, packet({ from: 'fd42::9', to: 'fd44::1' }, echoRequest()));
    expect(router.slotsInUse()).toBe(1);
    router.netstack.removeInterface(router.port, segment.now());
    expect(router.slotsInUse()).toBe(0);
    expect(router.netstack.routes.lookup6(addressBytes('fd44::1'), 0)).toBe(NONE);
    expect(router.timerQueue.armed()).toBe(0);
  });

  test('a scan of the link from a tunnel leaves those who speak alone', () => {
    const { segment, router, tunnel } = createRouter(2048);
    ping(router, segment, 'fd09::11', undefined, 1);
    segment.run(10);
    for (let i = 0; i < 3000; i++) {
      if (i % 100 === 0) segment.run(100);
      const to = `fd09::1:${i.toString(16)}`;
      deliver(router, segment, tunnel, packet({ from: 'fd42::9', to }, echoRequest()));
    }
    expect(router.neighbor('fd09::11')).toBe(`reachable ${MAC_B}`);
    expect(router.view().neighbors.length).toBeLessThan(80);
    expect(router.slotsInUse()).toBeLessThan(80);
    segment.run(10_000);
    expect(router.slotsInUse()).toBe(0);
  });

  test('strict reverse path holds on a port, by its next hops as well', () => {
    const { segment, router } = createRouter();
    router.netstack.updateEthernetPort(
      router.port,
      { ingress: { reversePath: 'strict', bogons: 'allow' } },
      segment.now(),
    );
    const hop = router.netstack.addNextHop({ port: router.port, address: address('fe80::b') });
    router.route('fd44::/32', hop);
    const from = (source: string): Uint8Array =>
      ipFrame(MAC_C, MAC_A, { from: source, to: 'fd42::9' }, echoRequest());
    segment.inject(from('fd44::1'));
    segment.inject(from('fd09::99'));
    expect(router.tunneled).toHaveLength(2);
    segment.inject(from('fd42::7'));
    expect(router.netstack.drops['reverse-path']).toBe(1);
  });
});

// ── places ──────────────────────────────────────────────────────────────────────────────────────

function createPair(): { segment: Segment; a: Station; b: Station } {
  const segment = createSegment();
  const [a, b] = [
    [MAC_A, '10.9.0.10', 'fd09::10', 'fe80::a'],
    [MAC_B, '10.9.0.11', 'fd09::11', 'fe80::b'],
  ].map(([m, ...addresses]) =>
    segment.station({ mac: m as string, addresses, prefixes: LINK, slots: 2048 }),
  ) as [Station, Station];
  segment.run(CLAIMED);
  return { segment, a, b };
}

/** A is the router of B; behind A a tunnel to fd42::/32 and 172.20.0.0/24. */
function createRouter(slots = 256) {
  const segment = createSegment();
  const addresses = ['10.9.0.10', 'fd09::10', 'fe80::a'];
  const router = segment.station({ mac: MAC_A, addresses, prefixes: LINK, slots });
  router.netstack.setLocalAddresses([address('172.20.0.1'), address('fd42::1')]);
  const others = ['10.9.0.11', 'fd09::11', 'fe80::b'];
  const b = segment.station({ mac: MAC_B, addresses: others, prefixes: LINK });
  const tunnel = router.netstack.addInterface({ mtu: 1420, addresses: [], peerAddresses: [] });
  for (const prefix of ['fd42::/32', '172.20.0.0/24']) router.route(prefix, tunnel);
  const back = b.netstack.addNextHop({ port: b.port, address: address('fd09::10') });
  for (const prefix of ['fd42::/32', '172.20.0.0/24']) b.route(prefix, back);
  segment.run(CLAIMED);
  segment.takeFrames();
  return { segment, router, tunnel, b };
}

function deliver(station: Station, segment: Segment, by: InterfaceId, bytes: Uint8Array): void {
  const { arena, netstack } = station;
  const slot = arena.allocate();
  arena.bytes.set(bytes, arena.start[slot]);
  arena.end[slot] = (arena.start[slot] as number) + bytes.length;
  arena.ingress[slot] = by;
  netstack.receivePacket(slot, segment.now());
}

function ping(
  station: Station,
  segment: Segment,
  target: string,
  source: string | undefined,
  sequence: number,
): string | undefined {
  const isLinkLocal = target.startsWith('fe80');
  return station.netstack.probe(
    {
      protocol: 'icmp',
      target: address(target),
      ...(isLinkLocal ? { interface: station.port } : {}),
      ...(source === undefined ? {} : { source: address(source) }),
      size: 56,
      identifier: 1,
      sequence,
    },
    segment.now(),
  );
}

const states = (station: Station): Record<string, string> =>
  Object.fromEntries(
    station.view().addresses.map(({ address: a, state }) => [formatIpAddress(a), state]),
  );

// ── frames ──────────────────────────────────────────────────────────────────────────────────────

const octets = (text: string): Uint8Array => fromHex(text) as Uint8Array;

const typeOfIcmp = (frame: Uint8Array): number =>
  frame[ETHERNET_HEADER_BYTES + IPV6_HEADER_BYTES] as number;

function arp(fields: {
  from: string;
  operation: number;
  senderIp: string;
  targetIp: string;
  targetMac?: string;
}): Uint8Array {
  const frame = new Uint8Array(ETHERNET_HEADER_BYTES + ARP_BYTES);
  const { from, operation, senderIp, targetIp, targetMac } = fields;
  writeEthernetHeader(frame, 0, BROADCAST_MAC_ADDRESS, 0, mac(from), ETHERTYPE_ARP);
  const [sender, target] = [addressBytes(senderIp), addressBytes(targetIp)];
  writeArp(frame, ETHERNET_HEADER_BYTES, operation, mac(from), sender, target);
  if (targetMac !== undefined) frame.set(mac(targetMac), ETHERNET_HEADER_BYTES + ARP_TARGET_MAC);
  return frame;
}

function ipFrame(from: string, to: string, fields: IpFields, payload: Payload): Uint8Array {
  const bytes = packet(fields, payload);
  const header = new Uint8Array(ETHERNET_HEADER_BYTES);
  const type = fields.from.includes(':') ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
  writeEthernetHeader(header, 0, mac(to), 0, mac(from), type);
  return concatBytes(header, bytes);
}

function solicitation(
  target: string,
  to: string,
  toMac: string,
  hopLimit = 255,
  from = 'fd09::99',
  lla = MAC_C,
): Uint8Array {
  const option = new Uint8Array(8);
  writeLinkLayerOption(option, 0, OPTION_SOURCE_LINK_LAYER_ADDRESS, mac(lla));
  return ipFrame(MAC_C, toMac, { from, to, hopLimit }, neighborSolicitation(target, option));
}

function advertisement(target: string, lla: string, flags: number): Payload {
  const option = new Uint8Array(8);
  writeLinkLayerOption(option, 0, OPTION_TARGET_LINK_LAYER_ADDRESS, mac(lla));
  const body = concatBytes(addressBytes(target), option);
  return icmp(ICMPV6_NEIGHBOR_ADVERTISEMENT, 0, flags, body);
}
