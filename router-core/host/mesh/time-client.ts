/**
 * Asks a time server once.
 *
 * Standard: RFC 4330 §5, over UDP. The packet is sntp-packet.ts.
 *
 * Invariants
 * - Every question ends: by an answer that is believed, an error of the socket, or its timeout.
 * - The socket is connected: the system drops what comes from elsewhere.
 *
 * @module
 */
import { createSocket } from 'node:dgram';
import { formatIpAddress, type IpAddress, parseIpAddress } from '../../base/ip-address.ts';
import { seconds, type WallClock } from '../../base/units.ts';
import type { TimeAnswer } from '../../mesh/etherguard/ports.ts';
import { monotonicNow } from '../system-clock.ts';
import { systemRandom } from '../system-random.ts';
import { offsetAndRoundTrip, readSntpAnswer, sntpQuestion } from './sntp-packet.ts';
import { findTimeServer } from './time-server-names.ts';

const NTP_PORT = 123;
const NONCE_BYTES = 8;

/** Splits `host`, `host:port`, `[v6]:port` and a bare IPv6 address. */
export function timeServerOf(text: string): { host: string; port: number } | undefined {
  if (parseIpAddress(text) !== undefined) return { host: text, port: NTP_PORT };
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const port = Number(match?.[3] ?? NTP_PORT);
  if (match === null || port < 1 || port > 65535) return undefined;
  return { host: (match[1] ?? match[2]) as string, port };
}

/** Returns what the server told about `clock`, or undefined when nothing believable came in time. */
export async function askTime(
  server: string,
  timeoutMs: number,
  clock: WallClock,
): Promise<TimeAnswer | undefined> {
  const place = timeServerOf(server);
  if (place === undefined) return undefined;
  const until = monotonicNow() + timeoutMs;
  const address = await findTimeServer(place.host, timeoutMs);
  if (address === undefined) return undefined;
  return ask(address, place.port, until - monotonicNow(), clock);
}

function ask(
  address: IpAddress,
  port: number,
  timeoutMs: number,
  clock: WallClock,
): Promise<TimeAnswer | undefined> {
  const nonce = systemRandom.bytes(NONCE_BYTES);
  const socket = createSocket(address.family === 4 ? 'udp4' : 'udp6');
  return new Promise((resolve) => {
    const end = (answer: TimeAnswer | undefined): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(end, Math.max(0, timeoutMs), undefined);
    // Unreachable, or nobody listens there: no answer is an answer, too.
    socket.on('error', () => end(undefined));
    socket.once('connect', () => {
      const asked = clock.now() / 1000;
      socket.on('message', (packet) => {
        const answered = clock.now() / 1000;
        const answer = readSntpAnswer(packet, nonce);
        if (answer === undefined) return;
        const { offset, roundTrip } = offsetAndRoundTrip(answer, asked, answered);
        end({ offsetSeconds: offset, roundTrip: seconds(roundTrip) });
      });
      socket.send(sntpQuestion(nonce));
    });
    socket.connect(port, formatIpAddress(address));
  });
}
