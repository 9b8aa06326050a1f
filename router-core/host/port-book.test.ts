/**
 * Real sockets that change places, of which some close late, as those of another thread do.
 *
 * @module
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createDropCounters } from '../base/drop-reason.ts';
import { socketId } from '../base/units.ts';
import { createPacketArena } from '../router/index.ts';
import { createPortBook, PORT_WAIT_MS, type PortBook } from './port-book.ts';
import { freePort } from './testing/free-port.ts';
import { createUdpSockets, type FamilySockets } from './udp-sockets.ts';
import { stranger } from './underlay/testing/lab.ts';

const HERE = '127.0.0.1';
const [ONE, OTHER] = [socketId(1), socketId(2)];

const closing: (() => void)[] = [];
let book: PortBook;
beforeEach(() => {
  book = createPortBook();
});
afterEach(() => {
  vi.useRealTimers();
  for (const close of closing.splice(0)) close();
});

test('who asks for a port that another of ours leaves has it when that one has gone', async () => {
  const port = await freePort();
  const leaving = lateSockets();
  const coming = lateSockets();
  await leaving.open(ONE, port, HERE);
  let isOpen = false;
  const opening = coming.open(OTHER, port, HERE).then(() => {
    isOpen = true;
  });
  leaving.close(ONE);
  await until(() => coming.failures === 1);
  expect(isOpen).toBe(false);
  leaving.closeNow();
  await opening;
  expect([coming.attempts, coming.failures]).toEqual([2, 1]);
});

test('it need not have been asked to leave: it may go a moment later', async () => {
  const port = await freePort();
  const leaving = lateSockets();
  const coming = lateSockets();
  await leaving.open(ONE, port, HERE);
  const opening = coming.openFamily(OTHER, { family: 4, host: HERE, port, mark: 0 });
  await until(() => coming.failures === 1);
  leaving.close(ONE);
  leaving.closeNow();
  expect((await opening).port).toBe(port);
});

test('who lets go while another attempt fails is not waited for in vain', async () => {
  const port = await freePort();
  const leaving = lateSockets();
  const coming = lateSockets();
  await leaving.open(ONE, port, HERE);
  coming.onFailure = () => {
    leaving.close(ONE);
    leaving.closeNow();
  };
  await coming.open(OTHER, port, HERE);
  expect(coming.attempts).toBe(2);
});

test('two of ours that stay on one port: the second is told so after a while', async () => {
  const port = await freePort();
  const staying = lateSockets();
  const coming = lateSockets();
  await staying.open(ONE, port, HERE);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const opening = expect(coming.open(OTHER, port, HERE)).rejects.toMatchObject(IN_USE);
  await turnsUntil(() => vi.getTimerCount() === 1);
  vi.advanceTimersByTime(PORT_WAIT_MS);
  await opening;
  expect(coming.attempts).toBe(1);
  // The slow retry finds it as it is by then.
  staying.close(ONE);
  staying.closeNow();
  await coming.open(OTHER, port, HERE);
});

test('a port that a stranger has fails at once, and so does one of ours in the other family', async () => {
  const taken = await stranger(4);
  closing.push(() => taken.close());
  const sockets = lateSockets();
  const elsewhere = await freePort();
  await sockets.open(ONE, elsewhere, HERE);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await expect(sockets.open(OTHER, taken.port, HERE)).rejects.toMatchObject(IN_USE);
  await sockets.open(socketId(6), taken.port, '::1');
  await expect(sockets.open(OTHER, taken.port, HERE)).rejects.toMatchObject(IN_USE);
  expect(vi.getTimerCount()).toBe(0);
});

test('who is closed while it waits is not tried again', async () => {
  const port = await freePort();
  const leaving = lateSockets();
  const coming = lateSockets();
  await leaving.open(ONE, port, HERE);
  const opening = expect(coming.open(OTHER, port, HERE)).rejects.toMatchObject(IN_USE);
  await until(() => coming.failures === 1);
  coming.close(OTHER);
  coming.closeNow();
  leaving.close(ONE);
  leaving.closeNow();
  await opening;
  expect(coming.attempts).toBe(1);
  // Neither holds it.
  await lateSockets().open(ONE, port, HERE);
});

const IN_USE = { code: 'EADDRINUSE' };

/** Sockets in the book that close when `closeNow` is called, and count how often they were asked to open. */
function lateSockets() {
  const arena = createPacketArena(1);
  const real = createUdpSockets({
    arena,
    drops: createDropCounters(),
    receive: (slot) => arena.release(slot),
  });
  closing.push(() => real.closeAll());
  const pending: (() => void)[] = [];
  const told = {
    attempts: 0,
    failures: 0,
    onFailure: (): void => undefined,
    closeNow() {
      for (const close of pending.splice(0)) close();
    },
  };
  async function count<Opened>(attempt: Promise<Opened>): Promise<Opened> {
    told.attempts++;
    try {
      return await attempt;
    } catch (error) {
      told.failures++;
      told.onFailure();
      throw error;
    }
  }
  const late: FamilySockets = {
    ...real,
    open: (socket, port, host) => count(real.open(socket, port, host)),
    openFamily: (socket, wish) => count(real.openFamily(socket, wish)),
    close: (socket) =>
      new Promise((resolve) => pending.push(() => real.close(socket).then(resolve))),
  };
  return Object.assign(told, book.keep(late));
}

async function until(condition: () => boolean): Promise<void> {
  await vi.waitUntil(condition, { interval: 1 });
}

/** As `until`, where time stands still. */
async function turnsUntil(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !condition(); turn++)
    await new Promise((resolve) => setImmediate(resolve));
  expect(condition()).toBe(true);
}
