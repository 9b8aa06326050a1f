/**
 * Preshared keys for pairs of edges.
 *
 * Standard: BLAKE2s (RFC 7693). Each edge has a secret of ours, made when it comes and erased when it goes; the
 * key of two is a hash of both secrets. So both ends get the same one, nobody can tell it from the keys he has
 * himself, it is another one once either edge went or the supernode restarted, and a thousand edges need a
 * thousand secrets in place of half a million keys.
 *
 * @module
 */
import { asciiBytes } from '../../../base/bytes.ts';
import type { HandshakePrimitives } from '../../../wireguard/index.ts';
import type { Edge } from './edge-table.ts';

const LABEL = asciiBytes('rootless42 inter-edge psk');

export function pairKey(crypto: HandshakePrimitives, a: Edge, b: Edge): Uint8Array {
  const [first, second] = a.id < b.id ? [a, b] : [b, a];
  return crypto.hash(LABEL, first.pairSecret, second.pairSecret);
}
