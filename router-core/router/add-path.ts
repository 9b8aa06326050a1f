/**
 * Several paths per prefix, as a configuration wants them: `addPath: { send: best-2, receive: true }`.
 *
 * Standard: RFC 7911. Off unless a peering says otherwise: a neighbor's other paths cost memory here and
 * there, and help only where the neighbor is to choose among them.
 *
 * @module
 */
import type { AddPathWish } from '../bgp/index.ts';

/** Every path, or the N best of those that are for the neighbor. */
export type AddPathSend = 'all' | `best-${number}`;
export type AddPathSettings = {
  /** Absent: one path per prefix, as without the capability. */
  readonly send?: AddPathSend;
  /** Whether several paths are taken; absent: false. */
  readonly receive?: boolean;
};

const BEST = 'best-';
/** More than anybody chooses among; whoever wants them all says `all`. */
const BEST_MAX = 16;

/** The values of `send`: one path alone needs no capability, so the least is two. */
export const ADD_PATH_SENDS: readonly AddPathSend[] = [
  'all',
  ...Array.from({ length: BEST_MAX - 1 }, (_, i) => `${BEST}${i + 2}` as const),
];

/** Returns what is announced to the neighbor. */
export const addPathWishOf = ({ send, receive }: AddPathSettings): AddPathWish => ({
  send: send !== undefined,
  receive: receive === true,
});

/** Returns how many paths of a prefix are told. */
export const sentPathsMaxOf = ({ send = 'all' }: AddPathSettings): number =>
  send === 'all' ? Number.POSITIVE_INFINITY : Number(send.slice(BEST.length));
