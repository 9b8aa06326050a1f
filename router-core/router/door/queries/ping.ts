/**
 * `ping <address>`: the router's own ICMP. Options: `count` (1–10), `size` (0–1400).
 *
 * Not standardized; looking-glass specification §3: only DN42 space, so that nobody reaches other
 * networks through us.
 *
 * @module
 */
import { RouterError } from '../../../base/errors.ts';
import {
  formatIpAddress,
  type IpPrefix,
  parseIpPrefix,
  prefixContains,
} from '../../../base/ip-address.ts';
import type { PingRow } from '../../pings.ts';
import { type Query, readNumber, readTarget } from './query.ts';

const REACHABLE = ['172.20.0.0/14', '172.31.0.0/16', '10.0.0.0/8', 'fd00::/8']
  .map(parseIpPrefix)
  .filter((prefix): prefix is IpPrefix => prefix !== undefined);

export const ping: Query = {
  run(router, input, now) {
    const { address, prefix } = readTarget(input.argument);
    if (prefix !== undefined)
      throw new RouterError('QUERY_INVALID', 'ping takes one address.', { path: 'q' });
    if (!REACHABLE.some((range) => prefixContains(range, address))) {
      throw new RouterError(
        'TARGET_FORBIDDEN',
        `${formatIpAddress(address)} is not in DN42; we ping nothing else.`,
        { path: 'q' },
      );
    }
    const count = readNumber(input, 'count', { low: 1, high: 10, otherwise: 4 });
    const size = readNumber(input, 'size', { low: 0, high: 1400, otherwise: 56 });
    const running = router.pings.start(address, count, size, now);
    return (function* rows() {
      while (!running.isDone) yield running.take();
    })();
  },
  text(row) {
    const { sequence, outcome, from, roundTripMs, detail } = row as unknown as PingRow;
    return outcome === 'reply'
      ? `reply from ${from}: seq=${sequence} time=${roundTripMs} ms ${detail}`
      : `seq=${sequence} ${outcome}${from === null ? '' : ` from ${from}`}: ${detail}`;
  },
};
