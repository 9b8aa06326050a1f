/**
 * Protocol numbers: what follows an IP header or an extension header.
 *
 * Standard: IANA "Assigned Internet Protocol Numbers"; RFC 8200 §4 (extension headers).
 *
 * @module
 */
export const PROTOCOL_HOP_BY_HOP = 0;
export const PROTOCOL_ICMPV4 = 1;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
export const PROTOCOL_ROUTING = 43;
export const PROTOCOL_FRAGMENT = 44;
export const PROTOCOL_ICMPV6 = 58;
export const PROTOCOL_NO_NEXT_HEADER = 59;
export const PROTOCOL_DESTINATION_OPTIONS = 60;
