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
  const carrier = carrierOf({
    memory,
    module: new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])),
    port: port1,
    wakeFd: undefined,
    underlay: { kind: 'plain', reason: 'the test asks' },
  })(createPacketArena(8), () => undefined);
  return {
    open: (port: number) =>
      carrier.meshSockets.openFamily(SOCKET, { port, host: '127.0.0.1', family: 4, mark: 0 }),
    close: () => carrier.meshSockets.close(SOCKET),
    /** Every wish for a socket that the worker has not read. */
    wishes() {
      const wishes: Extract<FromRouterWorker, { kind: 'open' }>[] = [];
      for (let next = receiveMessageOnPort(port2); next; next = receiveMessageOnPort(port2))
        if (next.message.kind === 'open') wishes.push(next.message);
      return wishes;
    },
    answer: (message: ToRouterWorker) => port2.postMessage(message),
  };
}

test('the answer to a wish that was given up is not taken for that to the next', async () => {
  const { open, close, wishes, answer } = carrierWithWorker();
  const former = open(1001);
  close();
  const next = open(1002);
  await expect(former).rejects.toThrow('it was closed before it was open');
  const [first, second] = wishes();
  expect([first?.port, second?.port]).toEqual([1001, 1002]);
  answer({ ...answerTo(first), kind: 'opened', port: 1001, families: [4] });
  answer({ ...answerTo(second), kind: 'open-failed', code: 'EADDRINUSE', message: 'in use' });
  await expect(next).rejects.toThrow('in use');
});

const answerTo = (wish: { socket: number; attempt: number } | undefined) => ({
  socket: wish?.socket ?? 0,
  attempt: wish?.attempt ?? 0,
});
