/**
 * `pmtu <address>`: the largest packet that reaches a target whole; a row for each size tried, the last one is
 * the result.
 *
 * Not standardized; looking-glass specification §2.
 *
 * @module
 */
import type { PathMtuRow } from '../../measurements/index.ts';
import { readDn42Address, rowsOf } from './measurement.ts';
import { type Query, vrfOf } from './query.ts';

export const pmtu: Query = {
  run: (router, input, now) =>
    rowsOf(vrfOf(router, input).measurements.pathMtu(readDn42Address(input), now)),
  text(row) {
    const fact = row as unknown as PathMtuRow;
    if (fact.kind === 'result') {
      if (fact.pathMtu === null) return 'path MTU unknown: the target does not answer';
      return `path MTU ${fact.pathMtu}${fact.saidBy === null ? '' : `, said by ${fact.saidBy}`}`;
    }
    const { size, outcome, from, mtu, detail } = fact;
    const octets = `${String(size).padStart(5)} octets`;
    switch (outcome) {
      case 'fits':
        return `${octets}: fits, ${fact.roundTripMs} ms`;
      case 'lost':
        return `${octets}: no answer`;
      case 'too-big':
        return `${octets}: too big, says ${from}${mtu === null ? '' : `, which carries ${mtu}`}`;
      case 'unreachable':
        return `${octets}: ${detail}${from === null ? '' : ` from ${from}`}`;
    }
  },
};
