import { expect, test } from 'vitest';
import { DEFAULT_TCP_LIMITS } from './limits.ts';
import { createScript } from './testing/scripted-peer.ts';

const { keepaliveIdle, keepaliveInterval, keepaliveProbes } = DEFAULT_TCP_LIMITS;
const DAY_MS = 24 * 3_600_000;

test('probes after two hours of silence, and an answer buys two more (RFC 9293 §3.8.4)', () => {
  const script = createScript();
  const connection = script.accept();
  script.stack.setKeepalive(connection, true);
  script.passMs(keepaliveIdle - 1);
  expect(script.peer.hears()).toEqual([]);
  script.passMs(1);
  expect(script.peer.hears()).toMatchObject([{ flags: 'A', seq: 0, ack: 1, length: 0 }]);
  script.peer.sends({ flags: 'A', seq: 1, ack: 1 });
  script.passMs(keepaliveIdle - 1);
  expect(script.peer.hears()).toEqual([]);
  expect(script.kinds()).toEqual([]);
});

test('an idle day with a peer that answers costs twelve probes', () => {
  const script = createScript();
  const connection = script.accept();
  script.stack.setKeepalive(connection, true);
  let probes = 0;
  for (let minute = 0; minute < DAY_MS / 60_000; minute++) {
    script.passMs(60_000);
    for (const _ of script.peer.hears()) {
      probes++;
      script.peer.sends({ flags: 'A', seq: 1, ack: 1 });
    }
  }
  expect(probes).toBe(DAY_MS / keepaliveIdle - 1 + 1);
  expect(script.stack.view(connection)?.state).toBe('established');
});

test('one lost probe ends nothing; as many as the limit do, with RST', () => {
  const script = createScript();
  const connection = script.accept();
  script.stack.setKeepalive(connection, true);
  script.passMs(keepaliveIdle + (keepaliveProbes - 1) * keepaliveInterval);
  const probes = script.peer.hears();
  expect(probes).toHaveLength(keepaliveProbes);
  expect((probes[1]?.at ?? 0) - (probes[0]?.at ?? 0)).toBe(keepaliveInterval);
  expect(script.kinds()).toEqual([]);
  script.passMs(keepaliveInterval - 1);
  expect(script.kinds()).toEqual([]);
  script.passMs(1);
  expect(script.peer.hears()).toMatchObject([{ flags: 'RA' }]);
  expect(script.kinds()).toEqual(['closed timeout']);
  expect(script.timerQueue.armed()).toBe(0);
});

test('the last probe answered begins the silence anew', () => {
  const script = createScript();
  const connection = script.accept();
  script.stack.setKeepalive(connection, true);
  script.passMs(keepaliveIdle + (keepaliveProbes - 1) * keepaliveInterval);
  script.peer.hears();
  script.peer.sends({ flags: 'A', seq: 1, ack: 1 });
  script.passMs(keepaliveIdle + (keepaliveProbes - 1) * keepaliveInterval - 1);
  expect(script.peer.hears().length).toBe(keepaliveProbes - 1);
  expect(script.kinds()).toEqual([]);
});

test('data of the peer counts as an answer, and data of ours is not probed beside', () => {
  const script = createScript();
  const connection = script.accept();
  script.stack.setKeepalive(connection, true);
  script.passMs(keepaliveIdle / 2);
  script.peer.sends({ flags: 'A', seq: 1, ack: 1, data: 10 });
  script.passMs(100);
  script.peer.hears();
  script.passMs(keepaliveIdle / 2);
  expect(script.peer.hears()).toEqual([]);
  script.write(connection, 10);
  script.passMs(179_000);
  // Only the data again: it ends the connection long before a probe would.
  expect(script.peer.hears().every(({ seq, length }) => seq === 1 && length === 10)).toBe(true);
  script.passMs(1000);
  expect(script.kinds()).toEqual(['readable', 'closed timeout']);
});

test('a peer that restarted answers the probe with RST, and the user hears of it', () => {
  const script = createScript();
  const connection = script.accept();
  script.stack.setKeepalive(connection, true);
  script.passMs(keepaliveIdle);
  expect(script.peer.hears()).toHaveLength(1);
  script.peer.sends({ flags: 'R', seq: 1 });
  expect(script.kinds()).toEqual(['closed reset']);
  expect(script.timerQueue.armed()).toBe(0);
});

test('switched off nothing is sent; asked for before the handshake it waits for it', () => {
  const script = createScript();
  const connection = script.connect();
  script.stack.setKeepalive(connection, true);
  script.peer.hears();
  script.peer.sends({ flags: 'SA', seq: 0, ack: 1 });
  script.peer.hears();
  script.passMs(keepaliveIdle);
  expect(script.peer.hears()).toHaveLength(1);
  script.stack.setKeepalive(connection, false);
  script.passMs(DAY_MS);
  expect(script.peer.hears()).toEqual([]);
  expect(script.timerQueue.armed()).toBe(0);
});
