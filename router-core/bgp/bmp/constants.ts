/**
 * Numbers of BMP under their names.
 *
 * Standard: RFC 7854 §4, RFC 8671 §4 and §6, RFC 9069 §4 and §5; IANA "BGP Monitoring Protocol (BMP)
 * Parameters".
 *
 * @module
 */
export const BMP_VERSION = 3;
/** Version 1, length 4, type 1. */
export const COMMON_HEADER_BYTES = 6;
export const PEER_HEADER_BYTES = 42;

/** Types of messages. */
export const ROUTE_MONITORING = 0;
export const STATISTICS_REPORT = 1;
export const PEER_DOWN = 2;
export const PEER_UP = 3;
export const INITIATION = 4;
export const TERMINATION = 5;

/** Types of peers. */
export const GLOBAL_INSTANCE_PEER = 0;
export const LOC_RIB_PEER = 3;

/** Flags of a peer of the global instance; AS_PATHs always have four octets here. */
export const IS_IPV6 = 0x80;
export const IS_POST_POLICY = 0x40;
export const IS_ADJ_RIB_OUT = 0x10;

/** Information TLVs of initiation and peer up. */
export const SYS_DESCRIPTION = 1;
export const SYS_NAME = 2;
export const TABLE_NAME = 3;

/** TLV of termination, and its values. */
export const TERMINATION_REASON = 1;
export const ADMINISTRATIVELY_CLOSED = 0;

/** Reasons of peer down; the last is of a Loc-RIB (RFC 9069 §5.3). */
export const LOCAL_NOTIFICATION = 1;
export const LOCAL_EVENT = 2;
export const REMOTE_NOTIFICATION = 3;
export const REMOTE_CLOSED = 4;
export const DECONFIGURED = 5;
export const LOC_RIB_CLOSED = 6;
/** RFC 4271 §8.1.4, event 17: the neighbor's new connection is there. */
export const TCP_CONNECTION_CONFIRMED = 17;

/** Statistics; those of a family begin with AFI and SAFI. */
export const ADJ_RIB_IN_ROUTES = 7;
export const LOC_RIB_ROUTES = 8;
export const ADJ_RIB_IN_ROUTES_OF_FAMILY = 9;
export const LOC_RIB_ROUTES_OF_FAMILY = 10;
export const TREATED_AS_WITHDRAWN = 11;
export const ADJ_RIB_OUT_ROUTES = 15;
export const ADJ_RIB_OUT_ROUTES_OF_FAMILY = 17;
