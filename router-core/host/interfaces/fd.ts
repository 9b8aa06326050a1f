/**
 * `fd`: descriptors that whoever started us left open. EG_FD_RX is read, EG_FD_TX is written.
 *
 * Not standardized; the original's environment variables, both needed. They may be the same number.
 *
 * Pipes and streams are Node's own business. What Node does not wait for (sequenced packets, datagrams, a TAP
 * device) goes through frame-descriptor.ts.
 *
 * @module
 */
import { Socket } from 'node:net';
import { RouterError } from '../../base/errors.ts';
import { errorCode } from '../underlay/send-errors.ts';
import { loadUnixSockets } from '../unix-sockets.ts';
import type { ConnectionUser, FrameConnection } from './connection-device.ts';
import { ASSUMED_MTU, type CountedFrameDevice, counted } from './counted-device.ts';
import { opening } from './device-errors.ts';
import { FrameDescriptor } from './frame-descriptor.ts';
import type { FrameIntake } from './frame-intake.ts';
import { streamOf } from './stream-connections.ts';

type Direction = { readonly readable: boolean; readonly writable: boolean };

export async function openInheritedDescriptors(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
  intake: FrameIntake,
): Promise<CountedFrameDevice> {
  const { arena, counters } = intake;
  const rx = descriptorIn(environment, 'EG_FD_RX');
  const tx = descriptorIn(environment, 'EG_FD_TX');
  const user: ConnectionUser = { arena, counters, intake, ended: (error) => intake.end(error) };
  const reading = await open(rx, { readable: true, writable: rx === tx }, user);
  const writing = rx === tx ? reading : await open(tx, { readable: false, writable: true }, user);
  return counted(counters, {
    name,
    mtu: ASSUMED_MTU,
    write: (slot) => writing.write(slot),
    async close() {
      intake.stop();
      await Promise.all([reading.close(), writing.close()]);
    },
  });
}

/** @throws RouterError SETTING_INVALID */
function descriptorIn(
  environment: Readonly<Record<string, string | undefined>>,
  variable: string,
): number {
  const text = environment[variable] ?? '';
  if (/^[0-9]{1,6}$/.test(text)) return Number(text);
  throw new RouterError(
    'SETTING_INVALID',
    `${variable} must be the decimal number of an open descriptor for an interface of kind fd.`,
    { hint: 'Set EG_FD_RX and EG_FD_TX, and let the descriptors be inherited.' },
  );
}

const open = (fd: number, direction: Direction, user: ConnectionUser): Promise<FrameConnection> =>
  opening(`Descriptor ${fd} cannot carry frames`, REMEDY, async () => {
    const stream = streamAt(fd, direction);
    if (stream !== undefined) return streamOf(stream, user);
    const sockets = await loadUnixSockets('An interface of kind fd over such a descriptor');
    if (!sockets.isWaitable(fd))
      throw new RouterError(
        'INTERFACE_NOT_SUPPORTED',
        `Descriptor ${fd} is not open, or a file that nobody can wait for.`,
        { hint: REMEDY },
      );
    sockets.setNonBlocking(fd);
    const { intake, ...writer } = user;
    return new FrameDescriptor({
      sockets,
      fd,
      ...writer,
      ...(direction.readable && intake !== undefined && { intake }),
    });
  });

const REMEDY = 'EG_FD_RX and EG_FD_TX name open pipes, sockets or TAP devices, no files.';

/** Returns a stream over a pipe or stream socket; undefined when the descriptor is of another kind. */
function streamAt(fd: number, { readable, writable }: Direction): Socket | undefined {
  try {
    return new Socket({ fd, readable, writable });
  } catch (error) {
    if (errorCode(error) === 'ERR_INVALID_FD_TYPE') return undefined;
    throw error;
  }
}
