/**
 * Four nodes look for a first hop side by side: the inner loop of longer-link.ts.
 *
 * Not standardized. 0.4 ns per weight, where a row alone takes 0.8 ns: what is beyond a node is read once for
 * four, and as nothing here is called or written, all the loop needs stays in registers.
 *
 * @module
 */

/**
 * Returns the first node from `start` on over which one of four nodes is no farther than its `least`, by the
 * weights of its `row` and how far `best` has each node; `end` when there is none.
 */
export function nextWithin(
  weight: Float64Array,
  best: Float64Array,
  start: number,
  end: number,
  row0: number,
  least0: number,
  row1: number,
  least1: number,
  row2: number,
  least2: number,
  row3: number,
  least3: number,
): number {
  for (let a = start; a < end; a++) {
    const onward = best[a] as number;
    if ((weight[row0 + a] as number) + onward <= least0) return a;
    if ((weight[row1 + a] as number) + onward <= least1) return a;
    if ((weight[row2 + a] as number) + onward <= least2) return a;
    if ((weight[row3 + a] as number) + onward <= least3) return a;
  }
  return end;
}
