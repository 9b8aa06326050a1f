/**
 * Proof of control by an SSH signature.
 *
 * Standard: OpenSSH PROTOCOL.sshsig; order of checks and codes: portal specification §3.3. No program is
 * run and no file is written.
 *
 * Invariants
 * - The key is compared with the registry before anything is computed.
 * - Accepted is a signature over exactly one of three messages (challenge.ts), nothing else.
 *
 * @module
 */
import 'server-only';
import { decodeSshBase64, parseSshPublicKey } from '../../../router-core/index.ts';
import { candidateMessages, hasExpired } from './challenge.ts';
import { type ProofRefusal, refuse } from './codes.ts';
import { SSH_NAMESPACE } from './commands.ts';
import { readInnerSignature } from './ssh-signature.ts';
import { readSshSignature, signedOctets } from './sshsig.ts';

export type SshProofInput = {
  /** What the person pasted. */
  readonly signature: string;
  /** The text that was to be signed. */
  readonly challenge: string;
  /** `type base64` of the AS's usable keys (`proofKeysOf`). */
  readonly usableKeys: readonly string[];
  readonly now: Date;
  /**
   * Texts the person may have signed by mistake, such as her other open challenges. A signature
   * does not tell what it is over: only for these `MESSAGE_MISMATCH` can be told from
   * `BAD_SIGNATURE`.
   */
  readonly otherTexts?: readonly string[];
};
export type SshProofResult =
  | {
      readonly ok: true;
      /** The registered key, `type base64`. */
      readonly key: string;
    }
  | ProofRefusal;

/** Judges a signature of `ssh-keygen -Y sign`. */
export function verifySshProof(input: SshProofInput): SshProofResult {
  const block = readSshSignature(input.signature);
  if (block === undefined) return refuse('MALFORMED');
  if (block.namespace !== SSH_NAMESPACE) return refuse('NAMESPACE_MISMATCH');
  const { hashAlgorithm } = block;
  if (hashAlgorithm !== 'sha256' && hashAlgorithm !== 'sha512') return refuse('WEAK_ALGORITHM');

  const registered = input.usableKeys.find((line) => block.publicKey.equals(blobOf(line)));
  const publicKey = parseSshPublicKey(block.publicKey);
  if (registered === undefined || publicKey === undefined) return refuse('KEY_NOT_REGISTERED');

  const inner = readInnerSignature(publicKey, block.signature);
  if (typeof inner === 'string') return refuse(inner);
  const isOver = (text: string): boolean =>
    candidateMessages(text).some((message) =>
      inner.verifies(signedOctets(block, hashAlgorithm, message)),
    );
  if (!isOver(input.challenge))
    return refuse(input.otherTexts?.some(isOver) === true ? 'MESSAGE_MISMATCH' : 'BAD_SIGNATURE');
  if (!inner.userPresent) return refuse('USER_PRESENCE_MISSING');
  if (hasExpired(input.challenge, input.now)) return refuse('CHALLENGE_EXPIRED');
  return { ok: true, key: registered };
}

const blobOf = (line: string): Uint8Array =>
  decodeSshBase64(line.split(' ')[1] ?? '') ?? new Uint8Array(0);
