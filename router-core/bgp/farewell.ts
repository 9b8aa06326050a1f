/**
 * A connection that only waits for its last message to leave.
 *
 * Standard: RFC 4271 §6 (a NOTIFICATION is sent, then the connection is closed).
 *
 *   begin ─► write NOTIFICATION ─► half-close ─► transport closed
 *                     └───────── linger 1 s ────► cut
 *
 * Closing at once would let the RST of TCP overtake the NOTIFICATION, and the other side would
 * never learn why. What still comes in is read and dropped for the same reason.
 *
 * @module
 */
import type { TimerQueue, Timers } from '../base/timer-queue.ts';
import { addMilliseconds, type Instant } from '../base/units.ts';
import { LINGER_TIME } from './constants.ts';
import { buildNotification } from './message/notification.ts';
import type { SendQueue } from './send-queue.ts';
import type { TransportUser } from './transport-user.ts';
import type { BgpNotification, TransportPort } from './types.ts';

export type FarewellOptions = {
  readonly queue: SendQueue;
  readonly port: TransportPort;
  readonly timerQueue: TimerQueue;
  /** The connection is gone; called exactly once, possibly before the constructor returns. */
  readonly onGone: () => void;
};

export class Farewell implements TransportUser {
  private readonly options: FarewellOptions;
  private readonly timers: Timers<'linger'>;
  private isHalfClosed = false;

  constructor(options: FarewellOptions) {
    this.options = options;
    this.timers = options.timerQueue.add<'linger'>(this);
  }

  /** Sends the notification, if there is one, before anything else that waits. */
  begin(notification: BgpNotification | undefined, now: Instant): void {
    const { queue } = this.options;
    this.timers.set('linger', addMilliseconds(now, LINGER_TIME));
    queue.dropWholeMessages();
    if (notification !== undefined) {
      const message = buildNotification(notification);
      queue.send(message, 0, message.length, now);
    }
    this.closeWhenSent(now);
  }

  transportOpened(): void {
    // It was open, or there would be nothing to say farewell to.
  }

  transportWritable(now: Instant): void {
    this.options.queue.flush(now);
    this.closeWhenSent(now);
  }

  transportClosed(): void {
    this.timers.clearAll();
    this.options.onGone();
  }

  receive(): void {
    // Whatever the other side still says does not matter any more.
  }

  timerExpired(_name: 'linger', now: Instant): void {
    this.options.port.close(this.options.queue.transport, 'abort', now);
    this.options.onGone();
  }

  private closeWhenSent(now: Instant): void {
    if (this.isHalfClosed || this.options.queue.waiting > 0) return;
    this.isHalfClosed = true;
    this.options.port.close(this.options.queue.transport, 'graceful', now);
  }
}
