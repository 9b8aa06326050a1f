/**
 * `unixgramsock`: Unix datagrams. RecvAddr is where we receive, SendAddr where we send.
 *
 * Standard: unix(7), SOCK_DGRAM. The original binds RecvAddr and never receives; here both work.
 *
 * Two sockets, because a connected one takes datagrams of its peer only. Without a peer at SendAddr frames are
 * dropped, and the address is tried again, so that two sides may start in any order.
 *
 * @module
 */
import { rmSync } from 'node:fs';
import type { PacketSlot } from '../../base/units.ts';
import type { PacketArena } from '../../router/index.ts';
import { loadUnixSockets, SOCK_DGRAM, type UnixSockets } from '../unix-sockets.ts';
import {
  ASSUMED_MTU,
  type CountedFrameDevice,
  counted,
  type FrameCounters,
} from './counted-device.ts';
import { opening } from './device-errors.ts';
import { FrameDescriptor } from './frame-descriptor.ts';
import type { FrameIntake } from './frame-intake.ts';
import { RECONNECT_MS } from './limits.ts';

export async function openUnixDatagrams(
  name: string,
  { RecvAddr, SendAddr }: { readonly RecvAddr: string; readonly SendAddr: string },
  intake: FrameIntake,
): Promise<CountedFrameDevice> {
  const { arena, counters } = intake;
  const sockets = await loadUnixSockets('An interface of kind unixgramsock');
  const receiving = RecvAddr === '' ? undefined : await receive(sockets, RecvAddr, intake);
  const sending = SendAddr === '' ? undefined : new DatagramSender(sockets, SendAddr, intake);
  return counted(counters, {
    name,
    mtu: ASSUMED_MTU,
    write(slot) {
      if (sending !== undefined) {
        sending.write(slot);
        return;
      }
      counters.dropped++;
      arena.release(slot);
    },
    async close() {
      intake.stop();
      await Promise.all([receiving?.close(), sending?.close()]);
      if (receiving !== undefined && !RecvAddr.startsWith('@')) rmSync(RecvAddr, { force: true });
    },
  });
}

const receive = (
  sockets: UnixSockets,
  path: string,
  intake: FrameIntake,
): Promise<FrameDescriptor> =>
  opening(`The interface cannot receive at ${path}`, PATH_REMEDY, async () => {
    const { arena, counters } = intake;
    const fd = await sockets.bind(SOCK_DGRAM, path);
    return new FrameDescriptor({
      sockets,
      arena,
      counters,
      fd,
      intake,
      hasEmptyFrames: true,
      ended: (error) => intake.end(error),
    });
  });

const PATH_REMEDY =
  'RecvAddr must be a path in a folder that this user may write to, and nobody may have it.';

/** Sends to whoever is at the path: now, or when he has come back. */
class DatagramSender {
  private readonly sockets: UnixSockets;
  private readonly path: string;
  private readonly arena: PacketArena;
  private readonly counters: FrameCounters;
  private nextAttempt = 0;
  private connection: FrameDescriptor | undefined;

  /** @throws RouterError INTERFACE_FAILED when the path is none */
  constructor(sockets: UnixSockets, path: string, { arena, counters }: FrameIntake) {
    this.sockets = sockets;
    this.path = path;
    this.arena = arena;
    this.counters = counters;
    this.connection = this.connect();
    // Who starts after us may be there at the first frame.
    this.nextAttempt = 0;
  }

  write(slot: PacketSlot): void {
    this.connection ??= this.connect();
    if (this.connection !== undefined) {
      this.connection.write(slot);
      return;
    }
    this.counters.dropped++;
    this.arena.release(slot);
  }

  async close(): Promise<void> {
    this.nextAttempt = Number.POSITIVE_INFINITY;
    await this.connection?.close();
    this.connection = undefined;
  }

  private connect(): FrameDescriptor | undefined {
    const now = performance.now();
    if (now < this.nextAttempt) return undefined;
    this.nextAttempt = now + RECONNECT_MS;
    const { sockets, arena, counters } = this;
    try {
      const fd = sockets.connect(SOCK_DGRAM, this.path);
      const ended = (): void => {
        this.connection = undefined;
      };
      return new FrameDescriptor({ sockets, arena, counters, fd, ended });
    } catch (error) {
      // Nobody is there, or he does not let us: either may change.
      if (!(error instanceof Error && 'syscall' in error)) throw error;
      return undefined;
    }
  }
}
