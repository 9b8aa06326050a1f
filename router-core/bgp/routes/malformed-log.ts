/**
 * The last malformed UPDATEs of a neighbor, as they came, for the person who has to fix it.
 *
 * Standard: RFC 7606 §8 (operators must be able to see them); BGP specification §4.2.
 *
 * @module
 */
import type { Instant } from '../../base/units.ts';
import { attributeName } from '../attribute/table.ts';
import { MALFORMED_BYTES_MAX, MALFORMED_KEPT } from '../rib/limits.ts';
import type { MalformedUpdate } from './types.ts';

export class MalformedLog {
  private readonly kept: MalformedUpdate[] = [];
  private readonly countOf: Map<string, number> = new Map();

  /** Remembers the body of an UPDATE; `type` is the attribute at fault, or -1. Returns whether it is the first. */
  add(
    reaction: MalformedUpdate['reaction'],
    type: number,
    b: Uint8Array,
    start: number,
    end: number,
    fault: { start: number; end: number },
    now: Instant,
  ): boolean {
    // At most three reactions times 256 types.
    const key = `${reaction}:${type === -1 ? 'message' : type}`;
    const count = (this.countOf.get(key) ?? 0) + 1;
    this.countOf.set(key, count);
    if (this.kept.length === MALFORMED_KEPT) this.kept.shift();
    const keptEnd = Math.min(end, start + MALFORMED_BYTES_MAX);
    const clamp = (o: number): number => Math.max(0, Math.min(o, keptEnd) - start);
    this.kept.push({
      at: now,
      reaction,
      attribute: type === -1 ? null : attributeName(type),
      body: b.slice(start, keptEnd),
      faultStart: clamp(fault.start),
      faultEnd: clamp(fault.end),
    });
    return count === 1;
  }

  list(): readonly MalformedUpdate[] {
    return [...this.kept];
  }

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.countOf);
  }
}
