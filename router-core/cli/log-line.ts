/**
 * What runs for long tells: one line of JSON per event, on stderr. stdout belongs to the command's own answer.
 *
 * @module
 */

export function logLine(
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields: Readonly<Record<string, unknown>>,
): void {
  process.stderr.write(
    `${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`,
  );
}

/** Whoever read our lines may go away; a line nobody reads must not end the program. */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
