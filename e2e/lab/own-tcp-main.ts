/**
 * Our TCP with nothing around it but a tunnel: what it does with a real peer, and how fast.
 *
 *   TCP ─ netstack ─ WireGuard ─ node:dgram
 *
 * Prints READY once the tunnel's port is open. `send` connects, writes, closes and prints SENT with the counts
 * of the connection; `receive` listens and prints RECEIVED with the count at the end of the stream, or BROKEN
 * with the reason. Both print the first octet that is not what the other side's pattern says.
 *
 * @module
 */
import { fromBase64 } from '../../router-core/base/bytes.ts';
import { createDropCounters } from '../../router-core/base/drop-reason.ts';
import { parseEndpoint } from '../../router-core/base/endpoint.ts';
import { parseIpPrefix } from '../../router-core/base/ip-address.ts';
import { createTimerQueue } from '../../router-core/base/timer-queue.ts';
import { socketId } from '../../router-core/base/units.ts';
import { createNativeCrypto } from '../../router-core/host/native-crypto.ts';
import { monotonicNow, systemClock } from '../../router-core/host/system-clock.ts';
import { systemRandom } from '../../router-core/host/system-random.ts';
import { createUdpSockets } from '../../router-core/host/udp-sockets.ts';
import { createNetstack, type TcpEvent } from '../../router-core/netstack/index.ts';
import { connectionId } from '../../router-core/netstack/tcp/index.ts';
import { createPacketArena } from '../../router-core/packet/index.ts';
import { createNobleCrypto, createWireguardDevice } from '../../router-core/wireguard/index.ts';
import { address, must } from './options.ts';

export type OwnTcpOptions = {
  readonly privateKey: string;
  readonly peerPublicKey: string;
  readonly endpoint: string;
  readonly listenPort: number;
  readonly ours: string;
  readonly theirs: string;
  readonly port: number;
  readonly role: 'send' | 'receive';
  readonly octets: number;
  /** The receiver reads nothing for so long after the first octets: its window shuts. */
  readonly pauseMs?: number;
};

/** What transfer-main.ts sends, chunk after chunk. */
const PATTERN = Buffer.alloc(64 * 1024, 'rootless42 ');
const SOCKET = socketId(1);

const options = JSON.parse(process.argv[2] ?? '{}') as OwnTcpOptions;
const print = (text: string): boolean => process.stdout.write(`${text}\n`);

const arena = createPacketArena(4096);
const timerQueue = createTimerQueue();
const drops = createDropCounters();
const sockets = createUdpSockets({
  arena,
  drops,
  receive(slot) {
    device.receiveDatagram(slot, monotonicNow());
    schedule();
  },
});
const netstack = createNetstack({
  arena,
  random: systemRandom,
  timerQueue,
  links: { transmit: (_out, slot, now) => device.sendPacket(peer, slot, now) },
});
const device = createWireguardDevice({
  arena,
  random: systemRandom,
  wallClock: systemClock,
  timerQueue,
  crypto: createNativeCrypto(createNobleCrypto(systemRandom)),
  privateKey: must(fromBase64(options.privateKey)),
  datagrams: sockets,
  packets: { receivePacket: (slot, now) => netstack.receivePacket(slot, now) },
});
const ours = address(options.ours);
const theirs = address(options.theirs);
const link = netstack.addInterface({ mtu: 1420, addresses: [ours], peerAddresses: [theirs] });
const endpoint = must(parseEndpoint(options.endpoint));
const peer = device.addPeer(
  {
    publicKey: must(fromBase64(options.peerPublicKey)),
    endpoint: { address: must(endpoint.address), port: endpoint.port },
    socket: SOCKET,
    persistentKeepalive: 0,
    interface: link,
    allowedIps: ['0.0.0.0/0', '::/0'].map((text) => must(parseIpPrefix(text))),
  },
  monotonicNow(),
);
const host = must(parseIpPrefix(`${options.theirs}/${theirs.family === 4 ? 32 : 128}`));
netstack.routes.set(theirs.family, host.bytes, 0, host.length, link);

let connection = connectionId(0);
let count = 0;
let mayReadAt = 0;
let isScheduled = false;
let timer: NodeJS.Timeout | undefined;
const buffer = new Uint8Array(256 * 1024);

await sockets.open(SOCKET, options.listenPort, '0.0.0.0');
device.initiate(peer, monotonicNow());
if (options.role === 'receive') netstack.tcp.listen(options.port);
else {
  const request = { interface: link, local: ours, remote: theirs, remotePort: options.port };
  connection = netstack.tcp.connect(request, monotonicNow());
}
print('READY');
settle();

/** After the datagrams of this turn of the event loop. */
function schedule(): void {
  if (isScheduled) return;
  isScheduled = true;
  setImmediate(settle);
}

function settle(): void {
  isScheduled = false;
  timerQueue.runDue(monotonicNow());
  while (device.nextOutput() !== undefined);
  while (netstack.nextOutput() !== undefined);
  for (
    let event = netstack.tcp.nextOutput();
    event !== undefined;
    event = netstack.tcp.nextOutput()
  )
    happened(event);
  if (options.role === 'receive') read();
  clearTimeout(timer);
  const next = timerQueue.nextDeadline();
  const pause = mayReadAt > monotonicNow() ? mayReadAt : Number.POSITIVE_INFINITY;
  const at = Math.min(next ?? Number.POSITIVE_INFINITY, pause);
  if (at < Number.POSITIVE_INFINITY)
    timer = setTimeout(settle, Math.max(0, Math.ceil(at - monotonicNow())));
}

function happened(event: TcpEvent): void {
  switch (event.kind) {
    case 'incoming':
      connection = event.connection;
      if (options.pauseMs !== undefined) mayReadAt = monotonicNow() + options.pauseMs;
      return;
    case 'connected':
    case 'writable':
      write();
      return;
    case 'remote-finished':
      mayReadAt = 0;
      read();
      if (options.role === 'receive') print(`RECEIVED ${count}`);
      netstack.tcp.close(event.connection, monotonicNow());
      return;
    case 'closed':
      print(event.reason === 'finished' ? 'CLOSED' : `BROKEN ${event.reason}`);
      sockets.closeAll();
      clearTimeout(timer);
      process.exit(0);
      return;
    default:
  }
}

function write(): void {
  const now = monotonicNow();
  while (count < options.octets) {
    const start = count % PATTERN.length;
    const stop = Math.min(PATTERN.length, start + options.octets - count);
    const taken = netstack.tcp.write(connection, PATTERN, start, stop, now);
    count += taken;
    if (taken < stop - start) return;
  }
  const view = netstack.tcp.view(connection);
  print(`SENT ${JSON.stringify({ octets: count, retransmits: view?.retransmits })}`);
  netstack.tcp.close(connection, now);
}

function read(): void {
  if (mayReadAt > monotonicNow()) return;
  for (;;) {
    const got = netstack.tcp.read(connection, buffer, monotonicNow());
    if (got === 0) return;
    for (let i = 0; i < got; i++)
      if (buffer[i] !== PATTERN[(count + i) % PATTERN.length]) {
        print(`BROKEN at octet ${count + i}`);
        process.exit(1);
      }
    count += got;
  }
}
