/** Options of a session that are its own: numbers, times, prefix limits' end, and what a change costs. */
import { expect, test } from 'vitest';
import type { Asn } from '../base/units.ts';
import type { NeighborConfig } from './neighbor-config.ts';
import {
  establish,
  messagesOf,
  OUR_ASN,
  type ScriptedRouter,
  scriptedRouter,
  THEIR_ASN,
  theirOpen,
} from './testing/scripted-router.ts';

const EXCESS = { family: 'ipv6', counted: 'accepted', limit: 9000 } as const;
const session = (r: ScriptedRouter) => r.neighbors.view(r.neighbor).session;

test('local-as stands in the OPEN and in the session', () => {
  const local = 4242420099 as Asn;
  const r = scriptedRouter({ localAsn: local });
  const transport = establish(r);
  expect(session(r)).toMatchObject({ localAsn: local, isInternal: false });
  const hex = transport.written.map((octet) => octet.toString(16).padStart(2, '0')).join('');
  expect(hex).toContain(`4104${local.toString(16)}`);
  expect(hex).not.toContain(OUR_ASN.toString(16));
});

test('keepalives come at the configured interval, never later than a third of the hold time', () => {
  const r = scriptedRouter({ keepaliveSeconds: 10 });
  const transport = establish(r);
  expect(session(r)?.keepaliveSeconds).toBe(10);
  const before = messagesOf(transport).length;
  r.pass(31);
  // Jitter takes at most a quarter off (RFC 4271 §10).
  expect(messagesOf(transport).length - before).toBeGreaterThanOrEqual(3);
  expect(messagesOf(transport).length - before).toBeLessThanOrEqual(4);

  const short = scriptedRouter({ keepaliveSeconds: 10 });
  establish(short, theirOpen({ holdTimeSeconds: 9 }));
  expect(session(short)?.keepaliveSeconds).toBe(3);
});

test('the time between dials is taken from the next dial on, and costs no session', () => {
  const r = scriptedRouter({ connectRetrySeconds: 100 });
  r.pass(1);
  expect(r.transports).toHaveLength(1);
  r.pass(70);
  expect(r.transports).toHaveLength(1);
  r.pass(31);
  expect(r.transports).toHaveLength(2);
  r.neighbors.update(r.neighbor, { connectRetrySeconds: 5 }, r.now);
  const transport = establish(r);
  r.neighbors.update(r.neighbor, { connectRetrySeconds: undefined, name: 'they' }, r.now);
  expect(r.state()).toBe('established');
  expect(messagesOf(transport).at(-1)).toBe('KEEPALIVE');
});

test.each<[string, Partial<NeighborConfig>]>([
  ['local-as', { localAsn: 4242420099 as Asn }],
  ['hold time', { holdTimeSeconds: 30 }],
  ['keepalive time', { keepaliveSeconds: 5 }],
  ['graceful restart', { gracefulRestart: true }],
])('another %s restarts the session with 6/6', (_, change) => {
  const r = scriptedRouter();
  const transport = establish(r);
  r.neighbors.update(r.neighbor, change, r.now);
  expect(messagesOf(transport).at(-1)).toBe('NOTIFICATION 6/6');
  expect(r.state()).toBe('active');
});

test('a neighbor of several ASes is the one it says it is', () => {
  const r = scriptedRouter({ peerAsns: [4242420007 as Asn, THEIR_ASN] });
  establish(r);
  expect(session(r)?.peerAsn).toBe(THEIR_ASN);
  const stranger = scriptedRouter({ peerAsns: [4242420007 as Asn] });
  const transport = establish(stranger);
  expect(messagesOf(transport).at(-1)).toBe(`NOTIFICATION 2/2 ${THEIR_ASN.toString(16)}`);
});

test('too many prefixes: 6/1 with family and limit, down for the time, then up again', () => {
  const r = scriptedRouter();
  const transport = establish(r);
  r.neighbors.exceed(r.neighbor, { ...EXCESS, restartAfterSeconds: 300 }, r.now);
  expect(messagesOf(transport).at(-1)).toBe('NOTIFICATION 6/1 00020100002328');
  expect(r.heard.at(-1)).toBe('ended');
  expect(r.neighbors.view(r.neighbor)).toMatchObject({
    state: 'idle',
    excess: { ...EXCESS, restartAfterSeconds: 300 },
    nextAttempt: r.now + 300_000,
    lastError: 'more than 9000 IPv6 prefixes accepted',
  });
  r.lose(transport, 'finished');
  expect(r.connect()).toBeUndefined();
  r.pass(299);
  expect(r.state()).toBe('idle');
  r.pass(1);
  expect(r.state()).toBe('active');
  expect(r.neighbors.view(r.neighbor).excess).toBeUndefined();
});

test('a neighbor that keeps routes over NOTIFICATIONs is told 6/1 as a hard reset (RFC 8538)', () => {
  const r = scriptedRouter({ gracefulRestart: true });
  const transport = establish(
    r,
    theirOpen({
      capabilities: [
        { kind: 'multiprotocol', afi: 1, safi: 1 },
        { kind: 'multiprotocol', afi: 2, safi: 1 },
        {
          kind: 'graceful-restart',
          restarting: false,
          notification: true,
          restartTime: 120,
          families: [],
        },
        { kind: 'four-octet-as', asn: THEIR_ASN },
      ],
    }),
  );
  r.neighbors.exceed(r.neighbor, EXCESS, r.now);
  expect(messagesOf(transport).at(-1)).toBe('NOTIFICATION 6/9 060100020100002328');
});

test.each<[string, (r: ScriptedRouter) => void]>([
  ['restart', (r) => r.neighbors.restart(r.neighbor, r.now)],
  ['another limit', (r) => r.neighbors.forgiveExcess(r.neighbor, r.now)],
  [
    'disable and enable',
    (r) => {
      r.neighbors.disable(r.neighbor, '', r.now);
      r.neighbors.enable(r.neighbor, r.now);
    },
  ],
])('disabled by a limit it stays down, whatever comes, until %s', (_, lift) => {
  const r = scriptedRouter();
  r.lose(establish(r), 'finished');
  r.pass(1);
  r.neighbors.exceed(r.neighbor, EXCESS, r.now);
  r.neighbors.linkUp(r.neighbor, r.now);
  r.neighbors.update(r.neighbor, { name: 'they' }, r.now);
  r.pass(86_400);
  expect(r.connect()).toBeUndefined();
  expect(r.state()).toBe('idle');
  lift(r);
  expect(r.state()).toBe('active');
  r.pass(1);
  establish(r);
  expect(r.state()).toBe('established');
  r.neighbors.forgiveExcess(r.neighbor, r.now);
  expect(r.state()).toBe('established');
});
