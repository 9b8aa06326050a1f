/**
 * One suite for every kind that joins two programs: two devices back to back.
 */
import { openSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { InterfaceConf } from '../../mesh/etherguard/config/index.ts';
import { requireLibc } from '../libc.ts';
import { freePort } from '../testing/free-port.ts';
import { loadUnixSockets, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } from '../unix-sockets.ts';
import {
  DeviceBench,
  numberOf,
  SLOTS,
  SocketFolder,
  surroundings,
  testFrame,
  until,
} from './testing/device-bench.ts';

type Pair = readonly [DeviceBench, DeviceBench];
type Opener = (folder: SocketFolder) => Promise<Pair>;

const PACKETS: Readonly<Record<string, Opener>> = {
  'udpsock, both addresses': async () => {
    const [a, b] = [await freePort(), await freePort()];
    return open(
      { IType: 'udpsock', RecvAddr: `127.0.0.1:${a}`, SendAddr: `localhost:${b}` },
      { IType: 'udpsock', RecvAddr: `127.0.0.1:${b}`, SendAddr: `127.0.0.1:${a}` },
    );
  },
  unixgramsock: (folder) =>
    open(
      { IType: 'unixgramsock', RecvAddr: folder.at('a'), SendAddr: folder.at('b') },
      { IType: 'unixgramsock', RecvAddr: folder.at('b'), SendAddr: folder.at('a') },
    ),
  'unixgramsock, abstract names': () => {
    const [a, b] = ['a', 'b'].map((end) => `@r42-${end}-${process.pid}-${performance.now()}`);
    return open(
      { IType: 'unixgramsock', RecvAddr: a ?? '', SendAddr: b ?? '' },
      { IType: 'unixgramsock', RecvAddr: b ?? '', SendAddr: a ?? '' },
    );
  },
  'unixpacketsock, one listens': (folder) =>
    open(
      { IType: 'unixpacketsock', RecvAddr: folder.at('s') },
      { IType: 'unixpacketsock', SendAddr: folder.at('s') },
    ),
  'fd, one socket of sequenced packets': () => openDescriptors(SOCK_SEQPACKET),
  'fd, one socket of datagrams': () => openDescriptors(SOCK_DGRAM),
};

const STREAMS: Readonly<Record<string, Opener>> = {
  'tcpsock, one listens': async () => {
    const port = await freePort();
    return open(
      { IType: 'tcpsock', RecvAddr: `127.0.0.1:${port}` },
      { IType: 'tcpsock', SendAddr: `127.0.0.1:${port}` },
    );
  },
  'unixsock, one listens': (folder) =>
    open(
      { IType: 'unixsock', RecvAddr: folder.at('s') },
      { IType: 'unixsock', SendAddr: folder.at('s') },
    ),
  'fd, one stream socket': () => openDescriptors(SOCK_STREAM),
};

let folder: SocketFolder;
let opened: DeviceBench[] = [];
beforeEach(() => {
  folder = new SocketFolder();
});
afterEach(async () => {
  const benches = opened;
  opened = [];
  await Promise.all(benches.map(({ device }) => device.close()));
  for (const { arena } of benches) expect(arena.free(), 'no slot leaks').toBe(SLOTS);
  folder.remove();
});

describe.each(Object.entries({ ...PACKETS, ...STREAMS }))('%s', (_name, openPair) => {
  test('carries a frame in each direction', async () => {
    const [a, b] = await openPair(folder);
    b.send(testFrame(1));
    await until('a frame at the first', () => a.frames.length === 1);
    a.send(testFrame(2));
    await until('a frame at the second', () => b.frames.length === 1);
    expect(a.frames).toEqual([testFrame(1)]);
    expect(b.frames).toEqual([testFrame(2)]);
    expect([a.device.dropped(), b.device.dropped()]).toEqual([0, 0]);
  });

  test('drops and counts what is too short for a frame', async () => {
    const [a, b] = await openPair(folder);
    b.send(new Uint8Array(12));
    await until('the short one', () => a.device.rejected() === 1);
    b.send(testFrame(3));
    await until('the frame behind it', () => a.frames.length === 1);
  });

  test('closes twice, and then drops what is written', async () => {
    const [a, b] = await openPair(folder);
    b.send(testFrame(1));
    await until('a frame', () => a.frames.length === 1);
    await Promise.all([a.device.close(), a.device.close()]);
    a.send(testFrame(2));
    expect(a.device.dropped()).toBe(1);
    expect(a.ends).toEqual([]);
  });
});

describe.each(Object.entries(PACKETS))('%s', (_name, openPair) => {
  test('keeps boundaries and order in a burst', async () => {
    const [a, b] = await openPair(folder);
    b.send(testFrame(0));
    await until('the first', () => a.frames.length === 1);
    for (let n = 1; n <= 200; n++) b.send(testFrame(n, 60 + n));
    await until('all', () => a.frames.length + b.device.dropped() >= 201);
    expect(b.device.dropped()).toBe(0);
    expect(a.frames.map(numberOf)).toEqual(Array.from({ length: 201 }, (_, n) => n));
    expect(a.frames.at(-1)).toEqual(testFrame(200, 260));
  });

  test('drops and counts when no slot is free, and goes on when one is', async () => {
    const [a, b] = await openPair(folder);
    const taken = a.occupy(1);
    for (let n = 0; n < 5; n++) b.send(testFrame(n));
    await until('five', () => a.frames.length === 5);
    const last = a.occupy(0);
    for (let n = 5; n < 9; n++) b.send(testFrame(n));
    await until('four drops', () => a.device.rejected() === 4);
    for (const slot of [...taken, ...last]) a.arena.release(slot);
    b.send(testFrame(9));
    await until('one more', () => a.frames.length === 6);
    expect(numberOf(a.frames[5] as Uint8Array)).toBe(9);
  });
});

describe('a slow reader', () => {
  test('lets a bounded number wait, and the rest is dropped', async () => {
    const sockets = await loadUnixSockets('this test');
    const [ours, theirs] = sockets.pair(SOCK_SEQPACKET);
    const bench = await DeviceBench.open(
      { IType: 'fd' },
      surroundings({ EG_FD_RX: String(ours), EG_FD_TX: String(ours) }),
    );
    opened.push(bench);
    for (let n = 0; n < SLOTS; n++) bench.send(testFrame(n, 1514));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { dropped } = bench.device;
    expect(dropped()).toBeGreaterThan(0);
    expect(SLOTS - bench.arena.free()).toBeLessThanOrEqual(257);
    const buffer = new Uint8Array(new ArrayBuffer(2048));
    const numbers: number[] = [];
    await until('the rest', () => {
      while (sockets.read(theirs, sockets.addressOf(buffer), 2048) > 0)
        numbers.push(numberOf(buffer));
      return numbers.length + dropped() === SLOTS;
    });
    expect(numbers).toEqual(Array.from(numbers, (_, n) => n));
    sockets.close(theirs);
    await until('the end', () => bench.ends.length === 1);
  });
});

describe('fd', () => {
  test('reads one pipe and writes another, and ends with the one it reads', async () => {
    const there = await openPipe();
    const back = await openPipe();
    const near = await DeviceBench.open(
      { IType: 'fd' },
      surroundings({ EG_FD_RX: String(back.read), EG_FD_TX: String(there.write) }),
    );
    const far = await DeviceBench.open(
      { IType: 'fd' },
      surroundings({ EG_FD_RX: String(there.read), EG_FD_TX: String(back.write) }),
    );
    opened.push(near, far);
    near.send(testFrame(1));
    await until('a frame there', () => far.frames.length === 1);
    far.send(testFrame(2));
    await until('a frame back', () => near.frames.length === 1);
    await near.device.close();
    await until('the end', () => far.ends.length === 1);
    expect(far.ends).toEqual([{ error: undefined }]);
  });

  test.each([
    [{}, 'SETTING_INVALID'],
    [{ EG_FD_RX: '7' }, 'SETTING_INVALID'],
    [{ EG_FD_RX: 'x', EG_FD_TX: '1' }, 'SETTING_INVALID'],
    [{ EG_FD_RX: '54321', EG_FD_TX: '54321' }, 'INTERFACE_NOT_SUPPORTED'],
  ])('refuses %o with %s', async (env, code) => {
    await expect(DeviceBench.open({ IType: 'fd' }, surroundings(env))).rejects.toMatchObject({
      code,
    });
  });

  test('refuses a file, which the event loop cannot wait for', async () => {
    const fd = String(openSync('/dev/null', 'r+'));
    const opening = DeviceBench.open({ IType: 'fd' }, surroundings({ EG_FD_RX: fd, EG_FD_TX: fd }));
    await expect(opening).rejects.toMatchObject({ code: 'INTERFACE_NOT_SUPPORTED' });
  });
});

async function open(a: Partial<InterfaceConf>, b: Partial<InterfaceConf>): Promise<Pair> {
  const pair = [await DeviceBench.open(a), await DeviceBench.open(b)] as const;
  opened.push(...pair);
  return pair;
}

async function openDescriptors(
  type: typeof SOCK_STREAM | typeof SOCK_DGRAM | typeof SOCK_SEQPACKET,
): Promise<Pair> {
  const sockets = await loadUnixSockets('this test');
  const benches: DeviceBench[] = [];
  for (const fd of sockets.pair(type))
    benches.push(
      await DeviceBench.open(
        { IType: 'fd' },
        surroundings({ EG_FD_RX: String(fd), EG_FD_TX: String(fd) }),
      ),
    );
  opened.push(...benches);
  return benches as unknown as Pair;
}

/** A pipe of the system, both ends in this process. */
async function openPipe(): Promise<{ readonly read: number; readonly write: number }> {
  const libc = await requireLibc('this test');
  const fds = new Int32Array(2);
  expect(libc.bind('pipe', ['void *'])(new Uint8Array(fds.buffer))).toBe(0);
  return { read: fds[0] as number, write: fds[1] as number };
}
