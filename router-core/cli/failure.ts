/**
 * What is told of a command that failed, and the exit code.
 *
 * Not standardized: 1 failed, 2 the command line, a file or a setting is wrong. A service manager may start again after 1,
 * and not after 2, which stays until somebody changes something.
 *
 * Invariant: a code stands once. Sentences about a file end with the code of each finding.
 *
 * @module
 */
import { RouterError, type RouterErrorCode } from '../base/errors.ts';

export type Failure = { readonly text: string; readonly exitCode: 1 | 2 };

/** Those of files of a mesh; the other MESH codes are what happens to an edge, a supernode or a script. */
const MESH_FILE_WRONG: ReadonlySet<RouterErrorCode> = new Set<RouterErrorCode>([
  'MESH_NODE_NUMBER',
  'MESH_ADDRESS',
  'MESH_TABLE',
  'MESH_MATRIX',
  'MESH_SCRIPT',
  'MESH_LINK',
  'MESH_INTERFACE',
]);

/** Returns what to tell of an error that a person can mend, undefined of any other. */
export function failureOf(error: unknown, command: string): Failure | undefined {
  if (error instanceof RouterError) {
    const { code, message } = error;
    const isTold = /\([A-Z][A-Z0-9_]+\)$/.test(message);
    const isWrong = /^(CONFIG|SETTING|QUERY|POLICY)_/.test(code) || MESH_FILE_WRONG.has(code);
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
