/**
 * Which UDP ports our own sockets have, so that one that moves to a port waits for the one that leaves it.
 *
 * Not standardized; docs/architecture.md §6. The sockets of a node stand in two threads, and what one closes may be
 * open still when the other binds.
 *
 *   open ──► tried ──EADDRINUSE, and another of ours has the port──► waits ──that one lets go──► tried
 *              │                                                       └──PORT_WAIT_MS──► failed
 *              └──whatever else, also a stranger who has the port──► failed, at once
 *
 * Invariants
 * - A socket has its port until whoever closes it says that the port is free, not until it is asked to.
 * - A wish that was closed while it waited is not tried again.
 * - Families share no port: nobody waits for a socket of the other one.
 *
 * @module
 */
import type { SocketId } from '../base/units.ts';
import type { FamilySockets } from './udp-sockets.ts';
import { wishedFamilies } from './underlay/families.ts';
import { errorCode } from './underlay/send-errors.ts';

/**
 * How long a port is waited for that another of our sockets has. A tunnel that is taken out keeps its own for a second,
 * to say goodbye; who has not gone by then stays, and the two have been given one port.
 */
export const PORT_WAIT_MS = 2000;

export interface PortBook {
  /** The same sockets; they wait for the ports of all that are kept in this book. */
  keep(sockets: FamilySockets): FamilySockets;
}

/** A socket that has a port, or wishes for it. */
class Holder {
  readonly port: number;
  readonly families: readonly (4 | 6)[];
  isClosed = false;
  readonly closed: Promise<void>;
  /** Others may have the port. */
  readonly released: Promise<void>;
  private tellClosed: () => void = () => undefined;
  private tellReleased: () => void = () => undefined;

  constructor(port: number, families: readonly (4 | 6)[]) {
    this.port = port;
    this.families = families;
    this.closed = new Promise((resolve) => {
      this.tellClosed = resolve;
    });
    this.released = new Promise((resolve) => {
      this.tellReleased = resolve;
    });
  }

  close(): void {
    this.isClosed = true;
    this.tellClosed();
  }

  release(): void {
    this.tellReleased();
  }

  isInTheWayOf({ port, families }: Holder): boolean {
    return port === this.port && families.some((family) => this.families.includes(family));
  }
}

export function createPortBook(): PortBook {
  const holders = new Set<Holder>();

  function release(holder: Holder): void {
    holders.delete(holder);
    holder.release();
  }

  /** Tries until the port is there, or nobody of ours will let it go. @throws what the last attempt ended with */
  async function acquire<Opened>(holder: Holder, attempt: () => Promise<Opened>): Promise<Opened> {
    holders.add(holder);
    const until = performance.now() + PORT_WAIT_MS;
    for (;;) {
      // Looked at beforehand: who lets go while the attempt fails is a reason for another.
      const others = [...holders].filter((other) => other !== holder && other.isInTheWayOf(holder));
      try {
        return await attempt();
      } catch (error) {
        const isWaiting =
          errorCode(error) === 'EADDRINUSE' && others.length > 0 && !holder.isClosed;
        if (!isWaiting || !(await isReleased(others, holder, until - performance.now())))
          throw error;
      }
    }
  }

  return {
    keep(sockets) {
      const kept = new Map<SocketId, Holder>();

      async function open<Opened>(
        socket: SocketId,
        holder: Holder,
        attempt: () => Promise<Opened>,
      ): Promise<Opened> {
        kept.set(socket, holder);
        try {
          return await acquire(holder, attempt);
        } catch (error) {
          if (kept.get(socket) === holder) kept.delete(socket);
          // Who was closed meanwhile lets go when its close is done.
          if (!holder.isClosed) release(holder);
          throw error;
        }
      }

      function close(socket: SocketId): Promise<void> {
        const holder = kept.get(socket);
        kept.delete(socket);
        holder?.close();
        const free = sockets.close(socket);
        if (holder !== undefined) free.then(() => release(holder));
        return free;
      }

      return {
        open(socket, port, host) {
          const holder = new Holder(
            port,
            wishedFamilies(host).map(({ family }) => family),
          );
          return open(socket, holder, () => sockets.open(socket, port, host));
        },
        openFamily(socket, wish) {
          const holder = new Holder(wish.port, [wish.family]);
          return open(socket, holder, () => sockets.openFamily(socket, wish));
        },
        close,
        closeAll() {
          for (const holder of kept.values()) holder.close();
          sockets.closeAll();
        },
        sendDatagram: (slot) => sockets.sendDatagram(slot),
      };
    },
  };
}

/** Whether one of these let go before the time is over, and before who waits was closed. */
async function isReleased(
  others: readonly Holder[],
  { closed }: Holder,
  ms: number,
): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const isOver = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, ms), false);
  });
  const isAway = closed.then(() => false);
  const hasPort = others.map(({ released }) => released.then(() => true));
  const outcome = await Promise.race([isAway, isOver, ...hasPort]);
  clearTimeout(timer);
  return outcome;
}
