/**
 * What was lost from one registry state to the next.
 *
 * Not standardized; portal specification §1.7: a state that loses more than a fifth of the ROAs or
 * maintainers waits for the operator. Counted is what is gone, not the difference of two totals: a
 * registry in which everything was replaced has the same size.
 *
 * @module
 */
import type { RegistryIndex } from './registry-index.ts';

/** The share of rows that may vanish at once. */
export const MAX_LOST_SHARE = 0.2;

export type Loss = { readonly before: number; readonly lost: number };
export type RegistryComparison = {
  readonly roas: Loss;
  readonly maintainers: Loss;
  /** Whether the newer state must wait for the operator. */
  readonly shrank: boolean;
};

/** Compares two states of the registry. */
export function compareIndexes(before: RegistryIndex, after: RegistryIndex): RegistryComparison {
  // Without the length: a changed filter row moves the limits of all ROAs and takes nobody's away.
  const roas = loss(
    before.roas.map(([prefix, , asn]) => `${prefix} ${asn}`),
    after.roas.map(([prefix, , asn]) => `${prefix} ${asn}`),
  );
  const maintainers = loss(
    before.maintainers.map((m) => m.name),
    after.maintainers.map((m) => m.name),
  );
  return { roas, maintainers, shrank: isTooMuch(roas) || isTooMuch(maintainers) };
}

function loss(before: readonly string[], after: readonly string[]): Loss {
  const left = new Set(after);
  return { before: before.length, lost: before.filter((row) => !left.has(row)).length };
}

const isTooMuch = ({ before, lost }: Loss): boolean => lost > before * MAX_LOST_SHARE;
