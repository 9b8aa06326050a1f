/**
 * What is told of a command that failed, and the exit code.
 *
 * Not standardized: 1 failed, 2 the command line or a setting is wrong.
 *
 * Invariant: a code stands once. Sentences about a file end with the code of each finding.
 *
 * @module
 */
import { RouterError } from '../base/errors.ts';

export type Failure = { readonly text: string; readonly exitCode: 1 | 2 };

/** Returns what to tell of an error that a person can mend, undefined of any other. */
export function failureOf(error: unknown, command: string): Failure | undefined {
  if (error instanceof RouterError) {
    const { code, message } = error;
    const isTold = /\([A-Z][A-Z0-9_]+\)$/.test(message);
    const isWrong = /^(CONFIG|SETTING|QUERY|POLICY|MESH)_/.test(code);
    return {
      text: `rootless42: ${message}${isTold ? '' : ` (${code})`}\n`,
      exitCode: isWrong ? 2 : 1,
    };
  }
  if (!isUsageError(error)) return undefined;
  return {
    text: `rootless42: ${error.message}\nrootless42 ${command} --help has the options.\n`,
    exitCode: 2,
  };
}

/** Of node:util's parseArgs. */
const isUsageError = (error: unknown): error is TypeError =>
  error instanceof TypeError &&
  String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');
