import { expect, test } from 'vitest';
import { parseIpAddress } from '../../base/ip-address.ts';
import { createScript } from './testing/scripted-peer.ts';
import { createNetwork } from './testing/two-stacks.ts';

test('opens actively and offers MSS, SACK, timestamps and window scale (RFC 9293 §3.5, Figure 6)', () => {
  const script = createScript();
  const connection = script.connect();
  const [syn] = script.peer.hears();
  expect(syn).toMatchObject({ flags: 'S', mss: 1360, sackPermitted: true, scale: 3 });
  expect(syn?.ts?.[1]).toBe(0);
  expect(syn?.sourcePort).toBeGreaterThanOrEqual(49_152);

  script.passMs(30);
  script.peer.sends({ flags: 'SA', ack: 1, mss: 1000, ts: [7, syn?.ts?.[0] ?? 0], scale: 4 });
  expect(script.peer.hears()).toMatchObject([{ flags: 'A', seq: 1, ack: 1, window: 32768 }]);
  expect(script.kinds()).toEqual(['connected']);
  expect(script.stack.view(connection)).toMatchObject({
    state: 'established',
    sendMss: 1000,
    srttMs: 30,
    hasTimestamps: true,
    hasSack: false,
  });
});

test('opens passively, answering with the options the peer knows', () => {
  const script = createScript();
  script.stack.listen(179);
  script.peer.sends({ flags: 'S', mss: 1200, sackPermitted: true });
  const [answer] = script.peer.hears();
  expect(answer).toMatchObject({ flags: 'SA', ack: 1, mss: 1360, sackPermitted: true, scale: -1 });
  expect(answer?.ts).toBeUndefined();
  expect(script.kinds()).toEqual([]);
  script.peer.sends({ flags: 'A', seq: 1, ack: 1 });
  expect(script.events()).toMatchObject([
    { kind: 'incoming', interface: script.link, localPort: 179, remotePort: 40_000 },
  ]);
});

test('takes data that comes with the last segment of the handshake', () => {
  const script = createScript();
  script.stack.listen(179);
  script.peer.sends({ flags: 'S' });
  script.peer.sends({ flags: 'PA', seq: 1, ack: 1, data: 10 });
  expect(script.kinds()).toEqual(['incoming', 'readable']);
});

test('opens simultaneously (RFC 9293 §3.5, Figure 7)', () => {
  const script = createScript();
  const connection = script.connect();
  script.peer.hears();
  script.peer.sends({ flags: 'S', mss: 1360 });
  expect(script.peer.hears()).toMatchObject([{ flags: 'SA', seq: 0, ack: 1 }]);
  expect(script.stack.view(connection)?.state).toBe('syn-received');
  script.peer.sends({ flags: 'SA', seq: 0, ack: 1 });
  expect(script.kinds()).toEqual(['connected']);
  expect(script.stack.view(connection)?.state).toBe('established');
});

test.each([1, 2, 3, 4, 5, 6])('two stacks open simultaneously and talk, seed %i', (seed) => {
  const network = createNetwork({ seed, delayMs: 10, loss: seed > 2 ? 0.2 : 0 });
  const { alice, bob, link } = network;
  const [a, b] = [
    alice.stack.connect(
      {
        interface: link,
        local: alice.address,
        localPort: 1790,
        remote: bob.address,
        remotePort: 1791,
      },
      network.now(),
    ),
    bob.stack.connect(
      {
        interface: link,
        local: bob.address,
        localPort: 1791,
        remote: alice.address,
        remotePort: 1790,
      },
      network.now(),
    ),
  ];
  alice.stack.write(a, new Uint8Array(5000), 0, 5000, network.now());
  const into = new Uint8Array(10_000);
  let read = 0;
  network.runWhile(() => {
    read += bob.stack.read(b, into, network.now());
    return read === 5000;
  });
  expect(alice.stack.view(a)?.state).toBe('established');
  expect(bob.stack.view(b)?.state).toBe('established');
});

test('is refused by RST, but only by one that acknowledges our SYN (RFC 9293 §3.10.7.3)', () => {
  const script = createScript();
  script.connect();
  script.peer.sends({ flags: 'R', seq: 0 });
  script.peer.sends({ flags: 'RA', seq: 0, ack: 17 });
  expect(script.kinds()).toEqual([]);
  script.peer.sends({ flags: 'RA', seq: 0, ack: 1 });
  expect(script.kinds()).toEqual(['closed refused']);
  expect(script.timerQueue.armed()).toBe(0);
});

test('answers a wrong acknowledgment of its SYN with RST and keeps trying', () => {
  const script = createScript();
  const connection = script.connect();
  script.peer.hears();
  script.peer.sends({ flags: 'A', seq: 500, ack: 77 });
  expect(script.peer.hears()).toMatchObject([{ flags: 'R', seq: 77 }]);
  expect(script.stack.view(connection)?.state).toBe('syn-sent');
});

test('sends its SYN after 0, 1, 3, 7 and 15 seconds and gives up after 20', () => {
  const script = createScript();
  script.connect();
  script.passMs(60_000);
  expect(script.peer.hears().map((heard) => heard.at - 1000)).toEqual([
    0, 1000, 3000, 7000, 15_000,
  ]);
  expect(script.kinds()).toEqual(['closed timeout']);
  expect(script.timerQueue.armed()).toBe(0);
});

test('gives up when ICMP says unreachable, but only while the SYN is unanswered (RFC 5927 §5.2)', () => {
  const script = createScript();
  const connection = script.connect(50_000);
  const [syn] = script.peer.hears();
  const tuple = {
    interface: script.link,
    local: script.us,
    localPort: 50_000,
    remote: script.them,
    remotePort: 40_000,
  };
  script.stack.unreachable({ ...tuple, sequence: 4711 }, script.now());
  expect(script.stack.view(connection)?.state).toBe('syn-sent');
  script.stack.unreachable({ ...tuple, sequence: syn?.raw.seq ?? 0 }, script.now());
  expect(script.kinds()).toEqual(['closed unreachable']);
});

test('sends SYN,ACK again when it was lost: by its timer and for a repeated SYN', () => {
  const script = createScript();
  script.stack.listen(179);
  script.peer.sends({ flags: 'S' });
  script.passMs(1000);
  script.peer.sends({ flags: 'S' });
  expect(script.peer.hears()).toMatchObject([{ flags: 'SA' }, { flags: 'SA' }, { flags: 'SA' }]);
  script.passMs(60_000);
  expect(script.kinds()).toEqual([]);
  expect(script.timerQueue.armed()).toBe(0);
});

test('a peer that begins anew while half open gets rid of the old attempt', () => {
  const script = createScript();
  script.stack.listen(179);
  script.peer.sends({ flags: 'S' });
  script.peer.sends({ flags: 'S', seq: 90_000 });
  const answers = script.peer.hears();
  expect(answers).toMatchObject([
    { flags: 'SA', ack: 1 },
    { flags: 'SA', ack: 1 },
  ]);
  // The peer expects 90001 and resets what it hears.
  script.peer.sends({ flags: 'R', seq: 1 });
  script.peer.sends({ flags: 'S', seq: 90_000 });
  expect(script.peer.hears()).toMatchObject([{ flags: 'SA', ack: 90_001 }]);
});

test('resets what no listener wants, within a rate (RFC 9293 §3.10.7.1)', () => {
  const script = createScript({ resetsPerSecond: 3 });
  expect(script.peer.sends({ flags: 'S', seq: 5, data: 10 })).toBe('no-listener');
  expect(script.peer.sends({ flags: 'A', seq: 5, ack: 99 })).toBe('no-listener');
  expect(script.peer.sends({ flags: 'R', seq: 5 })).toBe('no-listener');
  expect(script.peer.hears()).toMatchObject([
    { flags: 'RA', raw: { seq: 0 }, ack: 16 },
    { flags: 'R', seq: 99 },
  ]);
  for (let i = 0; i < 10; i++) script.peer.sends({ flags: 'S' });
  expect(script.peer.hears()).toHaveLength(1);
  script.passMs(1000);
  for (let i = 0; i < 10; i++) script.peer.sends({ flags: 'S' });
  expect(script.peer.hears()).toHaveLength(3);
});

test('a listening port answers ACK with RST and ignores segments without SYN', () => {
  const script = createScript();
  script.stack.listen(179);
  expect(script.peer.sends({ flags: 'A', ack: 5 })).toBe('no-listener');
  expect(script.peer.hears()).toMatchObject([{ flags: 'R', seq: 5 }]);
  expect(script.peer.sends({ flags: 'F' })).toBe('malformed');
  expect(script.peer.sends({ flags: 'SF' })).toBe('malformed');
  const multicast = parseIpAddress('ff02::1');
  expect(multicast && script.peer.sends({ flags: 'S', source: multicast })).toBe('bad-source');
  expect(script.peer.hears()).toEqual([]);
});

test('a flood of SYNs evicts its own oldest and leaves others a chance', () => {
  const script = createScript({ halfOpenPerInterface: 4 });
  script.stack.listen(179);
  for (let port = 1; port <= 100; port++) script.peer.sends({ flags: 'S', sourcePort: port });
  script.peer.hears();
  expect(script.stack.counters.halfOpenEvicted).toBe(96);
  expect(script.timerQueue.armed()).toBe(4);
  script.accept();
  script.passMs(30_000);
  expect(script.timerQueue.armed()).toBe(0);
});

test('refuses SYNs while too many handshakes wait to be taken or live on the interface', () => {
  const script = createScript({ connectionsPerInterface: 3 });
  script.stack.listen(179, { backlog: 2 });
  const shake = (sourcePort: number) => {
    const reason = script.peer.sends({ flags: 'S', sourcePort });
    script.peer.sends({ flags: 'A', seq: 1, ack: 1, sourcePort });
    return reason;
  };
  expect([shake(1), shake(2), shake(3)]).toEqual([undefined, undefined, 'queue-full']);
  script.events();
  expect([shake(3), shake(4)]).toEqual([undefined, 'queue-full']);
});

test('forgets a handshake when its port is no longer listened on', () => {
  const script = createScript();
  script.stack.listen(179);
  script.peer.sends({ flags: 'S' });
  script.stack.unlisten(179);
  script.peer.hears();
  script.peer.sends({ flags: 'A', seq: 1, ack: 1 });
  expect(script.peer.hears()).toMatchObject([{ flags: 'R', seq: 1 }]);
  expect(script.kinds()).toEqual([]);
  expect(script.timerQueue.armed()).toBe(0);
});

test('reports no-resources when the tuple is taken or the interface is full', () => {
  const script = createScript({ connectionsPerInterface: 2 });
  script.connect(50_000);
  script.connect(50_000);
  expect(script.kinds()).toEqual(['closed no-resources']);
  script.connect();
  script.connect();
  expect(script.kinds()).toEqual(['closed no-resources']);
});

test('the same tuple on two interfaces is two connections', () => {
  const script = createScript();
  script.connect(50_000);
  const other = { interface: (script.link + 1) as typeof script.link, local: script.us };
  script.stack.connect(
    { ...other, localPort: 50_000, remote: script.them, remotePort: 40_000 },
    script.now(),
  );
  expect(script.kinds()).toEqual([]);
  script.stack.abortInterface(script.link, script.now());
  expect(script.kinds()).toEqual(['closed interface-removed']);
  expect(script.timerQueue.armed()).toBe(1);
});

test('begins each connection of a tuple behind the one before (RFC 6528)', () => {
  const script = createScript();
  script.connect(50_000);
  script.passMs(30_000);
  const first = script.peer.hears()[0]?.raw.seq ?? 0;
  script.connect(50_000);
  const second = script.peer.hears()[0]?.raw.seq ?? 0;
  expect((second - first) | 0).toBe(30_000 * 250);
});
