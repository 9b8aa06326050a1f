import { expect, test } from 'vitest';
import { createScript, type Script } from './testing/scripted-peer.ts';
import { createNetwork } from './testing/two-stacks.ts';

const stateOf = (script: Script, id: Parameters<Script['stack']['view']>[0]) =>
  script.stack.view(id)?.state;

test('closes actively: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT (RFC 9293 §3.6, Figure 12)', () => {
  const script = createScript();
  const connection = script.accept();
  script.stack.close(connection, script.now());
  expect(script.peer.hears()).toMatchObject([{ flags: 'FPA', seq: 1, ack: 1 }]);
  expect(stateOf(script, connection)).toBe('fin-wait-1');
  script.peer.sends({ flags: 'A', seq: 1, ack: 2 });
  expect(stateOf(script, connection)).toBe('fin-wait-2');
  script.peer.sends({ flags: 'FA', seq: 1, ack: 2 });
  expect(script.peer.hears()).toMatchObject([{ flags: 'A', seq: 2, ack: 2 }]);
  expect(stateOf(script, connection)).toBe('time-wait');
  expect(script.kinds()).toEqual(['remote-finished', 'closed finished']);
  expect(script.stack.view(connection)).toBeUndefined();
  script.passMs(59_999);
  expect(script.timerQueue.armed()).toBe(1);
  script.passMs(1);
  expect(script.timerQueue.armed()).toBe(0);
});

test('closes passively: CLOSE-WAIT, LAST-ACK, CLOSED', () => {
  const script = createScript();
  const connection = script.accept();
  script.peer.sends({ flags: 'FA', seq: 1, ack: 1, data: 5 });
  expect(script.peer.hears()).toMatchObject([{ flags: 'A', ack: 7 }]);
  expect(stateOf(script, connection)).toBe('close-wait');
  expect(script.kinds()).toEqual(['readable', 'remote-finished']);
  expect(script.read(connection)).toBe(5);
  expect(script.write(connection, 3)).toBe(3);
  script.stack.close(connection, script.now());
  expect(script.peer.hears()).toMatchObject([
    { flags: 'PA', seq: 1, length: 3 },
    { flags: 'FPA', seq: 4, length: 0 },
  ]);
  expect(stateOf(script, connection)).toBe('last-ack');
  script.peer.sends({ flags: 'A', seq: 7, ack: 5 });
  expect(script.kinds()).toEqual(['closed finished']);
  expect(script.timerQueue.armed()).toBe(0);
});

test('closes simultaneously: CLOSING, TIME-WAIT (RFC 9293 §3.6, Figure 13)', () => {
  const script = createScript();
  const connection = script.accept();
  script.stack.close(connection, script.now());
  script.peer.sends({ flags: 'FA', seq: 1, ack: 1 });
  expect(stateOf(script, connection)).toBe('closing');
  script.peer.sends({ flags: 'A', seq: 2, ack: 2 });
  expect(stateOf(script, connection)).toBe('time-wait');
  expect(script.kinds()).toEqual(['remote-finished', 'closed finished']);
});

test('goes from FIN-WAIT-1 to TIME-WAIT when FIN and its acknowledgment come together', () => {
  const script = createScript();
  const connection = script.accept();
  script.stack.close(connection, script.now());
  script.peer.sends({ flags: 'FA', seq: 1, ack: 2 });
  expect(stateOf(script, connection)).toBe('time-wait');
});

test('acknowledges a repeated FIN in TIME-WAIT and waits anew', () => {
  const script = createScript();
  const connection = script.accept();
  script.stack.close(connection, script.now());
  script.peer.sends({ flags: 'FA', seq: 1, ack: 2 });
  script.passMs(50_000);
  script.peer.hears();
  script.peer.sends({ flags: 'FA', seq: 1, ack: 2 });
  expect(script.peer.hears()).toMatchObject([{ flags: 'A', seq: 2, ack: 2 }]);
  script.passMs(59_000);
  expect(script.timerQueue.armed()).toBe(1);
});

test('a newer SYN replaces TIME-WAIT on a listening port, an older one is challenged (RFC 6191)', () => {
  const script = createScript();
  const connection = script.accept({ ts: [100, 0] });
  script.stack.close(connection, script.now());
  script.peer.sends({ flags: 'FA', seq: 1, ack: 2, ts: [150, 0] });
  script.peer.hears();
  script.events();
  script.peer.sends({ flags: 'S', seq: 3_000_000, ts: [120, 0] });
  expect(script.peer.hears()).toMatchObject([{ flags: 'A', seq: 2, ack: 2 }]);
  script.peer.sends({ flags: 'S', seq: 3_000_000, ts: [200, 0] });
  expect(script.peer.hears()).toMatchObject([{ flags: 'SA', ack: 3_000_001 }]);
});

test('TIME-WAIT is bounded per interface', () => {
  const script = createScript({ timeWaitPerInterface: 2 });
  for (let port = 1; port <= 5; port++) {
    const connection = script.accept({ sourcePort: port });
    script.stack.close(connection, script.now());
    script.peer.sends({ flags: 'FA', seq: 1, ack: 2, sourcePort: port });
    script.events();
  }
  expect(script.timerQueue.armed()).toBe(2);
});

test('sends what is queued before FIN, and takes nothing after close', () => {
  const script = createScript();
  const connection = script.accept({ window: 100 });
  script.write(connection, 150);
  script.stack.close(connection, script.now());
  expect(script.write(connection, 1)).toBe(0);
  expect(script.peer.hears()).toMatchObject([{ length: 100, flags: 'A' }]);
  script.peer.sends({ flags: 'A', seq: 1, ack: 101, window: 1000 });
  expect(script.peer.hears()).toMatchObject([{ seq: 101, length: 50, flags: 'FPA' }]);
});

test('after close an unresponsive peer is given up when the linger time is over', () => {
  const script = createScript();
  const connection = script.accept({ window: 0 });
  script.write(connection, 10);
  script.stack.close(connection, script.now());
  for (let i = 0; i < 70; i++) {
    script.passMs(1000);
    // Alive, but its window stays shut.
    script.peer.sends({ flags: 'A', seq: 1, ack: 1, window: 0 });
  }
  expect(script.kinds()).toEqual(['closed timeout']);
  expect(script.peer.hears().some((heard) => heard.flags.includes('R'))).toBe(true);
  expect(script.timerQueue.armed()).toBe(0);
});

test('in FIN-WAIT-2 data is still read, and a peer that never closes is reset', () => {
  const script = createScript();
  const connection = script.accept();
  script.stack.close(connection, script.now());
  script.peer.sends({ flags: 'A', seq: 1, ack: 2 });
  script.passMs(50_000);
  script.peer.sends({ flags: 'PA', seq: 1, ack: 2, data: 8 });
  expect(script.read(connection)).toBe(8);
  script.passMs(50_000);
  expect(stateOf(script, connection)).toBe('fin-wait-2');
  script.passMs(10_000);
  expect(script.kinds()).toEqual(['readable', 'closed timeout']);
  expect(script.timerQueue.armed()).toBe(0);
});

test('abort sends RST and ends at once', () => {
  const script = createScript();
  const connection = script.accept();
  script.write(connection, 10);
  script.peer.hears();
  script.stack.abort(connection, script.now());
  expect(script.peer.hears()).toMatchObject([{ flags: 'RA', seq: 11, ack: 1 }]);
  expect(script.kinds()).toEqual(['closed aborted']);
  expect(script.timerQueue.armed()).toBe(0);
  expect(script.write(connection, 1)).toBe(0);
});

test('close before the handshake is done aborts; in SYN-RECEIVED it waits for it', () => {
  const script = createScript();
  script.stack.close(script.connect(50_000), script.now());
  expect(script.kinds()).toEqual(['closed aborted']);

  const connection = script.connect(50_001);
  script.peer.sends({ flags: 'S' });
  script.stack.close(connection, script.now());
  script.peer.hears();
  script.peer.sends({ flags: 'SA', ack: 1 });
  expect(script.kinds()).toEqual(['connected']);
  expect(script.peer.hears()).toMatchObject([{ flags: 'FPA', seq: 1 }]);
});

test('what arrived before a RST can be read until the end is taken', () => {
  const script = createScript();
  const connection = script.accept();
  script.peer.sends({ flags: 'PA', seq: 1, ack: 1, data: 21 });
  script.peer.sends({ flags: 'R', seq: 22 });
  expect(script.stack.nextOutput()?.kind).toBe('readable');
  expect(script.read(connection)).toBe(21);
  expect(script.kinds()).toEqual(['closed reset']);
  expect(script.read(connection)).toBe(0);
});

test('removing the interface ends connections, handshakes and TIME-WAIT in silence', () => {
  const script = createScript();
  script.accept({ sourcePort: 1 });
  script.peer.sends({ flags: 'S', sourcePort: 2 });
  const third = script.accept({ sourcePort: 3 });
  script.stack.close(third, script.now());
  script.peer.sends({ flags: 'FA', seq: 1, ack: 2, sourcePort: 3 });
  script.events();
  script.peer.hears();
  script.stack.abortInterface(script.link, script.now());
  expect(script.kinds()).toEqual(['closed interface-removed']);
  expect(script.peer.hears()).toEqual([]);
  expect(script.timerQueue.armed()).toBe(0);
});

test('a FIN ahead of missing data counts when the gap is filled', () => {
  const script = createScript();
  const connection = script.accept();
  script.peer.sends({ flags: 'FPA', seq: 11, ack: 1, data: 10 });
  expect(script.kinds()).toEqual([]);
  script.peer.sends({ flags: 'PA', seq: 1, ack: 1, data: 10 });
  expect(script.kinds()).toEqual(['readable', 'remote-finished']);
  expect(stateOf(script, connection)).toBe('close-wait');
  expect(script.read(connection)).toBe(20);
});

test('a peer whose host died answers data with RST and the user hears of it', () => {
  const network = createNetwork();
  const { alice, bob } = network;
  const ends = network.establish();
  network.restart(bob);
  alice.stack.write(ends.alice, new Uint8Array(10), 0, 10, network.now());
  network.run();
  expect(alice.events.at(-1)).toMatchObject({ kind: 'closed', reason: 'reset' });
});
