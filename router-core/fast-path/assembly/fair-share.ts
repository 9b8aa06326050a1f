/**
 * Who floods does not starve the others: under overload a peer above its share is dropped before the
 * cipher, at a fifth of what a forwarded packet costs, so that the socket's queue empties again.
 *
 * Not standardized. Datagrams of all peers wait in one queue of the system, which drops the newest of
 * anybody when it is full; only whoever reads can tell them apart.
 *
 *   window     2,048 datagrams
 *   overload   the last 16 batches were full: more waits than one batch takes
 *   unfair     one peer sent most of the window, and others sent something as well
 *   share      packets of one peer that are opened in a window: halved while overload is unfair, grown
 *              by an eighth after, without limit in the end; never below 256, so that the flood itself
 *              still gets a good part of what the processor can do
 *
 * Invariant: without overload, or with nobody else to be fair to, nothing is dropped here.
 *
 * @module
 */
import { BATCH_MAX, PEERS, WORKER, WORKER_SHARES } from '../../packet/plane-layout';

const WINDOW: u32 = 2048;
const FULL_BATCHES: u32 = 16;
const SHARE_FIRST: u32 = 512;
const SHARE_MIN: u32 = 256;
/** Packets of others in a window from which on there is somebody to be fair to. */
const OTHERS_MIN: u32 = 4;

let share: u32 = WINDOW;
let window: u32 = 1;
let arrived: u32 = 0;
let fullBatches: u32 = 0;
/** Packets of known peers in this window, and of the one that sent most. */
let counted: u32 = 0;
let greatest: u32 = 0;

/** Counts a batch; at the end of a window the share follows the load. */
export function batchArrived(count: u32): void {
  fullBatches = count === BATCH_MAX ? fullBatches + 1 : 0;
  arrived += count;
  if (arrived < WINDOW) return;
  const others = counted - greatest;
  if (fullBatches >= FULL_BATCHES && others >= OTHERS_MIN && greatest > arrived / 2) {
    share = share === WINDOW ? SHARE_FIRST : max<u32>(SHARE_MIN, share >> 1);
  } else {
    share = min<u32>(WINDOW, share + (share >> 3) + 1);
  }
  window++;
  arrived = 0;
  counted = 0;
  greatest = 0;
}

/** Whether one more packet of the peer (a tag of either bank) may be opened in this window. */
export function hasShare(tag: i32): bool {
  const entry = <usize>WORKER + WORKER_SHARES + ((<usize>(tag & (2 * PEERS - 1))) << 3);
  const used = load<u32>(entry) === window ? load<u32>(entry, 4) : 0;
  store<u32>(entry, window);
  store<u32>(entry, used + 1, 4);
  counted++;
  greatest = max<u32>(greatest, used + 1);
  return share === WINDOW || used < share;
}
