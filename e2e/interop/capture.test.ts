/**
 * `rootless42 capture` while a real wireguard-go pings us; the real tcpdump reads what it wrote.
 */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWireguardKeys, startWireguard } from '../lab/daemons.ts';
import { type Host, type Lab, startLab } from '../lab/network.ts';
import { Daemon, eventually, must, run } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { NODE } from './pair.ts';

const COMMAND = resolve(import.meta.dirname, '../../bin/rootless42.mjs');

let lab: Lab;
let router: OurRouter;
let peerHost: Host;
let tunnel: Daemon;
let pinging: Daemon;

beforeAll(async () => {
  lab = await startLab(['router', 'peer']);
  peerHost = lab.host('peer');
  const keys = await makeWireguardKeys();
  router = await startOurRouter(lab, lab.host('router'), {
    node: NODE,
    peerings: [
      {
        name: 'alder',
        asn: 4242426001,
        publicKey: keys.publicKey,
        linkLocal: 'fe80::6001',
        sessions: 'none',
      },
    ],
  });
  const device = `wgc${process.pid % 100_000}`;
  tunnel = await startWireguard(lab, peerHost, {
    device,
    privateKey: keys.privateKey,
    peer: {
      publicKey: router.publicKey,
      endpoint: `${lab.host('router').ipv4}:51820`,
    },
    addresses: ['fe80::6001/64'],
  });
  const ping = ['ping', '-6', '-i', '0.2', '-s', '1000', `fe80::6000%${device}`] as const;
  pinging = new Daemon('ping', ...peerHost.inside(...ping));
  await pinging.printed(/bytes from/);
});
afterAll(async () => {
  await pinging?.stop();
  await router?.daemon.stop();
  await tunnel?.stop();
  await lab?.stop();
});

test('tcpdump reads the file: both directions, whole packets, in the clear', async () => {
  const file = join(lab.folder, 'alder.pcapng');
  expect(await router.cli('capture', 'alder', '-w', file, '--packets', '6')).toMatch(
    /^[0-9]+ octets in /,
  );
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const text = await must('tcpdump', ['-n', '-r', file]);
  const lines = text.trim().split('\n');
  expect(lines.length).toBe(6);
  // The kernel on the other side may say a word of its own in between.
  expect(text).toMatch(/fe80::6001 > fe80::6000: .*echo request/);
  expect(text).toMatch(/fe80::6000 > fe80::6001: .*echo reply/);
  expect(text).toContain('length 1008');
});

test('a snap length keeps the headers only, and tcpdump knows the whole length', async () => {
  const file = join(lab.folder, 'short.pcapng');
  await router.cli('capture', 'all', '-w', file, '--packets', '2', '--snaplen', '64');
  expect(statSync(file).size).toBeLessThan(1000);
  expect(await must('tcpdump', ['-n', '-v', '-r', file])).toContain('payload length: 1008');
});

test('it pipes into tcpdump as the packets pass, and ends when tcpdump has enough', async () => {
  const pipe = `ROOTLESS42_DATA='${router.folder}' '${process.execPath}' '${COMMAND}' capture alder --seconds 60 | tcpdump -n -c 4 -r -`;
  const startedAt = Date.now();
  const { stdout, stderr, code } = await run('sh', ['-c', pipe]);
  expect([code, stdout.trim().split('\n').length], stderr).toEqual([0, 4]);
  expect(Date.now() - startedAt).toBeLessThan(20_000);
});

test('Ctrl-C ends it, and what was written is a whole file', async () => {
  const file = join(lab.folder, 'interrupted.pcapng');
  const capturing = new Daemon(
    'capture',
    process.execPath,
    [COMMAND, 'capture', 'alder', '-w', file, '--data', router.folder],
    process.env,
  );
  await eventually(
    'packets in the file',
    async () => (existsSync(file) ? statSync(file).size : 0),
    (size) => size > 3000,
  );
  expect(await capturing.stop('SIGINT')).toBe(0);
  const { code, stdout } = await run('tcpdump', ['-n', '-r', file]);
  expect(code).toBe(0);
  expect(stdout).toContain('echo request');
});

test('a peering that is not there is refused, and an older file stays as it was', async () => {
  const file = join(lab.folder, 'old.pcapng');
  writeFileSync(file, 'older');
  expect(await router.cli('capture', 'nobody', '-w', file)).toContain('ENTITY_UNKNOWN');
  expect(await router.cli('capture', 'alder', '-w', file, '--packets', '0')).toContain(
    'QUERY_INVALID',
  );
  expect(readFileSync(file, 'utf8')).toBe('older');
});
