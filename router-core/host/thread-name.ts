/**
 * The name a thread has in `top -H` and in /proc, so that its processor time can be told from others'.
 *
 * Not standardized; proc(5), `comm`: at most 15 characters. Elsewhere than on Linux threads stay nameless.
 *
 * @module
 */
import { writeFileSync } from 'node:fs';
import { platform } from 'node:os';

/** Names the thread that calls. */
export function nameThread(name: string): void {
  if (platform() !== 'linux') return;
  try {
    writeFileSync('/proc/thread-self/comm', name);
  } catch (error) {
    // A sandbox may forbid it; the name is for people only.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}
