/**
 * Next's request hook for pages: allowed host names, and the Content-Security-Policy with its nonce.
 *
 * Standard: CSP Level 3 (nonces, strict-dynamic). No rules of the portal: those are in `_services`.
 * Machine doors are not matched: they check the name themselves and have no scripts to protect.
 *
 * @module
 */
import { type NextRequest, NextResponse } from 'next/server';
import { isAllowedHost } from './app/_auth/index.ts';
import { ourEndpointNames } from './app/_queries/endpoint-names.ts';
import { findPortal } from './app/_router/index.ts';

export const config = {
  matcher: [
    '/((?!api/|healthz|readyz|metrics|rtt|_next/static|_next/image|favicon.ico|icon.svg).*)',
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
  // Next reads the nonce from the policy in the request's headers.
  const headers = new Headers(request.headers);
  headers.set('x-nonce', nonce);
  headers.set('content-security-policy', policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('content-security-policy', policy);
  return response;
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
