/**
 * Numbers of RTR under the names of their standards.
 *
 * Standard: RFC 8210 §5 (PDUs), §6 (timing), §12 (error codes); RFC 6810 for version 0.
 *
 * @module
 */

/** The version we begin with, and the one we fall back to (RFC 8210 §7). */
export const RTR_VERSION = 1;
export const RTR_VERSION_FALLBACK = 0;

/** PDU types. */
export const SERIAL_NOTIFY = 0;
export const SERIAL_QUERY = 1;
export const RESET_QUERY = 2;
export const CACHE_RESPONSE = 3;
export const IPV4_PREFIX = 4;
export const IPV6_PREFIX = 6;
export const END_OF_DATA = 7;
export const CACHE_RESET = 8;
export const ROUTER_KEY = 9;
export const ERROR_REPORT = 10;

/** Error codes (RFC 8210 §12). */
export const CORRUPT_DATA = 0;
export const NO_DATA_AVAILABLE = 2;
export const UNSUPPORTED_PROTOCOL_VERSION = 4;
export const UNSUPPORTED_PDU_TYPE = 5;
export const WITHDRAWAL_OF_UNKNOWN_RECORD = 6;
export const DUPLICATE_ANNOUNCEMENT = 7;
export const UNEXPECTED_PROTOCOL_VERSION = 8;
export const ERROR_NAMES = [
  'corrupt data',
  'internal error',
  'no data available',
  'invalid request',
  'unsupported protocol version',
  'unsupported PDU type',
  'withdrawal of unknown record',
  'duplicate announcement',
  'unexpected protocol version',
] as const;

/** Seconds: what each interval is when the cache says nothing, at least, and at most (RFC 8210 §6). */
export const REFRESH_SECONDS = { default: 3600, least: 1, most: 86_400 } as const;
export const RETRY_SECONDS = { default: 600, least: 1, most: 7200 } as const;
export const EXPIRE_SECONDS = { default: 7200, least: 600, most: 172_800 } as const;
