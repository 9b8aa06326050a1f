import { Duplex, PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { dialAddresses } from './dial.ts';
import { RELAY_BUFFER_BYTES, RELAY_HALF_CLOSED_IDLE_MS, RELAY_IDLE_MS } from './limits.ts';
import { OverlaySocket } from './overlay-socket.ts';
import { relay } from './relay.ts';
import { createOverlayLab, FAKED, HERE, type OverlayLab, THERE } from './testing/overlay-lab.ts';

let lab: OverlayLab;
beforeEach(() => {
  vi.useFakeTimers({ toFake: FAKED });
  lab = createOverlayLab();
});
afterEach(() => {
  vi.useRealTimers();
});

test('what is said on one side is heard on the other, and the end of it too', async () => {
  const { client, far } = await relayed();
  client.say('question');
  await lab.pass(50);
  expect(far.heard()).toBe('question');
  client.finish();
  await lab.pass(50);
  expect(far.hasHeardEnd).toBe(true);
  // Half-closed: the answer comes after the question has ended (RFC 9293 §3.6).
  far.socket.write('answer');
  await lab.pass(50);
  expect(client.heard()).toBe('answer');
  expect(client.end.destroyed).toBe(false);
  far.socket.end();
  await lab.pass(100);
  expect(client.hasHeardEnd).toBe(true);
  expect(far.socket.destroyed).toBe(true);
  expect(client.end.destroyed).toBe(true);
});

test('who reads slowly makes the other side wait: no queue grows', async () => {
  const { client, far } = await relayed();
  const octets = 8_000_000;
  client.say('x'.repeat(octets));
  far.socket.pause();
  await lab.pass(2000);
  // The send buffer, the receive buffer, and what the relay and the reader hold.
  const inside = 256 * 1024 * 2 + RELAY_BUFFER_BYTES * 4;
  expect(octets - client.unsaid).toBeLessThanOrEqual(inside);
  const before = client.unsaid;
  await lab.pass(2000);
  expect(client.unsaid).toBe(before);
  far.socket.resume();
  await lab.pass(4000);
  expect(far.heard().length).toBe(octets);
});

test('and in the other direction the window of TCP closes', async () => {
  const { client, far } = await relayed();
  client.stopsReading();
  const octets = 4_000_000;
  far.socket.write('y'.repeat(octets));
  await lab.pass(2000);
  const [view] = viewsOf(lab);
  expect(view?.receiveWindowBytes).toBeLessThan(2 * 1240);
  expect(view?.unreadBytes).toBeGreaterThan(200_000);
  client.reads();
  await lab.pass(4000);
  expect(client.heard().length).toBe(octets);
});

test('what had arrived before both sides finished is still heard by a slow reader', async () => {
  const { client, far } = await relayed();
  client.stopsReading();
  client.finish();
  await lab.pass(50);
  far.socket.end('z'.repeat(150_000));
  // TIME-WAIT is over, and TCP has forgotten the connection.
  await lab.pass(70_000);
  expect(viewsOf(lab)).toEqual([]);
  client.reads();
  await lab.pass(100);
  expect(client.heard().length).toBe(150_000);
  expect(client.hasHeardEnd).toBe(true);
});

test('a reset passes on, both ways', async () => {
  const first = await relayed();
  first.client.end.destroy();
  await lab.pass(50);
  expect(first.far.socket.errored).toMatchObject({ reason: 'reset' });
  const second = await relayed();
  second.far.socket.destroy();
  await lab.pass(50);
  expect(second.client.end.destroyed).toBe(true);
  expect(second.client.hasHeardEnd).toBe(false);
});

test('a connection on which nothing passes ends, sooner when one side is done', async () => {
  const idle = await relayed();
  vi.advanceTimersByTime(RELAY_IDLE_MS - 1000);
  idle.client.say('still here');
  await lab.pass(50);
  vi.advanceTimersByTime(RELAY_IDLE_MS - 1000);
  expect(idle.client.end.destroyed).toBe(false);
  vi.advanceTimersByTime(2000);
  await lab.pass(50);
  expect(idle.client.end.destroyed).toBe(true);
  expect(idle.far.socket.destroyed).toBe(true);

  const half = await relayed();
  half.far.socket.end();
  await lab.pass(50);
  vi.advanceTimersByTime(RELAY_HALF_CLOSED_IDLE_MS + 1);
  await lab.pass(50);
  expect(half.client.end.destroyed).toBe(true);
});

/** A client of the host, relayed to a far end in DN42. */
async function relayed(): Promise<{ client: Client; far: Far }> {
  let far: Far | undefined;
  lab.there.table.unlisten(80);
  lab.there.table.listen(80, (stream, { remote }) => {
    expect(remote).toEqual(HERE);
    const socket = new OverlaySocket(lab.there).attach(stream);
    far = new Far(socket);
    return socket;
  });
  const dialled = dialAddresses(lab.here, [THERE], 80, new AbortController().signal);
  await lab.pass(50);
  const client = new Client();
  relay(client.end, await dialled);
  await lab.pass(20);
  if (far === undefined) throw new Error('nobody came');
  return { client, far };
}

class Far {
  readonly socket: OverlaySocket;
  hasHeardEnd = false;
  private readonly chunks: Buffer[] = [];

  constructor(socket: OverlaySocket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.chunks.push(chunk));
    socket.once('end', () => {
      this.hasHeardEnd = true;
    });
  }

  heard(): string {
    return Buffer.concat(this.chunks).toString();
  }
}

/** What stands for a socket of the host: `end` is the relay's end of it. */
class Client {
  readonly end: Duplex;
  hasHeardEnd = false;
  private readonly toRelay = new PassThrough();
  private readonly fromRelay = new PassThrough();
  private readonly chunks: Buffer[] = [];

  constructor() {
    this.end = Duplex.from({ readable: this.toRelay, writable: this.fromRelay });
    this.end.on('error', () => undefined);
    this.reads();
    this.fromRelay.once('end', () => {
      this.hasHeardEnd = true;
    });
  }

  private readonly take = (chunk: Buffer): void => {
    this.chunks.push(chunk);
  };

  /** Octets said that the relay has not taken. */
  get unsaid(): number {
    return this.toRelay.readableLength + this.toRelay.writableLength;
  }

  say(text: string): void {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 16_384)
      this.toRelay.write(bytes.subarray(at, at + 16_384));
  }

  finish(): void {
    this.toRelay.end();
  }

  stopsReading(): void {
    this.fromRelay.off('data', this.take);
    this.fromRelay.pause();
  }

  reads(): void {
    this.fromRelay.on('data', this.take);
    this.fromRelay.resume();
  }

  heard(): string {
    return Buffer.concat(this.chunks).toString();
  }
}

function viewsOf({ here }: OverlayLab) {
  const { tcp } = here.node.netstack;
  return Array.from({ length: 20 }, (_, id) => tcp.view((id + 1) as never)).filter(
    (view) => view !== undefined,
  );
}
