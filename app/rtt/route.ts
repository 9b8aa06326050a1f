/**
 * GET /rtt: one octet, for browsers that measure how far a node is.
 *
 * Standard: W3C Resource Timing (`Timing-Allow-Origin`); portal specification §8.1.
 *
 * @module
 */
export const dynamic = 'force-dynamic';

export function GET(): Response {
  return new Response('.', {
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
      'timing-allow-origin': '*',
    },
  });
}
