/**
 * Two BFD speakers at the ends of one link, on virtual time: what is sent arrives a millisecond later.
 *
 * For tests only. `isCut` loses what a side sends; `stall` lets time pass in which nobody runs, after which
 * whatever waited is read once the timers have run.
 *
 * @module
 */
import { parseIpAddress } from '../../../base/ip-address.ts';
import { seededRandom } from '../../../base/random.ts';
import { createTimerQueue, type TimerQueue } from '../../../base/timer-queue.ts';
import {
  addMilliseconds,
  type Instant,
  instant,
  interfaceId,
  milliseconds,
} from '../../../base/units.ts';
import { type NeighborId, neighborId } from '../../types.ts';
import { type Bfd, type BfdEvent, type BfdPath, createBfd } from '../bfd.ts';
import type { ControlPacket } from '../control-packet.ts';
import { readControlPacket } from '../control-packet.ts';
import type { BfdParameters, BfdView } from '../session.ts';

export const NEIGHBOR: NeighborId = neighborId(7);
export const FAST: BfdParameters = { minTx: 300, minRx: 300, multiplier: 5 };
export const LINK = interfaceId(4);

const address = (text: string): BfdPath['local'] => {
  const parsed = parseIpAddress(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
};

export type Speaker = {
  readonly bfd: Bfd;
  readonly path: BfdPath;
  /** Everything it sent, with the time. */
  readonly sent: { readonly at: Instant; readonly port: number; readonly packet: ControlPacket }[];
  readonly events: BfdEvent[];
  isCut: boolean;
  start(parameters?: BfdParameters, isDisabled?: boolean): void;
  view(): BfdView;
};

export type TwoSpeakers = {
  readonly a: Speaker;
  readonly b: Speaker;
  readonly timerQueue: TimerQueue;
  now(): Instant;
  run(ms: number): void;
  /** Time passes, timers are late, packets wait. */
  stall(ms: number): void;
};

export function twoSpeakers(seed = 1): TwoSpeakers {
  const timerQueue = createTimerQueue();
  const waiting: { at: Instant; deliver: () => void }[] = [];
  let now = instant(1000);

  function speaker(path: BfdPath, far: () => Speaker, shift: number): Speaker {
    const sent: Speaker['sent'] = [];
    const events: BfdEvent[] = [];
    const bfd = createBfd({
      random: seededRandom(seed + shift),
      timerQueue,
      sink: {
        send(to, port, octets, at) {
          const packet = readControlPacket(octets, 0, octets.length);
          if (typeof packet === 'string') throw new Error(`we sent what we refuse: ${packet}`);
          sent.push({ at, port, packet });
          if (self.isCut) return;
          const bytes = octets.slice();
          waiting.push({
            at: addMilliseconds(at, milliseconds(1)),
            deliver: () => {
              const datagram = { interface: LINK, source: to.local, hopLimit: 255, bytes };
              far().bfd.receive({ ...datagram, start: 0, end: bytes.length }, now);
            },
          });
        },
      },
    });
    const self: Speaker = {
      bfd,
      path,
      sent,
      events,
      isCut: false,
      start: (parameters = FAST, isDisabled = false) =>
        bfd.add(NEIGHBOR, path, parameters, isDisabled, now),
      view() {
        const view = bfd.view(NEIGHBOR);
        if (view === undefined) throw new Error('no session');
        return view;
      },
    };
    return self;
  }
  const [left, right] = [address('fe80::a'), address('fe80::b')];
  const a: Speaker = speaker({ interface: LINK, local: left, remote: right }, () => b, 0);
  const b: Speaker = speaker({ interface: LINK, local: right, remote: left }, () => a, 100);

  function takeEvents(): void {
    for (const { bfd, events } of [a, b])
      for (let event = bfd.nextOutput(); event !== undefined; event = bfd.nextOutput())
        events.push(event);
  }

  function run(ms: number): void {
    const until = addMilliseconds(now, milliseconds(ms));
    for (;;) {
      const deadline = timerQueue.nextDeadline() ?? until;
      const arrival = waiting[0]?.at ?? until;
      const next = instant(Math.max(now, Math.min(deadline, arrival)));
      if (next >= until) break;
      now = next;
      for (let first = waiting[0]; first !== undefined && first.at <= now; first = waiting[0]) {
        waiting.shift();
        first.deliver();
      }
      timerQueue.runDue(now);
      takeEvents();
    }
    now = until;
  }

  return {
    a,
    b,
    timerQueue,
    now: () => now,
    run,
    stall(ms) {
      now = addMilliseconds(now, milliseconds(ms));
      timerQueue.runDue(now);
      takeEvents();
    },
  };
}
