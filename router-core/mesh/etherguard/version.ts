/**
 * The version of the original we speak like: what edges announce and supernodes compare, up to the first hyphen.
 *
 * Not standardized; etherguard-go.
 *
 * @module
 */
export const ORIGINAL_VERSION = 'v0.3.5-f5';
