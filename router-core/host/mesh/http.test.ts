/**
 * A supernode's API and whoever asks it, over real HTTP on loopback.
 */
import { once } from 'node:events';
import { createServer, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { ApiRequest } from '../../mesh/etherguard/supernode/index.ts';
import { freePort } from '../testing/free-port.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { zlibCompression } from './compression.ts';
import { createHttpClient } from './http-client.ts';
import { API_BODIES_OCTETS, API_BODY_OCTETS, API_FIELDS, HTTP_ANSWER_OCTETS } from './limits.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function apiOn(edge: number, manage: number | undefined): Promise<ApiRequest[]> {
  const requests: ApiRequest[] = [];
  const api: ApiServer = await startApiServer({ edge, manage }, (asked) => {
    requests.push(asked);
    return { status: 200, contentType: 'text/plain', body: 'OK' };
  });
  cleanups.push(() => api.stop());
  return requests;
}

function client(timeoutMs?: number) {
  const http = createHttpClient(timeoutMs);
  cleanups.push(() => http.stop());
  return http;
}

/** Sends any method with any body; node:http as others use it. */
function send(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: Uint8Array | string } = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body = '' } = options;
    const asking = request({ port, host: '127.0.0.1', path, method, headers }, (response) => {
      let text = '';
      response.on('data', (part: Buffer) => {
        text += part.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

describe('the server', () => {
  test('one port serves both APIs; two serve one each', async () => {
    const [both, edge, manage] = [await freePort(), await freePort(), await freePort()];
    const one = await apiOn(both, both);
    await send(both, '/eg_api/edge/peerinfo');
    expect(one[0]?.serves).toEqual({ edge: true, manage: true });
    const two = await apiOn(edge, manage);
    await send(edge, '/');
    await send(manage, '/');
    expect(two.map(({ serves }) => serves)).toEqual([
      { edge: true, manage: false },
      { edge: false, manage: true },
    ]);
  });

  test('any method; the first of each name; a form beside the query', async () => {
    const port = await freePort();
    const requests = await apiOn(port, undefined);
    await send(port, '/eg_api/manage/peer/add?NodeID=1&NodeID=2&Name=a%20b+c', {
      method: 'PUT',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'PubKey=x%2By%3D&Name=form',
    });
    const [asked] = requests;
    expect(asked?.path).toBe('/eg_api/manage/peer/add');
    expect([...(asked?.query ?? [])]).toEqual([
      ['NodeID', '1'],
      ['Name', 'a b c'],
    ]);
    expect([...(asked?.form ?? [])]).toEqual([
      ['PubKey', 'x+y='],
      ['Name', 'form'],
    ]);
    expect(asked?.from).toBe('127.0.0.1');
  });

  test('a compressed report comes as it was sent, with its token in a long URL', async () => {
    const port = await freePort();
    const requests = await apiOn(port, undefined);
    const body = gzipSync('report');
    const token = 'x'.repeat(150_000);
    const { status } = await send(port, `/edge/post/nodeinfo?JWTSig=${token}`, {
      method: 'POST',
      headers: { 'Content-Encoding': 'gzip', 'Content-Type': 'application/octet-stream' },
      body,
    });
    expect(status).toBe(200);
    expect(requests[0]?.query.get('JWTSig')).toBe(token);
    expect(Buffer.from(requests[0]?.body ?? [])).toEqual(body);
    expect(requests[0]?.form.size).toBe(0);
  });

  test('beyond its limits a request is refused and nobody is asked', async () => {
    const port = await freePort();
    const requests = await apiOn(port, undefined);
    expect(await send(port, `/?${'x'.repeat(250_000)}`)).toMatchObject({ status: 431 });
    const many = Array.from({ length: API_FIELDS + 1 }, (_, i) => `f${i}=`).join('&');
    expect(await send(port, `/?${many}`)).toMatchObject({ status: 400 });
    const large = new Uint8Array(API_BODY_OCTETS + 1);
    expect(await send(port, '/', { method: 'POST', body: large })).toMatchObject({ status: 413 });
    const chunked = { 'Transfer-Encoding': 'chunked' };
    expect(await send(port, '/', { method: 'POST', headers: chunked, body: large })).toMatchObject({
      status: 413,
    });
    expect(requests).toEqual([]);
  });

  test('bodies under way are bounded together, and what left makes room', async () => {
    const port = await freePort();
    const requests = await apiOn(port, undefined);
    const slow = await Promise.all(
      Array.from({ length: API_BODIES_OCTETS / API_BODY_OCTETS }, async () => {
        const socket = connect(port, '127.0.0.1');
        socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${API_BODY_OCTETS}\r\n\r\n`);
        await new Promise((sent) => socket.write(Buffer.alloc(API_BODY_OCTETS - 1), sent));
        return socket;
      }),
    );
    const body = new Uint8Array(1000);
    const post = () => send(port, '/', { method: 'POST', body });
    await eventually(async () => (await post()).status === 503);
    for (const socket of slow) socket.destroy();
    await eventually(async () => (await post()).status === 200);
    expect(requests.every((asked) => asked.body.length === body.length)).toBe(true);
  });

  test('who leaves in the middle of a body ends nothing', async () => {
    const port = await freePort();
    const requests = await apiOn(port, undefined);
    const socket = connect(port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf');
    await once(socket, 'connect');
    socket.destroy();
    await once(socket, 'close');
    expect(await send(port, '/')).toMatchObject({ status: 200 });
    expect(requests.length).toBe(1);
  });

  test('who asks on without reading answers is cut off; one after the other is served', async () => {
    const port = await freePort();
    const requests = await apiOn(port, undefined);
    const greedy = connect(port, '127.0.0.1');
    greedy.on('error', () => undefined);
    const closed = new Promise((resolve) => greedy.once('close', resolve));
    greedy.write('GET /piled HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2500));
    await closed;
    expect(requests.length).toBeLessThanOrEqual(1);

    const patient = connect(port, '127.0.0.1');
    cleanups.push(() => patient.destroy());
    for (let i = 0; i < 3; i++) {
      patient.write('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
      expect(String((await once(patient, 'data'))[0])).toContain('200 OK');
    }
    expect(requests.filter(({ path }) => path === '/next')).toHaveLength(3);
  });

  test('a port in use is an error with a name, and the other port is free again', async () => {
    const [edge, manage] = [await freePort(), await freePort()];
    await apiOn(manage, undefined);
    await expect(startApiServer({ edge, manage }, () => expect.fail())).rejects.toMatchObject({
      code: 'SOCKET_FAILED',
      message: expect.stringContaining(`TCP port ${manage} of the ManageAPI cannot be opened`),
    });
    await apiOn(edge, undefined);
  });
});

async function eventually(isTrue: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 500 && !(await isTrue()); i++) await new Promise((go) => setTimeout(go, 10));
  expect(await isTrue()).toBe(true);
}

describe('the client', () => {
  test('gets, and posts a report with more than 64 KiB in the URL', async () => {
    const port = await freePort();
    const requests = await apiOn(port, undefined);
    const http = client();
    const url = `http://127.0.0.1:${port}/edge/post/nodeinfo?JWTSig=${'y'.repeat(100_000)}`;
    const body = new Uint8Array(gzipSync('report'));
    const headers = { 'Content-Type': 'application/octet-stream', 'Content-Encoding': 'gzip' };
    const answer = await http.ask({ method: 'POST', url, headers, body });
    expect(answer).toEqual({ status: 200, body: new TextEncoder().encode('OK') });
    expect(requests[0]?.body).toEqual(body);
    expect(
      await http.ask({ method: 'GET', url: `http://127.0.0.1:${port}/`, headers: {} }),
    ).toMatchObject({ status: 200 });
  });

  test('nobody there, silence, an endless answer: a reason that tells no URL', async () => {
    const hasty = client(200);
    const patient = client();
    const get = (port: number, http = patient) =>
      http.ask({ method: 'GET', url: `http://127.0.0.1:${port}/secret`, headers: {} });
    const endless = await serverThat((response) =>
      response.end(Buffer.alloc(HTTP_ANSWER_OCTETS + 1)),
    );
    const outcomes = [
      await get(await freePort()),
      await get(await serverThat(() => undefined), hasty),
      await get(endless),
      await hasty.ask({ method: 'GET', url: 'no url secret', headers: {} }),
    ];
    expect(outcomes).toEqual([
      { reason: expect.stringMatching(/ECONNREFUSED/) },
      { reason: 'no answer within 200 ms' },
      { reason: expect.stringMatching(/more than 4194304 octets/) },
      { reason: 'the URL cannot be read' },
    ]);
    expect(JSON.stringify(outcomes)).not.toContain('secret');
  });

  test('after stop there is no outcome', async () => {
    const http = client();
    const port = await serverThat(() => undefined);
    const asked = http.ask({ method: 'GET', url: `http://127.0.0.1:${port}/`, headers: {} });
    http.stop();
    expect(await asked).toBeUndefined();
  });
});

async function serverThat(answers: (response: ServerResponse) => void): Promise<number> {
  const server: Server = createServer((_, response) => answers(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe('compression', () => {
  test('comes back as it was', () => {
    const octets = Uint8Array.from({ length: 1000 }, (_, i) => i & 7);
    expect(zlibCompression.gunzip(zlibCompression.gzip(octets), 1000)).toEqual(octets);
  });

  test('is bounded, and what is no gzip is none', () => {
    const bomb = zlibCompression.gzip(new Uint8Array(10_000_000));
    expect(zlibCompression.gunzip(bomb, 1_000_000)).toBeUndefined();
    expect(zlibCompression.gunzip(Uint8Array.of(1, 2, 3), 100)).toBeUndefined();
    expect(zlibCompression.gunzip(bomb.subarray(0, 50), 1e9)).toBeUndefined();
    expect(zlibCompression.gunzip(new Uint8Array(0), 100)).toBeUndefined();
  });
});
