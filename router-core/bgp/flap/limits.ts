/**
 * Bounds of the flap detector, and why they are what they are.
 *
 * Not standardized; BGP specification §5 (flap detection), acceptance test T22.
 *
 * @module
 */

/**
 * Steps of the sliding window: a change is forgotten between one window and a tenth more after it came,
 * so what comes within a window is always counted together.
 */
export const WINDOW_STEPS = 10;

/** What the file may say, and what holds where it says nothing. */
export const FLAP_CHANGES_MIN = 2;
export const FLAP_CHANGES_MAX = 10_000;
export const FLAP_CHANGES_DEFAULT = 30;
export const FLAP_MINUTES_MAX = 60;
export const FLAP_MINUTES_DEFAULT = 5;

/**
 * Prefixes and neighbors whose changes are counted at one time, 68 octets each: 4.5 MB when a stranger
 * fills it. What has the fewest changes makes room for what changes.
 */
export const COUNTED_MAX = 65_536;
/** Rows at first; the table grows four times at once. */
export const COUNTED_FIRST = 1024;

/** Prefixes whose paths are written down before they flap; the one observed longest goes first. */
export const OBSERVED_MAX = 1024;
/** Prefixes that are listed as flapping; of those beyond it only the number is known. */
export const FLAPPING_MAX = 1024;
/** AS paths remembered per prefix; announcements with further ones are counted together. */
export const PATH_VARIANTS_MAX = 16;

/**
 * Octets of an AS path that is remembered: sixty ASes, more than any policy accepts. A stranger may write
 * 64 kB of them (RFC 8654), and each is kept as often as the three numbers above say.
 */
export const PATH_VARIANT_BYTES_MAX = 256;

/** Prefixes told of per step of the window when they begin or cease to flap; the list has all. */
export const FLAP_EVENTS_PER_STEP = 10;
