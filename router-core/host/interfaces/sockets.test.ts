/**
 * What is particular to one kind of socket.
 */
import { createSocket, type Socket } from 'node:dgram';
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../testing/free-port.ts';
import { loadUnixSockets, SOCK_DGRAM, SOCK_SEQPACKET } from '../unix-sockets.ts';
import { DeviceBench, SocketFolder, testFrame, until } from './testing/device-bench.ts';

let folder: SocketFolder;
let closing: (() => unknown)[] = [];
beforeEach(() => {
  folder = new SocketFolder();
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
  folder.remove();
});

describe('udpsock', () => {
  test('without SendAddr answers whoever sent last', async () => {
    const [first, firstGot] = await udpPeer();
    const [second, secondGot] = await udpPeer();
    const port = await freePort();
    const bench = await open({ IType: 'udpsock', RecvAddr: `:${port}` });
    bench.send(testFrame(0));
    expect(bench.device.dropped()).toBe(1);

    first.send(testFrame(1), port, '127.0.0.1');
    await until('the first', () => bench.frames.length === 1);
    bench.send(testFrame(2));
    await until('an answer', () => firstGot.length === 1);

    second.send(testFrame(3), port, '127.0.0.1');
    await until('the second', () => bench.frames.length === 2);
    bench.send(testFrame(4));
    await until('an answer', () => secondGot.length === 1);
    expect([firstGot.length, secondGot.length]).toEqual([1, 1]);
  });

  test('without RecvAddr takes any port, and answers come to it', async () => {
    const [peer, got] = await udpPeer();
    let from = 0;
    peer.on('message', (_octets, { port }) => {
      from = port;
    });
    const bench = await open({ IType: 'udpsock', SendAddr: `127.0.0.1:${peer.address().port}` });
    bench.send(testFrame(1));
    await until('a datagram', () => got.length === 1);
    peer.send(testFrame(2), from, '127.0.0.1');
    await until('the answer', () => bench.frames.length === 1);
  });

  test('drops and counts a frame that is longer than a slot, and one the system refuses', async () => {
    const [peer] = await udpPeer();
    const port = await freePort();
    const bench = await open({ IType: 'udpsock', RecvAddr: `127.0.0.1:${port}` });
    peer.send(testFrame(1, 9217), port, '127.0.0.1');
    await until('the long one', () => bench.device.rejected() === 1);
    peer.send(testFrame(1, 9216), port, '127.0.0.1');
    await until('the longest', () => bench.frames.length === 1);
    expect(bench.frames[0]).toHaveLength(9216);
  });

  test('says whose port it is, and which addresses do not fit', async () => {
    const [peer] = await udpPeer();
    const taken = `127.0.0.1:${peer.address().port}`;
    await expect(open({ IType: 'udpsock', RecvAddr: taken })).rejects.toMatchObject({
      code: 'INTERFACE_FAILED',
      message: expect.stringContaining(taken),
    });
    await expect(
      open({ IType: 'udpsock', RecvAddr: '127.0.0.1:9', SendAddr: '[::1]:9' }),
    ).rejects.toMatchObject({ code: 'ENDPOINT_SYNTAX' });
    await expect(open({ IType: 'udpsock', RecvAddr: 'here' })).rejects.toMatchObject({
      code: 'ENDPOINT_SYNTAX',
    });
    await expect(open({ IType: 'udpsock' })).rejects.toMatchObject({
      code: 'CONFIG_MISSING_KEY',
    });
  });
});

describe.each(['unixsock', 'unixpacketsock'] as const)('%s', (IType) => {
  test('the newest connection replaces the older', async () => {
    const server = await open({ IType, RecvAddr: folder.at('s') });
    const older = await open({ IType, SendAddr: folder.at('s') });
    older.send(testFrame(1));
    await until('a frame of the older', () => server.frames.length === 1);
    const newer = await open({ IType, SendAddr: folder.at('s') });
    await until('the end of the older', () => older.ends.length === 1);
    server.send(testFrame(2));
    await until('a frame at the newer', () => newer.frames.length === 1);
    expect(older.frames).toEqual([]);
  });

  test('waits for the next connection when one ends', async () => {
    const server = await open({ IType, RecvAddr: folder.at('s') });
    const first = await open({ IType, SendAddr: folder.at('s') });
    first.send(testFrame(1));
    await until('a frame', () => server.frames.length === 1);
    await first.device.close();
    const second = await open({ IType, SendAddr: folder.at('s') });
    second.send(testFrame(2));
    await until('a frame of the second', () => server.frames.length === 2);
    expect(server.ends).toEqual([]);
  });

  test('with both addresses receives on the accepted and sends on the dialed connection', async () => {
    const far = await open({ IType, RecvAddr: folder.at('far') });
    const near = await open({ IType, RecvAddr: folder.at('near'), SendAddr: folder.at('far') });
    const other = await open({ IType, SendAddr: folder.at('near') });
    near.send(testFrame(1));
    await until('a frame at the dialed', () => far.frames.length === 1);
    other.send(testFrame(2));
    await until('a frame from the accepted', () => near.frames.length === 1);
    far.send(testFrame(3));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(near.frames).toEqual([testFrame(2)]);
    expect(other.frames).toEqual([]);
  });

  test('the end of what was dialed is the end of the interface', async () => {
    const server = await open({ IType, RecvAddr: folder.at('s') });
    const client = await open({ IType, SendAddr: folder.at('s') });
    client.send(testFrame(1));
    await until('a frame', () => server.frames.length === 1);
    await server.device.close();
    await until('the end', () => client.ends.length === 1);
    expect(existsSync(folder.at('s'))).toBe(false);
  });

  test('nobody to connect to is an error, and so is a path that somebody has', async () => {
    await expect(open({ IType, SendAddr: folder.at('nobody') })).rejects.toMatchObject({
      code: 'INTERFACE_FAILED',
      message: expect.stringContaining('ENOENT'),
    });
    await open({ IType, RecvAddr: folder.at('s') });
    await expect(open({ IType, RecvAddr: folder.at('s') })).rejects.toMatchObject({
      code: 'INTERFACE_FAILED',
      message: expect.stringContaining('EADDRINUSE'),
    });
    writeFileSync(folder.at('file'), 'mine');
    await expect(open({ IType, RecvAddr: folder.at('file') })).rejects.toMatchObject({
      code: 'INTERFACE_FAILED',
    });
    expect(existsSync(folder.at('file'))).toBe(true);
  });

  test('replaces the socket of an ended process', async () => {
    const sockets = await loadUnixSockets('this test');
    sockets.close(await sockets.bind(SOCK_SEQPACKET, folder.at('s')));
    expect(existsSync(folder.at('s'))).toBe(true);
    const server = await open({ IType, RecvAddr: folder.at('s') });
    const client = await open({ IType, SendAddr: folder.at('s') });
    client.send(testFrame(1));
    await until('a frame', () => server.frames.length === 1);
  });
});

describe('tcpsock', () => {
  test('a frame is what one read returns, and one longer than a slot is dropped', async () => {
    const port = await freePort();
    const server = await open({ IType: 'tcpsock', RecvAddr: `:${port}` });
    const socket = connect(port, '127.0.0.1');
    closing.push(() => socket.destroy());
    socket.write(Buffer.concat([testFrame(1), testFrame(2)]));
    await until('two that became one', () => server.frames.length === 1);
    expect(server.frames[0]).toHaveLength(120);
    socket.write(new Uint8Array(9217));
    await until('the long one', () => server.device.rejected() > 0);
  });
});

describe('unixgramsock', () => {
  test('finds its peer again after it has been away', async () => {
    const ours = await open({ IType: 'unixgramsock', SendAddr: folder.at('there') });
    ours.send(testFrame(0));
    expect(ours.device.dropped()).toBe(1);
    const first = await open({ IType: 'unixgramsock', RecvAddr: folder.at('there') });
    await until('a frame', () => {
      ours.send(testFrame(1));
      return first.frames.length > 0;
    });
    await first.device.close();
    expect(existsSync(folder.at('there'))).toBe(false);
    ours.send(testFrame(2));
    const second = await open({ IType: 'unixgramsock', RecvAddr: folder.at('there') });
    await until('a frame at the second', () => {
      ours.send(testFrame(3));
      return second.frames.length > 0;
    });
    expect(ours.ends).toEqual([]);
  });

  test('an empty datagram is no end', async () => {
    const sockets = await loadUnixSockets('this test');
    const bench = await open({ IType: 'unixgramsock', RecvAddr: folder.at('s') });
    const fd = sockets.connect(SOCK_DGRAM, folder.at('s'));
    closing.push(() => sockets.close(fd));
    const frame = new Uint8Array(new ArrayBuffer(60));
    frame.set(testFrame(1));
    for (let n = 1; n <= 3; n++) {
      sockets.write(fd, sockets.addressOf(frame), 0);
      await until('the empty one', () => bench.device.rejected() === n);
      sockets.write(fd, sockets.addressOf(frame), 60);
      await until('a frame', () => bench.frames.length === n);
    }
    expect(bench.ends).toEqual([]);
  });

  test('refuses a path that is too long or taken', async () => {
    const long = folder.at('x'.repeat(120));
    for (const conf of [{ RecvAddr: long }, { SendAddr: long }])
      await expect(open({ IType: 'unixgramsock', ...conf })).rejects.toMatchObject({
        code: 'INTERFACE_FAILED',
      });
    await open({ IType: 'unixgramsock', RecvAddr: folder.at('s') });
    await expect(open({ IType: 'unixgramsock', RecvAddr: folder.at('s') })).rejects.toMatchObject({
      code: 'INTERFACE_FAILED',
      message: expect.stringContaining('EADDRINUSE'),
    });
  });
});

async function open(conf: Parameters<typeof DeviceBench.open>[0]): Promise<DeviceBench> {
  const bench = await DeviceBench.open(conf);
  closing.push(() => bench.device.close());
  return bench;
}

/** A UDP socket of the test and what came to it. */
async function udpPeer(): Promise<[Socket, Uint8Array[]]> {
  const socket = createSocket('udp4');
  const got: Uint8Array[] = [];
  socket.on('message', (octets) => got.push(octets));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  closing.push(() => socket.close());
  return [socket, got];
}
