/**
 * Names of nodes, and lists of ways, as sentences have them.
 *
 * Not standardized.
 *
 * @module
 */
import type { MeshNodeObject, MeshPair } from '../../_queries/view-models.ts';
import { getTranslator } from '../../_text/translator.ts';

/** Looks up names of nodes by their number. */
export type Names = (number: number) => string;

export function namesOf(nodes: readonly MeshNodeObject[]): Names {
  const t = getTranslator('mesh');
  const names = new Map(nodes.map(({ number, name }) => [number, name]));
  return (number) => names.get(number) ?? t('node', { number: String(number) });
}

/**
 * Few letters for the heads of columns: the first three, the whole name stands beside the row. Where two would be the
 * same all are numbers, which then stand beside the rows too.
 */
export function shortNamesOf(nodes: readonly MeshNodeObject[]): {
  readonly shorts: readonly string[];
  readonly areNumbers: boolean;
} {
  const shorts = nodes.map(({ name, number }) => {
    if (name === null) return String(number);
    return name.length <= 5 ? name : name.slice(0, 3);
  });
  if (new Set(shorts).size === nodes.length) return { shorts, areNumbers: false };
  return { shorts: nodes.map(({ number }) => String(number)), areNumbers: true };
}

const SHOWN = 4;
/** Of a list in a cell of a table: three lines of it. */
const LETTERS_SHOWN = 60;

/** `tokyo to singapore, frankfurt; hongkong to frankfurt and 3 more`. */
export function pairsText(pairs: readonly MeshPair[], names: Names): string {
  const t = getTranslator('mesh');
  const grouped = new Map<number, number[]>();
  const shown = countShown(pairs, names);
  for (const { from, to } of pairs.slice(0, shown))
    grouped.set(from, [...(grouped.get(from) ?? []), to]);
  const list = [...grouped]
    .map(([from, to]) => t('pair', { from: names(from), to: to.map(names).join(', ') }))
    .join('; ');
  return pairs.length <= shown ? list : t('links.more', { list, count: pairs.length - shown });
}

/** Four, or fewer where names are long; one at least. */
function countShown(pairs: readonly MeshPair[], names: Names): number {
  let letters = 0;
  const over = pairs.findIndex(({ from, to }) => {
    letters += names(from).length + names(to).length;
    return letters > LETTERS_SHOWN;
  });
  return Math.max(1, Math.min(SHOWN, over === -1 ? SHOWN : over));
}

/**
 * Whether one direction is more than a fifth slower than the other. Where one is below zero the clocks of the two nodes
 * differ by more than the way takes, and the comparison says nothing.
 */
export const isSlower = (ms: number | null, back: number | null): boolean =>
  ms !== null && back !== null && Math.min(ms, back) >= 0 && ms > 1.2 * back;
