/**
 * Which interface of a set carries a flow: netstack/next-hop-sets.ts for reading.
 *
 * Standard: RFC 2991 §6 (highest random weight).
 *
 * A set never changes while its id is in the record; a reader that sees another id afterwards has read
 * nothing, and the packet is punted.
 *
 * @module
 */
import {
  BANK_NEXT_HOP_SETS,
  FIB_DISCARD,
  NEXT_HOP_SET_BYTES,
  NEXT_HOP_SET_COUNT,
  NEXT_HOP_SET_FIRST,
  NEXT_HOP_SET_ID,
  NEXT_HOP_SET_INDEX_MASK,
  NEXT_HOP_SET_MEMBERS,
  NEXT_HOP_SET_SEED,
} from '../../packet/plane-layout';
import { flowOf4, flowOf6, mix } from './flow-hash';
import { fence, findInterface } from './tables';

/** The record of a set, or 0 when the id is none of a set in use. */
export function findSet(bank: usize, id: i32): usize {
  // Greater ids are sets; this one itself means "discard".
  if (id <= FIB_DISCARD) return 0;
  const index: usize = id & NEXT_HOP_SET_INDEX_MASK;
  const record = bank + <usize>BANK_NEXT_HOP_SETS + index * <usize>NEXT_HOP_SET_BYTES;
  return atomic.load<i32>(record, NEXT_HOP_SET_ID) === id ? record : 0;
}

/** How many members to look at, whatever a half-written record says. */
export function membersOf(set: usize): u32 {
  return min(load<u32>(set, NEXT_HOP_SET_COUNT), <u32>NEXT_HOP_SET_MEMBERS);
}

export function memberAt(set: usize, i: u32): i32 {
  return load<i32>(set + ((<usize>i) << 2), NEXT_HOP_SET_FIRST);
}

/** Whether what was read of the record belongs to this set. */
export function isStill(set: usize, id: i32): bool {
  fence();
  return atomic.load<i32>(set, NEXT_HOP_SET_ID) === id;
}

/** The interface that carries the packet's flow, or 0. */
export function choose(bank: usize, id: i32, packet: usize, end: usize): usize {
  const set = findSet(bank, id);
  if (set === 0) return 0;
  const seed = load<u32>(set, NEXT_HOP_SET_SEED);
  const is4 = load<u8>(packet) >>> 4 === 4;
  const flow = is4 ? flowOf4(seed, packet, end) : flowOf6(seed, packet, end);
  let best: usize = 0;
  let heaviest: u32 = 0;
  for (let i: u32 = 0; i < membersOf(set); i++) {
    const member = memberAt(set, i);
    const record = findInterface(bank, member);
    if (record === 0) continue;
    const weight = mix(flow ^ (<u32>member * 0x9e3779b1));
    if (best !== 0 && weight <= heaviest) continue;
    best = record;
    heaviest = weight;
  }
  return isStill(set, id) ? best : 0;
}
