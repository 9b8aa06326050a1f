import { expect, test } from 'vitest';
import { createScript } from './testing/scripted-peer.ts';
import { createNetwork, flagsOf } from './testing/two-stacks.ts';

test('RST counts only with the exact number; near misses are challenged (RFC 5961 §3.2)', () => {
  const script = createScript();
  const connection = script.accept();
  script.peer.sends({ flags: 'R', seq: 500_000 });
  script.peer.sends({ flags: 'R', seq: 0 });
  expect(script.peer.hears()).toEqual([]);
  script.peer.sends({ flags: 'R', seq: 2 });
  expect(script.peer.hears()).toMatchObject([{ flags: 'A', seq: 1, ack: 1 }]);
  expect(script.stack.view(connection)?.state).toBe('established');
  script.peer.sends({ flags: 'R', seq: 1 });
  expect(script.kinds()).toEqual(['closed reset']);
});

test('SYN is challenged, wherever it lies, and rarely (RFC 5961 §4.2 and §7)', () => {
  const script = createScript();
  script.accept();
  for (const seq of [0, 1, 5, 70_000, -9]) script.peer.sends({ flags: 'S', seq });
  expect(script.peer.hears()).toMatchObject([{ flags: 'A', seq: 1, ack: 1 }]);
  script.passMs(500);
  script.peer.sends({ flags: 'SA', seq: 1, ack: 1 });
  expect(script.peer.hears()).toMatchObject([{ flags: 'A' }]);
  expect(script.kinds()).toEqual([]);
});

test('a restarted peer connects anew over an established tuple', () => {
  const network = createNetwork({ delayMs: 10 });
  const { alice, bob, link } = network;
  const ends = network.establish();
  const view = alice.stack.view(ends.alice);
  network.restart(alice);
  const request = {
    interface: link,
    local: alice.address,
    localPort: view?.localPort ?? 0,
    remote: bob.address,
    remotePort: 179,
  };
  const again = alice.stack.connect(request, network.now());
  network.run(5000);
  // Challenge, RST, and the SYN once more after a second.
  expect(alice.stack.view(again)?.state).toBe('established');
  expect(bob.events.map((e) => e.kind)).toEqual(['incoming', 'closed', 'incoming']);
});

test('acknowledgments of data never sent or long past are challenged (RFC 5961 §5.2)', () => {
  const script = createScript();
  const connection = script.accept({ window: 1000 });
  script.peer.sends({ flags: 'PA', seq: 1, ack: 2, data: 4 });
  expect(script.peer.hears()).toMatchObject([{ flags: 'A', ack: 1 }]);
  script.passMs(1000);
  script.peer.sends({ flags: 'PA', seq: 1, ack: -60_001, data: 4 });
  expect(script.peer.hears()).toMatchObject([{ flags: 'A', ack: 1 }]);
  expect(script.read(connection)).toBe(0);
  script.peer.sends({ flags: 'PA', seq: 1, ack: -10, data: 4 });
  expect(script.read(connection)).toBe(4);
});

test('old timestamps are refused and answered, newer ones wrap (RFC 7323 §5, PAWS)', () => {
  const script = createScript();
  const connection = script.accept({ ts: [0xffff_fff0, 0] });
  script.peer.sends({ flags: 'PA', seq: 1, ack: 1, data: 4, ts: [0xffff_ff00, 0] });
  expect(script.peer.hears()).toMatchObject([{ flags: 'A', ack: 1 }]);
  expect(script.read(connection)).toBe(0);
  script.peer.sends({ flags: 'PA', seq: 1, ack: 1, data: 4, ts: [5, 0] });
  script.passMs(40);
  expect(script.read(connection)).toBe(4);
  expect(script.peer.hears().at(-1)?.ts?.[1]).toBe(5);
});

test('takes segments without the agreed timestamps, as some stacks send them', () => {
  const script = createScript();
  const connection = script.accept({ ts: [1, 0] });
  script.peer.sends({ flags: 'PA', seq: 1, ack: 1, data: 4 });
  expect(script.read(connection)).toBe(4);
  // The round trip is then measured by the clock.
  script.write(connection, 10);
  script.passMs(30);
  script.peer.sends({ flags: 'A', seq: 5, ack: 11 });
  expect(script.stack.view(connection)).toMatchObject({ srttMs: 30, rtoMs: 200 });
  script.peer.sends({ flags: 'R', seq: 5 });
  expect(script.kinds()).toEqual(['readable', 'closed reset']);
});

test('a timestamp says nothing after 24 days of silence (RFC 7323 §5.5)', () => {
  const script = createScript();
  const connection = script.accept({ ts: [1000, 0] });
  script.passMs(25 * 24 * 3_600_000);
  script.peer.sends({ flags: 'PA', seq: 1, ack: 1, data: 4, ts: [10, 0] });
  expect(script.read(connection)).toBe(4);
});

test('segments outside the window are answered, bare ones seldom', () => {
  const script = createScript();
  script.accept();
  for (let i = 0; i < 5; i++) script.peer.sends({ flags: 'A', seq: -5, ack: 1 });
  expect(script.peer.hears()).toHaveLength(1);
  for (let i = 0; i < 5; i++) script.peer.sends({ flags: 'A', seq: -5, ack: 1, data: 1 });
  expect(script.peer.hears()).toHaveLength(5);
});

test('two stacks that disagree do not answer each other forever', () => {
  const network = createNetwork({ delayMs: 1 });
  const ends = network.establish();
  // Bob forgets and holds another connection of the same tuple.
  const view = network.alice.stack.view(ends.alice);
  network.restart(network.bob);
  network.bob.stack.connect(
    {
      interface: network.link,
      local: network.bob.address,
      localPort: 179,
      remote: network.alice.address,
      remotePort: view?.localPort ?? 0,
    },
    network.now(),
  );
  network.run(10_000);
  expect(network.packets.length).toBeLessThan(20);
});

test('segments without ACK are ignored on a connection', () => {
  const script = createScript();
  const connection = script.accept();
  script.peer.sends({ flags: 'P', seq: 1, data: 4 });
  script.peer.sends({ flags: '', seq: 1, data: 4 });
  expect(script.read(connection)).toBe(0);
  expect(script.peer.hears()).toEqual([]);
});

test('a bad checksum and an impossible header never reach a connection', () => {
  const script = createScript();
  script.accept();
  const rubbish = new Uint8Array(20).fill(0x55);
  expect(script.peer.sendsRaw(rubbish)).toBe('bad-checksum');
  rubbish[12] = 0x40;
  expect(script.peer.sendsRaw(rubbish)).toBe('malformed');
  rubbish[12] = 0xf0;
  expect(script.peer.sendsRaw(rubbish)).toBe('malformed');
  expect(script.peer.sendsRaw(rubbish.subarray(0, 19))).toBe('truncated');
});

test('every segment has flags that belong together', () => {
  const network = createNetwork({ loss: 0.1 });
  const ends = network.establish();
  network.alice.stack.close(ends.alice, network.now());
  network.bob.stack.close(ends.bob, network.now());
  network.run();
  const allowed = new Set([0x02, 0x12, 0x10, 0x18, 0x11, 0x19, 0x04, 0x14]);
  for (const packet of network.packets) expect(allowed.has(flagsOf(packet))).toBe(true);
});
