/**
 * Opens a connection into DN42 to an address or a name, or says in one word why not.
 *
 * Standard: RFC 8305 §4 in its simplest form: addresses one after the other, IPv6 first, the next one when one
 * fails or is silent; those without a route are left out.
 *
 * @module
 */
import { type IpAddress, parseIpAddress } from '../../base/ip-address.ts';
import type { CloseReason } from '../../router/index.ts';
import { readHostName } from './dns-message.ts';
import { DIAL_ADDRESSES, DIAL_NEXT_AFTER_MS } from './limits.ts';
import { type Overlay, OverlayError, OverlaySocket } from './overlay-socket.ts';

export type DialFailure =
  /** No such name, or it has no address. */
  | 'name-unknown'
  /** No DNS server answered, or all refused. */
  | 'name-unanswered'
  /** No route in DN42, no address of our own of this family, or it is our own address. */
  | 'no-route'
  | 'refused'
  /** An ICMP error came back. */
  | 'unreachable'
  | 'timeout'
  | 'too-many'
  /** Whoever asked is gone. */
  | 'given-up';

export class DialError extends Error {
  override readonly name = 'DialError';
  readonly failure: DialFailure;

  constructor(failure: DialFailure) {
    super(`no connection in DN42: ${failure}`);
    this.failure = failure;
  }
}

/** Returns the addresses of a name, IPv6 first. Rejects with DialError. */
export type Resolve = (name: string) => Promise<IpAddress[]>;
export type Dial = (host: string, port: number, signal: AbortSignal) => Promise<OverlaySocket>;

/** Opens a connection. The promise is rejected with DialError. */
export async function dialAddresses(
  overlay: Overlay,
  addresses: readonly IpAddress[],
  port: number,
  signal: AbortSignal,
): Promise<OverlaySocket> {
  const reachable = addresses
    .filter((address) => overlay.sockets().isReachable(address))
    .slice(0, DIAL_ADDRESSES);
  let failure: DialFailure = 'no-route';
  for (const [i, address] of reachable.entries()) {
    const isLast = i === reachable.length - 1;
    const opened = await open(overlay, address, port, signal, isLast);
    if (typeof opened !== 'string') return opened;
    failure = opened;
    if (failure === 'given-up') break;
  }
  throw new DialError(failure);
}

/** Returns a dial that takes names too. */
export function dialWith(overlay: Overlay, resolve: Resolve): Dial {
  return async (host, port, signal) => {
    const literal = parseIpAddress(host);
    if (literal !== undefined) return dialAddresses(overlay, [literal], port, signal);
    const name = readHostName(host);
    if (name === undefined) throw new DialError('name-unknown');
    return dialAddresses(overlay, await resolve(name), port, signal);
  };
}

function open(
  overlay: Overlay,
  address: IpAddress,
  port: number,
  signal: AbortSignal,
  isLast: boolean,
): Promise<OverlaySocket | DialFailure> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve('given-up');
      return;
    }
    const socket = new OverlaySocket(overlay);
    const done = (result: OverlaySocket | DialFailure): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      socket.off('error', fail);
      if (result !== socket) socket.destroy();
      resolve(result);
    };
    const giveUp = (): void => done('given-up');
    const fail = (error: Error): void =>
      done(error instanceof OverlayError ? failureOf(error.reason) : 'unreachable');
    const timer = isLast ? undefined : setTimeout(() => done('timeout'), DIAL_NEXT_AFTER_MS);
    signal.addEventListener('abort', giveUp, { once: true });
    socket.once('error', fail);
    socket.once('connect', () => done(socket));
    const stream = overlay.sockets().connect(address, port, socket, overlay.now());
    if (stream === undefined) done('no-route');
    else socket.attach(stream);
    overlay.wake();
  });
}

const FAILURES: Readonly<Partial<Record<CloseReason, DialFailure>>> = {
  refused: 'refused',
  reset: 'refused',
  timeout: 'timeout',
  'no-resources': 'too-many',
};
const failureOf = (reason: CloseReason): DialFailure => FAILURES[reason] ?? 'unreachable';
