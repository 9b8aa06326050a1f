import { describe, expect, test } from 'vitest';
import { at } from '../../base/bytes.ts';
import { instant, interfaceId } from '../../base/units.ts';
import { findTcpOption, TCP_ACK, TCP_RST, tcpFlags, writeTcpHeader } from '../../packet/index.ts';
import {
  type AuthenticationAlgorithm,
  type MasterKey,
  TCP_OPTION_AO,
} from './authentication-option.ts';
import { ConnectionAuthentication } from './connection-authentication.ts';
import { parseSegment, Segment } from './segment.ts';
import { advance, sequenceNumber } from './sequence-number.ts';
import { createNetwork, type Host, type Network } from './testing/two-stacks.ts';

const text = (secret: string): Uint8Array => new TextEncoder().encode(secret);
const key = (id: number, secret: string, wish: Partial<MasterKey> = {}): MasterKey => ({
  sendId: id,
  receiveId: id,
  algorithm: 'hmac-sha-1-96',
  key: text(secret),
  coversOptions: true,
  ...wish,
});

function guard(network: Network, host: Host, keys: readonly MasterKey[] | undefined): void {
  const { alice, bob, link } = network;
  const { address } = host === alice ? bob : alice;
  if (keys === undefined) return;
  host.stack.removeNeighbor(link, address);
  host.stack.addNeighbor({
    interface: link,
    remote: address,
    md5Key: undefined,
    masterKeys: keys,
    hopLimitMin: 0,
  });
}

/** Alice and bob with their keys, and a listener at bob. */
function guarded(
  alices: readonly MasterKey[] | undefined,
  bobs: readonly MasterKey[] | undefined,
  options: Parameters<typeof createNetwork>[0] = {},
): Network {
  const network = createNetwork(options);
  guard(network, network.alice, alices);
  guard(network, network.bob, bobs);
  return network;
}

/** Sends octets from alice to bob and returns how many arrived in order. */
function transfer(network: Network, octets: number): number {
  const { alice, bob } = network;
  const ends = network.establish();
  const sent = Uint8Array.from({ length: octets }, (_, i) => (i * 31) & 255);
  const into = new Uint8Array(4096);
  let written = 0;
  let received = 0;
  let isSame = true;
  network.runWhile(() => {
    const now = network.now();
    if (written < octets) written += alice.stack.write(ends.alice, sent, written, octets, now);
    for (
      let n = bob.stack.read(ends.bob, into, now);
      n > 0;
      n = bob.stack.read(ends.bob, into, now)
    ) {
      for (let i = 0; i < n; i++) isSame &&= into[i] === sent[received + i];
      received += n;
    }
    return received === octets;
  }, 600_000);
  expect(isSame).toBe(true);
  return received;
}

describe.each([
  ['hmac-sha-1-96', 4, true],
  ['hmac-sha-1-96', 6, false],
  ['aes-128-cmac-96', 6, true],
] as [AuthenticationAlgorithm, 4 | 6, boolean][])(
  '%s over IPv%i, all options %s',
  (algorithm, family, coversOptions) => {
    test('both ends agree, with loss and reordering, and every segment carries a MAC', () => {
      const keys = [key(7, 'secret', { algorithm, coversOptions })];
      const network = guarded(keys, keys, { family, loss: 0.05, jitterMs: 30, seed: 11 });
      expect(transfer(network, 60_000)).toBe(60_000);
      const start = family === 4 ? 20 : 40;
      for (const { bytes } of network.packets)
        expect(findTcpOption(bytes, start, TCP_OPTION_AO)).not.toBe(-1);
    });
  },
);

test.each([
  ['another key', [key(1, 'a')], [key(1, 'b')]],
  ['another number', [key(1, 'a')], [key(2, 'a')]],
  ['another algorithm', [key(1, 'a')], [key(1, 'a', { algorithm: 'aes-128-cmac-96' })]],
  ['none at the listener', [key(1, 'a')], undefined],
  ['none at who dials', undefined, [key(1, 'a')]],
] as [string, MasterKey[] | undefined, MasterKey[] | undefined][])(
  '%s: no connection, no answer, and who has a key is told why',
  (_, alices, bobs) => {
    const network = guarded(alices, bobs);
    const { alice, bob, link } = network;
    bob.stack.listen(179);
    const request = { interface: link, local: alice.address, remote: bob.address, remotePort: 179 };
    alice.stack.connect(request, network.now());
    network.run(20_000);
    expect(network.packets.filter(({ from }) => from === 'bob')).toEqual([]);
    const refusal =
      bobs === undefined ? [] : [alices === undefined ? 'signature-missing' : 'signature-wrong'];
    const told = bob.events.flatMap((event) =>
      event.kind === 'segments-refused' ? [event.refusal] : [],
    );
    expect([...new Set(told)]).toEqual(refusal);
  },
);

test('a reset, or data, that somebody in between makes up changes nothing', () => {
  const keys = [key(1, 'a')];
  const network = guarded(keys, keys);
  const { alice, bob } = network;
  const ends = network.establish();
  network.run(network.now() + 1000);
  const genuine = network.packets.findLast(({ from }) => from === 'alice')?.bytes as Uint8Array;
  for (const flags of [TCP_RST, TCP_RST | TCP_ACK, TCP_ACK]) {
    const forged = genuine.slice();
    forged[40 + 13] = flags;
    network.inject(bob, forged);
  }
  expect(tcpFlags(genuine, 40)).not.toBe(TCP_RST);
  expect(bob.stack.view(ends.bob)?.state).toBe('established');
  expect(alice.stack.view(ends.alice)?.state).toBe('established');
});

test('keys roll over one end after the other, in a living connection', () => {
  const before = key(1, 'old');
  const after = key(2, 'new');
  // Bob has both and prefers the new one: he asks alice for it in every segment he sends.
  const network = guarded([before, after], [after, before]);
  expect(transfer(network, 20_000)).toBe(20_000);
  const idsOf = (from: 'alice' | 'bob'): number[] =>
    network.packets
      .filter((packet) => packet.from === from)
      .map(({ bytes }) => at(bytes, findTcpOption(bytes, 40, TCP_OPTION_AO) + 2));
  // Alice begins with hers; once bob has spoken she signs with the one he wants, and he with hers.
  expect(idsOf('alice')[0]).toBe(1);
  expect(new Set(idsOf('alice').slice(2))).toEqual(new Set([2]));
  expect(new Set(idsOf('bob').slice(1))).toEqual(new Set([1]));
});

test('past 2^32 the extension grows at both ends alike, also for what comes late (RFC 5925 §6.2)', () => {
  const keys = [key(1, 'a')];
  const address = { family: 4, bytes: Uint8Array.of(10, 0, 0, 1) } as const;
  const other = { family: 4, bytes: Uint8Array.of(10, 0, 0, 2) } as const;
  const common = { interface: interfaceId(1), localPort: 179, remotePort: 1790 };
  const [iss, irs] = [sequenceNumber(0xffff_ff00), sequenceNumber(5)];
  const sender = new ConnectionAuthentication(
    keys,
    { ...common, local: address, remote: other },
    iss,
  );
  const receiver = new ConnectionAuthentication(
    keys,
    {
      interface: common.interface,
      local: other,
      localPort: 1790,
      remote: address,
      remotePort: 179,
    },
    irs,
  );
  const segment = new Segment();
  const begun = (isn: number): Segment =>
    Object.assign(new Segment(), { seq: isn, authentication: 20 });
  const option = new Uint8Array(64);
  option[23] = 1;
  sender.begin(begun(irs), option);
  receiver.begin(begun(iss), option);

  function signed(offset: number): Uint8Array {
    const b = new Uint8Array(36);
    const seq = advance(iss, offset);
    writeTcpHeader(b, 0, 179, 1790, seq, irs, 36, TCP_ACK, 1000);
    sender.writeOption(b, 20);
    sender.sign(b, 0, b.length, 20, seq);
    return b;
  }
  const isAuthentic = (b: Uint8Array): boolean => {
    expect(parseSegment(segment, b, 0, b.length)).toBeUndefined();
    return receiver.isAuthentic(segment, b, 0, b.length);
  };
  const late = signed(0xf0);
  expect(isAuthentic(signed(1))).toBe(true);
  expect(isAuthentic(signed(0x110))).toBe(true);
  expect(isAuthentic(late)).toBe(true);
  // Half the space further, twice: past the second wrap.
  for (const offset of [0x7fff_0000, 0xfffe_0000, 0x1_7ffd_0000, 0x2_0000_0200])
    expect(isAuthentic(signed(offset))).toBe(true);
  // The same octets of an earlier round are not.
  expect(isAuthentic(late)).toBe(false);
});

test('after a restart of one end the other is not reset by it: nobody could believe that', () => {
  const keys = [key(1, 'a')];
  const network = guarded(keys, keys);
  const { alice, bob, link } = network;
  const ends = network.establish();
  network.restart(bob);
  guard(network, bob, keys);
  alice.stack.write(ends.alice, text('anybody there?'), 0, 14, network.now());
  const before = network.packets.length;
  network.run(network.now() + 3000);
  expect(network.packets.slice(before).filter(({ from }) => from === 'bob')).toEqual([]);
  expect(alice.stack.view(ends.alice)?.state).toBe('established');
  bob.events.length = 0;
  bob.stack.resetStale(
    {
      interface: link,
      local: bob.address,
      localPort: 179,
      remote: alice.address,
      remotePort: 50_000,
    },
    instant(network.now()),
  );
  network.run(network.now() + 10);
  expect(bob.events.map(({ kind }) => kind)).toEqual(['stale-timeout']);
});
