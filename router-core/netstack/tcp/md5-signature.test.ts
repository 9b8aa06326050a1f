import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fromHex } from '../../base/bytes.ts';
import { TCP_SYN, tcpFlags } from '../../packet/index.ts';
import { isSignedWith } from './testing/ip-packets.ts';
import { createScript, type Script, type Spoken } from './testing/scripted-peer.ts';
import { createNetwork, type Host, type Network, segmentStart } from './testing/two-stacks.ts';

const KEY = new TextEncoder().encode('moss under the alder');
const OTHER_KEY = new TextEncoder().encode('lichen');
type Captured = {
  readonly ip: 4 | 6;
  readonly password: string;
  readonly flags: string;
  readonly packet: string;
};
const { packets: CAPTURED } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/tcp-md5.json'), 'utf8'),
) as { readonly packets: readonly Captured[] };

/** A neighbor of the script's peer, and a script in which everything it says is signed. */
function signedScript(key: Uint8Array | undefined, limits = {}): Script {
  const script = createScript(limits);
  const { link, them } = script;
  script.stack.addNeighbor({ interface: link, remote: them, md5Key: key, hopLimitMin: 0 });
  return script;
}

/** Two stacks that know each other, each with a key of its own. */
function signedNetwork(
  keys: { readonly alice?: Uint8Array; readonly bob?: Uint8Array },
  options: Parameters<typeof createNetwork>[0] = {},
): Network {
  const network = createNetwork({ delayMs: 10, ...options });
  name(network, network.alice, keys.alice);
  name(network, network.bob, keys.bob);
  return network;
}

function name({ alice, bob, link }: Network, host: Host, md5Key: Uint8Array | undefined): void {
  const { address: remote } = host === alice ? bob : alice;
  host.stack.addNeighbor({ interface: link, remote, md5Key, hopLimitMin: 0 });
}

const isSigned = (network: Network, key: Uint8Array): boolean =>
  network.packets.every(({ bytes }) => isSignedWith(bytes, key) === true);

test.each(CAPTURED.map((packet, i) => ({ ...packet, i: `${i}` })))(
  'the signature of captured packet $i, IPv$ip $flags, is right',
  ({ packet, password }) => {
    const bytes = fromHex(packet) as Uint8Array;
    const key = new TextEncoder().encode(password);
    expect(isSignedWith(bytes, key)).toBe(true);
    expect(isSignedWith(bytes, KEY)).toBe(false);
    // The last octet may be an option's, which nobody signs; the first port is.
    const port = segmentStart(bytes);
    bytes[port] = (bytes[port] as number) ^ 1;
    expect(isSignedWith(bytes, key)).toBe(false);
  },
);

test.each([4, 6] as const)(
  'equal keys carry data both ways over IPv%i, every segment signed',
  (family) => {
    const network = signedNetwork({ alice: KEY, bob: KEY }, { family });
    const ends = network.establish();
    const { alice, bob } = network;
    const octets = 40_000;
    alice.stack.write(ends.alice, new Uint8Array(octets), 0, octets, network.now());
    bob.stack.write(ends.bob, new Uint8Array(octets), 0, octets, network.now());
    network.run(network.now() + 5000);
    expect(alice.stack.view(ends.alice)?.bytesReceived).toBe(octets);
    expect(bob.stack.view(ends.bob)?.bytesReceived).toBe(octets);
    alice.stack.close(ends.alice, network.now());
    bob.stack.close(ends.bob, network.now());
    network.run();
    expect(isSigned(network, KEY)).toBe(true);
    expect(alice.events.at(-1)).toMatchObject({ kind: 'closed', reason: 'finished' });
  },
);

test('survives loss and reordering, retransmissions signed and within the MTU', () => {
  const network = signedNetwork(
    { alice: KEY, bob: KEY },
    { loss: 0.1, jitterMs: 20, mtu: 1280, seed: 7 },
  );
  const ends = network.establish();
  const octets = 100_000;
  network.alice.stack.write(ends.alice, new Uint8Array(octets), 0, octets, network.now());
  network.run(network.now() + 60_000);
  const view = network.alice.stack.view(ends.alice);
  expect(view?.retransmits).toBeGreaterThan(0);
  expect(network.bob.stack.view(ends.bob)?.bytesReceived).toBe(octets);
  expect(isSigned(network, KEY)).toBe(true);
  expect(Math.max(...network.packets.map(({ bytes }) => bytes.length))).toBe(1280);
});

test.each<[string, Uint8Array | undefined, Uint8Array | undefined, string, string]>([
  ['keys differ', KEY, OTHER_KEY, 'signature-wrong', 'signature-wrong'],
  ['only the listener has a key', undefined, KEY, 'signature-missing', 'none'],
  ['only the caller has a key', KEY, undefined, 'signature-unexpected', 'none'],
])('%s: nothing is answered, and it is told', (_, ofAlice, ofBob, toldByBob) => {
  const network = signedNetwork({
    ...(ofAlice === undefined ? {} : { alice: ofAlice }),
    ...(ofBob === undefined ? {} : { bob: ofBob }),
  });
  const { alice, bob, link } = network;
  bob.stack.listen(179);
  alice.stack.connect(
    { interface: link, local: alice.address, remote: bob.address, remotePort: 179 },
    network.now(),
  );
  network.run(60_000);
  expect(network.packets.every(({ from }) => from === 'alice')).toBe(true);
  expect(alice.events).toMatchObject([{ kind: 'closed', reason: 'timeout' }]);
  // Five SYNs within 15 s: told at the first and after refusalInterval.
  expect(bob.events).toMatchObject([
    { kind: 'segments-refused', interface: link, refusal: toldByBob },
    { kind: 'segments-refused', interface: link, refusal: toldByBob },
  ]);
  expect(bob.timerQueue.armed()).toBe(0);
});

test('a listener makes no state for what is not signed rightly, whatever it is', () => {
  const script = signedScript(KEY);
  script.stack.listen(179);
  const syn: Spoken = { flags: 'S', mss: 1360 };
  expect(script.peer.sends(syn)).toBe('signature-missing');
  expect(script.peer.sends({ ...syn, key: OTHER_KEY })).toBe('signature-wrong');
  expect(script.peer.sends({ flags: 'A', ack: 5 })).toBe('signature-missing');
  expect(script.peer.sends({ flags: 'R' })).toBe('signature-missing');
  expect(script.peer.hears()).toEqual([]);
  expect(script.timerQueue.armed()).toBe(0);
  expect(script.peer.sends({ ...syn, key: KEY })).toBeUndefined();
  expect(script.peer.hears()).toMatchObject([{ flags: 'SA' }]);
});

test('another address of the interface is not bound by the key', () => {
  const script = signedScript(KEY);
  script.stack.listen(179);
  const source = {
    ...script.them,
    bytes: Uint8Array.from(script.them.bytes, (n, i) => (i === 15 ? 9 : n)),
  };
  expect(script.peer.sends({ flags: 'S', mss: 1360, source, key: KEY })).toBe(
    'signature-unexpected',
  );
  script.peer.sends({ flags: 'S', mss: 1360, source });
  expect(script.peer.hears()).toMatchObject([{ flags: 'SA', optionBytes: 4 }]);
});

test('RST, SYN and data of somebody without the key do nothing to a connection', () => {
  const script = signedScript(KEY);
  const connection = script.accept({ key: KEY });
  for (const spoken of [
    { flags: 'R', seq: 1 },
    { flags: 'RA', seq: 1, ack: 1 },
    { flags: 'S', seq: 1 },
    { flags: 'PA', seq: 1, ack: 1, data: 4 },
    { flags: 'FA', seq: 1, ack: 1 },
  ]) {
    expect(script.peer.sends(spoken)).toBe('signature-missing');
    expect(script.peer.sends({ ...spoken, key: OTHER_KEY })).toBe('signature-wrong');
  }
  expect(script.peer.hears()).toEqual([]);
  expect(script.stack.view(connection)).toMatchObject({ state: 'established', unreadBytes: 0 });
  expect(script.kinds()).toEqual(['segments-refused', 'segments-refused']);
  script.peer.sends({ flags: 'R', seq: 1, key: KEY });
  expect(script.kinds()).toEqual(['closed reset']);
});

test('everything a connection says is signed: challenges, retransmissions, FIN and RST', () => {
  const script = signedScript(KEY);
  const connection = script.accept({ key: KEY });
  script.peer.sends({ flags: 'S', seq: 5, key: KEY });
  script.write(connection, 100);
  script.passMs(1500);
  script.stack.close(connection, script.now());
  script.peer.sends({ flags: 'A', seq: 1, ack: 101, key: KEY });
  script.passMs(1);
  script.stack.abort(connection, script.now());
  // A stray of a tuple that is gone is reset, for who can sign.
  script.peer.sends({ flags: 'A', seq: 1, ack: 101, key: KEY });
  const heard = script.peer.hears();
  const flags = heard.map((segment) => segment.flags);
  expect(flags).toEqual(expect.arrayContaining(['A', 'PA', 'FPA', 'RA', 'R']));
  expect(flags.filter((letters) => letters === 'PA').length).toBeGreaterThan(1);
  for (const { packet, flags: letters } of heard)
    expect(isSignedWith(packet, KEY), letters).toBe(true);
});

test('all options of a SYN fit beside the signature', () => {
  const script = signedScript(KEY);
  script.connect();
  const [syn] = script.peer.hears();
  expect(syn).toMatchObject({ flags: 'S', mss: 1360, sackPermitted: true, optionBytes: 40 });
  expect(syn?.ts).toBeDefined();
  expect(syn?.scale).toBeGreaterThanOrEqual(0);
  expect(isSignedWith(syn?.packet as Uint8Array, KEY)).toBe(true);
});

test.each<[string, Partial<Spoken>, blocks: number, optionBytes: number, payload: number]>([
  ['with timestamps', { sackPermitted: true, ts: [5, 0] }, 1, 40, 1360 - 32],
  ['without timestamps', { sackPermitted: true }, 2, 36, 1360 - 20],
  ['without SACK', {}, 0, 20, 1360 - 20],
])('SACK blocks and full segments shrink %s', (_, offer, blocks, optionBytes, payload) => {
  const script = signedScript(KEY);
  const connection = script.accept({ ...offer, key: KEY, mss: 1360 });
  script.write(connection, 5000);
  expect(script.peer.hears()[0]).toMatchObject({ length: payload });
  const ts = offer.ts === undefined ? {} : { ts: [20, 0] as const };
  for (const seq of [101, 301, 501])
    script.peer.sends({ flags: 'A', seq, ack: 1, data: 100, key: KEY, ...ts });
  const last = script.peer.hears().at(-1);
  expect(last).toMatchObject({ flags: 'A', ack: 1, optionBytes });
  expect(last?.sack.map(([left]) => left)).toEqual([501, 301].slice(0, blocks));
  expect(isSignedWith(last?.packet as Uint8Array, KEY)).toBe(true);
});

test('after a restart the stale tuple is freed by signed segments', () => {
  for (const restarted of ['alice', 'bob'] as const) {
    const network = signedNetwork({ alice: KEY, bob: KEY });
    const ends = network.establish();
    const {
      interface: out,
      local,
      localPort,
      remote,
      remotePort,
    } = network[restarted].stack.view(ends[restarted]) ?? expect.fail('it was open');
    network.restart(network[restarted]);
    name(network, network[restarted], KEY);
    network.packets.length = 0;
    const tuple = { interface: out, local, localPort, remote, remotePort };
    network[restarted].stack.resetStale(tuple, network.now());
    network.run(network.now() + 1000);
    expect(network[restarted].events).toMatchObject([{ kind: 'stale-reset', tuple }]);
    const other = network[restarted === 'alice' ? 'bob' : 'alice'];
    expect(other.events.at(-1)).toMatchObject({ kind: 'closed', reason: 'reset' });
    expect(isSigned(network, KEY)).toBe(true);
  }
});

test('an unsigned answer to the SYN of a stale tuple does not count', () => {
  const script = signedScript(KEY);
  const { link, us, them } = script;
  const tuple = { interface: link, local: us, localPort: 179, remote: them, remotePort: 40_000 };
  script.stack.resetStale(tuple, script.now());
  expect(script.peer.sends({ flags: 'RA', ack: 1 })).toBe('signature-missing');
  expect(script.kinds()).toEqual(['segments-refused']);
  script.peer.sends({ flags: 'RA', ack: 1, key: KEY });
  expect(script.kinds()).toEqual(['stale-reset']);
});

test('a flood of refused segments is told every ten seconds', () => {
  const script = signedScript(KEY);
  for (let i = 0; i < 100; i++) script.peer.sends({ flags: 'S', sourcePort: 1000 + i });
  expect(script.kinds()).toEqual(['segments-refused']);
  script.passMs(9999);
  script.peer.sends({ flags: 'S' });
  expect(script.kinds()).toEqual([]);
  script.passMs(1);
  script.peer.sends({ flags: 'S' });
  expect(script.kinds()).toEqual(['segments-refused']);
});

test('the key goes with the neighbor, and with its interface', () => {
  const script = signedScript(KEY);
  script.stack.listen(179);
  const syn: Spoken = { flags: 'S', mss: 1360 };
  script.stack.removeNeighbor(script.link, script.them);
  expect(script.peer.sends(syn)).toBeUndefined();
  script.stack.addNeighbor({
    interface: script.link,
    remote: script.them,
    md5Key: KEY,
    hopLimitMin: 0,
  });
  script.stack.abortInterface(script.link, script.now());
  expect(script.peer.sends(syn)).toBeUndefined();
});

test('without a key nothing changes: the SYN has the options it had', () => {
  const network = createNetwork();
  network.establish();
  const syn = network.packets[0]?.bytes as Uint8Array;
  expect(tcpFlags(syn, segmentStart(syn))).toBe(TCP_SYN);
  expect(isSignedWith(syn, KEY)).toBeUndefined();
  expect(syn.length).toBe(segmentStart(syn) + 20 + 24);
});
