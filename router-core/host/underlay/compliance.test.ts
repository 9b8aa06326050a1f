import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../testing/free-port.ts';
import { SOCKADDR_BYTES } from './descriptor.ts';
import type { UnderlayKind } from './io.ts';
import {
  type Datagram,
  type Lab,
  openLab,
  patterned,
  type Stranger,
  sockaddrOf,
  stranger,
} from './testing/lab.ts';

const KINDS: readonly UnderlayKind[] = ['batched', 'burst', 'plain'];
const PEER = 5;
const NO_SOCKET = 99_999;
const ANOTHER_SOCKET = 50_000;
const closing: (() => Promise<void>)[] = [];
/** The socket of the test that runs; every test has one of its own. */
let socket = 0;
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe.each(KINDS)('%s', (kind) => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openLab(kind);
    expect(lab.io, lab.reason).toBe(kind);
  });
  afterEach(() => {
    lab.tell({ kind: 'close', socket });
    lab.received.length = 0;
    socket++;
  });
  afterAll(() => lab.stop());

  test.each([
    [4, '127.0.0.1'],
    [6, '::1'],
  ] as const)('datagrams pass both ways over IPv%i, with their addresses', async (family, ip) => {
    const port = await openPort();
    const peer = await someone(family);

    await peer.send(Buffer.from('initiation'), port);
    await lab.until(() => lab.received.length === 1);
    const [datagram] = lab.received;
    expect(Buffer.from(datagram!.data).toString()).toBe('initiation');
    expect(datagram!.socket).toBe(socket);
    expect(datagram!.sockaddr).toEqual(sockaddrOf(ip, peer.port));

    lab.send(to(peer, Buffer.from('response')));
    await lab.until(() => peer.heard.length === 1);
    expect(peer.heard[0]!.toString()).toBe('response');
  });

  test('each family may be opened by itself, and 0 is a port that is told', async () => {
    const opened = await lab.open(socket, 0, '0.0.0.0', 4);
    expect(opened).toMatchObject({ kind: 'opened', families: [4], port: expect.any(Number) });
    const { port } = opened as { port: number };
    lab.tell({ kind: 'close', socket });
    socket++;
    const four = await lab.open(socket, port, '0.0.0.0', 4);
    expect(four).toMatchObject({ families: [4], port });
    const six = await lab.open(ANOTHER_SOCKET, port, '::', 6);
    expect(six).toMatchObject({ kind: 'opened', families: [6], port });
    for (const family of [4, 6] as const)
      await (await someone(family)).send(Buffer.from('x'), port);
    await lab.until(() => lab.received.length === 2);
    expect(lab.received.map((datagram) => datagram.socket).sort()).toEqual([
      socket,
      ANOTHER_SOCKET,
    ]);
    lab.tell({ kind: 'close', socket: ANOTHER_SOCKET });
  });

  test('both families of any port have the same one', async () => {
    const opened = await lab.open(socket, 0);
    expect(opened).toMatchObject({ kind: 'opened', families: [6, 4] });
    const { port } = opened as { port: number };
    for (const family of [4, 6] as const)
      await (await someone(family)).send(Buffer.from('x'), port);
    await lab.until(() => lab.received.length === 2);
  });

  test('an IPv4 address leaves nothing of an IPv6 address behind it', async () => {
    const port = await openPort();
    const [six, four] = [await someone(6), await someone(4)];
    for (let i = 0; i < 70; i++) await six.send(Buffer.from('x'), port);
    await lab.until(() => lab.received.length === 70);
    for (let i = 0; i < 70; i++) await four.send(Buffer.from('x'), port);
    await lab.until(() => lab.received.length === 140);
    for (const { sockaddr } of lab.received.slice(70)) expect(sockaddr).toEqual(four.sockaddr);
  });

  test('a thousand datagrams in bursts come in order and whole', async () => {
    const port = await openPort();
    const peer = await someone(4);
    for (let burst = 0; burst < 10; burst++) {
      await Promise.all(
        Array.from({ length: 100 }, (_, i) => peer.send(patterned(burst * 100 + i, 1400), port)),
      );
      await lab.until(() => lab.received.length === (burst + 1) * 100);
    }
    for (const [i, { data }] of lab.received.entries())
      expect(Buffer.compare(data, patterned(i, 1400))).toBe(0);
  });

  test('a connected peer is heard and reached like any other, and so is everybody else', async () => {
    const port = await openPort();
    const [peer, other] = [await someone(4), await someone(4)];
    lab.tell({ kind: 'connect', peer: PEER, socket, sockaddr: peer.sockaddr });
    lab.send(to(peer, patterned(0, 100), PEER));
    await lab.until(() => peer.heard.length === 1);
    for (let burst = 0; burst < 10; burst++) {
      await Promise.all(
        Array.from({ length: 60 }, (_, i) => peer.send(patterned(burst * 60 + i, 1400), port)),
      );
      await other.send(patterned(7, 50), port);
      await lab.until(() => lab.received.length === (burst + 1) * 61);
    }
    const ofPeer = lab.received.filter(({ data }) => data.length === 1400);
    for (const [i, { data, sockaddr }] of ofPeer.entries()) {
      expect(Buffer.compare(data, patterned(i, 1400))).toBe(0);
      expect(sockaddr).toEqual(peer.sockaddr);
    }
    const ofOther = lab.received.filter(({ data }) => data.length === 50);
    expect(ofOther).toHaveLength(10);
    for (const { sockaddr } of ofOther) expect(sockaddr).toEqual(other.sockaddr);
  });

  test('a peer that roams is heard and reached at its new address', async () => {
    const port = await openPort();
    const [before, after] = [await someone(4), await someone(6)];
    lab.tell({ kind: 'connect', peer: PEER, socket, sockaddr: before.sockaddr });
    lab.send(to(before, patterned(0, 80), PEER));
    await lab.until(() => before.heard.length === 1);
    await after.send(patterned(1, 80), port);
    await lab.until(() => lab.received.length === 1);
    lab.tell({ kind: 'connect', peer: PEER, socket, sockaddr: after.sockaddr });
    lab.send(to(after, patterned(2, 80), PEER));
    await lab.until(() => after.heard.length === 1);
    await before.send(patterned(3, 80), port);
    await after.send(patterned(4, 80), port);
    await lab.until(() => lab.received.length === 3);
  });

  test.each([4, 6] as const)(
    'every size from 1 to 9,000 keeps its boundaries, IPv%i',
    async (family) => {
      await openPort();
      const peer = await someone(family);
      const sizes = Array.from({ length: 400 }, (_, i) => 1 + ((i * i * 61) % 9000));
      // Long runs of one size, a shorter end, single ones between: all that segmentation must tell apart.
      sizes.push(...Array<number>(70).fill(1452), 300, 9000, 9000, 8999, 1, 1, 1, 2, 1452, 1452);
      for (let at = 0; at < sizes.length; at += 60) {
        const some = sizes.slice(at, at + 60);
        lab.send(...some.map((size, i) => to(peer, patterned(at + i, size), PEER)));
        await lab.until(() => peer.heard.length === at + some.length);
      }
      for (const [i, data] of peer.heard.entries())
        expect(Buffer.compare(data, patterned(i, sizes[i]!))).toBe(0);
    },
  );

  test('one batch reaches several destinations, each in order', async () => {
    await openPort();
    const peers = [await someone(4), await someone(6), await someone(4), await someone(6)];
    const sent = Array.from({ length: 240 }, (_, i) =>
      to(
        peers[(i * 7 + (i >> 3)) % 4]!,
        patterned(i, i % 3 === 0 ? 500 : 1200),
        (i * 7 + (i >> 3)) % 4,
      ),
    );
    lab.send(...sent);
    await lab.until(() => peers.reduce((sum, peer) => sum + peer.heard.length, 0) === 240);
    for (const peer of peers) {
      const wanted = sent.filter(({ sockaddr }) => sockaddr === peer.sockaddr);
      expect(peer.heard.map((data) => data.length)).toEqual(wanted.map(({ data }) => data.length));
      for (const [i, data] of peer.heard.entries())
        expect(Buffer.compare(data, wanted[i]!.data)).toBe(0);
    }
  });

  test('a port that is taken is an error with its code, and leaves nothing open', async () => {
    const port = await openPort();
    const taken = await someone(4);
    const first = socket;
    for (const number of [taken.port, port]) {
      socket++;
      expect(await lab.open(socket, number)).toMatchObject({ kind: 'refused', code: 'EADDRINUSE' });
    }
    socket++;
    expect(await lab.open(socket, port, '192.0.2.1')).toMatchObject({ code: 'EADDRNOTAVAIL' });
    // The IPv6 half of the first attempt was given back.
    socket++;
    expect(await lab.open(socket, taken.port, '::1')).toMatchObject({ families: [6] });
    lab.tell({ kind: 'close', socket: first });
  });

  test('a port that is closed, also while it opens, is free for another socket when that is told', async () => {
    const port = await freePort();
    for (let round = 0; round < 5; round++) {
      lab.tell({ kind: 'open', socket, port, host: '::' });
      lab.tell({ kind: 'close', socket });
      await lab.until(() => lab.closed.at(-1) === socket);
      socket++;
      expect(await lab.open(socket, port)).toMatchObject({ kind: 'opened', port });
      lab.tell({ kind: 'close', socket });
      await lab.until(() => lab.closed.at(-1) === socket);
      socket++;
    }
    // There is none: nothing has to be waited for.
    lab.tell({ kind: 'close', socket: NO_SOCKET });
    await lab.until(() => lab.closed.at(-1) === NO_SOCKET);
  });

  test('a closed port can be opened again', async () => {
    const port = await openPort();
    const peer = await someone(6);
    for (let i = 1; i < 4; i++) {
      await reopen(port);
      await peer.send(patterned(i, 20), port);
      await lab.until(() => lab.received.length === i);
      expect(lab.received.at(-1)!.socket).toBe(socket);
    }
  });

  test('what is sent while a port opens waits for it', async () => {
    const peer = await someone(4);
    lab.tell({ kind: 'open', socket, port: await freePort(), host: '::' });
    lab.send(to(peer, patterned(1, 148)));
    await lab.until(() => peer.heard.length === 1);
  });

  test('an oversize datagram is counted, and the ones around it pass', async () => {
    const port = await openPort();
    const peer = await someone(4);
    const before = (await lab.state()).counters.rxTruncated;
    for (const connected of [false, true]) {
      if (connected) lab.tell({ kind: 'connect', peer: PEER, socket, sockaddr: peer.sockaddr });
      const sizes = [100, 9216, 9217, 200, 20_000, 300];
      for (let round = 0; round < 3; round++) {
        await Promise.all(sizes.map((size, i) => peer.send(patterned(i, size), port)));
        await lab.until(() => lab.received.length === 4);
        for (const [k, i] of [0, 1, 3, 5].entries())
          expect(Buffer.compare(lab.received[k]!.data, patterned(i, sizes[i]!))).toBe(0);
        lab.received.length = 0;
      }
    }
    expect((await lab.state()).counters.rxTruncated).toBe(before + 12);
  });

  test('nobody at the other end stops nothing', async () => {
    const port = await openPort();
    const [gone, peer] = [await someone(4), await stranger(4)];
    const nobody = { ...gone, sockaddr: sockaddrOf('127.0.0.1', await freePort()) };
    closing.push(() => peer.close());
    lab.tell({ kind: 'connect', peer: 1, socket, sockaddr: nobody.sockaddr });
    for (let i = 0; i < 20; i++) {
      lab.send(to(nobody, patterned(i, 100), 1), to(peer, patterned(i, 100), 2));
      await lab.until(() => peer.heard.length === i + 1);
    }
    await peer.send(patterned(1, 10), port);
    await lab.until(() => lab.received.length === 1);
  });

  test('an unroutable or impossible destination is counted', async () => {
    await openPort();
    const peer = await someone(4);
    const before = (await lab.state()).counters;
    const lost = [sockaddrOf('127.0.0.1', 0), sockaddrOf('255.255.255.255', 9)];
    lab.send(...lost.map((sockaddr) => ({ socket, tag: -1, sockaddr, data: patterned(0, 9) })));
    lab.send({ ...to(peer, patterned(0, 9)), socket: NO_SOCKET }, to(peer, patterned(1, 9)));
    await lab.until(() => peer.heard.length === 1);
    const { counters } = await lab.state();
    expect(counters.txOther + counters.txUnreachable).toBe(
      before.txOther + before.txUnreachable + 3,
    );
    expect(counters.txDatagrams).toBe(before.txDatagrams + 1);
  });

  test('a hundred ports opened and closed leave no descriptor behind', async () => {
    const port = await openPort();
    const peer = await someone(4);
    const cycle = async (): Promise<void> => {
      await reopen(port);
      lab.tell({ kind: 'connect', peer: PEER, socket, sockaddr: peer.sockaddr });
    };
    await cycle();
    await lab.state();
    const before = descriptors();
    for (let i = 0; i < 100; i++) await cycle();
    // Sockets of the runtime go at the end of its turn.
    await lab.until(() => descriptors() <= before);
  });

  test('what was received can be sent out of its slot: an echo', async () => {
    const port = await openPort();
    const peer = await someone(4);
    lab.tell({ kind: 'echo' });
    await lab.state();
    for (let burst = 0; burst < 5; burst++) {
      await Promise.all(
        Array.from({ length: 100 }, (_, i) => peer.send(patterned(burst * 100 + i, 1200), port)),
      );
      await lab.until(() => peer.heard.length === (burst + 1) * 100);
    }
    for (const [i, data] of peer.heard.entries())
      expect(Buffer.compare(data, patterned(i, 1200))).toBe(0);
    const { batches, counters } = await lab.state();
    expect(batches).toBeGreaterThan(0);
    expect(batches).toBeLessThanOrEqual(counters.rxDatagrams);
  });

  test('ticks come when nothing else does, and a stop closes everything', async () => {
    await openPort();
    const { ticks } = await lab.state();
    // Nobody asks meanwhile: a question would be what else there is.
    await new Promise((resolve) => setTimeout(resolve, 450));
    for (let seen = ticks; seen <= ticks + 1; seen = (await lab.state()).ticks)
      await new Promise((resolve) => setTimeout(resolve, 450));
    const before = descriptors();
    await lab.stop();
    await lab.until(() => descriptors() < before);
  });

  /** Opens the test's socket in both families. */
  async function openPort(): Promise<number> {
    const port = await freePort();
    expect(await lab.open(socket, port)).toMatchObject({ kind: 'opened', families: [6, 4] });
    return port;
  }

  /** Closes the test's socket and opens another on the same port. */
  async function reopen(port: number): Promise<void> {
    lab.tell({ kind: 'close', socket });
    socket++;
    expect(await lab.open(socket, port)).toMatchObject({ kind: 'opened', families: [6, 4] });
  }
});

async function someone(family: 4 | 6): Promise<Stranger> {
  const made = await stranger(family);
  closing.push(() => made.close());
  return made;
}

function to({ sockaddr }: { readonly sockaddr: Uint8Array }, data: Uint8Array, tag = -1): Datagram {
  expect(sockaddr).toHaveLength(SOCKADDR_BYTES);
  return { socket, tag, sockaddr, data };
}

const descriptors = (): number => readdirSync('/proc/self/fd').length;
