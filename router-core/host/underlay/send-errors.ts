/**
 * Which counter a failed send belongs to.
 *
 * Standard: send(2), udp(7); the names are those of errno(3) and of Node's `error.code`.
 *
 * @module
 */
import type { UnderlayCounters } from './io.ts';

export type SendFailure = 'txWouldBlock' | 'txUnreachable' | 'txTooBig' | 'txOther';

const KINDS: Readonly<Record<string, SendFailure>> = {
  EAGAIN: 'txWouldBlock',
  EWOULDBLOCK: 'txWouldBlock',
  ENOBUFS: 'txWouldBlock',
  ECONNREFUSED: 'txUnreachable',
  EHOSTUNREACH: 'txUnreachable',
  EHOSTDOWN: 'txUnreachable',
  ENETUNREACH: 'txUnreachable',
  ENETDOWN: 'txUnreachable',
  EADDRNOTAVAIL: 'txUnreachable',
  EMSGSIZE: 'txTooBig',
};

export function countSendFailure(
  counters: Pick<UnderlayCounters, SendFailure>,
  code: string,
  datagrams = 1,
): void {
  counters[KINDS[code] ?? 'txOther'] += datagrams;
}

/** Returns the `code` of an exception or error event of the runtime. */
export const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';
