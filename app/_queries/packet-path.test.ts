import { expect, test } from 'vitest';
import type { NodeView } from '../../router-core/index.ts';
import { packetPathOf } from './packet-path.ts';

test('drops of the router, the system and the sockets are one list, the most frequent first', () => {
  const drops = { 'no-route': 3, 'too-big': 1, fragment: 0, replayed: 3 };
  const counters = { kernelDrops: 70, rxTruncated: 2, txTooBig: 2, txOther: 0, gsoSends: 9 };
  expect(pathOf({ drops, underlay: { kind: 'batched', reason: '', counters } }).drops).toEqual([
    { reason: 'system-full', count: 70 },
    { reason: 'too-big', count: 5 },
    { reason: 'no-route', count: 3 },
    { reason: 'replayed', count: 3 },
  ]);
});

test('datagrams per system call are of both directions', () => {
  const counters = { rxDatagrams: 300, rxCalls: 10, txDatagrams: 100, txCalls: 10 };
  expect(pathOf({ underlay: { kind: 'batched', reason: '', counters } }).datagrams).toEqual({
    received: 300,
    sent: 100,
    perCall: 20,
  });
  expect(pathOf({ underlay: { kind: 'batched', reason: '', counters: {} } }).datagrams).toEqual({
    received: 0,
    sent: 0,
    perCall: null,
  });
});

test('a simulated node has neither measures nor a socket, and an event of a real one no measures', () => {
  expect(pathOf({ underlay: { kind: 'simulated', reason: 'x' } })).toEqual({
    kind: 'simulated',
    reason: 'x',
    latency: null,
    datagrams: null,
    drops: [],
    wgShow: null,
  });
  expect(pathOf({ uapi: { path: null, note: 'switched off' } }).wgShow).toEqual({
    path: null,
    note: 'switched off',
  });
});

test('of the latency the page needs no histogram', () => {
  const latency = { batches: 2, p50Us: 12, p99Us: 40, histogram: [1, 1] };
  expect(pathOf({ underlay: { kind: 'burst', reason: '', latency } }).latency).toEqual({
    batches: 2,
    p50Us: 12,
    p99Us: 40,
  });
});

const pathOf = (part: Partial<Pick<NodeView, 'underlay' | 'drops' | 'uapi'>>) =>
  packetPathOf({
    name: 'tokyo',
    asn: 4242426000,
    publicKey: '',
    listenPort: 51820,
    ports: [51820],
    failedPorts: [],
    startedAt: '2026-11-21T00:00:00.000Z',
    underlay: { kind: 'plain', reason: '' },
    uapi: { path: null, note: '' },
    services: [],
    routes: { ipv4: 0, ipv6: 0 },
    drops: {},
    registry: null,
    unclaimedKeys: [],
    ...part,
  });
