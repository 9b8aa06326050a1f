import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { IpAddress } from '../../base/ip-address.ts';
import { address } from '../../netstack/testing/test-node.ts';
import { DialError, type DialFailure, dialAddresses, dialWith } from './dial.ts';
import { type Question, readAnswer } from './dns-message.ts';
import { createResolver } from './dns-resolver.ts';
import { DIAL_NEXT_AFTER_MS } from './limits.ts';
import { OverlaySocket } from './overlay-socket.ts';
import { type AnswerParts, answerTo } from './testing/dns-answer.ts';
import { createOverlayLab, FAKED, type OverlayLab, SILENT, THERE } from './testing/overlay-lab.ts';

let lab: OverlayLab;
beforeEach(() => {
  vi.useFakeTimers({ toFake: FAKED });
  lab = createOverlayLab();
});
afterEach(() => {
  vi.useRealTimers();
});

test('refused, unreachable, without a route, our own address, silence', async () => {
  expect(await outcome([THERE])).toBe('refused');
  // An ICMP error that may pass; a person waits (RFC 5461 §3.1).
  expect(await outcome([address('172.20.2.98')])).toBe('unreachable');
  expect(await outcome([address('172.22.9.9')])).toBe('no-route');
  expect(await outcome([address('172.20.1.1')])).toBe('no-route');
  expect(await outcome([])).toBe('no-route');
  lab.lose(true);
  expect(await outcome([THERE], 25_000)).toBe('timeout');
});

test('an address that is silent makes way for the next one; one that refuses at once', async () => {
  listen();
  const begun = dialAddresses(lab.here, [SILENT, THERE], 80, new AbortController().signal);
  await lab.pass(DIAL_NEXT_AFTER_MS - 100);
  expect(await Promise.race([begun, 'not yet'])).toBe('not yet');
  await lab.pass(200);
  expect(await begun).toBeInstanceOf(OverlaySocket);
  expect(await outcome([address('172.22.9.9'), THERE], 100)).toBe('connected');
});

test('who is gone is not dialled for, and nothing stays behind', async () => {
  lab.lose(true);
  const gone = new AbortController();
  const begun = dialAddresses(lab.here, [THERE], 80, gone.signal).catch(
    ({ failure }: DialError) => failure,
  );
  await lab.pass(100);
  gone.abort();
  await lab.pass(10);
  expect(await begun).toBe('given-up');
  expect(lab.here.node.netstack.tcp.view(1 as never)).toBeUndefined();
});

test('a name is asked for in DN42, and dialled', async () => {
  listen();
  const questions = serveDns(({ type }) => ({
    records: [['www.alder.dn42', type, type === 'A' ? '172.20.2.2' : 'fd00:2::2']],
  }));
  const dial = dialWith(lab.here, createResolver(lab.here, [THERE]));
  const begun = dial('WWW.alder.dn42', 80, new AbortController().signal);
  await lab.pass(100);
  expect(await begun).toBeInstanceOf(OverlaySocket);
  expect(
    questions()
      .map(({ name, type }) => `${name} ${type}`)
      .sort(),
  ).toEqual(['www.alder.dn42 A', 'www.alder.dn42 AAAA']);
  expect(visited).toEqual([6]);
});

test('no such name, no answer, and no name at all are told apart', async () => {
  serveDns(() => ({ code: 3 }));
  expect(await nameOutcome('nobody.dn42', 100)).toBe('name-unknown');
  expect(await nameOutcome('not a name', 10)).toBe('name-unknown');
  lab.lose(true);
  expect(await nameOutcome('nobody.dn42', 5000)).toBe('name-unanswered');
});

test('a forged answer does not end the waiting for the right one', async () => {
  listen();
  serveDns(
    ({ type }) => ({
      records: [['www.alder.dn42', type, type === 'A' ? '172.20.2.2' : 'fd00:2::2']],
    }),
    (answer) => {
      const forged = answer.slice();
      forged[0] = (forged[0] ?? 0) ^ 1;
      return [forged, answer];
    },
  );
  expect(await nameOutcome('www.alder.dn42', 100)).toBe('connected');
});

test('an answer that was cut off is asked for over TCP', async () => {
  listen();
  serveDns(() => ({ isTruncated: true }));
  lab.there.table.listen(53, (stream) => {
    const socket = new OverlaySocket(lab.there).attach(stream);
    socket.once('data', (chunk: Buffer) => {
      const question = questionOf(chunk.subarray(2));
      const answer = answerTo(question, {
        records: [
          ['long.alder.dn42', question.type, question.type === 'A' ? '172.20.2.2' : 'fd00:2::2'],
        ],
      });
      // In two pieces, as TCP may.
      socket.write(
        Uint8Array.of(answer.length >>> 8, answer.length & 0xff, ...answer.subarray(0, 5)),
      );
      socket.write(answer.subarray(5));
    });
    return socket;
  });
  expect(await nameOutcome('long.alder.dn42', 400)).toBe('connected');
});

let visited: number[] = [];

function listen(): void {
  visited = [];
  lab.there.table.listen(80, (stream, { remote }) => {
    visited.push(remote.family);
    return new OverlaySocket(lab.there).attach(stream);
  });
}

/** A DNS server on 172.20.2.2; returns what it was asked. */
function serveDns(
  answer: (question: Question) => AnswerParts,
  sends: (answer: Uint8Array) => Uint8Array[] = (one) => [one],
): () => Question[] {
  const asked: Question[] = [];
  lab.serveUdp(53, (payload) => {
    const question = questionOf(payload);
    asked.push(question);
    return sends(answerTo(question, answer(question)));
  });
  return () => asked;
}

/** Reads a question by asking which one its own octets would answer. */
function questionOf(message: Uint8Array): Question {
  const id = ((message[0] ?? 0) << 8) | (message[1] ?? 0);
  const labels: string[] = [];
  let at = 12;
  for (let n = message[at] ?? 0; n > 0; n = message[at] ?? 0) {
    labels.push(Buffer.from(message.subarray(at + 1, at + 1 + n)).toString());
    at += 1 + n;
  }
  const question: Question = {
    id,
    name: labels.join('.'),
    type: message[at + 2] === 1 ? 'A' : 'AAAA',
  };
  expect(readAnswer(answerTo(question, {}), question)).toEqual({
    kind: 'addresses',
    addresses: [],
  });
  return question;
}

type Outcome = DialFailure | 'connected';

async function outcome(addresses: readonly IpAddress[], ms = 200): Promise<Outcome | 'pending'> {
  return settled(dialAddresses(lab.here, addresses, 80, new AbortController().signal), ms);
}

async function nameOutcome(name: string, ms: number): Promise<Outcome | 'pending'> {
  const dial = dialWith(lab.here, createResolver(lab.here, [THERE]));
  return settled(dial(name, 80, new AbortController().signal), ms);
}

async function settled(begun: Promise<unknown>, ms: number): Promise<Outcome | 'pending'> {
  const told = begun.then(
    (): Outcome => 'connected',
    (error: unknown): Outcome => {
      if (error instanceof DialError) return error.failure;
      throw error;
    },
  );
  await lab.pass(ms);
  return Promise.race([told, Promise.resolve('pending' as const)]);
}
