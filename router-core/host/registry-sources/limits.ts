/**
 * Bounds of fetching a registry.
 *
 * Not standardized. The DN42 registry's checkout was about 30 MiB in 20,000 files in 2025, a
 * shallow clone of it 10 MiB, and took a minute on a slow line.
 *
 * @module
 */

/** Everything a refresh may take, from the first connection to the checkout. */
export const REFRESH_TIMEOUT_MS = 10 * 60_000;
/** Octets of the local repository while a fetch runs; a server that sends more is cut off. */
export const MAX_REPOSITORY_BYTES = 512 * 1024 * 1024;
/** Octets of all files of a commit, unpacked: a small pack may hold much. */
export const MAX_CHECKOUT_BYTES = 512 * 1024 * 1024;
/** Files of a commit, or of a folder. */
export const MAX_FILES = 200_000;
/** What git may print; the list of files is the longest. */
export const MAX_GIT_OUTPUT_BYTES = 64 * 1024 * 1024;
/** How often the growing repository is measured. */
export const MEASURE_EVERY_MS = 500;
/** Packs after which the repository is repacked, so that years of fetches do not fill the disk. */
export const MAX_PACKS = 50;
/** Index files kept beside the newest: what is loaded now, and one to go back to. */
export const KEPT_INDEX_FILES = 3;
/** Octets of an index file; that of the whole DN42 registry has about 6 MiB. */
export const MAX_INDEX_BYTES = 256 * 1024 * 1024;
/** The parser thread ends after this, whatever it is doing. */
export const INDEX_TIMEOUT_MS = 5 * 60_000;
