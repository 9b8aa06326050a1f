/**
 * The catalogue of the portal's own errors: code, HTTP status and the default sentence.
 *
 * Not standardized; over HTTP they become problem documents (RFC 9457). Codes of the router's half
 * are in router-core/base/errors.ts; docs/errors.md describes both and a test compares them. Pages
 * may replace the sentence by the reader's language; the code is never translated.
 *
 * Safe for the browser: data and one class, nothing of the server.
 *
 * @module
 */

type Entry = { readonly status: number; readonly message: string };

const PORTAL_ERROR_CODES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'TOKEN_INVALID',
  'ORIGIN_FORBIDDEN',
  'HOST_FORBIDDEN',
  'BODY_TOO_LARGE',
  'BODY_SYNTAX',
  'BODY_TYPE',
  'INPUT_INVALID',
  'QUERY_MALFORMED',
  'CHALLENGE_USED',
  'ASN_UNKNOWN',
  'NO_METHOD',
  'MALFORMED',
  'NAMESPACE_MISMATCH',
  'KEY_NOT_REGISTERED',
  'FINGERPRINT_MISMATCH',
  'WEAK_ALGORITHM',
  'USER_PRESENCE_MISSING',
  'BAD_SIGNATURE',
  'MESSAGE_MISMATCH',
  'KEY_REVOKED',
  'KEY_EXPIRED',
  'PUBLIC_KEY_NEEDED',
  'SIGN_IN_REFUSED',
  'PASSWORD_TOO_SHORT',
  'SETUP_LINK_INVALID',
  'SETUP_DONE',
  'DEMO_UNAVAILABLE',
  'PEERING_UNKNOWN',
  'STATE_CONFLICT',
  'REVISION_MISMATCH',
  'CONFIRMATION_MISMATCH',
  'LIMIT_REACHED',
  'FORMAT_UNKNOWN',
  'REGISTRY_UNAVAILABLE',
  'ROUTER_AWAY',
  'RATE_LIMITED',
  'STREAMS_FULL',
  'PATH_UNKNOWN',
  'INTERNAL',
] as const;
export type PortalErrorCode = (typeof PORTAL_ERROR_CODES)[number];

export const PORTAL_ERRORS: Readonly<Record<PortalErrorCode, Entry>> = {
  // who asks
  UNAUTHENTICATED: { status: 401, message: 'Sign in first.' },
  FORBIDDEN: { status: 403, message: 'This login may not do that.' },
  TOKEN_INVALID: { status: 401, message: 'This bearer token is not known.' },
  ORIGIN_FORBIDDEN: { status: 403, message: 'The request came from another site.' },
  HOST_FORBIDDEN: {
    status: 421,
    message:
      'The portal does not answer under this name. The operator lists it in ROOTLESS42_ORIGINS.',
  },
  // what was sent
  BODY_TOO_LARGE: { status: 413, message: 'The body is larger than allowed.' },
  BODY_SYNTAX: { status: 400, message: 'The body is not the JSON expected here.' },
  BODY_TYPE: { status: 415, message: 'Send the body as application/json.' },
  INPUT_INVALID: { status: 422, message: 'Some values are not right.' },
  QUERY_MALFORMED: { status: 400, message: 'The question is not well formed.' },
  // sign-in (portal specification §3)
  CHALLENGE_USED: {
    status: 409,
    message: 'This text was used or is older than ten minutes. Ask for a new one.',
  },
  ASN_UNKNOWN: { status: 404, message: 'The registry has no such AS.' },
  NO_METHOD: {
    status: 422,
    message: 'The registry has no key for this AS that we can check. Add one, or write to us.',
  },
  MALFORMED: { status: 422, message: 'This is not a whole signature block. Paste all of it.' },
  NAMESPACE_MISMATCH: {
    status: 422,
    message: 'The signature was made for another purpose. Sign with -n rootless42-auth.',
  },
  KEY_NOT_REGISTERED: {
    status: 422,
    message: 'The key that signed is not in the registry for this AS.',
  },
  FINGERPRINT_MISMATCH: {
    status: 422,
    message: 'The public key does not have the fingerprint that the registry names.',
  },
  WEAK_ALGORITHM: {
    status: 422,
    message: 'The key or the digest is too weak (SHA-1, DSA, or RSA below 2048 bits).',
  },
  USER_PRESENCE_MISSING: { status: 422, message: 'The security key was not touched. Sign again.' },
  BAD_SIGNATURE: {
    status: 422,
    message: 'The signature does not fit this text. Copy the command again and sign once more.',
  },
  MESSAGE_MISMATCH: {
    status: 422,
    message: 'Another text was signed. Copy the command again and sign once more.',
  },
  KEY_REVOKED: { status: 422, message: 'This key is revoked.' },
  KEY_EXPIRED: { status: 422, message: 'This key has expired.' },
  PUBLIC_KEY_NEEDED: {
    status: 422,
    message: 'The registry has only the fingerprint. Paste the public key too.',
  },
  // operator
  SIGN_IN_REFUSED: { status: 401, message: 'Name or password is wrong.' },
  PASSWORD_TOO_SHORT: { status: 422, message: 'The password needs at least 12 characters.' },
  SETUP_LINK_INVALID: {
    status: 403,
    message: 'This link was used or is older than an hour. Start the node again for a new one.',
  },
  SETUP_DONE: { status: 409, message: 'This node is set up already.' },
  DEMO_UNAVAILABLE: { status: 503, message: 'This build has no demo network.' },
  // peerings
  PEERING_UNKNOWN: { status: 404, message: 'There is no such peering.' },
  STATE_CONFLICT: { status: 409, message: 'The peering is in another state than this needs.' },
  REVISION_MISMATCH: {
    status: 412,
    message: 'The peering was changed meanwhile. Load it again and repeat your change.',
  },
  CONFIRMATION_MISMATCH: {
    status: 422,
    message: 'The AS number typed is not that of the peering.',
  },
  LIMIT_REACHED: { status: 429, message: 'A limit is reached.' },
  FORMAT_UNKNOWN: { status: 404, message: 'There is no configuration in this format.' },
  // limits and availability; the first two are codes of the router's half too
  REGISTRY_UNAVAILABLE: {
    status: 503,
    message: 'The registry cannot be read, so nobody can prove an AS now. Peerings run on.',
  },
  ROUTER_AWAY: {
    status: 503,
    message: 'The router is restarting. Peerings are stored; they return by themselves.',
  },
  RATE_LIMITED: { status: 429, message: 'Too many requests. Wait a little.' },
  STREAMS_FULL: { status: 429, message: 'Too many event streams are open.' },
  PATH_UNKNOWN: { status: 404, message: 'There is nothing at this address.' },
  INTERNAL: {
    status: 500,
    message: 'The portal failed. The operator finds the reason in the log.',
  },
};

/** The WWW-Authenticate of a 401 with this code (RFC 9110 §15.5.2, RFC 6750 §3). */
export const challengeOf = (code: string): string =>
  code === 'TOKEN_INVALID' ? 'Bearer error="invalid_token"' : 'Bearer';

/** One thing wrong with an input, in the form of `Finding` of router-core. */
export type FieldError = {
  readonly code: string;
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
  /** `line:column` in a text that was sent. */
  readonly place?: string;
};

type Options = {
  readonly message?: string;
  readonly errors?: readonly FieldError[];
  /** Seconds after which trying again makes sense. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
};

/** A mistake of a person or a state that forbids the wish; never an error of ours. */
export class PortalError extends Error {
  override readonly name = 'PortalError';
  readonly code: PortalErrorCode;
  readonly status: number;
  readonly errors: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;

  constructor(code: PortalErrorCode, options: Options = {}) {
    super(options.message ?? PORTAL_ERRORS[code].message, { cause: options.cause });
    this.code = code;
    this.status = PORTAL_ERRORS[code].status;
    this.errors = options.errors ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Whether an error is one of the catalogue; by shape, because bundles have their own classes. */
export function isPortalError(error: unknown): error is PortalError {
  return error instanceof Error && error.name === 'PortalError' && 'code' in error;
}
