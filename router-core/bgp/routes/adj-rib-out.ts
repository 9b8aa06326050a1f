/**
 * What one neighbor was told of one family, and what it is still owed.
 *
 * Standard: RFC 4271 §3.2 (Adj-RIB-Out), RFC 7313 §4, RFC 7911; BGP specification §6.5 and §6.6.
 *
 * The attributes are not kept: they are those of the best path, and every neighbor of a group sees
 * the same. One bit per prefix tells whether the neighbor has it, so a withdrawal is sent exactly
 * when it is needed. A neighbor whose paths are chosen for it has its own in `paths` instead.
 *
 *   walking    `cursor` goes through the table: initial dump, refresh, change of policy; when only the
 *              operator's rules changed, `formerGroup` tells what the neighbor has, and the rest is passed by
 *   owing      changes that passed the neighbor by while it walked or was slow
 *   attached   neither: it shares every message with its group
 *
 * Invariants
 * - `sent` is empty where there are `paths`.
 * - Every owed prefix holds its row in the table.
 *
 * @module
 */
import { BitSet, NumberQueue } from '../rib/columns.ts';
import type { FamilyRib } from '../rib/family-rib.ts';
import type { SentPaths } from '../rib/sent-paths.ts';
import type { UpdateGroup } from './update-group.ts';

const NOT_WALKING = 0xffffffff;

export class AdjRibOut {
  readonly rib: FamilyRib;
  /** The session is up and the family agreed on. */
  isActive: boolean;
  readonly sent: BitSet;
  /** What was told of each prefix; undefined where it is the best path or nothing. */
  paths: SentPaths | undefined;
  private prefixCount: number;
  /** The next prefix of a walk. */
  cursor: number;
  /** By whose rules the neighbor was told what lies ahead of the cursor; undefined: it is told all. */
  formerGroup: UpdateGroup | undefined;
  owesEndOfRib: boolean;
  owesBeginOfRefresh: boolean;
  owesEndOfRefresh: boolean;
  private readonly owed: NumberQueue;
  private readonly isOwed: BitSet;

  constructor(rib: FamilyRib) {
    this.rib = rib;
    this.isActive = false;
    this.sent = new BitSet();
    this.paths = undefined;
    this.prefixCount = 0;
    this.cursor = NOT_WALKING;
    this.formerGroup = undefined;
    this.owesEndOfRib = false;
    this.owesBeginOfRefresh = false;
    this.owesEndOfRefresh = false;
    this.owed = new NumberQueue();
    this.isOwed = new BitSet();
  }

  /** Routes the neighbor has: prefixes, or paths where it takes several. */
  get sentCount(): number {
    return this.paths === undefined ? this.prefixCount : this.paths.size;
  }

  get isAttached(): boolean {
    return this.cursor === NOT_WALKING && this.owed.length === 0 && !this.owesMarker;
  }

  get isWalking(): boolean {
    return this.cursor !== NOT_WALKING;
  }

  get owedCount(): number {
    return this.owed.length;
  }

  private get owesMarker(): boolean {
    return this.owesEndOfRib || this.owesBeginOfRefresh || this.owesEndOfRefresh;
  }

  /** With a former group only what differs from its offers is told; not while another walk is under way. */
  startWalk(formerGroup?: UpdateGroup): void {
    this.formerGroup = this.isWalking ? undefined : formerGroup;
    this.cursor = 1;
  }

  endWalk(): void {
    this.cursor = NOT_WALKING;
    this.formerGroup = undefined;
  }

  /** Whether the neighbor has the prefix, by whatever path. */
  has(prefix: number): boolean {
    return this.paths === undefined ? this.sent.has(prefix) : this.paths.first(prefix) !== 0;
  }

  markSent(prefix: number): void {
    if (this.sent.add(prefix)) this.prefixCount++;
  }

  markWithdrawn(prefix: number): void {
    if (this.sent.delete(prefix)) this.prefixCount--;
  }

  owe(prefix: number): void {
    if (!this.isOwed.add(prefix)) return;
    this.owed.push(prefix);
    this.rib.hold(prefix);
  }

  /** Takes an owed prefix; the caller ends its hold when the neighbor was told. */
  takeOwed(): number {
    const prefix = this.owed.shift();
    this.isOwed.delete(prefix);
    return prefix;
  }

  /** Forgets everything: the session is over. */
  clear(): void {
    while (this.owed.length > 0) this.rib.unhold(this.takeOwed());
    this.isActive = false;
    this.sent.clear();
    this.prefixCount = 0;
    this.paths?.clear();
    this.paths = undefined;
    this.endWalk();
    this.owesEndOfRib = false;
    this.owesBeginOfRefresh = false;
    this.owesEndOfRefresh = false;
  }
}
