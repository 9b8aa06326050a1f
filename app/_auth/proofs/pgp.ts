/**
 * Proof of control by an OpenPGP signature, clear-signed or detached.
 *
 * Standard: RFC 9580 §5.2 (signatures), §7 (cleartext framework); rules and codes: portal specification §3.5.
 *
 *     paste ─► one signature ─► whose key? ─► registered? ─► revoked, expired, weak? ─► verify ─► same text?
 *
 * Invariants
 * - Exactly one signature, by a key whose primary fingerprint of 40 digits is registered.
 * - The text that is compared is the text that was verified.
 * - A revocation in any copy of the key counts for all.
 *
 * @module
 */
import 'server-only';
import {
  createMessage,
  enums,
  type Key,
  readKey,
  readSignature,
  type SignaturePacket,
  verify,
} from 'openpgp';
import type { ProofKeyCert } from '../../../router-core/index.ts';
import { candidateMessages, hasExpired } from './challenge.ts';
import { type ProofCode, type ProofRefusal, refuse } from './codes.ts';
import { isRevoked, type KnownKey, primaryKeyProblem, signingKeyProblem } from './pgp-key.ts';
import { type PgpPaste, readPgpPaste, readPublicKeyPaste } from './pgp-paste.ts';

export type PgpProofInput = {
  /** What the person pasted: clear-signed text, or a detached armored signature. */
  readonly signature: string;
  /** The text that was to be signed. */
  readonly challenge: string;
  /** Armored public keys the person pasted. */
  readonly publicKeyPaste?: string;
  /** From `pgp-fingerprint` lines: the key itself must be pasted (`proofKeysOf`). */
  readonly registeredFingerprints: readonly string[];
  /** From `PGPKEY-…` lines (`proofKeysOf`). */
  readonly keyCerts: readonly ProofKeyCert[];
  /** When the challenge was made. */
  readonly issuedAt: Date;
  readonly now: Date;
};
export type PgpProofResult =
  | {
      readonly ok: true;
      /** The registered primary key. */
      readonly fingerprint: string;
    }
  | ProofRefusal;

/** How far the signer's clock may be off. */
const CLOCK_TOLERANCE_MS = 10 * 60_000;
const STRONG_HASHES: readonly (enums.hash | null)[] = [
  enums.hash.sha256,
  enums.hash.sha384,
  enums.hash.sha512,
  enums.hash.sha3_256,
  enums.hash.sha3_512,
];

/** Judges a signature of `gpg --clearsign` or `gpg --detach-sign`. */
export async function verifyPgpProof(input: PgpProofInput): Promise<PgpProofResult> {
  const paste = readPgpPaste(input.signature);
  const signature = paste === undefined ? undefined : await readOneSignature(paste.signature);
  if (paste === undefined || signature === undefined) return refuse('MALFORMED');
  const known = await readKeys(input);
  if (known === undefined) return refuse('MALFORMED');

  const signers = known.filter(({ key }) => key.getKeys(signature.issuerKeyID).length > 0);
  if (signers.length === 0) {
    const isKeyMissing =
      input.publicKeyPaste === undefined && input.registeredFingerprints.length > 0;
    return refuse(isKeyMissing ? 'PUBLIC_KEY_NEEDED' : 'KEY_NOT_REGISTERED');
  }
  const trusted = await trustedFingerprints(known, input);
  let first: PgpProofResult | undefined;
  for (const signer of signers) {
    const code = await judge(signer, { input, paste, signature, known, trusted });
    if (code === undefined) return { ok: true, fingerprint: signer.fingerprint };
    first ??= refuse(code);
  }
  return first ?? refuse('KEY_NOT_REGISTERED');
}

type Case = {
  readonly input: PgpProofInput;
  readonly paste: PgpPaste;
  readonly signature: SignaturePacket;
  readonly known: readonly KnownKey[];
  readonly trusted: ReadonlySet<string>;
};

async function judge(signer: KnownKey, of: Case): Promise<ProofCode | undefined> {
  const { input, signature, known, trusted } = of;
  const { now } = input;
  const { key, fingerprint, keyCert } = signer;
  if (keyCert === undefined && !trusted.has(fingerprint)) return 'KEY_NOT_REGISTERED';
  const problem = await primaryKeyProblem(signer, now);
  if (problem !== undefined) return problem;
  for (const copy of known)
    if (copy.fingerprint === fingerprint && (await isRevoked(copy.key, now))) return 'KEY_REVOKED';

  const [signingKey] = key.getKeys(signature.issuerKeyID);
  if (signingKey === undefined) return 'KEY_NOT_REGISTERED';
  const signingProblem = await signingKeyProblem(key, signingKey, now);
  if (signingProblem !== undefined) return signingProblem;
  if (!STRONG_HASHES.includes(signature.hashAlgorithm)) return 'WEAK_ALGORITHM';

  const created = signature.created?.getTime() ?? Number.NaN;
  const isInTime =
    created >= input.issuedAt.getTime() - CLOCK_TOLERANCE_MS &&
    created <= now.getTime() + CLOCK_TOLERANCE_MS;
  if (!isInTime) return 'BAD_SIGNATURE';

  const signedText = await verifiedText(key, of);
  if (signedText === undefined) return 'BAD_SIGNATURE';
  if (signedText.replace(/\r?\n$/, '') !== input.challenge) return 'MESSAGE_MISMATCH';
  return hasExpired(input.challenge, now) ? 'CHALLENGE_EXPIRED' : undefined;
}

/** Returns the text the signature is good for, or undefined when it is for none we know. */
async function verifiedText(
  key: Key,
  { input, paste, signature }: Case,
): Promise<string | undefined> {
  const texts = paste.text === undefined ? candidateMessages(input.challenge) : [paste.text];
  // A clock that is ahead within the tolerance is no reason; openpgp would take it for one.
  const date = new Date(Math.max(input.now.getTime(), signature.created?.getTime() ?? 0));
  for (const text of texts) {
    const { signatures } = await verify({
      message: await createMessage({ text }),
      signature: await readSignature({ armoredSignature: paste.signature }),
      verificationKeys: key,
      date,
    });
    const [only, ...others] = signatures;
    const isGood = await only?.verified.catch(() => false);
    if (isGood === true && others.length === 0) return text;
  }
  return undefined;
}

async function readOneSignature(armor: string): Promise<SignaturePacket | undefined> {
  try {
    const { packets } = await readSignature({ armoredSignature: armor });
    const [packet] = packets;
    // Packets that openpgp cannot read stand in the list, too: there must be nothing but one.
    const isUsable = packets.length === 1 && packet?.created != null;
    const isOfDocument =
      packet?.signatureType === enums.signature.binary ||
      packet?.signatureType === enums.signature.text;
    return isUsable && isOfDocument ? packet : undefined;
  } catch {
    // openpgp reports malformed input by throwing.
    return undefined;
  }
}

/** Key-certs first, then what was pasted; undefined when the paste is no public key. */
async function readKeys(input: PgpProofInput): Promise<KnownKey[] | undefined> {
  const known: KnownKey[] = [];
  for (const { name, fingerprint, armor } of input.keyCerts) {
    const key = await readPublicKey(armor);
    if (key !== undefined)
      known.push({ key, fingerprint: fingerprintOf(key), keyCert: { name, fingerprint } });
  }
  if (input.publicKeyPaste === undefined) return known;
  for (const armor of readPublicKeyPaste(input.publicKeyPaste) ?? ['']) {
    const key = await readPublicKey(armor);
    if (key === undefined) return undefined;
    known.push({ key, fingerprint: fingerprintOf(key) });
  }
  return known;
}

/** Fingerprints for which a pasted key is believed: registered, or of a usable key-cert. */
async function trustedFingerprints(
  known: readonly KnownKey[],
  input: PgpProofInput,
): Promise<ReadonlySet<string>> {
  const trusted = new Set(input.registeredFingerprints.map((text) => text.toUpperCase()));
  for (const entry of known) {
    const isCert = entry.keyCert !== undefined;
    if (isCert && (await primaryKeyProblem(entry, input.now)) === undefined)
      trusted.add(entry.fingerprint);
  }
  return trusted;
}

async function readPublicKey(armoredKey: string): Promise<Key | undefined> {
  try {
    const key = await readKey({ armoredKey });
    return key.isPrivate() ? undefined : key;
  } catch {
    // openpgp reports malformed input by throwing.
    return undefined;
  }
}

const fingerprintOf = (key: Key): string => key.getFingerprint().toUpperCase();
