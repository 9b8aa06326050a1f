/**
 * The router's side of the door: one dispatcher per channel.
 *
 * Not standardized; docs/architecture.md §6. Queries are generators: after every batch each gets a
 * slice, so that a full-table question never delays forwarding.
 *
 * Invariants
 * - Every request ends in exactly one `result`, `error` or `end`.
 * - What is thrown becomes `{ code, message, details }`; an unexpected error never shows its stack.
 *
 * @module
 */
import { RouterError } from '../../base/errors.ts';
import type { Instant } from '../../base/units.ts';
import { QUERIES_AT_ONCE } from '../limits.ts';
import type { RouterEvent } from '../types.ts';
import type {
  DoorError,
  DoorMethod,
  DoorMethods,
  DoorReply,
  DoorRequest,
  QueryInput,
  QueryRow,
} from './contract.ts';
import type { MessageChannel } from './message-channel.ts';

/** Rows of an answer; undefined means "nothing yet, ask after the next batch". */
export type QueryRun = Iterator<QueryRow | undefined, void>;

/** What stands behind the door. Methods may take their time; queries may not. */
export interface DoorHost {
  call<M extends DoorMethod>(
    method: M,
    input: DoorMethods[M]['in'],
  ): DoorMethods[M]['out'] | Promise<DoorMethods[M]['out']>;
  startQuery(query: QueryInput, now: Instant): QueryRun;
  /** The whole present state, as events, for a new watcher. */
  currentEvents(): RouterEvent[];
}

export interface Dispatcher {
  /** Tells watchers. */
  publish(event: RouterEvent): void;
  /** Gives queries a slice until `isOver` says so; true when some have more to say at once. */
  runQueries(isOver: () => boolean): boolean;
  /** Whether a query waits for something to happen. */
  hasQueries(): boolean;
}

/** Rows of one query before the next has its turn. */
const ROWS_PER_TURN = 200;

export function createDispatcher(
  channel: MessageChannel<DoorReply, DoorRequest>,
  host: DoorHost,
  clock: () => Instant,
): Dispatcher {
  const queries = new Map<number, QueryRun>();
  let watchId: number | undefined;

  channel.onClose(() => {
    queries.clear();
    watchId = undefined;
  });
  channel.onMessage((request) => {
    switch (request.kind) {
      case 'call':
        answer(request.id, request.method, request.input);
        return;
      case 'query':
        startQuery(request.id, request.query);
        return;
      case 'watch':
        watchId = request.id;
        for (const event of host.currentEvents())
          channel.send({ id: request.id, kind: 'event', event });
        return;
      case 'cancel':
        queries.delete(request.id);
    }
  });

  function answer(id: number, method: DoorMethod, input: DoorMethods[DoorMethod]['in']): void {
    const fail = (error: unknown): void =>
      channel.send({ id, kind: 'error', error: doorErrorOf(error) });
    try {
      Promise.resolve(host.call(method, input)).then(
        (value) => channel.send({ id, kind: 'result', value }),
        fail,
      );
    } catch (error) {
      fail(error);
    }
  }

  function startQuery(id: number, query: QueryInput): void {
    try {
      if (queries.size >= QUERIES_AT_ONCE)
        throw new RouterError('TOO_MANY', 'Too many queries at once; try again in a moment.');
      queries.set(id, host.startQuery(query, clock()));
    } catch (error) {
      channel.send({ id, kind: 'error', error: doorErrorOf(error) });
    }
  }

  /** Runs one query for a turn; true when it has more at once. */
  function turn(id: number, run: QueryRun): boolean {
    try {
      for (let i = 0; i < ROWS_PER_TURN; i++) {
        const step = run.next();
        if (step.done === true) {
          queries.delete(id);
          channel.send({ id, kind: 'end' });
          return false;
        }
        if (step.value === undefined) return false;
        channel.send({ id, kind: 'row', row: step.value });
      }
      return true;
    } catch (error) {
      queries.delete(id);
      channel.send({ id, kind: 'error', error: doorErrorOf(error) });
      return false;
    }
  }

  return {
    publish(event) {
      if (watchId !== undefined) channel.send({ id: watchId, kind: 'event', event });
    },
    runQueries(isOver) {
      let hasMore = false;
      for (const [id, run] of [...queries]) {
        if (turn(id, run)) {
          hasMore = true;
          // To the end of the line: a long answer must not keep the others waiting.
          if (queries.delete(id)) queries.set(id, run);
        }
        if (isOver()) break;
      }
      return hasMore;
    },
    hasQueries: () => queries.size > 0,
  };
}

function doorErrorOf(error: unknown): DoorError {
  if (error instanceof RouterError)
    return { code: error.code, message: error.message, details: { ...error.details } };
  return {
    code: 'INTERNAL',
    message: error instanceof Error ? error.message : String(error),
    details: {},
  };
}
