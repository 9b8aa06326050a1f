/**
 * The relay under test: one packet worker with a WireGuard device and a mesh device, options as JSON in the
 * first argument. On SIGUSR2 it tells what has left by each towards the sink.
 *
 * @module
 */
import { join } from 'node:path';
import { assert } from '../../router-core/base/assert.ts';
import { fromBase64, toBase64 } from '../../router-core/base/bytes.ts';
import { parseIpPrefix } from '../../router-core/base/ip-address.ts';
import type { UnderlayWish } from '../../router-core/base/underlay-wish.ts';
import { PlaneRelay } from '../../router-core/host/testing/plane-relay.ts';

export type RelayOptions = {
  readonly wish: UnderlayWish;
  readonly tunnelPort: number;
  readonly meshPort: number;
  readonly node: number;
  /** Public keys of both ends of each, the sink last, and where what is for them goes. */
  readonly tunnels: readonly { readonly publicKey: string; readonly prefix: string }[];
  readonly links: readonly { readonly publicKey: string; readonly node: number }[];
};
/** Datagrams that left for the sinks, and what the packet worker threw away. */
export type RelayCounts = {
  readonly wireguard: number;
  readonly mesh: number;
  readonly drops: number;
};

/** Seen from dist/lab/, where the bundle is. */
const BUILT = join(import.meta.dirname, '../router-core');
const options = JSON.parse(process.argv[2] ?? '{}') as RelayOptions;
const relay = await PlaneRelay.start({
  ...options,
  workerFile: join(BUILT, 'packet-worker.js'),
  moduleFile: join(BUILT, 'fast-path.wasm'),
});
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
const links = options.links.map(({ publicKey, node }) => relay.addLink(keyOf(publicKey), node));

process.on('SIGUSR2', () => {
  const [tunnel, link] = [tunnels.at(-1), links.at(-1)];
  assert(tunnel !== undefined && link !== undefined, 'there is a sink');
  const counts: RelayCounts = {
    wireguard: relay.tunnels.view(tunnel).txPackets,
    mesh: relay.mesh.view(link).txPackets,
    drops: Object.values(relay.drops()).reduce((sum, count) => sum + count, 0),
  };
  process.stdout.write(`COUNTS ${JSON.stringify(counts)}\n`);
});
const underlay = relay.carried.view();
const keys = { tunnels: toBase64(relay.tunnels.publicKey), mesh: toBase64(relay.mesh.publicKey) };
process.stdout.write(`READY ${JSON.stringify({ underlay: underlay.kind, ...keys })}\n`);
