/**
 * The digest of a document: what tells two of the same revision apart.
 *
 * Standard: RFC 8785 in spirit (keys sorted, no white space); SHA-256.
 *
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from '../base/bytes.ts';
import type { NodeConfig } from './types.ts';

const encoder = new TextEncoder();

/** Returns plain data as JSON with sorted keys, so that equal data gives equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value))
    return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`);
  return `{${fields.join(',')}}`;
}

/** Returns the document with its digest: what it desires, without who asked and when. */
export function withDigest(document: Omit<NodeConfig, 'digest'>): NodeConfig {
  const {
    epoch: _epoch,
    revision: _revision,
    operation: _operation,
    allowMassRemoval: _brake,
    ...desired
  } = document;
  return { ...document, digest: toHex(sha256(encoder.encode(canonicalJson(desired)))) };
}
