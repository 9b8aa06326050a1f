import { expect, test } from 'vitest';
import { createScript } from './testing/scripted-peer.ts';
import { createNetwork } from './testing/two-stacks.ts';

/** Ten segments of 1000 octets are in flight. */
function tenSegments(withSack: boolean) {
  const script = createScript();
  const connection = script.accept({ mss: 1000, sackPermitted: withSack });
  script.write(connection, 10_000);
  expect(script.peer.hears()).toHaveLength(10);
  return { script, connection };
}

test('sends again after RTO, doubling it, and gives up after three minutes (RFC 6298 §5)', () => {
  const script = createScript();
  const connection = script.accept();
  script.write(connection, 100);
  script.peer.hears();
  script.passMs(400_000);
  const times = script.peer.hears().map((heard) => [heard.flags, heard.at - 1000]);
  expect(times).toEqual([
    ['PA', 200],
    ['PA', 600],
    ['PA', 1400],
    ['PA', 3000],
    ['PA', 6200],
    ['PA', 12_600],
    ['PA', 25_400],
    ['PA', 51_000],
    ['PA', 102_200],
    ['PA', 162_200],
    ['RA', 180_000],
  ]);
  expect(script.kinds()).toEqual(['closed timeout']);
  expect(script.timerQueue.armed()).toBe(0);
});

test('a timeout shuts the congestion window to one segment and goes on from the gap', () => {
  const { script, connection } = tenSegments(false);
  script.passMs(200);
  expect(script.peer.hears()).toMatchObject([{ seq: 1, length: 1000 }]);
  expect(script.stack.view(connection)).toMatchObject({ cwndBytes: 1000, ssthreshBytes: 5000 });
  script.peer.sends({ flags: 'A', seq: 1, ack: 1001 });
  expect(script.peer.hears()).toMatchObject([{ seq: 1001 }, { seq: 2001 }]);
  // The rest had arrived.
  script.peer.sends({ flags: 'A', seq: 1, ack: 10_001 });
  script.passMs(10_000);
  expect(script.peer.hears()).toEqual([]);
});

test('three duplicates send the gap again, without SACK (RFC 5681 §3.2)', () => {
  const { script, connection } = tenSegments(false);
  const duplicate = { flags: 'A', seq: 1, ack: 1 };
  script.peer.sends(duplicate);
  script.peer.sends(duplicate);
  expect(script.peer.hears()).toEqual([]);
  script.peer.sends(duplicate);
  expect(script.peer.hears()).toMatchObject([{ seq: 1, length: 1000 }]);
  expect(script.stack.view(connection)?.ssthreshBytes).toBe(5000);
  // A partial acknowledgment sends the next gap (RFC 6582 §3.2).
  for (let i = 0; i < 5; i++) script.peer.sends(duplicate);
  script.peer.sends({ flags: 'A', seq: 1, ack: 4001 });
  expect(script.peer.hears()).toMatchObject([{ seq: 4001, length: 1000 }]);
  script.peer.sends({ flags: 'A', seq: 1, ack: 10_001 });
  expect(script.stack.view(connection)).toMatchObject({ unackedBytes: 0, retransmits: 2 });
  expect(script.stack.view(connection)?.cwndBytes).toBeLessThanOrEqual(5000);
});

test('duplicates with data, with another window or without a flight are none (RFC 5681 §2)', () => {
  const { script } = tenSegments(false);
  for (let i = 0; i < 4; i++) {
    script.peer.sends({ flags: 'A', seq: 1 + i, ack: 1, data: 1 });
    script.peer.sends({ flags: 'A', seq: 5, ack: 1, window: 50_000 + i });
  }
  expect(script.peer.hears().every((heard) => heard.length === 0)).toBe(true);
});

test('SACK chooses what to send again: the gaps and nothing else (RFC 6675 §5)', () => {
  const { script } = tenSegments(true);
  // Segments 1, 3 and 6 are lost.
  script.peer.sends({ flags: 'A', seq: 1, ack: 1, sack: [[1001, 2001]] });
  script.peer.sends({
    flags: 'A',
    seq: 1,
    ack: 1,
    sack: [
      [3001, 4001],
      [1001, 2001],
    ],
  });
  script.peer.sends({
    flags: 'A',
    seq: 1,
    ack: 1,
    sack: [
      [3001, 5001],
      [1001, 2001],
    ],
  });
  expect(script.peer.hears()).toMatchObject([{ seq: 1, length: 1000 }]);
  script.peer.sends({
    flags: 'A',
    seq: 1,
    ack: 1,
    sack: [
      [6001, 7001],
      [3001, 5001],
      [1001, 2001],
    ],
  });
  script.peer.sends({
    flags: 'A',
    seq: 1,
    ack: 1,
    sack: [
      [6001, 8001],
      [3001, 5001],
      [1001, 2001],
    ],
  });
  script.peer.sends({
    flags: 'A',
    seq: 1,
    ack: 1,
    sack: [
      [6001, 9001],
      [3001, 5001],
      [1001, 2001],
    ],
  });
  script.peer.sends({
    flags: 'A',
    seq: 1,
    ack: 1,
    sack: [
      [6001, 10_001],
      [3001, 5001],
      [1001, 2001],
    ],
  });
  expect(script.peer.hears().map((heard) => heard.seq)).toEqual([2001, 5001]);
  script.peer.sends({ flags: 'A', seq: 1, ack: 10_001 });
  expect(script.peer.hears()).toEqual([]);
});

test('blocks of duplicates, of the future and turned around are ignored', () => {
  const { script, connection } = tenSegments(true);
  for (const block of [
    [-3000, -2000],
    [1, 20_001],
    [5001, 4001],
    [2001, 2001],
  ] as const)
    for (let i = 0; i < 4; i++) script.peer.sends({ flags: 'A', seq: 1, ack: 1, sack: [block] });
  expect(script.stack.view(connection)?.retransmits).toBe(0);
});

test('after a second timeout SACKed data is sent again: the peer may have dropped it (RFC 2018 §8)', () => {
  const { script } = tenSegments(true);
  script.peer.sends({ flags: 'A', seq: 1, ack: 1, sack: [[1001, 10_001]] });
  script.peer.hears();
  script.passMs(200);
  script.passMs(400);
  script.peer.hears();
  script.peer.sends({ flags: 'A', seq: 1, ack: 1001 });
  script.peer.sends({ flags: 'A', seq: 1, ack: 2001 });
  expect(script.peer.hears().map((heard) => heard.seq)).toContain(1001);
});

test('reports islands, the most recent first, at once (RFC 2018 §4)', () => {
  const script = createScript();
  const connection = script.accept({ sackPermitted: true, ts: [1, 0] });
  const ts = [2, 0] as const;
  for (const seq of [101, 301, 501, 701])
    script.peer.sends({ flags: 'A', seq, ack: 1, data: 100, ts });
  expect(script.peer.hears().at(-1)).toMatchObject({
    ack: 1,
    sack: [
      [701, 801],
      [501, 601],
      [301, 401],
    ],
  });
  script.peer.sends({ flags: 'A', seq: 201, ack: 1, data: 100, ts });
  expect(script.peer.hears()).toMatchObject([
    {
      ack: 1,
      sack: [
        [101, 401],
        [701, 801],
        [501, 601],
      ],
    },
  ]);
  script.peer.sends({ flags: 'A', seq: 1, ack: 1, data: 100, ts });
  expect(script.peer.hears()).toMatchObject([{ ack: 401 }]);
  expect(script.read(connection)).toBe(400);
});

test('a Packet Too Big about our flight makes segments smaller and sends them again at once', () => {
  const script = createScript();
  const connection = script.accept({ mss: 1360 });
  script.write(connection, 2720);
  const first = script.peer.hears()[0];
  const about = {
    interface: script.link,
    local: script.us,
    localPort: 179,
    remote: script.them,
    remotePort: 40_000,
  };
  script.stack.reduceMss({ ...about, sequence: (first?.raw.seq ?? 0) - 5000 }, 1280, script.now());
  expect(script.peer.hears()).toEqual([]);
  script.stack.reduceMss({ ...about, sequence: first?.raw.seq ?? 0 }, 600, script.now());
  // RFC 8201 §4: never below 1280.
  expect(script.peer.hears()).toMatchObject([
    { seq: 1, length: 1220 },
    { seq: 1221, length: 1220 },
    { seq: 2441, length: 280 },
  ]);
  expect(script.stack.view(connection)?.sendMss).toBe(1220);
});

test('finds its way through a path that swallows large packets (RFC 4821)', () => {
  const network = createNetwork({ delayMs: 10 });
  const ends = network.establish();
  network.lose = (packet) => packet.bytes.length > 1300;
  const into = new Uint8Array(100_000);
  network.alice.stack.write(ends.alice, new Uint8Array(50_000), 0, 50_000, network.now());
  let read = 0;
  network.runWhile(() => {
    read += network.bob.stack.read(ends.bob, into, network.now());
    return read === 50_000;
  });
  expect(network.alice.stack.view(ends.alice)?.sendMss).toBe(1220);
  expect(network.now()).toBeLessThan(5000);
});

test('measures the round trip by timestamps, also of what was sent twice (RFC 7323 §4)', () => {
  const script = createScript();
  const connection = script.accept({ ts: [1, 0] });
  script.write(connection, 10);
  script.passMs(1000);
  const [first, second] = script.peer.hears();
  expect(second?.at).toBe((first?.at ?? 0) + 1000);
  script.passMs(50);
  script.peer.sends({ flags: 'A', seq: 1, ack: 11, ts: [3, second?.ts?.[0] ?? 0] });
  expect(script.stack.view(connection)).toMatchObject({ srttMs: 50, rtoMs: 200 });
});

test('an echo of the first attempt measures nothing once there was a second (Karn)', () => {
  const script = createScript();
  const connection = script.accept({ ts: [1, 0] });
  script.write(connection, 10);
  script.passMs(1000);
  const [first, second] = script.peer.hears();
  expect(second?.seq).toBe(first?.seq);
  // The acknowledgment was lost; data of the peer brings it again, much later.
  script.passMs(20_000);
  const echo = first?.ts?.[0] ?? 0;
  script.peer.sends({ flags: 'PA', seq: 1, ack: 11, data: 1, ts: [3, echo] });
  expect(script.stack.view(connection)?.srttMs).toBeUndefined();
  script.write(connection, 10);
  script.passMs(30);
  const [third] = script.peer.hears().slice(-1);
  script.peer.sends({ flags: 'A', seq: 2, ack: 21, ts: [4, third?.ts?.[0] ?? 0] });
  expect(script.stack.view(connection)).toMatchObject({ srttMs: 30, rtoMs: 200 });
});

test('answers data that came again with the timestamp it came with, as Linux does', () => {
  const script = createScript();
  script.accept({ ts: [1, 0] });
  script.peer.sends({ flags: 'PA', seq: 1, ack: 1, data: 10, ts: [1000, 0] });
  script.passMs(500);
  script.peer.hears();
  // Our acknowledgment was lost.
  script.peer.sends({ flags: 'PA', seq: 1, ack: 1, data: 10, ts: [1500, 0] });
  expect(script.peer.hears()).toMatchObject([
    { flags: 'A', ack: 11, ts: [expect.anything(), 1500] },
  ]);
  // Older ones do not turn it back.
  script.peer.sends({ flags: 'PA', seq: 1, ack: 1, data: 10, ts: [1200, 0] });
  expect(script.peer.hears()).toMatchObject([
    { flags: 'A', ack: 11, ts: [expect.anything(), 1500] },
  ]);
});

test('without timestamps what was sent twice measures nothing (Karn)', () => {
  const script = createScript();
  const connection = script.accept();
  script.write(connection, 10);
  script.passMs(250);
  script.peer.sends({ flags: 'A', seq: 1, ack: 11 });
  expect(script.stack.view(connection)).toMatchObject({ srttMs: 0, rtoMs: 400 });
  script.write(connection, 10);
  script.passMs(80);
  script.peer.sends({ flags: 'A', seq: 1, ack: 21 });
  expect(script.stack.view(connection)).toMatchObject({ srttMs: 10, rtoMs: 200 });
});

test('an echo of another time is no measurement', () => {
  const script = createScript();
  const connection = script.accept({ ts: [1, 0] });
  script.write(connection, 10);
  script.peer.sends({ flags: 'A', seq: 1, ack: 11, ts: [3, 12_345] });
  expect(script.stack.view(connection)?.srttMs).toBeUndefined();
});

test('after a pause the congestion window begins again (RFC 5681 §4.1)', () => {
  const { script, connection } = tenSegments(true);
  script.peer.sends({ flags: 'A', seq: 1, ack: 5001 });
  script.peer.sends({ flags: 'A', seq: 1, ack: 10_001 });
  expect(script.stack.view(connection)?.cwndBytes).toBe(11_000);
  script.passMs(5000);
  script.write(connection, 1);
  expect(script.stack.view(connection)?.cwndBytes).toBe(10_000);
});

test('a full arena delays and loses nothing', () => {
  const script = createScript();
  const connection = script.accept();
  const taken = [];
  while (script.arena.free() > 0) taken.push(script.arena.allocate());
  script.write(connection, 100);
  script.passMs(100);
  expect(script.peer.hears()).toEqual([]);
  for (const slot of taken) script.arena.release(slot);
  script.passMs(1000);
  expect(script.peer.hears()[0]).toMatchObject({ seq: 1, length: 100 });
});
