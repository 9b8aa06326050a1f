/**
 * What a key-cert object's body says about its OpenPGP key: fingerprint, revocation, expiry.
 *
 * Standard: RFC 9580 §4.2 (packet headers), §5.2.3 (signatures), §5.5.4.2 (fingerprint), §6.2
 * (armor). Keys of version 4 only, as everywhere in the registry.
 *
 * This is for showing which sign-in methods work and why others do not. No signature is checked
 * here: a proof verifies self-signatures and revocations with a complete OpenPGP implementation
 * (app/_auth/proofs/pgp.ts). Where this reader errs, it errs towards "not usable".
 *
 * Invariant: never throws; anything odd is undefined.
 *
 * @module
 */
import { at, equalBytes, fromBase64, readUint16, readUint32, toHex } from '../base/bytes.ts';
import { sha1 } from './sha1.ts';

export type OpenPgpKeyFacts = {
  /** 40 hexadecimal digits, upper case. */
  readonly fingerprint: string;
  readonly revoked: boolean;
  /** Unix seconds, or null when the key does not expire. */
  readonly expiresAt: number | null;
};

const TAG_SIGNATURE = 2,
  TAG_PUBLIC_KEY = 6,
  TAG_USER_ID = 13,
  TAG_PUBLIC_SUBKEY = 14;
const TYPE_KEY_REVOCATION = 0x20,
  TYPE_DIRECT_KEY = 0x1f;
const SUBPACKET_CREATED = 2,
  SUBPACKET_KEY_EXPIRATION = 9,
  SUBPACKET_ISSUER = 16,
  SUBPACKET_ISSUER_FINGERPRINT = 33;
const MAX_PACKETS = 1000;

/** Reads an armored public key; undefined when it is none, or not of version 4. */
export function readOpenPgpKey(armor: string): OpenPgpKeyFacts | undefined {
  const bytes = dearmor(armor);
  const packets = bytes === undefined ? undefined : readPackets(bytes);
  const primary = packets?.[0];
  if (packets === undefined || primary?.tag !== TAG_PUBLIC_KEY) return undefined;
  const body = primary.body;
  if (body.length < 6 || body.length > 0xffff || at(body, 0) !== 4) return undefined;

  const prefixed = new Uint8Array(3 + body.length);
  prefixed.set([0x99, body.length >>> 8, body.length & 0xff]);
  prefixed.set(body, 3);
  const fingerprint = sha1(prefixed);
  const created = readUint32(body, 1);

  let revoked = false;
  let newest = -1;
  let lifetime = 0;
  // RFC 9580 §10.1: self-signatures stand behind the key or a user ID, before the first subkey.
  for (const packet of packets.slice(1)) {
    if (packet.tag === TAG_PUBLIC_SUBKEY || packet.tag === TAG_PUBLIC_KEY) break;
    if (packet.tag !== TAG_SIGNATURE) continue;
    const signature = readSignature(packet.body);
    if (signature === undefined) continue;
    if (signature.type === TYPE_KEY_REVOCATION) revoked = true;
    const isSelf = equalBytes(signature.issuer, fingerprint.subarray(12));
    const speaksOfKey =
      signature.type === TYPE_DIRECT_KEY || (signature.type >= 0x10 && signature.type <= 0x13);
    if (isSelf && speaksOfKey && signature.created >= newest) {
      newest = signature.created;
      lifetime = signature.keyLifetime;
    }
  }
  return {
    fingerprint: toHex(fingerprint).toUpperCase(),
    revoked,
    expiresAt: lifetime === 0 ? null : created + lifetime,
  };
}

const ARMOR =
  /^-----BEGIN PGP PUBLIC KEY BLOCK-----[ \t]*\n([\s\S]*?)^-----END PGP PUBLIC KEY BLOCK-----[ \t]*$/m;

function dearmor(armor: string): Uint8Array | undefined {
  const block = ARMOR.exec(armor.replaceAll('\r', ''))?.[1];
  if (block === undefined) return undefined;
  const lines = block.split('\n').map((line) => line.trim());
  // Armor headers end with the first blank line; a line of base64 has no colon.
  const start = lines.findIndex((line) => !line.includes(': ') && line !== '');
  // RFC 9580 §6.1.1: the CRC-24 line may be missing and must not be relied upon.
  return fromBase64(
    lines
      .slice(Math.max(0, start))
      .filter((line) => !line.startsWith('='))
      .join(''),
  );
}

type Packet = { readonly tag: number; readonly body: Uint8Array };

/** RFC 9580 §4.2.1 and §4.2.2: both header formats; partial lengths are for data packets only. */
function readPackets(bytes: Uint8Array): Packet[] | undefined {
  const packets: Packet[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (packets.length === MAX_PACKETS) return undefined;
    const header = at(bytes, offset++);
    if ((header & 0x80) === 0) return undefined;
    const isNewFormat = (header & 0x40) !== 0;
    const length = isNewFormat ? newLength(bytes, offset) : oldLength(bytes, offset, header & 0x03);
    if (length === undefined) return undefined;
    const end = length.bodyAt + length.octets;
    if (end > bytes.length) return undefined;
    packets.push({
      tag: isNewFormat ? header & 0x3f : (header >>> 2) & 0x0f,
      body: bytes.subarray(length.bodyAt, end),
    });
    offset = end;
  }
  return packets.some((packet) => packet.tag === TAG_USER_ID) ? packets : undefined;
}

type BodyLength = { readonly octets: number; readonly bodyAt: number };

function oldLength(b: Uint8Array, offset: number, lengthType: number): BodyLength | undefined {
  if (lengthType === 3 || offset + (1 << lengthType) > b.length) return undefined;
  if (lengthType === 0) return { octets: at(b, offset), bodyAt: offset + 1 };
  if (lengthType === 1) return { octets: readUint16(b, offset), bodyAt: offset + 2 };
  return { octets: readUint32(b, offset), bodyAt: offset + 4 };
}

/** Also the length of a signature's subpacket, which counts from 192 in the same way. */
function newLength(b: Uint8Array, offset: number): BodyLength | undefined {
  if (offset >= b.length) return undefined;
  const first = at(b, offset);
  if (first < 192) return { octets: first, bodyAt: offset + 1 };
  if (first < 224)
    return offset + 2 > b.length
      ? undefined
      : { octets: ((first - 192) << 8) + at(b, offset + 1) + 192, bodyAt: offset + 2 };
  if (first < 255 || offset + 5 > b.length) return undefined;
  return { octets: readUint32(b, offset + 1), bodyAt: offset + 5 };
}

type SignatureFacts = {
  readonly type: number;
  readonly created: number;
  /** Seconds after the key's creation; 0: the key does not expire. */
  readonly keyLifetime: number;
  /** Key id of eight octets; empty when unknown. */
  readonly issuer: Uint8Array;
};

/** RFC 9580 §5.2.3: version 4 signatures; others are passed over. */
function readSignature(body: Uint8Array): SignatureFacts | undefined {
  if (body.length < 6 || at(body, 0) !== 4) return undefined;
  const hashedEnd = 6 + readUint16(body, 4);
  if (hashedEnd + 2 > body.length) return undefined;
  const unhashedEnd = hashedEnd + 2 + readUint16(body, hashedEnd);
  if (unhashedEnd > body.length) return undefined;

  let created = 0;
  let keyLifetime = 0;
  let issuer = new Uint8Array(0);
  const visit = (type: number, data: Uint8Array, isHashed: boolean): void => {
    if (type === SUBPACKET_ISSUER && data.length === 8) issuer = data.slice();
    if (type === SUBPACKET_ISSUER_FINGERPRINT && data.length === 21) issuer = data.slice(13);
    if (!isHashed || data.length !== 4) return;
    if (type === SUBPACKET_CREATED) created = readUint32(data, 0);
    if (type === SUBPACKET_KEY_EXPIRATION) keyLifetime = readUint32(data, 0);
  };
  const ok =
    visitSubpackets(body, 6, hashedEnd, (type, data) => visit(type, data, true)) &&
    visitSubpackets(body, hashedEnd + 2, unhashedEnd, (type, data) => visit(type, data, false));
  return ok ? { type: at(body, 1), created, keyLifetime, issuer } : undefined;
}

function visitSubpackets(
  body: Uint8Array,
  start: number,
  end: number,
  visit: (type: number, data: Uint8Array) => void,
): boolean {
  for (let offset = start; offset < end; ) {
    const length = newSubpacketLength(body, offset);
    if (length === undefined || length.octets === 0) return false;
    const next = length.bodyAt + length.octets;
    if (next > end) return false;
    // The highest bit of the type says "critical".
    visit(at(body, length.bodyAt) & 0x7f, body.subarray(length.bodyAt + 1, next));
    offset = next;
  }
  return true;
}

/** RFC 9580 §5.2.3.7: unlike packets, two octets reach up to a first octet of 254. */
function newSubpacketLength(b: Uint8Array, offset: number): BodyLength | undefined {
  const first = at(b, offset);
  if (first < 224 || first === 255) return newLength(b, offset);
  return offset + 2 > b.length
    ? undefined
    : { octets: ((first - 192) << 8) + at(b, offset + 1) + 192, bodyAt: offset + 2 };
}
