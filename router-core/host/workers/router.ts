/**
 * Entry of the router worker: one thread, one Router, one door to whoever started it.
 *
 * Not standardized; docs/architecture.md §6. An exception that reaches this file ends the thread;
 * the supervisor starts the next one.
 *
 * @module
 */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../base/assert.ts';
import { createWasmCipher } from '../../fast-path/index.ts';
import type { DoorReply, DoorRequest } from '../../router/door/contract.ts';
import { createNobleCrypto } from '../../router/index.ts';
import { messagePortChannel } from '../carriers/message-port.ts';
import { listenOnUnixSocket } from '../carriers/unix-socket.ts';
import { type FastPathModule, readFastPathModule } from '../fast-path-module.ts';
import { createNativeCrypto } from '../native-crypto.ts';
import { runRouter } from '../run-router.ts';
import { systemRandom } from '../system-random.ts';
import { nameThread, yieldToPackets } from '../thread.ts';
import { carrierOf } from './carrier.ts';
import {
  controlSocketPath,
  type RouterWorkerData,
  type RouterWorkerLog,
} from './router-protocol.ts';

assert(parentPort !== null, 'the router worker is started as a thread');
const { dataFolder, version, doorPort, packets } = workerData as RouterWorkerData;
const port = parentPort;
nameThread('r42-router');
if (!('inlineReason' in packets)) yieldToPackets();

const log = (
  level: RouterWorkerLog['level'],
  message: string,
  fields: RouterWorkerLog['fields'],
): void => {
  const line: RouterWorkerLog = { kind: 'log', level, message, fields };
  port.postMessage(line);
};

const fastPath: FastPathModule =
  'inlineReason' in packets
    ? readFastPathModule(join(import.meta.dirname, 'fast-path.wasm'))
    : { kind: 'module', module: packets.module };
if (fastPath.kind === 'missing')
  log('warn', 'no fast path; packets are sealed and opened by node:crypto, several times slower', {
    reason: fastPath.reason,
  });
const router = runRouter({
  dataFolder,
  version,
  crypto: createNativeCrypto(
    createNobleCrypto(systemRandom),
    fastPath.kind === 'module' ? createWasmCipher(fastPath.module) : undefined,
  ),
  ...('inlineReason' in packets
    ? {
        underlay: {
          kind: 'inline',
          reason: `The router worker carries packets itself, because ${packets.inlineReason}.`,
        },
      }
    : { underlay: packets.underlay, openCarrier: carrierOf(packets) }),
  end: () => process.exit(0),
  log,
});
port.on('message', (message: unknown) => {
  // An operator's wish to see the supervisor at work: POST /api/v1/admin/nodes/{id}/restart {crash}.
  if (message === 'crash') throw new Error('crash asked for by the operator');
});

const control = controlSocketPath(dataFolder);
await listenOnUnixSocket<DoorReply, DoorRequest>(control, (channel) => router.serve(channel)).catch(
  (error: Error) =>
    log('warn', 'no control socket; `rootless42 status` will not find this node', {
      path: control,
      cause: error.message,
    }),
);
// Only now: whoever hears that the node is ready may ask it by the socket.
router.serve(messagePortChannel<DoorReply, DoorRequest>(doorPort));
