/**
 * Next's request hook for pages: allowed host names, known tokens, and the Content-Security-Policy with its nonce.
 *
 * Standard: CSP Level 3 (nonces, strict-dynamic), RFC 6750 §3 (WWW-Authenticate). No rules of the portal: those are in
 * `_services`. Machine doors are not matched: they check name and token themselves and have no scripts to protect.
 * Everything else is, so that no page is rendered for a token that is not ours: a page can only answer 200, 404 or 500.
 *
 * @module
 */
import { type NextRequest, NextResponse } from 'next/server';
import { hasUnknownToken, isAllowedHost } from './app/_auth/index.ts';
import { refusalPage } from './app/_components/refusal-page.ts';
import { ourEndpointNames } from './app/_queries/endpoint-names.ts';
import { findPortal } from './app/_router/index.ts';
import { challengeOf, PORTAL_ERRORS } from './app/_text/errors.ts';
import { getTranslator, LANGUAGE } from './app/_text/translator.ts';

export const config = {
  matcher: [
    '/((?!api/v1/|(?:healthz|readyz|metrics|rtt|icon\\.svg)$|_next/static/|_next/image$).*)',
  ],
};

export async function proxy(request: NextRequest): Promise<NextResponse> {
  const portal = findPortal();
  const endpoints = portal === undefined ? [] : await ourEndpointNames(portal);
  const origins = portal?.settings.origins ?? [];
  if (!isAllowedHost(request.headers, origins, endpoints))
    return new NextResponse(
      'This portal does not answer under this name. Its operator lists names in ROOTLESS42_ORIGINS.\n',
      { status: 421, headers: { 'content-type': 'text/plain; charset=utf-8' } },
    );
  const nonce = btoa(crypto.randomUUID());
  const policy = contentSecurityPolicy(nonce, request.headers.get('x-forwarded-proto') === 'https');
  if (portal !== undefined && hasUnknownToken(portal, request.headers))
    return unknownToken(request, nonce, policy);
  // Next reads the nonce from the policy in the request's headers.
  const headers = new Headers(request.headers);
  headers.set('x-nonce', nonce);
  headers.set('content-security-policy', policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('content-security-policy', policy);
  return response;
}

function unknownToken(request: NextRequest, nonce: string, policy: string): NextResponse {
  const code = 'TOKEN_INVALID';
  const t = getTranslator('failure');
  const page = refusalPage({
    language: LANGUAGE,
    theme: request.cookies.get('theme')?.value,
    nonce,
    title: t('tokenTitle'),
    text: t('tokenText'),
    code,
    startPage: t('startPage'),
  });
  return new NextResponse(page, {
    status: PORTAL_ERRORS[code].status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'cache-control': 'no-store',
      'www-authenticate': challengeOf(code),
    },
  });
}

function contentSecurityPolicy(nonce: string, isSecure: boolean): string {
  const isDevelopment = process.env.NODE_ENV === 'development';
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? " 'unsafe-eval'" : ''}`,
    // Reload in development writes style elements without a nonce.
    `style-src 'self' ${isDevelopment ? "'unsafe-inline'" : `'nonce-${nonce}'`}`,
    // Server-rendered `style=` attributes have no nonce.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self'${isDevelopment ? ' ws:' : ''}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    ...(isSecure ? ['upgrade-insecure-requests'] : []),
  ].join('; ');
}
