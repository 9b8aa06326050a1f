/**
 * Signatures of segments: MD5 over addresses, header, payload and a key that both ends know.
 *
 * Standard: RFC 2385 §2 (what is signed) and §3 (the option); RFC 8200 §8.1 (IPv6 pseudo-header).
 *
 *   pseudo-header │ TCP header, checksum 0, no options │ payload │ key  ──► 16 octets
 *
 * Options are not signed, but counted in the pseudo-header's length. MD5 is broken as a hash and nobody
 * would choose this form of MAC today; it keeps out who can inject but not read, and is what DN42's
 * daemons speak. The key decides who calls this: a neighbor without one costs nothing.
 *
 * Invariant: signatures are compared in constant time.
 *
 * @module
 */
import { md5 } from '@noble/hashes/legacy.js';
import { equalSecrets, writeUint16 } from '../../base/bytes.ts';
import type { IpFamily } from '../../base/ip-address.ts';
import {
  TCP_CHECKSUM_OFFSET,
  TCP_HEADER_BYTES,
  TCP_OPTION_MD5_BYTES,
  tcpHeaderBytes,
} from '../../packet/index.ts';
import { protocolAndLength } from './pseudo-header.ts';

/** Octets of the digest: the option without kind and length. */
const DIGEST_BYTES = TCP_OPTION_MD5_BYTES - 2;

/** Returns the signature of the segment from `start` to `end`; addresses are (octets, offset). */
export function signatureOf(
  key: Uint8Array,
  family: IpFamily,
  source: Uint8Array,
  sourceAt: number,
  destination: Uint8Array,
  destinationAt: number,
  b: Uint8Array,
  start: number,
  end: number,
): Uint8Array {
  const octets = family === 4 ? 4 : 16;
  const header = b.slice(start, start + TCP_HEADER_BYTES);
  writeUint16(header, TCP_CHECKSUM_OFFSET, 0);
  return md5
    .create()
    .update(source.subarray(sourceAt, sourceAt + octets))
    .update(destination.subarray(destinationAt, destinationAt + octets))
    .update(protocolAndLength(family, end - start))
    .update(header)
    .update(b.subarray(start + tcpHeaderBytes(b, start), end))
    .update(key)
    .digest();
}

/** Whether the signature at `signature` is that of a received segment, `remote` being its source. */
export function isSignatureRight(
  key: Uint8Array,
  family: IpFamily,
  b: Uint8Array,
  remoteAt: number,
  localAt: number,
  start: number,
  end: number,
  signature: number,
): boolean {
  const expected = signatureOf(key, family, b, remoteAt, b, localAt, b, start, end);
  return equalSecrets(expected, b.subarray(signature, signature + DIGEST_BYTES));
}
