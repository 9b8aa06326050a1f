/**
 * Bounds of what is read from a registry.
 *
 * Not standardized. The whole DN42 registry had about 16,000 objects and 12 MiB in 2025; its
 * largest single files are key-certs and as-sets below 100 KiB. The bounds leave room for growth
 * by a factor of five to ten, and keep a hostile source from filling the memory.
 *
 * @module
 */

/** Octets of one object's file; longer ones are skipped and reported as `TOO_LARGE`. */
export const MAX_FILE_BYTES = 256 * 1024;
/** Objects of one registry; further ones are counted and not read. */
export const MAX_OBJECTS = 150_000;
/** Octets of all files together. */
export const MAX_REGISTRY_BYTES = 256 * 1024 * 1024;
/** Attributes of one object. */
export const MAX_ATTRIBUTES = 10_000;
/** Characters of a short text for people: names, remarks. */
export const MAX_TEXT = 200;
/** Characters of one `auth:` line; an RSA key of 16384 bits takes about 2,800. */
export const MAX_AUTH_LINE = 8000;
/** `auth:` lines of one maintainer. */
export const MAX_AUTH_LINES = 100;
/** References (`mnt-by`, `admin-c`, `origin` …) of one kind in one object. */
export const MAX_REFERENCES = 200;
/** Characters of the armor of one key-cert. */
export const MAX_ARMOR = 128 * 1024;
/** Rows of one prefix filter. */
export const MAX_FILTER_ROWS = 1000;
/** Problems kept in the index; more are counted only. */
export const MAX_PROBLEMS = 5000;
