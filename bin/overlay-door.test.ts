import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, type Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { replaceForwardingHeaders } from './client-address.mjs';
import { openOverlayDoor, readLine } from './overlay-door.mjs';

const LINE = 'PROXY TCP4 172.21.129.1 172.21.128.1 50000 80\r\n';
const GET = 'GET / HTTP/1.1\r\nHost: 172.21.128.1\r\nConnection: close\r\n';

let folder: string;
let path: string;
let server: Server;
let door: NetServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'r42-door-'));
  path = join(folder, 'portal.sock');
  server = createServer((request, response) => {
    let octets = 0;
    request.on('data', (chunk: Buffer) => {
      octets += chunk.length;
    });
    request.on('end', () =>
      response.end(JSON.stringify({ headers: request.headers, octets, url: request.url })),
    );
  });
  replaceForwardingHeaders('172.16.0.0/12, 127.0.0.0/8');
  door = await openOverlayDoor(server, path);
});
afterEach(() => {
  door.close();
  rmSync(folder, { recursive: true, force: true });
});

test('the visitor is whom the router says, our end the address in DN42', async () => {
  const { headers } = await ask(`${LINE}${GET}\r\n`);
  expect(headers).toMatchObject({
    'x-rootless42-client-address': '172.21.129.1',
    'x-rootless42-local-address': '172.21.128.1',
    'x-rootless42-overlay': '1',
    'x-forwarded-for': '172.21.129.1',
    'x-forwarded-proto': 'http',
  });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('what a visitor claims is not believed, even from the prefix of a trusted proxy', async () => {
  const { headers } = await ask(
    `${LINE}${GET}X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\nX-Rootless42-Client-Address: 198.51.100.1\r\n\r\n`,
  );
  expect(JSON.stringify(headers)).not.toMatch(/198\.51\.100\.1|evil|https/);
});

test('nobody else becomes a visitor from DN42 by saying so', async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const answer = await fetch(`http://127.0.0.1:${port}/`, {
    headers: { 'X-Rootless42-Overlay': '1' },
  });
  const { headers } = (await answer.json()) as Seen;
  expect(headers).not.toHaveProperty('x-rootless42-overlay');
  // A second line is a request that is none.
  expect(await speak(`${LINE}${LINE}${GET}\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
  server.close();
});

test('line and request may come in any pieces, and many requests by one connection', async () => {
  const body = 'x'.repeat(300_000);
  const post = `POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const all = `${LINE}${post}${GET}\r\n`;
  for (const cut of [1, LINE.length - 1, LINE.length, LINE.length + 5, LINE.length + 60_000]) {
    const text = await speak(all.slice(0, cut), all.slice(cut));
    expect(text).toContain('"octets":300000,"url":"/a"');
    expect(text).toContain('"octets":0,"url":"/"');
  }
});

test('who does not begin with the line hears nothing', async () => {
  for (const begin of [
    `${GET}\r\n`,
    'PROXY TCP4 172.21.129.1 ::1 1 2\r\n',
    `PROXY ${'x'.repeat(200)}`,
  ])
    expect(await speak(begin)).toBe('');
  expect(readLine('PROXY TCP6 fdb1::1 fdb0::1 50000 80')).toEqual({
    remote: 'fdb1::1',
    local: 'fdb0::1',
  });
  expect(readLine('PROXY UNKNOWN')).toBeUndefined();
});

test('a door somebody answers at is not taken away; one nobody answers at is', async () => {
  await expect(openOverlayDoor(server, path)).rejects.toThrow(/another portal/);
  await new Promise((resolve) => door.close(resolve));
  door = await openOverlayDoor(server, path);
  expect((await ask(`${LINE}${GET}\r\n`)).url).toBe('/');
});

type Seen = { headers: Record<string, string>; octets: number; url: string };

async function ask(text: string): Promise<Seen> {
  const answer = await speak(text);
  return JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1)) as Seen;
}

/** Says the pieces, the second a moment later, and returns everything that comes back. */
function speak(...pieces: string[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let heard = '';
    const [first = '', second] = pieces;
    socket.write(first);
    if (second !== undefined) setTimeout(() => socket.write(second), 20);
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(heard));
  });
}
