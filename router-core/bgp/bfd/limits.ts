/**
 * Bounds of BFD, and why they are what they are. All stand in docs/limits.md.
 *
 * Not standardized. There are as many sessions as BGP neighbors with BFD, and no more: a packet of
 * anybody else makes none.
 *
 * @module
 */

/** Answers to Poll per session and second, and at once: polling is for changes of parameters. */
export const POLL_ANSWERS_PER_SECOND = 20;
export const POLL_ANSWERS_BURST = 20;
/**
 * A timer that runs this much too late says that our own loop stood still. Packets of the neighbor wait
 * unread then, so its detection time begins anew, once.
 */
export const LATE_TIMER_MS = 50;
/** For this long after a late timer: what waited unread is read in the turns that follow. */
export const LATE_GRACE_MS = 250;
