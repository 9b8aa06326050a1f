/**
 * The two cookies: the login, and the one that binds a challenge to the browser that asked for it.
 *
 * Standard: RFC 6265 and its revision (`__Host-` prefix: Secure, Path=/, no Domain). Over plain
 * HTTP, on localhost or a literal address, the prefix is impossible and the plain name is used.
 *
 * Both carry a random 256-bit number and nothing that is believed without the stored row.
 *
 * @module
 */
import 'server-only';
import { createHash, randomBytes } from 'node:crypto';

export type CookieKind = 'login' | 'visit';
const NAMES: Readonly<Record<CookieKind, string>> = {
  login: 'rootless42',
  visit: 'rootless42-visit',
};

export type Cookie = {
  readonly name: string;
  readonly value: string;
  readonly maxAgeSeconds: number;
  readonly isSecure: boolean;
};

export const newCookieValue = (): string => randomBytes(32).toString('base64url');

/** Returns what the database keeps of a cookie or link. */
export const hashOfSecret = (value: string): string =>
  createHash('sha256').update(value).digest('hex');

export function makeCookie(
  kind: CookieKind,
  value: string,
  maxAgeSeconds: number,
  isSecure: boolean,
): Cookie {
  return { name: cookieName(kind, isSecure), value, maxAgeSeconds, isSecure };
}

/** Returns the cookie that takes another of the same kind away. */
export const expiredCookie = (kind: CookieKind, isSecure: boolean): Cookie =>
  makeCookie(kind, '', 0, isSecure);

/** Returns the value of a `Set-Cookie` header. */
export function formatCookie(cookie: Cookie): string {
  const secure = cookie.isSecure ? '; Secure' : '';
  return `${cookie.name}=${cookie.value}; Path=/; Max-Age=${cookie.maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`;
}

/** Reads one of our cookies from the `Cookie` header; undefined when absent or not of our form. */
export function readCookie(
  header: string | null,
  kind: CookieKind,
  isSecure: boolean,
): string | undefined {
  const name = cookieName(kind, isSecure);
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at === -1 || part.slice(0, at).trim() !== name) continue;
    const value = part.slice(at + 1).trim();
    return /^[A-Za-z0-9_-]{43}$/.test(value) ? value : undefined;
  }
  return undefined;
}

const cookieName = (kind: CookieKind, isSecure: boolean): string =>
  isSecure ? `__Host-${NAMES[kind]}` : NAMES[kind];
