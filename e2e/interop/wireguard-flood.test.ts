/**
 * Strangers flood the door with initiations while a flow of 2,000 packets/s runs through established
 * tunnels: the flow loses less than one in a hundred, however fast the flood became on this machine.
 *
 *   source ══ router ══ sink           the flow
 *   strangers ──►                      10,000 addresses, MAC1 wrong or right
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Snapshot } from '../../router-core/index.ts';
import type { FloodOptions } from '../lab/flood.ts';
import type { InitiationFloodOptions } from '../lab/initiation-flood.ts';
import type { LoadResult } from '../lab/load-socket.ts';
import { Daemon } from '../lab/process.ts';
import { buildPrograms, programLine } from '../lab/programs.ts';
import {
  type End,
  ROUTER_PORT,
  startWireguardPlace,
  type WireguardPlace,
} from './wireguard-place.ts';

const FLOOD_SECONDS = 5;
const FLOW_PACKETS_PER_SECOND = 2000;
const FLOW_INNER_BYTES = 200;
const FLOW_LOSS_MAX = 0.01;
const SOURCES = { prefix: [10, 203], count: 10_000 } as const;

let place: WireguardPlace;

beforeAll(async () => {
  await buildPrograms('flood', 'initiations');
  place = await startWireguardPlace({
    ends: [
      { name: 'alder', knows: 'they' },
      { name: 'birch', knows: 'they' },
    ],
    hosts: ['strangers'],
  });
  for (const name of ['alder', 'birch']) await place.end(name).daemon?.stop();
  const strangers = place.lab.host('strangers');
  await strangers.must('ip', 'route', 'add', 'local', '10.203.0.0/16', 'dev', 'lo');
  await place.routerHost.must('ip', 'route', 'add', '10.203.0.0/16', 'via', strangers.ipv4);
});
afterAll(() => place?.stop());

test('without a flood the flow is whole', async () => {
  await loseLittle('quiet', undefined);
});

test('50,000 initiations a second with a wrong MAC1', async () => {
  await loseLittle('wrong MAC1', { isMac1Right: false, packetsPerSecond: 50_000 });
});

test('10,000 initiations a second with a right MAC1, from 10,000 sources', async () => {
  await loseLittle('right MAC1', { isMac1Right: true, packetsPerSecond: 10_000 });
});

test('as many as this machine can send: nothing breaks', async () => {
  await runBoth('as fast as possible', { isMac1Right: false });
});

test('afterwards a handshake completes as ever', async () => {
  const alder = place.end('alder');
  await alder.start();
  await alder.hasHandshake();
  await alder.reaches('10.77.0.1');
});

type Flood = Pick<InitiationFloodOptions, 'isMac1Right' | 'packetsPerSecond'>;

async function loseLittle(name: string, flood: Flood | undefined): Promise<void> {
  expect(await runBoth(name, flood)).toBeLessThan(FLOW_LOSS_MAX);
}

/** Runs the flow for as long as the flood, prints what became of both; returns what part was lost. */
async function runBoth(name: string, flood: Flood | undefined): Promise<number> {
  const source = startFlow('source', 'alder', 'birch');
  const sink = startFlow('sink', 'birch', 'alder');
  const strangers = flood === undefined ? undefined : startStrangers(flood);
  try {
    await sink.printed(/LISTENING/);
    await source.printed(/LOADED/);
    await strangers?.printed(/LOADED/);
    const before = await place.router.snapshot();
    for (const one of [sink, strangers, source])
      if (one !== undefined) process.kill(one.pid, 'SIGUSR2');
    const [sent, received] = [await resultOf(source), await resultOf(sink)];
    const flooded = strangers === undefined ? undefined : await resultOf(strangers);
    const loss = 1 - received.packets / sent.packets;
    const rate = flooded === undefined ? 0 : Math.round(flooded.packets / flooded.seconds);
    const dropped = JSON.stringify(countedBetween(before, await place.router.snapshot()));
    console.log(
      `${name}: ${rate} initiations/s, of ${sent.packets} packets ${(100 * loss).toFixed(2)} % lost; dropped ${dropped}`,
    );
    return loss;
  } finally {
    for (const one of [source, sink, strangers]) await one?.stop('SIGKILL');
  }
}

/** What our router dropped between two snapshots, by reason, and the kernel before it. */
function countedBetween(before: Snapshot, after: Snapshot): Record<string, number> {
  const counts = ({ node }: Snapshot): Record<string, number> => ({
    ...node.drops,
    kernel: node.underlay.counters?.kernelDrops ?? 0,
  });
  const former = counts(before);
  const changes = Object.entries(counts(after)).map(
    ([reason, count]) => [reason, count - (former[reason] ?? 0)] as const,
  );
  return Object.fromEntries(changes.filter(([, count]) => count > 0));
}

function startFlow(role: FloodOptions['role'], from: string, to: string): Daemon {
  const [end, other]: [End, End] = [place.end(from), place.end(to)];
  const options: FloodOptions = {
    role,
    port: end.port,
    routerPublicKey: place.routerKeys.publicKey,
    router: { address: place.routerHost.ipv4, port: ROUTER_PORT },
    tunnels: [{ privateKey: end.keys.privateKey, from: end.inner, to: other.inner }],
    innerBytes: FLOW_INNER_BYTES,
    mtu: 1420,
    // The sink hears the last packets too.
    seconds: role === 'source' ? FLOOD_SECONDS : FLOOD_SECONDS + 1,
    packetsPerSecond: FLOW_PACKETS_PER_SECOND,
  };
  return new Daemon(`flow ${role}`, ...end.host.inside(...programLine('flood', options)));
}

function startStrangers(flood: Flood): Daemon {
  const options: InitiationFloodOptions = {
    ...flood,
    port: ROUTER_PORT,
    router: { address: place.routerHost.ipv4, port: ROUTER_PORT },
    routerPublicKey: place.routerKeys.publicKey,
    seconds: FLOOD_SECONDS,
    sources: SOURCES,
  };
  const host = place.lab.host('strangers');
  return new Daemon('strangers', ...host.inside(...programLine('initiations', options)));
}

async function resultOf(daemon: Daemon): Promise<LoadResult> {
  const [, text = '{}'] = await daemon.printed(/RESULT (.*)/, (FLOOD_SECONDS + 20) * 1000);
  return JSON.parse(text) as LoadResult;
}
