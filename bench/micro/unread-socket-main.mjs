/**
 * The thread of underlay.ts: a UDP socket that nobody reads, because its event loop sleeps.
 *
 * JavaScript, because a thread of Node 20 takes TypeScript only after tsx has been registered in it.
 *
 * @module
 */
import { createSocket } from 'node:dgram';
import { parentPort, workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { descriptorOf } = await import('../../router-core/host/underlay/dgram-descriptor.ts');
const socket = createSocket({ type: 'udp4', recvBufferSize: workerData.bufferBytes });
socket.bind(0, '127.0.0.1', () => {
  parentPort.postMessage({ port: socket.address().port, fd: descriptorOf(socket) });
  Atomics.wait(workerData.isDone, 0, 0);
  socket.close();
});
