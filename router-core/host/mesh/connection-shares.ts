/**
 * How many connections one source may have, so that no stranger takes the place of everybody, and who has none for a while.
 *
 * Not standardized. A source is an IPv4 address or an IPv6 /64, what one host can easily have. Loopback has no share: a proxy in
 * front of us speaks for all.
 *
 * Invariant: a source is remembered while it has connections or is shut out; of those shut out, the latest.
 *
 * @module
 */
import type { Socket } from 'node:net';
import { hostNetwork, parseIpAddress } from '../../base/ip-address.ts';
import { addMilliseconds, type Instant, milliseconds } from '../../base/units.ts';
import { API_SHUT_OUT_MAX, API_SHUT_OUT_MS } from './limits.ts';

export class ConnectionShares {
  private readonly most: number;
  private readonly counts = new Map<string, number>();
  /** When a source may come again; the oldest first. */
  private readonly shutOut = new Map<string, Instant>();

  constructor(most: number) {
    this.most = most;
  }

  /** Counts a connection until it closes; one too many is closed. */
  admit(socket: Socket, now: Instant): void {
    const source = sourceOf(socket.remoteAddress ?? '');
    if (source === undefined) return;
    if (!this.enter(source, now)) socket.destroy();
    else socket.once('close', () => this.leave(source));
  }

  /** Ends a connection whose source is not to come again at once. */
  cutOff(socket: Socket, now: Instant): void {
    const source = sourceOf(socket.remoteAddress ?? '');
    socket.destroy();
    if (source !== undefined) this.refuse(source, now);
  }

  refuse(source: string, now: Instant): void {
    this.shutOut.delete(source);
    this.shutOut.set(source, addMilliseconds(now, milliseconds(API_SHUT_OUT_MS)));
    if (this.shutOut.size <= API_SHUT_OUT_MAX) return;
    const [oldest] = this.shutOut.keys();
    if (oldest !== undefined) this.shutOut.delete(oldest);
  }

  /** Takes a place of the source; false when it has all of them, or is shut out. */
  enter(source: string, now: Instant): boolean {
    if (now < (this.shutOut.get(source) ?? now)) return false;
    this.shutOut.delete(source);
    const count = this.counts.get(source) ?? 0;
    if (count >= this.most) return false;
    this.counts.set(source, count + 1);
    return true;
  }

  leave(source: string): void {
    const count = this.counts.get(source) ?? 0;
    if (count > 1) this.counts.set(source, count - 1);
    else this.counts.delete(source);
  }

  /** How many sources have connections. */
  get sources(): number {
    return this.counts.size;
  }
}

/** Returns what connections from this address are counted by; undefined: not at all. */
export function sourceOf(remoteAddress: string): string | undefined {
  const plain = plainAddress(remoteAddress);
  if (plain === '' || plain === '::1' || plain.startsWith('127.')) return undefined;
  const address = parseIpAddress(plain.replace(/%.*$/, ''));
  return address === undefined ? plain : hostNetwork(address);
}

/** One socket for both families shows IPv4 inside IPv6 (RFC 4291 §2.5.5.2): all of it would count as one network. */
export const plainAddress = (remoteAddress: string): string =>
  remoteAddress.replace(/^::ffff:(?=\d+\.)/i, '');
