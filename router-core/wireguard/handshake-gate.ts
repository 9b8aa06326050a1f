/**
 * What stands in front of every X25519: MAC1, then a token bucket per source.
 *
 * Standard: WireGuard paper §5.3 and §5.4.7. The cookies we demand under load belong here as well,
 * between the two.
 *
 * Invariant: a stranger costs one keyed hash until it proves that it knows our public key.
 *
 * @module
 */
import type { DropReason } from '../base/drop-reason.ts';
import type { Random } from '../base/random.ts';
import type { Instant, PacketSlot, SocketId } from '../base/units.ts';
import { MacVerifier } from './cookie.ts';
import type { DeviceCore } from './core.ts';
import { underlaySource } from './peer-table.ts';
import { SourceLimiter } from './source-limiter.ts';

export class HandshakeGate {
  private readonly core: DeviceCore;
  private readonly macs: MacVerifier;
  private readonly limiter: SourceLimiter;

  constructor(core: DeviceCore, ourPublicKey: Uint8Array, random: Random) {
    this.core = core;
    this.macs = new MacVerifier(core.crypto, ourPublicKey);
    this.limiter = new SourceLimiter(random);
  }

  /** Whether the message whose MAC1 stands at `mac1` is meant for our key. */
  checkMac1(slot: PacketSlot, mac1: number, now: Instant): DropReason | undefined {
    const { arena, events } = this.core;
    if (this.macs.isMac1Right(arena.bytes, arena.start[slot] as number, mac1)) return undefined;
    if (events.admitsStranger(now)) {
      const socket = arena.socket[slot] as SocketId;
      events.push({ kind: 'wrong-mac1', from: underlaySource(arena, slot), socket });
    }
    return 'wrong-mac1';
  }

  /** Whether the source may cause another X25519. */
  checkSource(slot: PacketSlot, now: Instant): DropReason | undefined {
    const { remoteFamily, remoteAddress } = this.core.arena;
    const family = remoteFamily[slot] as number;
    return this.limiter.admit(family, remoteAddress, slot * 16, now) ? undefined : 'rate-limited';
  }
}
