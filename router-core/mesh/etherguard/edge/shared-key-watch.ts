/**
 * Sees that two machines use one private key: a file that was copied, and both copies run.
 *
 * Not standardized. Each takes the session from the other: whoever hears nothing for KEEPALIVE_TIMEOUT + REKEY_TIMEOUT begins a new
 * handshake, so handshakes come from two endpoints by turns, a few in a minute. Somebody who roams, or sends by two uplinks, keeps
 * its key pair and has a handshake in two minutes; a NAT that forgets has a new port each time, not the one before the last.
 *
 * @module
 */
import { TokenBucket } from '../../../base/token-bucket.ts';
import type { Instant } from '../../../base/units.ts';
import { SHARED_KEY_SHOWN, SHARED_KEY_TURNS, SHARED_KEY_WINDOW } from './constants.ts';
import { REFUSAL_LOGS_BURST, REFUSAL_LOGS_PER_SECOND } from './limits.ts';
import type { Link } from './links.ts';
import type { Outputs } from './outputs.ts';

type Turns = {
  /** `host:port` of the latest handshake. */
  latest: string;
  /** The one before; they take turns. */
  other?: string;
  /** When it went from one to the other, the last SHARED_KEY_TURNS times. */
  times: Instant[];
  /** When it was last sure. */
  seen?: Instant;
};

export class SharedKeyWatch {
  private readonly outputs: Outputs;
  private readonly turns = new Map<Link, Turns>();
  private readonly told = new TokenBucket(REFUSAL_LOGS_PER_SECOND, REFUSAL_LOGS_BURST);

  constructor(outputs: Outputs) {
    this.outputs = outputs;
  }

  forget(link: Link): void {
    this.turns.delete(link);
  }

  /** A handshake was completed with this link peer, which is there now. */
  handshakeCompleted(link: Link, endpoint: string, now: Instant): void {
    const turns = this.turns.get(link);
    if (turns === undefined) {
      this.turns.set(link, { latest: endpoint, times: [] });
      return;
    }
    const { latest, other } = turns;
    if (latest === endpoint) return;
    if (other !== endpoint) turns.times = [];
    turns.other = latest;
    turns.latest = endpoint;
    turns.times = [...turns.times, now].slice(-SHARED_KEY_TURNS);
    const [first = now] = turns.times;
    if (turns.times.length < SHARED_KEY_TURNS || now - first > SHARED_KEY_WINDOW) return;
    this.seen(link, turns, [latest, endpoint], now);
  }

  /** The two endpoints at which the key is used, undefined when that was not seen lately. */
  endpointsOf(link: Link, now: Instant): readonly [string, string] | undefined {
    const { seen, latest, other } = this.turns.get(link) ?? {};
    if (seen === undefined || latest === undefined || other === undefined) return undefined;
    return now - seen <= SHARED_KEY_SHOWN ? [latest, other] : undefined;
  }

  private seen(link: Link, turns: Turns, endpoints: readonly string[], now: Instant): void {
    const isNews = turns.seen === undefined || now - turns.seen > SHARED_KEY_SHOWN;
    turns.seen = now;
    if (!isNews || !this.told.take(now)) return;
    this.outputs.log('warn', 'life', 'two machines use the private key of one node', {
      code: 'MESH_KEY_SHARED',
      node: link.node,
      endpoints,
    });
  }
}
