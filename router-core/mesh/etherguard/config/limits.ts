/**
 * Bounds of configuration files and why they are what they are.
 *
 * Not standardized. The files are an operator's own, so the bounds are generous: they keep a damaged file from
 * taking the memory of a node, not an operator from building a network.
 *
 * @module
 */

/** Octets of a configuration file: a static table of 400 nodes takes 2 MB, and nothing else is long. */
export const CONFIG_OCTETS_MAX = 4 * 1024 * 1024;
/** Nodes of a mesh in one file: as many as the WireGuard engine has peers. */
export const NODES_MAX = 1000;
/** Entries of a next-hop table or a table of latencies: every ordered pair of 500 nodes. */
export const TABLE_ENTRIES_MAX = 250_000;
/** Nodes of a network whose static tables are generated: every file has every ordered pair, 25 MB in all. */
export const GENERATED_STATIC_NODES_MAX = 128;
/** Time servers of one edge; the original's sample has 27. */
export const TIME_SERVERS_MAX = 64;
/** Local addresses an edge reports beside those it finds itself. */
export const LOCAL_ADDRESSES_MAX = 64;
/** Characters of a text without a bound of its own: a path, a URL, a command. */
export const TEXT_MAX = 4096;
/** Words of a post script. */
export const SCRIPT_WORDS_MAX = 256;
/** The longest time in seconds, 31 years: above it no timer of ours counts exactly. */
export const SECONDS_MAX = 1_000_000_000;
