/**
 * The router's side of the door: one dispatcher per channel.
 *
 * Not standardized; docs/architecture.md §6. Queries are generators: after every batch each gets a
 * slice, so that a full-table question never delays forwarding. Captures and MRT files have their turn the
 * same way.
 *
 * Invariants
 * - Every request ends in exactly one `result`, `error` or `end`.
 * - Of a capture no more is under way than its reader has room for.
 * - What is thrown becomes `{ code, message, details }`; an unexpected error never shows its stack.
 *
 * @module
 */
import { RouterError } from '../../base/errors.ts';
import type { Instant } from '../../base/units.ts';
import type { RunningCapture } from '../captures.ts';
import { CAPTURE_WINDOW_OCTETS, QUERIES_AT_ONCE } from '../limits.ts';
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
} from './contract.ts';
import type { MessageChannel } from './message-channel.ts';

/** Instead of a row: much was looked at, and others have their turn before more is. */
export const PAUSE: QueryRow = Object.freeze({});

/** Rows of an answer; undefined means "nothing yet, ask after the next batch". */
export type QueryRun = Iterator<QueryRow | undefined, void>;

/** What stands behind the door. Methods may take their time; queries may not. */
export interface DoorHost {
  call<M extends DoorMethod>(
    method: M,
    input: DoorMethods[M]['in'],
  ): DoorMethods[M]['out'] | Promise<DoorMethods[M]['out']>;
  startQuery(query: QueryInput, now: Instant): QueryRun;
  startCapture(capture: CaptureInput, now: Instant): RunningCapture;
  startMrt(mrt: MrtInput, now: Instant): RunningCapture;
  /** The whole present state, as events, for a new watcher. */
  currentEvents(): RouterEvent[];
}

export interface Dispatcher {
  /** Tells watchers. */
  publish(event: RouterEvent): void;
  /** Gives queries and captures a slice until `isOver` says so; true when some have more to say at once. */
  runQueries(isOver: () => boolean): boolean;
  /** Whether a query or capture waits for something to happen. */
  hasQueries(): boolean;
}

/** Rows of one query before the next has its turn. */
const ROWS_PER_TURN = 200;

/** An answer of many parts on its way. */
interface Answer {
  /** Sends the next part, if there is one now. */
  step(): 'sent' | 'waiting' | 'paused' | 'ended';
  /** The reader has taken so many octets. */
  taken(octets: number): void;
  /** Nobody reads it any more. */
  stop(): void;
}

export function createDispatcher(
  channel: MessageChannel<DoorReply, DoorRequest>,
  host: DoorHost,
  clock: () => Instant,
): Dispatcher {
  const answers = new Map<number, Answer>();
  let watchId: number | undefined;

  channel.onClose(() => {
    for (const answer of answers.values()) answer.stop();
    answers.clear();
    watchId = undefined;
  });
  channel.onMessage((request) => {
    // Anything may come over a socket: null has no kind.
    if (typeof request !== 'object' || request === null) return;
    switch (request.kind) {
      case 'call':
        answer(request.id, request.method, request.input);
        return;
      case 'query':
        begin(request.id, () => queryAnswer(request.id, host.startQuery(request.query, clock())));
        return;
      case 'capture':
        begin(request.id, () =>
          captureAnswer(request.id, host.startCapture(request.capture, clock())),
        );
        return;
      case 'mrt':
        begin(request.id, () => captureAnswer(request.id, host.startMrt(request.mrt, clock())));
        return;
      case 'taken':
        answers.get(request.id)?.taken(request.octets);
        return;
      case 'watch':
        watchId = request.id;
        for (const event of host.currentEvents())
          channel.send({ id: request.id, kind: 'event', event });
        return;
      case 'cancel':
        answers.get(request.id)?.stop();
        answers.delete(request.id);
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

  function begin(id: number, start: () => Answer): void {
    try {
      if (answers.size >= QUERIES_AT_ONCE)
        throw new RouterError('TOO_MANY', 'Too many queries at once; try again in a moment.');
      answers.set(id, start());
    } catch (error) {
      channel.send({ id, kind: 'error', error: doorErrorOf(error) });
    }
  }

  const queryAnswer = (id: number, run: QueryRun): Answer => ({
    step() {
      const next = run.next();
      if (next.done === true) return 'ended';
      if (next.value === undefined) return 'waiting';
      if (next.value === PAUSE) return 'paused';
      channel.send({ id, kind: 'row', row: next.value });
      return 'sent';
    },
    taken: () => undefined,
    stop: () => run.return?.(),
  });

  function captureAnswer(id: number, capture: RunningCapture): Answer {
    let underWay = 0;
    return {
      step() {
        if (underWay >= CAPTURE_WINDOW_OCTETS) return 'waiting';
        const bytes = capture.take();
        if (bytes === undefined) return capture.isDone ? 'ended' : 'waiting';
        underWay += bytes.length;
        channel.send({ id, kind: 'chunk', bytes });
        return 'sent';
      },
      taken(octets) {
        if (octets > 0) underWay = Math.max(0, underWay - octets);
      },
      stop: () => capture.stop(),
    };
  }

  /** Runs one answer for a turn, or until time is up; true when it has more at once. */
  function turn(id: number, answer: Answer, isOver: () => boolean): boolean {
    try {
      for (let i = 0; i < ROWS_PER_TURN; i++) {
        const step = answer.step();
        if (step === 'waiting') return false;
        if (step === 'paused') return true;
        if (step === 'ended') {
          answers.delete(id);
          channel.send({ id, kind: 'end' });
          return false;
        }
        if (isOver()) return true;
      }
      return true;
    } catch (error) {
      answers.delete(id);
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
      for (const [id, answer] of [...answers]) {
        if (turn(id, answer, isOver)) {
          hasMore = true;
          // To the end of the line: a long answer must not keep the others waiting.
          if (answers.delete(id)) answers.set(id, answer);
        }
        if (isOver()) break;
      }
      return hasMore;
    },
    hasQueries: () => answers.size > 0,
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
