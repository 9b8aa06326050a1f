/**
 * The keys of TCP-AO as people write them.
 *
 * Standard: RFC 5925 §3.1 (master key tuples). The first key is the preferred one; a second one lets both ends
 * change keys one after the other.
 *
 * @module
 */
import type { Finding } from '../base/errors.ts';
import type { Schema } from '../base/schema.ts';
import {
  AUTHENTICATION_ALGORITHMS,
  type AuthenticationAlgorithm,
  type MasterKey,
} from '../netstack/index.ts';
import { PASSWORD_RULE, parseTcpPassword } from './tcp-password.ts';

/** More are not needed to change keys, and every segment of a stranger may be held against each. */
const KEYS_MAX = 4;

/** One key; both ends write `sendId` and `receiveId` crosswise. */
export type TcpAoKey = {
  readonly sendId: number;
  readonly receiveId: number;
  readonly key: string;
  /** Default: hmac-sha-1-96. */
  readonly algorithm?: AuthenticationAlgorithm;
  /** Whether the MAC covers the other options too; default: yes. */
  readonly coversOptions?: boolean;
};

const ID: Schema = { kind: 'number', maximum: 255 };
export const TCP_AO_SCHEMA: Schema = {
  kind: 'array',
  maxItems: KEYS_MAX,
  items: {
    kind: 'object',
    fields: {
      sendId: { ...ID, required: true },
      receiveId: { ...ID, required: true },
      key: { kind: 'string', maxLength: 80, required: true, secret: true },
      algorithm: { kind: 'string', oneOf: AUTHENTICATION_ALGORITHMS },
      coversOptions: { kind: 'boolean' },
    },
  },
};

/** Returns what is wrong first. `hasPassword`: the peering has the older kind of signature as well. */
export function checkTcpAo(keys: readonly TcpAoKey[], hasPassword: boolean): Finding | undefined {
  const wrong = (path: string, message: string): Finding => ({
    code: 'PASSWORD_INVALID',
    path,
    message,
    severity: 'error',
  });
  if (keys.length === 0) return wrong('tcpAo', 'tcpAo needs a key, or is left out.');
  if (hasPassword) return wrong('tcpAo', 'A session has tcpAo or a password (TCP MD5), not both.');
  for (const [i, { key, sendId, receiveId }] of keys.entries()) {
    if (parseTcpPassword(key) === undefined) return wrong(`tcpAo[${i}].key`, PASSWORD_RULE);
    const others = keys.slice(0, i);
    if (others.some((other) => other.sendId === sendId || other.receiveId === receiveId))
      return wrong(`tcpAo[${i}]`, 'Each key of tcpAo has a sendId and a receiveId of its own.');
  }
  return undefined;
}

/** Returns the keys as TCP takes them; they were checked. */
export const masterKeysOf = (keys: readonly TcpAoKey[]): MasterKey[] =>
  keys.map(({ sendId, receiveId, key, algorithm = 'hmac-sha-1-96', coversOptions = true }) => ({
    sendId,
    receiveId,
    algorithm,
    coversOptions,
    key: new TextEncoder().encode(key),
  }));
