/**
 * KEEPALIVE: a header and nothing else.
 *
 * Standard: RFC 4271 §4.4.
 *
 * @module
 */
import { KEEPALIVE } from '../constants.ts';
import { newMessage } from './header.ts';

/** Returns a KEEPALIVE. */
export const buildKeepalive = (): Uint8Array => newMessage(KEEPALIVE, 0);
