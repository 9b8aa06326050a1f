/**
 * The node's WireGuard key: made on the node, kept in one file, mode 0600.
 *
 * Standard: RFC 7748 §5 (clamping).
 *
 * @module
 */
import { fromBase64, toBase64 } from '../base/bytes.ts';
import { RouterError } from '../base/errors.ts';
import { createNobleCrypto } from '../router/index.ts';
import { readTextIfAny, writeFileAtomically } from './files.ts';
import { createNativeCrypto } from './native-crypto.ts';
import { systemRandom } from './system-random.ts';

export type NodeKey = { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array };

/** Returns the node's key pair, made on first start. @throws RouterError `KEY_FILE_UNREADABLE` */
export function readOrMakeNodeKey(path: string): NodeKey {
  const privateKey = readOrMakePrivateKey(path);
  return {
    privateKey,
    publicKey: createNativeCrypto(createNobleCrypto(systemRandom)).importPrivateKey(privateKey)
      .publicKey.bytes,
  };
}

/** Keeps a key that was made elsewhere, in a file of its own. */
export const writeNodeKey = (path: string, privateKey: Uint8Array): void =>
  writeFileAtomically(path, `${toBase64(privateKey)}\n`);

function readOrMakePrivateKey(path: string): Uint8Array {
  let text: string | undefined;
  try {
    text = readTextIfAny(path);
    if (text === undefined) {
      const key = systemRandom.bytes(32);
      key[0] = (key[0] as number) & 248;
      key[31] = ((key[31] as number) & 127) | 64;
      writeFileAtomically(path, `${toBase64(key)}\n`);
      return key;
    }
  } catch (error) {
    throw new RouterError(
      'KEY_FILE_UNREADABLE',
      `The private key ${path} can be neither read nor made: ${(error as Error).message}.`,
      { path },
      error,
    );
  }
  const key = fromBase64(text.trim());
  if (key?.length !== 32) {
    throw new RouterError(
      'KEY_FILE_UNREADABLE',
      `${path} does not hold a WireGuard private key (44 characters of base64).`,
      { path },
    );
  }
  return key;
}
