/**
 * Entry of the router worker: one thread, one Router, one door to whoever started it.
 *
 * Not standardized; docs/architecture.md §6. An exception that reaches this file ends the thread;
 * the supervisor starts the next one.
 *
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../base/assert.ts';
import type { DoorReply, DoorRequest } from '../../router/door/contract.ts';
import { createNobleCrypto } from '../../router/index.ts';
import { messagePortChannel } from '../carriers/message-port.ts';
import { listenOnUnixSocket } from '../carriers/unix-socket.ts';
import { createNativeCrypto } from '../native-crypto.ts';
import { runRouter } from '../run-router.ts';
import { systemRandom } from '../system-random.ts';
import {
  controlSocketPath,
  type RouterWorkerData,
  type RouterWorkerLog,
} from './router-protocol.ts';

assert(parentPort !== null, 'the router worker is started as a thread');
const { dataFolder, version, doorPort } = workerData as RouterWorkerData;
const port = parentPort;

const router = runRouter({
  dataFolder,
  version,
  crypto: createNativeCrypto(createNobleCrypto(systemRandom)),
  underlay: {
    kind: 'dgram',
    reason: 'portable path; batched system calls come with the fast path',
  },
  end: () => process.exit(0),
  log(level, message, fields) {
    const line: RouterWorkerLog = { kind: 'log', level, message, fields };
    port.postMessage(line);
  },
});
router.serve(messagePortChannel<DoorReply, DoorRequest>(doorPort));
port.on('message', (message: unknown) => {
  // An operator's wish to see the supervisor at work: POST /api/v1/admin/nodes/{id}/restart {crash}.
  if (message === 'crash') throw new Error('crash asked for by the operator');
});

const control = controlSocketPath(dataFolder);
listenOnUnixSocket<DoorReply, DoorRequest>(control, (channel) => router.serve(channel)).catch(
  (error: Error) => {
    const line: RouterWorkerLog = {
      kind: 'log',
      level: 'warn',
      message: 'no control socket; `rootless42 status` will not find this node',
      fields: { path: control, cause: error.message },
    };
    port.postMessage(line);
  },
);
