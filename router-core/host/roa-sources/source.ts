/**
 * What every source of ROAs offers: its last good table, and how it is.
 *
 * Not standardized; docs/architecture.md §11. A source never takes a table back: what it cannot renew
 * stays, and grows old where people see it.
 *
 * @module
 */
import type { WallTime } from '../../base/units.ts';
import type { Roa } from '../../router/index.ts';

/** A table, and when it was last known to be what the source says. */
export type SourceTable = { readonly roas: readonly Roa[]; readonly updatedAt: WallTime };

export type SourceState = {
  readonly table: SourceTable | undefined;
  /** The source itself says that its table is too old to be used beside another. */
  readonly isExpired: boolean;
  /** How it is, in a few words. */
  readonly state: string;
};

export interface RoaSourceRun {
  state(): SourceState;
  stop(): void;
}

/** What a source is given. */
export type SourceContext = {
  /** Where its last good table is kept. */
  readonly folder: string;
  /** Its table or its state is another. */
  changed(): void;
  log(
    level: 'info' | 'warn' | 'error',
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ): void;
};
