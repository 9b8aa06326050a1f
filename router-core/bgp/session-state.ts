/**
 * The states of the finite state machine, and which of two is further.
 *
 * Standard: RFC 4271 §8.2.2.
 *
 * @module
 */

export const SESSION_STATES = [
  'idle',
  'active',
  'connect',
  'opensent',
  'openconfirm',
  'established',
] as const;
/** In the order in which a session comes up. */
export type SessionState = (typeof SESSION_STATES)[number];

/** Who opened the connection. */
export type Direction = 'outgoing' | 'incoming';

/** Returns the state that is further on the way to established. */
export const furtherState = (a: SessionState, b: SessionState): SessionState =>
  SESSION_STATES.indexOf(a) >= SESSION_STATES.indexOf(b) ? a : b;

/** Whether a connection exists and OPEN was sent on it. */
export const isSpeaking = (state: SessionState): boolean =>
  state === 'opensent' || state === 'openconfirm' || state === 'established';
