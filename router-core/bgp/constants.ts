/**
 * Numbers of BGP under their names; our own stand in the second block.
 *
 * Standard: RFC 4271 §4, §6, §10; RFC 2918, 4486, 4724, 5492, 6608, 7313, 8538, 8654, 8950, 9072, 9234, 9384,
 * 9687; IANA "Border Gateway Protocol (BGP) Parameters" and "Capability Codes".
 *
 * The names of errors stand in message/notification-names.ts.
 *
 * @module
 */
import { milliseconds, seconds } from '../base/units.ts';
import type { Family } from './types.ts';

/** RFC 4271 §4.1. */
export const BGP_PORT = 179;
export const BGP_VERSION = 4;
export const MARKER_BYTES = 16;
export const HEADER_BYTES = 19;
/** RFC 4271 §4.1 and, when both sides announced it, RFC 8654 §3. */
export const MAX_MESSAGE_BYTES = 4096;
export const MAX_EXTENDED_MESSAGE_BYTES = 65535;

/** RFC 4271 §4.1, RFC 2918 §3. */
export const OPEN = 1;
export const UPDATE = 2;
export const NOTIFICATION = 3;
export const KEEPALIVE = 4;
export const ROUTE_REFRESH = 5;

/** The shortest message of each type, by type; RFC 4271 §4.2 to §4.5. */
export const MIN_MESSAGE_BYTES: readonly number[] = [0, 29, 23, 21, 19, 19];

/** Error codes of a NOTIFICATION: RFC 4271 §4.5, RFC 7313 §5, RFC 9687 §5. */
export const MESSAGE_HEADER_ERROR = 1;
export const OPEN_MESSAGE_ERROR = 2;
export const UPDATE_MESSAGE_ERROR = 3;
export const HOLD_TIMER_EXPIRED = 4;
export const FSM_ERROR = 5;
export const CEASE = 6;
export const ROUTE_REFRESH_ERROR = 7;
export const SEND_HOLD_TIMER_EXPIRED = 8;

/** Subcodes of Message Header Error. */
export const CONNECTION_NOT_SYNCHRONIZED = 1;
export const BAD_MESSAGE_LENGTH = 2;
export const BAD_MESSAGE_TYPE = 3;

/** Subcodes of OPEN Message Error; 0 is "unspecific". */
export const UNSPECIFIC = 0;
export const UNSUPPORTED_VERSION_NUMBER = 1;
export const BAD_PEER_AS = 2;
export const BAD_BGP_IDENTIFIER = 3;
export const UNSUPPORTED_OPTIONAL_PARAMETER = 4;
export const UNACCEPTABLE_HOLD_TIME = 6;
export const UNSUPPORTED_CAPABILITY = 7;
export const ROLE_MISMATCH = 11;

/** Subcodes of UPDATE Message Error. */
export const MALFORMED_ATTRIBUTE_LIST = 1;
export const UNRECOGNIZED_WELL_KNOWN_ATTRIBUTE = 2;
export const MISSING_WELL_KNOWN_ATTRIBUTE = 3;
export const ATTRIBUTE_FLAGS_ERROR = 4;
export const ATTRIBUTE_LENGTH_ERROR = 5;
export const INVALID_ORIGIN_ATTRIBUTE = 6;
export const INVALID_NEXT_HOP_ATTRIBUTE = 8;
export const OPTIONAL_ATTRIBUTE_ERROR = 9;
export const INVALID_NETWORK_FIELD = 10;
export const MALFORMED_AS_PATH = 11;

/** Subcodes of Finite State Machine Error: RFC 6608 §3. */
export const UNEXPECTED_IN_OPEN_SENT = 1;
export const UNEXPECTED_IN_OPEN_CONFIRM = 2;
export const UNEXPECTED_IN_ESTABLISHED = 3;

/** Subcodes of Cease: RFC 4486 §3, RFC 8538 §3, RFC 9384 §3. */
export const MAXIMUM_NUMBER_OF_PREFIXES_REACHED = 1;
export const ADMINISTRATIVE_SHUTDOWN = 2;
export const PEER_DECONFIGURED = 3;
export const ADMINISTRATIVE_RESET = 4;
export const CONNECTION_REJECTED = 5;
export const OTHER_CONFIGURATION_CHANGE = 6;
export const CONNECTION_COLLISION_RESOLUTION = 7;
export const OUT_OF_RESOURCES = 8;
export const HARD_RESET = 9;
export const BFD_DOWN = 10;

/** Subcode of ROUTE-REFRESH Message Error: RFC 7313 §5. */
export const INVALID_MESSAGE_LENGTH = 1;

/** Optional parameter that holds capabilities (RFC 5492 §4), and the sign of RFC 9072 §2. */
export const CAPABILITIES_PARAMETER = 2;
export const EXTENDED_LENGTH_PARAMETER = 255;

/** Capability codes. */
export const CAPABILITY_MULTIPROTOCOL = 1;
export const CAPABILITY_ROUTE_REFRESH = 2;
export const CAPABILITY_EXTENDED_NEXT_HOP = 5;
export const CAPABILITY_EXTENDED_MESSAGE = 6;
export const CAPABILITY_ROLE = 9;
export const CAPABILITY_GRACEFUL_RESTART = 64;
export const CAPABILITY_FOUR_OCTET_AS = 65;
export const CAPABILITY_ADD_PATH = 69;
export const CAPABILITY_ENHANCED_ROUTE_REFRESH = 70;
export const CAPABILITY_LONG_LIVED_GRACEFUL_RESTART = 71;
export const CAPABILITY_FQDN = 73;
export const CAPABILITY_SOFTWARE_VERSION = 75;
/** Route refresh before it had a number; taken for capability 2. */
export const CAPABILITY_ROUTE_REFRESH_CISCO = 128;

/** RFC 4760 §6, IANA "Address Family Numbers" and "SAFI Values". */
export const AFI_IPV4 = 1;
export const AFI_IPV6 = 2;
export const SAFI_UNICAST = 1;
export const SAFI_MULTICAST = 2;

export const AFI_OF_FAMILY = { ipv4: AFI_IPV4, ipv6: AFI_IPV6 } as const;

/** Returns our name of a family, or undefined for one we do not speak. */
export function familyOf(afi: number, safi: number): Family | undefined {
  if (safi !== SAFI_UNICAST) return undefined;
  return afi === AFI_IPV4 ? 'ipv4' : afi === AFI_IPV6 ? 'ipv6' : undefined;
}

/** Subtypes of ROUTE-REFRESH: RFC 7313 §3.2. */
export const REFRESH_REQUEST = 0;
export const REFRESH_BEGINNING = 1;
export const REFRESH_END = 2;

/** RFC 4271 §4.2: a hold time is zero or at least this. */
export const HOLD_TIME_SECONDS_MIN = 3;
/** RFC 4271 §8.2.2: "a large value", while we wait for the OPEN. */
export const HOLD_TIME_OPEN_SENT = seconds(240);
/** RFC 4271 §10: jitter takes at most a quarter off. */
export const JITTER_SHARE = 0.25;
/** RFC 9687 §5: the send hold time is the greater of this and twice the hold time. */
export const SEND_HOLD_TIME_MIN = seconds(8 * 60);

// Ours.

export const HOLD_TIME_SECONDS_DEFAULT = 90;
/** Before the first attempt, so that the other side's attempt can win without a collision. */
export const CONNECT_DELAY = seconds(1);
/** RFC 4271 §10 suggests 120 s; a tunnel that came back should not wait that long. */
export const CONNECT_RETRY_SECONDS_DEFAULT = 15;
export const CONNECT_RETRY_SECONDS_MAX = 120;
/** After an error: 1, 2, 4 … 120 s. */
export const IDLE_HOLD_SECONDS_MAX = 120;
/** A session that was up this long starts the row again. */
export const IDLE_HOLD_RESET_AFTER = seconds(5 * 60);
/** How long a NOTIFICATION may take to leave before the connection is cut. */
export const LINGER_TIME = seconds(1);
/** How long a connection that lost on points waits for the better one to speak (collision.ts). */
export const COLLISION_WAIT = seconds(5);
/** What we announce by capability 64, as BIRD and FRR do: the next life of the router is up much sooner. */
export const RESTART_TIME_SECONDS = 120;
/**
 * A connection beside a session that is younger than this is a collision; beside an older one it is a
 * neighbor that restarted (RFC 4724 §4.2).
 */
export const COLLISION_AGE = seconds(5);
/** RFC 4271 §4.4: no more than one KEEPALIVE per second. */
export const KEEPALIVE_PROBE_INTERVAL = milliseconds(1000);
