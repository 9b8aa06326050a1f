/**
 * Running on the event loop: a tick, an end, and a promise for it.
 *
 * Not standardized; `run` and `stop` of io.ts for the kinds that do not block their thread.
 *
 * @module
 */
import { type BatchHandler, TICK_MS } from './io.ts';
import type { TurnBatch } from './turn-batch.ts';

export type DgramRun = {
  start(batch: TurnBatch, handler: BatchHandler): Promise<void>;
  stop(): void;
  /** Ends the run with an error. */
  fail(error: unknown): void;
};

/** `close` is called once, when the run ends or was ended before it began. */
export function createDgramRun(close: () => void): DgramRun {
  let isStopped = false;
  let end: ((error?: unknown) => void) | undefined;
  return {
    start(batch, handler) {
      if (isStopped) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const timer = setInterval(() => {
          try {
            handler.tick();
          } catch (error) {
            end?.(error);
          }
        }, TICK_MS);
        end = (error) => {
          end = undefined;
          clearInterval(timer);
          batch.stop();
          close();
          if (error === undefined) resolve();
          else reject(error);
        };
        batch.start(handler);
      });
    },
    stop() {
      if (!isStopped && end === undefined) close();
      isStopped = true;
      end?.();
    },
    fail(error) {
      isStopped = true;
      end?.(error);
    },
  };
}
