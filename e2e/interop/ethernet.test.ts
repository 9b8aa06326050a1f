/**
 * Our Ethernet port against Linux: who finds whom, who believes whom, what happens when one moves.
 *
 *   own stack 10.9.0.10, fd09::10, fe80::a ══TAP══ Linux 10.9.0.11, fd09::11, fe80::b ─ lo 172.22.0.1, fd44::1
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EthernetOptions } from '../lab/ethernet-main.ts';
import { type Host, type Lab, startLab } from '../lab/network.ts';
import { Daemon, eventually, run } from '../lab/process.ts';
import { buildPrograms, programLine } from '../lab/programs.ts';

const DEVICE = 'tap0';
const OURS = '02:00:00:00:00:0a';
const THEIRS = '02:00:00:00:00:0b';
const MOVED = '02:00:00:00:00:0c';
const ECHO_PORT = 7;
const OPTIONS: EthernetOptions = {
  device: DEVICE,
  linkAddress: OURS,
  // Linux has the last one.
  addresses: ['10.9.0.10', 'fd09::10', 'fe80::a', 'fd09::5'],
  prefixes: ['10.9.0.0/24', 'fd09::/64'],
  routes: [
    { prefix: '172.22.0.0/24', nextHop: '10.9.0.11' },
    { prefix: 'fd44::/32', nextHop: 'fe80::b' },
  ],
  targets: ['10.9.0.11', 'fd09::11', 'fe80::b', '172.22.0.1', 'fd44::1', '10.9.0.77', 'fd09::77'],
  echoPort: ECHO_PORT,
};

let lab: Lab | undefined;
let own: Daemon;
let linux: Host;

beforeAll(async () => {
  await buildPrograms('ethernet');
  lab = await startLab(['linux']);
  linux = lab.host('linux');
  await linux.must('ip', 'tuntap', 'add', 'dev', DEVICE, 'mode', 'tap');
  const settings = {
    'net.ipv6.conf.all.accept_dad': 1,
    [`net.ipv6.conf.${DEVICE}.accept_dad`]: 1,
    [`net.ipv6.conf.${DEVICE}.addr_gen_mode`]: 1,
    [`net.ipv4.conf.${DEVICE}.arp_notify`]: 1,
    [`net.ipv6.conf.${DEVICE}.ndisc_notify`]: 1,
    // RFC 4861 §10 has five seconds.
    [`net.ipv6.neigh.${DEVICE}.delay_first_probe_time`]: 1,
  };
  for (const [key, value] of Object.entries(settings))
    await linux.must('sysctl', '-qw', `${key}=${value}`);
  await linux.must('ip', 'link', 'set', DEVICE, 'address', THEIRS, 'up');
  for (const address of ['10.9.0.11/24', 'fd09::11/64', 'fd09::5/64', 'fe80::b/64'])
    await linux.must('ip', 'address', 'add', address, 'dev', DEVICE, ...nodad(address));
  for (const address of ['172.22.0.1/32', 'fd44::1/128'])
    await linux.must('ip', 'address', 'add', address, 'dev', 'lo');
  own = new Daemon('own', ...linux.inside(...programLine('ethernet', OPTIONS)));
  await own.printed(/READY/);
});

afterAll(async () => {
  await own?.stop('SIGKILL');
  await lab?.stop();
});

test('our addresses are ours when Linux has none of them, and not when it has', async () => {
  await own.printed(/CONFLICT fd09::5\n/);
  for (const address of ['10.9.0.10', 'fd09::10', 'fe80::a'])
    await own.printed(new RegExp(`ASSIGNED ${address}\n`));
  expect(own.output).not.toContain('ASSIGNED fd09::5');
});

test.each(['10.9.0.11', 'fd09::11', 'fe80::b'])('we find and ping %s', async (target) => {
  await own.printed(new RegExp(`REPLY ${target}\n`));
  expect(own.output).toContain(`NEIGHBOR ${target} reachable ${THEIRS}`);
});

test.each(['172.22.0.1', 'fd44::1'])('and %s behind it', async (target) => {
  await own.printed(new RegExp(`REPLY ${target}\n`));
});

test.each(['10.9.0.77', 'fd09::77'])('and hear that nobody is at %s', async (target) => {
  await own.printed(new RegExp(`ERROR ${target} address-unreachable\n`));
});

test.each(['10.9.0.10', 'fd09::10', `fe80::a%${DEVICE}`])(
  'Linux finds and pings %s',
  async (target) => {
    const address = target.split('%')[0] as string;
    // What it learned from our announcements and questions is forgotten: it has to ask.
    await run(...linux.inside('ip', 'neigh', 'flush', 'dev', DEVICE));
    await linux.must('ping', '-c', '3', '-i', '0.2', '-W', '2', target);
    const entry = await neighborOf(address);
    expect(entry).toContain(`lladdr ${OURS}`);
    expect(entry).toMatch(/REACHABLE|DELAY|STALE/);
  },
);

test('Linux sees that we are a router, and confirms us by a unicast probe', async () => {
  await linux.must(
    'ip',
    'neigh',
    'replace',
    'fd09::10',
    'lladdr',
    OURS,
    'nud',
    'stale',
    'dev',
    DEVICE,
  );
  await linux.must('ping', '-c', '1', '-W', '2', 'fd09::10');
  const entry = await eventually(
    'a confirmed neighbor',
    () => neighborOf('fd09::10'),
    (e) => e.includes('REACHABLE'),
  );
  expect(entry).toContain('router');
});

// The second is the one that we wanted and Linux has.
test.each(['fd09::11', 'fd09::5'])(
  'Linux carries TCP from %s to us and back',
  async (localAddress) => {
    const script = `
    const s = require('node:net').connect({
      port: ${ECHO_PORT}, host: 'fd09::10', localAddress: '${localAddress}' });
    let text = '';
    s.on('data', (d) => (text += d)).on('end', () => console.log(text.length));
    s.end('x'.repeat(20000));`;
    const { stdout } = await run(...linux.inside(process.execPath, '-e', script));
    expect(stdout.trim()).toBe('20000');
  },
);

test('Linux does not get an address that is ours (RFC 4862 §5.4)', async () => {
  await linux.must('ip', 'address', 'add', 'fd09::10/64', 'dev', DEVICE);
  await eventually(
    'a failed duplicate address detection',
    () => linux.must('ip', '-6', 'address', 'show', 'dev', DEVICE),
    (text) => /fd09::10\/64 .*dadfailed/.test(text),
  );
  await linux.must('ip', 'address', 'del', 'fd09::10/64', 'dev', DEVICE);
});

test('Linux moves to another address, says so, and we follow', async () => {
  await linux.must('ip', 'link', 'set', DEVICE, 'address', MOVED);
  for (const target of ['10.9.0.11', 'fd09::11'])
    await own.printed(new RegExp(`NEIGHBOR ${target} reachable ${MOVED}\n`));
});

test('Linux takes our IPv4 address: we say whose it is, and keep it (RFC 5227 §2.4)', async () => {
  await linux.must('ip', 'address', 'add', '10.9.0.10/32', 'dev', DEVICE);
  // With arp_notify it announces all of its addresses when its link-layer address changes.
  await linux.must('ip', 'link', 'set', DEVICE, 'address', THEIRS);
  await own.printed(/CONFLICT 10\.9\.0\.10\n/);
  await linux.must('ip', 'address', 'del', '10.9.0.10/32', 'dev', DEVICE);
  await linux.must('ping', '-c', '1', '-W', '2', '10.9.0.10');
});

const neighborOf = (address: string): Promise<string> =>
  linux.must('ip', 'neigh', 'show', address, 'dev', DEVICE);

const nodad = (address: string): string[] => (address.includes(':') ? ['nodad'] : []);
