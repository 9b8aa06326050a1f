/**
 * Our bounds for Ethernet ports, and why they are what they are.
 *
 * Not standardized; RFC 6583 §7 tells what an unbounded table costs.
 *
 * @module
 */

/** Neighbors of a port: Linux's gc_thresh3. A mesh of DN42 has dozens of nodes. */
export const NEIGHBORS_PER_PORT = 1024;
/** Of them without a link-layer address yet: a scan of the prefix takes a quarter and evicts its own. */
export const UNRESOLVED_PER_PORT = 256;
/** Of these asked for by packets of one interface: a flood out of one tunnel evicts its own oldest. */
export const UNRESOLVED_PER_INGRESS = 64;

/** Next hops of a port, as many as neighbors; each takes a row of the interface table. */
export const NEXT_HOPS_PER_PORT = 1024;

/** Packets that wait for one neighbor: the oldest is dropped (RFC 4861 §7.2.2). The start of a TCP transfer fits. */
export const WAITING_PER_NEIGHBOR = 8;
/** And for all neighbors of a port: a sixteenth of the arena. */
export const WAITING_PER_PORT = 256;

/** Resolutions a port begins a second for packets of others, each three questions to everybody on the link. */
export const RESOLUTIONS_PER_SECOND = 200;
export const RESOLUTIONS_BURST = 200;

/** Answers to ARP requests and solicitations a second: what a thousand neighbors ask in their probes. */
export const ANSWERS_PER_SECOND = 1000;
export const ANSWERS_BURST = 1000;

/** An IPv4 neighbor changes its link-layer address by word of mouth so seldom, as Linux's locktime. */
export const LINK_ADDRESS_LOCK_MS = 1000;
