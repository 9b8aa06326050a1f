/**
 * ROAs from an RTR cache over TCP: drives the pure client (bgp/roa/rtr) with the clock of the system.
 *
 * Standard: RFC 8210 §9.1 (unprotected TCP: to be used on a network one trusts).
 *
 * Invariant: one connection at a time; what still comes from an older one has no effect.
 *
 * @module
 */
import { connect, type Socket } from 'node:net';
import { createTimerQueue } from '../../base/timer-queue.ts';
import { wallTime } from '../../base/units.ts';
import { RtrClient, type RtrOutput } from '../../router/index.ts';
import { monotonicNow, systemClock } from '../system-clock.ts';
import { keepTable, readKeptTable } from './kept-table.ts';
import { ROA_KEEP_INTERVAL_MS } from './limits.ts';
import type { RoaSourceRun, SourceContext, SourceState, SourceTable } from './source.ts';

/** The longest wait between two looks at the timers. */
const WAIT_MS_MAX = 60_000;

export function startRtrSource(
  { host, port }: { readonly host: string; readonly port: number },
  context: SourceContext,
): RoaSourceRun {
  const source = `rtr ${host}:${port}`;
  const timerQueue = createTimerQueue();
  const client = new RtrClient(timerQueue, monotonicNow());
  let table: SourceTable | undefined = readKeptTable(context.folder, source);
  let socket: Socket | undefined;
  let timer: NodeJS.Timeout | undefined;
  let keepTimer: NodeJS.Timeout | undefined;
  let said = '';

  /** After every input: outputs, then the next deadline. */
  function drive(): void {
    const now = monotonicNow();
    timerQueue.runDue(now);
    for (let output = client.nextOutput(); output !== undefined; output = client.nextOutput())
      carryOut(output);
    clearTimeout(timer);
    const deadline = timerQueue.nextDeadline();
    if (deadline === undefined) return;
    timer = setTimeout(drive, Math.min(WAIT_MS_MAX, Math.max(0, deadline - now))).unref();
  }

  function carryOut(output: RtrOutput): void {
    switch (output.kind) {
      case 'connect':
        open();
        return;
      case 'send':
        socket?.write(output.octets);
        return;
      case 'disconnect':
        // What was written leaves: an Error Report is worth reading.
        socket?.end();
        socket = undefined;
        return;
      case 'table':
        takeTable();
        return;
      case 'trouble':
        if (output.message !== said)
          context.log('warn', 'ROAs cannot be read', {
            code: 'ROA_UNAVAILABLE',
            source,
            cause: output.message,
          });
        said = output.message;
        context.changed();
    }
  }

  function open(): void {
    const opened = connect({ host, port });
    socket = opened;
    let reason = 'closed by the cache';
    const isCurrent = (): boolean => socket === opened;
    opened.on('connect', () => {
      if (!isCurrent()) return;
      client.opened(monotonicNow());
      drive();
    });
    opened.on('data', (octets: Buffer) => {
      if (!isCurrent()) return;
      client.receive(octets, monotonicNow());
      drive();
    });
    opened.on('error', (error) => {
      reason = error.message;
    });
    opened.on('close', () => {
      if (!isCurrent()) return;
      socket = undefined;
      client.closed(reason, monotonicNow());
      drive();
    });
  }

  function takeTable(): void {
    const roas = client.roas();
    if (roas !== undefined && !client.view().isExpired) {
      const isFirst = said !== '' || table === undefined;
      said = '';
      table = { roas, updatedAt: systemClock.now() };
      if (isFirst) context.log('info', 'ROAs read', { source, roas: roas.length });
      keepTimer ??= setTimeout(keep, ROA_KEEP_INTERVAL_MS).unref();
    }
    context.changed();
  }

  function keep(): void {
    keepTimer = undefined;
    try {
      if (table !== undefined) keepTable(context.folder, source, table);
    } catch (error) {
      const cause = (error as Error).message;
      context.log('warn', 'a ROA table cannot be kept', { source, cause });
    }
  }

  function state(): SourceState {
    const { version, session, serial, isExpired, trouble, updatedAt, state: words } = client.view();
    const numbers =
      session === null ? '' : `, version ${version}, session ${session}, serial ${serial}`;
    const at =
      updatedAt === undefined
        ? undefined
        : wallTime(systemClock.now() - (monotonicNow() - updatedAt));
    return {
      table: table === undefined || at === undefined ? table : { ...table, updatedAt: at },
      isExpired,
      state: `${isExpired ? 'expired, ' : ''}${trouble ?? words}${numbers}`,
    };
  }

  drive();
  return {
    state,
    stop() {
      client.stop();
      clearTimeout(timer);
      clearTimeout(keepTimer);
      keep();
      socket?.destroy();
      socket = undefined;
    },
  };
}
