/**
 * Two virtual routers of one node, each with two real networks that know nothing of the other two: the same AS
 * numbers, router ids, link-locals, prefixes and addresses in both.
 *
 *   blue:  client 172.21.130.1 ══ router ══ server 172.21.140.1 "blue"
 *   red:   client 172.21.130.1 ══ router ══ server 172.21.140.1 "red"
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bird, makeWireguardKeys, startBird, startWireguard } from '../lab/daemons.ts';
import { type Host, type Lab, startLab } from '../lab/network.ts';
import { Daemon, eventually, run } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { NODE } from './pair.ts';
import { birdConfig } from './peer-texts.ts';

const COLORS = ['blue', 'red'] as const;
const SERVER = '172.21.140.1';
const CLIENT = '172.21.130.1';
const OURS = '172.21.128.1';
/** The ends of a tunnel, the same in both colors. */
const ENDS = {
  server: { asn: 4242426001, linkLocal: 'fe80::6001', address: SERVER, ipv4: '172.21.140.0/27' },
  client: { asn: 4242426002, linkLocal: 'fe80::6002', address: CLIENT, ipv4: '172.21.130.0/27' },
} as const;
const ROLES = ['server', 'client'] as const;
type Color = (typeof COLORS)[number];
type Role = (typeof ROLES)[number];

/** Says who it is. */
const WEB = `
import { createServer } from 'node:http';
createServer((_, response) => response.end(process.argv[1])).listen(8080, '0.0.0.0', () => console.log('SERVING'));
`;

let lab: Lab;
let router: OurRouter;
const birds = new Map<string, Bird>();
const daemons: Daemon[] = [];
const hostOf = (color: Color, role: Role): Host => lab.host(`${color}-${role}`);
const ends = COLORS.flatMap((color) => ROLES.map((role) => ({ color, role, ...ENDS[role] })));

beforeAll(async () => {
  lab = await startLab(['router', ...ends.map(({ color, role }) => `${color}-${role}`)]);
  const keys = await Promise.all(ends.map(() => makeWireguardKeys()));
  const own = { addresses: [OURS], announce: ['172.21.128.0/27'] };
  router = await startOurRouter(lab, lab.host('router'), {
    node: { ...NODE, addresses: [OURS], announce: [] },
    vrfs: { blue: own, red: own },
    peerings: ends.map(({ color, role, asn, linkLocal }, i) => ({
      name: `${color}-${role}`,
      vrf: color,
      asn,
      linkLocal,
      publicKey: keys[i]?.publicKey,
      endpoint: `${hostOf(color, role).ipv4}:26001`,
      policy: 'accept-all',
    })),
  });
  const publicKey = (await router.cli('keys')).trim();
  for (const [i, { color, role, asn, linkLocal, address, ipv4 }] of ends.entries()) {
    const host = hostOf(color, role);
    const device = `wgv${process.pid % 100_000}${i}`;
    daemons.push(
      await startWireguard(lab, host, {
        device,
        privateKey: keys[i]?.privateKey ?? '',
        listenPort: 26001,
        peer: { publicKey, endpoint: `${lab.host('router').ipv4}:51820` },
        addresses: [`${linkLocal}/64`],
      }),
    );
    await host.must('ip', 'addr', 'add', `${address}/32`, 'dev', 'lo');
    const sessions = `protocol bgp tokyo from peers { neighbor fe80::6000%'${device}' as ${NODE.asn}; }`;
    const config = birdConfig({ asn, routerId: address, ipv4: [ipv4], ipv6: [], sessions });
    birds.set(host.name, await startBird(lab, host, config));
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
});

/** Echo requests that a host has had. */
async function echoes(host: Host): Promise<number> {
  const [names, values] = (await host.must('cat', '/proc/net/snmp'))
    .split('\n')
    .filter((line) => line.startsWith('Icmp:'))
    .map((line) => line.split(' '));
  return Number(values?.[names?.indexOf('InEchos') ?? -1]);
}

const echoesOfServers = (): Promise<number[]> =>
  Promise.all(COLORS.map((color) => echoes(hostOf(color, 'server'))));

test('each virtual router has the routes of its own neighbors, once', async () => {
  for (const color of COLORS) {
    await birds.get(`${color}-client`)?.hasRoute('172.21.140.0/27');
    await birds.get(`${color}-server`)?.hasRoute('172.21.130.0/27');
    const rows = await router.cli('lg', 'route', '172.21.140.0/27', '--vrf', color, '--json');
    expect(rows.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(rows)).toMatchObject({ isBest: true, from: `${color}-server` });
  }
  expect(await router.cli('lg', 'route', '172.21.140.0/27')).toBe('');
  expect(await router.cli('lg', 'route', '172.21.140.0/27', '--vrf', 'green')).toContain(
    'VRF_UNKNOWN',
  );
  const { tables, vrfs, peerings } = await router.snapshot();
  expect(tables.ipv4).toEqual({ prefixes: 0, paths: 0 });
  const three = { tables: { ipv4: { prefixes: 3, paths: 3 } } };
  expect(vrfs).toMatchObject({ blue: three, red: three });
  expect(peerings.map(({ vrf }) => vrf)).toEqual(['blue', 'blue', 'red', 'red']);
  expect(await router.cli('status')).toMatch(
    /vrf blue {2}3 IPv4 and 0 IPv6 routes {2}blue-server, blue-client/,
  );
});

test('the same address is another host in the other virtual router, for who is behind us', async () => {
  for (const color of COLORS) {
    const client = hostOf(color, 'client');
    const before = await echoesOfServers();
    await client.must('ping', '-n', '-c', '3', '-i', '0.2', '-W', '5', '-I', CLIENT, SERVER);
    const after = await echoesOfServers();
    expect(after.map((count, i) => count - (before[i] ?? 0))).toEqual(
      color === 'blue' ? [3, 0] : [0, 3],
    );
    const url = `http://${SERVER}:8080/`;
    expect(await client.must('curl', '-sS', '-m', '10', '--interface', CLIENT, url)).toBe(color);
    // We are there in each of them ourselves.
    await client.must('ping', '-n', '-c', '1', '-W', '5', '-I', CLIENT, OURS);
  }
});

test('and for ourselves', async () => {
  for (const color of COLORS) {
    const before = await echoesOfServers();
    expect(await router.cli('lg', 'ping', SERVER, '--vrf', color, '--count', '2')).toContain(
      `reply from ${SERVER}`,
    );
    const after = await echoesOfServers();
    expect(after.map((count, i) => count - (before[i] ?? 0))).toEqual(
      color === 'blue' ? [2, 0] : [0, 2],
    );
    const path = await router.cli('lg', 'traceroute', SERVER, '--vrf', color, '--protocol', 'icmp');
    expect(path).toContain(SERVER);
  }
  expect(await router.cli('lg', 'ping', SERVER, '--count', '1')).not.toContain('reply');
});

test('what one of them loses the other one keeps', async () => {
  await birds.get('blue-server')?.stop();
  await birds.get('blue-client')?.hasNoRoute('172.21.140.0/27');
  const gone = await run(
    ...hostOf('blue', 'client').inside('ping', '-n', '-c', '1', '-W', '2', '-I', CLIENT, SERVER),
  );
  expect(gone.code).not.toBe(0);
  expect(await birds.get('red-client')?.hasRoute('172.21.140.0/27')).toContain('172.21.140.0/27');
  await hostOf('red', 'client').must('ping', '-n', '-c', '1', '-W', '5', '-I', CLIENT, SERVER);
  await eventually(
    'blue has no path left',
    () => router.snapshot(),
    ({ vrfs }) => vrfs?.blue?.tables.ipv4.prefixes === 2,
  );
});
