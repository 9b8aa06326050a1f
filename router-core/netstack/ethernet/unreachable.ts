/**
 * A packet for which no neighbor answered: its sender is told, and when that is us, so are we.
 *
 * Standard: RFC 4861 §7.2.2, RFC 1812 §5.2.7.1 and RFC 1122 §2.3.2.1: "address unreachable", "host unreachable".
 *
 * A packet of our own becomes the error that a router would have sent us, so that ping and TCP hear of it in the
 * one way they hear of all errors.
 *
 * @module
 */
import type { IpFamily } from '../../base/ip-address.ts';
import { type Instant, NONE, type PacketSlot } from '../../base/units.ts';
import {
  ICMP_HEADER_BYTES,
  ICMPV4_HOST_UNREACHABLE,
  ICMPV4_UNREACHABLE,
  ICMPV6_ADDRESS_UNREACHABLE,
  ICMPV6_UNREACHABLE,
  IPV4_HEADER_BYTES,
  IPV4_SOURCE,
  IPV6_HEADER_BYTES,
  IPV6_SOURCE,
  ipVersion,
  SLOT_BYTES,
  writeIpv4Address,
  writeIpv6Address,
} from '../../packet/index.ts';
import { receiveIcmpError } from '../icmp-error-input.ts';
import { dropWithError, quote } from '../icmp-errors.ts';
import { drop, type Stack } from '../stack.ts';

/** Takes an IP packet that waited in vain at the port with this row. */
export function dropUnreachable(stack: Stack, slot: PacketSlot, port: number, now: Instant): void {
  const { arena } = stack;
  const family = ipVersion(arena.bytes, arena.start[slot] as number) === 4 ? 4 : 6;
  const type = family === 4 ? ICMPV4_UNREACHABLE : ICMPV6_UNREACHABLE;
  const code = family === 4 ? ICMPV4_HOST_UNREACHABLE : ICMPV6_ADDRESS_UNREACHABLE;
  if (arena.ingress[slot] === NONE) tellUs(stack, slot, family, type, code, port, now);
  else dropWithError(stack, slot, family, type, code, 0, 'neighbor-unreachable', now);
}

function tellUs(
  stack: Stack,
  slot: PacketSlot,
  family: IpFamily,
  type: number,
  code: number,
  port: number,
  now: Instant,
): void {
  const { arena } = stack;
  const b = arena.bytes;
  const ip = arena.start[slot] as number;
  const headerBytes = family === 4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES;
  if (ip - slot * SLOT_BYTES < ICMP_HEADER_BYTES + headerBytes) {
    drop(stack, slot, 'neighbor-unreachable');
    return;
  }
  stack.drops['neighbor-unreachable']++;
  if (family === 4) {
    writeIpv4Address(stack.source, 0, b, ip + IPV4_SOURCE);
    writeIpv4Address(stack.destination, 0, b, ip + IPV4_SOURCE);
  } else {
    writeIpv6Address(stack.source, 0, b, ip + IPV6_SOURCE);
    writeIpv6Address(stack.destination, 0, b, ip + IPV6_SOURCE);
  }
  quote(stack, slot, family, type, code, 0);
  receiveIcmpError(stack, slot, family, ip - ICMP_HEADER_BYTES, port, now);
}
