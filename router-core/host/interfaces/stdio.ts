/**
 * `stdio`: one read of stdin is one frame, one write to stdout is one frame.
 *
 * Not standardized. The original writes its log to the same stdout; whoever drives us must not: everything else that
 * the process says belongs to stderr. The end of stdin is the end of the interface, without an error (the original
 * crashes).
 *
 * @module
 */
import type { Readable, Writable } from 'node:stream';
import type { MacAddress } from '../../base/mac-address.ts';
import { ASSUMED_MTU, type CountedFrameDevice, counted } from './counted-device.ts';
import type { FrameIntake } from './frame-intake.ts';
import { frameOfInput, type HeaderMode, outputOfFrame } from './header-mode.ts';
import { FRAME_OCTETS_MIN } from './limits.ts';
import { createStreamWriter } from './stream-writer.ts';

export type StandardStreams = { readonly stdin: Readable; readonly stdout: Writable };

export function openStandardStreams(
  name: string,
  mode: HeaderMode,
  own: MacAddress,
  { stdin, stdout }: StandardStreams,
  intake: FrameIntake,
): CountedFrameDevice {
  const { arena, counters } = intake;
  const writeFrame = createStreamWriter(stdout, arena, counters);
  const read = (input: Uint8Array): void => {
    const frame = frameOfInput(input, mode, own);
    if (frame === undefined) counters.rejected++;
    else intake.take(frame, frame.length);
  };
  const ended = (): void => intake.end();
  const failed = (error: Error): void => intake.end(error);
  stdin.on('data', read).once('end', ended).on('error', failed);
  stdout.on('error', failed);
  return counted(counters, {
    name,
    mtu: ASSUMED_MTU,
    write(slot) {
      const octets = (arena.end[slot] as number) - (arena.start[slot] as number);
      if (octets < FRAME_OCTETS_MIN) {
        counters.dropped++;
        arena.release(slot);
        return;
      }
      outputOfFrame(arena, slot, mode);
      writeFrame(slot);
    },
    close() {
      intake.stop();
      // The streams are the process's: they are let go, not closed. An error of the past may still come.
      stdin.off('data', read).off('end', ended).pause();
      return Promise.resolve();
    },
  });
}
