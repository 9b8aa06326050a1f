/**
 * Why a packet went no further: a closed list, counted per reason, shown to the operator.
 *
 * Not standardized. Functions on the packet path return one of these words, or undefined when the
 * packet was accepted. A packet never causes an exception and never a log line above `trace`.
 *
 * @module
 */
export const DROP_REASONS = [
  'truncated',
  'malformed',
  'bad-checksum',
  'arena-full',
  'queue-full',
  'too-big',
  // underlay and WireGuard
  'not-wireguard',
  'wrong-mac1',
  'rate-limited',
  'overloaded',
  'cookie-required',
  'unknown-key',
  'unknown-receiver-index',
  'stale-generation',
  'old-timestamp',
  'bad-handshake',
  'bad-cookie',
  'not-authentic',
  'replayed',
  'key-expired',
  'no-key-pair',
  'no-endpoint',
  'target-limited',
  'source-not-allowed',
  'socket-error',
  // netstack
  'unknown-interface',
  'no-route',
  'hop-limit-exceeded',
  'fragment',
  'bad-source',
  'bad-destination',
  'reverse-path',
  'bogon',
  'unknown-protocol',
  'no-listener',
  'not-for-us',
  'icmp-limited',
  // neighbors on Ethernet
  'neighbor-unreachable',
  'neighbor-queue-full',
  'neighbor-table-full',
  'neighbor-limited',
  // TCP of a neighbor that must sign or stand next to us
  'signature-missing',
  'signature-wrong',
  'signature-unexpected',
  'hop-limit-low',
  // BFD: of nobody we know, or with an authentication we have not agreed on
  'bfd-unknown-session',
  'bfd-authenticated',
  // a neighbor asked for it (RFC 7999)
  'blackhole',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];
export type DropCounters = Record<DropReason, number>;

/** Returns counters of one fixed shape, all zero. */
export function createDropCounters(): DropCounters {
  return Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as DropCounters;
}
