/**
 * How many initiations one address gets from us, whoever asks for them.
 *
 * Not standardized; "we are no cannon" (docs/architecture.md §8). HandshakeAttempts limits each peer;
 * here all peers with an endpoint at one address (IPv4 address, IPv6 /64) share a bucket, because
 * strangers name endpoints, and may name the same victim many times.
 *
 * Responses are not counted: each answers a message that proved a peer's key.
 *
 * @module
 */
import type { Random } from '../base/random.ts';
import type { Instant, PeerId } from '../base/units.ts';
import { AddressLimiter } from './address-limiter.ts';
import { INITIATIONS_PER_TARGET, INITIATIONS_PER_TARGET_BURST, TARGET_BUCKETS } from './limits.ts';
import type { PeerTable } from './peer-table.ts';

export class TargetLimiter {
  private readonly targets: AddressLimiter;

  constructor(random: Random) {
    this.targets = new AddressLimiter(random, {
      rows: TARGET_BUCKETS,
      perSecond: INITIATIONS_PER_TARGET,
      burst: INITIATIONS_PER_TARGET_BURST,
    });
  }

  /** Whether the address of this peer's endpoint may be sent another initiation. */
  admits(peers: PeerTable, peer: PeerId, now: Instant): boolean {
    const family = peers.endpointFamily[peer] as number;
    return this.targets.admit(family, peers.endpointAddress, peer * 16, now);
  }
}
