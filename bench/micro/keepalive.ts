/**
 * A node with 1,000 peers that only keep their tunnels alive: an hour of virtual time.
 *
 * Each peer is a device of its own, so that rekeys are whole handshakes. Only the node is measured.
 *
 * @module
 */
import { createTimerQueue } from '../../router-core/base/timer-queue.ts';
import { instant } from '../../router-core/base/units.ts';
import { createNativeCrypto } from '../../router-core/host/native-crypto.ts';
import { systemRandom } from '../../router-core/host/system-random.ts';
import { createNobleCrypto } from '../../router-core/wireguard/index.ts';
import type { Run } from '../lab/results.ts';
import {
  addPeer,
  addressOf,
  createWireguardNode,
  deliver,
  type SentDatagram,
  type WireguardNode,
} from './wireguard-node.ts';

const PEERS = 1000;
const KEEPALIVE_SECONDS = 25;
const HOUR_MS = 3_600_000;
const STEP_MS = 100;

export function benchKeepalive(): Run {
  const crypto = createNativeCrypto(createNobleCrypto(systemRandom));
  let now = instant(0);
  const clock = () => now;
  const node = createWireguardNode({ number: 0, crypto, now: clock, peersMax: PEERS });
  const others = createTimerQueue();
  const answers: SentDatagram[] = [];
  const peers = Array.from({ length: PEERS }, (_, i) =>
    createWireguardNode({ number: i + 1, crypto, now: clock, timerQueue: others, sent: answers }),
  );
  for (const peer of peers) addPeer(peer, node, now);
  // A portal adds peerings one after the other, not in one instant.
  let added = 0;
  let used = 0;
  let datagrams = 0;
  const views: ReturnType<typeof addPeer>[] = [];
  for (; now < HOUR_MS; now = instant(now + STEP_MS)) {
    const arriving = answers.splice(0);
    const before = process.cpuUsage();
    const next = peers[added];
    if (next !== undefined) {
      views.push(addPeer(node, next, now, KEEPALIVE_SECONDS));
      added++;
    }
    for (const { bytes, from } of arriving) deliver(node, bytes, addressOf(from), now);
    node.timerQueue.runDue(now);
    while (node.device.nextOutput() !== undefined);
    const { user, system } = process.cpuUsage(before);
    used += user + system;
    datagrams += arriving.length + node.sent.length;
    runPeers(node, peers, () => others.runDue(now), now);
  }
  const handshakes = views.reduce(
    (sum, peer) => sum + node.device.view(peer).handshakesCompleted,
    0,
  );
  if (!views.every((peer) => node.device.view(peer).hasKeyPair))
    throw new Error('a tunnel went down');
  const seconds = HOUR_MS / 1000;
  return {
    router: 'rootless42',
    test: `${PEERS} peers, keepalive ${KEEPALIVE_SECONDS} s`,
    values: {
      cpuUsPerSecond: used / seconds,
      datagramsPerSecond: datagrams / seconds,
      handshakesPerSecond: handshakes / seconds,
    },
  };
}

function runPeers(
  node: WireguardNode,
  peers: readonly WireguardNode[],
  runTimers: () => void,
  now: ReturnType<typeof instant>,
): void {
  for (const { to, bytes } of node.sent.splice(0)) {
    const peer = peers[to - 1];
    if (peer === undefined) throw new Error('a datagram for nobody');
    deliver(peer, bytes, node.address, now);
    while (peer.device.nextOutput() !== undefined);
  }
  runTimers();
}
