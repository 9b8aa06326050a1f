/**
 * Signature packets: datagrams made to look like another protocol, sent before an initiation.
 *
 * Not standardized; AmneziaWG 1.5, parameters I1 to I5.
 *
 *   <b 0xHEX> octets   <r N> random   <rd N> digits   <rc N> letters   <t> Unix time, big-endian
 *   <d> <ds> <dz N>    wrapped data, of which there is none here: nothing, nothing, N zero octets
 *
 * Text outside tags is ignored; a description without tags means no packet; one bad tag spoils all.
 *
 * @module
 */
import { fromHex, writeUint32 } from '../../base/bytes.ts';
import { OBFUSCATED_DATAGRAM_BYTES_MAX, SIGNATURE_TEXT_MAX } from './limits.ts';
import type { RandomPool } from './random-pool.ts';

type Part =
  | { readonly kind: 'octets'; readonly octets: Uint8Array }
  | { readonly kind: 'random' | 'digits' | 'letters'; readonly count: number }
  | { readonly kind: 'time' };

export type SignaturePacket = { readonly parts: readonly Part[]; readonly bytes: number };

const DIGITS = '0123456789';
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const TIME_BYTES = 4;

/** Reads a description; a text instead of a packet says what is wrong with it. */
export function parseSignaturePacket(text: string): SignaturePacket | string {
  if (text.length > SIGNATURE_TEXT_MAX) return `is longer than ${SIGNATURE_TEXT_MAX} characters`;
  const parts: Part[] = [];
  let bytes = 0;
  for (let open = text.indexOf('<'); open >= 0; ) {
    const close = text.indexOf('>', open);
    if (close < 0) return 'has a tag without ">"';
    const part = parsePart(text.slice(open + 1, close));
    if (typeof part === 'string') return part;
    parts.push(part);
    bytes += partBytes(part);
    if (bytes > OBFUSCATED_DATAGRAM_BYTES_MAX) {
      return `makes a datagram of more than ${OBFUSCATED_DATAGRAM_BYTES_MAX} octets`;
    }
    open = text.indexOf('<', close);
  }
  return { parts, bytes };
}

/** Writes a fresh packet at `start`; the caller has room for its octets. */
export function writeSignaturePacket(
  packet: SignaturePacket,
  b: Uint8Array,
  start: number,
  random: RandomPool,
  unixSeconds: number,
): number {
  let at = start;
  for (const part of packet.parts) {
    const end = at + partBytes(part);
    switch (part.kind) {
      case 'octets':
        b.set(part.octets, at);
        break;
      case 'random':
        random.fill(b, at, end);
        break;
      case 'digits':
        fillFrom(DIGITS, b, at, end, random);
        break;
      case 'letters':
        fillFrom(LETTERS, b, at, end, random);
        break;
      case 'time':
        writeUint32(b, at, unixSeconds);
    }
    at = end;
  }
  return at;
}

function parsePart(tag: string): Part | string {
  const [name = '', argument, ...rest] = tag.trim().split(/\s+/);
  if (rest.length > 0) return `has too many words in <${name}>`;
  switch (name) {
    case 'b':
      return parseOctets(argument);
    case 'r':
      return parseCount('random', name, argument);
    case 'rd':
      return parseCount('digits', name, argument);
    case 'rc':
      return parseCount('letters', name, argument);
    case 't':
      return { kind: 'time' };
    case 'd':
    case 'ds':
      return { kind: 'octets', octets: new Uint8Array(0) };
    case 'dz': {
      const part = parseCount('random', name, argument);
      return typeof part === 'string'
        ? part
        : { kind: 'octets', octets: new Uint8Array(partBytes(part)) };
    }
    default:
      return 'has a tag that is none of b, r, rd, rc, t, d, ds, dz';
  }
}

function parseOctets(argument = ''): Part | string {
  const octets = fromHex(argument.replace(/^0x/, ''));
  return octets === undefined || octets.length === 0
    ? 'needs an even number of hexadecimal digits in <b>'
    : { kind: 'octets', octets };
}

function parseCount(
  kind: 'random' | 'digits' | 'letters',
  name: string,
  argument = '',
): Part | string {
  if (!/^[0-9]{1,5}$/.test(argument)) return `needs a number of octets in <${name}>`;
  const count = Number(argument);
  return count > OBFUSCATED_DATAGRAM_BYTES_MAX
    ? `makes a datagram of more than ${OBFUSCATED_DATAGRAM_BYTES_MAX} octets`
    : { kind, count };
}

function partBytes(part: Part): number {
  switch (part.kind) {
    case 'octets':
      return part.octets.length;
    case 'time':
      return TIME_BYTES;
    default:
      return part.count;
  }
}

function fillFrom(
  alphabet: string,
  b: Uint8Array,
  start: number,
  end: number,
  random: RandomPool,
): void {
  for (let i = start; i < end; i++) {
    b[i] = alphabet.charCodeAt(random.between(0, alphabet.length - 1));
  }
}
