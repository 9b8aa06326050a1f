/**
 * The captures that run, and the tap between WireGuard and the netstack which feeds them.
 *
 * Not standardized; docs/architecture.md §4: decrypted inner packets, as they enter and leave by a
 * tunnel.
 *
 *   wireguard ─► TapPoint ─► netstack           one comparison per packet while nobody captures
 *                    └─► captures ─► Capture
 *
 * A packet is seen when it leaves the netstack, also when its tunnel has no key pair yet and it is
 * dropped later: the tunnel's counters tell that.
 *
 * Invariants
 * - The tap is in place exactly while a capture runs.
 * - Every capture ends: by its limits, by `stop`, or with its reader.
 *
 * @module
 */
import { RouterError } from '../base/errors.ts';
import type { Timers } from '../base/timer-queue.ts';
import {
  addMilliseconds,
  type Instant,
  type InterfaceId,
  seconds,
  wallTime,
} from '../base/units.ts';
import { Capture, type CapturedTunnel, type CaptureLimits } from './capture.ts';
import type { Engine } from './engine.ts';
import { CAPTURES_AT_ONCE } from './limits.ts';
import type { Peering } from './roster.ts';
import type { PacketTap } from './tap-point.ts';

export type CaptureRequest = {
  /** A peering's id; absent: all of them. */
  readonly peering?: string;
  readonly limits: CaptureLimits;
};

/** A capture as its reader holds it. */
export interface RunningCapture {
  /** Whole blocks of the file, or undefined when none wait. */
  take(): Uint8Array | undefined;
  /** Whether it has ended and everything was taken. */
  readonly isDone: boolean;
  /** Ends it; what was not taken is gone. */
  stop(): void;
}

export interface Captures {
  /** @throws RouterError `TOO_MANY`. */
  start(request: CaptureRequest, now: Instant): RunningCapture;
  /**
   * Calls `listener` whenever the tunnels that somebody captures change: a fast path hands their
   * packets over as long as they are in the set.
   */
  onTapsChanged(listener: (tunnels: ReadonlySet<InterfaceId>) => void): void;
  /** Peerings came or went: captures of all peerings follow. */
  peeringsChanged(): void;
}

type Running = {
  readonly capture: Capture;
  readonly peering: string | undefined;
  readonly timers: Timers<'end'>;
};

export function createCaptures(
  engine: Engine,
  about: () => { readonly application: string; readonly comment: string },
): Captures {
  const { arena, roster, tapPoint } = engine;
  const running = new Set<Running>();
  const listeners: ((tunnels: ReadonlySet<InterfaceId>) => void)[] = [];
  let tapped: ReadonlySet<InterfaceId> = new Set();
  /** Calendar time minus monotonic time, taken once: times within a capture never run backwards. */
  let wallOffset = 0;

  const tap: PacketTap = {
    packetPassed(tunnel, direction, slot, now) {
      const peering = roster.ofInterface(tunnel);
      if (peering === undefined) return;
      const at = wallTime(wallOffset + now);
      const start = arena.start[slot] as number;
      const end = arena.end[slot] as number;
      for (const one of running) {
        if (one.peering !== undefined && one.peering !== peering.wish.id) continue;
        const goesOn = one.capture.add(tunnelOf(peering), direction, at, arena.bytes, start, end);
        if (!goesOn) remove(one);
      }
    },
  };

  function remove(one: Running): void {
    one.timers.clearAll();
    if (running.delete(one)) tapsChanged();
  }

  function tapsChanged(): void {
    tapPoint.tap = running.size === 0 ? undefined : tap;
    const next = new Set<InterfaceId>();
    for (const one of running) {
      for (const peering of roster.byId.values())
        if (one.peering === undefined || one.peering === peering.wish.id)
          next.add(peering.interface);
    }
    const isSame = next.size === tapped.size && [...next].every((tunnel) => tapped.has(tunnel));
    if (isSame) return;
    tapped = next;
    for (const listener of listeners) listener(tapped);
  }

  return {
    start({ peering, limits }, now) {
      if (running.size >= CAPTURES_AT_ONCE)
        throw new RouterError(
          'TOO_MANY',
          `${CAPTURES_AT_ONCE} captures are running; end one, or wait for one to end.`,
        );
      if (running.size === 0) wallOffset = engine.clock.now() - now;
      const tunnels = [...roster.byId.values()]
        .filter((one) => peering === undefined || one.wish.id === peering)
        .map(tunnelOf);
      const capture = new Capture(limits, wallTime(wallOffset + now), about(), tunnels);
      const timers = engine.timerQueue.add<'end'>({
        timerExpired(_name, at) {
          capture.end(wallTime(wallOffset + at));
          remove(one);
        },
      });
      timers.set('end', addMilliseconds(now, seconds(limits.seconds)));
      const one: Running = { capture, peering, timers };
      running.add(one);
      tapsChanged();
      return {
        take: () => capture.take(),
        get isDone() {
          return capture.isDone;
        },
        stop: () => remove(one),
      };
    },
    onTapsChanged(listener) {
      listeners.push(listener);
    },
    peeringsChanged() {
      if (running.size > 0) tapsChanged();
    },
  };
}

const tunnelOf = ({ wish }: Peering): CapturedTunnel => ({
  id: wish.id,
  name: wish.config.name,
  description: `AS${wish.asn}, peering ${wish.id}`,
});
