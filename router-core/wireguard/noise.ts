/**
 * The two messages of the handshake, written and read.
 *
 * Standard: Noise_IKpsk2 as profiled by WireGuard paper §5.4.2 and §5.4.3.
 *
 *   initiator                                    responder
 *   writeInitiation   e, es, s, ss, timestamp ─► readInitiation, then acceptInitiation
 *   readResponse      e, ee, se, psk, empty   ◄─ writeResponse
 *
 * Functions of bytes and keys: no time, no peers, no MACs (cookie.ts fills those). Whether the bytes
 * have the length of the message is checked by the caller.
 *
 * Invariants
 * - A message that does not open changes no state: a later, right one still can.
 * - Every shared secret is overwritten after it was mixed.
 *
 * @module
 */
import { readUint32LittleEndian, writeUint32LittleEndian, zero } from '../base/bytes.ts';
import { HASH_BYTES, KEY_BYTES, TAG_BYTES, TIMESTAMP_BYTES } from './constants.ts';
import type { PrivateKey, PublicKey, WireguardCrypto } from './crypto.ts';
import { type Framing, INITIATION, RESPONSE, writeMessageType } from './framing.ts';
import { SymmetricState } from './symmetric-state.ts';

/** What an initiator keeps until the response comes. */
export type InitiatedHandshake = { readonly ephemeral: PrivateKey; readonly state: SymmetricState };

/** An initiation whose sender is named but not yet proved. */
export type ReceivedInitiation = {
  readonly state: SymmetricState;
  readonly remoteStatic: Uint8Array;
  readonly remoteEphemeral: PublicKey;
  readonly senderIndex: number;
};

/** Keys of the two directions as this side uses them. */
export type TransportKeys = { readonly send: Uint8Array; readonly receive: Uint8Array };

/** Keys of a peer that every handshake with it needs. */
export type PeerKeys = {
  readonly publicKey: PublicKey;
  /** DH of both static keys, computed once per peer. */
  readonly staticStatic: Uint8Array;
  readonly presharedKey: Uint8Array;
};

/** Writes an initiation without MACs at `offset`. */
export function writeInitiation(
  crypto: WireguardCrypto,
  framing: Framing,
  b: Uint8Array,
  offset: number,
  message: {
    readonly local: PrivateKey;
    readonly peer: PeerKeys;
    readonly ephemeral: PrivateKey;
    readonly timestamp: Uint8Array;
    readonly senderIndex: number;
  },
): InitiatedHandshake | undefined {
  const { local, peer, ephemeral } = message;
  const fields = offset + framing.typeBytes;
  const ephemeralBytes = ephemeral.publicKey.bytes;
  const ephemeralStatic = ephemeral.agree(peer.publicKey);
  if (ephemeralStatic === undefined) return undefined;

  const state = SymmetricState.begin(crypto, peer.publicKey.bytes);
  state.mixHash(ephemeralBytes);
  state.mixKey(ephemeralBytes);
  const staticKey = state.mixKeyForCipher(ephemeralStatic);
  zero(ephemeralStatic);
  const sealedStatic = state.encryptAndHash(staticKey, local.publicKey.bytes);
  const timestampKey = state.mixKeyForCipher(peer.staticStatic);
  const sealedTimestamp = state.encryptAndHash(timestampKey, message.timestamp);

  writeMessageType(framing, b, offset, framing.initiationType);
  writeUint32LittleEndian(b, fields + INITIATION.sender, message.senderIndex);
  b.set(ephemeralBytes, fields + INITIATION.ephemeral);
  b.set(sealedStatic, fields + INITIATION.static);
  b.set(sealedTimestamp, fields + INITIATION.timestamp);
  return { ephemeral, state };
}

/** Reads an initiation up to the static key of its sender; undefined when it is not meant for us. */
export function readInitiation(
  crypto: WireguardCrypto,
  framing: Framing,
  b: Uint8Array,
  offset: number,
  local: PrivateKey,
): ReceivedInitiation | undefined {
  const fields = offset + framing.typeBytes;
  const ephemeralBytes = octets(b, fields + INITIATION.ephemeral, KEY_BYTES);
  const remoteEphemeral = crypto.importPublicKey(ephemeralBytes);
  const ephemeralStatic = local.agree(remoteEphemeral);
  if (ephemeralStatic === undefined) return undefined;

  const state = SymmetricState.begin(crypto, local.publicKey.bytes);
  state.mixHash(ephemeralBytes);
  state.mixKey(ephemeralBytes);
  const staticKey = state.mixKeyForCipher(ephemeralStatic);
  zero(ephemeralStatic);
  const sealedStatic = octets(b, fields + INITIATION.static, KEY_BYTES + TAG_BYTES);
  const remoteStatic = state.decryptAndHash(staticKey, sealedStatic);
  if (remoteStatic === undefined) {
    state.destroy();
    return undefined;
  }
  const senderIndex = readUint32LittleEndian(b, fields + INITIATION.sender);
  return { state, remoteStatic, remoteEphemeral, senderIndex };
}

/** Reads the timestamp, which proves the sender's static key; undefined when it does not open. */
export function acceptInitiation(
  framing: Framing,
  b: Uint8Array,
  offset: number,
  received: ReceivedInitiation,
  staticStatic: Uint8Array,
): Uint8Array | undefined {
  const timestampAt = offset + framing.typeBytes + INITIATION.timestamp;
  const key = received.state.mixKeyForCipher(staticStatic);
  return received.state.decryptAndHash(key, octets(b, timestampAt, TIMESTAMP_BYTES + TAG_BYTES));
}

/** Writes a response without MACs at `offset`; the caller destroys the received state. */
export function writeResponse(
  framing: Framing,
  b: Uint8Array,
  offset: number,
  message: {
    readonly received: ReceivedInitiation;
    readonly peer: PeerKeys;
    readonly ephemeral: PrivateKey;
    readonly senderIndex: number;
  },
): TransportKeys | undefined {
  const { received, peer, ephemeral } = message;
  const { state } = received;
  const fields = offset + framing.typeBytes;
  const ephemeralBytes = ephemeral.publicKey.bytes;
  const ephemeralEphemeral = ephemeral.agree(received.remoteEphemeral);
  const staticEphemeral = ephemeral.agree(peer.publicKey);
  if (ephemeralEphemeral === undefined || staticEphemeral === undefined) return undefined;

  state.mixHash(ephemeralBytes);
  state.mixKey(ephemeralBytes);
  state.mixKey(ephemeralEphemeral);
  state.mixKey(staticEphemeral);
  zero(ephemeralEphemeral);
  zero(staticEphemeral);
  const sealedEmpty = state.encryptAndHash(
    state.mixKeyAndHash(peer.presharedKey),
    new Uint8Array(0),
  );

  writeMessageType(framing, b, offset, framing.responseType);
  writeUint32LittleEndian(b, fields + RESPONSE.sender, message.senderIndex);
  writeUint32LittleEndian(b, fields + RESPONSE.receiver, received.senderIndex);
  b.set(ephemeralBytes, fields + RESPONSE.ephemeral);
  b.set(sealedEmpty, fields + RESPONSE.empty);
  const [receive, send] = state.split();
  return { send, receive };
}

/** Reads a response; undefined when it does not open, and then the handshake can still be answered. */
export function readResponse(
  crypto: WireguardCrypto,
  framing: Framing,
  b: Uint8Array,
  offset: number,
  initiated: InitiatedHandshake,
  local: PrivateKey,
  presharedKey: Uint8Array,
): TransportKeys | undefined {
  const fields = offset + framing.typeBytes;
  const ephemeralBytes = octets(b, fields + RESPONSE.ephemeral, KEY_BYTES);
  const remoteEphemeral = crypto.importPublicKey(ephemeralBytes);
  const ephemeralEphemeral = initiated.ephemeral.agree(remoteEphemeral);
  const staticEphemeral = local.agree(remoteEphemeral);
  if (ephemeralEphemeral === undefined || staticEphemeral === undefined) return undefined;

  const state = initiated.state.clone();
  state.mixHash(ephemeralBytes);
  state.mixKey(ephemeralBytes);
  state.mixKey(ephemeralEphemeral);
  state.mixKey(staticEphemeral);
  zero(ephemeralEphemeral);
  zero(staticEphemeral);
  const key = state.mixKeyAndHash(presharedKey);
  const empty = state.decryptAndHash(key, octets(b, fields + RESPONSE.empty, TAG_BYTES));
  const keys = empty === undefined ? undefined : state.split();
  state.destroy();
  return keys === undefined ? undefined : { send: keys[0], receive: keys[1] };
}

/** Ends an initiated handshake: its ephemeral key and chain are overwritten. */
export function destroyInitiated(initiated: InitiatedHandshake): void {
  initiated.ephemeral.destroy();
  initiated.state.destroy();
}

/** The preshared key of a peer without one. */
export const noPresharedKey = (): Uint8Array => new Uint8Array(HASH_BYTES);

const octets = (b: Uint8Array, start: number, count: number): Uint8Array =>
  b.slice(start, start + count);
