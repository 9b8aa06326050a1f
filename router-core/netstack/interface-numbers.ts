/**
 * The numbers of interfaces: one set for all netstacks of a router.
 *
 * Not standardized; docs/architecture.md §4 "What a packet is" and §7 "Virtual routers".
 *
 *   InterfaceId │ generation │ index: 12 bits │
 *
 * Rows that were never used are given out first, so the first 4,096 ids are their indexes; a reused row
 * has a greater generation, and a late packet or route with the old id meets nobody.
 *
 * Invariant: an id names one interface of one netstack: two that share their numbers never give out the same.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import { type InterfaceId, interfaceId } from '../base/units.ts';
import { INTERFACE_GENERATIONS, INTERFACE_INDEX_BITS } from './constants.ts';
import { INTERFACES_MAX } from './limits.ts';

export class InterfaceNumbers {
  readonly generation = new Int32Array(INTERFACES_MAX);
  private readonly free: number[] = [];
  private unused = 0;

  /** Takes a row that nobody has. */
  take(): number {
    const index = this.unused < INTERFACES_MAX ? this.unused++ : this.free.shift();
    assert(index !== undefined, 'there is a row for one more interface');
    return index;
  }

  /** Gives a row back; its id names nobody any more. */
  release(index: number): void {
    this.generation[index] = ((this.generation[index] as number) + 1) % INTERFACE_GENERATIONS;
    this.free.push(index);
  }

  /** Returns the id of a row in use. */
  idOf(index: number): InterfaceId {
    return interfaceId(((this.generation[index] as number) << INTERFACE_INDEX_BITS) | index);
  }
}
