/**
 * Times and figures of an edge.
 *
 * Not standardized; the first block is etherguard-go's (v0.3.5-f5), the second ours.
 *
 * @module
 */
import { milliseconds, seconds } from '../../../base/units.ts';

/** How often an edge registers when its ping interval is 0. */
export const REGISTER_INTERVAL_WITHOUT_PINGS = seconds(8);
/** Between pings that another node asked for. */
export const PING_REPLY_INTERVAL = seconds(3);
/** Between pings to an endpoint that is tried. */
export const TRY_INTERVAL = seconds(1);
/** A peer is alive so long beyond the time it was last heard within. */
export const ALIVE_GRACE = seconds(1);
/** Ranks of a supernode's addresses: one of the preferred family is always tried first. */
export const PREFERRED_FAMILY_RANK = -10_000;
/** Ranks we report local addresses with. */
export const LOCAL_RANK = 100;
export const ADDITIONAL_LOCAL_RANK = 50;
/** Exit code of a Go program that panics. */
export const PANIC_EXIT_CODE = 2;
/** Below this, in seconds, static endpoints are not looked up again. */
export const LEAST_RESET_INTERVAL_SECONDS = 0.01;

/** Time until a name that had no address is asked for again. */
export const RESOLVE_RETRY = seconds(30);
/** Time until time servers of which none answered are asked again. */
export const TIME_RETRY = seconds(60);
/** How often the log's watch looks who is heard. */
export const LIFE_LOOK_INTERVAL = seconds(2);
/** Time until a socket that could not be opened is tried again. */
export const SOCKET_RETRY = seconds(5);
/** The first measurements of a link that are longer than this waited for a handshake at their sender. */
export const ABSURD_SECONDS = 1;
/** How long such measurements may keep coming, all at once as they do. */
export const ABSURD_FOR = seconds(1);
/** Until a link peer is asked a second time whom it knows; later ones also wait for its memory of duplicates. */
export const QUERY_INTERVAL = seconds(5);
/** How often a link peer is asked whom it knows: whoever is silent then knows nobody, or others told it already. */
export const QUERY_TRIES_MAX = 3;
/** So many times a peer's handshakes go from one endpoint to another and back within this time before two machines have its key. */
export const SHARED_KEY_TURNS = 4;
export const SHARED_KEY_WINDOW = seconds(60);
/** How long after that its link says so. */
export const SHARED_KEY_SHOWN = seconds(300);
/** Pings whose numbers are looked at for the loss of a link. */
export const LOSS_WINDOW = 64;
/** Pings lost in a row beyond which the sender is thought to count anew. */
export const SEQUENCE_LEAP = 4096;
/** How far a clock of whole milliseconds may lag behind the monotonic one before it was set. */
export const CLOCK_SLACK = milliseconds(20);
/** The least time between two rounds of the hunt for endpoints. */
export const HUNT_PAUSE_MIN = seconds(1);
/** Entries of a matrix that one call of `settle` looks at: a millisecond or two. */
export const GRAPH_BUDGET = 1_000_000;
