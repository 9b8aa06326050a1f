/**
 * The operator's keys of a peering that have no column: sealed in one piece, for there may be keys of
 * TCP-AO among them.
 *
 * Not standardized; docs/architecture.md §7 (secrets), router-core/router/operator-options.ts.
 *
 * @module
 */
import 'server-only';
import type { OperatorOptions } from '../../router-core/index.ts';
import type { Sealer } from '../_db/index.ts';
import type { PeeringRow } from './peering-row.ts';

/** Who sealed options belong to; authenticated with them. */
const optionsOwner = (id: string): string => `peering/${id}/options`;

/** Returns the column of these options; null: there are none. */
export const sealOptions = (sealer: Sealer, id: string, options: OperatorOptions): string | null =>
  Object.keys(options).length === 0 ? null : sealer.seal(JSON.stringify(options), optionsOwner(id));

/** Returns the options as they were written. Only `sealOptions` writes the column. */
export const openOptions = (
  sealer: Sealer,
  { id, optionsSealed }: Pick<PeeringRow, 'id' | 'optionsSealed'>,
): OperatorOptions =>
  optionsSealed === null
    ? {}
    : (JSON.parse(sealer.open(optionsSealed, optionsOwner(id))) as OperatorOptions);
