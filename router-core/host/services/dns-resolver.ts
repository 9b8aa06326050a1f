/**
 * Names of DN42 to addresses: a stub resolver that asks servers in DN42 through our own stack.
 *
 * Standard: RFC 1035 §4.2 (UDP, and TCP when an answer was cut off), RFC 7766 §5; RFC 5452 §9 (a new random id
 * and source port for each question). Written here, because what Node has asks by the host's own network.
 *
 *   servers in order ─► UDP, 2 s ─► next server … ─► and all of them once more
 *
 * Not kept: answers. The servers are near and have a cache.
 *
 * @module
 */
import { randomInt } from 'node:crypto';
import { readUint16, writeUint16 } from '../../base/bytes.ts';
import type { IpAddress } from '../../base/ip-address.ts';
import { DialError, dialAddresses, type Resolve } from './dial.ts';
import {
  type AddressType,
  type Answer,
  type Question,
  readAnswer,
  writeQuestion,
} from './dns-message.ts';
import { DNS_ANSWER_BYTES, DNS_ANSWER_MS, DNS_ATTEMPTS, DNS_NAMES } from './limits.ts';
import type { Overlay, OverlaySocket } from './overlay-socket.ts';

const DNS_PORT = 53;

export function createResolver(overlay: Overlay, servers: readonly IpAddress[]): Resolve {
  let running = 0;

  async function resolve(name: string): Promise<IpAddress[]> {
    const answers = await Promise.all([question(name, 'AAAA'), question(name, 'A')]);
    const addresses = answers.flatMap((answer) =>
      answer?.kind === 'addresses' ? answer.addresses : [],
    );
    if (addresses.length > 0) return addresses;
    const isAnswered = answers.every((answer) => answer !== undefined);
    throw new DialError(isAnswered ? 'name-unknown' : 'name-unanswered');
  }

  /** Asks until a server knows; undefined when none does. */
  async function question(name: string, type: AddressType): Promise<Answer | undefined> {
    for (let attempt = 0; attempt < DNS_ATTEMPTS; attempt++) {
      for (const server of servers) {
        const asked: Question = { id: randomInt(0x10000), name, type };
        const answer = await askByUdp(overlay, server, asked);
        const whole =
          answer?.kind === 'truncated' ? await askByTcp(overlay, server, asked) : answer;
        if (whole?.kind === 'addresses' || whole?.kind === 'no-such-name') return whole;
      }
    }
    return undefined;
  }

  return async (name) => {
    if (running >= DNS_NAMES) throw new DialError('too-many');
    running++;
    try {
      return await resolve(name);
    } finally {
      running--;
    }
  };
}

function askByUdp(
  overlay: Overlay,
  server: IpAddress,
  question: Question,
): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const done = (answer: Answer | undefined): void => {
      clearTimeout(timer);
      asked?.close();
      resolve(answer);
    };
    const asked = overlay.sockets().ask(
      server,
      DNS_PORT,
      writeQuestion(question),
      (payload) => {
        // What is no answer may be somebody's guess: the right one can still come.
        const answer = readAnswer(payload, question);
        if (answer !== undefined) done(answer);
      },
      overlay.now(),
    );
    overlay.wake();
    const timer = setTimeout(() => done(undefined), DNS_ANSWER_MS);
    if (asked === undefined) done(undefined);
  });
}

async function askByTcp(
  overlay: Overlay,
  server: IpAddress,
  question: Question,
): Promise<Answer | undefined> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), DNS_ANSWER_MS);
  try {
    const socket = await dialAddresses(overlay, [server], DNS_PORT, limit.signal);
    limit.signal.addEventListener('abort', () => socket.destroy(), { once: true });
    socket.write(framed(writeQuestion(question)));
    const message = await firstMessage(socket);
    return message === undefined ? undefined : readAnswer(message, question);
  } catch (error) {
    // No TCP there: as if it had not answered.
    if (error instanceof DialError) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** RFC 1035 §4.2.2: two octets of length stand before a message. */
function framed(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(2 + message.length);
  writeUint16(frame, 0, message.length);
  frame.set(message, 2);
  return frame;
}

/** Returns the first message, or undefined when the stream ends before it or it is too long. */
function firstMessage(socket: OverlaySocket): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    let received: Uint8Array = new Uint8Array(0);
    const done = (message: Uint8Array | undefined): void => {
      socket.destroy();
      resolve(message);
    };
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2) return;
      const length = readUint16(received, 0);
      if (length > DNS_ANSWER_BYTES) done(undefined);
      else if (received.length >= 2 + length) done(received.subarray(2, 2 + length));
    });
    socket.once('error', () => done(undefined));
    socket.once('close', () => done(undefined));
    socket.once('end', () => done(undefined));
  });
}
