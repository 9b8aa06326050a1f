/**
 * The client's side of the door: calls, queries, captures, MRT files and the event stream over one channel.
 *
 * Not standardized; docs/architecture.md §6.
 *
 * Invariants
 * - Every call ends: by its answer, by its timeout, or with `ROUTER_AWAY` when the channel closes.
 * - A query or capture that nobody reads any more is cancelled.
 *
 * @module
 */
import { RouterError, type RouterErrorCode } from '../../base/errors.ts';
import type { RouterEvent } from '../types.ts';
import type {
  CaptureInput,
  DoorError,
  DoorMethod,
  DoorMethods,
  DoorReply,
  DoorRequest,
  MrtInput,
  QueryInput,
  QueryRow,
  RouterClient,
} from './contract.ts';
import type { MessageChannel } from './message-channel.ts';

/** Runs `run` after `ms`; the returned function calls it off. */
export type Schedule = (ms: number, run: () => void) => () => void;

const CALL_TIMEOUT_MS = 10_000;
/** Rows or chunks waiting for a reader; a query that fills it is cancelled. */
const PARTS_WAITING = 20_000;

type Pending = { reply(reply: DoorReply): void; fail(error: RouterError): void };

/** Returns a client over an open channel. It ends with the channel; supervisors make a new one. */
export function createDoorClient(
  channel: MessageChannel<DoorRequest, DoorReply>,
  schedule: Schedule,
): RouterClient {
  const pending = new Map<number, Pending>();
  const listeners = new Set<(event: RouterEvent) => void>();
  let nextId = 1;
  let isWatching = false;
  let isClosed = false;

  channel.onMessage((reply) => {
    if (reply.kind === 'event') for (const listener of listeners) listener(reply.event);
    else pending.get(reply.id)?.reply(reply);
  });
  channel.onClose(() => {
    isClosed = true;
    const away = new RouterError(
      'ROUTER_AWAY',
      'The router is restarting. Your peerings are stored; they return by themselves.',
    );
    for (const waiting of [...pending.values()]) waiting.fail(away);
    pending.clear();
  });

  function open(): number {
    if (isClosed)
      throw new RouterError(
        'ROUTER_AWAY',
        'The router is restarting. Your peerings are stored; they return by themselves.',
      );
    return nextId++;
  }

  function call<M extends DoorMethod>(
    method: M,
    input: DoorMethods[M]['in'],
    timeoutMs = CALL_TIMEOUT_MS,
  ): Promise<DoorMethods[M]['out']> {
    return new Promise((resolve, reject) => {
      const id = open();
      const callOff = schedule(timeoutMs, () => {
        pending.delete(id);
        reject(
          new RouterError(
            'TIMEOUT',
            `The router did not answer ${method} within ${timeoutMs / 1000} s.`,
          ),
        );
      });
      const done = (): void => {
        callOff();
        pending.delete(id);
      };
      pending.set(id, {
        reply(reply) {
          done();
          if (reply.kind === 'result') resolve(reply.value as DoorMethods[M]['out']);
          else if (reply.kind === 'error') reject(errorOfDoor(reply.error));
        },
        fail(error) {
          done();
          reject(error);
        },
      });
      channel.send({ id, kind: 'call', method, input } as DoorRequest);
    });
  }

  /** Asks, and yields what `partOf` finds in the replies until the answer ends or nobody wants it. */
  async function* parts<T>(
    request: (id: number) => DoorRequest,
    partOf: (reply: DoorReply) => T | undefined,
    signal?: AbortSignal,
  ): AsyncGenerator<readonly [id: number, part: T]> {
    const id = open();
    const waiting: T[] = [];
    const state: { outcome: 'running' | 'ended' | RouterError } = { outcome: 'running' };
    let wake: () => void = () => undefined;
    const finish = (how: 'ended' | RouterError): void => {
      state.outcome = how;
      wake();
    };
    pending.set(id, {
      reply(reply) {
        const part = partOf(reply);
        if (part !== undefined) waiting.push(part);
        else if (reply.kind === 'error') finish(errorOfDoor(reply.error));
        else if (reply.kind === 'end') finish('ended');
        if (waiting.length > PARTS_WAITING)
          finish(new RouterError('TOO_MANY', 'The answer is longer than anybody reads.'));
        wake();
      },
      fail: finish,
    });
    let isLeft = false;
    const leave = (): void => {
      if (isLeft) return;
      isLeft = true;
      pending.delete(id);
      if (!isClosed) channel.send({ id, kind: 'cancel' });
    };
    // At once: whoever lost interest may never ask for another part.
    const aborted = (): void => {
      finish('ended');
      leave();
    };
    signal?.addEventListener('abort', aborted);
    if (signal?.aborted) aborted();
    else channel.send(request(id));
    try {
      for (;;) {
        const part = waiting.shift();
        if (part !== undefined) yield [id, part];
        else if (state.outcome === 'ended') return;
        else if (state.outcome !== 'running') throw state.outcome;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      signal?.removeEventListener('abort', aborted);
      leave();
    }
  }

  async function* query(input: QueryInput, signal?: AbortSignal): AsyncGenerator<QueryRow> {
    const rows = parts(
      (id) => ({ id, kind: 'query', query: input }),
      (reply) => (reply.kind === 'row' ? reply.row : undefined),
      signal,
    );
    for await (const [, row] of rows) yield row;
  }

  const capture = (input: CaptureInput, signal?: AbortSignal): AsyncGenerator<Uint8Array> =>
    chunks((id) => ({ id, kind: 'capture', capture: input }), signal);
  const mrt = (input: MrtInput, signal?: AbortSignal): AsyncGenerator<Uint8Array> =>
    chunks((id) => ({ id, kind: 'mrt', mrt: input }), signal);

  /** Asks for a file, and tells how much of it was taken. */
  async function* chunks(
    request: (id: number) => DoorRequest,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const received = parts(
      request,
      (reply) => (reply.kind === 'chunk' ? reply.bytes : undefined),
      signal,
    );
    for await (const [id, bytes] of received) {
      yield bytes;
      if (!isClosed) channel.send({ id, kind: 'taken', octets: bytes.length });
    }
  }

  return {
    call,
    query,
    capture,
    mrt,
    watch(listener) {
      listeners.add(listener);
      if (!isWatching && !isClosed) {
        isWatching = true;
        channel.send({ id: open(), kind: 'watch' });
      }
      return () => listeners.delete(listener);
    },
    close() {
      channel.close();
      return Promise.resolve();
    },
  };
}

const errorOfDoor = ({ code, message, details }: DoorError): RouterError =>
  new RouterError(
    (code === 'INTERNAL' ? 'ENTITY_FAILED' : code) as RouterErrorCode,
    message,
    details,
  );
