import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel as NodeMessageChannel } from 'node:worker_threads';
import { afterAll, afterEach, expect, test } from 'vitest';
import type { MessageChannel } from '../../router/door/message-channel.ts';
import { messagePortChannel } from './message-port.ts';
import { connectToUnixSocket, listenOnUnixSocket } from './unix-socket.ts';

type Message = { readonly n: number; readonly text?: string; readonly bytes?: Uint8Array };
type End = MessageChannel<Message, Message>;
type Pair = { near: End; far: End; path?: string };

const folder = mkdtempSync(join(tmpdir(), 'r42-carriers-'));
chmodSync(folder, 0o700);
const servers: Server[] = [];
const ends: End[] = [];
let sockets = 0;

afterEach(() => {
  for (const end of ends.splice(0)) end.close();
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function unixPair(): Promise<Pair & { path: string }> {
  const path = join(folder, `${sockets++}.sock`);
  let accept: (end: End) => void = () => undefined;
  const accepted = new Promise<End>((resolve) => {
    accept = resolve;
  });
  servers.push(await listenOnUnixSocket<Message, Message>(path, (end) => accept(end)));
  const near = await connectToUnixSocket<Message, Message>(path);
  ends.push(near);
  return { near, far: await accepted, path };
}

function portPair(): Pair {
  const { port1, port2 } = new NodeMessageChannel();
  const pair = {
    near: messagePortChannel<Message, Message>(port1),
    far: messagePortChannel<Message, Message>(port2),
  };
  ends.push(pair.near);
  return pair;
}

// Every carrier of the door does the same (docs/architecture.md §6).
test.each([
  ['a Unix socket', unixPair],
  ['a message port', () => Promise.resolve(portPair())],
])(
  '%s carries messages whole, in order, both ways, and says once when it closes',
  async (_, open) => {
    const { near, far } = await open();
    const atNear: Message[] = [];
    const atFar: Message[] = [];
    let closings = 0;
    near.onMessage((message) => atNear.push(message));
    far.onMessage((message) => {
      atFar.push(message);
      far.send(message);
    });
    for (const end of [near, far]) end.onClose(() => closings++);
    // Longer than one read of a socket, with what JSON and UTF-8 have to escape or may cut in two.
    const long = '🦊\n"\\\u2028'.repeat(50_000);
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i * 7);
    for (let n = 0; n < 100; n++)
      near.send(n === 50 ? { n, text: long } : n === 60 ? { n, bytes } : { n });
    await until(() => atNear.length === 100);
    expect(atNear.map((message) => message.n)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(atFar[50]?.text).toBe(long);
    expect(atFar[60]).toEqual({ n: 60, bytes });
    near.close();
    await until(() => closings === 2);
    near.send({ n: 0 });
    far.send({ n: 0 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([atNear.length, atFar.length, closings]).toEqual([100, 100, 2]);
  },
);

test('the control socket is for its owner, and replaces that of a node that has ended', async () => {
  const path = join(folder, 'control.sock');
  writeFileSync(path, 'left behind');
  servers.push(await listenOnUnixSocket<Message, Message>(path, () => undefined));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(path).isSocket()).toBe(true);
});

test('a running node keeps its socket, whoever starts beside it', async () => {
  const path = join(folder, 'running.sock');
  servers.push(await listenOnUnixSocket<Message, Message>(path, () => undefined));
  await expect(listenOnUnixSocket(path, () => undefined)).rejects.toThrow('another node');
  const channel = await connectToUnixSocket<Message, Message>(path);
  channel.close();
});

test('where no node listens there is nothing to connect to', async () => {
  await expect(connectToUnixSocket(join(folder, 'nobody.sock'))).rejects.toMatchObject({
    code: 'ENOENT',
  });
});

test('whoever sends a line without end, or no JSON, is cut off', async () => {
  for (const bytes of ['x'.repeat(17 * 1024 * 1024), '{"n":1}\nnonsense\n{"n":2}\n']) {
    const { far, path } = await unixPair();
    far.close();
    const heard: Message[] = [];
    let isClosed = false;
    await new Promise<void>((done) => {
      servers.pop()?.close(() => done());
    });
    servers.push(
      await listenOnUnixSocket<Message, Message>(path, (channel) => {
        channel.onMessage((message) => heard.push(message));
        channel.onClose(() => {
          isClosed = true;
        });
      }),
    );
    const raw = connect(path);
    raw.on('error', () => undefined);
    raw.write(bytes);
    await until(() => isClosed);
    expect(heard.map((message) => message.n)).toEqual(bytes.startsWith('x') ? [] : [1]);
    raw.destroy();
  }
});

const until = (condition: () => boolean): Promise<void> =>
  expect.poll(condition, { timeout: 15_000, interval: 5 }).toBe(true);
