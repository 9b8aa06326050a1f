/**
 * Whoever watches the tables change without taking part: BMP (bmp/).
 *
 * Not standardized. Called synchronously, with numbers; what it holds it ends by itself. Absent, it costs
 * one comparison per change.
 *
 * @module
 */
import type { AttributeStore } from '../attribute/attribute-store.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import type { NeighborId } from '../types.ts';
import type { BatchEncoder } from './batch-encoder.ts';
import type { RouteNeighbor } from './neighbor.ts';

/** The tables as they are; for reading. */
export type WatchedTables = {
  readonly store: AttributeStore;
  readonly ribs: { readonly 4: FamilyRib; readonly 6: FamilyRib };
  /** By number in path rows. */
  readonly bySource: ReadonlyMap<number, RouteNeighbor>;
  readonly byId: ReadonlyMap<NeighborId, RouteNeighbor>;
  /** What neighbors are told. */
  readonly encoder: BatchEncoder;
};

export interface RouteWatcher {
  /** The path of a source came, went, or has another verdict or other attributes. */
  pathChanged(rib: FamilyRib, prefix: number, source: number): void;
  /** The best paths of these prefixes may be others. */
  bestChanged(rib: FamilyRib, prefixes: Uint32Array, count: number): void;
  /** A neighbor has been told the state of these prefixes. */
  told(neighbor: RouteNeighbor, rib: FamilyRib, prefixes: Uint32Array, count: number): void;
  /** How many prefixes of a family it holds. */
  holds(family: 4 | 6): number;
}
