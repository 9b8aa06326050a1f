/**
 * The real `wg show` looks at our tunnels: where it looks anyway, and where an ordinary user has them.
 *
 *   wireguard-go ══wg══ rootless42 node ◄── <folder>/<name>.sock ── wg show
 */
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { makeWireguardKeys, startWireguard, type WireguardKeys } from '../lab/daemons.ts';
import { type Host, type Lab, startLab } from '../lab/network.ts';
import { Daemon, eventually, run } from '../lab/process.ts';
import { OurRouter, startOurRouter } from '../lab/router.ts';
import { NODE } from './pair.ts';

const COMMAND = resolve(import.meta.dirname, '../../bin/rootless42.mjs');
const FOLDER = '/var/run/wireguard';
/** All suites of this machine share the folder, so the name is ours alone. */
const NAME = `r42u${process.pid}`;
const SOCKET = join(FOLDER, `${NAME}.sock`);

let lab: Lab;
let host: Host;
let peer: Daemon;
let theirs: WireguardKeys;
let config: unknown;
const routers: OurRouter[] = [];

beforeAll(async () => {
  lab = await startLab(['router', 'peer']);
  host = lab.host('router');
  theirs = await makeWireguardKeys();
  config = {
    node: NODE,
    uapi: { name: NAME },
    peerings: [
      {
        name: 'alder',
        asn: 4242426001,
        publicKey: theirs.publicKey,
        endpoint: `${lab.host('peer').ipv4}:26001`,
        linkLocal: 'fe80::6001',
        sessions: 'none',
        keepalive: 25,
      },
    ],
  };
  const router = await startAsRoot();
  peer = await startWireguard(lab, lab.host('peer'), {
    device: `wgu${process.pid % 100_000}`,
    privateKey: theirs.privateKey,
    listenPort: 26001,
    peer: { publicKey: router.publicKey, endpoint: `${host.ipv4}:51820` },
    addresses: ['fe80::6001/64'],
  });
});
afterAll(async () => {
  for (const router of routers) await router.daemon.stop();
  await peer?.stop();
  rmSync(SOCKET, { force: true });
  await lab?.stop();
});

test('wg show lists our tunnel with endpoint, handshake, traffic and keepalive', async () => {
  const shown = await eventually(
    'a handshake in wg show',
    () => wg('show', NAME),
    (text) => /latest handshake/.test(text),
  );
  expect(shown).toContain(`interface: ${NAME}\n`);
  expect(shown).toContain('listening port: 51820');
  expect(shown).toContain(`peer: ${theirs.publicKey}\n`);
  expect(shown).toContain(`endpoint: ${lab.host('peer').ipv4}:26001`);
  expect(shown).toContain('allowed ips: 0.0.0.0/0, ::/0');
  expect(shown).toMatch(/transfer: [0-9.]+ \S+ received, [0-9.]+ \S+ sent/);
  expect(shown).toContain('persistent keepalive: every 25 seconds');
  expect((await wg('show', 'interfaces')).split(/\s+/)).toContain(NAME);
  expect(routers[0]?.daemon.output).toContain(`"path":"${SOCKET}"`);
  expect(await routers[0]?.cli('status')).toContain(`wg show ${SOCKET}\n`);
});

test('it shows no private key, and nothing can be set', async () => {
  expect(await wg('show', NAME, 'private-key')).toBe('(none)\n');
  expect(await wg('show', NAME, 'preshared-keys')).toContain('(none)');
  const refused = await run('wg', ['set', NAME, 'peer', theirs.publicKey, 'remove']);
  expect(refused.stderr).toContain('Operation not permitted');
  expect(await wg('show', NAME, 'peers')).toBe(`${theirs.publicKey}\n`);
});

test('killed, it leaves a dead socket that the next start replaces; stopped, it leaves none', async () => {
  await routers.pop()?.daemon.stop('SIGKILL');
  expect(existsSync(SOCKET)).toBe(true);
  const router = await startAsRoot();
  await eventually(
    'the socket',
    () => wg('show', NAME, 'listen-port'),
    (text) => text === '51820\n',
  );
  await router.daemon.stop();
  expect(existsSync(SOCKET)).toBe(false);
});

test('an ordinary user has it in the data folder; a link lets wg show find it', async () => {
  const router = await startOurRouter(lab, host, config, 'ordinary');
  routers.push(router);
  const path = join(router.folder, 'wireguard', `${NAME}.sock`);
  const { node } = await router.reaches('the socket', (s) => s.node.uapi.path === path);
  expect(node.uapi.note).toBe(`${SOCKET}: not permitted`);
  symlinkSync(path, SOCKET);
  expect(await wg('show', NAME, 'peers')).toBe(`${theirs.publicKey}\n`);
  rmSync(SOCKET);
});

async function wg(...args: string[]): Promise<string> {
  const { stdout, stderr } = await run('wg', args);
  return stdout + stderr;
}

/** Our node as somebody who may write where wireguard-tools look. */
async function startAsRoot(): Promise<OurRouter> {
  const folder = join(lab.folder, 'root-data');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'node.yaml');
  writeFileSync(file, stringify(config));
  const [program, args] = host.inside(process.execPath, COMMAND, 'node', '--config', file);
  const env = { ...process.env, ROOTLESS42_DATA: folder };
  const router = new OurRouter(host, new Daemon('rootless42', program, args, env), folder);
  routers.push(router);
  await router.daemon.printed(/READY/);
  return router;
}
