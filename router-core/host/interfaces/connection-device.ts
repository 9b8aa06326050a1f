/**
 * Interfaces over connections: who listens, who dials, and which connection carries which direction.
 *
 * Not standardized; the original's rules for tcpsock, unixsock and unixpacketsock.
 *
 *   RecvAddr only   listen; both directions on the accepted connection
 *   SendAddr only   dial; both directions on the dialed connection
 *   both            receive on the accepted one, send on the dialed one
 *
 * The newest accepted connection replaces the older. A dialed one is dialed once: failing to is an error, its end is
 * the interface's.
 *
 * @module
 */
import type { PacketSlot } from '../../base/units.ts';
import type { PacketArena } from '../../router/index.ts';
import {
  ASSUMED_MTU,
  type CountedFrameDevice,
  counted,
  type FrameCounters,
} from './counted-device.ts';
import { opening } from './device-errors.ts';
import type { FrameIntake } from './frame-intake.ts';

export interface FrameConnection {
  /** Takes the slot. */
  write(slot: PacketSlot): void;
  close(): Promise<void>;
}

export type ConnectionUser = {
  readonly arena: PacketArena;
  readonly counters: FrameCounters;
  /** Absent: what comes is thrown away. */
  readonly intake?: FrameIntake;
  /** Called at most once, and not after `close`: the other side is gone, or an error. */
  ended(error: Error | undefined): void;
};

export type ConnectionKind = {
  listen(
    address: string,
    /** Called for every connection; `open` makes it one that carries frames. */
    accept: (open: (user: ConnectionUser) => FrameConnection) => void,
  ): Promise<{ close(): Promise<void> }>;
  dial(address: string, user: ConnectionUser): Promise<FrameConnection>;
};

export async function openConnectionDevice(
  name: string,
  { RecvAddr, SendAddr }: { readonly RecvAddr: string; readonly SendAddr: string },
  kind: ConnectionKind,
  intake: FrameIntake,
): Promise<CountedFrameDevice> {
  const { arena, counters } = intake;
  let accepted: FrameConnection | undefined;
  let dialed: FrameConnection | undefined;

  const accept = (open: (user: ConnectionUser) => FrameConnection): void => {
    void accepted?.close();
    const fresh = open({
      arena,
      counters,
      intake,
      ended() {
        if (accepted === fresh) accepted = undefined;
      },
    });
    accepted = fresh;
  };
  const listener =
    RecvAddr === ''
      ? undefined
      : await opening(`The interface cannot listen at ${RecvAddr}`, LISTEN_REMEDY, () =>
          kind.listen(RecvAddr, accept),
        );
  const close = async (): Promise<void> => {
    intake.stop();
    await Promise.all([listener?.close(), accepted?.close(), dialed?.close()]);
  };
  const user: ConnectionUser = { arena, counters, ended: (error) => intake.end(error) };
  try {
    if (SendAddr !== '')
      dialed = await opening(`The interface cannot connect to ${SendAddr}`, DIAL_REMEDY, () =>
        kind.dial(SendAddr, listener === undefined ? { ...user, intake } : user),
      );
  } catch (error) {
    await close();
    throw error;
  }

  return counted(counters, {
    name,
    mtu: ASSUMED_MTU,
    write(slot) {
      const connection = SendAddr === '' ? accepted : dialed;
      if (connection !== undefined) {
        connection.write(slot);
        return;
      }
      counters.dropped++;
      arena.release(slot);
    },
    close,
  });
}

const LISTEN_REMEDY = 'RecvAddr must be an address of this machine that nobody else listens at.';
const DIAL_REMEDY = 'Somebody must listen at SendAddr before the edge starts.';
