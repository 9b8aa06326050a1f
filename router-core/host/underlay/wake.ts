/**
 * Waking a thread that waits in the system.
 *
 * Standard: eventfd(2): a write of eight octets adds to a counter and makes the descriptor readable.
 *
 * @module
 */
import { writeSync } from 'node:fs';

/** One, in the byte order of the machine: only little-endian machines have such a descriptor. */
const ONE = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);

/** Wakes whoever waits on `wakeFd`, from any thread of this process; about a microsecond. */
export function wakeByDescriptor(wakeFd: number): void {
  writeSync(wakeFd, ONE);
}
