/**
 * `npm run bench:mesh-relay`: what a frame of the mesh costs a relay, beside what an IP packet of the same size costs
 * the same packet worker between two tunnels.
 *
 * Without root, over loopback: the relay is a process of its own, a source that sealed everything in advance and
 * a sink that only counts are two more. By turns the load is WireGuard's and EtherGuard's.
 *
 * @module
 */
import { loadBatchedCalls } from '../../e2e/lab/batched-udp.ts';
import type { FloodOptions } from '../../e2e/lab/flood.ts';
import { Daemon } from '../../e2e/lab/process.ts';
import { buildPrograms, type Program, programLine } from '../../e2e/lab/programs.ts';
import { toBase64 } from '../../router-core/base/bytes.ts';
import { systemRandom } from '../../router-core/host/system-random.ts';
import { freePort } from '../../router-core/host/testing/free-port.ts';
import { createNobleCrypto } from '../../router-core/wireguard/index.ts';
import { costOf, threadCostsOf } from '../lab/process-cost.ts';
import { compare, describeMachine, type Report, type Run } from '../lab/results.ts';
import { threadParts } from '../lab/threads.ts';
import type { RelayCounts, RelayOptions } from './relay-main.ts';

export type MeshRelayOptions = {
  readonly rounds: number;
  /** Per test. */
  readonly seconds: number;
  readonly underlay: RelayOptions['wish'];
  readonly processors: { readonly router: string; readonly ends: string };
  log(line: string): void;
};
export const MESH_RELAY_DEFAULTS = {
  rounds: 3,
  seconds: 4,
  underlay: 'auto',
  processors: { router: '0', ends: '1' },
} as const;

const ANCHOR = 'WireGuard forwarding';
const MESH = 'EtherGuard relay';
/** Octets of an IP packet, and of a frame; the mesh adds its header of four. */
const SIZES = [1400, 64] as const;
const NODES = { source: 1, relay: 2, sink: 3 } as const;
const TUNNEL_MTU = 1420;
/** MTU 1500, the Ethernet header and the node numbers. */
const FRAME_LIMIT = 1518;
const WARM_UP_SECONDS = 1;
/** How long the sink listens before and after the load. */
const SINK_MARGIN_SECONDS = 1;
const LOADING_LIMIT_MS = 90_000;
const ANSWER_LIMIT_MS = 10_000;

export async function runMeshRelay(options: MeshRelayOptions): Promise<Report> {
  const { rounds, seconds, processors, log } = options;
  const machine = describeMachine();
  await buildPrograms('flood', 'relay');
  const runs: Run[] = [];
  let underlay = '';
  for (let round = 1; round <= rounds; round++) {
    log(`round ${round} of ${rounds}`);
    const place = await Place.open(options);
    underlay = place.underlay;
    try {
      for (const size of SIZES)
        for (const router of [ANCHOR, MESH]) {
          await place.measure(router, size, Math.min(seconds, WARM_UP_SECONDS));
          const values = await place.measure(router, size, seconds);
          runs.push({ router, test: `${size} octets`, values });
          log(`  ${router} ${size} octets ${JSON.stringify(values)}`);
        }
    } finally {
      await place.close();
    }
  }
  const calls = await loadBatchedCalls();
  return {
    benchmark: 'mesh-relay',
    date: new Date().toISOString(),
    machine,
    settings: {
      rounds,
      seconds,
      routerProcessors: processors.router,
      endProcessors: processors.ends,
      generator:
        typeof calls === 'string' ? `dgram, slow: ${calls}` : 'sendmmsg, without segmentation',
      underlay,
    },
    anchors: Object.fromEntries(SIZES.map((size) => [`${size} octets`, ANCHOR])),
    comparisons: compare(runs, () => ANCHOR),
    leftOut: [],
    runs,
  };
}

type EndName = 'source' | 'sink';
/** What the relay says of itself: its underlay, and the public key of each device. */
type Ready = { readonly underlay: string; readonly tunnels: string; readonly mesh: string };
/** What a place is made of: keys of the ends, ports of the relay. */
type Made = {
  readonly ends: Readonly<Record<EndName, KeyPair>>;
  readonly ports: { readonly tunnels: number; readonly mesh: number };
};
type KeyPair = { readonly privateKey: string; readonly publicKey: string };

function keyPair(): KeyPair {
  const secret = systemRandom.bytes(32);
  const { publicKey } = createNobleCrypto(systemRandom).importPrivateKey(secret);
  return { privateKey: toBase64(secret), publicKey: toBase64(publicKey.bytes) };
}

class SignalledDaemon extends Daemon {
  signal(): void {
    process.kill(this.pid, 'SIGUSR2');
  }
}

/** The relay, and where loads come from and go to. */
class Place {
  readonly underlay: string;
  private readonly relay: SignalledDaemon;
  private readonly keys: Ready;
  private readonly ends: Made['ends'];
  private readonly ports: Made['ports'];
  private readonly endProcessors: string;

  static async open({ processors, underlay }: MeshRelayOptions): Promise<Place> {
    const ports = { tunnels: await freePort(), mesh: await freePort() };
    const ends = { source: keyPair(), sink: keyPair() };
    const options: RelayOptions = {
      wish: underlay,
      tunnelPort: ports.tunnels,
      meshPort: ports.mesh,
      node: NODES.relay,
      tunnels: [
        { publicKey: ends.source.publicKey, prefix: '10.1.0.0/16' },
        { publicKey: ends.sink.publicKey, prefix: '10.2.0.0/16' },
      ],
      links: [
        { publicKey: ends.source.publicKey, node: NODES.source },
        { publicKey: ends.sink.publicKey, node: NODES.sink },
      ],
    };
    const relay = start('relay', processors.router, options);
    const [, ready = '{}'] = await relay.printed(/READY (.*)\n/);
    return new Place(relay, JSON.parse(ready) as Ready, { ends, ports }, processors.ends);
  }

  private constructor(relay: SignalledDaemon, ready: Ready, made: Made, endProcessors: string) {
    this.relay = relay;
    this.underlay = ready.underlay;
    this.keys = ready;
    this.ends = made.ends;
    this.ports = made.ports;
    this.endProcessors = endProcessors;
  }

  async measure(router: string, size: number, seconds: number): Promise<Run['values']> {
    const isMesh = router === MESH;
    const sink = await this.end('sink', isMesh, size, seconds + SINK_MARGIN_SECONDS);
    const source = await this.end('source', isMesh, size, seconds);
    try {
      await sink.printed(/LISTENING/, LOADING_LIMIT_MS);
      await source.printed(/LOADED/, LOADING_LIMIT_MS);
      const { pid } = this.relay;
      const before = await this.counts();
      const cpuBefore = costOf([pid]).cpuSeconds;
      const threadsBefore = threadCostsOf(pid);
      const started = performance.now();
      sink.signal();
      source.signal();
      const sent = JSON.parse((await resultOf(source, seconds))[1] ?? '{}') as { packets: number };
      const elapsed = (performance.now() - started) / 1000;
      const cpuSeconds = costOf([pid]).cpuSeconds - cpuBefore;
      const threads = threadParts(pid, threadsBefore, threadCostsOf(pid));
      const after = await this.counts();
      await resultOf(sink, seconds);
      const left = isMesh ? after.mesh - before.mesh : after.wireguard - before.wireguard;
      return {
        cpuUsPerPacket: (cpuSeconds * 1e6) / left,
        forwardedPerSecond: left / elapsed,
        offeredPerSecond: sent.packets / elapsed,
        droppedPercent: (100 * (after.drops - before.drops)) / sent.packets,
        ...threads,
      };
    } finally {
      await source.stop('SIGKILL');
      await sink.stop('SIGKILL');
    }
  }

  async close(): Promise<void> {
    await this.relay.stop('SIGKILL');
  }

  private async counts(): Promise<RelayCounts> {
    this.relay.output = '';
    this.relay.signal();
    const [, counts = '{}'] = await this.relay.printed(/COUNTS (.*)\n/, ANSWER_LIMIT_MS);
    return JSON.parse(counts) as RelayCounts;
  }

  private async end(
    role: EndName,
    isMesh: boolean,
    innerBytes: number,
    seconds: number,
  ): Promise<SignalledDaemon> {
    const { privateKey } = this.ends[role];
    const [from, to] = isMesh
      ? [String(NODES.source), String(NODES.sink)]
      : ['10.1.0.1', '10.2.0.1'];
    const options: FloodOptions = {
      role,
      port: await freePort(),
      routerPublicKey: isMesh ? this.keys.mesh : this.keys.tunnels,
      router: { address: '127.0.0.1', port: isMesh ? this.ports.mesh : this.ports.tunnels },
      tunnels: [{ privateKey, from, to }],
      innerBytes,
      mtu: isMesh ? FRAME_LIMIT : TUNNEL_MTU,
      seconds,
      isMesh,
    };
    return start('flood', this.endProcessors, options);
  }
}

function start(program: Program, processors: string, options: unknown): SignalledDaemon {
  const [command, ...words] = programLine(program, options);
  return new SignalledDaemon(program, 'taskset', ['-c', processors, command, ...words]);
}

const resultOf = (end: Daemon, seconds: number): Promise<RegExpMatchArray> =>
  end.printed(/RESULT (.*)\n/, (seconds + 10) * 1000);
