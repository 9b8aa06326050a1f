import { expect, test } from 'vitest';
import { RouterError } from '../../base/errors.ts';
import { instant } from '../../base/units.ts';
import type { RunningCapture } from '../captures.ts';
import { CAPTURE_WINDOW_OCTETS, QUERIES_AT_ONCE } from '../limits.ts';
import type { Health, RouterEvent } from '../types.ts';
import { createDoorClient } from './client.ts';
import type { DoorReply, DoorRequest, QueryInput, QueryRow, RouterClient } from './contract.ts';
import { createDispatcher, type Dispatcher, type DoorHost, type QueryRun } from './dispatcher.ts';
import { type MessageChannel, memoryChannel } from './message-channel.ts';

const HEALTH: Health = {
  version: '1',
  epoch: 'e',
  revision: 1,
  digest: '',
  registryCommit: null,
  uptimeSeconds: 1,
  loopDelayMs: 0,
};
const GONE: RouterEvent = { kind: 'peering-gone', id: 'p1' };

test('a call gets its own answer, also when answers come in another order', async () => {
  const answers: (() => void)[] = [];
  const lab = openDoor({
    call: (method, input) =>
      new Promise((resolve) => answers.push(() => resolve({ method, input } as never))),
  });
  const first = lab.client.call('restart', { entity: 'a', scope: 'bgp' });
  const second = lab.client.call('restart', { entity: 'b', scope: 'tunnel' });
  await lab.settle();
  for (const answer of answers.reverse()) answer();
  await lab.settle();
  expect(await first).toEqual({ method: 'restart', input: { entity: 'a', scope: 'bgp' } });
  expect(await second).toEqual({ method: 'restart', input: { entity: 'b', scope: 'tunnel' } });
});

test('what is no request at all is left unanswered, and the door stays open', async () => {
  const [near, far] = memoryChannel<DoorRequest, DoorReply>((run) => run());
  const replies: DoorReply[] = [];
  near.onMessage((reply) => replies.push(reply));
  const host = { call: () => ({ revision: 1 }) } as unknown as DoorHost;
  createDispatcher(far, host, () => instant(0));
  // Anything may come over a socket.
  for (const nothing of [null, 1, 'call', [], {}]) near.send(nothing as unknown as DoorRequest);
  near.send({ id: 1, kind: 'call', method: 'health', input: {} });
  await Promise.resolve();
  await Promise.resolve();
  expect(replies).toHaveLength(1);
});

test('an error crosses as code, message and details', async () => {
  const lab = openDoor({
    call: () => {
      throw new RouterError('CONFIG_STALE', 'Revision 1 is older.', { path: 'revision' });
    },
  });
  const call = lab.client.call('health', {});
  await lab.settle();
  await expect(call).rejects.toMatchObject({
    name: 'RouterError',
    code: 'CONFIG_STALE',
    message: 'Revision 1 is older.',
    details: { path: 'revision' },
  });
});

test('an error of our own shows its message and no stack', async () => {
  const sent: DoorReply[] = [];
  const lab = openDoor({ call: () => Promise.reject(new TypeError('x is undefined')) }, (reply) =>
    sent.push(reply),
  );
  const call = lab.client.call('health', {});
  await lab.settle();
  await expect(call).rejects.toMatchObject({ code: 'ENTITY_FAILED', message: 'x is undefined' });
  expect(sent).toEqual([
    { id: 1, kind: 'error', error: { code: 'INTERNAL', message: 'x is undefined', details: {} } },
  ]);
});

test('a call that is not answered in time ends, and its late answer is ignored', async () => {
  let answer: () => void = () => undefined;
  const lab = openDoor({
    call: () => new Promise((resolve) => (answer = () => resolve(HEALTH as never))),
  });
  const call = lab.client.call('health', {}, 3000);
  call.catch(() => undefined);
  await lab.settle();
  lab.pass(2999);
  expect(lab.timers()).toBe(1);
  lab.pass(1);
  await expect(call).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: 'The router did not answer health within 3 s.',
  });
  answer();
  await lab.settle();
});

test('an answered call leaves no timer behind', async () => {
  const lab = openDoor({ call: () => HEALTH as never });
  const call = lab.client.call('health', {});
  await lab.settle();
  expect(await call).toEqual(HEALTH);
  expect(lab.timers()).toBe(0);
});

test('when the channel closes every call and query under way ends with ROUTER_AWAY, and so do later ones', async () => {
  const lab = openDoor({ call: () => new Promise(() => undefined), startQuery: () => waiting() });
  const call = lab.client.call('health', {});
  const rows = collect(lab.client.query(ask('summary')));
  await lab.settle();
  lab.close();
  await expect(call).rejects.toMatchObject({ code: 'ROUTER_AWAY' });
  await expect(rows).rejects.toMatchObject({ code: 'ROUTER_AWAY' });
  await expect(lab.client.call('health', {})).rejects.toMatchObject({ code: 'ROUTER_AWAY' });
  await expect(collect(lab.client.query(ask('summary')))).rejects.toMatchObject({
    code: 'ROUTER_AWAY',
  });
  expect(lab.timers()).toBe(0);
  expect(lab.dispatcher.hasQueries()).toBe(false);
});

test('a query streams its rows, batch by batch', async () => {
  const lab = openDoor({
    *startQuery({ argument }) {
      yield { n: 1, argument };
      yield undefined;
      yield { n: 2 };
    },
  });
  const rows: QueryRow[] = [];
  const done = collect(lab.client.query(ask('route', '172.20.0.53')), rows);
  await lab.settle();
  expect(lab.dispatcher.runQueries(() => false)).toBe(false);
  await lab.settle();
  expect(rows).toEqual([{ n: 1, argument: '172.20.0.53' }]);
  expect(lab.dispatcher.hasQueries()).toBe(true);
  lab.dispatcher.runQueries(() => false);
  await lab.settle();
  await done;
  expect(rows).toHaveLength(2);
  expect(lab.dispatcher.hasQueries()).toBe(false);
});

test('a query that fails at once or on its way ends with its error, after the rows before it', async () => {
  const lab = openDoor({
    startQuery({ name }) {
      if (name === 'roa') throw new RouterError('QUERY_INVALID', 'no prefix');
      return (function* rows() {
        yield { n: 1 };
        throw new RouterError('ENTITY_UNKNOWN', 'gone');
      })();
    },
  });
  const atOnce = collect(lab.client.query(ask('roa')));
  const rows: QueryRow[] = [];
  const onItsWay = collect(lab.client.query(ask('neighbor')), rows);
  await lab.settle();
  lab.dispatcher.runQueries(() => false);
  await lab.settle();
  await expect(atOnce).rejects.toMatchObject({ code: 'QUERY_INVALID' });
  await expect(onItsWay).rejects.toMatchObject({ code: 'ENTITY_UNKNOWN' });
  expect(rows).toEqual([{ n: 1 }]);
});

test('a reader who stops reading cancels the query', async () => {
  const lab = openDoor({ startQuery: () => counting() });
  const rows = lab.client.query(ask('routes-from'))[Symbol.asyncIterator]();
  const first = rows.next();
  await lab.settle();
  expect(lab.dispatcher.runQueries(() => true)).toBe(true);
  await lab.settle();
  expect(await first).toEqual({ done: false, value: { n: 0 } });
  await rows.return?.();
  await lab.settle();
  expect(lab.dispatcher.hasQueries()).toBe(false);
});

test('a signal ends a query that waits', async () => {
  const lab = openDoor({ startQuery: () => waiting() });
  const abort = new AbortController();
  const rows = collect(lab.client.query(ask('ping', 'fd42::1'), abort.signal));
  await lab.settle();
  abort.abort();
  await lab.settle();
  expect(await rows).toEqual([]);
  expect(lab.dispatcher.hasQueries()).toBe(false);
  expect(await collect(lab.client.query(ask('ping', 'fd42::1'), abort.signal))).toEqual([]);
});

test('a long answer takes turns with a short one', async () => {
  const lab = openDoor({
    startQuery: ({ name }) => (name === 'routes-from' ? counting() : once()),
  });
  const long = lab.client.query(ask('routes-from'))[Symbol.asyncIterator]();
  const reading = long.next();
  const short = collect(lab.client.query(ask('summary')));
  await lab.settle();
  // The slice is over after every row, as it is when rows are dear.
  for (let i = 0; i < 4; i++) {
    lab.dispatcher.runQueries(() => true);
    await lab.settle();
  }
  expect(await short).toEqual([{ n: 0 }]);
  await reading;
  await long.return?.();
  await lab.settle();
});

test('queries at once are bounded', async () => {
  const lab = openDoor({ startQuery: () => waiting() });
  const aborts = Array.from({ length: QUERIES_AT_ONCE }, () => new AbortController());
  const waitingQueries = aborts.map((abort) =>
    collect(lab.client.query(ask('ping'), abort.signal)),
  );
  await lab.settle();
  const oneTooMany = collect(lab.client.query(ask('ping')));
  await lab.settle();
  await expect(oneTooMany).rejects.toMatchObject({ code: 'TOO_MANY' });
  for (const abort of aborts) abort.abort();
  await lab.settle();
  await Promise.all(waitingQueries);
});

test('a watcher gets the present state and then every event, until it stops', async () => {
  const lab = openDoor({ currentEvents: () => [GONE] });
  const seen: RouterEvent[] = [];
  lab.dispatcher.publish(GONE);
  const stop = lab.client.watch((event) => seen.push(event));
  await lab.settle();
  expect(seen).toEqual([GONE]);
  lab.dispatcher.publish({ kind: 'peering-gone', id: 'p2' });
  await lab.settle();
  expect(seen).toHaveLength(2);
  stop();
  lab.dispatcher.publish(GONE);
  await lab.settle();
  expect(seen).toHaveLength(2);
});

test('a channel in memory delivers later, in order, and nothing after it closed', () => {
  const waiting: (() => void)[] = [];
  const [left, right] = memoryChannel<string, string>((run) => waiting.push(run));
  const heard: string[] = [];
  let closings = 0;
  right.onMessage((message) => heard.push(message));
  for (const end of [left, right]) end.onClose(() => closings++);
  left.send('a');
  left.send('b');
  expect(heard).toEqual([]);
  for (const run of waiting.splice(0)) run();
  left.send('c');
  right.close();
  left.close();
  for (const run of waiting.splice(0)) run();
  expect(heard).toEqual(['a', 'b']);
  expect(closings).toBe(2);
});

const ask = (name: QueryInput['name'], argument = ''): QueryInput => ({
  name,
  argument,
  options: {},
});

test('a capture streams its chunks, in order, and ends', async () => {
  const asked: unknown[] = [];
  const lab = openDoor({
    startCapture(input) {
      asked.push(input);
      return takeFrom([Uint8Array.of(1, 2), Uint8Array.of(3)]);
    },
  });
  const chunks: Uint8Array[] = [];
  const reading = read(lab.client.capture({ peering: 'alder', packets: 2 }), chunks);
  await lab.settle();
  expect(lab.dispatcher.runQueries(() => false)).toBe(false);
  await lab.settle();
  await reading;
  expect(asked).toEqual([{ peering: 'alder', packets: 2 }]);
  expect(chunks).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3)]);
  expect(lab.dispatcher.hasQueries()).toBe(false);
});

test('a capture whose reader is slow sends a window full, and more as it is read', async () => {
  const size = CAPTURE_WINDOW_OCTETS / 2;
  const left = Array.from({ length: 8 }, () => new Uint8Array(size));
  const lab = openDoor({ startCapture: () => takeFrom(left) });
  const reader = lab.client.capture({})[Symbol.asyncIterator]();
  const first = reader.next();
  await lab.settle();
  lab.dispatcher.runQueries(() => false);
  await lab.settle();
  await first;
  expect(left.length).toBe(6);
  lab.dispatcher.runQueries(() => false);
  expect(left.length).toBe(6);
  await reader.next();
  await lab.settle();
  lab.dispatcher.runQueries(() => false);
  expect(left.length).toBe(5);
});

test('a capture that nobody reads any more is stopped: cancelled, or with its channel', async () => {
  for (const end of ['cancel', 'close'] as const) {
    let stops = 0;
    const lab = openDoor({
      startCapture: () => ({ ...takeFrom([]), isDone: false, stop: () => stops++ }),
    });
    const controller = new AbortController();
    const reading = read(lab.client.capture({}, controller.signal), []).catch((error) => error);
    await lab.settle();
    lab.dispatcher.runQueries(() => false);
    if (end === 'cancel') controller.abort();
    else lab.close();
    await lab.settle();
    expect(await reading).toEqual(
      end === 'cancel' ? undefined : expect.objectContaining({ code: 'ROUTER_AWAY' }),
    );
    expect(stops).toBe(1);
  }
});

test('a reader that loses interest between two chunks need not ask for another', async () => {
  let stops = 0;
  const lab = openDoor({
    startCapture: () => ({ ...takeFrom([Uint8Array.of(1)]), isDone: false, stop: () => stops++ }),
  });
  const controller = new AbortController();
  const reader = lab.client.capture({}, controller.signal)[Symbol.asyncIterator]();
  const first = reader.next();
  await lab.settle();
  lab.dispatcher.runQueries(() => false);
  await lab.settle();
  await first;
  controller.abort();
  await lab.settle();
  expect(stops).toBe(1);
});

async function read(chunks: AsyncIterable<Uint8Array>, into: Uint8Array[]): Promise<void> {
  for await (const chunk of chunks) into.push(chunk);
}

/** A capture that has all its chunks already. */
function takeFrom(chunks: Uint8Array[]): RunningCapture {
  return {
    take: () => chunks.shift(),
    get isDone() {
      return chunks.length === 0;
    },
    stop: () => undefined,
  };
}

function* waiting(): QueryRun {
  for (;;) yield undefined;
}
function* counting(): QueryRun {
  for (let n = 0; ; n++) yield { n };
}
function* once(): QueryRun {
  yield { n: 0 };
}

async function collect(rows: AsyncIterable<QueryRow>, into: QueryRow[] = []): Promise<QueryRow[]> {
  for await (const row of rows) into.push(row);
  return into;
}

type Lab = {
  client: RouterClient;
  dispatcher: Dispatcher;
  /** Delivers messages and runs promises until nothing moves. */
  settle(): Promise<void>;
  /** Lets time pass for the client's timeouts. */
  pass(ms: number): void;
  timers(): number;
  close(): void;
};

/** A client and a dispatcher over one channel in memory, on a clock of their own. */
function openDoor(host: Partial<DoorHost>, onReply?: (reply: DoorReply) => void): Lab {
  const deliveries: (() => void)[] = [];
  const [near, far] = memoryChannel<DoorRequest, DoorReply>((run) => deliveries.push(run));
  let now = 0;
  const timers = new Set<{ at: number; run: () => void }>();
  const overheard: MessageChannel<DoorReply, DoorRequest> = {
    ...far,
    send(reply) {
      onReply?.(reply);
      far.send(reply);
    },
  };
  const dispatcher = createDispatcher(
    overheard,
    {
      call: () => HEALTH as never,
      startQuery: () => once(),
      startCapture: () => takeFrom([]),
      startMrt: () => takeFrom([]),
      currentEvents: () => [],
      ...host,
    },
    () => instant(now),
  );
  const client = createDoorClient(near, (ms, run) => {
    const timer = { at: now + ms, run };
    timers.add(timer);
    return () => timers.delete(timer);
  });
  return {
    client,
    dispatcher,
    async settle() {
      for (let i = 0; i < 20; i++) {
        for (const run of deliveries.splice(0)) run();
        await Promise.resolve();
      }
    },
    pass(ms) {
      now += ms;
      for (const timer of timers) {
        if (timer.at > now) continue;
        timers.delete(timer);
        timer.run();
      }
    },
    timers: () => timers.size,
    close: () => far.close(),
  };
}
