/** Sessions of two speakers on virtual time: RFC 5880 §6. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { interfaceId } from '../../base/units.ts';
import { type ControlPacket, writeControlPacket } from './control-packet.ts';
import {
  FAST,
  LINK,
  NEIGHBOR,
  type Speaker,
  type TwoSpeakers,
  twoSpeakers,
} from './testing/two-speakers.ts';

function upPair(seed = 1): TwoSpeakers {
  const pair = twoSpeakers(seed);
  pair.a.start();
  pair.b.start();
  pair.run(4000);
  expect([pair.a.view().state, pair.b.view().state]).toEqual(['up', 'up']);
  return pair;
}

const since = (speaker: Speaker, from: number): Speaker['sent'] =>
  speaker.sent.filter(({ at }) => at >= from);
function lastOf({ sent }: Speaker): ControlPacket {
  const last = sent.at(-1);
  if (last === undefined) throw new Error('nothing was sent');
  return last.packet;
}
const states = ({ events }: Speaker): string[] => events.map(({ to }) => to);

/** Gives a packet to a speaker as if its neighbor had sent it. */
function inject(
  { a, now }: TwoSpeakers,
  packet: Partial<ControlPacket>,
  change: { hopLimit?: number; link?: number; from?: Speaker['path']['local'] } = {},
): string | undefined {
  const bytes = new Uint8Array(24);
  writeControlPacket(bytes, {
    diagnostic: 0,
    state: 'down',
    poll: false,
    final: false,
    controlPlaneIndependent: false,
    demand: false,
    detectMult: 3,
    myDiscriminator: 42,
    yourDiscriminator: 0,
    desiredMinTx: 300_000,
    requiredMinRx: 300_000,
    requiredMinEchoRx: 0,
    ...packet,
  });
  const { hopLimit = 255, link = LINK, from = a.path.remote } = change;
  const datagram = { interface: interfaceId(link), source: from, hopLimit, bytes };
  return a.bfd.receive({ ...datagram, start: 0, end: 24 }, now());
}

test('two ends meet: Down, Init, Up, then Poll and Final bring the fast intervals (§6.2, §6.8.3)', () => {
  const { a, b } = upPair();
  expect(states(a).at(-1)).toBe('up');
  expect(a.view()).toMatchObject({ transmitInterval: 300, detectionTime: 1500, downs: 0 });
  const polls = a.sent.filter(({ packet }) => packet.poll);
  expect(polls.length).toBeGreaterThan(0);
  expect(
    polls.every(({ packet }) => packet.state === 'up' && packet.desiredMinTx === 300_000),
  ).toBe(true);
  expect(b.sent.some(({ packet }) => packet.final)).toBe(true);
  expect(a.sent.at(-1)?.packet).toMatchObject({ poll: false, final: false, diagnostic: 0 });
});

test('until up nobody sends faster than once a second, whatever is configured (§6.8.3)', () => {
  const { a, run } = twoSpeakers();
  a.start({ minTx: 100, minRx: 100, multiplier: 3 });
  run(10_000);
  expect(a.sent.length).toBeLessThanOrEqual(14);
  expect(a.sent.length).toBeGreaterThanOrEqual(10);
  expect(a.sent.every(({ packet }) => packet.desiredMinTx === 1_000_000)).toBe(true);
  expect(a.events).toEqual([]);
});

test('packets leave after 75 to 100 percent of the interval (§6.8.7)', () => {
  const pair = upPair();
  const start = pair.now();
  pair.run(60_000);
  const times = since(pair.a, start).map(({ at }) => at);
  const gaps = times.slice(1).map((at, i) => at - (times[i] as number));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(225);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(300);
  expect(Math.max(...gaps) - Math.min(...gaps)).toBeGreaterThan(50);
});

test('one source port per session, of 49152 to 65535 (RFC 5881 §4)', () => {
  const { a, b } = upPair();
  for (const { sent } of [a, b]) {
    const ports = new Set(sent.map(({ port }) => port));
    expect(ports.size).toBe(1);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(49_152);
    expect(Math.max(...ports)).toBeLessThanOrEqual(65_535);
  }
});

test('silence for the detection time is the end, and not a moment earlier (§6.8.4)', () => {
  const pair = upPair();
  const { a, b } = pair;
  b.isCut = true;
  const last = a.view().lastReceived as number;
  pair.run(last + 1499 - pair.now());
  expect(a.view().state).toBe('up');
  pair.run(3);
  expect(a.events.at(-1)).toMatchObject({
    from: 'up',
    to: 'down',
    diagnostic: 'detection time expired',
    isAdministrative: false,
  });
  // RFC 5880 §6.8.1: the other side's discriminator is forgotten.
  expect(a.sent.at(-1)?.packet).toMatchObject({
    state: 'down',
    yourDiscriminator: 0,
    diagnostic: 1,
  });
});

test('the other side is told at once and falls too, then both come back (§6.2)', () => {
  const pair = upPair();
  pair.b.isCut = true;
  pair.run(2000);
  expect(pair.b.events.at(-1)).toMatchObject({
    from: 'up',
    to: 'down',
    diagnostic: 'neighbor signaled session down',
  });
  pair.b.isCut = false;
  pair.run(5000);
  expect([pair.a.view().state, pair.b.view().state]).toEqual(['up', 'up']);
  expect(pair.a.view().downs).toBe(1);
});

test('an operator who disables BFD is no failure of the path (RFC 5882 §3.2)', () => {
  const pair = upPair();
  const { a, b } = pair;
  a.bfd.disable(NEIGHBOR, pair.now());
  expect(a.sent.at(-1)?.packet).toMatchObject({ state: 'admin-down', diagnostic: 7 });
  pair.run(10_000);
  expect(b.events.at(-1)).toMatchObject({ from: 'up', to: 'down', isAdministrative: true });
  expect(a.view().state).toBe('admin-down');
  a.bfd.enable(NEIGHBOR, pair.now());
  pair.run(5000);
  expect([a.view().state, b.view().state]).toEqual(['up', 'up']);
});

test('a session that is removed says AdminDown for a detection time, then nothing (§6.8.16)', () => {
  const pair = upPair();
  const start = pair.now();
  pair.a.bfd.remove(NEIGHBOR, start);
  pair.run(10_000);
  const after = since(pair.a, start);
  expect(after.length).toBeGreaterThanOrEqual(2);
  expect(after.every(({ packet }) => packet.state === 'admin-down')).toBe(true);
  expect((after.at(-1)?.at ?? 0) - start).toBeLessThan(6000);
  expect(pair.b.events.at(-1)).toMatchObject({ to: 'down', isAdministrative: true });
  expect(pair.a.bfd.view(NEIGHBOR)).toBeUndefined();
  expect(pair.b.view(), 'what was said last').toMatchObject({ remoteState: 'admin-down' });
  pair.b.bfd.forget(NEIGHBOR);
  expect(pair.timerQueue.armed()).toBe(0);
});

test('a session that says goodbye makes room for a new one of the same neighbor', () => {
  const pair = upPair();
  pair.a.bfd.remove(NEIGHBOR, pair.now());
  pair.a.start();
  pair.run(10_000);
  expect([pair.a.view().state, pair.b.view().state]).toEqual(['up', 'up']);
});

test('slower: the old interval holds until the other side knows (§6.8.3)', () => {
  const pair = upPair();
  const { a, b } = pair;
  b.isCut = true;
  a.bfd.update(NEIGHBOR, { ...FAST, minTx: 2000 }, pair.now());
  expect(a.sent.at(-1)?.packet).toMatchObject({ poll: true, desiredMinTx: 2_000_000 });
  pair.run(700);
  expect(a.view().transmitInterval).toBe(300);
  b.isCut = false;
  pair.run(700);
  expect(a.view().transmitInterval).toBe(2000);
  expect(b.view().detectionTime).toBe(10_000);
  pair.run(30_000);
  expect([a.view().state, b.view().state, a.view().downs]).toEqual(['up', 'up', 0]);
});

test('shorter detection: the old time holds until the other side knows (§6.8.3)', () => {
  const pair = twoSpeakers();
  const { a, b } = pair;
  a.start({ ...FAST, minRx: 1000 });
  b.start();
  pair.run(5000);
  expect(a.view().detectionTime).toBe(5000);
  expect(b.view().transmitInterval).toBe(1000);
  b.isCut = true;
  a.bfd.update(NEIGHBOR, FAST, pair.now());
  expect(a.view().detectionTime).toBe(5000);
  b.isCut = false;
  pair.run(1500);
  expect(a.view().detectionTime).toBe(1500);
  expect(b.view().transmitInterval).toBe(300);
  pair.run(30_000);
  expect([a.view().downs, b.view().downs]).toEqual([0, 0]);
});

test('an answer to the first of two changes does not end the poll of the second (§6.5)', () => {
  const pair = upPair();
  const { a } = pair;
  a.bfd.update(NEIGHBOR, { ...FAST, minTx: 2000 }, pair.now());
  a.bfd.update(NEIGHBOR, { ...FAST, minTx: 3000 }, pair.now());
  pair.run(2.5);
  pair.run(10_000);
  expect(a.view().transmitInterval).toBe(3000);
  expect(a.sent.at(-1)?.packet.poll).toBe(false);
});

test('who wants no packets gets none, but for what changed (§6.8.7)', () => {
  const pair = upPair();
  const { myDiscriminator } = lastOf(pair.b);
  const yourDiscriminator = lastOf(pair.a).myDiscriminator;
  pair.b.isCut = true;
  const quiet = { state: 'up', myDiscriminator, yourDiscriminator, requiredMinRx: 0 } as const;
  inject(pair, { ...quiet, detectMult: 200 });
  const start = pair.now();
  pair.run(5000);
  expect(since(pair.a, start)).toEqual([]);
  expect(pair.a.view().transmitInterval).toBeUndefined();
});

test('demand mode of the other side stops our packets while both are up (§6.6)', () => {
  const pair = upPair();
  const { myDiscriminator } = lastOf(pair.b);
  const yourDiscriminator = lastOf(pair.a).myDiscriminator;
  pair.b.isCut = true;
  const demand = { state: 'up', myDiscriminator, yourDiscriminator, demand: true } as const;
  inject(pair, { ...demand, detectMult: 100 });
  const start = pair.now();
  pair.run(5000);
  expect(since(pair.a, start)).toEqual([]);
  inject(pair, { ...demand, detectMult: 100, poll: true });
  expect(since(pair.a, start).map(({ packet }) => packet.final)).toEqual([true]);
});

test('polls are answered at once, and a flood of them is not (limits.ts)', () => {
  const pair = upPair();
  const { myDiscriminator } = lastOf(pair.b);
  const yourDiscriminator = lastOf(pair.a).myDiscriminator;
  const before = pair.a.sent.length;
  for (let i = 0; i < 1000; i++)
    inject(pair, { state: 'up', myDiscriminator, yourDiscriminator, poll: true });
  expect(pair.a.sent.length - before).toBe(20);
});

test('a late timer of ours is not a dead neighbor', () => {
  const pair = upPair();
  pair.stall(5000);
  expect(pair.a.view().state).toBe('up');
  expect(pair.a.bfd.lateTimers()).toBeGreaterThan(0);
  pair.run(5000);
  expect([pair.a.view().downs, pair.b.view().downs]).toEqual([0, 0]);
});

test('but a neighbor that stays silent after it is', () => {
  const pair = upPair();
  pair.b.isCut = true;
  pair.stall(5000);
  pair.run(1000);
  expect(pair.a.view().state).toBe('up');
  pair.run(1000);
  expect(pair.a.view().state).toBe('down');
});

test('strangers are dropped by reason and change nothing', () => {
  const pair = upPair();
  const { a } = pair;
  const stranger = a.path.local;
  const before = a.sent.length;
  expect(inject(pair, {}, { hopLimit: 254 })).toBe('hop-limit-low');
  expect(inject(pair, {}, { from: stranger })).toBe('bfd-unknown-session');
  expect(inject(pair, {}, { link: 5 })).toBe('bfd-unknown-session');
  expect(inject(pair, { state: 'up', yourDiscriminator: 1 })).toBe('bfd-unknown-session');
  const ours = lastOf(a).myDiscriminator;
  const known = { state: 'down', yourDiscriminator: ours } as const;
  expect(inject(pair, known, { link: 5 })).toBe('bfd-unknown-session');
  expect(inject(pair, known, { from: stranger })).toBe('bfd-unknown-session');
  expect(a.sent.length).toBe(before);
  expect(a.view()).toMatchObject({ state: 'up', downs: 0 });
});

test('after any storm both ends are up again at their intervals', () => {
  const steps = fc.array(
    fc.record({
      side: fc.boolean(),
      act: fc.constantFrom('cut', 'heal', 'disable', 'enable', 'slow', 'fast', 'garbage'),
      wait: fc.integer({ min: 0, max: 3000 }),
    }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 1000 }), (acts, seed) => {
      const pair = upPair(seed);
      for (const { side, act, wait } of acts) {
        const speaker = side ? pair.a : pair.b;
        const { bfd } = speaker;
        if (act === 'cut') speaker.isCut = true;
        else if (act === 'heal') speaker.isCut = false;
        else if (act === 'disable') bfd.disable(NEIGHBOR, pair.now());
        else if (act === 'enable') bfd.enable(NEIGHBOR, pair.now());
        else if (act === 'slow') bfd.update(NEIGHBOR, { ...FAST, minTx: 900 }, pair.now());
        else if (act === 'fast') bfd.update(NEIGHBOR, FAST, pair.now());
        else inject(pair, { state: 'down', poll: true, final: true, requiredMinRx: 0 });
        pair.run(wait);
      }
      for (const speaker of [pair.a, pair.b]) {
        speaker.isCut = false;
        speaker.bfd.enable(NEIGHBOR, pair.now());
        speaker.bfd.update(NEIGHBOR, FAST, pair.now());
      }
      pair.run(30_000);
      for (const speaker of [pair.a, pair.b])
        expect(speaker.view()).toMatchObject({ state: 'up', transmitInterval: 300 });
    }),
    { numRuns: 60 },
  );
});
