/**
 * Log lines: one JSON object per line on standard error, level by level.
 *
 * Not standardized; style guide §7 says what belongs to which level. Structured fields, not
 * sentences with numbers in them. Secrets never get here: callers pass ids and codes.
 *
 * @module
 */
import 'server-only';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type LogLevel = (typeof LEVELS)[number];
export type Log = (level: LogLevel, message: string, fields?: object) => void;

/** Returns a log that drops lines below `least`. */
function createLog(least: LogLevel, write: (line: string) => void): Log {
  return (level, message, fields = {}) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    write(
      `${JSON.stringify({ at: new Date().toISOString(), level, message, ...plain(fields) })}\n`,
    );
  };
}

/** The log of the process; `ROOTLESS42_LOG` names the least level, `info` by default. */
export const log: Log = createLog(
  LEVELS.find((level) => level === process.env.ROOTLESS42_LOG) ?? 'info',
  (line) => process.stderr.write(line),
);

function plain(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      value instanceof Error ? plainError(value) : value,
    ]),
  );
}

/** An error with a code was expected somewhere; where an unexpected one came from matters. */
function plainError(error: Error): Record<string, unknown> {
  const { code } = error as { code?: unknown };
  return code === undefined
    ? { message: error.message, stack: error.stack }
    : { message: error.message, code };
}
