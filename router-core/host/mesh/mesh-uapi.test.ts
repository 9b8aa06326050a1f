/**
 * Where the sockets for `wg show` are: the environment decides, and a descriptor may be handed in.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkUapi, openMeshUapi } from './mesh-uapi.ts';

let folder: string;
let cleanups: (() => unknown)[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'r42-mesh-uapi-'));
  cleanups = [];
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
  rmSync(folder, { recursive: true });
});

const wish = (name: string, listenPort: number) => ({
  name,
  listTunnels: () => ({ listenPort, tunnels: [] }),
});

async function ask(path: string): Promise<string> {
  const socket = connect(path);
  socket.end('get=1\n\n');
  let text = '';
  for await (const part of socket) text += String(part);
  return text;
}

test('a socket per wish, for its owner only', async () => {
  const uapi = await openMeshUapi([wish('s_v4', 1), wish('s_v6', 2)], { EG_UAPI_DIR: folder });
  cleanups.push(() => uapi.close());
  checkUapi(uapi);
  expect(await ask(join(folder, 's_v4.sock'))).toContain('listen_port=1\n');
  expect(await ask(join(folder, 's_v6.sock'))).toContain('listen_port=2\n');
  expect(statSync(join(folder, 's_v4.sock')).mode & 0o777).toBe(0o600);
});

test('a name somebody else has is not taken away', async () => {
  const path = join(folder, 'taken.sock');
  const other = createServer().listen(path);
  await once(other, 'listening');
  cleanups.push(() => other.close());
  const uapi = await openMeshUapi([wish('taken', 1)], { EG_UAPI_DIR: folder });
  expect(uapi.states).toEqual([{ path: null, note: `${path}: another program answers there` }]);
  expect(() => checkUapi(uapi)).toThrow(expect.objectContaining({ code: 'SOCKET_FAILED' }));
});

test.each(['x', '-1', '99'])('EG_UAPI_FD=%s is no socket', async (fd) => {
  const uapi = await openMeshUapi([wish('e', 1)], { EG_UAPI_FD: fd });
  expect(uapi.states[0]?.path).toBeNull();
});

test('a listening descriptor that was handed in is answered on', async () => {
  const path = join(folder, 'handed.sock');
  const server = createServer().listen(path);
  await once(server, 'listening');
  const script = `
    const { openMeshUapi } = await import(${JSON.stringify(join(import.meta.dirname, 'mesh-uapi.ts'))});
    const wish = { name: 'e', listTunnels: () => ({ listenPort: 7, tunnels: [] }) };
    const { states } = await openMeshUapi([wish], process.env);
    console.log(JSON.stringify(states));`;
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', script],
    {
      env: { ...process.env, EG_UAPI_FD: '3' },
      stdio: ['ignore', 'pipe', 'inherit', descriptorOf(server)],
    },
  );
  cleanups.push(() => child.kill());
  const [states] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  expect(JSON.parse(String(states))).toEqual([{ path: 'descriptor 3', note: '' }]);
  // Closing takes the file away, if it is still there.
  renameSync(path, `${path}.kept`);
  server.close();
  expect(await ask(`${path}.kept`)).toContain('listen_port=7\n');
});

/** The number of a server's descriptor: spawn hands it on by number. */
function descriptorOf(server: object): number {
  const { _handle } = server as { _handle: { fd: number } };
  return _handle.fd;
}
