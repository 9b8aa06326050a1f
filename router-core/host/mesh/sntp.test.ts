/**
 * A time server of our own tells times; what is believed of it, and what is not.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { writeUint32 } from '../../base/bytes.ts';
import { wallTime } from '../../base/units.ts';
import { createFineClock } from './fine-clock.ts';
import { offsetAndRoundTrip, readSntpAnswer, sntpQuestion } from './sntp-packet.ts';
import { askTime, timeServerOf } from './time-client.ts';

const NONCE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
/** 2026-11-20 12:00:00 UTC in seconds since 1900. */
const NTP_SECONDS = 4_004_164_800;
const UNIX_SECONDS = 1_795_176_000;
const opened: Socket[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.close();
});

/** An answer with both of the server's times the same. */
function answerWith(
  seconds: number,
  fraction: number,
  nonce: Uint8Array = NONCE,
): Uint8Array<ArrayBuffer> {
  const packet = new Uint8Array(48);
  packet.set([0x24, 2]);
  packet.set(nonce, 24);
  for (const at of [32, 40]) {
    writeUint32(packet, at, seconds);
    writeUint32(packet, at + 4, fraction);
  }
  return packet;
}

describe('the packet', () => {
  test('asks as a client of version 4, with nothing but the nonce', () => {
    const packet = sntpQuestion(NONCE);
    expect(packet.length).toBe(48);
    expect(packet[0]).toBe(0b00_100_011);
    expect(packet.subarray(1, 40).every((octet) => octet === 0)).toBe(true);
    expect(packet.subarray(40)).toEqual(NONCE);
  });

  test('times count from 1900, fractions in 2^-32 s', () => {
    const answer = readSntpAnswer(answerWith(NTP_SECONDS, 0x8000_0000), NONCE);
    expect(answer).toEqual({ received: UNIX_SECONDS + 0.5, sent: UNIX_SECONDS + 0.5 });
  });

  test('after 2036 seconds begin anew', () => {
    const answer = readSntpAnswer(answerWith(1, 0), NONCE);
    expect(new Date((answer?.sent ?? 0) * 1000).toISOString()).toBe('2036-02-07T06:28:17.000Z');
  });

  test.each<[string, (packet: Uint8Array<ArrayBuffer>) => Uint8Array]>([
    ['short', (p) => p.subarray(0, 47)],
    ['of a client', (p) => p.fill(0x23, 0, 1)],
    ['of a clock that is not set', (p) => p.fill(0xe4, 0, 1)],
    ['a kiss of death', (p) => p.fill(0, 1, 2)],
    ['of stratum 16', (p) => p.fill(16, 1, 2)],
    ['to another question', (p) => p.fill(9, 24, 25)],
    ['without a time', (p) => p.fill(0, 40)],
  ])('an answer is not believed when it is %s', (_, spoil) => {
    expect(readSntpAnswer(spoil(answerWith(NTP_SECONDS, 0)), NONCE)).toBeUndefined();
  });

  test('offset and round trip are those of RFC 4330 §5', () => {
    const told = offsetAndRoundTrip({ received: 110.25, sent: 110.5 }, 100, 101);
    expect(told).toEqual({ offset: 9.875, roundTrip: 0.75 });
  });
});

test.each([
  ['pool.example', { host: 'pool.example', port: 123 }],
  ['pool.example:1123', { host: 'pool.example', port: 1123 }],
  ['192.0.2.1:5', { host: '192.0.2.1', port: 5 }],
  ['2001:db8::1', { host: '2001:db8::1', port: 123 }],
  ['[2001:db8::1]:5', { host: '2001:db8::1', port: 5 }],
  ['pool.example:0', undefined],
  ['', undefined],
])('the server %j', (text, place) => {
  expect(timeServerOf(text)).toEqual(place);
});

describe('a server', () => {
  const clock = createFineClock();

  test('an hour ahead is believed, and what others send before is not', async () => {
    const server = await serverThat((question, send) => {
      send(answerWith(NTP_SECONDS, 0));
      const seconds = clock.now() / 1000 + 3600 + 2_208_988_800;
      send(answerWith(Math.floor(seconds), (seconds % 1) * 2 ** 32, question.subarray(40)));
    });
    const began = performance.now();
    const answer = await askTime(server, 30_000, clock);
    // However late each way was: off by no more than half of the round trip (RFC 4330 §5), and the fractions of clocks.
    const offBy = Math.abs((answer?.offsetSeconds ?? 0) - 3600);
    expect(offBy).toBeLessThanOrEqual((answer?.roundTrip ?? 0) / 2000 + 0.002);
    expect(answer?.roundTrip).toBeLessThanOrEqual(performance.now() - began + 2);
  });

  test('that is silent, or is not there, is no answer', async () => {
    const silent = await serverThat(() => undefined);
    expect(await askTime(silent, 50, clock)).toBeUndefined();
    const place = await serverThat(() => undefined);
    const gone = opened.pop() as Socket;
    gone.close();
    await once(gone, 'close');
    expect(await askTime(place, 2000, clock)).toBeUndefined();
    expect(await askTime('no.such.name.invalid', 2000, clock)).toBeUndefined();
  });
});

async function serverThat(
  answers: (question: Uint8Array, send: (answer: Uint8Array) => void) => void,
): Promise<string> {
  const socket = createSocket('udp4');
  opened.push(socket);
  socket.on('message', (question, from) =>
    answers(question, (answer) => socket.send(answer, from.port, from.address)),
  );
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return `127.0.0.1:${socket.address().port}`;
}

test('the fine clock has the milliseconds of the system, fractions, and follows when it is set', () => {
  let monotonic = 5000.25;
  let coarse = 1_000_000;
  const fine = createFineClock(
    () => coarse,
    () => monotonic,
  );
  expect(fine.now()).toBe(wallTime(1_000_000));
  monotonic += 0.25;
  expect(fine.now()).toBe(1_000_000.25);
  coarse += 1;
  monotonic += 0.5;
  expect(fine.now()).toBe(1_000_001);
  monotonic += 7;
  expect(fine.now()).toBe(1_000_001.999);
  coarse = 500_000;
  monotonic += 1;
  expect(Math.floor(fine.now())).toBe(500_000);
});
