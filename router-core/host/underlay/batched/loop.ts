/**
 * The batched underlay: a thread that waits in epoll and moves datagrams by the batch.
 *
 * Standard: epoll(7), eventfd(2) of Linux. Reasons and figures: README.md.
 *
 *      epoll_wait ─► for each ready socket: recvmmsg ─► (full or last) handler.received ─► sendmmsg
 *                 └► wake: handler.woken ─► sendmmsg               every TICK_MS: handler.tick
 *
 * `run` blocks its thread: commands reach it through the wake descriptor, and `open` and `close` are
 * called from inside the handler.
 *
 * Invariants
 * - A ready socket is asked once per round, for at most a batch; a wake waits for at most one round.
 * - Nothing is allocated per datagram.
 *
 * @module
 */
import { assert } from '../../../base/assert.ts';
import type { SocketId } from '../../../base/units.ts';
import { systemError } from '../../libc.ts';
import { AF_INET, wordOf } from '../descriptor.ts';
import { isFamilyMissing, openedPort, wishedFamilies } from '../families.ts';
import {
  type BatchHandler,
  type BatchMemory,
  createUnderlayCounters,
  type OpenOutcome,
  TICK_MS,
  type UnderlayIo,
  WOKEN_ROUNDS,
} from '../io.ts';
import { errorCode } from '../send-errors.ts';
import { wakeByDescriptor } from '../wake.ts';
import {
  EFD_CLOEXEC,
  EFD_NONBLOCK,
  EINTR,
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
} from './constants.ts';
import { EVENT_DATA, EVENT_WORDS, EVENTS_MAX, type Layout, layOut } from './layout.ts';
import { createBatchReceiver } from './receive.ts';
import { createBatchSender } from './send.ts';
import { type BatchSocket, createSocketFactory } from './sockets.ts';
import { loadSystemCalls, type SystemCalls } from './system-calls.ts';

/** What an event of the wake descriptor carries; sockets carry their index. */
const WAKE = -1;
/** Sockets whose drops are asked for per tick: a thousand ports take a few seconds, and no time. */
const DROPS_PER_TICK = 32;

/** Returns the I/O, or a sentence that says why this machine cannot have it. */
export async function createBatchedIo(
  memory: BatchMemory,
): Promise<UnderlayIo | { readonly unavailable: string }> {
  const calls = await loadSystemCalls(memory.buffer);
  if ('unavailable' in calls) return calls;
  const layout = layOut(calls, memory);
  const epoll = calls.epollCreate(EPOLL_CLOEXEC);
  if (epoll < 0) return { unavailable: systemError('epoll_create1', epoll).message };
  const wakeFd = calls.eventfd(EFD_NONBLOCK | EFD_CLOEXEC);
  // Edge-triggered: every write is an event, and nobody has to read the counter.
  const watched =
    wakeFd < 0 ? wakeFd : watch(calls, layout, epoll, wakeFd, EPOLLIN | EPOLLET, WAKE);
  if (watched < 0) {
    calls.close(epoll);
    if (wakeFd >= 0) calls.close(wakeFd);
    return { unavailable: systemError('eventfd', watched).message };
  }
  return createLoop(calls, layout, memory, epoll, wakeFd);
}

type Port = { ipv4?: BatchSocket; ipv6?: BatchSocket };

function createLoop(
  calls: SystemCalls,
  layout: Layout,
  memory: BatchMemory,
  epoll: number,
  wakeFd: number,
): UnderlayIo {
  const { words, base } = layout;
  const counters = createUnderlayCounters();
  const factory = createSocketFactory(calls, layout);
  const ports = new Map<number, Port>();
  /** By the index that an event carries; holes are free. */
  const watchedSockets: (BatchSocket | undefined)[] = [];
  const receiver = createBatchReceiver(calls, layout, memory, counters);
  const sender = createBatchSender(calls, layout, memory, counters, (id, family) => {
    const port = ports.get(id);
    return family === AF_INET ? port?.ipv4 : port?.ipv6;
  });
  let isStopped = false;
  let isRunning = false;
  let now = performance.now();
  let nextDropCheck = 0;

  function openSocket(id: SocketId, family: 4 | 6, host: string, port: number): BatchSocket {
    const socket = factory.open(id, family, host, port);
    const hole = watchedSockets.indexOf(undefined);
    const index = hole < 0 ? watchedSockets.length : hole;
    const result = watch(calls, layout, epoll, socket.fd, EPOLLIN, index);
    if (result < 0) {
      calls.close(socket.fd);
      throw systemError('epoll_ctl', result);
    }
    watchedSockets[index] = socket;
    return socket;
  }

  function openPort(id: SocketId, port: number, host: string, only?: 4 | 6): OpenOutcome {
    assert(!ports.has(id), 'a socket is opened once');
    const opened: Port = {};
    const sockets: BatchSocket[] = [];
    const families: (4 | 6)[] = [];
    const wished = wishedFamilies(host, only);
    for (const wish of wished) {
      try {
        // The second family has the port that the system chose for the first.
        const socket = openSocket(id, wish.family, wish.host, sockets[0]?.port ?? port);
        if (wish.family === 4) opened.ipv4 = socket;
        else opened.ipv6 = socket;
        sockets.push(socket);
        families.push(wish.family);
      } catch (thrown) {
        const error = thrown as NodeJS.ErrnoException;
        if (isFamilyMissing(wish, errorCode(error))) continue;
        for (const socket of sockets) closeSocket(socket);
        return { error };
      }
    }
    ports.set(id, opened);
    return openedPort(wished, families, sockets[0]?.port ?? port);
  }

  /** Closing takes a descriptor out of the poll set as well. */
  function closeSocket(socket: BatchSocket | undefined): void {
    if (socket === undefined) return;
    counters.kernelDrops += factory.newDrops(socket);
    watchedSockets[watchedSockets.indexOf(socket)] = undefined;
    calls.close(socket.fd);
  }

  function closePort(id: number): void {
    const port = ports.get(id);
    ports.delete(id);
    closeSocket(port?.ipv4);
    closeSocket(port?.ipv6);
  }

  function handOn(handler: BatchHandler): void {
    const { count } = receiver;
    if (count > 0) {
      const sending = handler.received(count);
      if (sending > 0) sender.send(sending, now);
      handler.sent();
    }
    receiver.restart();
  }

  function wakeHandler(handler: BatchHandler): void {
    for (let round = 0; round < WOKEN_ROUNDS; round++) {
      const sending = handler.woken();
      if (sending > 0) sender.send(sending, now);
      if (sending < memory.txMax || isStopped) return;
    }
    wakeByDescriptor(wakeFd);
  }

  /** One wait, and everything that it brought. */
  function round(handler: BatchHandler, timeoutMs: number): void {
    const ready = calls.epollWait(epoll, base + layout.events, EVENTS_MAX, timeoutMs);
    if (ready < 0 && ready !== -EINTR) throw systemError('epoll_wait', ready);
    now = performance.now();
    let isWoken = false;
    for (let i = 0; i < ready; i++) {
      const index = words[wordOf(layout.events) + i * EVENT_WORDS + EVENT_DATA] as number;
      if (index === WAKE) {
        isWoken = true;
        continue;
      }
      if (receiver.isFull) handOn(handler);
      // A socket may have been closed by the handler since the wait.
      const socket = watchedSockets[index];
      if (socket !== undefined && !isStopped) receiver.fill(socket);
    }
    handOn(handler);
    if (isWoken && !isStopped) wakeHandler(handler);
  }

  function countDrops(): void {
    for (let i = 0; i < Math.min(DROPS_PER_TICK, watchedSockets.length); i++) {
      nextDropCheck = (nextDropCheck + 1) % watchedSockets.length;
      const socket = watchedSockets[nextDropCheck];
      if (socket !== undefined) counters.kernelDrops += factory.newDrops(socket);
    }
  }

  function closeAll(): void {
    for (const id of [...ports.keys()]) closePort(id);
    calls.close(epoll);
    calls.close(wakeFd);
  }

  return {
    kind: 'batched',
    counters,
    wakeFd,
    open(id, port, host, done, only) {
      done(openPort(id, port, host, only));
    },
    close(id, done) {
      closePort(id);
      done?.();
    },
    connect() {
      // One unconnected socket per port serves every peer: the address is in each message.
    },
    disconnect() {
      // See connect.
    },
    wake() {
      wakeByDescriptor(wakeFd);
    },
    async run(handler) {
      isRunning = true;
      let nextTick = performance.now() + TICK_MS;
      try {
        while (!isStopped) {
          round(handler, Math.max(0, Math.min(TICK_MS, Math.ceil(nextTick - performance.now()))));
          if (isStopped || now < nextTick) continue;
          nextTick = now + TICK_MS;
          countDrops();
          handler.tick();
        }
      } finally {
        isStopped = true;
        closeAll();
      }
    },
    stop() {
      if (isStopped) return;
      isStopped = true;
      if (!isRunning) closeAll();
    },
  };
}

/** Adds a descriptor to the poll set; returns 0 or the negative errno. */
function watch(
  calls: SystemCalls,
  layout: Layout,
  epoll: number,
  fd: number,
  events: number,
  data: number,
): number {
  const event = wordOf(layout.newEvent);
  layout.words[event] = events;
  layout.words[event + EVENT_DATA] = data;
  layout.words[event + EVENT_DATA + 1] = 0;
  return calls.epollControl(epoll, EPOLL_CTL_ADD, fd, layout.base + layout.newEvent);
}
