/**
 * The router's own tools beside Debian's: the same hops by every protocol and family, the same path MTU.
 *
 *   visitor ══wg══ router ══wg══ near ──── mid ──── far
 *   172.21.128.2   .128.1       .129.1   .130.1   .131.1    kernels behind us; 1,340 octets from mid on
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeWireguardKeys } from '../lab/daemons.ts';
import { type Host, type Lab, startLab } from '../lab/network.ts';
import { type Daemon, eventually } from '../lab/process.ts';
import { type OurRouter, startOurRouter } from '../lab/router.ts';
import { NODE } from './pair.ts';
import { startTunnels } from './tunnels.ts';

const NARROW = 1340;
const ADDRESSES = {
  near: ['172.21.129.1', 'fdb1:6000:101::1'],
  mid: ['172.21.130.1', 'fdb2:6000:102::1'],
  far: ['172.21.131.1', 'fdb3:6000:103::1'],
} as const;
const VISITOR = ['172.21.128.2', 'fdb0:6000:100::2'] as const;
const FAMILIES = [0, 1] as const;

let lab: Lab;
let router: OurRouter;
let visitor: Host;
let tunnels: Daemon[] = [];

beforeAll(async () => {
  lab = await startLab(['router', 'visitor', 'near', 'mid', 'far']);
  visitor = lab.host('visitor');
  const hosts = { near: lab.host('near'), mid: lab.host('mid'), far: lab.host('far') };
  const keys = { visitor: await makeWireguardKeys(), near: await makeWireguardKeys() };
  const devices = { visitor: `wgtv${process.pid}`, near: `wgtn${process.pid}` };
  router = await startOurRouter(lab, lab.host('router'), {
    node: NODE,
    peerings: (['visitor', 'near'] as const).map((name, i) => ({
      name,
      asn: 4242426001 + i,
      publicKey: keys[name].publicKey,
      linkLocal: `fe80::600${i + 1}`,
      sessions: 'none',
      endpoint: `${lab.host(name).ipv4}:26001`,
    })),
    routes: [
      ...VISITOR.map((address, i) => ({
        prefix: `${address}/${i === 0 ? 32 : 128}`,
        via: 'visitor',
      })),
      ...['172.21.129.0/24', '172.21.130.0/24', '172.21.131.0/24'].map((prefix) => ({
        prefix,
        via: 'near',
      })),
      ...['fdb1::/16', 'fdb2::/16', 'fdb3::/16'].map((prefix) => ({ prefix, via: 'near' })),
    ],
  });
  tunnels = await startTunnels(lab, router, [
    {
      host: visitor,
      device: devices.visitor,
      privateKey: keys.visitor.privateKey,
      addresses: [`${VISITOR[0]}/32`, `${VISITOR[1]}/128`],
    },
    {
      host: hosts.near,
      device: devices.near,
      privateKey: keys.near.privateKey,
      addresses: [],
    },
  ]);
  for (const [name, host] of Object.entries(hosts)) {
    // One error a second to one address is Linux's habit, and no property of a path.
    await host.must('sysctl', '-qw', 'net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0');
    for (const [i, address] of ADDRESSES[name as keyof typeof ADDRESSES].entries())
      await host.must('ip', 'addr', 'add', `${address}/${i === 0 ? 32 : 128}`, 'dev', 'lo');
  }
  const { near, mid, far } = hosts;
  await visitor.must('ip', 'route', 'add', '172.20.0.0/14', 'dev', devices.visitor);
  await visitor.must('ip', 'route', 'add', 'fdb0::/12', 'dev', devices.visitor);
  // Errors leave from the address a route prefers; that is what a traceroute shows.
  await route(near, '172.21.128.0/24', 'fdb0::/16', ['dev', devices.near], 'near');
  await route(near, '172.21.130.0/24', 'fdb2::/16', viaOf(mid), 'near');
  await route(near, '172.21.131.0/24', 'fdb3::/16', viaOf(mid), 'near');
  await route(mid, '172.21.128.0/24', 'fdb0::/16', viaOf(near), 'mid');
  await route(mid, '172.21.131.0/24', 'fdb3::/16', viaOf(far), 'mid', ['mtu', 'lock', `${NARROW}`]);
  await route(far, '172.21.128.0/24', 'fdb0::/16', viaOf(mid), 'far');
  await eventually(
    'the far end answers',
    () => router.cli('lg', 'ping', ADDRESSES.far[0], '--count', '1'),
    (text) => text.includes('reply from'),
  );
  await visitor.must('ping', '-c', '1', '-W', '5', ADDRESSES.near[0]);
});

afterAll(async () => {
  await router?.daemon.stop();
  for (const tunnel of tunnels) await tunnel.stop();
  await lab?.stop();
});

test.each([
  ['udp', []],
  ['icmp', ['-I']],
  ['tcp', ['-T', '-p', '80']],
])('our hops by %s are those Debian’s traceroute sees behind us', async (protocol, flags) => {
  for (const family of FAMILIES) {
    const target = ADDRESSES.far[family];
    const hops = [ADDRESSES.near[family], ADDRESSES.mid[family], target];
    const theirs = await visitor.must('traceroute', '-n', '-q', '2', '-w', '3', ...flags, target);
    expect(hopsOf(theirs), theirs).toEqual([NODE.addresses[family], ...hops]);

    const ours = await router.cli('lg', 'traceroute', target, '--protocol', protocol, '--json');
    const rows = rowsOf<{ probes: { from: string; outcome: string }[] }>(ours);
    expect(rows.map(({ probes }) => probes.map(({ from }) => from))).toEqual(
      hops.map((hop) => [hop, hop, hop]),
    );
    expect(rows.at(-1)?.probes.map(({ outcome }) => outcome)).toEqual(Array(3).fill('reached'));
  }
});

test('the path MTU is what the narrow route says, by either family', async () => {
  for (const family of FAMILIES) {
    const rows = rowsOf(await router.cli('lg', 'pmtu', ADDRESSES.far[family], '--json'));
    expect(rows.at(-1)).toEqual({
      kind: 'result',
      pathMtu: NARROW,
      saidBy: ADDRESSES.mid[family],
    });
  }
});

test('large pings arrive in parts and are answered in parts, by either family', async () => {
  for (const family of FAMILIES) {
    const node = NODE.addresses[family] ?? '';
    const text = await visitor.must('ping', '-c', '2', '-W', '5', '-s', '5000', node);
    expect(text).toMatch(/2 received/);
    expect(text).toMatch(/5008 bytes from/);
  }
});

test('where nobody tells of a narrow link the path MTU is found by halves', async () => {
  const [mid, far] = [lab.host('mid'), lab.host('far')];
  // A receiver with a smaller MTU drops what is larger in silence, but for room for a VLAN tag.
  await far.must('ip', 'link', 'set', 'eth0', 'mtu', '1300');
  const full = ['mtu', '1500'];
  await route(mid, '172.21.131.0/24', 'fdb3::/16', viaOf(far), 'mid', full, 'replace');
  const texts = FAMILIES.map((family) => router.cli('lg', 'pmtu', ADDRESSES.far[family], '--json'));
  for (const text of await Promise.all(texts)) {
    const rows = rowsOf<{ pathMtu: number; saidBy: unknown }>(text);
    expect(rows.at(-1)).toMatchObject({ kind: 'result', saidBy: null });
    expect([1300, 1304]).toContain(rows.at(-1)?.pathMtu);
  }
});

test('mtr counts every round at every hop', async () => {
  const text = await router.cli('lg', 'mtr', ADDRESSES.far[1], '--count', '3', '--json');
  const rows = rowsOf<{ from: string[]; sent: number; received: number }>(text);
  expect(rows.map(({ from, sent, received }) => [from, sent, received])).toEqual(
    (['near', 'mid', 'far'] as const).map((name) => [[ADDRESSES[name][1]], 3, 3]),
  );
});

const viaOf = (host: Host): readonly string[] => ['via', host.ipv4, host.ipv6];

/** Adds the same route for both families, from the addresses of `name`. */
async function route(
  host: Host,
  prefix4: string,
  prefix6: string,
  [word = '', hop4 = '', hop6 = hop4]: readonly string[],
  name: keyof typeof ADDRESSES,
  more: readonly string[] = [],
  verb = 'add',
): Promise<void> {
  for (const [i, [prefix, hop]] of [[prefix4, hop4] as const, [prefix6, hop6] as const].entries())
    await host.must(
      'ip',
      'route',
      verb,
      prefix,
      word,
      hop,
      'src',
      ADDRESSES[name][i] ?? '',
      ...more,
    );
}

/** The address each line of traceroute(8) begins with. */
const hopsOf = (text: string): (string | undefined)[] =>
  text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => /^\s*\d+\s+(\S+)/.exec(line)?.[1]);

const rowsOf = <Row = unknown>(text: string): Row[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
