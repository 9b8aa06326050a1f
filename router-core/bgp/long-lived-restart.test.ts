import { expect, test } from 'vitest';
import type { Capability } from './capability/capability.ts';
import { encodeCapability } from './capability/codec.ts';
import { type LongLivedWish, longLivedCapability, readLongLived } from './long-lived-restart.ts';
import { KEEPALIVE_HEX, scriptedRouter, theirOpen } from './testing/scripted-router.ts';

const OURS: LongLivedWish = {
  families: ['ipv4', 'ipv6'],
  staleTimeSeconds: 3600,
  isForwarding: true,
};
const theirs = (staleTime: number, forwarding = false): Capability => ({
  kind: 'long-lived-graceful-restart',
  families: [{ afi: 1, safi: 1, forwarding, staleTime }],
});
const RESTART: Capability = {
  kind: 'graceful-restart',
  restarting: false,
  notification: false,
  restartTime: 120,
  families: [],
};

test('the octets of capability 71 (RFC 9494 §3)', () => {
  expect([...encodeCapability(longLivedCapability(OURS))]).toEqual([
    71, 14, 0, 1, 1, 0x80, 0, 0x0e, 0x10, 0, 2, 1, 0x80, 0, 0x0e, 0x10,
  ]);
});

test('the shorter stale time counts, and a family of 0 s has none', () => {
  expect(readLongLived([theirs(600, true)], ['ipv4', 'ipv6'], OURS)).toEqual([
    { family: 'ipv4', staleTimeSeconds: 600, isForwarding: true },
  ]);
  expect(readLongLived([theirs(0xffffff)], ['ipv4'], OURS)[0]?.staleTimeSeconds).toBe(3600);
  expect(readLongLived([theirs(0)], ['ipv4'], OURS)).toEqual([]);
  expect(readLongLived([theirs(5), theirs(7)], ['ipv4'], OURS)[0]?.staleTimeSeconds).toBe(7);
});

test.each<[string, number, readonly Capability[], number | undefined]>([
  ['both announce it', 60, [RESTART, theirs(600)], 60],
  ['we do not', 0, [RESTART, theirs(600)], undefined],
  ['they do not', 60, [RESTART], undefined],
  ['they do without capability 64', 60, [theirs(600)], undefined],
])('agreed only as a pair: %s', (_, longLivedSeconds, capabilities, expected) => {
  const r = scriptedRouter({ gracefulRestart: true, longLivedSeconds });
  r.pass(1);
  r.open(r.last());
  const common: Capability[] = [
    { kind: 'multiprotocol', afi: 1, safi: 1 },
    { kind: 'four-octet-as', asn: 4242420001 },
  ];
  r.deliver(r.last(), theirOpen({ capabilities: [...common, ...capabilities] }));
  r.deliver(r.last(), KEEPALIVE_HEX);
  expect(r.state()).toBe('established');
  expect(r.neighbors.view(r.neighbor).session?.longLived?.[0]?.staleTimeSeconds).toBe(expected);
});
