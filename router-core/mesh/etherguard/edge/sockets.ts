/**
 * One UDP socket per family that is in use.
 *
 * Not standardized. A socket's number is its family, counted from the first number of the edge. What cannot be opened is tried again every few seconds.
 *
 * @module
 */
import type { TimerOwner, TimerQueue, Timers } from '../../../base/timer-queue.ts';
import { addMilliseconds, type Instant, type SocketId, socketId } from '../../../base/units.ts';
import { type EdgeConfig, familiesInUse, listenHost } from '../config/index.ts';
import { SOCKET_RETRY } from './constants.ts';
import type { Outputs } from './outputs.ts';

export type Family = 4 | 6;

type Retry = 'retry IPv4' | 'retry IPv6';
const RETRY = { 4: 'retry IPv4', 6: 'retry IPv6' } as const;

export class Sockets implements TimerOwner<Retry> {
  readonly families: readonly Family[];
  /** Addresses the sockets are bound to as the file has them; empty for all. */
  readonly hosts: Readonly<Record<Family, string>>;
  private readonly first: number;
  private readonly config: EdgeConfig;
  private readonly outputs: Outputs;
  private readonly timers: Timers<Retry>;
  private readonly ports = new Map<Family, number>();
  /** Families whose socket is neither open nor refused. */
  private readonly waiting: Set<Family>;

  constructor(config: EdgeConfig, timerQueue: TimerQueue, outputs: Outputs, first = 0) {
    const { DisabledAf } = config;
    this.first = first;
    this.config = config;
    this.outputs = outputs;
    this.timers = timerQueue.add<Retry>(this);
    this.hosts = { 4: DisabledAf.ListenIPv4, 6: DisabledAf.ListenIPv6 };
    this.families = familiesInUse(DisabledAf);
    this.waiting = new Set(this.families);
    for (const family of this.families) this.open(family);
  }

  /** Returns whether every socket is open or refused. */
  opened(socket: SocketId, port: number): boolean {
    const family = this.familyOf(socket);
    if (family === undefined) return false;
    this.ports.set(family, port);
    this.waiting.delete(family);
    this.outputs.log('info', 'life', 'listening', { family, port });
    return this.waiting.size === 0;
  }

  /** As `opened`. */
  failed(socket: SocketId, message: string, now: Instant): boolean {
    const family = this.familyOf(socket);
    if (family === undefined) return false;
    this.ports.delete(family);
    this.waiting.delete(family);
    this.timers.set(RETRY[family], addMilliseconds(now, SOCKET_RETRY));
    const port = this.config.ListenPort;
    const fields = { code: 'SOCKET_FAILED', family, port, reason: message };
    this.outputs.log('error', 'life', 'the UDP socket cannot be opened', fields);
    return this.waiting.size === 0;
  }

  timerExpired(retry: Retry): void {
    this.open(retry === RETRY[4] ? 4 : 6);
  }

  socketOf(family: Family): SocketId {
    return socketId(this.first + family);
  }

  isInUse(family: Family): boolean {
    return this.families.includes(family);
  }

  port(family: Family): number | undefined {
    return this.ports.get(family);
  }

  stop(): void {
    this.timers.clearAll();
  }

  private open(family: Family): void {
    this.outputs.push({
      kind: 'open-socket',
      socket: this.socketOf(family),
      family,
      host: listenHost(this.config.DisabledAf, family),
      port: this.config.ListenPort,
      mark: this.config.FwMark,
    });
  }

  private familyOf(socket: SocketId): Family | undefined {
    return this.families.find((family) => this.socketOf(family) === socket);
  }
}
