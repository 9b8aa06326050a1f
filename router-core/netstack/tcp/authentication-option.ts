/**
 * The TCP Authentication Option: a MAC over a segment under keys that belong to one connection.
 *
 * Standard: RFC 5925 §5.1 (what is covered) and §5.2 (traffic keys); RFC 5926 §3 (algorithms); vectors of
 * RFC 9235.
 *
 *   master key ──KDF(addresses, ports, both ISNs)──► traffic key, one per direction, one for the SYN
 *   SNE │ pseudo-header │ TCP header, checksum 0, MAC 0 │ options, or none but this │ payload  ──► 12 octets
 *
 * A SYN is covered by a key of which the other side's ISN is 0, because it is not known yet.
 *
 * Invariant: MACs are compared in constant time.
 *
 * @module
 */
import { cmac } from '@noble/ciphers/aes.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { concatBytes, writeUint16, writeUint32 } from '../../base/bytes.ts';
import type { IpFamily } from '../../base/ip-address.ts';
import { TCP_CHECKSUM_OFFSET, TCP_HEADER_BYTES, tcpHeaderBytes } from '../../packet/index.ts';
import { protocolAndLength } from './pseudo-header.ts';

export const AUTHENTICATION_ALGORITHMS = ['hmac-sha-1-96', 'aes-128-cmac-96'] as const;
export type AuthenticationAlgorithm = (typeof AUTHENTICATION_ALGORITHMS)[number];

/** Kind, length, KeyID, RNextKeyID, MAC. */
export const TCP_OPTION_AO = 29;
export const TCP_OPTION_AO_BYTES = 16;
/** Octets of a MAC, cut to 96 bits (RFC 5926 §3.2). */
export const MAC_BYTES = 12;
/** Where the MAC stands in the option, behind kind, length and both KeyIDs. */
export const MAC_OFFSET = 4;
/** RFC 5926 §3.1: i and label before the context, the length of the key in bits after it. */
const KDF_HEAD = Uint8Array.of(1, ...new TextEncoder().encode('TCP-AO'));
const AES_KEY_BYTES = 16;

/** A master key tuple (RFC 5925 §3.1), of one neighbor. */
export type MasterKey = {
  readonly sendId: number;
  readonly receiveId: number;
  readonly algorithm: AuthenticationAlgorithm;
  readonly key: Uint8Array;
  /** Whether all options of a segment are covered, or this one alone. */
  readonly coversOptions: boolean;
};

type Algorithm = {
  readonly keyBytes: number;
  derive(master: Uint8Array, input: Uint8Array): Uint8Array;
  mac(key: Uint8Array, message: Uint8Array): Uint8Array;
};
const ALGORITHMS: Readonly<Record<AuthenticationAlgorithm, Algorithm>> = {
  'hmac-sha-1-96': {
    keyBytes: 20,
    derive: (master, input) => hmac(sha1, master, input),
    mac: (key, message) => hmac(sha1, key, message),
  },
  'aes-128-cmac-96': {
    keyBytes: AES_KEY_BYTES,
    derive: (master, input) => cmac(input, ofAesLength(master)),
    mac: (key, message) => cmac(message, key),
  },
};

/** RFC 5926 §3.1.1.2: a master key of another length goes through CMAC under zeros first. */
const ofAesLength = (master: Uint8Array): Uint8Array =>
  master.length === AES_KEY_BYTES ? master : cmac(master, new Uint8Array(AES_KEY_BYTES));

/** One end of a connection as the keys see it; `isn` of the side that has not spoken yet is 0. */
export type KeyEnd = { readonly address: Uint8Array; readonly port: number; readonly isn: number };

/** Returns the key of segments from `source` to `destination` (RFC 5925 §5.2). */
export function trafficKey(
  algorithm: AuthenticationAlgorithm,
  master: Uint8Array,
  source: KeyEnd,
  destination: KeyEnd,
): Uint8Array {
  const { keyBytes, derive } = ALGORITHMS[algorithm];
  const numbers = new Uint8Array(14);
  writeUint16(numbers, 0, source.port);
  writeUint16(numbers, 2, destination.port);
  writeUint32(numbers, 4, source.isn);
  writeUint32(numbers, 8, destination.isn);
  writeUint16(numbers, 12, keyBytes * 8);
  return derive(master, concatBytes(KDF_HEAD, source.address, destination.address, numbers));
}

/** What a MAC covers. */
export type CoveredSegment = {
  readonly family: IpFamily;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly b: Uint8Array;
  /** Of the TCP header, and behind the payload. */
  readonly start: number;
  readonly end: number;
  /** Where the option stands. */
  readonly option: number;
  /** The 32 bits above the sequence number (RFC 5925 §6.2). */
  readonly sequenceExtension: number;
};

/** Returns the MAC of a segment; `coversOptions` false leaves out all options but this one (RFC 5925 §5.1). */
export function macOf(
  algorithm: AuthenticationAlgorithm,
  key: Uint8Array,
  coversOptions: boolean,
  segment: CoveredSegment,
): Uint8Array {
  const { b, start, end, option, source, destination } = segment;
  const dataStart = start + tcpHeaderBytes(b, start);
  const header = b.slice(start, dataStart);
  writeUint16(header, TCP_CHECKSUM_OFFSET, 0);
  const mac = option - start + MAC_OFFSET;
  header.fill(0, mac, mac + MAC_BYTES);
  const extension = new Uint8Array(4);
  writeUint32(extension, 0, segment.sequenceExtension);
  const covered = coversOptions
    ? [header]
    : [
        header.subarray(0, TCP_HEADER_BYTES),
        header.subarray(option - start, option - start + TCP_OPTION_AO_BYTES),
      ];
  const message = concatBytes(
    extension,
    source,
    destination,
    protocolAndLength(segment.family, end - start),
    ...covered,
    b.subarray(dataStart, end),
  );
  return ALGORITHMS[algorithm].mac(key, message).subarray(0, MAC_BYTES);
}
