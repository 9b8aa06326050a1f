/** Starting and stopping: fast the second time, clean at the end, one clear line when a setting is wrong. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../router-core/host/testing/free-port.ts';
import { run } from '../lab/process.ts';
import { expect, test } from './journey.ts';
import { nodeOf, REGISTRY, startPortal, startProgram, writeConfig } from './portal.ts';

const STOP_MS = 3000;

test('Ctrl-C ends it within three seconds; the second start rebuilds nothing and forgets nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'r42-journey-'));
  const [port, underlayPort] = [await freePort(), await freePort()];
  const env = {
    PORT: String(port),
    ROOTLESS42_DATA: join(folder, 'data'),
    ROOTLESS42_OPERATOR_TOKEN: 'journeys-operator-token-0123456789',
    ROOTLESS42_CONFIG: writeConfig(folder, {
      node: nodeOf(underlayPort),
      registry: { path: REGISTRY },
    }),
  };
  const keys: string[] = [];
  for (const _ of ['first', 'second']) {
    const program = startProgram(env);
    await program.printed(/rootless42: http\S+\n/, 60_000);
    // Each step of bin/prepare.mjs that has something to do says so in a line of this form.
    expect(program.output).not.toMatch(/rootless42: (installing|generating|bundling|building)/);
    // With file and token nobody needs the set-up page.
    expect(program.output).not.toContain('/admin/setup');
    const nodes = async () => {
      const answer = await fetch(`http://localhost:${port}/api/v1/nodes`);
      return (await answer.json()) as { nodes: { ours: { publicKey: string } }[] };
    };
    await expect
      .poll(async () => (await nodes()).nodes[0]?.ours.publicKey ?? '')
      .toMatch(/^[A-Za-z0-9+/]{43}=$/);
    keys.push((await nodes()).nodes[0]?.ours.publicKey ?? '');
    const stream = await fetch(`http://localhost:${port}/api/v1/events`, {
      headers: { authorization: `Bearer ${env.ROOTLESS42_OPERATOR_TOKEN}` },
    });
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    const started = Date.now();
    expect(await program.stop('SIGINT'), program.output).toBe(0);
    expect(Date.now() - started).toBeLessThan(STOP_MS);
    await stream.body?.cancel().catch(() => undefined);
    expect(program.output).not.toMatch(/unhandled|ERR_|\bat .*\.js:\d/i);
  }
  expect(keys[0]).toBe(keys[1]);
  rmSync(folder, { recursive: true, force: true });
});

test('on the first run without a file a link is printed, once per start', async () => {
  const portal = await startPortal();
  expect(portal.daemon.output.match(/set this node up/g)).toHaveLength(1);
  expect(portal.setupUrl()).toMatch(/\/admin\/setup\?token=[A-Za-z0-9_-]{20,}$/);
  await portal.stop();
});

const FILE = { name: 'tokyo', asn: 4242426000 };
for (const [what, env, content, words] of [
  ['a port that is none', { PORT: 'abc' }, undefined, /PORT is "abc"; give a port/],
  ['a host that is none', { HOST: 'everywhere' }, undefined, /HOST is "everywhere"/],
  [
    'a proxy that is none',
    { ROOTLESS42_TRUSTED_PROXIES: 'proxy' },
    undefined,
    /TRUSTED_PROXIES.*"proxy"/,
  ],
  [
    'an origin that is none',
    { ROOTLESS42_ORIGINS: 'peer.example' },
    undefined,
    /ROOTLESS42_ORIGINS/,
  ],
  [
    'a token that can be guessed',
    { ROOTLESS42_OPERATOR_TOKEN: 'secret7' },
    undefined,
    /ROOTLESS42_OPERATOR_TOKEN needs/,
  ],
  [
    'a file that is missing',
    { ROOTLESS42_CONFIG: '/nonexistent/node.yaml' },
    undefined,
    /\/nonexistent\/node\.yaml cannot be read/,
  ],
  [
    'an unknown key',
    {},
    { node: { ...FILE, colour: 'red' } },
    /node\.yaml: .*colour is not a known key/,
  ],
  [
    'a value of the wrong kind',
    {},
    { node: { ...FILE, routerId: 'one' } },
    /node\.yaml: .*routerId/,
  ],
  [
    'a registry that is neither',
    {},
    { node: FILE, registry: { git: 'file:///etc' } },
    /https or ssh/,
  ],
  [
    'a peering that cannot be',
    {},
    { node: FILE, peerings: [{ asn: 4242426001, publicKey: 'x' }] },
    /node\.yaml: .*publicKey|KEY/,
  ],
] as const) {
  test(`${what} stops the start with one line`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'r42-journey-'));
    const program = startProgram({
      PORT: String(await freePort()),
      ROOTLESS42_DATA: join(folder, 'data'),
      ...(content === undefined ? {} : { ROOTLESS42_CONFIG: writeConfig(folder, content) }),
      ...env,
    });
    await program.printed(/\[portal ended with \d+\]/, 30_000).catch(() => undefined);
    const code = await program.stop('SIGKILL');
    const lines = program.output.split('\n').filter((line) => /^rootless42: /.test(line));
    expect(lines, program.output).toHaveLength(1);
    expect(lines[0]).toMatch(words);
    expect(program.output).not.toMatch(/secret7|\bat .*\.js:\d|node_modules/);
    expect(code).toBe(1);
    rmSync(folder, { recursive: true, force: true });
  });
}

test('a port in use says so', async () => {
  const portal = await startPortal();
  const folder = mkdtempSync(join(tmpdir(), 'r42-journey-'));
  const program = startProgram({
    PORT: String(portal.port),
    ROOTLESS42_DATA: join(folder, 'data'),
  });
  await program.printed(/ended with/, 30_000).catch(() => undefined);
  expect(program.output).toContain(`port ${portal.port} is in use; set PORT to another.`);
  expect(await program.stop('SIGKILL')).toBe(1);
  await portal.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('`npm start --` takes options, and an unknown one is named', async () => {
  const { code, stderr } = await run(process.execPath, ['bin/start.mjs', '--colour', 'red']);
  expect(code).not.toBe(0);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(/rootless42: .*--colour/);
});
