import { expect, test } from 'vitest';
import { createScript, type Script } from './testing/scripted-peer.ts';
import { createNetwork } from './testing/two-stacks.ts';

/** A script whose peer must stand next door (RFC 5082). */
function guardedScript(): Script {
  const script = createScript();
  const { link, them } = script;
  script.stack.addNeighbor({ interface: link, remote: them, md5Key: undefined, hopLimitMin: 255 });
  return script;
}

test('254 is dropped, 255 is taken, at a listener and in a connection (specification T16)', () => {
  const script = guardedScript();
  script.stack.listen(179);
  expect(script.peer.sends({ flags: 'S', mss: 1360, hopLimit: 254 })).toBe('hop-limit-low');
  expect(script.peer.hears()).toEqual([]);
  expect(script.timerQueue.armed()).toBe(0);

  const connection = script.accept({ hopLimit: 255 });
  const data = { flags: 'PA', seq: 1, ack: 1, data: 4 } as const;
  expect(script.peer.sends({ ...data, hopLimit: 254 })).toBe('hop-limit-low');
  expect(script.peer.sends({ flags: 'R', seq: 1, hopLimit: 1 })).toBe('hop-limit-low');
  expect(script.stack.view(connection)).toMatchObject({ state: 'established', unreadBytes: 0 });
  script.peer.sends({ ...data, hopLimit: 255 });
  expect(script.read(connection)).toBe(4);
});

test('it is told why, whatever number of segments came', () => {
  const script = guardedScript();
  for (let i = 0; i < 10; i++) script.peer.sends({ flags: 'S' });
  expect(script.events()).toEqual([
    {
      kind: 'segments-refused',
      interface: script.link,
      remote: script.them,
      refusal: 'hop-limit-low',
    },
  ]);
});

test('all we say to such a neighbor leaves with 255, RST included', () => {
  const script = guardedScript();
  script.connect();
  script.peer.sends({ flags: 'A', ack: 9, hopLimit: 255 });
  script.peer.sends({ flags: 'A', ack: 9, hopLimit: 255, sourcePort: 5 });
  const heard = script.peer.hears();
  expect(heard.map(({ flags }) => flags)).toEqual(['S', 'R', 'R']);
  for (const { packet } of heard) expect(packet[7]).toBe(255);
});

test('two such neighbors reach each other over IPv4 as well', () => {
  const network = createNetwork({ family: 4 });
  const { alice, bob, link } = network;
  for (const [host, other] of [
    [alice, bob],
    [bob, alice],
  ] as const)
    host.stack.addNeighbor({
      interface: link,
      remote: other.address,
      md5Key: undefined,
      hopLimitMin: 255,
    });
  const ends = network.establish();
  expect(alice.stack.view(ends.alice)?.state).toBe('established');
});

test('another neighbor on the same interface may come from anywhere', () => {
  const script = guardedScript();
  script.stack.listen(179);
  const bytes = Uint8Array.from(script.them.bytes, (octet, i) => (i === 15 ? 9 : octet));
  const source = { ...script.them, bytes };
  expect(script.peer.sends({ flags: 'S', mss: 1360, source })).toBeUndefined();
  expect(script.peer.hears()).toMatchObject([{ flags: 'SA' }]);
});
