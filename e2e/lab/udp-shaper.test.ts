/**
 * The bad line is as bad as it was asked to be, and the same for the same seed.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { seededRandom } from '../../router-core/base/random.ts';
import { freePort } from '../../router-core/host/testing/free-port.ts';
import {
  fateOf,
  type Impairments,
  type ShaperCounters,
  startUdpShaper,
  zeroCounters,
} from './udp-shaper.ts';

test('one in a hundred is lost, one in fifty overtaken, and the seed repeats which', () => {
  const line: Impairments = {
    lossPercent: 1,
    reorderPercent: 2,
    duplicatePercent: 0.5,
    delayMs: 4,
  };
  const [first, second] = [fates(line, 7), fates(line, 7)];
  expect(first).toEqual(second);
  expect(first.counters.lost).toBeGreaterThan(700);
  expect(first.counters.lost).toBeLessThan(1300);
  expect(first.counters.reordered).toBeGreaterThan(1600);
  expect(first.counters.reordered).toBeLessThan(2400);
  expect(first.counters.duplicated).toBeGreaterThan(350);
  expect(first.counters.duplicated).toBeLessThan(650);
});

test('a good line changes nothing', () => {
  const { counters, delays } = fates({}, 1);
  expect(delays.every((copies) => copies.length === 1 && copies[0] === 0)).toBe(true);
  expect(Object.values(counters).every((count) => count === 0)).toBe(true);
});

test('datagrams pass both ways, and after a remap from another port', async () => {
  const [client, server] = [await opened(), await opened()];
  const port = await freePort();
  const shaper = await startUdpShaper({
    seed: 1,
    relays: [
      {
        listen: { address: '127.0.0.1', port },
        target: { address: '127.0.0.1', port: server.address().port },
      },
    ],
  });
  const ports: number[] = [];
  server.on('message', (datagram, from) => {
    ports.push(from.port);
    server.send(`${datagram} back`, from.port, from.address);
  });
  for (const word of ['one', 'two']) {
    client.send(word, port, '127.0.0.1');
    expect(String((await once(client, 'message'))[0])).toBe(`${word} back`);
    await shaper.remap();
  }
  expect(ports).toHaveLength(2);
  expect(ports[0]).not.toBe(ports[1]);
  expect(shaper.counters.relayed).toBe(4);
  shaper.close();
  client.close();
  server.close();
});

function fates(line: Impairments, seed: number): { counters: ShaperCounters; delays: number[][] } {
  const counters = zeroCounters();
  const random = seededRandom(seed);
  const delays = Array.from({ length: 100_000 }, () => fateOf(line, random, counters));
  return { counters, delays };
}

async function opened(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}
