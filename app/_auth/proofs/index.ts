/**
 * Proofs of control over an AS by the keys of its maintainers.
 *
 * @module
 */
import 'server-only';

export {
  type Challenge,
  type ChallengePurpose,
  challengeText,
  newNonce,
  parseChallenge,
  toBase32,
} from './challenge.ts';
export { PROOF_CODES, type ProofCode, type ProofRefusal } from './codes.ts';
export { type ProofCommand, proofCommands, SHELLS, type Shell, SSH_NAMESPACE } from './commands.ts';
export { type PgpProofInput, type PgpProofResult, verifyPgpProof } from './pgp.ts';
export { type SshProofInput, type SshProofResult, verifySshProof } from './ssh.ts';
