/**
 * Our echo requests that wait for an answer.
 *
 * Standard: RFC 792 and RFC 4443 §4.2 (identifier and sequence match replies to requests).
 *
 * An answer counts only when we asked: strangers cannot fill the driver's queue.
 *
 * Invariant: at most `PINGS_MAX` entries; the oldest is forgotten first.
 *
 * @module
 */
import type { IpFamily } from '../base/ip-address.ts';
import type { EchoRequest } from './events.ts';
import { PINGS_MAX } from './limits.ts';

export class OutstandingPings {
  private readonly requests = new Map<number, EchoRequest>();

  add(request: EchoRequest): void {
    const key = keyOf(request.target.family, request.identifier, request.sequence);
    // Set anew, so that a repeated request is the youngest.
    this.requests.delete(key);
    this.requests.set(key, request);
    if (this.requests.size <= PINGS_MAX) return;
    for (const oldest of this.requests.keys()) {
      this.requests.delete(oldest);
      return;
    }
  }

  find(family: IpFamily, identifier: number, sequence: number): EchoRequest | undefined {
    return this.requests.get(keyOf(family, identifier, sequence));
  }

  remove(request: EchoRequest): void {
    this.requests.delete(keyOf(request.target.family, request.identifier, request.sequence));
  }
}

const keyOf = (family: IpFamily, identifier: number, sequence: number): number =>
  (identifier * 0x10000 + sequence) * 2 + (family === 6 ? 1 : 0);
