/**
 * Where the fields of EtherGuard's messages stand, for the Noise core it shares with WireGuard.
 *
 * Not standardized; wire format of etherguard-go v0.3.5-f5, checked with captures of real nodes.
 *
 *   initiation    145   │ 0 │ as WireGuard …
 *   response       89   │ 1 │ as WireGuard …
 *   cookie reply   61   │ 2 │ as WireGuard …
 *   transport     30 …  │ usage │ TTL │ receiver 4 │ counter 8 │ content +16 │
 *
 * One octet of type takes the place of four. Every type from 3 on is a transport message; usages are 4 to
 * 10 (mesh-packet.ts), and an unknown one is seen after decryption only, as in the original.
 *
 * Two faults of the original are met with:
 * - Its keepalives carry the usage and TTL of an earlier packet, or 0. It drops those with 0 itself, so ours
 *   have 4, and we take those of any type.
 * - Its cookie replies carry octets 4 to 7 of the message answered in place of octets 1 to 4, its index.
 *
 * @module
 */
import type { Framing } from '../../../wireguard/index.ts';

export const ETHERGUARD_FRAMING: Framing = {
  typeBytes: 1,
  initiationType: 0,
  responseType: 1,
  cookieReplyType: 2,
  transportTypeMin: 3,
  transportTypeMax: 255,
  keepaliveType: 4,
  isKeepaliveByLength: true,
  transportHeaderBytes: 14,
  receiverOffset: 2,
  counterOffset: 6,
  ttlOffset: 1,
  carriesIp: false,
  misreadSenderOffset: 4,
};
