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

/** Few letters for the head of a column: the first three, or the number; the whole name stands beside the row. */
export function shortNameOf({ name, number }: MeshNodeObject): string {
  if (name === null) return String(number);
  return name.length <= 5 ? name : name.slice(0, 3);
}

const SHOWN = 4;

/** `tokyo to singapore, frankfurt; hongkong to frankfurt and 3 more`. */
export function pairsText(pairs: readonly MeshPair[], names: Names): string {
  const t = getTranslator('mesh');
  const grouped = new Map<number, number[]>();
  for (const { from, to } of pairs.slice(0, SHOWN))
    grouped.set(from, [...(grouped.get(from) ?? []), to]);
  const list = [...grouped]
    .map(([from, to]) => t('pair', { from: names(from), to: to.map(names).join(', ') }))
    .join('; ');
  return pairs.length <= SHOWN ? list : t('links.more', { list, count: pairs.length - SHOWN });
}

/** Without a unit, three figures: `0.24`, `34.8`, `118`. */
export const formatMs = (ms: number): string => {
  if (ms < 1) return ms.toFixed(2);
  return ms < 99.95 ? ms.toFixed(1) : String(Math.round(ms));
};

/** Whether one direction is more than a fifth slower than the other. */
export const isSlower = (ms: number | null, back: number | null): boolean =>
  ms !== null && back !== null && ms > 1.2 * back;
