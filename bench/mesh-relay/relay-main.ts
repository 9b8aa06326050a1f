/**
 * The relay under test: a packet worker with tunnels, and beside it an edge as `rootless42 edge` runs it, with a packet
 * worker of its own and no interface. Options as JSON in the first argument. On SIGUSR2 it tells what has left by each
 * towards the sink.
 *
 * @module
 */
import { join } from 'node:path';
import { assert } from '../../router-core/base/assert.ts';
import { fromBase64, toBase64 } from '../../router-core/base/bytes.ts';
import { parseIpPrefix } from '../../router-core/base/ip-address.ts';
import type { UnderlayWish } from '../../router-core/base/underlay-wish.ts';
import type { CarriedPackets } from '../../router-core/host/carried-packets.ts';
import { startEdge } from '../../router-core/host/mesh/run-edge.ts';
import { createNativeCrypto } from '../../router-core/host/native-crypto.ts';
import { systemRandom } from '../../router-core/host/system-random.ts';
import { PlaneRelay } from '../../router-core/host/testing/plane-relay.ts';
import { carrierOf } from '../../router-core/host/workers/carrier.ts';
import {
  EDGE_SAMPLE,
  type EdgeConfig,
  readEdgeConfig,
} from '../../router-core/mesh/etherguard/config/index.ts';
import { createNobleCrypto } from '../../router-core/wireguard/index.ts';

export type RelayOptions = {
  readonly wish: UnderlayWish;
  readonly tunnelPort: number;
  readonly meshPort: number;
  /** The number of our edge. */
  readonly node: number;
  /** Public keys of both ends of each, the sink last, and where what is for them goes. */
  readonly tunnels: readonly { readonly publicKey: string; readonly prefix: string }[];
  readonly links: readonly { readonly publicKey: string; readonly node: number }[];
};
/** Datagrams that left for the sinks, and what the packet workers threw away. */
export type RelayCounts = {
  readonly wireguard: number;
  readonly mesh: number;
  readonly drops: number;
};

/** Seen from dist/lab/, where the bundle is. */
const BUILT = join(import.meta.dirname, '../router-core');
const FILES = {
  workerFile: join(BUILT, 'packet-worker.js'),
  moduleFile: join(BUILT, 'fast-path.wasm'),
};
const options = JSON.parse(process.argv[2] ?? '{}') as RelayOptions;
const { wish, tunnelPort } = options;
const relay = await PlaneRelay.start({ ...FILES, wish, tunnelPort });
const keyOf = (text: string): Uint8Array => {
  const key = fromBase64(text);
  assert(key !== undefined, 'a key');
  return key;
};
const tunnels = options.tunnels.map(({ publicKey, prefix }) => {
  const parsed = parseIpPrefix(prefix);
  assert(parsed !== undefined, 'a prefix');
  return relay.addTunnel(keyOf(publicKey), parsed);
});

let carried: CarriedPackets | undefined;
const edge = await startEdge(edgeConfig(options), {
  crypto: createNativeCrypto(createNobleCrypto(systemRandom)),
  hasUapi: false,
  environment: {},
  signal: new AbortController().signal,
  log: () => undefined,
  changeConfig: () => undefined,
  packets: {
    ...FILES,
    path: wish,
    carrierOf: (handover) => (arena, onPunts) => {
      carried = carrierOf(handover)(arena, onPunts);
      return carried;
    },
  },
});

process.on('SIGUSR2', () => {
  const [tunnel, link] = [tunnels.at(-1), edge.view().links.at(-1)];
  assert(tunnel !== undefined && link !== undefined, 'there is a sink');
  assert(carried !== undefined, 'the edge has a packet worker');
  const counts: RelayCounts = {
    wireguard: relay.tunnels.view(tunnel).txPackets,
    mesh: link.txPackets,
    drops: [relay.drops(), carried.drops()]
      .flatMap((drops) => Object.values(drops))
      .reduce((sum, count) => sum + count, 0),
  };
  process.stdout.write(`COUNTS ${JSON.stringify(counts)}\n`);
});
const keys = { tunnels: toBase64(relay.tunnels.publicKey), mesh: toBase64(edge.view().publicKey) };
process.stdout.write(`READY ${JSON.stringify({ underlay: edge.about.underlay, ...keys })}\n`);

/** In static mode, with a link to each of the ends. */
function edgeConfig({ node, meshPort, links }: RelayOptions): EdgeConfig {
  const { Interface, DisabledAf, DynamicRoute } = EDGE_SAMPLE;
  const { SuperNode, NTPConfig } = DynamicRoute;
  const ends = links.map((link) => link.node);
  const { config, findings } = readEdgeConfig({
    ...EDGE_SAMPLE,
    Interface: { ...Interface, IType: 'dummy' },
    NodeID: node,
    PrivKey: toBase64(systemRandom.bytes(32)),
    ListenPort: meshPort,
    DisabledAf: { ...DisabledAf, ListenIPv4: '127.0.0.1', IPv6: true },
    DynamicRoute: {
      ...DynamicRoute,
      SuperNode: { ...SuperNode, UseSuperNode: false },
      NTPConfig: { ...NTPConfig, UseNTP: false },
    },
    NextHopTable: { [node]: Object.fromEntries(ends.map((end) => [end, end])) },
    Peers: links.map((link) => ({
      NodeID: link.node,
      PubKey: link.publicKey,
      PSKey: '',
      EndPoint: '',
      PersistentKeepalive: 0,
      Static: false,
    })),
  });
  assert(config !== undefined, `a configuration: ${JSON.stringify(findings)}`);
  return config;
}
