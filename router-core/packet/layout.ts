/**
 * Offsets of every table that may be shared between threads.
 *
 * Not standardized. Written here once; packet workers (fast-path/) generate theirs from this file
 * and refuse a memory whose `LAYOUT_HASH` differs.
 *
 * Invariants
 * - Every column begins at a multiple of 64 octets, a cache line.
 * - Changing an offset or a size changes `LAYOUT_HASH`.
 *
 * @module
 */
export const HEADROOM_BYTES = 128;
/** The largest packet: jumbo frames of 9,000 octets, their headers and padding. */
export const DATA_BYTES = 9216;
export const TAILROOM_BYTES = 64;
export const SLOT_BYTES = HEADROOM_BYTES + DATA_BYTES + TAILROOM_BYTES;

const COLUMN_ALIGNMENT = 64;

/** The columns of the arena: name and octets per slot, in order of memory. */
const ARENA_COLUMNS = [
  ['data', SLOT_BYTES],
  ['start', 4],
  ['end', 4],
  ['ingress', 4],
  ['flags', 4],
  ['socket', 4],
  ['remotePort', 2],
  ['remoteFamily', 1],
  ['remoteAddress', 16],
] as const;

export type ArenaLayout = Readonly<Record<(typeof ARENA_COLUMNS)[number][0], number>> & {
  /** Octets of the whole memory. */
  readonly bytes: number;
};

/** Returns where each column of an arena of `slots` slots begins. */
export function arenaLayout(slots: number): ArenaLayout {
  const offsets: Record<string, number> = {};
  let offset = 0;
  for (const [name, perSlot] of ARENA_COLUMNS) {
    offsets[name] = offset;
    offset += Math.ceil((slots * perSlot) / COLUMN_ALIGNMENT) * COLUMN_ALIGNMENT;
  }
  return { ...offsets, bytes: offset } as ArenaLayout;
}

/** FNV-1a over the names and sizes of all columns. */
export const LAYOUT_HASH: number = (() => {
  let hash = 0x811c9dc5;
  for (const character of JSON.stringify([
    HEADROOM_BYTES,
    DATA_BYTES,
    TAILROOM_BYTES,
    ARENA_COLUMNS,
  ])) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  }
  return hash;
})();
