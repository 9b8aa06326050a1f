/**
 * Bounds of the obfuscations and why they are what they are; listed in docs/limits.md.
 *
 * Not standardized.
 *
 * @module
 */

/** Forms on one socket, plain among them: a datagram of an unknown source is held against each. */
export const FORMS_PER_SOCKET = 3;
/** Octets of a key of ipt_xor, as its kernel module has it. */
export const XOR_KEY_BYTES_MAX = 64;
/** Octets of a key of wgobfs, as its kernel module has it. */
export const WGOBFS_KEY_BYTES_MAX = 32;
/** Junk datagrams before an initiation: the reference sets no bound, and a peer is no cannon. */
export const JUNK_DATAGRAMS_MAX = 128;
/** Octets of a decoy, and of a handshake message with its padding: 1,500 less IPv6 and UDP headers. */
export const OBFUSCATED_DATAGRAM_BYTES_MAX = 1452;
/** Characters of a signature packet's description: every octet of a full datagram in hex. */
export const SIGNATURE_TEXT_MAX = 3000;
/** A rekey time beyond this keeps one key longer than an hour: no peer wants that. */
export const TIMING_SECONDS_MAX = 3600;
/** Attempts of one series of handshakes. */
export const HANDSHAKE_ATTEMPTS_MAX = 1000;
/** What an AmneziaWG tunnel takes for the largest datagram of a peer before it saw any. */
export const WINDOW_BYTES_INITIAL = 500;
