/**
 * Two stacks and a network between them, on virtual time and from one seed: for tests and benchmarks.
 *
 *   alice ──► loss, duplication, delay and its variation (reordering) ──► bob, and back
 *
 * @module
 */
import { assert } from '../../../base/assert.ts';
import { type IpAddress, parseIpAddress } from '../../../base/ip-address.ts';
import { type Random, seededRandom } from '../../../base/random.ts';
import { createTimerQueue, type TimerQueue } from '../../../base/timer-queue.ts';
import { type Instant, type InterfaceId, instant, interfaceId, NONE } from '../../../base/units.ts';
import {
  createPacketArena,
  findTcpOption,
  type PacketArena,
  TCP_OPTION_NOP,
  TCP_SYN,
  tcpFlags,
} from '../../../packet/index.ts';
import {
  type ConnectionId,
  createTcpStack,
  type TcpEvent,
  type TcpLimits,
  type TcpStack,
} from '../index.ts';
import { ipHeaderBytes, packetOf, slotOf, writeChecksum } from './ip-packets.ts';

export type NetworkOptions = {
  readonly seed?: number;
  /** Chances from 0 to 1. */
  readonly loss?: number;
  readonly duplication?: number;
  readonly delayMs?: number;
  /** Added to the delay of each packet, uniformly: this reorders. */
  readonly jitterMs?: number;
  readonly mtu?: number;
  readonly limits?: Partial<TcpLimits>;
  readonly family?: 4 | 6;
  /** Option kinds taken out of every SYN, as by a peer that does not know them. */
  readonly unknownOptions?: readonly number[];
};

export type Packet = {
  readonly at: Instant;
  readonly from: 'alice' | 'bob';
  readonly bytes: Uint8Array;
};

export type Host = {
  readonly name: 'alice' | 'bob';
  readonly address: IpAddress;
  readonly arena: PacketArena;
  readonly timerQueue: TimerQueue;
  stack: TcpStack;
  readonly events: TcpEvent[];
};

export type Network = {
  readonly alice: Host;
  readonly bob: Host;
  readonly link: InterfaceId;
  readonly packets: Packet[];
  now(): Instant;
  /** Decides per packet; true loses it. Replaces the chances while set. */
  lose: ((packet: Packet) => boolean) | undefined;
  /** Runs until nothing is left to do, or until the time given in milliseconds. */
  run(until?: number): void;
  /**
   * Runs with one user action after every step, until it returns true. Events are taken after the
   * action: a user who has read everything may forget a connection that closed.
   */
  runWhile(step: () => boolean, until?: number): void;
  /** Connects alice to bob's port 179; returns both ends. */
  establish(): { alice: ConnectionId; bob: ConnectionId };
  /** Lets a packet of somebody in between arrive, its checksum set right. */
  inject(to: Host, bytes: Uint8Array): void;
  /** Replaces a host's stack by a new one that knows nothing. */
  restart(host: Host): void;
};

type Flying = { readonly at: number; readonly order: number; readonly to: Host; bytes: Uint8Array };

export function createNetwork(options: NetworkOptions = {}): Network {
  const random = seededRandom(options.seed ?? 1);
  const link = interfaceId(3);
  const flying: Flying[] = [];
  let now = 0;
  let order = 0;
  const family = options.family ?? 6;
  const alice = createHost('alice', family === 4 ? '10.0.0.1' : 'fe80::a');
  const bob = createHost('bob', family === 4 ? '10.0.0.2' : 'fe80::b');

  function createHost(name: 'alice' | 'bob', text: string): Host {
    const address = parseIpAddress(text);
    assert(address !== undefined, 'an address of the test is one');
    const arena = createPacketArena(64);
    const timerQueue = createTimerQueue();
    const host: Omit<Host, 'stack'> = { name, address, arena, timerQueue, events: [] };
    return { ...host, stack: createStack(host) };
  }

  function createStack(host: Omit<Host, 'stack'>): TcpStack {
    const { arena, timerQueue } = host;
    return createTcpStack({
      arena,
      timerQueue,
      random: childRandom(random),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      output: {
        mtu: () => options.mtu ?? 1420,
        sendSegment(out, local, remote, _family, hopLimit, slot) {
          assert(out === link, 'a segment leaves by its interface');
          const bytes = packetOf(arena, slot, local, remote, hopLimit ?? 64);
          arena.release(slot);
          transfer({ at: instant(now), from: host.name, bytes });
        },
      },
    });
  }

  function transfer(packet: Packet): void {
    network.packets.push(packet);
    for (const kind of options.unknownOptions ?? []) blankSynOption(packet.bytes, kind);
    const isLost = network.lose?.(packet) ?? random.below(1000) < (options.loss ?? 0) * 1000;
    if (isLost) return;
    const copies = random.below(1000) < (options.duplication ?? 0) * 1000 ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const delay = (options.delayMs ?? 10) + random.below(1 + (options.jitterMs ?? 0));
      const to = packet.from === 'alice' ? bob : alice;
      flying.push({ at: now + delay, order: order++, to, bytes: packet.bytes });
    }
  }

  function nextFlying(): Flying | undefined {
    let best: Flying | undefined;
    for (const one of flying)
      if (best === undefined || one.at < best.at || (one.at === best.at && one.order < best.order))
        best = one;
    return best;
  }

  function deliver(one: Flying): void {
    flying.splice(flying.indexOf(one), 1);
    const { arena, stack } = one.to;
    const slot = slotOf(arena, one.bytes, link);
    if (slot === NONE) return;
    const start = arena.start[slot] as number;
    stack.receiveSegment(slot, start, family, start + ipHeaderBytes(family), instant(now));
  }

  /** The next thing that happens; false when nothing is left before `until`. */
  function step(until: number): boolean {
    const packet = nextFlying();
    const timers = [alice, bob].map((host) => host.timerQueue.nextDeadline() ?? Infinity);
    const next = Math.min(packet?.at ?? Infinity, ...timers);
    if (next === Infinity || next > until) return false;
    now = Math.max(now, next);
    if (packet !== undefined && packet.at <= next) deliver(packet);
    else for (const host of [alice, bob]) host.timerQueue.runDue(instant(now));
    return true;
  }

  function collect(): void {
    for (const host of [alice, bob])
      for (let e = host.stack.nextOutput(); e !== undefined; e = host.stack.nextOutput())
        host.events.push(e);
  }

  const network: Network = {
    alice,
    bob,
    link,
    packets: [],
    lose: undefined,
    now: () => instant(now),
    run(until = Infinity) {
      collect();
      while (step(until)) collect();
      if (until !== Infinity) now = Math.max(now, until);
    },
    runWhile(action, until = 3_600_000) {
      while (!action()) {
        collect();
        if (action()) break;
        assert(step(until), `the seed ${options.seed} got stuck at ${now} ms`);
      }
      collect();
    },
    establish() {
      bob.stack.listen(179);
      const id = alice.stack.connect(
        { interface: link, local: alice.address, remote: bob.address, remotePort: 179 },
        instant(now),
      );
      let incoming: TcpEvent | undefined;
      network.runWhile(() => {
        incoming = bob.events.find((e) => e.kind === 'incoming');
        return incoming !== undefined && alice.events.some((e) => e.kind === 'connected');
      });
      assert(incoming?.kind === 'incoming', 'bob accepted');
      return { alice: id, bob: incoming.connection };
    },
    inject(to, bytes) {
      writeChecksum(bytes);
      deliver({ at: now, order: order++, to, bytes });
      collect();
    },
    restart(host) {
      // A process that died has no timers; its queue is emptied by the death of every owner.
      host.stack.abortInterface(link, instant(now));
      host.stack = createStack(host);
      host.events.length = 0;
    },
  };
  return network;
}

/** Where the segment of a packet begins. */
export const segmentStart = (bytes: Uint8Array): number =>
  ipHeaderBytes((bytes[0] as number) >>> 4 === 4 ? 4 : 6);

export const flagsOf = (packet: Packet): number =>
  tcpFlags(packet.bytes, segmentStart(packet.bytes));

function blankSynOption(bytes: Uint8Array, kind: number): void {
  const start = segmentStart(bytes);
  if ((tcpFlags(bytes, start) & TCP_SYN) === 0) return;
  const at = findTcpOption(bytes, start, kind);
  if (at === -1) return;
  bytes.fill(TCP_OPTION_NOP, at, at + (bytes[at + 1] as number));
  writeChecksum(bytes);
}

const childRandom = (random: Random): Random => seededRandom(random.below(0x7fffffff));
