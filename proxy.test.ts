/** Which requests become pages, and what the others get. */
import { NextRequest } from 'next/server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPortal, type TestPortal } from './app/_services/testing/test-portal.ts';
import { config, proxy } from './proxy.ts';

const TOKEN = 'operator-token-of-the-test';
let at: TestPortal;
beforeAll(async () => {
  at = await startTestPortal({ operatorToken: TOKEN });
});
afterAll(() => at.end());

const ask = (headers: Record<string, string>) =>
  proxy(
    new NextRequest('http://localhost:4242/peerings', {
      headers: { host: 'localhost:4242', 'x-rootless42-local-address': '127.0.0.1', ...headers },
    }),
  );

test('a page for an unknown token is 401 with its code, in a page of ours', async () => {
  const answer = await ask({ authorization: 'Bearer wrong', cookie: 'theme=dark' });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const text = await answer.text();
  expect(text).toContain('TOKEN_INVALID');
  expect(text).toContain('ROOTLESS42_OPERATOR_TOKEN');
  expect(text).toContain('data-theme="dark"');
  expect(text).not.toContain('wrong');
  const nonce = /<style nonce="([^"]+)"/.exec(text)?.[1];
  expect(answer.headers.get('content-security-policy')).toContain(`'nonce-${nonce}'`);
});

test('the operator’s token, another scheme and none go on to the page', async () => {
  for (const headers of [{ authorization: `Bearer ${TOKEN}` }, { authorization: 'Basic eDp5' }, {}])
    expect((await ask(headers as Record<string, string>)).headers.get('x-middleware-next')).toBe(
      '1',
    );
});

test('a name that is not ours is refused before its token is looked at', async () => {
  expect((await ask({ host: 'evil.example', authorization: 'Bearer wrong' })).status).toBe(421);
});

test('only doors for machines and files are left out: what merely begins like one is a page', () => {
  const [matcher = ''] = config.matcher;
  const isPage = (path: string): boolean => new RegExp(`^${matcher}$`).test(path);
  for (const path of [
    '/',
    '/peerings',
    '/lg/tokyo',
    '/healthzfoo',
    '/metrics/x',
    '/api/v2/x',
    '/api',
  ])
    expect(isPage(path), path).toBe(true);
  for (const path of [
    '/healthz',
    '/readyz',
    '/metrics',
    '/rtt',
    '/icon.svg',
    '/api/v1/peerings',
    '/_next/static/a.js',
  ])
    expect(isPage(path), path).toBe(false);
});
