/**
 * Live peerings as server-sent events: each object whole, first all, then again when it changes.
 *
 * Standard: WHATWG HTML §9.2 (server-sent events); portal specification §9, docs/architecture.md §5
 * steps 13 and 14. Reconnecting is simply asking again.
 *
 * Invariants
 * - At most four updates of one object per second; intermediate states are dropped.
 * - What is held per subscriber is bounded by the number of objects it may see.
 * - A login that is revoked loses its stream within 5 s.
 *
 * @module
 */
import 'server-only';
import { type Actor, isLoginValid, LOGIN_CHECK_MS } from '../_auth/index.ts';
import type { Portal } from '../_router/index.ts';
import { readPeering, readPeerings } from './read-peerings.ts';
import type { PeeringObject } from './view-models.ts';

const FLUSH_MS = 250;
const HEARTBEAT_MS = 15_000;
const RETRY_MS = 2_000;
/** More than this is not held for a browser that reads slowly: its objects wait as ids. */
const BUFFERED_BYTES_MAX = 256 * 1024;

export type EventStreamOptions = {
  readonly portal: Portal;
  readonly actor: Actor;
  /** One peering; absent: all the login may see. */
  readonly id?: string;
  readonly signal: AbortSignal;
  /** Called once when the stream has ended, whatever ended it. */
  readonly onEnd: () => void;
};

export function streamPeerings(options: EventStreamOptions): ReadableStream<Uint8Array> {
  let end: () => void = () => undefined;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        end = begin(options, controller);
      },
      cancel: () => end(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: BUFFERED_BYTES_MAX }),
  );
}

function begin(
  { portal, actor, id, signal, onEnd }: EventStreamOptions,
  controller: ReadableStreamDefaultController<Uint8Array>,
): () => void {
  const encoder = new TextEncoder();
  const dirty = new Set<string>();
  /** What was sent last, per object: equal states are not sent twice. */
  const sent = new Map<string, string>();
  let isOpen = true;
  let isFlushing = false;
  const cleanups: (() => void)[] = [];

  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    for (const cleanup of cleanups) cleanup();
    try {
      controller.close();
    } catch {
      // The reader has cancelled: the stream is closed already.
    }
    onEnd();
  };
  const write = (text: string): void => {
    if (isOpen) controller.enqueue(encoder.encode(text));
  };
  const hasRoom = (): boolean => (controller.desiredSize ?? 0) > 0;
  const send = (object: PeeringObject): void => {
    const text = JSON.stringify(object);
    if (sent.get(object.id) === text) return;
    if (!hasRoom()) {
      dirty.add(object.id);
      return;
    }
    sent.set(object.id, text);
    write(`event: peering\ndata: ${text}\n\n`);
  };
  const flush = async (): Promise<void> => {
    if (isFlushing || dirty.size === 0 || !hasRoom()) return;
    isFlushing = true;
    const ids = [...dirty];
    dirty.clear();
    try {
      for (const changed of ids) {
        const object = await readPeering(portal, actor, changed);
        if (object !== undefined) send(object);
        else if (sent.delete(changed))
          write(`event: peering-gone\ndata: ${JSON.stringify({ id: changed })}\n\n`);
      }
    } catch (error) {
      portal.log('warn', 'an event stream ended', { error });
      close();
    }
    isFlushing = false;
  };
  const every = (ms: number, work: () => void): void => {
    const timer = setInterval(work, ms);
    cleanups.push(() => clearInterval(timer));
  };

  const subscribed = new Set<string>();
  const subscribe = (): void => {
    for (const [name, node] of portal.nodes) {
      if (subscribed.has(name)) continue;
      subscribed.add(name);
      cleanups.push(
        node.hub.subscribe((change) => {
          if (change.kind === 'peering' && (id === undefined || change.id === id))
            dirty.add(change.id);
        }),
      );
    }
  };
  subscribe();
  every(FLUSH_MS, () => void flush());
  every(HEARTBEAT_MS, () => {
    subscribe();
    if (hasRoom()) write(': still here\n\n');
  });
  const loginId = 'loginId' in actor ? actor.loginId : undefined;
  if (loginId !== undefined)
    every(LOGIN_CHECK_MS, () => {
      isLoginValid(portal.database, loginId, new Date()).then(
        (isValid) => isValid || close(),
        () => close(),
      );
    });
  cleanups.push(portal.onStop(close));
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) close();

  write(`retry: ${RETRY_MS}\n\n`);
  sendAll(portal, actor, id, send).catch((error: unknown) => {
    portal.log('warn', 'an event stream could not begin', { error });
    close();
  });
  return close;
}

async function sendAll(
  portal: Portal,
  actor: Actor,
  id: string | undefined,
  send: (object: PeeringObject) => void,
): Promise<void> {
  if (id === undefined) {
    for (const object of await readPeerings(portal, actor)) send(object);
    return;
  }
  const object = await readPeering(portal, actor, id);
  if (object !== undefined) send(object);
}
