import { expect, test } from 'vitest';
import { createScript } from './testing/scripted-peer.ts';

test('acknowledges a lone segment after 40 ms and every second one at once (RFC 5681 §4.2)', () => {
  const script = createScript();
  script.accept();
  script.peer.sends({ flags: 'A', seq: 1, ack: 1, data: 100 });
  script.passMs(39);
  expect(script.peer.hears()).toEqual([]);
  script.passMs(1);
  expect(script.peer.hears()).toMatchObject([{ flags: 'A', ack: 101 }]);
  script.peer.sends({ flags: 'A', seq: 101, ack: 1, data: 100 });
  script.peer.sends({ flags: 'A', seq: 201, ack: 1, data: 100 });
  expect(script.peer.hears()).toMatchObject([{ ack: 301 }]);
  script.passMs(1000);
  expect(script.peer.hears()).toEqual([]);
});

test('data that leaves carries the acknowledgment', () => {
  const script = createScript();
  const connection = script.accept();
  script.peer.sends({ flags: 'A', seq: 1, ack: 1, data: 100 });
  script.write(connection, 10);
  expect(script.peer.hears()).toMatchObject([{ flags: 'PA', ack: 101, length: 10 }]);
  script.peer.sends({ flags: 'A', seq: 101, ack: 11 });
  script.passMs(1000);
  expect(script.peer.hears()).toEqual([]);
});

test('reports each arrival once until it is taken', () => {
  const script = createScript();
  const connection = script.accept();
  script.peer.sends({ flags: 'A', seq: 1, ack: 1, data: 100 });
  script.peer.sends({ flags: 'A', seq: 101, ack: 1, data: 100 });
  expect(script.kinds()).toEqual(['readable']);
  script.peer.sends({ flags: 'A', seq: 201, ack: 1, data: 100 });
  expect(script.kinds()).toEqual(['readable']);
  expect(script.read(connection)).toBe(300);
});

test('shuts its window when nobody reads and tells when it opens', () => {
  const script = createScript({ receiveBufferBytes: 4000 });
  const connection = script.accept();
  for (let i = 0; i < 4; i++)
    script.peer.sends({ flags: 'A', seq: 1 + 1000 * i, ack: 1, data: 1000 });
  expect(script.peer.hears().at(-1)).toMatchObject({ ack: 4001, window: 0 });
  // A probe is answered; its octet is not taken.
  script.peer.sends({ flags: 'A', seq: 4001, ack: 1, data: 1 });
  expect(script.peer.hears()).toMatchObject([{ ack: 4001, window: 0 }]);
  // Crumbs are not offered (RFC 9293 §3.8.6.2.2).
  script.stack.read(connection, new Uint8Array(500), script.now());
  expect(script.peer.hears()).toEqual([]);
  script.stack.read(connection, new Uint8Array(1000), script.now());
  expect(script.peer.hears()).toMatchObject([{ ack: 4001, window: 1500 }]);
});

test('with a shut window acknowledgments and RST still count', () => {
  const script = createScript({ receiveBufferBytes: 1000 });
  const connection = script.accept();
  script.peer.sends({ flags: 'A', seq: 1, ack: 1, data: 1000 });
  script.write(connection, 10);
  script.peer.sends({ flags: 'A', seq: 1001, ack: 11, data: 5 });
  expect(script.stack.view(connection)).toMatchObject({ unackedBytes: 0, unreadBytes: 1000 });
  script.peer.sends({ flags: 'R', seq: 1001 });
  expect(script.kinds()).toEqual(['readable', 'closed reset']);
});

test('probes a shut window with doubling pauses while the peer answers (RFC 9293 §3.8.6.1)', () => {
  const script = createScript();
  const connection = script.accept({ window: 0 });
  script.write(connection, 10);
  const probes: number[] = [];
  for (let i = 0; i < 600; i++) {
    script.passMs(1000);
    for (const heard of script.peer.hears()) {
      expect(heard).toMatchObject({ flags: 'A', seq: 0, length: 0 });
      probes.push(heard.at);
      script.peer.sends({ flags: 'A', seq: 1, ack: 1, window: 0 });
    }
  }
  const pauses = probes.map((at, i) => at - (probes[i - 1] ?? 1000));
  expect(pauses.slice(0, 4)).toEqual([200, 400, 800, 1600]);
  expect(Math.max(...pauses)).toBe(60_000);
  script.peer.sends({ flags: 'A', seq: 1, ack: 1, window: 100 });
  expect(script.peer.hears()).toMatchObject([{ seq: 1, length: 10 }]);
});

test('gives up a shut window whose owner no longer answers', () => {
  const script = createScript();
  const connection = script.accept({ window: 0 });
  script.write(connection, 10);
  script.passMs(179_999);
  expect(script.kinds()).toEqual([]);
  script.passMs(1);
  expect(script.kinds()).toEqual(['closed timeout']);
  expect(script.timerQueue.armed()).toBe(0);
});

test('waits for a useful window, but not forever (RFC 9293 §3.8.6.2.1)', () => {
  const script = createScript();
  const connection = script.accept({ window: 2000 });
  script.write(connection, 5000);
  expect(script.peer.hears()).toMatchObject([{ length: 1360 }]);
  // 640 octets are left: less than a segment, less than half of the greatest window.
  script.peer.sends({ flags: 'A', seq: 1, ack: 1361, window: 300 });
  expect(script.peer.hears()).toEqual([]);
  script.passMs(250);
  expect(script.peer.hears()).toMatchObject([{ seq: 1361, length: 300 }]);
});

test('a small segment waits only for another small one (Nagle, Minshall)', () => {
  const script = createScript();
  const connection = script.accept();
  script.write(connection, 1400);
  expect(script.peer.hears()).toMatchObject([{ length: 1360 }, { length: 40 }]);
  script.write(connection, 30);
  script.write(connection, 30);
  expect(script.peer.hears()).toEqual([]);
  script.peer.sends({ flags: 'A', seq: 1, ack: 1401 });
  expect(script.peer.hears()).toMatchObject([{ length: 60, flags: 'PA' }]);
});

test('takes what fits the buffer and says when half of it is free', () => {
  const script = createScript({ sendBufferBytes: 10_000 });
  const connection = script.accept({ window: 65_535 });
  expect(script.write(connection, 15_000)).toBe(10_000);
  expect(script.write(connection, 1)).toBe(0);
  script.peer.sends({ flags: 'A', seq: 1, ack: 4001 });
  expect(script.kinds()).toEqual([]);
  script.peer.sends({ flags: 'A', seq: 1, ack: 6001 });
  script.peer.sends({ flags: 'A', seq: 1, ack: 8001 });
  expect(script.kinds()).toEqual(['writable']);
  script.peer.sends({ flags: 'A', seq: 1, ack: 10_001 });
  expect(script.kinds()).toEqual([]);
});

test('scales both windows (RFC 7323 §2)', () => {
  const script = createScript();
  const connection = script.accept({ scale: 7, window: 1000 });
  expect(script.stack.view(connection)?.sendWindowBytes).toBe(128_000);
  expect(script.stack.view(connection)?.receiveWindowBytes).toBe(65_535);
  script.write(connection, 1);
  expect(script.peer.hears()).toMatchObject([{ window: 32_768 }]);
});

test('honors a small MSS, but not one that turns every octet into a packet', () => {
  for (const [offered, used] of [
    [500, 500],
    [1, 88],
    [9000, 1360],
  ] as const) {
    const script = createScript();
    const connection = script.accept({ mss: offered });
    expect(script.stack.view(connection)?.sendMss).toBe(used);
    script.write(connection, 3000);
    expect(script.peer.hears()[0]?.length).toBe(used);
  }
});

test('a connection without traffic is quiet for a week', () => {
  const script = createScript();
  const connection = script.accept();
  script.write(connection, 19);
  script.peer.sends({ flags: 'A', seq: 1, ack: 20 });
  script.peer.hears();
  script.passMs(7 * 24 * 3_600_000);
  expect(script.peer.hears()).toEqual([]);
  expect(script.timerQueue.armed()).toBe(0);
  expect(script.stack.view(connection)?.state).toBe('established');
});
