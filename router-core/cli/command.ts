/**
 * What a command is.
 *
 * @module
 */
export type Command = {
  readonly usage: string;
  readonly summary: string;
  readonly help?: CommandHelp;
  /** Returns the exit code. @throws RouterError for what a person can mend. */
  run(args: string[]): Promise<number>;
};

/** What `--help` tells beside usage and summary. */
export type CommandHelp = {
  /** Each option with its meaning and its default. */
  readonly options: readonly (readonly [option: string, meaning: string])[];
  /** What else one has to know; a line each. */
  readonly notes?: readonly string[];
  readonly example: string;
};
