/**
 * Sets of interfaces that carry one route together (ECMP), and which of them carries a flow.
 *
 * Standard: RFC 2991 §6 (highest random weight), RFC 2992; BGP specification §14.4.
 *
 *   id of a set │ 1 │ generation: 19 bits │ index: 10 bits │   greater than DISCARD: no interface has it
 *
 * Each member of a set has a weight for each flow, a hash of both; the greatest wins. So a flow stays where
 * it is while its member stays: one that goes takes its own flows along, one that comes takes an equal part
 * of all others'. Hash-threshold and modulo, which need no look at every member, move flows of members that
 * stay as well. Members are known by the numbers of their interfaces; their order means nothing.
 *
 * Sets are shared by all routes with the same members and counted; a set without a route is forgotten.
 *
 * Invariants
 * - A set has two members at least, in ascending order, none twice.
 * - The plane has every set that is here; an id names one set, and a late one with the old id nobody.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import { DISCARD, type InterfaceId, NONE } from '../base/units.ts';
import type { RoutingPlane } from '../packet/index.ts';
import { mix } from './flow-hash.ts';
import type { Interfaces } from './interfaces.ts';
import { NEXT_HOP_SET_MEMBERS_MAX, NEXT_HOP_SETS_MAX } from './limits.ts';

const INDEX_BITS = 10;
const INDEX_MASK = (1 << INDEX_BITS) - 1;
const GENERATIONS = 1 << 19;

/** Keeps numbers of interfaces that are close to each other apart. */
const SPREAD = 0x9e3779b1;

export class NextHopSets {
  /** Different from router to router, or routers in a row would all split alike. */
  readonly seed: number;
  private readonly ids = new Int32Array(NEXT_HOP_SETS_MAX);
  private readonly users = new Uint32Array(NEXT_HOP_SETS_MAX);
  private readonly generation = new Uint32Array(NEXT_HOP_SETS_MAX);
  private readonly members: (readonly InterfaceId[])[] = [];
  private readonly byMembers = new Map<string, number>();
  private readonly free: number[] = [];
  private readonly interfaces: Interfaces;
  private readonly plane: RoutingPlane | undefined;

  constructor(interfaces: Interfaces, seed: number, plane?: RoutingPlane) {
    this.interfaces = interfaces;
    this.seed = seed | 0;
    this.plane = plane;
  }

  /** How many there are. */
  get size(): number {
    return this.byMembers.size;
  }

  /**
   * Returns the id of the set of these interfaces, in ascending order, for one more route; NONE when there
   * are as many sets as there may be.
   */
  take(members: readonly InterfaceId[]): number {
    assert(
      members.length >= 2 && members.length <= NEXT_HOP_SET_MEMBERS_MAX,
      'a set has two to sixteen members',
    );
    const key = members.join();
    const index = this.byMembers.get(key) ?? this.add(key, members);
    if (index === NONE) return NONE;
    this.users[index] = (this.users[index] as number) + 1;
    return this.ids[index] as number;
  }

  /** A route that took the set leaves by it no more. */
  release(id: number): void {
    const index = this.find(id);
    assert(index !== NONE, 'a set with a route is there');
    this.users[index] = (this.users[index] as number) - 1;
    if (this.users[index] !== 0) return;
    this.plane?.removeNextHopSet(id);
    this.byMembers.delete(this.membersOf(id).join());
    this.ids[index] = NONE;
    this.free.push(index);
  }

  /** The interfaces of a set; none when there is no such set. */
  membersOf(id: number): readonly InterfaceId[] {
    const index = this.find(id);
    return index === NONE ? [] : (this.members[index] as readonly InterfaceId[]);
  }

  /**
   * Returns the row of the interface that carries a flow, or NONE when there is no such set or none of its
   * interfaces is there. A point-to-point link does not get back what came from it (`link`).
   */
  choose(id: number, flow: number, link: number): number {
    const index = this.find(id);
    if (index === NONE) return NONE;
    const { interfaces } = this;
    const members = this.members[index] as readonly InterfaceId[];
    let best = NONE;
    let heaviest = -1;
    for (let i = 0; i < members.length; i++) {
      const member = members[i] as InterfaceId;
      const row = interfaces.find(member);
      if (row === NONE || (row === link && interfaces.port[row] === NONE)) continue;
      const weight = mix(flow ^ Math.imul(member, SPREAD)) >>> 0;
      if (weight <= heaviest) continue;
      best = row;
      heaviest = weight;
    }
    return best;
  }

  /** Whether one of the set's interfaces is this link, or leaves by it; with NONE, whether one is there at all. */
  leadsTo(id: number, link: number): boolean {
    const index = this.find(id);
    if (index === NONE) return false;
    const members = this.members[index] as readonly InterfaceId[];
    for (let i = 0; i < members.length; i++) {
      const row = this.interfaces.find(members[i] as InterfaceId);
      if (row === NONE) continue;
      if (link === NONE || row === link || this.interfaces.port[row] === link) return true;
    }
    return false;
  }

  private find(id: number): number {
    const index = id & INDEX_MASK;
    return id > DISCARD && this.ids[index] === id ? index : NONE;
  }

  private add(key: string, members: readonly InterfaceId[]): number {
    const index = this.free.pop() ?? this.members.length;
    if (index >= NEXT_HOP_SETS_MAX) return NONE;
    // From one on: generation and index 0 would be DISCARD.
    const generation = ((this.generation[index] as number) % (GENERATIONS - 1)) + 1;
    this.generation[index] = generation;
    const id = DISCARD | (generation << INDEX_BITS) | index;
    this.ids[index] = id;
    this.members[index] = [...members];
    this.byMembers.set(key, index);
    this.plane?.setNextHopSet(id, members, this.seed);
    return index;
  }
}
