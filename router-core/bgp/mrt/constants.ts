/**
 * Numbers of MRT under their names.
 *
 * Standard: RFC 6396 §4, RFC 8050 §3 and §4; IANA "Multi-threaded Routing Toolkit (MRT)".
 *
 * @module
 */
import type { SessionState } from '../session-state.ts';

/** Seconds 4, type 2, subtype 2, length 4. */
export const MRT_HEADER_BYTES = 12;

/** Types. The last has microseconds behind the header. */
export const TABLE_DUMP_V2 = 13;
export const BGP4MP = 16;
export const BGP4MP_ET = 17;

/** Subtypes of TABLE_DUMP_V2. */
export const PEER_INDEX_TABLE = 1;
export const RIB_IPV4_UNICAST = 2;
export const RIB_IPV6_UNICAST = 4;
export const RIB_IPV4_UNICAST_ADDPATH = 8;
export const RIB_IPV6_UNICAST_ADDPATH = 10;

/** Bits of a peer's type in the index table. */
export const PEER_IS_IPV6 = 1;
export const PEER_HAS_AS4 = 2;

/** Subtypes of BGP4MP and BGP4MP_ET; the others of this table add path ids (RFC 8050 §3). */
export const STATE_CHANGE = 0;
export const MESSAGE = 1;
export const MESSAGE_AS4 = 4;
export const STATE_CHANGE_AS4 = 5;
export const MESSAGE_LOCAL = 6;
export const MESSAGE_AS4_LOCAL = 7;
export const MESSAGE_ADDPATH = 8;
export const MESSAGE_AS4_ADDPATH = 9;
export const MESSAGE_LOCAL_ADDPATH = 10;
export const MESSAGE_AS4_LOCAL_ADDPATH = 11;

/** RFC 6396 §4.4.1: 1 Idle to 6 Established, in the order of RFC 4271 §8.2.2. */
export const STATE_NUMBERS: Readonly<Record<SessionState, number>> = {
  idle: 1,
  connect: 2,
  active: 3,
  opensent: 4,
  openconfirm: 5,
  established: 6,
};
export const STATE_NAMES: Readonly<Record<number, SessionState>> = Object.fromEntries(
  Object.entries(STATE_NUMBERS).map(([name, number]) => [number, name as SessionState]),
);
