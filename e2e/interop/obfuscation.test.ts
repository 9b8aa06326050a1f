/**
 * Each disguise between two of our nodes, beside plain tunnels on the same port: by a capture of the
 * line no message looks like WireGuard, everything passes, and a full packet still fits the line.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { PacketPath } from '../../router-core/base/underlay-wish.ts';
import type { ObfuscationConfig } from '../../router-core/router/index.ts';
import type { Host } from '../lab/network.ts';
import { Daemon, eventually, run } from '../lab/process.ts';
import type { OurRouter } from '../lab/router.ts';
import { WireCapture, type WireDatagram } from '../lab/wire-capture.ts';
import {
  BIRCH_ADDRESS,
  BIRCH_ADDRESS6,
  type DisguisedNodes,
  type DisguisedPlace,
  ONE_ADDRESS,
  ONE_ADDRESS6,
  startDisguisedPlace,
  TWO_ADDRESS,
} from './disguised-place.ts';

/** Each way at once, until one of them is done. */
const TRANSFER_BYTES = 5_000_000;
const TRANSFER_LIMIT_MS = 30_000;
/** Of both ways: iperf3 does not count what is on its way when the last octet was sent. */
const ARRIVED_BYTES_MIN = TRANSFER_BYTES / 2;
/** Each way, acknowledgements among them. */
const DATAGRAMS_MIN = 1000;
/** Headers of ICMP echo requests, the IP header included. */
const ECHO4_BYTES = 28;
const ECHO6_BYTES = 48;

/** Who carries packets at one and at two: each path sends to another kind, and receives from it. */
type Paths = readonly [one: PacketPath, two: PacketPath];
const FASTEST_TO_INLINE: Paths = ['auto', 'inline'];
const PLAIN_TO_BURST: Paths = ['plain', 'burst'];
const BOTH = [FASTEST_TO_INLINE, PLAIN_TO_BURST];

type Case = {
  readonly form: ObfuscationConfig;
  readonly mtu: number;
  readonly paths: readonly Paths[];
};
const DISGUISES: Readonly<Record<string, Case>> = {
  wgobfs: { form: { kind: 'wgobfs', key: 'a-shared.secret_42' }, mtu: 1412, paths: BOTH },
  ipt_xor: { form: { kind: 'ipt_xor', key: 'hedgehog' }, mtu: 1420, paths: BOTH },
  'amneziawg, generation 1': {
    form: {
      kind: 'amneziawg',
      ...{ jc: 4, jmin: 40, jmax: 70, s1: 15, s2: 60 },
      ...{ h1: 1755269708, h2: 2101520157, h3: 1829552135, h4: 2016351429 },
    },
    mtu: 1420,
    paths: [FASTEST_TO_INLINE],
  },
  'amneziawg, generation 3': {
    form: {
      kind: 'amneziawg',
      ...{ jc: 2, jmin: 50, jmax: 200, s1: 20, s2: 33, s3: 12, s4: 16 },
      ...{ h1: '100-5099', h2: '6000-6099', h3: 7000, h4: '900000-4000000000' },
      headerProtectionKey: 'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=',
    },
    mtu: 1404,
    paths: [FASTEST_TO_INLINE],
  },
  'amneziawg, generation 3.1 with everything': {
    form: {
      kind: 'amneziawg',
      ...{ jc: 3, jmin: 50, jmax: 900, s1: 40, s2: 70, s3: 30, s4: 24 },
      ...{ h1: '100-5099', h2: '6000-6099', h3: 7000, h4: '900000-4000000000' },
      i1: '<b 0xc70000000108><r 8><b 0x0000449e><r 60>',
      i2: '<b 0x40><rc 12><t>',
      headerProtectionKey: 'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=',
      contentPaddingAddition: '0-64',
      ...{ randomTrailers: true, disableCookies: true },
    },
    mtu: 1396,
    paths: BOTH,
  },
};

let place: DisguisedPlace;
let capture: WireCapture | undefined;
let nodes: DisguisedNodes | undefined;
beforeAll(async () => {
  place = await startDisguisedPlace();
});
afterEach(async () => {
  await capture?.stop();
  await nodes?.stop();
  [capture, nodes] = [undefined, undefined];
});
afterAll(() => place?.stop());

test('none: every message on the line looks like WireGuard, so the capture can tell', async () => {
  const { plain, disguised } = await linesWith({ kind: 'none' }, FASTEST_TO_INLINE, 1420);
  expect(plain.filter(looksLikeWireguard)).toHaveLength(plain.length);
  expect(disguised.filter(looksLikeWireguard)).toHaveLength(disguised.length);
});

for (const [name, { form, mtu, paths: all }] of Object.entries(DISGUISES)) {
  for (const paths of all) {
    test(`${name}, ${paths.join(' to ')}: no message on the line looks like WireGuard`, async () => {
      const { plain, disguised } = await linesWith(form, paths, mtu);
      expect(plain.filter(looksLikeWireguard)).toHaveLength(plain.length);
      expect(disguised.filter(looksLikeWireguard)).toEqual([]);
    });
  }
}

/** Lets packets of every size pass with this disguise; returns what the lines of `two` carried. */
async function linesWith(
  form: ObfuscationConfig,
  paths: Paths,
  mtu: number,
): Promise<{ readonly plain: WireDatagram[]; readonly disguised: WireDatagram[] }> {
  const { alder, birch, lab } = place;
  capture = await WireCapture.start(lab, lab.host('two'));
  nodes = await place.startNodes(form, paths);
  expect(isCarriedBy(nodes.one, paths[0]) && isCarriedBy(nodes.two, paths[1])).toBe(true);
  await forgetPathMtu(alder);
  await reaches(alder, TWO_ADDRESS);
  await reaches(alder, BIRCH_ADDRESS);

  expect(await echo(alder, BIRCH_ADDRESS, mtu - ECHO4_BYTES)).toMatch(/bytes from/);
  expect(await echo(alder, BIRCH_ADDRESS6, mtu - ECHO6_BYTES)).toMatch(/bytes from/);
  expect(await echo(alder, BIRCH_ADDRESS, mtu - ECHO4_BYTES + 1)).toMatch(
    new RegExp(`From ${ONE_ADDRESS} .*Frag needed.*mtu = ${mtu}`),
  );
  expect(await echo(alder, BIRCH_ADDRESS6, mtu - ECHO6_BYTES + 1)).toMatch(
    new RegExp(`From ${ONE_ADDRESS6} .*Packet too big: mtu=${mtu}`),
  );
  // TCP has to find out by itself.
  await forgetPathMtu(alder);
  expect(await exchanges(alder, birch)).toBeGreaterThan(ARRIVED_BYTES_MIN);

  const { datagrams, fragments } = await capture.finish();
  expect(fragments).toBe(0);
  const disguised = datagrams.filter(({ family }) => family === 6);
  const plain = datagrams.filter(({ family }) => family === 4);
  for (const line of [disguised, plain]) {
    const sent = line.filter(({ isOurs }) => isOurs).length;
    expect(sent).toBeGreaterThan(DATAGRAMS_MIN);
    expect(line.length - sent).toBeGreaterThan(DATAGRAMS_MIN);
  }
  return { plain, disguised };
}

/** WireGuard paper §5.4: a type of 1 to 4, then three zero octets. */
const looksLikeWireguard = ({ start }: WireDatagram): boolean => {
  const first = start.readUInt32LE(0);
  return first >= 1 && first <= 4;
};

/** Whether the path that was asked for is the one in use, by what the node logged at its start. */
function isCarriedBy({ daemon }: OurRouter, path: PacketPath): boolean {
  const [, kind = 'inline'] = daemon.output.match(/"packet worker","kind":"(\w+)"/) ?? [];
  return path === 'auto' ? kind !== 'inline' : kind === path;
}

/** Forgets what the answers to earlier packets taught the kernel: a path's MTU. */
async function forgetPathMtu(host: Host): Promise<void> {
  await host.must('ip', 'route', 'flush', 'cache');
  await host.must('ip', '-6', 'route', 'flush', 'cache');
}

const reaches = (host: Host, address: string): Promise<unknown> =>
  eventually(
    `${host.name} reaches ${address}`,
    () => run(...host.inside('ping', '-c', '1', '-W', '1', address)),
    ({ code }) => code === 0,
  );

/** Sends echo requests with so much data that nobody may fragment; returns what ping says. */
async function echo(host: Host, address: string, dataBytes: number): Promise<string> {
  const line = ['-n', '-c', '1', '-W', '2', '-M', 'do', '-s', String(dataBytes)];
  return (await run(...host.inside('ping', ...line, address))).stdout;
}

/** Sends octets by TCP both ways; returns how many arrived. */
async function exchanges(from: Host, to: Host): Promise<number> {
  const server = new Daemon('iperf3 -s', ...to.inside('iperf3', '-s', '-1', '--forceflush'));
  try {
    await server.printed(/Server listening/);
    const line = ['-J', '-c', BIRCH_ADDRESS, '--bidir', '-n', String(TRANSFER_BYTES), '-l', '64K'];
    const { stdout } = await run(...from.inside('iperf3', ...line), {
      timeoutMs: TRANSFER_LIMIT_MS,
    });
    const { end } = JSON.parse(stdout) as { end?: Readonly<Record<string, { bytes?: number }>> };
    return (end?.sum_received?.bytes ?? 0) + (end?.sum_received_bidir_reverse?.bytes ?? 0);
  } finally {
    await server.stop('SIGKILL');
  }
}
