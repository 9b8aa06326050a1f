import { expect, test } from 'vitest';
import { fromHex, toHex } from '../base/bytes.ts';
import {
  ARP_BYTES,
  ARP_REPLY,
  ARP_REQUEST,
  ARP_SENDER_IP,
  ARP_SENDER_MAC,
  ARP_TARGET_IP,
  ARP_TARGET_MAC,
  arpOperation,
  isArpComplete,
  isArpProbe,
  writeArp,
} from './arp.ts';
import {
  BROADCAST_MAC_ADDRESS,
  ETHERNET_HEADER_BYTES,
  ETHERTYPE_ARP,
  etherType,
  isEthernetComplete,
  writeEthernetHeader,
  writeIpv4MulticastMacAddress,
  writeIpv6MulticastMacAddress,
} from './ethernet.ts';
import FRAMES from './fixtures/linux-frames.json' with { type: 'json' };
import { writeIpv6SolicitedNode } from './ipv6.ts';
import {
  findLinkLayerAddress,
  isNeighborMessageComplete,
  OPTION_SOURCE_LINK_LAYER_ADDRESS,
  OPTION_TARGET_LINK_LAYER_ADDRESS,
  writeLinkLayerOption,
} from './neighbor-discovery.ts';

const octets = (text: string): Uint8Array => fromHex(text.replaceAll(' ', '')) as Uint8Array;
const SOLICITATION = 40 + ETHERNET_HEADER_BYTES;

test('a request is written as Linux writes it, octet by octet', () => {
  const frame = octets(FRAMES.arpRequest);
  const ours = new Uint8Array(frame.length);
  const mac = frame.slice(6, 12);
  const arp = ETHERNET_HEADER_BYTES;
  const sender = frame.slice(arp + ARP_SENDER_IP, arp + ARP_SENDER_IP + 4);
  const target = frame.slice(arp + ARP_TARGET_IP, arp + ARP_TARGET_IP + 4);
  writeEthernetHeader(ours, 0, BROADCAST_MAC_ADDRESS, 0, mac, ETHERTYPE_ARP);
  writeArp(ours, arp, ARP_REQUEST, mac, sender, target);
  expect(toHex(ours)).toBe(toHex(frame));
});

test('a reply of Linux is read whole', () => {
  const frame = octets(FRAMES.arpReply);
  const arp = ETHERNET_HEADER_BYTES;
  expect(isEthernetComplete(0, frame.length)).toBe(true);
  expect(etherType(frame, 0)).toBe(ETHERTYPE_ARP);
  expect(isArpComplete(frame, arp, frame.length)).toBe(true);
  expect(arpOperation(frame, arp)).toBe(ARP_REPLY);
  expect(toHex(frame.slice(arp + ARP_SENDER_MAC, arp + ARP_SENDER_IP))).toBe(
    toHex(frame.slice(6, 12)),
  );
  expect(toHex(frame.slice(arp + ARP_TARGET_MAC, arp + ARP_TARGET_IP))).toBe(
    toHex(frame.slice(0, 6)),
  );
});

test('padding behind a message is no part of it, a message cut short is none', () => {
  const frame = octets(FRAMES.arpReply);
  const padded = new Uint8Array(60);
  padded.set(frame);
  expect(isArpComplete(padded, ETHERNET_HEADER_BYTES, 60)).toBe(true);
  expect(isArpComplete(frame, ETHERNET_HEADER_BYTES, frame.length - 1)).toBe(false);
});

test.each([0, 1, 2, 3, 4, 5])(
  'other hardware, protocols or lengths are refused (octet %i)',
  (i) => {
    const message = octets(FRAMES.arpReply).slice(ETHERNET_HEADER_BYTES);
    message[i] = (message[i] as number) ^ 1;
    expect(isArpComplete(message, 0, ARP_BYTES)).toBe(false);
  },
);

test('announcements of Linux and probes are told apart (RFC 5227 §1.1)', () => {
  const announcement = octets(FRAMES.arpAnnouncement).slice(ETHERNET_HEADER_BYTES);
  const probe = new Uint8Array(ARP_BYTES);
  const target = Uint8Array.of(10, 9, 0, 10);
  writeArp(probe, 0, ARP_REQUEST, octets('02000000000a'), new Uint8Array(4), target);
  expect(isArpProbe(probe, 0)).toBe(true);
  expect(isArpProbe(announcement, 0)).toBe(false);
});

test('groups map to 01:00:5e and 33:33 (RFC 1112 §6.4, RFC 2464 §7)', () => {
  const mac = new Uint8Array(6);
  writeIpv4MulticastMacAddress(mac, 0, Uint8Array.of(239, 129, 2, 3), 0);
  expect(toHex(mac)).toBe('01005e010203');
  writeIpv6MulticastMacAddress(mac, 0, octets('ff02 0000 0000 0000 0000 0001 ff12 3456'), 0);
  expect(toHex(mac)).toBe('3333ff123456');
});

test("the group and the frame's destination of a solicitation are those of Linux (RFC 4291 §2.7.1)", () => {
  const frame = octets(FRAMES.neighborSolicitation);
  const group = new Uint8Array(16);
  const mac = new Uint8Array(6);
  writeIpv6SolicitedNode(group, 0, frame, SOLICITATION + 8);
  writeIpv6MulticastMacAddress(mac, 0, group, 0);
  const destination = ETHERNET_HEADER_BYTES + 24;
  expect(toHex(group)).toBe(toHex(frame.slice(destination, destination + 16)));
  expect(toHex(mac)).toBe(toHex(frame.slice(0, 6)));
});

test('the options of Linux carry the address of the frame (RFC 2464 §6)', () => {
  for (const [name, type] of [
    ['neighborSolicitation', OPTION_SOURCE_LINK_LAYER_ADDRESS],
    ['neighborAdvertisement', OPTION_TARGET_LINK_LAYER_ADDRESS],
  ] as const) {
    const frame = octets(FRAMES[name]);
    expect(isNeighborMessageComplete(frame, SOLICITATION, frame.length)).toBe(true);
    const i = findLinkLayerAddress(frame, SOLICITATION, frame.length, type);
    expect(toHex(frame.slice(i, i + 6))).toBe(toHex(frame.slice(6, 12)));
    const ours = new Uint8Array(8);
    writeLinkLayerOption(ours, 0, type, frame.slice(6, 12));
    expect(toHex(ours)).toBe(toHex(frame.slice(i - 2, i + 6)));
  }
});

test('a probe of Linux carries no link-layer address (RFC 4861 §4.3)', () => {
  const frame = octets(FRAMES.neighborProbe);
  const type = OPTION_SOURCE_LINK_LAYER_ADDRESS;
  expect(findLinkLayerAddress(frame, SOLICITATION, frame.length, type)).toBe(-1);
});

test('an option of another length is not read', () => {
  const message = new Uint8Array(24 + 16);
  message[24] = OPTION_SOURCE_LINK_LAYER_ADDRESS;
  message[25] = 2;
  const type = OPTION_SOURCE_LINK_LAYER_ADDRESS;
  expect(isNeighborMessageComplete(message, 0, 40)).toBe(true);
  expect(findLinkLayerAddress(message, 0, 40, type)).toBe(-1);
});
