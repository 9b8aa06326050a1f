/**
 * Bounds of BMP and why they are what they are.
 *
 * Not standardized.
 *
 * @module
 */
import { seconds } from '../../base/units.ts';

/** Octets under way to a station that the system has not taken: what is not sent stays in the tables. */
export const STATION_WINDOW_BYTES = 256 * 1024;
/**
 * Octets of peer ups, peer downs and statistics that wait for a slow station. Two thousand neighbors that
 * come up at once make 1 MB; beyond it the connection is given up and begins anew with whole tables.
 */
export const STATION_CONTROL_BYTES_MAX = 4 * 1024 * 1024;
/** Prefixes looked at before the clock is. */
export const FEED_BATCH_PREFIXES = 512;
/** Octets for one station before others have their turn: about a millisecond. */
export const STATION_SLICE_BYTES = 64 * 1024;
/** A station that takes nothing for so long is cut off. */
export const STATION_STALL_TIME = seconds(60);
/** An attempt to connect that takes longer has failed. */
export const STATION_CONNECT_TIME = seconds(30);
/** RFC 7854 §3.2: attempts begin 30 s apart, and double up to 720 s. */
export const STATION_RETRY_SECONDS_MIN = 30;
export const STATION_RETRY_SECONDS_MAX = 720;
/** A connection that lasted so long shows that the trouble is over. */
export const STATION_RETRY_RESET_AFTER = seconds(300);
/** Statistics reports are so far apart. */
export const STATISTICS_INTERVAL = seconds(60);
/** Octets of a name or description told to a station. */
export const INFORMATION_BYTES_MAX = 255;
