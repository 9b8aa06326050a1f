/**
 * What the questions have in common that send packets: ping, traceroute, mtr, pmtu.
 *
 * Not standardized; looking-glass specification §3: only DN42 space, so that nobody reaches other
 * networks through us.
 *
 * @module
 */
import { RouterError } from '../../../base/errors.ts';
import {
  formatIpAddress,
  type IpAddress,
  type IpPrefix,
  parseIpPrefix,
  prefixContains,
} from '../../../base/ip-address.ts';
import { HOPS_MAX } from '../../limits.ts';
import type { Measurement, PathOptions } from '../../measurements/index.ts';
import type { QueryInput, QueryRow } from '../contract.ts';
import type { QueryRun } from '../dispatcher.ts';
import { readNumber, readTarget } from './query.ts';

const REACHABLE = ['172.20.0.0/14', '172.31.0.0/16', '10.0.0.0/8', 'fd00::/8']
  .map(parseIpPrefix)
  .filter((prefix): prefix is IpPrefix => prefix !== undefined);

const PROTOCOLS = ['udp', 'icmp', 'tcp'] as const;
/** Of SYNs: a port that firewalls between networks leave open more often than others. */
const TCP_PORT = 80;

/** Reads an address in DN42. @throws RouterError `QUERY_INVALID`, `TARGET_FORBIDDEN` */
export function readDn42Address(input: QueryInput): IpAddress {
  const { address, prefix } = readTarget(input.argument);
  if (prefix !== undefined)
    throw new RouterError('QUERY_INVALID', `${input.name} takes one address.`, { path: 'q' });
  if (!REACHABLE.some((range) => prefixContains(range, address))) {
    throw new RouterError(
      'TARGET_FORBIDDEN',
      `${formatIpAddress(address)} is not in DN42; we probe nothing else.`,
      { path: 'q' },
    );
  }
  return address;
}

/** Reads target, `protocol` (udp, icmp, tcp), `port` (of tcp) and `hops`. */
export function readPath(input: QueryInput): PathOptions {
  const target = readDn42Address(input);
  const word = String(input.options.protocol ?? PROTOCOLS[0]);
  const protocol = PROTOCOLS.find((each) => each === word);
  if (protocol === undefined)
    throw new RouterError('QUERY_INVALID', `protocol is one of ${PROTOCOLS.join(', ')}.`, {
      path: 'protocol',
    });
  return {
    target,
    protocol,
    port: readNumber(input, 'port', { low: 1, high: 65_535, otherwise: TCP_PORT }),
    hops: readNumber(input, 'hops', { low: 1, high: HOPS_MAX, otherwise: HOPS_MAX }),
  };
}

/** The rows of a measurement as the answer of a query; it stops when nobody reads on. */
export function* rowsOf(measurement: Measurement<QueryRow>): QueryRun {
  try {
    while (!measurement.isDone) yield measurement.take();
  } finally {
    measurement.stop();
  }
}
