/**
 * The plain underlay: `node:dgram` alone. The path that runs everywhere.
 *
 * Not standardized. A datagram is copied once into its slot and once out of it.
 *
 * @module
 */
import { createDgramPorts } from './dgram-ports.ts';
import { createDgramReceiver } from './dgram-receiver.ts';
import { createDgramRun } from './dgram-run.ts';
import { createDgramSender } from './dgram-sender.ts';
import {
  type BatchMemory,
  createUnderlayCounters,
  type OpenOutcome,
  type UnderlayIo,
} from './io.ts';
import { createTurnBatch } from './turn-batch.ts';

export function createPlainIo(memory: BatchMemory): UnderlayIo {
  const counters = createUnderlayCounters();
  const run = createDgramRun(() => ports.closeAll());
  const batch = createTurnBatch(memory, send, run.fail);
  const receiver = createDgramReceiver(memory, batch, counters);
  const ports = createDgramPorts({ counters, isShared: false, receive: receiver.take });
  const sender = createDgramSender(memory, ports, counters);

  function send(count: number): void {
    for (let i = 0; i < count; i++) sender.send(i);
  }

  return {
    kind: 'plain',
    counters,
    wakeFd: undefined,
    open(id, port, host, done, only) {
      const settled = (outcome: OpenOutcome): void => {
        sender.portSettled(id);
        done(outcome);
      };
      ports.open(id, port, host, settled, only);
    },
    close(id, done) {
      ports.close(id, done);
      sender.portSettled(id);
    },
    connect() {
      // Every datagram carries its address.
    },
    disconnect() {
      // See connect.
    },
    wake: batch.wake,
    run: (handler) => run.start(batch, handler),
    stop: run.stop,
  };
}
