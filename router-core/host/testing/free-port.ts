/**
 * Ports for tests that have to name one before somebody opens it.
 *
 * Between being found and being opened a port is nobody's. So it is none of those that the system gives to whoever
 * wants any (ip(7), ip_local_port_range), which every other test does meanwhile; and no process finds one twice.
 *
 * @module
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const FIRST = 12_000;
/** Where the range of Linux begins. */
const END = 32_768;
/** Nobody of this process has tried it. */
let candidate = randomInt(FIRST, END);

/** A port that is free for UDP and TCP, in both families. */
export async function freePort(): Promise<number> {
  for (let tried = FIRST; tried < END; tried++) {
    // Its own, also while others look for one.
    const port = candidate;
    candidate = port + 1 < END ? port + 1 : FIRST;
    if (await isFree(port)) return port;
  }
  throw new Error('this machine has no free port');
}

async function isFree(port: number): Promise<boolean> {
  const datagrams = createSocket('udp6');
  const streams = createServer();
  try {
    datagrams.bind({ port, exclusive: true });
    await once(datagrams, 'listening');
    streams.listen({ port, exclusive: true });
    await once(streams, 'listening');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  } finally {
    const closed = [once(datagrams, 'close')];
    datagrams.close();
    if (streams.listening) {
      closed.push(once(streams, 'close'));
      streams.close();
    }
    await Promise.all(closed);
  }
}
