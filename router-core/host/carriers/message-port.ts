/**
 * The door over a MessagePort: between the main thread and a worker.
 *
 * Not standardized; structured clone carries plain data as it is.
 *
 * @module
 */
import type { MessagePort, Worker } from 'node:worker_threads';
import type { MessageChannel } from '../../router/door/message-channel.ts';

export function messagePortChannel<Out, In>(port: MessagePort | Worker): MessageChannel<Out, In> {
  const isWorker = 'threadId' in port;
  return {
    send: (message) => port.postMessage(message),
    onMessage: (listener) => {
      port.on('message', listener);
    },
    onClose: (listener) => {
      port.once(isWorker ? 'exit' : 'close', listener);
    },
    close: () => {
      if (!isWorker) (port as MessagePort).close();
    },
  };
}
