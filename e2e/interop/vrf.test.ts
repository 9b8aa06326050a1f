/**
 * Three virtual routers of one node, the default one among them, each with two real networks that know nothing of
 * the others: the same AS numbers, router ids, link-locals, prefixes and addresses in all.
 *
 *   plain:  client 172.21.130.1 ══ router ══ server 172.21.140.1 "plain"      the default one, on the fast path
 *   blue:   client 172.21.130.1 ══ router ══ server 172.21.140.1 "blue"
 *   red:    client 172.21.130.1 ══ router ══ server 172.21.140.1 "red"
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bird, makeWireguardKeys, startBird } from '../lab/daemons.ts';
import { failingBundles } from '../lab/failing-worker.ts';
import { type Host, type Lab, startLab } from '../lab/network.ts';
import { packetsOf } from '../lab/ping-flow.ts';
import { Daemon, eventually, run } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { NODE } from './pair.ts';
import { birdConfig } from './peer-texts.ts';
import { startTunnels } from './tunnels.ts';
import { pause } from './visitor-place.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const COLORS = ['plain', 'blue', 'red'] as const;
const SERVER = '172.21.140.1';
const CLIENT = '172.21.130.1';
const OURS = '172.21.128.1';
/** The ends of a tunnel, the same in every color. */
const ENDS = {
  server: { asn: 4242426001, linkLocal: 'fe80::6001', address: SERVER, ipv4: '172.21.140.0/27' },
  client: { asn: 4242426002, linkLocal: 'fe80::6002', address: CLIENT, ipv4: '172.21.130.0/27' },
} as const;
const ROLES = ['server', 'client'] as const;
const FLOW_SECONDS = 12;
type Color = (typeof COLORS)[number];
type Role = (typeof ROLES)[number];

/** Says who it is. */
const WEB = `
import { createServer } from 'node:http';
createServer((_, response) => response.end(process.argv[1])).listen(8080, '0.0.0.0', () => console.log('SERVING'));
`;

const bundles = failingBundles();
let lab: Lab;
let router: OurRouter;
const birds = new Map<string, Bird>();
const daemons: Daemon[] = [];
const hostOf = (color: Color, role: Role): Host => lab.host(`${color}-${role}`);
const ends = COLORS.flatMap((color) => ROLES.map((role) => ({ color, role, ...ENDS[role] })));
const vrfOf = (color: Color): string => (color === 'plain' ? 'default' : color);

beforeAll(async () => {
  lab = await startLab(['router', ...ends.map(({ color, role }) => `${color}-${role}`)]);
  const keys = await Promise.all(ends.map(() => makeWireguardKeys()));
  const own = { addresses: [OURS], announce: ['172.21.128.0/27'] };
  const config = {
    node: { ...NODE, ...own },
    vrfs: { blue: own, red: own },
    peerings: ends.map(({ color, role, asn, linkLocal }, i) => ({
      name: `${color}-${role}`,
      ...(color === 'plain' ? {} : { vrf: color }),
      asn,
      linkLocal,
      publicKey: keys[i]?.publicKey,
      endpoint: `${hostOf(color, role).ipv4}:26001`,
      policy: 'accept-all',
    })),
  };
  const script = join(relative(ROOT, bundles), 'cli.js');
  router = await startOurRouter(lab, lab.host('router'), config, 'node', {}, script);
  const deviceOf = (i: number): string => `wgv${process.pid % 100_000}${i}`;
  const tunnels = await startTunnels(
    lab,
    router,
    ends.map(({ color, role, linkLocal }, i) => ({
      host: hostOf(color, role),
      device: deviceOf(i),
      privateKey: keys[i]?.privateKey ?? '',
      addresses: [`${linkLocal}/64`],
    })),
  );
  daemons.push(...tunnels);
  for (const [i, { color, role, asn, address, ipv4 }] of ends.entries()) {
    const host = hostOf(color, role);
    await host.must('ip', 'addr', 'add', `${address}/32`, 'dev', 'lo');
    const sessions = `protocol bgp tokyo from peers { neighbor fe80::6000%'${deviceOf(i)}' as ${NODE.asn}; }`;
    const bird = birdConfig({ asn, routerId: address, ipv4: [ipv4], ipv6: [], sessions });
    birds.set(host.name, await startBird(lab, host, bird));
    if (role === 'server') {
      const web = new Daemon(
        `web ${color}`,
        ...host.inside(process.execPath, '--input-type=module', '-e', WEB, color),
      );
      daemons.push(web);
      await web.printed(/SERVING/);
    }
  }
  for (const bird of birds.values()) await bird.established('tokyo');
});
afterAll(async () => {
  for (const bird of birds.values()) await bird.stop();
  await router?.daemon.stop();
  for (const daemon of daemons) await daemon.stop();
  await lab?.stop();
  rmSync(bundles, { recursive: true, force: true });
});

/** Echo requests that a host has had. */
async function echoes(host: Host): Promise<number> {
  const [names, values] = (await host.must('cat', '/proc/net/snmp'))
    .split('\n')
    .filter((line) => line.startsWith('Icmp:'))
    .map((line) => line.split(' '));
  return Number(values?.[names?.indexOf('InEchos') ?? -1]);
}

/** How many echo requests each server had while something ran. */
async function echoesDuring(what: () => Promise<unknown>): Promise<number[]> {
  const all = () => Promise.all(COLORS.map((color) => echoes(hostOf(color, 'server'))));
  const before = await all();
  await what();
  return (await all()).map((count, i) => count - (before[i] ?? 0));
}

const only = (color: Color, count: number): number[] =>
  COLORS.map((other) => (other === color ? count : 0));

const ping = (color: Color, ...options: string[]) =>
  run(...hostOf(color, 'client').inside('ping', '-n', '-I', CLIENT, ...options, SERVER), {
    timeoutMs: 60_000,
  });

test('each virtual router has the routes of its own neighbors, once', async () => {
  for (const color of COLORS) {
    await birds.get(`${color}-client`)?.hasRoute('172.21.140.0/27');
    await birds.get(`${color}-server`)?.hasRoute('172.21.130.0/27');
    const where = ['--vrf', vrfOf(color), '--json'];
    const rows = await router.cli('lg', 'route', '172.21.140.0/27', ...where);
    expect(rows.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(rows)).toMatchObject({ isBest: true, from: `${color}-server` });
  }
  expect(await router.cli('lg', 'route', '172.21.140.0/27', '--vrf', 'green')).toContain(
    'VRF_UNKNOWN',
  );
  const { tables, vrfs, peerings } = await router.snapshot();
  const three = { prefixes: 3, paths: 3 };
  expect(tables.ipv4).toEqual(three);
  expect(vrfs).toMatchObject({
    blue: { tables: { ipv4: three } },
    red: { tables: { ipv4: three } },
  });
  expect(peerings.map(({ vrf }) => vrf)).toEqual(
    ends.map(({ color }) => (color === 'plain' ? undefined : color)),
  );
  expect(await router.cli('status')).toMatch(
    /vrf blue {2}3 IPv4 and 0 IPv6 routes {2}blue-server, blue-client/,
  );
});

test('the same address is another host in each of them, for who is behind us', async () => {
  for (const color of COLORS) {
    const flow = () => ping(color, '-c', '3', '-i', '0.2', '-W', '5');
    expect(await echoesDuring(flow)).toEqual(only(color, 3));
    const url = `http://${SERVER}:8080/`;
    const client = hostOf(color, 'client');
    expect(await client.must('curl', '-sS', '-m', '10', '--interface', CLIENT, url)).toBe(color);
    // We are there in each of them ourselves.
    await client.must('ping', '-n', '-c', '1', '-W', '5', '-I', CLIENT, OURS);
  }
});

test('and for ourselves', async () => {
  for (const color of COLORS) {
    const where = ['--vrf', vrfOf(color)];
    const asked = async () =>
      expect(await router.cli('lg', 'ping', SERVER, ...where, '--count', '2')).toContain(
        `reply from ${SERVER}`,
      );
    expect(await echoesDuring(asked)).toEqual(only(color, 2));
    const path = await router.cli('lg', 'traceroute', SERVER, ...where, '--protocol', 'icmp');
    expect(path).toContain(SERVER);
  }
});

test('while the router worker restarts nothing crosses, and the default one goes on', async () => {
  const before = await router.snapshot();
  const flow = ['-q', '-i', '0.05', '-c', `${FLOW_SECONDS * 20}`, '-w', `${FLOW_SECONDS + 5}`];
  let answers: { sent: number; received: number }[] = [];
  const arrived = await echoesDuring(async () => {
    const flows = COLORS.map((color) => ping(color, ...flow));
    await pause(2000);
    writeFileSync(join(router.folder, 'fail'), '');
    answers = (await Promise.all(flows)).map(({ stdout }) => packetsOf(stdout));
  });
  const { node } = await router.snapshot();
  expect(node.startedAt).not.toBe(before.node.startedAt);
  const [plain, ...others] = answers;
  console.log(
    `while we restarted: ${COLORS.map((color, i) => `${color} ${answers[i]?.received} of ${answers[i]?.sent}`).join(', ')}`,
  );
  expect((plain?.received ?? 0) / (plain?.sent ?? 1)).toBeGreaterThan(0.9);
  for (const { received } of others) expect(received).toBeGreaterThan(20);
  // No server heard more than its own client said: plain, which lost nothing, would count a stray at once.
  for (const [i, count] of arrived.entries())
    expect(count, COLORS[i]).toBeLessThanOrEqual(answers[i]?.sent ?? 0);
});

test('what one of them loses the others keep', async () => {
  for (const color of COLORS) await birds.get(`${color}-client`)?.hasRoute('172.21.140.0/27');
  await birds.get('blue-server')?.stop();
  await birds.get('blue-client')?.hasNoRoute('172.21.140.0/27');
  expect(await echoesDuring(() => ping('blue', '-c', '2', '-i', '0.2', '-W', '2'))).toEqual([
    0, 0, 0,
  ]);
  for (const color of ['plain', 'red'] as const)
    expect(await echoesDuring(() => ping(color, '-c', '1', '-W', '5'))).toEqual(only(color, 1));
  await eventually(
    'blue has no path left',
    () => router.snapshot(),
    ({ vrfs }) => vrfs?.blue?.tables.ipv4.prefixes === 2,
  );
});
