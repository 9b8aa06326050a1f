import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { readPrefixes, replaceForwardingHeaders } from './client-address.mjs';

let server: Server | undefined;
afterEach(() => server?.close());

const FORGED = {
  'X-Forwarded-For': '198.51.100.1',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Host': 'evil.example',
  'x-forwarded-anything': 'x',
  Forwarded: 'for=198.51.100.1;proto=https',
  'X-Real-IP': '198.51.100.1',
  'X-Rootless42-Client-Address': '198.51.100.1',
  'X-Rootless42-Side': 'overlay',
};

test('headers that a stranger forges are replaced before a handler sees the request', async () => {
  const seen = await requestWith(FORGED, undefined);
  expect(seen.headers).toMatchObject({
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': seen.headers.host,
    'x-rootless42-client-address': '127.0.0.1',
  });
  expect(Object.keys(seen.headers)).not.toContain('forwarded');
  expect(Object.keys(seen.headers)).not.toContain('x-rootless42-side');
  expect(Object.keys(seen.headers)).not.toContain('x-forwarded-anything');
  expect(JSON.stringify(seen)).not.toMatch(/198\.51\.100\.1|evil/);
});

test('a trusted proxy is believed for the client, the scheme and the name', async () => {
  const seen = await requestWith(
    {
      'X-Forwarded-For': '203.0.113.9',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'peer.example.net',
    },
    '127.0.0.0/8',
  );
  expect(seen.headers).toMatchObject({
    host: 'peer.example.net',
    'x-forwarded-proto': 'https',
    'x-rootless42-client-address': '203.0.113.9',
  });
});

test('of a chain only what trusted proxies appended counts: the client may have begun it', async () => {
  const seen = await requestWith(
    { 'X-Forwarded-For': '198.51.100.1, 203.0.113.9, 10.0.0.2' },
    '127.0.0.1, 10.0.0.0/8',
  );
  expect(seen.headers['x-rootless42-client-address']).toBe('203.0.113.9');
});

test('a trusted proxy cannot set our own headers', async () => {
  const seen = await requestWith({ 'X-Rootless42-Side': 'overlay' }, '127.0.0.1');
  expect(seen.headers).not.toHaveProperty('x-rootless42-side');
});

test('a prefix that is none is named', () => {
  expect(() => readPrefixes('10.0.0.0/8, ten')).toThrow(/"ten"/);
  expect(() => readPrefixes('10.0.0.0/33')).toThrow(/33/);
  expect(readPrefixes('fd00::/8').check('fd12::1', 'ipv6')).toBe(true);
});

type Seen = { headers: Record<string, string>; raw: string[] };

async function requestWith(headers: Record<string, string>, trusted?: string): Promise<Seen> {
  replaceForwardingHeaders(trusted);
  server = createServer((request, response) => {
    response.end(JSON.stringify({ headers: request.headers, raw: request.rawHeaders }));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return (await fetch(`http://127.0.0.1:${port}/`, { headers })).json() as Promise<Seen>;
}
