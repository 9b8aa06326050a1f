import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NodeConfig } from '../../router/index.ts';
import { UAPI_CONNECTIONS } from './limits.ts';
import { createUapiService, type UapiService } from './uapi.ts';
import type { UapiState } from './uapi-socket.ts';

let folder: string;
let services: UapiService[];
let sockets: Socket[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'r42-uapi-'));
  services = [];
  sockets = [];
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const service of services) await service.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the socket is where wg looks, for its owner only, and gone after stop', async () => {
  const { service, states } = start();
  await service.use(node('tokyo'));
  const path = join(folder, 'run/tokyo.sock');
  expect(states).toEqual([{ path, note: '' }]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await ask(path, 'get=1\n\n')).toBe('listen_port=51820\nerrno=0\n\n');
  await service.use(node('tokyo'));
  expect(states.length).toBe(1);
  await service.stop();
  expect(existsSync(path)).toBe(false);
});

test('one connection may ask many times, and more than it reads at once', async () => {
  const { service } = start();
  await service.use(node('tokyo'));
  const times = 20_000;
  const answer = await ask(join(folder, 'run/tokyo.sock'), 'get=1\n\n'.repeat(times));
  expect(answer).toBe('listen_port=51820\nerrno=0\n\n'.repeat(times));
});

test('where we may not write, the data folder has it, and the note says why', async () => {
  writeFileSync(join(folder, 'run'), 'in the way');
  const { service, states } = start();
  await service.use(node('tokyo'));
  expect(states[0]?.path).toBe(join(folder, 'data/wireguard/tokyo.sock'));
  expect(states[0]?.note).toContain(join(folder, 'run/tokyo.sock: '));
});

test('a folder of the settings is the only one', async () => {
  writeFileSync(join(folder, 'taken'), 'no folder');
  const { service, states } = start();
  await service.use(node('tokyo', { dir: join(folder, 'taken') }));
  expect(states[0]).toMatchObject({ path: null });
  await service.use(node('tokyo', { dir: join(folder, 'own'), name: 'wg42' }));
  expect(states[1]).toEqual({ path: join(folder, 'own/wg42.sock'), note: '' });
  await service.use(node('tokyo', { enabled: false }));
  expect(states[2]).toEqual({ path: null, note: 'switched off' });
  expect(existsSync(join(folder, 'own/wg42.sock'))).toBe(false);
});

test('a long name is cut to what an interface may be called; no name leads elsewhere', async () => {
  const { service, states } = start();
  await service.use(node('frankfurt-main-2-bis'));
  await service.use(node('tokyo', { name: '../../tokyo' }));
  expect(states).toEqual([
    { path: join(folder, 'run/frankfurt-main.sock'), note: '' },
    { path: null, note: '../../tokyo is no name of an interface' },
  ]);
});

test('a path longer than a socket may have is a reason, not a cut path', async () => {
  const { service, states } = start();
  await service.use(node('tokyo', { dir: join(folder, 'x'.repeat(100)) }));
  expect(states[0]?.note).toContain('longer than 107 octets');
});

test('the socket of an ended process is replaced', async () => {
  const path = join(folder, 'run/tokyo.sock');
  mkdirSync(join(folder, 'run'));
  // A process that dies without closing leaves its socket behind.
  const died = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', died]);
  expect(statSync(path).isSocket()).toBe(true);
  const { service, states } = start();
  await service.use(node('tokyo'));
  expect(states).toEqual([{ path, note: '' }]);
  expect(await ask(path, 'get=1\n\n')).toContain('errno=0');
});

test('a socket on which somebody answers stays theirs, and so does a file', async () => {
  mkdirSync(join(folder, 'run'));
  const path = join(folder, 'run/tokyo.sock');
  const other = createServer().listen(path);
  await once(other, 'listening');
  const first = start();
  await first.service.use(node('tokyo'));
  expect(first.states[0]).toEqual({
    path: join(folder, 'data/wireguard/tokyo.sock'),
    note: `${path}: another program answers there`,
  });
  await first.service.stop();
  expect(statSync(path).isSocket()).toBe(true);
  other.close();
  await once(other, 'close');

  writeFileSync(path, 'notes');
  const second = start();
  await second.service.use(node('tokyo'));
  expect(second.states[0]?.note).toBe(`${path}: a file that is no socket is in its place`);
  expect(readFileSync(path, 'utf8')).toBe('notes');
});

test('whoever talks without end is cut off, and connections are counted', async () => {
  const { service } = start();
  await service.use(node('tokyo'));
  const path = join(folder, 'run/tokyo.sock');
  const talker = open(path);
  talker.write('x'.repeat(100_000));
  await closed(talker);
  const many = Array.from({ length: UAPI_CONNECTIONS }, () => open(path));
  await Promise.all(many.map((socket) => once(socket, 'connect')));
  const oneMore = open(path);
  await closed(oneMore);
  many[0]?.end();
  await closed(many[0] as Socket);
  expect(await ask(path, 'set=1\n\n')).toBe('errno=-1\n\n');
});

function start(): { service: UapiService; states: UapiState[] } {
  const states: UapiState[] = [];
  const service = createUapiService({
    dataFolder: join(folder, 'data'),
    wireguardFolder: join(folder, 'run'),
    listTunnels: () => ({ listenPort: 51820, tunnels: [] }),
    onState: (state) => states.push(state),
  });
  services.push(service);
  return { service, states };
}

const node = (name: string, uapi?: NodeConfig['uapi']): Pick<NodeConfig, 'node' | 'uapi'> =>
  // The service reads the name of the node and nothing else of it.
  ({ node: { name }, ...(uapi === undefined ? {} : { uapi }) }) as NodeConfig;

function open(path: string): Socket {
  const socket = connect(path);
  socket.on('error', () => undefined);
  sockets.push(socket);
  return socket;
}

/** Sends a text, says that there is no more, and reads to the end. */
async function ask(path: string, text: string): Promise<string> {
  const socket = open(path);
  let answer = '';
  socket.setEncoding('utf8');
  socket.on('data', (part: string) => {
    answer += part;
  });
  socket.end(text);
  await closed(socket);
  return answer;
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.once('close', () => resolve());
  });
