/**
 * Our netstack with one Ethernet port, at the end of a TAP device.
 *
 *   TCP echo, ping ─ netstack ─ Ethernet port ─ TAP ═ kernel
 *
 * Prints what happens in lines: ASSIGNED, CONFLICT, REPLY, ERROR with an address, and NEIGHBOR with address, state
 * and link-layer address whenever one changed. REPLY and ERROR come once per target. Pings its targets twice a
 * second.
 *
 * @module
 */
import { formatIpAddress, parseIpPrefix } from '../../router-core/base/ip-address.ts';
import { formatMacAddress, parseMacAddress } from '../../router-core/base/mac-address.ts';
import { createTimerQueue } from '../../router-core/base/timer-queue.ts';
import { NONE } from '../../router-core/base/units.ts';
import { monotonicNow } from '../../router-core/host/system-clock.ts';
import { systemRandom } from '../../router-core/host/system-random.ts';
import {
  type ConnectionId,
  createNetstack,
  type TcpEvent,
} from '../../router-core/netstack/index.ts';
import { createPacketArena } from '../../router-core/packet/index.ts';
import { address, must } from './options.ts';
import { openTap } from './tap.ts';

export type EthernetOptions = {
  readonly device: string;
  readonly linkAddress: string;
  readonly addresses: readonly string[];
  /** On the link. */
  readonly prefixes: readonly string[];
  /** Behind a neighbor. */
  readonly routes: readonly { readonly prefix: string; readonly nextHop: string }[];
  readonly targets: readonly string[];
  readonly echoPort: number;
};

const PING_INTERVAL_MS = 500;

/** What came on a connection and did not fit into its send buffer yet. */
type Echo = { kept: Uint8Array; isFinished: boolean };

const options = JSON.parse(process.argv[2] ?? '{}') as EthernetOptions;
const print = (text: string): boolean => process.stdout.write(`${text}\n`);
const said = new Set<string>();
/** Prints what comes with every ping the first time only. */
const printOnce = (text: string): void => {
  if (!said.has(text)) print(text);
  said.add(text);
};

const arena = createPacketArena(1024);
const timerQueue = createTimerQueue();
const netstack = createNetstack({
  arena,
  random: systemRandom,
  timerQueue,
  links: { transmit: (_out, slot) => arena.release(slot) },
});
const tap = await openTap(options.device, (frame) => {
  const slot = arena.allocate();
  if (slot === NONE) return;
  arena.bytes.set(frame, arena.start[slot]);
  arena.end[slot] = (arena.start[slot] as number) + frame.length;
  arena.ingress[slot] = port;
  netstack.receiveFrame(slot, monotonicNow());
  settle();
});
const port = netstack.addEthernetPort(
  {
    mtu: 1500,
    linkAddress: must(parseMacAddress(options.linkAddress)),
    addresses: options.addresses.map(address),
    frames: {
      sendFrame(_port, slot) {
        tap.send(arena.bytes.subarray(arena.start[slot], arena.end[slot]));
        arena.release(slot);
      },
    },
  },
  monotonicNow(),
);
for (const prefix of options.prefixes) route(prefix, port);
for (const { prefix, nextHop } of options.routes)
  route(prefix, netstack.addNextHop({ port, address: address(nextHop) }));
netstack.tcp.listen(options.echoPort);
print('READY');

const buffer = new Uint8Array(64 * 1024);
const echoes = new Map<ConnectionId, Echo>();
const known = new Map<string, string>();
let timer: NodeJS.Timeout | undefined;
let sequence = 0;
setInterval(() => {
  sequence = (sequence + 1) & 0xffff;
  for (const [i, target] of options.targets.map(address).entries())
    netstack.probe(
      {
        protocol: 'icmp',
        target,
        ...(formatIpAddress(target).startsWith('fe80:') ? { interface: port } : {}),
        size: 56,
        identifier: 1 + i,
        sequence,
      },
      monotonicNow(),
    );
  settle();
}, PING_INTERVAL_MS);
settle();

function settle(): void {
  timerQueue.runDue(monotonicNow());
  for (let event = netstack.nextOutput(); event !== undefined; event = netstack.nextOutput()) {
    if (event.kind === 'address-assigned') print(`ASSIGNED ${formatIpAddress(event.address)}`);
    if (event.kind === 'address-conflict') print(`CONFLICT ${formatIpAddress(event.address)}`);
    if (event.kind === 'probe-reply') printOnce(`REPLY ${formatIpAddress(event.from)}`);
    if (event.kind === 'icmp-error')
      printOnce(`ERROR ${formatIpAddress(event.about.target)} ${event.error}`);
  }
  for (let e = netstack.tcp.nextOutput(); e !== undefined; e = netstack.tcp.nextOutput()) echo(e);
  for (const neighbor of netstack.ethernetView(port, monotonicNow()).neighbors) {
    const ip = formatIpAddress(neighbor.address);
    const where = neighbor.linkAddress === undefined ? '-' : formatMacAddress(neighbor.linkAddress);
    const text = `${neighbor.state} ${where}`;
    if (known.get(ip) === text) continue;
    known.set(ip, text);
    print(`NEIGHBOR ${ip} ${text}`);
  }
  clearTimeout(timer);
  const next = timerQueue.nextDeadline();
  if (next !== undefined) timer = setTimeout(settle, Math.max(0, Math.ceil(next - monotonicNow())));
}

/** Gives back what came, and ends when the other side has. */
function echo(event: TcpEvent): void {
  // The others are about tuples and neighbors of BGP, of which there are none.
  if (!('connection' in event)) return;
  switch (event.kind) {
    case 'incoming':
      echoes.set(event.connection, { kept: new Uint8Array(0), isFinished: false });
      break;
    case 'remote-finished':
      (echoes.get(event.connection) as Echo).isFinished = true;
      break;
    case 'closed':
      echoes.delete(event.connection);
      return;
    default:
  }
  const state = echoes.get(event.connection);
  if (state !== undefined) pump(event.connection, state);
}

function pump(connection: ConnectionId, state: Echo): void {
  const now = monotonicNow();
  for (;;) {
    const { kept } = state;
    state.kept = kept.subarray(netstack.tcp.write(connection, kept, 0, kept.length, now));
    if (state.kept.length > 0) return;
    const octets = netstack.tcp.read(connection, buffer, now);
    if (octets === 0) break;
    state.kept = buffer.slice(0, octets);
  }
  if (state.isFinished) netstack.tcp.close(connection, now);
}

function route(text: string, out: typeof port): void {
  const prefix = must(parseIpPrefix(text));
  netstack.routes.set(prefix.family, prefix.bytes, 0, prefix.length, out);
}
