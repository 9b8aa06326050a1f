/**
 * SOCKS5 as octets: what a client says until it is connected, and what it is answered.
 *
 * Standard: RFC 1928 (CONNECT; BIND and UDP ASSOCIATE are answered "not supported"), RFC 1929.
 *
 *   client  5 │ n │ methods          1 │ length │ user │ length │ password     5 │ 1 │ 0 │ address │ port
 *   we                 5 │ method                       1 │ status                      5 │ reply │ 0 │ …
 *
 * Invariants
 * - At most one message of each kind is kept, and none is longer than its length octets allow.
 * - Without the right password no request is read.
 *
 * @module
 */
import { timingSafeEqual } from 'node:crypto';
import { concatBytes } from '../../base/bytes.ts';
import { formatIpAddress } from '../../base/ip-address.ts';
import type { Credentials } from '../../router/index.ts';

const VERSION = 5,
  PASSWORD_VERSION = 1;
const METHOD_NONE = 0,
  METHOD_PASSWORD = 2,
  METHOD_NOT_ACCEPTABLE = 0xff;
const COMMAND_CONNECT = 1;
const ADDRESS_IPV4 = 1,
  ADDRESS_NAME = 3,
  ADDRESS_IPV6 = 4;

/** RFC 1928 §6. */
export const SOCKS_REPLIES = {
  succeeded: 0,
  'general-failure': 1,
  'not-allowed': 2,
  'network-unreachable': 3,
  'host-unreachable': 4,
  'connection-refused': 5,
  'ttl-expired': 6,
  'command-not-supported': 7,
  'address-type-not-supported': 8,
} as const;
export type SocksReply = keyof typeof SOCKS_REPLIES;

export type SocksStep =
  | { readonly kind: 'more' }
  /** Send this and read on. */
  | { readonly kind: 'answer'; readonly octets: Uint8Array }
  /** `rest`: what came behind the request, already meant for the other side. */
  | {
      readonly kind: 'connect';
      readonly host: string;
      readonly port: number;
      readonly rest: Uint8Array;
    }
  /** Send this, which may be nothing, and close. */
  | { readonly kind: 'refuse'; readonly octets: Uint8Array; readonly because: SocksRefusal };
export type SocksRefusal = 'not-socks5' | 'password' | 'command' | 'address-type';

type Phase = 'greeting' | 'password' | 'request';

/** The conversation of one client up to its request. */
export class SocksHandshake {
  private readonly credentials: Credentials | undefined;
  private phase: Phase = 'greeting';
  private received: Uint8Array = new Uint8Array(0);

  constructor(credentials: Credentials | undefined) {
    this.credentials = credentials;
  }

  /** Takes octets; call `next` until it wants more. */
  receive(octets: Uint8Array): void {
    this.received = concatBytes(this.received, octets);
  }

  next(): SocksStep {
    const [first, second] = this.received;
    if (first === undefined) return MORE;
    if (first !== (this.phase === 'password' ? PASSWORD_VERSION : VERSION))
      return refuse('not-socks5', []);
    if (second === undefined) return MORE;
    switch (this.phase) {
      case 'greeting':
        return this.greeting(second);
      case 'password':
        return this.password(second);
      case 'request':
        return this.request(second);
    }
  }

  private greeting(count: number): SocksStep {
    const methods = this.take(2, count);
    if (methods === undefined) return MORE;
    const wanted = this.credentials === undefined ? METHOD_NONE : METHOD_PASSWORD;
    if (!methods.includes(wanted)) return refuse('password', [VERSION, METHOD_NOT_ACCEPTABLE]);
    this.phase = wanted === METHOD_NONE ? 'request' : 'password';
    return answer([VERSION, wanted]);
  }

  private password(userLength: number): SocksStep {
    const passwordLength = this.received[2 + userLength];
    if (passwordLength === undefined) return MORE;
    const said = this.take(2, userLength + 1 + passwordLength);
    if (said === undefined) return MORE;
    const user = said.subarray(0, userLength);
    const isRight = areRight(this.credentials, user, said.subarray(userLength + 1));
    // RFC 1929 §2: any other status, and the connection is closed.
    if (!isRight) return refuse('password', [PASSWORD_VERSION, 1]);
    this.phase = 'request';
    return answer([PASSWORD_VERSION, 0]);
  }

  private request(command: number): SocksStep {
    const [, , , type, nameLength] = this.received;
    if (type === undefined || nameLength === undefined) return MORE;
    const length = addressLength(type, nameLength);
    if (length === undefined)
      return refuse('address-type', socksReply('address-type-not-supported'));
    const octets = this.take(4, length + 2);
    if (octets === undefined) return MORE;
    if (command !== COMMAND_CONNECT) return refuse('command', socksReply('command-not-supported'));
    const address = octets.subarray(0, length);
    const port = ((octets[length] ?? 0) << 8) | (octets[length + 1] ?? 0);
    return { kind: 'connect', host: hostOf(type, address), port, rest: this.received };
  }

  /** Takes `count` octets from `start` on, and what stands before them; undefined: they are not all there. */
  private take(start: number, count: number): Uint8Array | undefined {
    if (this.received.length < start + count) return undefined;
    const taken = this.received.subarray(start, start + count);
    this.received = this.received.subarray(start + count);
    return taken;
  }
}

/** A reply; the address we speak from is nobody's business and stays zero, as most servers do. */
export const socksReply = (reply: SocksReply): Uint8Array =>
  Uint8Array.of(VERSION, SOCKS_REPLIES[reply], 0, ADDRESS_IPV4, 0, 0, 0, 0, 0, 0);

/** Whether both are right, in a time that tells nothing of how much of them is. */
export function areRight(
  credentials: Credentials | undefined,
  user: Uint8Array,
  password: Uint8Array,
): boolean {
  if (credentials === undefined) return false;
  const isUser = equalInConstantTime(user, Buffer.from(credentials.username));
  const isPassword = equalInConstantTime(password, Buffer.from(credentials.password));
  return isUser && isPassword;
}

function equalInConstantTime(given: Uint8Array, right: Uint8Array): boolean {
  // As long as the right one, whatever was given.
  const padded = Buffer.alloc(right.length);
  padded.set(given.subarray(0, right.length));
  const isEqual = timingSafeEqual(padded, right);
  return isEqual && given.length === right.length;
}

function addressLength(type: number, nameLength: number): number | undefined {
  switch (type) {
    case ADDRESS_IPV4:
      return 4;
    case ADDRESS_IPV6:
      return 16;
    case ADDRESS_NAME:
      return 1 + nameLength;
    default:
      return undefined;
  }
}

function hostOf(type: number, address: Uint8Array): string {
  if (type === ADDRESS_NAME) return Buffer.from(address.subarray(1)).toString('latin1');
  return formatIpAddress({ family: type === ADDRESS_IPV4 ? 4 : 6, bytes: address });
}

const MORE: SocksStep = { kind: 'more' };
const answer = (octets: readonly number[]): SocksStep => ({
  kind: 'answer',
  octets: Uint8Array.from(octets),
});
const refuse = (because: SocksRefusal, octets: ArrayLike<number>): SocksStep => ({
  kind: 'refuse',
  octets: Uint8Array.from(octets),
  because,
});
