/**
 * Takes apart what a person pasted: a clear-signed text or a detached signature, and public keys.
 *
 * Standard: RFC 9580 §7 (cleartext signature framework), §6.2 (armor). Portal specification §3.5.
 *
 * Invariants
 * - Text outside the signed part is never looked at: an old clear-signed mail with a challenge
 *   written above it proves nothing.
 * - The text given here is the one that is verified, and no other.
 *
 * @module
 */

export type PgpPaste = {
  /** The armored signature. */
  readonly signature: string;
  /** The signed text with CRLF between lines; absent for a detached signature. */
  readonly text?: string;
};

/** A signature of a 16384-bit key with subpackets takes 4 KiB; people paste some words around it. */
const MAX_PASTE_CHARACTERS = 32_768;
/** A public key with many user IDs and certifications. */
const MAX_KEY_PASTE_CHARACTERS = 131_072;
const MAX_PASTED_KEYS = 10;

const BEGIN_SIGNED = '-----BEGIN PGP SIGNED MESSAGE-----';
const BEGIN_SIGNATURE = '-----BEGIN PGP SIGNATURE-----';
const END_SIGNATURE = '-----END PGP SIGNATURE-----';
const PUBLIC_KEY =
  /-----BEGIN PGP PUBLIC KEY BLOCK-----[\s\S]*?-----END PGP PUBLIC KEY BLOCK-----/g;

/** Returns the parts, or undefined when there is not exactly one signature block in order. */
export function readPgpPaste(paste: string): PgpPaste | undefined {
  if (paste.length > MAX_PASTE_CHARACTERS) return undefined;
  // RFC 9580 §7.2: trailing white space is not part of the signed text.
  const lines = paste.split('\n').map((line) => line.replace(/[ \t\r]+$/, ''));
  const from = onlyIndexOf(lines, BEGIN_SIGNATURE);
  const to = onlyIndexOf(lines, END_SIGNATURE);
  if (from === undefined || to === undefined || to < from) return undefined;
  const signature = `${lines.slice(from, to + 1).join('\n')}\n`;
  if (!lines.includes(BEGIN_SIGNED)) return { signature };

  const start = onlyIndexOf(lines, BEGIN_SIGNED);
  if (start === undefined || start > from) return undefined;
  const text = readClearText(lines.slice(start + 1, from));
  return text === undefined ? undefined : { signature, text };
}

/** Returns the armored public keys of a paste; undefined when it is too large, or holds a secret key. */
export function readPublicKeyPaste(paste: string): readonly string[] | undefined {
  if (paste.length > MAX_KEY_PASTE_CHARACTERS) return undefined;
  if (paste.includes('PGP PRIVATE KEY BLOCK')) return undefined;
  const blocks = paste.replaceAll('\r', '').match(PUBLIC_KEY) ?? [];
  return blocks.length === 0 || blocks.length > MAX_PASTED_KEYS ? undefined : blocks;
}

function readClearText(lines: readonly string[]): string | undefined {
  const blank = lines.indexOf('');
  // Only `Hash:` may stand in the header: anything else could be taken for the text by a reader.
  if (blank === -1 || !lines.slice(0, blank).every((line) => /^Hash: [A-Za-z0-9, -]+$/.test(line)))
    return undefined;
  const text: string[] = [];
  for (const line of lines.slice(blank + 1)) {
    // RFC 9580 §7.1: lines that begin with a dash are escaped.
    if (line.startsWith('-') && !line.startsWith('- ')) return undefined;
    text.push(line.startsWith('- ') ? line.slice(2) : line);
  }
  return text.join('\r\n');
}

function onlyIndexOf(lines: readonly string[], wanted: string): number | undefined {
  const index = lines.indexOf(wanted);
  return index === -1 || lines.indexOf(wanted, index + 1) !== -1 ? undefined : index;
}
