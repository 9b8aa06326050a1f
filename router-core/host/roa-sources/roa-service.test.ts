/** Sources of ROAs with real files, a real web server and a real TCP cache, all on loopback. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fromHex } from '../../base/bytes.ts';
import type { RoaSource, RouterRoas } from '../../router/index.ts';
import { startFileSource } from './file.ts';
import { keptTablePath } from './kept-table.ts';
import { createRoaService, type RoaService } from './roa-service.ts';
import type { RoaSourceRun, SourceContext } from './source.ts';
import { startUrlSource } from './url.ts';

let folder: string;
let cleanup: (() => void)[];
const logged: string[] = [];
const log: SourceContext['log'] = (level, message, fields) =>
  logged.push(`${level} ${message} ${fields.code ?? ''}`.trim());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'r42-roa-'));
  cleanup = [];
  logged.length = 0;
});
afterEach(() => {
  for (const undo of cleanup.reverse()) undo();
  rmSync(folder, { recursive: true });
});

const context = (): SourceContext => ({
  folder: join(folder, 'roa'),
  changed: () => undefined,
  log,
});
const birdTable = (count: number): string =>
  Array.from(
    { length: count },
    (_, i) => `route 172.20.${i}.0/24 max 28 as ${4242420000 + i};`,
  ).join('\n');
const jsonTable = (count: number): string =>
  JSON.stringify({
    metadata: { counts: count },
    roas: Array.from({ length: count }, (_, i) => ({
      prefix: `172.20.${i}.0/24`,
      maxLength: 28,
      asn: `AS${4242420000 + i}`,
    })),
  });
const count = (run: RoaSourceRun): number | undefined => run.state().table?.roas.length;
const reaches = (isSo: () => unknown): Promise<void> =>
  vi.waitFor(() => {
    if (!isSo()) throw new Error(`not yet: ${logged.join(' | ')}`);
  }, 15_000);

function serve(service: RoaService, sources: readonly RoaSource[]): void {
  cleanup.push(() => service.stop());
  service.use({ roa: { sources } });
}

test('a file in either format is read, and read again when it changes', async () => {
  const path = join(folder, 'roas.conf');
  writeFileSync(path, birdTable(10));
  const run = startFileSource(path, context(), 20);
  cleanup.push(() => run.stop());
  await reaches(() => count(run) === 10);
  writeFileSync(path, `${jsonTable(11)}\n`);
  await reaches(() => count(run) === 11);
  expect(run.state().state).toBe('read');
});

test('a table that lost more than a fifth, or everything, is refused and the last stays', async () => {
  const path = join(folder, 'roas.conf');
  writeFileSync(path, birdTable(10));
  const run = startFileSource(path, context(), 20);
  cleanup.push(() => run.stop());
  await reaches(() => count(run) === 10);
  writeFileSync(path, birdTable(7));
  await reaches(() => logged.includes('warn ROAs cannot be read ROA_SHRANK'));
  expect(count(run)).toBe(10);
  expect(run.state().state).toMatch(/has 7 ROAs and had 10; the last table stays in use/);
  writeFileSync(path, 'no table at all');
  await reaches(() => logged.includes('warn ROAs cannot be read ROA_UNAVAILABLE'));
  expect(count(run)).toBe(10);
  writeFileSync(path, birdTable(8));
  await reaches(() => count(run) === 8);
});

test('what was good is there after a restart, also when the file is gone', async () => {
  const path = join(folder, 'roas.conf');
  writeFileSync(path, birdTable(10));
  const first = startFileSource(path, context(), 20);
  await reaches(() => count(first) === 10);
  first.stop();
  rmSync(path);
  const second = startFileSource(path, context(), 20);
  cleanup.push(() => second.stop());
  expect(count(second)).toBe(10);
  await reaches(() => second.state().state.includes('ENOENT'));
  expect(count(second)).toBe(10);
});

async function webServer(
  answer: Parameters<typeof createHttpServer>[1],
): Promise<{ url: string; server: HttpServer }> {
  const server = createHttpServer(answer as never);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/roa.json`, server };
}

test('a URL is asked with what it said last, and its errors leave the table alone', async () => {
  const asked: (string | undefined)[] = [];
  let isBroken = false;
  const { url } = await webServer(((request: never, response: never) => {
    const { headers } = request as { headers: Record<string, string | undefined> };
    const answer = response as {
      writeHead(code: number, h?: object): void;
      end(text?: string): void;
    };
    asked.push(headers['if-none-match']);
    if (isBroken) answer.writeHead(503);
    else if (headers['if-none-match'] === '"one"') answer.writeHead(304);
    else answer.writeHead(200, { etag: '"one"' });
    answer.end(isBroken || headers['if-none-match'] === '"one"' ? undefined : jsonTable(5));
  }) as never);
  const run = startUrlSource(url, context(), { intervalMs: 20, retryMs: 20 });
  cleanup.push(() => run.stop());
  await reaches(() => asked.length >= 3);
  expect(asked.slice(0, 3)).toEqual([undefined, '"one"', '"one"']);
  expect(count(run)).toBe(5);
  isBroken = true;
  await reaches(() => run.state().state.includes('answers 503'));
  expect(count(run)).toBe(5);
});

/** A cache of version 1 with one record; returns its port and the connections it has. */
async function rtrCache(): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', () =>
      socket.write(
        fromHex(
          '0103000100000008010400000000001401181a00ac141000fcde312101070001000000180000000700000e100000025800001c20',
        ) as Uint8Array,
      ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

test('sources are joined, named, and follow the documents', async () => {
  const { port, sockets } = await rtrCache();
  const path = join(folder, 'roas.conf');
  writeFileSync(path, birdTable(3));
  const told: RouterRoas[] = [];
  const service = createRoaService({ dataFolder: folder, log, onRoas: (roas) => told.push(roas) });
  const rtr: RoaSource = { kind: 'rtr', host: '127.0.0.1', port, preference: 10 };
  const file: RoaSource = { kind: 'file', path, preference: 10 };
  serve(service, [rtr, file]);
  await reaches(() => told.at(-1)?.roas?.length === 4);
  expect(told.at(-1)?.sources).toMatchObject([
    { source: `rtr 127.0.0.1:${port}`, roas: 1, isInUse: true },
    { source: path, roas: 3, isInUse: true, state: 'read' },
  ]);
  const before = told.length;
  service.use({ roa: { sources: [rtr, file] } });
  expect(told.length, 'the same document').toBe(before);

  service.use({ roa: { sources: [{ ...rtr, preference: 5 }, file] } });
  await reaches(() => told.at(-1)?.roas?.length === 1);
  expect(told.at(-1)?.sources.map(({ isInUse }) => isInUse)).toEqual([true, false]);
  expect(sockets[0]?.destroyed || sockets.length === 2).toBe(true);

  service.use({});
  expect(told.at(-1)).toEqual({ roas: undefined, sources: [] });
});

test('a cache that goes leaves its table, and stop writes it down', async () => {
  const { port, sockets } = await rtrCache();
  const told: RouterRoas[] = [];
  const service = createRoaService({ dataFolder: folder, log, onRoas: (roas) => told.push(roas) });
  const rtr: RoaSource = { kind: 'rtr', host: '127.0.0.1', port, preference: 10 };
  serve(service, [rtr]);
  await reaches(() => told.at(-1)?.roas?.length === 1);
  for (const socket of sockets) socket.destroy();
  await reaches(() => told.at(-1)?.sources[0]?.state.includes('the connection was lost'));
  expect(told.at(-1)?.roas?.length).toBe(1);
  service.stop();
  const next: RouterRoas[] = [];
  const second = createRoaService({ dataFolder: folder, log, onRoas: (roas) => next.push(roas) });
  serve(second, [rtr]);
  expect(next[0]?.roas?.length, 'before the cache has answered').toBe(1);
});

test('a damaged kept table is none', async () => {
  const path = join(folder, 'roas.conf');
  writeFileSync(path, birdTable(10));
  const first = startFileSource(path, context(), 20);
  await reaches(() => count(first) === 10);
  first.stop();
  const kept = keptTablePath(join(folder, 'roa'), path);
  expect(JSON.parse(readFileSync(kept, 'utf8'))).toMatchObject({ source: path });
  for (const text of ['{', '{"updatedAt":1,"roas":[["172.20.0.0/33",1,1]]}', '[]']) {
    writeFileSync(kept, text);
    rmSync(path, { force: true });
    const run = startFileSource(path, context(), 20);
    expect(count(run)).toBeUndefined();
    run.stop();
  }
});
