/**
 * The container of `ssh-keygen -Y sign`.
 *
 * Standard: OpenSSH PROTOCOL.sshsig.
 *
 *     "SSHSIG" | uint32 1 | string publickey | string namespace | string reserved |
 *     string hash_algorithm | string signature
 *
 * What was signed is not in it, only its digest is under the signature:
 *
 *     "SSHSIG" | string namespace | string reserved | string hash_algorithm | string H(message)
 *
 * @module
 */
import 'server-only';
import { createHash } from 'node:crypto';
import { SshReader, sshString } from './ssh-wire.ts';

export type SshSignatureBlock = {
  readonly publicKey: Buffer;
  readonly namespace: string;
  readonly reserved: Buffer;
  readonly hashAlgorithm: string;
  readonly signature: Buffer;
};

const MAGIC = Buffer.from('SSHSIG');
const VERSION = 1;
/** A 16384-bit RSA key and its signature take 5,600 characters. */
const MAX_ARMOR_CHARACTERS = 16_384;
const BEGIN = '-----BEGIN SSH SIGNATURE-----';
const END = '-----END SSH SIGNATURE-----';

/** Reads the armored block out of what was pasted; undefined unless there is exactly one, whole. */
export function readSshSignature(paste: string): SshSignatureBlock | undefined {
  const start = paste.indexOf(BEGIN);
  const end = paste.indexOf(END);
  if (start === -1 || end < start || paste.indexOf(BEGIN, start + 1) !== -1) return undefined;
  if (end - start > MAX_ARMOR_CHARACTERS) return undefined;
  const base64 = paste.slice(start + BEGIN.length, end).replace(/[ \t\r\n]/g, '');
  const bytes = Buffer.from(base64, 'base64');
  // Buffer is lenient; a signature has one spelling.
  if (bytes.toString('base64') !== base64) return undefined;

  const reader = new SshReader(bytes);
  const magic = reader.take(MAGIC.length);
  const version = reader.uint32();
  if (magic === undefined || !magic.equals(MAGIC) || version !== VERSION) return undefined;
  const publicKey = reader.string();
  const namespace = reader.text();
  const reserved = reader.string();
  const hashAlgorithm = reader.text();
  const signature = reader.string();
  if (!reader.isDone || publicKey === undefined || namespace === undefined) return undefined;
  if (reserved === undefined || hashAlgorithm === undefined || signature === undefined)
    return undefined;
  return { publicKey, namespace, reserved, hashAlgorithm, signature };
}

/** Returns the octets under the signature for one message. */
export function signedOctets(
  block: SshSignatureBlock,
  hashAlgorithm: 'sha256' | 'sha512',
  message: string,
): Buffer {
  return Buffer.concat([
    MAGIC,
    sshString(Buffer.from(block.namespace, 'latin1')),
    sshString(block.reserved),
    sshString(block.hashAlgorithm),
    sshString(createHash(hashAlgorithm).update(message, 'utf8').digest()),
  ]);
}
