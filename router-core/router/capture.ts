/**
 * One capture on its way: packets go in, whole blocks of a file come out, and it ends by itself.
 *
 * Standard: the blocks are those of packet/pcapng.ts.
 *
 *   add(packet) ─► blocks that wait ─► take()         until packets, octets or time are used up;
 *                     └─ full: dropped, counted       then statistics per tunnel, then isDone
 *
 * Invariants
 * - What waits for a reader is bounded: whoever reads slowly loses packets, never the router memory.
 * - Every packet lost is told: with the next packet of its tunnel and in the statistics at the end.
 * - `take` gives whole blocks, so a file that breaks off is still a file.
 *
 * @module
 */
import { concatBytes } from '../base/bytes.ts';
import type { WallTime } from '../base/units.ts';
import {
  type CAPTURED_INBOUND,
  type CAPTURED_OUTBOUND,
  enhancedPacketBlock,
  interfaceDescriptionBlock,
  interfaceStatisticsBlock,
  sectionHeaderBlock,
} from '../packet/index.ts';
import { CAPTURE_WAITING_OCTETS } from './limits.ts';

export type CaptureLimits = {
  readonly packets: number;
  /** Of the file. */
  readonly octets: number;
  readonly seconds: number;
  /** Octets kept of each packet. */
  readonly snapLength: number;
};

/** A tunnel as the file names it. */
export type CapturedTunnel = {
  /** The peering's: a tunnel that is made anew goes on under its old number. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
};

export type CaptureDirection = typeof CAPTURED_INBOUND | typeof CAPTURED_OUTBOUND;

type Counted = { readonly index: number; received: number; dropped: number; untold: number };

export class Capture {
  private readonly limits: CaptureLimits;
  private readonly startedAt: WallTime;
  private readonly tunnels = new Map<string, Counted>();
  private waiting: Uint8Array[] = [];
  private waitingOctets = 0;
  private octets = 0;
  private packets = 0;
  private isEnded = false;

  constructor(
    limits: CaptureLimits,
    startedAt: WallTime,
    about: { readonly application: string; readonly comment: string },
    tunnels: readonly CapturedTunnel[],
  ) {
    this.limits = limits;
    this.startedAt = startedAt;
    this.append(sectionHeaderBlock(about.application, about.comment));
    for (const tunnel of tunnels) this.countedOf(tunnel);
  }

  /** Takes a packet, or as much of it as was asked for. Returns whether the capture goes on. */
  add(
    tunnel: CapturedTunnel,
    direction: CaptureDirection,
    at: WallTime,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    if (this.isEnded) return false;
    const counted = this.countedOf(tunnel);
    counted.received++;
    if (this.waitingOctets >= CAPTURE_WAITING_OCTETS) {
      counted.dropped++;
      counted.untold++;
      return true;
    }
    const block = enhancedPacketBlock({
      interface: counted.index,
      at,
      direction,
      bytes,
      start,
      end,
      snapLength: this.limits.snapLength,
      drops: counted.untold,
    });
    if (this.octets + block.length > this.limits.octets) {
      counted.received--;
      this.end(at);
      return false;
    }
    counted.untold = 0;
    this.append(block);
    this.packets++;
    if (this.packets < this.limits.packets) return true;
    this.end(at);
    return false;
  }

  /** Closes the file with what each tunnel had. */
  end(at: WallTime): void {
    if (this.isEnded) return;
    this.isEnded = true;
    for (const { index, received, dropped } of this.tunnels.values()) {
      const { startedAt } = this;
      this.append(
        interfaceStatisticsBlock({ interface: index, startedAt, endedAt: at, received, dropped }),
      );
    }
  }

  /** Returns the blocks that wait, or undefined when there are none. */
  take(): Uint8Array | undefined {
    if (this.waiting.length === 0) return undefined;
    const bytes = concatBytes(...this.waiting);
    this.waiting = [];
    this.waitingOctets = 0;
    return bytes;
  }

  /** Whether it has ended and everything was taken. */
  get isDone(): boolean {
    return this.isEnded && this.waiting.length === 0;
  }

  private countedOf(tunnel: CapturedTunnel): Counted {
    const known = this.tunnels.get(tunnel.id);
    if (known !== undefined) return known;
    const counted: Counted = { index: this.tunnels.size, received: 0, dropped: 0, untold: 0 };
    this.tunnels.set(tunnel.id, counted);
    this.append(interfaceDescriptionBlock(tunnel.name, tunnel.description, this.limits.snapLength));
    return counted;
  }

  private append(block: Uint8Array): void {
    this.waiting.push(block);
    this.waitingOctets += block.length;
    this.octets += block.length;
  }
}
