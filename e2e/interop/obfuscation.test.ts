/**
 * Each disguise between two of our nodes, beside plain tunnels on the same port: by a capture of the
 * line no message looks like WireGuard, everything passes, and a full packet still fits the line.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PacketPath } from '../../router-core/base/underlay-wish.ts';
import type { ObfuscationConfig } from '../../router-core/router/index.ts';
import type { Host } from '../lab/network.ts';
import { Daemon, eventually, run } from '../lab/process.ts';
import { WireCapture, type WireDatagram } from '../lab/wire-capture.ts';
import {
  BIRCH_ADDRESS,
  BIRCH_ADDRESS6,
  type DisguisedPlace,
  ONE_ADDRESS,
  ONE_ADDRESS6,
  startDisguisedPlace,
  TWO_ADDRESS,
} from './disguised-place.ts';

const TRANSFER_BYTES = 5_000_000;
const TRANSFER_LIMIT_MS = 30_000;
/** iperf3 does not count what is on its way when the last octet was sent. */
const ARRIVED_BYTES_MIN = TRANSFER_BYTES / 2;
/** Of these alone; a peer sends fewer acknowledgements than segments. */
const DATA_DATAGRAMS_MIN = 1700;
const ANSWER_DATAGRAMS_MIN = 200;
/** Headers of ICMP echo requests, the IP header included. */
const ECHO4_BYTES = 28;
const ECHO6_BYTES = 48;

type Case = { readonly form: ObfuscationConfig; readonly mtu: number };
const FORMS: Readonly<Record<string, Case>> = {
  none: { form: { kind: 'none' }, mtu: 1420 },
  wgobfs: { form: { kind: 'wgobfs', key: 'a-shared.secret_42' }, mtu: 1412 },
  ipt_xor: { form: { kind: 'ipt_xor', key: 'hedgehog' }, mtu: 1420 },
  'amneziawg, generation 1': {
    form: {
      kind: 'amneziawg',
      ...{ jc: 4, jmin: 40, jmax: 70, s1: 15, s2: 60 },
      ...{ h1: 1755269708, h2: 2101520157, h3: 1829552135, h4: 2016351429 },
    },
    mtu: 1420,
  },
  'amneziawg, generation 3': {
    form: {
      kind: 'amneziawg',
      ...{ jc: 2, jmin: 50, jmax: 200, s1: 20, s2: 33, s3: 12, s4: 16 },
      ...{ h1: '100-5099', h2: '6000-6099', h3: 7000, h4: '900000-4000000000' },
      headerProtectionKey: 'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=',
    },
    mtu: 1404,
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
  },
};
/** Who carries packets at one and at two: each path sends to another kind, and receives from it. */
const PATHS: readonly (readonly [PacketPath, PacketPath])[] = [
  ['auto', 'inline'],
  ['plain', 'burst'],
];

let place: DisguisedPlace;
beforeAll(async () => {
  place = await startDisguisedPlace();
});
afterAll(() => place?.stop());

for (const [name, { form, mtu }] of Object.entries(FORMS)) {
  for (const paths of PATHS) {
    test(`${name}, ${paths.join(' to ')}`, async () => {
      const { alder, birch, lab } = place;
      const capture = await WireCapture.start(lab, lab.host('two'));
      const nodes = await place.startNodes(form, paths);
      try {
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
        expect(await transfers(alder, birch)).toBeGreaterThan(ARRIVED_BYTES_MIN);

        console.log(nodes.one.daemon.output, nodes.two.daemon.output);
        const { datagrams, fragments } = await capture.finish();
        console.log(datagrams.filter((d) => d.family === 6 && d.isOurs).length, datagrams.filter((d) => d.family === 6 && !d.isOurs).length);
        expect(fragments).toBe(0);
        const disguised = datagrams.filter(({ family }) => family === 6);
        const plain = datagrams.filter(({ family }) => family === 4);
        expect(disguised.filter(({ isOurs }) => !isOurs).length).toBeGreaterThan(
          DATA_DATAGRAMS_MIN,
        );
        expect(disguised.filter(({ isOurs }) => isOurs).length).toBeGreaterThan(
          ANSWER_DATAGRAMS_MIN,
        );
        expect(plain.length).toBeGreaterThan(DATA_DATAGRAMS_MIN);
        expect(plain.filter(looksLikeWireguard)).toHaveLength(plain.length);
        expect(disguised.filter(looksLikeWireguard)).toHaveLength(
          form.kind === 'none' ? disguised.length : 0,
        );
      } finally {
        await capture.stop();
        await nodes.stop();
      }
    });
  }
}

/** WireGuard paper §5.4: a type of 1 to 4, then three zero octets. */
const looksLikeWireguard = ({ start }: WireDatagram): boolean => {
  const first = start.readUInt32LE(0);
  return first >= 1 && first <= 4;
};

/** What the answers to earlier packets taught the kernel. */
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

/** Sends octets by TCP; returns how many arrived. */
async function transfers(from: Host, to: Host): Promise<number> {
  const server = new Daemon('iperf3 -s', ...to.inside('iperf3', '-s', '-1', '--forceflush'));
  try {
    await server.printed(/Server listening/);
    const line = ['-J', '-c', BIRCH_ADDRESS, '-n', String(TRANSFER_BYTES), '-l', '64K', '--bidir'];
    const { stdout } = await run(...from.inside('iperf3', ...line), {
      timeoutMs: TRANSFER_LIMIT_MS,
    });
    console.log(stdout.slice(stdout.indexOf('sum_sent')));
    const report = JSON.parse(stdout) as { end?: { sum_received?: { bytes: number } } };
    return report.end?.sum_received?.bytes ?? 0;
  } finally {
    await server.stop('SIGKILL');
  }
}
