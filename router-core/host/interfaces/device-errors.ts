/**
 * Why an interface could not be opened, in words that name the remedy.
 *
 * @module
 */
import { RouterError } from '../../base/errors.ts';
import { errorCode } from '../underlay/send-errors.ts';

const NOT_PERMITTED: readonly string[] = ['EACCES', 'EPERM'];

/** Runs what opens an interface; what the system refuses becomes an error with a code of ours. */
export async function opening<T>(
  what: string,
  remedy: string,
  open: () => T | Promise<T>,
): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof RouterError || errorCode(error) === '') throw error;
    const code = NOT_PERMITTED.includes(errorCode(error))
      ? 'INTERFACE_NOT_PERMITTED'
      : 'INTERFACE_FAILED';
    const { message } = error as Error;
    throw new RouterError(code, `${what}: ${message}.`, { hint: remedy }, error);
  }
}
