/**
 * The headers without which proxies and compression would hold a growing answer back.
 *
 * Standard: RFC 9111 §5.2.2 (`no-store`, `no-transform`); `x-accel-buffering` is nginx's.
 *
 * @module
 */
export const UNBUFFERED_HEADERS = {
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
} as const;
