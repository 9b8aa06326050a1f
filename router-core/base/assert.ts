/**
 * Assertions that stay on in production: a broken invariant ends the worker, which is restarted.
 *
 * Not standardized. One condition, one message. Never used for input from the network or a person.
 *
 * @module
 */

/** Throws when `condition` does not hold: a mistake of ours, not of a peer or a person. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** Ends a `switch` over a union; the compiler refuses it while a case is missing. */
export function assertNever(value: never): never {
  throw new Error(`assertion failed: unexpected ${JSON.stringify(value)}`);
}
