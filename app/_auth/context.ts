/**
 * The context of a verb: who, from where, under which operation, in which portal.
 *
 * Not standardized; style guide §11, docs/architecture.md §14 (one operation id goes from the
 * request to audit row, revision, report, log and timeline).
 *
 * @module
 */
import 'server-only';
import { randomBytes } from 'node:crypto';
import type { Portal } from '../_router/index.ts';
import type { Actor } from './actor.ts';

export type Context = {
  readonly portal: Portal;
  readonly actor: Actor;
  /** Client address as bin/client-address.mjs found it; null for what the portal does itself. */
  readonly address: string | null;
  readonly operation: string;
  readonly now: Date;
};

/** Returns a fresh operation id: 80 random bits, sortable by time, for people to quote. */
export function newOperation(now: Date = new Date()): string {
  return `${now.getTime().toString(36)}-${randomBytes(10).toString('hex')}`;
}

/** Returns a random, opaque id of 128 bits, never reused. */
export const newId = (): string => randomBytes(16).toString('hex');

/** Returns the context of something the portal does by a rule of its own. */
export function ruleContext(portal: Portal, name: string, now: Date = new Date()): Context {
  return {
    portal,
    actor: { kind: 'rule', name },
    address: null,
    operation: newOperation(now),
    now,
  };
}
