/**
 * A carrier whose packet worker is the test, which answers when and how it likes.
 *
 * @module
 */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { socketId } from '../../base/units.ts';
import { PLANE_PAGES } from '../../packet/plane-layout.ts';
import { createPacketArena } from '../../router/index.ts';
import { carrierOf } from './carrier.ts';
import type { FromRouterWorker, ToRouterWorker } from './packet-protocol.ts';

const SOCKET = socketId(0x10004);
const SLOTS = 8;

let end: (() => void) | undefined;
afterEach(() => end?.());

function carrierWithWorker() {
  const memory = new WebAssembly.Memory({
    initial: PLANE_PAGES,
    maximum: PLANE_PAGES,
    shared: true,
  });
  const { port1, port2 } = new MessageChannel();
  end = () => port1.close();
  const arena = createPacketArena(SLOTS);
  const carrier = carrierOf({
    memory,
    module: new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])),
    port: port1,
    wakeFd: undefined,
    underlay: { kind: 'plain', reason: 'the test asks' },
  })(arena, () => undefined);
  return {
    open: (port: number) =>
      carrier.meshSockets.openFamily(SOCKET, { port, host: '127.0.0.1', family: 4, mark: 0 }),
    close: () => carrier.meshSockets.close(SOCKET),
    send() {
      const slot = arena.allocate();
      arena.socket[slot] = SOCKET;
      carrier.meshSockets.sendDatagram(slot);
    },
    free: () => arena.free(),
    drops: () => carrier.drops(),
    /** Every order of this kind that the worker has not read; it reads all others as well. */
    orders<Kind extends 'open' | 'close'>(kind: Kind) {
      const orders: Extract<FromRouterWorker, { kind: Kind }>[] = [];
      for (let next = receiveMessageOnPort(port2); next; next = receiveMessageOnPort(port2))
        if (next.message.kind === kind) orders.push(next.message);
      return orders;
    },
    answer: (message: ToRouterWorker) => port2.postMessage(message),
  };
}

test('the answer to a wish that was given up is not taken for that to the next', async () => {
  const { open, close, orders, answer } = carrierWithWorker();
  const former = open(1001);
  close();
  const next = open(1002);
  await expect(former).rejects.toThrow('it was closed before it was open');
  const [first, second] = orders('open');
  expect([first?.port, second?.port]).toEqual([1001, 1002]);
  answer({ ...answerTo(first), kind: 'opened', port: 1001, families: [4] });
  answer({ ...answerTo(second), kind: 'open-failed', code: 'EADDRINUSE', message: 'in use' });
  await expect(next).rejects.toThrow('in use');
});

test('a port is free when the packet worker has closed it, not before', async () => {
  const { close, orders, answer } = carrierWithWorker();
  const told: string[] = [];
  const first = close().then(() => told.push('first'));
  const second = close().then(() => told.push('second'));
  const [one, other] = orders('close');
  answer({ kind: 'closed', attempt: other?.attempt ?? 0 });
  await second;
  expect(told).toEqual(['second']);
  answer({ kind: 'closed', attempt: one?.attempt ?? 0 });
  await first;
});

test('what is sent by a socket waits until it is open, also when it was open before', async () => {
  const { open, close, send, free, drops, orders, answer } = carrierWithWorker();
  for (let round = 0; round < 2; round++) {
    send();
    const opened = open(1001);
    await endOfTurn();
    expect(free()).toBe(SLOTS - 1);
    const [wish] = orders('open');
    answer({ ...answerTo(wish), kind: 'opened', port: 1001, families: [4] });
    await opened;
    // It is in the ring, and so is what is sent now.
    send();
    expect(free()).toBe(SLOTS);
    close();
  }
  expect(drops()['socket-error']).toBe(0);

  // Nobody asks for it in this turn: nobody will.
  send();
  await endOfTurn();
  expect([free(), drops()['socket-error']]).toEqual([SLOTS, 1]);
});

const endOfTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const answerTo = (wish: { socket: number; attempt: number } | undefined) => ({
  socket: wish?.socket ?? 0,
  attempt: wish?.attempt ?? 0,
});
