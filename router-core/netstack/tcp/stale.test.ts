import { expect, test } from 'vitest';
import type { TcpTuple } from './index.ts';
import { createScript } from './testing/scripted-peer.ts';
import { createNetwork, type Host, type Network } from './testing/two-stacks.ts';

test('frees the connection that a peer still holds, whoever opened it (architecture §8)', () => {
  for (const restarted of ['alice', 'bob'] as const) {
    const network = createNetwork({ delayMs: 20 });
    const ends = network.establish();
    const tuple = tupleOf(network, restarted, ends[restarted]);
    network.restart(network[restarted]);
    const before = network.now();
    network[restarted].stack.resetStale(tuple, before);
    network.run(before + 1000);
    expect(network[restarted].events).toMatchObject([{ kind: 'stale-reset', tuple }]);
    const other = network[restarted === 'alice' ? 'bob' : 'alice'];
    expect(other.events.at(-1)).toMatchObject({ kind: 'closed', reason: 'reset' });
    network.run();
    expect(network.alice.timerQueue.armed() + network.bob.timerQueue.armed()).toBe(0);
  }
});

test('frees it although data is in flight and the network loses a third', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const network = createNetwork({ seed, delayMs: 20, jitterMs: 20 });
    const ends = network.establish();
    const tuple = tupleOf(network, 'alice', ends.alice);
    let lost = 0;
    network.lose = () => lost++ % 3 === 1;
    network.bob.stack.write(ends.bob, new Uint8Array(50_000), 0, 50_000, network.now());
    network.restart(network.alice);
    network.alice.stack.resetStale(tuple, network.now());
    network.run(network.now() + 10_000);
    expect(network.alice.events.map((e) => e.kind)).toEqual(['stale-reset']);
    expect(network.bob.events.at(-1)).toMatchObject({ kind: 'closed', reason: 'reset' });
  }
});

test('a peer that listens but has no such connection is left without one', () => {
  const network = createNetwork({ delayMs: 20 });
  const { alice, bob } = network;
  bob.stack.listen(179);
  const tuple = tupleBetween(network, alice, bob, 50_000, 179);
  alice.stack.resetStale(tuple, network.now());
  network.run();
  expect(alice.events).toEqual([{ kind: 'stale-reset', tuple }]);
  expect(bob.events).toEqual([]);
  expect(bob.timerQueue.armed()).toBe(0);
});

test('a peer that does not listen answers RST, which is as good', () => {
  const network = createNetwork({ delayMs: 20 });
  const tuple = tupleBetween(network, network.alice, network.bob, 50_000, 179);
  network.alice.stack.resetStale(tuple, network.now());
  network.run();
  expect(network.alice.events).toEqual([{ kind: 'stale-reset', tuple }]);
});

test('asks at 0, 0.5 and 1.5 seconds and gives up after 3', () => {
  const script = createScript();
  const tuple = {
    interface: script.link,
    local: script.us,
    localPort: 179,
    remote: script.them,
    remotePort: 40_000,
  };
  script.stack.resetStale(tuple, script.now());
  script.stack.resetStale(tuple, script.now());
  script.passMs(2999);
  const heard = script.peer.hears();
  expect(heard.map((h) => h.at - 1000)).toEqual([0, 500, 1500]);
  expect(heard).toMatchObject([{ flags: 'S', mss: 1360 }, { flags: 'S' }, { flags: 'S' }]);
  // Stacks differ in what they ignore: a SYN without the agreed timestamps, or with old ones.
  expect(heard.map((h) => h.ts !== undefined)).toEqual([true, false, true]);
  expect(script.kinds()).toEqual([]);
  script.passMs(1);
  expect(script.kinds()).toEqual(['stale-timeout']);
  expect(script.timerQueue.armed()).toBe(0);
});

test('a RST that does not acknowledge the SYN is somebody else', () => {
  const script = createScript();
  const tuple = {
    interface: script.link,
    local: script.us,
    localPort: 179,
    remote: script.them,
    remotePort: 40_000,
  };
  script.stack.resetStale(tuple, script.now());
  script.peer.sends({ flags: 'R', seq: 1 });
  script.peer.sends({ flags: 'RA', seq: 1, ack: 3 });
  expect(script.kinds()).toEqual([]);
  script.peer.sends({ flags: 'RA', seq: 0, ack: 1 });
  expect(script.kinds()).toEqual(['stale-reset']);
});

test('a peer that begins anew from the same tuple meets the listener', () => {
  const script = createScript();
  script.stack.listen(179);
  const tuple = {
    interface: script.link,
    local: script.us,
    localPort: 179,
    remote: script.them,
    remotePort: 40_000,
  };
  script.stack.resetStale(tuple, script.now());
  script.peer.hears();
  script.peer.sends({ flags: 'S' });
  expect(script.peer.hears()).toMatchObject([{ flags: 'SA', ack: 1 }]);
  script.peer.sends({ flags: 'A', seq: 1, ack: 1 });
  expect(script.kinds()).toEqual(['stale-reset', 'incoming']);
});

test('an interface that goes takes its stale tuples along', () => {
  const script = createScript();
  const tuple = {
    interface: script.link,
    local: script.us,
    localPort: 1,
    remote: script.them,
    remotePort: 2,
  };
  script.stack.resetStale(tuple, script.now());
  script.stack.abortInterface(script.link, script.now());
  expect(script.kinds()).toEqual([]);
  expect(script.timerQueue.armed()).toBe(0);
});

function tupleOf(
  network: Network,
  name: 'alice' | 'bob',
  id: Parameters<Host['stack']['view']>[0],
): TcpTuple {
  const view = network[name].stack.view(id);
  if (view === undefined) throw new Error('the connection stands');
  const { local, localPort, remote, remotePort } = view;
  return { interface: network.link, local, localPort, remote, remotePort };
}

const tupleBetween = (
  network: Network,
  from: Host,
  to: Host,
  localPort: number,
  remotePort: number,
): TcpTuple => ({
  interface: network.link,
  local: from.address,
  localPort,
  remote: to.address,
  remotePort,
});
