/**
 * Errands of an edge or supernode over real sockets on loopback.
 *
 * @module
 */
import { expect, test } from 'vitest';
import { createDropCounters } from '../../base/drop-reason.ts';
import { type SocketId, socketId } from '../../base/units.ts';
import type { MeshOutput } from '../../mesh/etherguard/ports.ts';
import { createPacketArena } from '../../router/index.ts';
import { systemClock } from '../system-clock.ts';
import { freePort } from '../testing/free-port.ts';
import { createUdpSockets } from '../udp-sockets.ts';
import { createMeshErrands } from './mesh-errands.ts';

type OpenSocket = Extract<MeshOutput, { kind: 'open-socket' }>;

const SOCKET = socketId(4);
const wishFor = (port: number): OpenSocket => ({
  kind: 'open-socket',
  socket: SOCKET,
  family: 4,
  host: '127.0.0.1',
  port,
  mark: 0,
});

function errandsWithAnswers() {
  const told: string[] = [];
  const arena = createPacketArena(8);
  const sockets = createUdpSockets({
    arena,
    drops: createDropCounters(),
    receive: (slot) => arena.release(slot),
  });
  const errands = createMeshErrands({
    families: () => [4],
    sockets,
    wallClock: systemClock,
    log: () => undefined,
    changeConfig: () => undefined,
    answers: () => ({
      socketOpened: (socket: SocketId, port) => told.push(`${socket} opened at ${port}`),
      socketFailed: (socket: SocketId, message) => told.push(`${socket} failed: ${message}`),
      resolved: () => undefined,
    }),
    wake: () => undefined,
  });
  return { errands, told, sockets };
}

test('of a socket that was closed before it was open, nothing is told to whoever has its number next', async () => {
  const { errands, told, sockets } = errandsWithAnswers();
  const [former, next] = [await freePort(), await freePort()];
  const opened = [errands.openSocket(wishFor(former))];
  errands.carryOut({ kind: 'close-socket', socket: SOCKET });
  opened.push(errands.openSocket(wishFor(next)));
  expect(await Promise.all(opened)).toEqual([{ socket: SOCKET }, { socket: SOCKET }]);
  expect(told).toEqual([`4 opened at ${next}`]);
  sockets.closeAll();
});

test('a socket that is closed for good has no answer', async () => {
  const { errands, told } = errandsWithAnswers();
  const opening = errands.openSocket(wishFor(await freePort()));
  errands.carryOut({ kind: 'close-socket', socket: SOCKET });
  expect(await opening).toEqual({ socket: SOCKET });
  expect(told).toEqual([]);
});
