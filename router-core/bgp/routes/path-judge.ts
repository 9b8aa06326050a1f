/**
 * What becomes of a received path: the one judge that receiver, dry run and explanations ask.
 *
 * Standard: RFC 4271 §9.1.2, RFC 7999 §3.2; BGP specification §4.1, §6.7.
 *
 *   received limit ──► base (import-policy.ts) ──► operator's rules ──► discarding ──► next hop ──► accepted limit
 *
 * Half of it depends on the attributes only: `beginSet` runs once per message, the rest once per prefix.
 *
 * Invariant: nothing is changed but `attributes` and `received`; sets made on the way are in the store, and
 * nobody refers to them.
 *
 * @module
 */
import { type AttributeStore, HAS_BLACKHOLE, HAS_NO_EXPORT } from '../attribute/attribute-store.ts';
import { BLACKHOLE, NO_EXPORT } from '../attribute/communities.ts';
import { CommunityMarker } from '../attribute/community-marker.ts';
import type { ImportPolicy } from '../policy/import-policy.ts';
import { ACCEPTED, NEXT_HOP_UNRESOLVED, PREFIX_LIMIT, RECEIVE_LIMIT } from '../policy/reason.ts';
import { u8 } from '../rib/columns.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import type { ImportTerms } from './import-terms.ts';
import type { NeighborFamily } from './neighbor.ts';
import { mayAccept, mayReceive } from './prefix-limits.ts';

/** The reason of a path that is not here yet. */
export const NOT_KNOWN = -1;

export class PathJudge {
  /** Of the path judged last: its attributes, and those it came with, 0 where these are the same. */
  attributes: number;
  received: number;
  private readonly store: AttributeStore;
  private readonly policy: ImportPolicy;
  private readonly marker: CommunityMarker;

  constructor(store: AttributeStore, policy: ImportPolicy) {
    this.store = store;
    this.policy = policy;
    this.marker = new CommunityMarker(store);
    this.attributes = 0;
    this.received = 0;
  }

  /** Looks at a received set; what is found serves every prefix it came with, until the next call. */
  beginSet(terms: ImportTerms, attributes: number): void {
    this.policy.judgeAttributes(terms.view, terms.rules, attributes);
  }

  /**
   * Judges the loaded prefix with the set begun last, limits included: what is counted already stays, new
   * ones wait. `old`: its reason so far.
   */
  judgeCounted(of: NeighborFamily, rib: FamilyRib, attributes: number, old: number): number {
    this.attributes = attributes;
    this.received = 0;
    const isCounted = old !== NOT_KNOWN && old !== RECEIVE_LIMIT;
    if (!isCounted && !mayReceive(of)) return RECEIVE_LIMIT;
    const reason = this.judge(of.terms, rib, attributes);
    if (reason !== ACCEPTED || old === ACCEPTED) return reason;
    return mayAccept(of) ? ACCEPTED : PREFIX_LIMIT;
  }

  /** What the base alone says. */
  judgeBase(terms: ImportTerms, rib: FamilyRib): number {
    return this.policy.judgeLoadedPrefix(terms.view, rib.prefixes);
  }

  /** Judges it without limits, by the base and all that follows. May load other prefixes. */
  judge(terms: ImportTerms, rib: FamilyRib, attributes: number): number {
    this.attributes = attributes;
    this.received = 0;
    const reason = this.judgeBase(terms, rib);
    return reason === ACCEPTED && terms.isJudgedFurther
      ? this.judgeFurther(terms, rib, attributes)
      : reason;
  }

  /** Operator's rules, discarding, next hop: what few neighbors have. */
  private judgeFurther(terms: ImportTerms, rib: FamilyRib, attributes: number): number {
    const { program, source } = terms;
    let reason = ACCEPTED;
    if (program !== undefined) {
      reason = program.evaluate(rib.prefixes, attributes, terms.peer);
      this.attributes = program.attributes;
      if (program.attributes !== attributes) this.received = attributes;
    }
    if (reason === ACCEPTED && terms.view.mayBlackhole) this.markBlackhole(attributes);
    // Last, because it loads other prefixes.
    if (
      reason === ACCEPTED &&
      terms.isMultihop &&
      !rib.resolution.isBlackhole(source, this.attributes) &&
      !rib.resolution.isResolvable(rib.prefixes, this.attributes)
    )
      reason = NEXT_HOP_UNRESOLVED;
    return reason;
  }

  /**
   * RFC 7999 §3.2: what is discarded here is told to nobody outside. What was accepted because of the
   * community keeps it, whatever a rule does.
   */
  private markBlackhole(received: number): void {
    const { marker } = this;
    const asks = (set: number): boolean => (u8(this.store.flags, set) & HAS_BLACKHOLE) !== 0;
    if (asks(received) && !asks(this.attributes))
      this.attributes = marker.add(this.attributes, BLACKHOLE);
    if (!asks(this.attributes)) return;
    if ((u8(this.store.flags, this.attributes) & HAS_NO_EXPORT) === 0)
      this.attributes = marker.add(this.attributes, NO_EXPORT);
    if (this.attributes !== received) this.received = received;
  }
}
