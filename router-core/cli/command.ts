/**
 * What a command is.
 *
 * @module
 */
export type Command = {
  readonly usage: string;
  readonly summary: string;
  /** Returns the exit code. @throws RouterError for what a person can mend. */
  run(args: string[]): Promise<number>;
};
