/**
 * ARP messages that came in: answers about our addresses, what is learned, what is not believed.
 *
 * Standard: RFC 826 ("packet reception"); RFC 5227 §2.1.1 and §2.4 (conflicts). How much a message says is
 * told in the words of RFC 4861:
 *
 *   request for an address of ours     ─► like a solicitation: the asker becomes known
 *   reply to us while we ask           ─► like a solicited advertisement
 *   anything else, announcements too   ─► like an unsolicited one: known neighbors only, and the new
 *                                         link-layer address is probed before it is trusted
 *
 * So nobody enters the cache by announcing himself, and who takes over a known address by word must answer
 * a question within seconds.
 *
 * Departure: RFC 826 wants an entry for every sender of a message to us; replies nobody asked for make none.
 *
 * @module
 */
import type { DropReason } from '../../base/drop-reason.ts';
import { equalMacAddresses, isStationMacAddress, readMacAddress } from '../../base/mac-address.ts';
import type { Instant, PacketSlot } from '../../base/units.ts';
import {
  ARP_BYTES,
  ARP_REPLY,
  ARP_REQUEST,
  ARP_SENDER_IP,
  ARP_SENDER_MAC,
  ARP_TARGET_IP,
  ARP_TARGET_MAC,
  arpOperation,
  ETHERNET_HEADER_BYTES,
  ETHERTYPE_ARP,
  isArpComplete,
  isArpProbe,
  isIpv4Multicast,
  writeArp,
} from '../../packet/index.ts';
import { isMartianIpv4 } from '../receive.ts';
import { drop, type Stack } from '../stack.ts';
import { isOnLink } from './on-link.ts';
import { type EthernetPort, sendFrame } from './port.ts';

/** Takes a frame with ARP's type, from its Ethernet header on. */
export function receiveArp(
  stack: Stack,
  port: EthernetPort,
  slot: PacketSlot,
  now: Instant,
): DropReason | undefined {
  const { arena } = stack;
  const b = arena.bytes;
  const arp = (arena.start[slot] as number) + ETHERNET_HEADER_BYTES;
  if (!isArpComplete(b, arp, arena.end[slot] as number)) return drop(stack, slot, 'malformed');
  const operation = arpOperation(b, arp);
  if (operation !== ARP_REQUEST && operation !== ARP_REPLY) return drop(stack, slot, 'malformed');
  const { claims, neighbors } = port;
  const senderMac = arp + ARP_SENDER_MAC;
  const senderIp = arp + ARP_SENDER_IP;
  const targetIp = arp + ARP_TARGET_IP;
  if (!isStationMacAddress(b, senderMac) || equalMacAddresses(b, senderMac, port.linkAddress, 0))
    return drop(stack, slot, 'bad-source');
  const targetState = claims.stateOf(4, b, targetIp);
  if (isArpProbe(b, arp)) {
    // RFC 5227 §2.1.1: two who probe for one address at once both give it up.
    if (targetState === 'tentative') claims.claimedByOther(4, b, targetIp, now);
    if (targetState === 'assigned') return answer(stack, port, slot, arp, now);
    return drop(stack, slot, 'not-for-us');
  }
  if (claims.isOurs(4, b, senderIp)) {
    claims.claimedByOther(4, b, senderIp, now);
    return drop(stack, slot, 'bad-source');
  }
  if (!isUnicastIpv4(b, senderIp) || !isOnLink(stack, port, 4, b, senderIp))
    return drop(stack, slot, 'bad-source');
  if (operation === ARP_REQUEST && targetState === 'assigned') {
    neighbors.heardAsking(4, b, senderIp, b, senderMac, now);
    return answer(stack, port, slot, arp, now);
  }
  const isForUs =
    targetState === 'assigned' && equalMacAddresses(b, arp + ARP_TARGET_MAC, port.linkAddress, 0);
  const isSolicited = operation === ARP_REPLY && isForUs && neighbors.isAskingFor(4, b, senderIp);
  neighbors.advertised(4, b, senderIp, b, senderMac, { isSolicited, isOverride: true }, now);
  arena.release(slot);
  return undefined;
}

/** Turns the request into the reply. */
function answer(
  stack: Stack,
  port: EthernetPort,
  slot: PacketSlot,
  arp: number,
  now: Instant,
): DropReason | undefined {
  const { arena } = stack;
  const b = arena.bytes;
  if (!port.answers.take(now)) return drop(stack, slot, 'rate-limited');
  const asker = readMacAddress(b, arp + ARP_SENDER_MAC);
  const askerIp = b.slice(arp + ARP_SENDER_IP, arp + ARP_SENDER_IP + 4);
  const ours = b.slice(arp + ARP_TARGET_IP, arp + ARP_TARGET_IP + 4);
  writeArp(b, arp, ARP_REPLY, port.linkAddress, ours, askerIp);
  b.set(asker, arp + ARP_TARGET_MAC);
  arena.start[slot] = arp;
  arena.end[slot] = arp + ARP_BYTES;
  sendFrame(stack, port, slot, ETHERTYPE_ARP, asker, 0, now);
  return undefined;
}

const isUnicastIpv4 = (b: Uint8Array, i: number): boolean =>
  !isMartianIpv4(b, i) && !isIpv4Multicast(b, i);
