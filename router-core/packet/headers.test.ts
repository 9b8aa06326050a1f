import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHex, readUint16 } from '../base/bytes.ts';
import { checksum } from '../base/checksum.ts';
import { type IpAddress, parseIpAddress } from '../base/ip-address.ts';
import {
  decrementIpv4Ttl,
  extensionHeaderBytes,
  findTcpOption,
  hasNeighborOption,
  icmpCode,
  icmpEchoIdentifier,
  icmpEchoSequence,
  icmpParameter,
  icmpType,
  ipVersion,
  ipv4DontFragment,
  ipv4FragmentOffset,
  ipv4HeaderBytes,
  ipv4Identification,
  ipv4MoreFragments,
  ipv4Protocol,
  ipv4TotalLength,
  ipv4Ttl,
  ipv6HopLimit,
  ipv6NextHeader,
  ipv6PayloadLength,
  isIcmpv4ChecksumRight,
  isIcmpv6ChecksumRight,
  isIpv4ChecksumRight,
  isIpv4Fragment,
  isIpv4HeaderComplete,
  isIpv4LinkLocal,
  isIpv6AllNodes,
  isIpv6HeaderComplete,
  isIpv6LinkLocal,
  isIpv6Loopback,
  isIpv6SolicitedNode,
  isIpv6Unspecified,
  isNeighborMessageComplete,
  isTcpChecksumRight,
  isTcpHeaderComplete,
  isUdpChecksumRight,
  isUdpComplete,
  TCP_ACK,
  TCP_OPTION_MSS,
  TCP_OPTION_SACK_PERMITTED,
  TCP_OPTION_TIMESTAMPS,
  TCP_OPTION_WINDOW_SCALE,
  TCP_PSH,
  TCP_SYN,
  tcpAcknowledgment,
  tcpChecksum,
  tcpChecksumField,
  tcpDestinationPort,
  tcpFlags,
  tcpHeaderBytes,
  tcpSequence,
  tcpSourcePort,
  tcpUrgentPointer,
  tcpWindow,
  udpChecksumField,
  udpDestinationPort,
  udpLength,
  udpSourcePort,
  writeIpv4Checksum,
  writeIpv4Fragment,
  writeIpv4Header,
  writeIpv6Header,
  writeTcpChecksum,
  writeTcpHeader,
  writeUdpChecksum,
  writeUdpHeader,
} from './index.ts';

// An example that stands in many textbooks: UDP from 192.168.0.1 to 192.168.0.199, header checksum b861.
const TEXTBOOK_IPV4 = hex('45000073 00004000 4011b861 c0a80001 c0a800c7');

test('reads an IPv4 header whose checksum is known', () => {
  const b = new Uint8Array(0x73);
  b.set(TEXTBOOK_IPV4);
  expect(isIpv4HeaderComplete(b, 0, b.length)).toBe(true);
  expect(isIpv4HeaderComplete(b, 0, b.length - 1)).toBe(false);
  expect(isIpv4ChecksumRight(b, 0)).toBe(true);
  expect([ipVersion(b, 0), ipv4HeaderBytes(b, 0), ipv4TotalLength(b, 0)]).toEqual([4, 20, 0x73]);
  expect([ipv4Ttl(b, 0), ipv4Protocol(b, 0), ipv4Identification(b, 0)]).toEqual([64, 17, 0]);
  expect([ipv4DontFragment(b, 0), ipv4MoreFragments(b, 0), isIpv4Fragment(b, 0)]).toEqual([
    true,
    false,
    false,
  ]);
});

test('taking a hop off equals writing the header anew (twin, RFC 1624 §3)', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 8, maxLength: 8 }),
      fc.integer({ min: 1, max: 255 }),
      fc.integer({ min: 0, max: 0xffff }),
      (addresses, ttl, identification) => {
        const [fast, slow] = [ttl, ttl - 1].map((hops) => {
          const b = new Uint8Array(20);
          writeIpv4Header(b, 0, 20, identification, hops, 6, 0);
          b.set(addresses, 12);
          writeIpv4Checksum(b, 0);
          return b;
        });
        decrementIpv4Ttl(fast as Uint8Array, 0);
        expect(fast).toEqual(slow);
      },
    ),
  );
});

test('fragment fields come back as they were written', () => {
  const b = new Uint8Array(20);
  writeIpv4Fragment(b, 0, 0x2000, 1480);
  expect([ipv4FragmentOffset(b, 0), ipv4MoreFragments(b, 0), ipv4DontFragment(b, 0)]).toEqual([
    1480,
    true,
    false,
  ]);
});

test('an IPv4 header is incomplete when its own lengths contradict each other', () => {
  for (const [first, total] of [
    [0x44, 40],
    [0x46, 20],
    [0x4f, 40],
    [0x45, 41],
  ] as const) {
    const b = new Uint8Array(40);
    b[0] = first;
    b[3] = total;
    expect(isIpv4HeaderComplete(b, 0, 40), `${first}, ${total}`).toBe(false);
  }
});

test('fields of an IPv6 header come back as they were written', () => {
  const b = new Uint8Array(48);
  writeIpv6Header(b, 0, 8, 17, 63, 0xc0);
  expect(b[0]).toBe(0x6c);
  expect([ipv6PayloadLength(b, 0), ipv6NextHeader(b, 0), ipv6HopLimit(b, 0)]).toEqual([8, 17, 63]);
  expect(isIpv6HeaderComplete(b, 0, 48)).toBe(true);
  expect(isIpv6HeaderComplete(b, 0, 47)).toBe(false);
  expect(extensionHeaderBytes(Uint8Array.of(6, 2), 0)).toBe(24);
});

test('knows the special addresses (RFC 4291 §2, RFC 3927)', () => {
  const is = (check: (b: Uint8Array, i: number) => boolean, text: string): boolean =>
    check(addressOf(text).bytes, 0);
  expect(is(isIpv6LinkLocal, 'fe80::1') && is(isIpv6LinkLocal, 'febf::')).toBe(true);
  expect(is(isIpv6LinkLocal, 'fec0::1') || is(isIpv6LinkLocal, 'fd00::1')).toBe(false);
  expect(is(isIpv6Unspecified, '::') && is(isIpv6Loopback, '::1')).toBe(true);
  expect(is(isIpv6Unspecified, '::1') || is(isIpv6Loopback, '1::1')).toBe(false);
  expect(is(isIpv6AllNodes, 'ff02::1')).toBe(true);
  expect(is(isIpv6AllNodes, 'ff02::2') || is(isIpv6AllNodes, 'ff02::1:1')).toBe(false);
  expect(is(isIpv6SolicitedNode, 'ff02::1:ff12:3456')).toBe(true);
  expect(is(isIpv6SolicitedNode, 'ff02::1:fe12:3456')).toBe(false);
  expect(is(isIpv4LinkLocal, '169.254.9.9')).toBe(true);
});

test('an ICMPv6 checksum summed by hand is right, and covers the addresses (RFC 8200 §8.1)', () => {
  const b = hex(
    '60000000 0010 3a40 00000000000000000000000000000001 00000000000000000000000000000001' +
      '8000 0000 1234 0001 0102030405060708',
  );
  const sum = 0x2 + 0x10 + 0x3a + 0x8000 + 0x1234 + 1 + 0x0102 + 0x0304 + 0x0506 + 0x0708;
  const folded = ~((sum & 0xffff) + (sum >>> 16)) & 0xffff;
  b[42] = folded >>> 8;
  b[43] = folded;
  expect(isIcmpv6ChecksumRight(b, 0, 40, b.length)).toBe(true);
  expect([icmpType(b, 40), icmpCode(b, 40), icmpParameter(b, 40)]).toEqual([128, 0, 0x12340001]);
  expect([icmpEchoIdentifier(b, 40), icmpEchoSequence(b, 40)]).toEqual([0x1234, 1]);
  b[47] = 2;
  expect(isIcmpv6ChecksumRight(b, 0, 40, b.length)).toBe(false);
});

test('an ICMP checksum covers the message alone', () => {
  const b = hex('0800 0000 0001 0002 61626364');
  const sum = checksum(b, 0, b.length);
  b[2] = sum >>> 8;
  b[3] = sum;
  expect(isIcmpv4ChecksumRight(b, 0, b.length)).toBe(true);
});

test('UDP: a computed zero is sent as all ones, an absent checksum is for IPv4 only (RFC 768)', () => {
  const b = new Uint8Array(40 + 10);
  writeIpv6Header(b, 0, 10, 17, 64, 0);
  writeUdpHeader(b, 40, 1, 2, 10);
  expect(isUdpComplete(b, 40, 50)).toBe(true);
  expect(isUdpComplete(b, 40, 49)).toBe(false);
  expect([udpSourcePort(b, 40), udpDestinationPort(b, 40), udpLength(b, 40)]).toEqual([1, 2, 10]);
  expect(isUdpChecksumRight(6, b, 0, 40)).toBe(false);
  expect(isUdpChecksumRight(4, b, 0, 40)).toBe(true);
  // Two octets of data that make the sum all ones.
  writeUdpChecksum(6, b, 0, 40);
  const missing = udpChecksumField(b, 40);
  b[48] = missing >>> 8;
  b[49] = missing;
  writeUdpChecksum(6, b, 0, 40);
  expect(udpChecksumField(b, 40)).toBe(0xffff);
  expect(isUdpChecksumRight(6, b, 0, 40)).toBe(true);
});

test('TCP: every field comes back, and the checksum covers both addresses (RFC 9293 §3.1)', () => {
  for (const [from, to] of [
    ['172.20.1.1', '172.20.2.2'],
    ['fe80::1', 'fe80::2'],
  ] as const) {
    const [source, destination] = [addressOf(from), addressOf(to)];
    const ip = source.family === 4 ? 20 : 40;
    const b = new Uint8Array(ip + 24);
    b.set(source.bytes, source.family === 4 ? 12 : 8);
    b.set(destination.bytes, source.family === 4 ? 16 : 24);
    writeTcpHeader(b, ip, 50_000, 179, 0xfffffffe, 0x80000001, 24, TCP_SYN | TCP_ACK, 65_535);
    b.set([2, 4, 5, 0xb4], ip + 20);
    writeTcpChecksum(source.family, source.bytes, destination.bytes, b, ip, b.length);
    expect(isTcpHeaderComplete(b, ip, b.length)).toBe(true);
    expect([tcpSourcePort(b, ip), tcpDestinationPort(b, ip)]).toEqual([50_000, 179]);
    expect([tcpSequence(b, ip), tcpAcknowledgment(b, ip)]).toEqual([0xfffffffe, 0x80000001]);
    expect([tcpHeaderBytes(b, ip), tcpFlags(b, ip), tcpWindow(b, ip)]).toEqual([24, 0x12, 65_535]);
    expect(tcpUrgentPointer(b, ip)).toBe(0);
    expect(isTcpChecksumRight(source.family, b, 0, ip, b.length)).toBe(true);
    const { family } = source;
    expect(tcpChecksum(family, source.bytes, 0, destination.bytes, 0, b, ip, b.length)).toBe(0);
    b[source.family === 4 ? 19 : 39] = 77;
    expect(isTcpChecksumRight(source.family, b, 0, ip, b.length)).toBe(false);
    expect(tcpChecksumField(b, ip)).toBe(readUint16(b, ip + 16));
  }
});

test('TCP: finds the options of a SYN, and none behind a broken one', () => {
  // In the order Linux writes them: MSS 1460, SACK permitted, timestamps, NOP, window scale 7.
  const syn = hex(
    'd4310016 a1b2c3d4 00000000 a002faf0 00000000' +
      '020405b4 0402 080a 01020304 00000000 01 030307',
  );
  expect(isTcpHeaderComplete(syn, 0, syn.length)).toBe(true);
  expect(isTcpHeaderComplete(syn, 0, syn.length - 1)).toBe(false);
  const found = [
    TCP_OPTION_MSS,
    TCP_OPTION_SACK_PERMITTED,
    TCP_OPTION_TIMESTAMPS,
    TCP_OPTION_WINDOW_SCALE,
    99,
  ].map((kind) => findTcpOption(syn, 0, kind));
  expect(found).toEqual([20, 24, 26, 37, -1]);
  for (const length of [0, 1, 21]) {
    const broken = syn.slice();
    broken[21] = length;
    expect(findTcpOption(broken, 0, TCP_OPTION_WINDOW_SCALE)).toBe(-1);
  }
  expect(
    isTcpHeaderComplete(
      Uint8Array.from({ length: 20 }, () => TCP_PSH),
      0,
      20,
    ),
  ).toBe(false);
});

test('neighbor messages are complete when their options are (RFC 4861 §7.1.1)', () => {
  const withOptions = (...options: number[]): Uint8Array =>
    Uint8Array.from([...new Uint8Array(24), ...options]);
  const complete = (b: Uint8Array): boolean => isNeighborMessageComplete(b, 0, b.length);
  expect(complete(withOptions())).toBe(true);
  expect(complete(new Uint8Array(23))).toBe(false);
  expect(complete(withOptions(14, 1, 0, 0, 0, 0, 0, 0))).toBe(true);
  expect(complete(withOptions(14, 0, 0, 0, 0, 0, 0, 0))).toBe(false);
  expect(complete(withOptions(14, 2, 0, 0, 0, 0, 0, 0))).toBe(false);
  const b = withOptions(14, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0);
  expect([hasNeighborOption(b, 0, b.length, 1), hasNeighborOption(b, 0, b.length, 2)]).toEqual([
    true,
    false,
  ]);
});

function hex(text: string): Uint8Array {
  const bytes = fromHex(text.replaceAll(' ', ''));
  if (bytes === undefined) throw new Error('not hexadecimal');
  return bytes;
}

function addressOf(text: string): IpAddress {
  const address = parseIpAddress(text);
  if (address === undefined) throw new Error(`not an address: ${text}`);
  return address;
}
