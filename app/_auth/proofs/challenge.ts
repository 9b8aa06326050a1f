/**
 * The challenge: one line of text that a person signs.
 *
 * Not standardized; portal specification §3.2. Printable ASCII without quotes or characters a shell
 * understands, so that it survives any shell, mail and chat:
 *
 *     rootless42-v1 portal=<host> asn=<digits> purpose=<word> nonce=<26 characters> exp=<seconds>
 *
 * Invariants
 * - Every part is of a fixed alphabet: a text that was built here may stand in a command line.
 * - Reading what was built gives the same challenge.
 *
 * @module
 */

const PURPOSES = ['login', 'passkey', 'token', 'delete'] as const;
/** `req-…`: the digest of one request's body (§3.9). */
export type ChallengePurpose = (typeof PURPOSES)[number] | `req-${string}`;

export type Challenge = {
  /** Canonical host name of the site, lower case, without brackets. */
  readonly portal: string;
  readonly asn: number;
  readonly purpose: ChallengePurpose;
  readonly nonce: string;
  /** Whole seconds. */
  readonly expiresAt: Date;
};

/** Crockford's alphabet: no i, l, o, u. */
const BASE32 = '0123456789abcdefghjkmnpqrstvwxyz';
const NONCE_CHARACTERS = 26;
const CHALLENGE =
  /^rootless42-v1 portal=([a-z0-9.:-]{1,253}) asn=([1-9][0-9]{0,9}) purpose=([a-z0-9-]{1,40}) nonce=([0-9a-hjkmnp-tv-z]{26}) exp=([1-9][0-9]{0,11})$/;

/** Writes 130 bits of a random source as 26 characters. */
export function newNonce(randomBytes: (count: number) => Uint8Array): string {
  return toBase32(randomBytes(17), NONCE_CHARACTERS);
}

/** Writes the first `5 * characters` bits in Crockford base32, lower case. */
export function toBase32(bytes: Uint8Array, characters: number): string {
  let text = '';
  for (let i = 0; i < characters; i++) {
    let value = 0;
    for (let bit = 5 * i; bit < 5 * i + 5; bit++)
      value = (value << 1) | (((bytes[bit >>> 3] ?? 0) >>> (7 - (bit & 7))) & 1);
    text += BASE32.charAt(value);
  }
  return text;
}

/**
 * Returns the line to sign.
 *
 * @throws Error when a part is outside its alphabet: the caller made it up
 */
export function challengeText(challenge: Challenge): string {
  const { portal, asn, purpose, nonce, expiresAt } = challenge;
  const seconds = Math.floor(expiresAt.getTime() / 1000);
  const text = `rootless42-v1 portal=${portal} asn=${asn} purpose=${purpose} nonce=${nonce} exp=${seconds}`;
  if (parseChallenge(text) === undefined) throw new Error('a challenge has an impossible part');
  return text;
}

/** Reads a challenge line; undefined when it is not exactly one. */
export function parseChallenge(text: string): Challenge | undefined {
  const match = CHALLENGE.exec(text);
  if (match === null) return undefined;
  const [, portal = '', asn = '', purpose = '', nonce = '', seconds = ''] = match;
  if (!isPurpose(purpose) || Number(asn) > 0xffffffff) return undefined;
  return {
    portal,
    asn: Number(asn),
    purpose,
    nonce,
    expiresAt: new Date(Number(seconds) * 1000),
  };
}

/** What people's programs make of the line: as it is, with LF (`echo`), with CRLF (PowerShell). */
export const candidateMessages = (text: string): readonly string[] => [
  text,
  `${text}\n`,
  `${text}\r\n`,
];

/** Whether a challenge is over at `now`; a text that is no challenge always is. */
export function hasExpired(text: string, now: Date): boolean {
  const challenge = parseChallenge(text);
  return challenge === undefined || challenge.expiresAt.getTime() <= now.getTime();
}

const isPurpose = (word: string): word is ChallengePurpose =>
  (PURPOSES as readonly string[]).includes(word) || /^req-[0-9a-hjkmnp-tv-z]{26}$/.test(word);
