/**
 * Passwords of operators: scrypt, and at least 12 characters.
 *
 * Standard: RFC 7914 (scrypt); NIST SP 800-63B §5.1.1 (length counts, composition does not).
 *
 * @module
 */
import 'server-only';
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { PortalError } from '../_text/errors.ts';

const PASSWORD_LENGTH_MIN = 12;
const PASSWORD_LENGTH_MAX = 200;
/** 64 MiB and about 0.2 s: guessing costs, signing in does not hurt. */
const COST = { N: 65_536, r: 8, p: 1 } as const;
const MAX_MEMORY = 128 * COST.N * COST.r * 2;
const KEY_BYTES = 32;

/** @throws PortalError PASSWORD_TOO_SHORT. */
export async function hashPassword(password: string): Promise<string> {
  if ([...password].length < PASSWORD_LENGTH_MIN || password.length > PASSWORD_LENGTH_MAX)
    throw new PortalError('PASSWORD_TOO_SHORT', {
      errors: [
        {
          code: 'PASSWORD_TOO_SHORT',
          path: 'password',
          message: `The password needs ${PASSWORD_LENGTH_MIN} to ${PASSWORD_LENGTH_MAX} characters.`,
        },
      ],
    });
  const salt = randomBytes(16);
  const key = await derive(password, salt, COST);
  return [
    'scrypt',
    COST.N,
    COST.r,
    COST.p,
    salt.toString('base64url'),
    key.toString('base64url'),
  ].join('$');
}

/** Whether the password fits the hash. Without a hash it takes as long and says no. */
export async function isPasswordOf(hash: string | undefined, password: string): Promise<boolean> {
  const [, n, r, p, salt, key] = (hash ?? NOBODY).split('$');
  if (password.length > PASSWORD_LENGTH_MAX || salt === undefined || key === undefined)
    return false;
  const cost = { N: Number(n), r: Number(r), p: Number(p) };
  const derived = await derive(password, Buffer.from(salt, 'base64url'), cost);
  const fits = timingSafeEqual(derived, Buffer.from(key, 'base64url'));
  return fits && hash !== undefined;
}

const NOBODY = `scrypt$${COST.N}$${COST.r}$${COST.p}$AAAAAAAAAAAAAAAAAAAAAA$${Buffer.alloc(KEY_BYTES).toString('base64url')}`;

function derive(
  password: string,
  salt: Uint8Array,
  cost: Pick<ScryptOptions, 'N' | 'r' | 'p'>,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(
      password.normalize('NFKC'),
      salt,
      KEY_BYTES,
      { ...cost, maxmem: MAX_MEMORY },
      (error, key) => (error === null ? resolve(key) : reject(error)),
    );
  });
}
