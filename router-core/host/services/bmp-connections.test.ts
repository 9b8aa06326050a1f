import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type BmpConnections, createBmpConnections } from './bmp-connections.ts';

const ending: (() => void)[] = [];
afterEach(() => {
  for (const end of ending.splice(0)) end();
});

test('octets go out in order, each acknowledged once the system has them', async () => {
  const { stations, log, until } = connections();
  const { port, sockets, received } = await listen();
  stations.open(1, '127.0.0.1', port);
  await until('opened 1');
  stations.send(1, Uint8Array.of(1, 2, 3));
  stations.send(1, Uint8Array.of(4));
  await until('took 1 1');
  expect(log).toEqual(['opened 1', 'took 1 3', 'took 1 1']);
  // What a station says is read and dropped.
  sockets[0]?.write('nobody asked');
  stations.close(1);
  await eventually(() => received.length === 4);
  expect(received).toEqual([1, 2, 3, 4]);
  expect(log).toHaveLength(3);
});

test('a station that goes, or was never there, is told of once, with its reason', async () => {
  const { stations, log, until } = connections();
  const { port, sockets, server } = await listen();
  stations.open(1, '127.0.0.1', port);
  await until('opened 1');
  await eventually(() => sockets.length === 1);
  sockets[0]?.end();
  await until('closed 1 the station closed the connection');
  server.close();
  await new Promise((done) => server.once('close', done));
  stations.open(2, '127.0.0.1', port);
  await eventually(() => log.some((line) => line.startsWith('closed 2')));
  expect(log.at(-1)).toMatch(/^closed 2 .*ECONNREFUSED/);
  // Nothing is left to be sent to.
  stations.send(1, Uint8Array.of(1));
  stations.close(2);
  expect(log).toHaveLength(3);
});

test('an attempt can be called off, and a station that does not end its side is cut', async () => {
  const { stations, log, until } = connections();
  const { port, sockets } = await listen({ allowHalfOpen: true });
  stations.open(1, '127.0.0.1', port);
  stations.close(1);
  stations.open(2, '127.0.0.1', port);
  await until('opened 2');
  stations.close(2);
  // It hears of the cut when it says something.
  await eventually(() => {
    for (const socket of sockets) if (!socket.destroyed) socket.write('still here');
    return sockets.length > 0 && sockets.every((socket) => socket.destroyed);
  });
  expect(log).toEqual(['opened 2']);
});

function connections(): {
  stations: BmpConnections;
  log: string[];
  until: (line: string) => Promise<void>;
} {
  const log: string[] = [];
  const stations = createBmpConnections({
    opened: (connection) => void log.push(`opened ${connection}`),
    closed: (connection, reason) => void log.push(`closed ${connection} ${reason}`),
    took: (connection, octets) => void log.push(`took ${connection} ${octets}`),
  });
  return { stations, log, until: (line) => eventually(() => log.includes(line)) };
}

async function listen(options: { allowHalfOpen?: boolean } = {}): Promise<{
  port: number;
  server: Server;
  sockets: Socket[];
  received: number[];
}> {
  const sockets: Socket[] = [];
  const received: number[] = [];
  const server = createServer(options, (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => received.push(...chunk));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  ending.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as { port: number }).port, server, sockets, received };
}

async function eventually(isTrue: () => boolean): Promise<void> {
  const until = Date.now() + 15_000;
  while (!isTrue()) {
    if (Date.now() > until) throw new Error('not within 15 s');
    await new Promise((go) => setTimeout(go, 5));
  }
}
