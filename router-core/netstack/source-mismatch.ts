/**
 * Notices a peer that speaks from another link-local address than the one it told us.
 *
 * Not standardized. BGP over such a tunnel never comes up, and nothing else says why, so the router's
 * diagnosis wants to know. The packet is not dropped: the address was typed by a person.
 *
 * Only what a person or a daemon sends counts: TCP and echo. A Linux kernel makes a second link-local
 * address of its own for a WireGuard interface and sends MLD, router and neighbor solicitations from
 * it; those say nothing about BGP. Any packet of the right address takes the observation back.
 *
 * @module
 */
import { at } from '../base/bytes.ts';
import type { Instant } from '../base/units.ts';
import {
  ICMPV6_ECHO_REPLY,
  ICMPV6_ECHO_REQUEST,
  IPV6_HEADER_BYTES,
  IPV6_SOURCE,
  ipv6NextHeader,
  PROTOCOL_ICMPV6,
  PROTOCOL_TCP,
} from '../packet/index.ts';
import { SOURCE_MISMATCH_INTERVAL_MS } from './limits.ts';
import type { Stack } from './stack.ts';

/**
 * Looks at a packet from a link-local source, `ip` to `end`. Tells once per changed address, and at
 * most once in `SOURCE_MISMATCH_INTERVAL_MS`.
 */
export function checkLinkLocalSource(
  stack: Stack,
  link: number,
  b: Uint8Array,
  ip: number,
  end: number,
  now: Instant,
): void {
  const { interfaces } = stack;
  if (interfaces.hasPeerLinkLocal[link] === 0) return;
  const source = ip + IPV6_SOURCE;
  if (isSameAddress(interfaces.peerLinkLocal, link * 16, b, source)) {
    if (interfaces.mismatch[link * 16] !== 0) takeBack(stack, link, now);
    return;
  }
  if (isSameAddress(interfaces.mismatch, link * 16, b, source)) return;
  if (!isSpeech(b, ip, end)) return;
  if (now - (interfaces.mismatchAt[link] as number) < SOURCE_MISMATCH_INTERVAL_MS) return;
  interfaces.mismatchAt[link] = now;
  const bytes = b.slice(source, source + 16);
  interfaces.mismatch.set(bytes, link * 16);
  stack.events.push({
    kind: 'inner-source-mismatch',
    interface: interfaces.idOf(link),
    source: { family: 6, bytes },
    at: now,
  });
}

function takeBack({ interfaces, events }: Stack, link: number, now: Instant): void {
  interfaces.mismatch.fill(0, link * 16, link * 16 + 16);
  events.push({ kind: 'inner-source-right', interface: interfaces.idOf(link), at: now });
}

/** TCP or echo: what comes from the address that BGP would use. */
function isSpeech(b: Uint8Array, ip: number, end: number): boolean {
  const protocol = ipv6NextHeader(b, ip);
  if (protocol === PROTOCOL_TCP) return true;
  if (protocol !== PROTOCOL_ICMPV6 || ip + IPV6_HEADER_BYTES >= end) return false;
  const type = at(b, ip + IPV6_HEADER_BYTES);
  return type === ICMPV6_ECHO_REQUEST || type === ICMPV6_ECHO_REPLY;
}

function isSameAddress(a: Uint8Array, i: number, b: Uint8Array, j: number): boolean {
  // From the end: addresses of one link differ there first.
  for (let k = 15; k >= 0; k--) if (at(a, i + k) !== at(b, j + k)) return false;
  return true;
}
