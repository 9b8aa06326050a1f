/**
 * Entry of a process that tells two routers the same random routes and compares what both pass on.
 *
 *   peer 1 … peer n ──same octets──► router A ──best paths──► sink A ┐
 *                   └──────────────► router B ──best paths──► sink B ┴─ equal, after every round
 *
 * Each announcement carries a community of its own, so that a path is known by it wherever it arrives.
 * Options as JSON in the first argument.
 *
 * @module
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { readUint16, writeUint16, writeUint32 } from '../../router-core/base/bytes.ts';
import { type Random, seededRandom } from '../../router-core/base/random.ts';
import { BgpSession } from './bgp-session.ts';

export type DecisionOptions = {
  readonly seed: number;
  readonly rounds: number;
  readonly changesPerRound: number;
  readonly prefixes: number;
  readonly routers: readonly { readonly host: string; readonly port: number }[];
  /** The last one is the sink. */
  readonly peers: readonly {
    readonly asn: number;
    readonly routerId: string;
    readonly address: string;
  }[];
  /** Where peers wait for the routers' dials, which may meet theirs; absent: the routers do not dial. */
  readonly listenPort?: number;
  /** An announcement with this AS in its path is a loop. */
  readonly routersAsn: number;
};

export type DecisionResult = {
  readonly rounds: number;
  /** Prefixes compared, over all rounds. */
  readonly compared: number;
  readonly announcements: number;
  readonly withdrawals: number;
  readonly flaps: number;
  /** Sessions for which both sides had dialed, by whose connection was given up. */
  readonly collisions: { readonly ours: number; readonly theirs: number };
  /** Prefix, and the path at each router: at most ten. */
  readonly differences: readonly string[];
};

const HEADER_BYTES = 19;
const UPDATE = 2;
const AS_PATH = 2;
const COMMUNITIES = 8;
const QUIET_MS = 300;
const PATIENCE_MS = 8000;
const FLAP_PERCENT = 25;
/** 4 octets each, in a message of at most 4,096. */
const WITHDRAWN_AT_ONCE = 1000;
/** Twenty ASes of whose numbers paths are made, none of a peer. */
const FIRST_HOP = 64_600;

/** What one router has told its sink: path and communities by prefix. */
class Sink {
  readonly table = new Map<string, string>();
  lastChange = 0;
  readonly session: BgpSession;

  constructor(options: ConstructorParameters<typeof BgpSession>[0]) {
    this.session = new BgpSession(options, (b, start, end) => this.update(b, start, end));
  }

  private update(b: Uint8Array, start: number, end: number): void {
    this.lastChange = performance.now();
    const withdrawnEnd = start + 2 + readUint16(b, start);
    for (const prefix of prefixesIn(b, start + 2, withdrawnEnd)) this.table.delete(prefix);
    const attributesEnd = withdrawnEnd + 2 + readUint16(b, withdrawnEnd);
    let path = '';
    let communities = '';
    for (let o = withdrawnEnd + 2; o < attributesEnd; ) {
      const isLong = ((b[o] as number) & 0x10) !== 0;
      const value = o + (isLong ? 4 : 3);
      const length = isLong ? readUint16(b, o + 2) : (b[o + 2] as number);
      const text = Buffer.from(b.subarray(value, value + length)).toString('hex');
      if (b[o + 1] === AS_PATH) path = text;
      if (b[o + 1] === COMMUNITIES) communities = text;
      o = value + length;
    }
    for (const prefix of prefixesIn(b, attributesEnd, end))
      this.table.set(prefix, `${path} ${communities}`);
  }
}

function* prefixesIn(b: Uint8Array, start: number, end: number): Generator<string> {
  for (let o = start; o < end; ) {
    const next = o + 1 + (((b[o] as number) + 7) >> 3);
    yield Buffer.from(b.subarray(o, next)).toString('hex');
    o = next;
  }
}

/** A peer with a session to each router. */
class Feeder {
  readonly collisions = { ours: 0, theirs: 0 };
  private sessions: BgpSession[] = [];
  private readonly make: () => BgpSession[];

  constructor(make: () => BgpSession[]) {
    this.make = make;
  }

  /** Takes the dials of the routers, which are told apart by their addresses. */
  async listen(address: string, port: number, routers: readonly { host: string }[]): Promise<void> {
    const server = createServer((socket) => {
      const router = routers.findIndex(({ host }) => host === socket.remoteAddress);
      const session = this.sessions[router];
      if (session === undefined) socket.destroy();
      else session.accept(socket);
    });
    server.listen(port, address);
    await once(server, 'listening');
    server.unref();
  }

  async establish(collides = false): Promise<void> {
    this.sessions = this.make();
    await Promise.all(this.sessions.map((session) => session.establish(collides)));
    for (const { collisions } of this.sessions) {
      this.collisions.ours += collisions.ours;
      this.collisions.theirs += collisions.theirs;
    }
  }

  async send(bytes: Uint8Array): Promise<void> {
    await Promise.all(this.sessions.map((session) => session.send(bytes)));
  }
  close(): void {
    for (const session of this.sessions) session.close();
  }
}

async function compareRouters(options: DecisionOptions): Promise<DecisionResult> {
  const random = seededRandom(options.seed);
  const { routers, prefixes, changesPerRound } = options;
  const sessionOf = ({ asn, routerId, address }: DecisionOptions['peers'][number], i: number) => ({
    name: `AS${asn} to router ${i + 1}`,
    asn,
    routerId,
    remote: routers[i] as { host: string; port: number },
    localAddress: address,
    isExtendedNextHop: false,
    hasIpv6: false,
  });
  const feeders = options.peers.slice(0, -1).map((peer) => ({
    peer,
    feeder: new Feeder(() =>
      routers.map((_, i) => new BgpSession(sessionOf(peer, i), () => undefined)),
    ),
  }));
  const sinkPeer = options.peers.at(-1);
  if (sinkPeer === undefined) throw new Error('the last peer is the sink');
  const sinks = routers.map((_, i) => new Sink(sessionOf(sinkPeer, i)));
  const [a, b] = sinks as [Sink, Sink];
  const { listenPort } = options;
  const collides = listenPort !== undefined;
  if (collides)
    await Promise.all(
      feeders.map(({ feeder, peer }) => feeder.listen(peer.address, listenPort, routers)),
    );
  await Promise.all([
    ...feeders.map(({ feeder }) => feeder.establish(collides)),
    ...sinks.map(({ session }) => session.establish()),
  ]);

  const differences: string[] = [];
  let compared = 0;
  let announcements = 0;
  let withdrawals = 0;
  let flaps = 0;

  async function settled(expectEmpty = false): Promise<void> {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      await pause(50);
      const isQuiet = performance.now() - Math.max(a.lastChange, b.lastChange) > QUIET_MS;
      const found = differing(a.table, b.table);
      const isDone = found.length === 0 && (!expectEmpty || a.table.size === 0);
      if (isQuiet && isDone) return;
      if (performance.now() < until) continue;
      differences.push(...found.slice(0, 10 - differences.length));
      if (expectEmpty && a.table.size > 0) differences.push(`${a.table.size} prefixes are left`);
      return;
    }
  }

  for (let round = 0; round < options.rounds && differences.length === 0; round++) {
    for (let i = 0; i < changesPerRound; i++) {
      const { feeder, peer } = feeders[random.below(feeders.length)] as (typeof feeders)[number];
      const prefix = random.below(prefixes);
      const isWithdrawal = random.below(100) < 20;
      if (isWithdrawal) withdrawals++;
      else announcements++;
      await feeder.send(
        isWithdrawal
          ? updateOf([prefix], new Uint8Array(0), [])
          : updateOf([], attributesOf(random, peer, options.routersAsn, announcements), [prefix]),
      );
    }
    if (random.below(100) < FLAP_PERCENT) {
      flaps++;
      const { feeder } = feeders[random.below(feeders.length)] as (typeof feeders)[number];
      feeder.close();
      await settled();
      await feeder.establish(collides);
    }
    await settled();
    compared += a.table.size;
  }
  if (differences.length === 0) {
    for (let first = 0; first < prefixes; first += WITHDRAWN_AT_ONCE) {
      const length = Math.min(WITHDRAWN_AT_ONCE, prefixes - first);
      const some = Array.from({ length }, (_, i) => first + i);
      for (const { feeder } of feeders) await feeder.send(updateOf(some, new Uint8Array(0), []));
    }
    await settled(true);
  }
  for (const { feeder } of feeders) feeder.close();
  for (const { session } of sinks) session.close();
  const sum = (side: 'ours' | 'theirs'): number =>
    feeders.reduce((total, { feeder }) => total + feeder.collisions[side], 0);
  const collisions = { ours: sum('ours'), theirs: sum('theirs') };
  const { rounds } = options;
  return { rounds, compared, announcements, withdrawals, flaps, collisions, differences };
}

function differing(a: Map<string, string>, b: Map<string, string>): string[] {
  const all = new Set([...a.keys(), ...b.keys()]);
  return [...all]
    .filter((prefix) => a.get(prefix) !== b.get(prefix))
    .map((prefix) => `${prefix}: ${a.get(prefix) ?? 'nothing'} | ${b.get(prefix) ?? 'nothing'}`);
}

function updateOf(
  withdrawn: readonly number[],
  attributes: Uint8Array,
  announced: readonly number[],
): Uint8Array {
  const b = new Uint8Array(
    HEADER_BYTES + 4 + 4 * (withdrawn.length + announced.length) + attributes.length,
  );
  b.fill(0xff, 0, 16);
  writeUint16(b, 16, b.length);
  b[18] = UPDATE;
  writeUint16(b, HEADER_BYTES, 4 * withdrawn.length);
  let o = HEADER_BYTES + 2;
  const put = (prefix: number): void => {
    // 20.x.y.0/24
    b.set([24, 20, prefix >> 8, prefix & 255], o);
    o += 4;
  };
  withdrawn.forEach(put);
  writeUint16(b, o, attributes.length);
  b.set(attributes, o + 2);
  o += 2 + attributes.length;
  announced.forEach(put);
  return b;
}

/** Few values each, so that paths tie at every step. */
function attributesOf(
  random: Random,
  { asn, address }: DecisionOptions['peers'][number],
  routersAsn: number,
  number: number,
): Uint8Array {
  const chance = (percent: number): boolean => random.below(100) < percent;
  const path = [asn];
  for (let hops = random.below(3); hops > 0; hops--) path.push(FIRST_HOP + random.below(20));
  if (chance(3)) path.push(routersAsn);
  const set = chance(10) ? [FIRST_HOP + 1, FIRST_HOP + 2] : [];
  const segments = [
    ...[2, path.length, ...path.flatMap(octetsOf)],
    ...(set.length === 0 ? [] : [1, set.length, ...set.flatMap(octetsOf)]),
  ];
  return Uint8Array.from([
    ...[0x40, 1, 1, random.below(3)],
    ...[0x40, AS_PATH, segments.length, ...segments],
    ...[0x40, 3, 4, ...address.split('.').map(Number)],
    ...(chance(60) ? [0x80, 4, 4, ...octetsOf(random.below(3))] : []),
    ...[0xc0, COMMUNITIES, 4, ...octetsOf((64_000 << 16) + number)],
  ]);
}

function octetsOf(value: number): number[] {
  const b = new Uint8Array(4);
  writeUint32(b, 0, value >>> 0);
  return [...b];
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const options = JSON.parse(process.argv[2] ?? '{}') as DecisionOptions;
process.stdout.write(`RESULT ${JSON.stringify(await compareRouters(options))}\n`);
