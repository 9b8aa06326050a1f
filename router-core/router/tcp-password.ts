/**
 * The password of a BGP session as people write it, and as TCP signs with it.
 *
 * Standard: RFC 2385 §4.5 (a key is text of at least 80 octets, printable ASCII; Linux takes no more).
 *
 * @module
 */
const PASSWORD = /^[ -~]{1,80}$/;

/** What a password is, for messages; the password itself is never told. */
export const PASSWORD_RULE = 'A password is 1 to 80 printable ASCII characters.';

/** Returns the octets TCP signs with, or undefined when the text is no password. */
export const parseTcpPassword = (text: string): Uint8Array | undefined =>
  PASSWORD.test(text) ? new TextEncoder().encode(text) : undefined;
