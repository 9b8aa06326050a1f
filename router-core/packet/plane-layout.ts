/**
 * Where everything stands in the memory that the router worker and the packet workers share.
 *
 * Not standardized. This one file is compiled twice: by TypeScript, and by AssemblyScript into the
 * fast path, so it holds plain constants only (numbers that fit 31 bits, sums and products of them).
 *
 *   │ module │ control │ punts │ transmits │ batch │ worker │ bank 0 │ bank 1 │
 *
 *   bank   the tables of one life of the router worker: a new life fills the other bank while packets
 *          are still forwarded by the old one
 *   punts      packet worker → router worker: what is not the common case
 *   transmits  router worker → packet worker: datagrams to send, packets to seal
 *
 * Writers: a bank belongs to the router worker, except what is marked "packet worker". Fields marked
 * "published" are written and read atomically; what was written before them is seen after them.
 *
 * Invariants
 * - Every table begins at a multiple of 64 octets.
 * - Changing the place of a table changes `PLANE_LAYOUT_SUM`, which the module and its user compare.
 *
 * @module
 */

/** The module's own constants lie below; the build checks it. */
export const CONTROL = 0x10000;
export const CONTROL_BYTES = 4096;
/** Published: which bank the youngest router worker writes (0 or 1), NONE before the first. */
export const CONTROL_BANK = CONTROL + 4;
/** Published: which bank routes packets, NONE before the first. */
export const CONTROL_FORWARDING = CONTROL + 8;
/** Published: 1 while the packet worker was told of punts and the router worker has not looked yet. */
export const CONTROL_PUNTS_SIGNALLED = CONTROL + 12;
/** Published: 1 while the router worker has told of transmits and the packet worker has not looked yet. */
export const CONTROL_TRANSMITS_SIGNALLED = CONTROL + 16;
/** Packet worker adds, router worker subtracts: datagrams that wait among the punts. */
export const CONTROL_DATAGRAMS_WAITING = CONTROL + 28;
/** Bits of the banks that ever held anything: memory that was never touched stays so. */
export const CONTROL_USED_BANKS = CONTROL + 20;
/** Packet worker: grows about every 100 ms while it lives. */
export const CONTROL_TICKS = CONTROL + 24;
/** Packet worker: counters of drops, f64 each, by the numbers below. */
export const CONTROL_DROPS = CONTROL + 64;
export const DROP_TRUNCATED = 0;
export const DROP_MALFORMED = 1;
export const DROP_NOT_WIREGUARD = 2;
export const DROP_WRONG_MAC1 = 3;
export const DROP_RATE_LIMITED = 4;
export const DROP_UNKNOWN_INDEX = 5;
export const DROP_NOT_AUTHENTIC = 6;
export const DROP_REPLAYED = 7;
export const DROP_KEY_EXPIRED = 8;
export const DROP_QUEUE_FULL = 9;
export const DROP_TOO_BIG = 10;
export const DROP_NO_ENDPOINT = 11;
export const DROP_NO_KEY_PAIR = 12;
export const DROP_COOKIE_REQUIRED = 13;
export const DROP_STALE = 14;
export const DROP_OVERLOADED = 15;
export const DROP_BLACKHOLE = 16;
export const DROPS = 17;
/** Packet worker: batches by the time from received to handed over, f64 each; bucket n is 2^(n/4) µs. */
export const CONTROL_LATENCY = CONTROL + 1024;
export const LATENCY_BUCKETS = 96;
/** Packet worker: counters of the underlay, f64 each; names in fast-path/statistics.ts. */
export const CONTROL_UNDERLAY = CONTROL + 2048;
export const UNDERLAY_COUNTERS_MAX = 64;
/** One octet per socket: how its datagrams are read (FRAMING_…). */
export const SOCKET_FRAMINGS = CONTROL + CONTROL_BYTES;
/** Tunnels have their UDP port for a number, those of a mesh device come behind; a power of two. */
export const SOCKETS_MAX = 131072;

// A packet in a slot or in an entry of a ring: headroom, data, tailroom (packet/layout.ts).
export const PLANE_HEADROOM = 128;
export const PLANE_DATA = 9216;
export const PLANE_TAILROOM = 128;
export const PLANE_SLOT_BYTES = PLANE_HEADROOM + PLANE_DATA + PLANE_TAILROOM;

// Rings: one writer, one reader. Head and tail count entries and wrap at 2^32.
export const RING_ENTRIES = 512;
export const RING_HEAD = 0; // published by the writer
export const RING_TAIL = 64; // published by the reader
export const RING_HEADER_BYTES = 128;
/** An entry: fields, then a slot. */
export const ENTRY_KIND = 0;
export const ENTRY_LENGTH = 4;
export const ENTRY_SOCKET = 8;
export const ENTRY_PEER = 12;
export const ENTRY_ADDRESS = 16; // 28 octets, see DESCRIPTOR_ADDRESS
export const ENTRY_KEY_PAIR = 44;
export const ENTRY_INDEX = 48; // receiver index of the key pair: a generation
export const ENTRY_FLAGS = 56;
export const ENTRY_BANK = 60;
export const ENTRY_FIELDS_BYTES = 64;
export const ENTRY_BYTES = ENTRY_FIELDS_BYTES + PLANE_SLOT_BYTES;
export const RING_BYTES = RING_HEADER_BYTES + RING_ENTRIES * ENTRY_BYTES;

/** Kinds of punts. */
export const PUNT_DATAGRAM = 1; // as it came: handshake messages
export const PUNT_PACKET = 2; // opened: an inner packet, or nothing but a confirmation
export const PUNT_ROAMED = 3; // the peer was heard from another address
/** Flags of punts. */
export const PUNT_FLAG_CHECKED = 1; // MAC1, cookie and bucket were checked
export const PUNT_FLAG_NEEDS_COOKIE = 2; // under load, without a valid MAC2
export const PUNT_FLAG_CONFIRMS = 4; // the first message under its key pair
export const PUNT_FLAG_MESH = 8; // a datagram of a socket of the mesh
/** Kinds of transmits. */
export const TRANSMIT_DATAGRAM = 1; // complete: socket and address are given
export const TRANSMIT_PACKET = 2; // an inner packet to seal for a peer; empty is a keepalive
/** Flags of packets to seal. */
export const TRANSMIT_FLAG_DATA = 1;
export const TRANSMIT_FLAG_PADDED = 2; // its length is final

// Datagrams between the underlay and the fast path: 64 octets each, for received and for sent ones.
export const DESCRIPTOR_START = 0;
export const DESCRIPTOR_LENGTH = 4;
export const DESCRIPTOR_SOCKET = 8;
export const DESCRIPTOR_TAG = 12; // sent: equal tags are equal destinations
export const RESTORED = 1; // received, as tag: freed of its disguise, a transport message
export const DESCRIPTOR_ADDRESS = 16; // sockaddr: family (2, 10), port big-endian, address, scope
export const DESCRIPTOR_BYTES = 64;
export const ADDRESS_BYTES = 28;
export const FAMILY_IPV4 = 2;
export const FAMILY_IPV6 = 10;

/** Datagrams of one batch. */
export const BATCH_MAX = 64;
export const TRANSMIT_MAX = 64;

/** How a socket's datagrams are read. */
export const FRAMING_WIREGUARD = 0;
export const FRAMING_ETHERGUARD = 1;
/** Restored by the driver before they come here; handshakes are checked by the router worker. */
export const FRAMING_OBFUSCATED = 2;

/**
 * Peers, one record each: those of the node's WireGuard device, then the links of its mesh device. Each device
 * counts its own from 0. What a peer's number tells is its framing as well.
 */
export const TUNNELS = 1024;
export const MESH_LINKS = 1024;
export const PEERS = TUNNELS + MESH_LINKS;
export const FIRST_MESH_LINK = PEERS - MESH_LINKS;
export const PEER_SEQUENCE = 0; // published: odd while the record is written
export const PEER_FLAGS = 4;
export const PEER_CURRENT = 8; // published: row of the key pair to send with, or NONE
export const PEER_SOCKET = 12;
export const PEER_ADDRESS = 16; // 28 octets
export const PEER_INTERFACE = 44; // id
export const PEER_MTU = 48;
export const PEER_IDENTITY = 52; // the same number for the same public key in both banks
export const PEER_ATTENTION = 56; // packet worker sets, router worker clears
export const PEER_PUNTS = 60; // packet worker adds, router worker subtracts: entries under way
export const PEER_RATE = 64; // packets a second, 0 without limit
export const PEER_TOKENS = 68; // packet worker: f32
export const PEER_TOKENS_AT = 72; // packet worker: f64
export const PEER_BYTES = 128;
export const PEER_FLAG_USED = 1;
export const PEER_FLAG_ENDPOINT = 2;
export const PEER_FLAG_ALLOWS_IPV4 = 4;
export const PEER_FLAG_ALLOWS_IPV6 = 8;
export const PEER_FLAG_PUNT = 16; // the router worker wants to see every packet
export const PEER_FLAG_OBFUSCATED = 32; // a content that begins with a zero octet is a keepalive
export const PEER_FLAG_PADDED = 64; // the router worker decides how long contents become
// What is asked of its packets: the interface's flags, PEER_CHECKS_SHIFT bits higher.
export const PEER_FLAG_STRICT = 128;
export const PEER_FLAG_LOOSE = 256;
export const PEER_FLAG_BOGONS = 512;
export const PEER_FLAG_SECLUDED = 1024;
export const ATTENTION_HANDSHAKE = 1; // the key pair grows old
export const ATTENTION_ANSWERED = 2; // data came: a keepalive may be owed
export const ATTENTION_AWAITS = 4; // data was sent: an answer is awaited
export const ATTENTION_RECEIVING = 8; // the key pair is nearly rejected and only receives

// Key pairs, one record each: rows of the one device, then rows of the other. A receiver index says which of them, by the
// framing of the socket it came by.
export const KEY_PAIR_ROWS_MAX = 5120;
export const KEY_PAIRS = 2 * KEY_PAIR_ROWS_MAX;
export const FIRST_MESH_KEY_PAIR = KEY_PAIRS - KEY_PAIR_ROWS_MAX;
export const KEY_PAIR_STATE = 0; // published
export const KEY_PAIR_LOCAL_INDEX = 4;
export const KEY_PAIR_REMOTE_INDEX = 8;
export const KEY_PAIR_PEER = 12;
export const KEY_PAIR_CREATED = 16; // f64, monotonic milliseconds
export const KEY_PAIR_SEND_COUNTER = 24; // packet worker: u64
export const KEY_PAIR_GREATEST = 32; // packet worker: u64
export const KEY_PAIR_IS_INITIATOR = 40;
export const KEY_PAIR_SEND_KEY = 64;
export const KEY_PAIR_RECEIVE_KEY = 96;
export const KEY_PAIR_WINDOW = 128; // packet worker
export const KEY_PAIR_WINDOW_BYTES = 1024;
export const KEY_PAIR_BYTES = KEY_PAIR_WINDOW + KEY_PAIR_WINDOW_BYTES;
export const KEY_PAIR_FREE = 0;
export const KEY_PAIR_NEXT = 1; // receives; the first message confirms it
export const KEY_PAIR_READY = 2;

// Interfaces, one record each.
export const INTERFACES = 4096;
export const INTERFACE_INDEX_MASK = 4095;
export const INTERFACE_ID = 0; // published: NONE when unused
export const INTERFACE_MTU = 4;
export const INTERFACE_PEER = 8; // NONE: not a tunnel the fast path knows
export const INTERFACE_FLAGS = 12;
export const INTERFACE_BYTES = 16;
export const INTERFACE_FLAG_PUNT = 1;
export const INTERFACE_FLAG_STRICT = 2; // the route back to a source leads into the same tunnel
export const INTERFACE_FLAG_LOOSE = 4; // there is a route back to it
export const INTERFACE_FLAG_BOGONS = 8; // both addresses are DN42's
export const INTERFACE_FLAG_SECLUDED = 16; // another virtual router's: nothing comes from it or goes to it
export const INTERFACE_CHECKS = 30; // of the flags, those about what comes in
export const PEER_CHECKS_SHIFT = 6;

/** Local addresses: entries of five words (netstack/local-addresses.ts), two copies. */
export const LOCAL_ENTRIES_MAX = 16384;
export const LOCAL_ENTRY_BYTES = 20;
export const LOCAL_COPY_BYTES = LOCAL_ENTRIES_MAX * LOCAL_ENTRY_BYTES;

/** Sets of interfaces that share routes (netstack/next-hop-sets.ts), one record each. */
export const NEXT_HOP_SETS = 1024;
export const NEXT_HOP_SET_INDEX_MASK = 1023;
export const NEXT_HOP_SET_MEMBERS = 16;
export const NEXT_HOP_SET_ID = 0; // published: greater than 2^30 while it is in use
export const NEXT_HOP_SET_COUNT = 4;
export const NEXT_HOP_SET_SEED = 8;
export const NEXT_HOP_SET_FIRST = 16; // ids of interfaces
export const NEXT_HOP_SET_BYTES = NEXT_HOP_SET_FIRST + NEXT_HOP_SET_MEMBERS * 4;

/** Words of one family's forwarding table (netstack/prefix-table.ts). */
export const FIB_WORDS = 1 << 24;
/** The word that tells how many of them are in use. */
export const FIB_USED = 127;
/** The answer "drop without a word": DISCARD of base/units.ts. */
export const FIB_DISCARD = 1 << 30;

// What stands in front of the handshakes of a device (wireguard/handshake-gate.ts), one record each.
export const GATE_SEQUENCE = 0; // published: odd while the secrets are written
export const GATE_COOKIE_FLAGS = 4; // bit 0: the secret is valid, bit 1: the one before too
export const GATE_BUCKET_SECRET = 8;
export const GATE_MAC1_KEY = 32;
export const GATE_COOKIE_SECRET = 64;
export const GATE_COOKIE_SECRET_BEFORE = 96;
export const GATE_BYTES = 128;

// The transport header of EtherGuard (mesh/etherguard/wire/framing.ts): usage and TTL come first and are the packet's own.
export const MESH_HEADER_BYTES = 14;
export const MESH_TTL = 1;
/** Node numbers are 16 bits. */
export const MESH_NODES = 65536;

// A bank: fields, then tables.
export const BANK_LOCAL_COPY = 0; // published: 0 or 1; NONE: too many, everything is punted
export const BANK_LOCAL_MASK = 4; // one for each copy
export const BANK_KEY_PAIR_MASK = 12; // of either device's rows
export const BANK_MESH_NODE = 16; // published: our own number plus one; 0: nothing is relayed
export const BANK_GATE = 64;
export const BANK_MESH_GATE = BANK_GATE + GATE_BYTES;
export const BANK_PEERS = BANK_MESH_GATE + GATE_BYTES;
// Columns of f64 per peer. The timers of router-core/wireguard/timers.ts, by both workers:
export const BANK_OWES_ANSWER_SINCE = BANK_PEERS + PEERS * PEER_BYTES;
export const BANK_AWAITS_ANSWER_SINCE = BANK_OWES_ANSWER_SINCE + PEERS * 8;
export const BANK_LAST_TRAVERSAL = BANK_AWAITS_ANSWER_SINCE + PEERS * 8;
export const BANK_OWES_ANOTHER = BANK_LAST_TRAVERSAL + PEERS * 8; // one octet per peer
// By the packet worker alone:
export const BANK_LAST_RECEIVED = BANK_OWES_ANOTHER + PEERS;
export const BANK_RX_BYTES = BANK_LAST_RECEIVED + PEERS * 8;
export const BANK_RX_PACKETS = BANK_RX_BYTES + PEERS * 8;
export const BANK_TX_BYTES = BANK_RX_PACKETS + PEERS * 8;
export const BANK_TX_PACKETS = BANK_TX_BYTES + PEERS * 8;
/** Columns of f64 per mesh link, by the packet worker: frames and octets of contents that left by it for others. */
export const BANK_RELAYED_FRAMES = BANK_TX_PACKETS + PEERS * 8;
export const BANK_RELAYED_BYTES = BANK_RELAYED_FRAMES + MESH_LINKS * 8;
/** Published, a word for every node number: the peer that leads there plus one, 0 where none does. */
export const BANK_MESH_HOPS = BANK_RELAYED_BYTES + MESH_LINKS * 8;
export const BANK_KEY_PAIRS = BANK_MESH_HOPS + MESH_NODES * 4;
export const BANK_INTERFACES = BANK_KEY_PAIRS + KEY_PAIRS * KEY_PAIR_BYTES;
// Columns of f64 per interface, by the packet worker:
export const BANK_INTERFACE_RX_BYTES = BANK_INTERFACES + INTERFACES * INTERFACE_BYTES;
export const BANK_INTERFACE_RX_PACKETS = BANK_INTERFACE_RX_BYTES + INTERFACES * 8;
export const BANK_INTERFACE_TX_BYTES = BANK_INTERFACE_RX_PACKETS + INTERFACES * 8;
export const BANK_INTERFACE_TX_PACKETS = BANK_INTERFACE_TX_BYTES + INTERFACES * 8;
export const BANK_INTERFACE_LAST_RECEIVED = BANK_INTERFACE_TX_PACKETS + INTERFACES * 8;
export const BANK_LOCAL = BANK_INTERFACE_LAST_RECEIVED + INTERFACES * 8;
export const BANK_NEXT_HOP_SETS = BANK_LOCAL + 2 * LOCAL_COPY_BYTES;
export const BANK_FIB4 = BANK_NEXT_HOP_SETS + NEXT_HOP_SETS * NEXT_HOP_SET_BYTES;
export const BANK_FIB6 = BANK_FIB4 + FIB_WORDS * 4;
export const BANK_BYTES = BANK_FIB6 + FIB_WORDS * 4;

// What one packet worker keeps for itself.
export const WORKER_SCRATCH = 0; // of the ciphers
/** Results of recent lookups, per family (assembly/route-lookup.ts). */
export const ROUTE_CACHE_ENTRIES = 4096;
export const ROUTE_CACHE_ENTRY_BYTES = 32;
export const WORKER_ROUTES4 = 4096;
export const WORKER_ROUTES6 = WORKER_ROUTES4 + ROUTE_CACHE_ENTRIES * ROUTE_CACHE_ENTRY_BYTES;
/** Handshakes of each source: tokens and when they were counted, f64 each. */
export const SOURCE_BUCKETS = 4096;
export const WORKER_BUCKETS = WORKER_ROUTES6 + ROUTE_CACHE_ENTRIES * ROUTE_CACHE_ENTRY_BYTES;
/** What leaves, in order of sealing; first and last of each peer of either bank, i16 each. */
export const WORKER_SEALED = WORKER_BUCKETS + SOURCE_BUCKETS * 16;
export const WORKER_FIRST = WORKER_SEALED + BATCH_MAX * DESCRIPTOR_BYTES;
export const WORKER_LAST = WORKER_FIRST + 2 * PEERS * 2;
/** Packets of each peer of either bank in a window: its number and the count, u32 each. */
export const WORKER_SHARES = WORKER_LAST + 2 * PEERS * 2;
/** A word nobody reads: adding to it keeps reads before it from moving behind it. */
export const WORKER_FENCE = WORKER_SHARES + 2 * PEERS * 8;
export const WORKER_BYTES = WORKER_FENCE + 64;

// Addresses of everything, one after the other.
export const PUNTS = SOCKET_FRAMINGS + SOCKETS_MAX;
export const TRANSMITS = PUNTS + RING_BYTES;
export const RX_DESCRIPTORS = TRANSMITS + RING_BYTES;
export const TX_DESCRIPTORS = RX_DESCRIPTORS + BATCH_MAX * DESCRIPTOR_BYTES;
export const RX_SLOTS = TX_DESCRIPTORS + TRANSMIT_MAX * DESCRIPTOR_BYTES;
export const IO = RX_SLOTS + BATCH_MAX * PLANE_SLOT_BYTES;
export const IO_BYTES = 65536;
export const WORKER = IO + IO_BYTES;
export const BANK = WORKER + WORKER_BYTES;
export const PLANE_BYTES = BANK + 2 * BANK_BYTES;
/** WebAssembly counts memory in pages of 65,536 octets. */
export const PLANE_PAGES = ((PLANE_BYTES + 65535) / 65536) | 0;
/** Differs when a table moved: the module and its user compare it. */
export const PLANE_LAYOUT_SUM = PLANE_BYTES + BANK_FIB6 + ENTRY_BYTES + KEY_PAIR_BYTES + PEER_BYTES;
