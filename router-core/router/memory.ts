/**
 * What a router remembers over a restart: endpoints and TCP 4-tuples, for a quick return.
 *
 * Not standardized; docs/architecture.md §8 and §9. The host writes it to `<data>/runtime.json`.
 *
 * Invariants
 * - What cannot be read is forgotten, never fatal: the file only makes the return faster.
 * - It holds no secret.
 *
 * @module
 */
import { fromHex, toHex } from '../base/bytes.ts';
import { checkSchema, type Schema } from '../base/schema.ts';

export type RememberedSession = {
  readonly local: string;
  readonly localPort: number;
  readonly remote: string;
  readonly remotePort: number;
};
export type RememberedPeer = {
  /** The last authenticated endpoint. */
  readonly endpoint?: string;
  /** What the configuration said then, empty for none. */
  readonly configured: string;
  /** Our port it reached us by. */
  readonly port: number;
  readonly sessions: readonly RememberedSession[];
};
export type RuntimeMemory = {
  readonly version: 1;
  /** The greatest TAI64N ever sent, hex. */
  readonly greatestTimestamp: string;
  /** By public key, base64. */
  readonly peers: Readonly<Record<string, RememberedPeer>>;
};

const SESSION: Schema = {
  kind: 'object',
  fields: {
    local: { kind: 'string', required: true },
    localPort: { kind: 'number', maximum: 65535, required: true },
    remote: { kind: 'string', required: true },
    remotePort: { kind: 'number', maximum: 65535, required: true },
  },
};
const PEER: Schema = {
  kind: 'object',
  fields: {
    endpoint: { kind: 'string' },
    configured: { kind: 'string', required: true },
    port: { kind: 'number', maximum: 65535, required: true },
    sessions: { kind: 'array', items: SESSION, maxItems: 8, required: true },
  },
};

export const EMPTY_MEMORY: RuntimeMemory = { version: 1, greatestTimestamp: '', peers: {} };

/** Reads a stored memory; what is not as it should be is left out. */
export function readMemory(value: unknown): RuntimeMemory {
  if (typeof value !== 'object' || value === null) return EMPTY_MEMORY;
  const { version, greatestTimestamp, peers } = value as Record<string, unknown>;
  if (
    version !== 1 ||
    typeof greatestTimestamp !== 'string' ||
    typeof peers !== 'object' ||
    peers === null
  )
    return EMPTY_MEMORY;
  const usable = Object.entries(peers).filter(([, peer]) => checkSchema(PEER, peer).length === 0);
  return {
    version: 1,
    greatestTimestamp: fromHex(greatestTimestamp)?.length === 12 ? greatestTimestamp : '',
    peers: Object.fromEntries(usable) as Record<string, RememberedPeer>,
  };
}

export const timestampOfMemory = (memory: RuntimeMemory): Uint8Array | undefined =>
  memory.greatestTimestamp === '' ? undefined : fromHex(memory.greatestTimestamp);

export const timestampText = (timestamp: Uint8Array): string => toHex(timestamp);
