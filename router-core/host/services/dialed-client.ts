/**
 * A client of this machine, joined to what it asked for in DN42.
 *
 * Not standardized. What it hears on success and on failure is its protocol's own.
 *
 * @module
 */
import type { Duplex } from 'node:stream';
import { DialError, type DialFailure } from './dial.ts';
import type { Gate } from './gate.ts';
import type { OverlaySocket } from './overlay-socket.ts';
import { relay } from './relay.ts';

export type DialedClient = {
  /** Opens the other side; given up when the client is gone. Rejects with DialError. */
  dial(signal: AbortSignal): Promise<OverlaySocket>;
  /** Tells the client that what it says from now on is heard in DN42. */
  welcome?(): void;
  /** Tells the client why there is no connection, and ends it. */
  refuse(failure: DialFailure): void;
};

/** Dials for a client and relays; a failure is counted and told. */
export async function joinDialed(client: Duplex, gate: Gate, side: DialedClient): Promise<void> {
  const gone = new AbortController();
  client.once('close', () => gone.abort());
  try {
    const remote = await side.dial(gone.signal);
    side.welcome?.();
    relay(client, remote);
  } catch (error) {
    if (!(error instanceof DialError)) throw error;
    gate.refuse(error.failure);
    side.refuse(error.failure);
  }
}
