/**
 * Which files of the suite have the machine alone: those that judge times of less than a second, or load every processor.
 * The others spend most of their time waiting for timers of real peers, two of them at once.
 *
 * @module
 */
import { basename } from 'node:path';

const ALONE: ReadonlySet<string> = new Set([
  // Detection times of BFD.
  'bfd.test.ts',
  'bfd-frr.test.ts',
  // "While every processor is busy."
  'hold-time.test.ts',
  // Two ping intervals until a way changes, by latencies of milliseconds.
  'mesh-super.test.ts',
  // Fifty sessions at once within ten seconds.
  'storm.test.ts',
  // As many packets as the machine can send.
  'wireguard-bulk.test.ts',
  'wireguard-flood.test.ts',
]);

export const isAlone = (file: string): boolean => ALONE.has(basename(file));
