import { expect, test } from 'vitest';
import { toHex } from '../base/bytes.ts';
import type { Capability } from './capability/capability.ts';
import { capabilitiesOf } from './capability/codec.ts';
import type { ForwardingState } from './graceful-restart.ts';
import { buildNotification, ceaseWithText, notification } from './message/notification.ts';
import { capabilitiesOfOpen, readOpen } from './message/open.ts';
import {
  establish,
  KEEPALIVE_HEX,
  messagesOf,
  OUR_ASN,
  OUR_ID,
  type ScriptedRouter,
  type ScriptedTransport,
  scriptedRouter,
  THEIR_ASN,
  theirOpen,
} from './testing/scripted-router.ts';

type Announced = Extract<Capability, { kind: 'graceful-restart' }>;

const openWith = (change: Partial<Announced> = {}): string =>
  theirOpen({
    capabilities: [
      { kind: 'multiprotocol', afi: 1, safi: 1 },
      { kind: 'multiprotocol', afi: 2, safi: 1 },
      {
        kind: 'graceful-restart',
        restarting: false,
        notification: false,
        restartTime: 60,
        families: [
          { afi: 1, safi: 1, forwarding: true },
          { afi: 25, safi: 65, forwarding: true },
        ],
        ...change,
      },
      { kind: 'four-octet-as', asn: THEIR_ASN },
    ],
  });

const router = (forwarding?: ForwardingState, isWished = true): ScriptedRouter =>
  scriptedRouter({ gracefulRestart: isWished }, 1, { asn: OUR_ASN, routerId: OUR_ID }, forwarding);
const hexOf = (code: number, subcode: number): string =>
  toHex(buildNotification(notification(code, subcode)));

/** Our capability 64 in the OPEN on a transport. */
function announced({ written }: ScriptedTransport): Announced | undefined {
  const bytes = Uint8Array.from(written);
  const length = ((bytes[16] as number) << 8) | (bytes[17] as number);
  const open = readOpen(bytes, 0, length);
  return capabilitiesOf(capabilitiesOfOpen(open), 'graceful-restart')[0];
}

test('what both announced is agreed on, for the families of the session', () => {
  const r = router();
  establish(r, openWith({ restarting: true, notification: true }));
  expect(r.neighbors.view(r.neighbor).session?.gracefulRestart).toEqual({
    isRestarting: true,
    coversNotifications: true,
    restartTimeSeconds: 60,
    families: ['ipv4'],
    forwarding: ['ipv4'],
  });
});

test('not wished for, it is not announced, and what the other side announces means nothing', () => {
  const r = router('outlives-us', false);
  const transport = establish(r, openWith());
  expect(announced(transport)).toBeUndefined();
  expect(r.neighbors.view(r.neighbor).session?.gracefulRestart).toBeUndefined();
  r.lose(transport);
  expect(r.heard).toEqual(['established', 'ended']);
});

test('a speaker whose packets end with it only helps', () => {
  const r = router();
  expect(announced(establish(r, openWith()))).toMatchObject({
    restarting: false,
    notification: true,
    restartTime: 0,
    families: [],
  });
});

test('F is clear in a first life, and set when a session of it comes up again', () => {
  const r = router('outlives-us');
  const first = establish(r, openWith());
  expect(announced(first)).toMatchObject({
    restarting: false,
    families: [
      { afi: 1, safi: 1, forwarding: false },
      { afi: 2, safi: 1, forwarding: false },
    ],
  });
  r.lose(first);
  r.pass(1);
  expect(announced(establish(r, openWith()))?.families.map((f) => f.forwarding)).toEqual([
    true,
    true,
  ]);
});

test('a life that finds forwarding preserved says R and F, and R until it has returned', () => {
  const r = router('preserved');
  const first = establish(r, openWith());
  expect(announced(first)).toMatchObject({
    restarting: true,
    families: [{ forwarding: true }, {}],
  });
  r.neighbors.returned();
  r.lose(first);
  r.pass(1);
  const second = announced(establish(r, openWith()));
  expect(second).toMatchObject({ restarting: false, families: [{ forwarding: true }, {}] });
});

const ENDS: readonly [string, (r: ScriptedRouter, t: ScriptedTransport) => void, string, string][] =
  [
    ['a lost transport', (r, t) => r.lose(t), 'ended, routes kept', 'ended, routes kept'],
    ['a FIN', (r, t) => r.lose(t, 'finished'), 'ended, routes kept', 'ended, routes kept'],
    ['the hold timer', (r) => r.pass(91), 'ended', 'ended, routes kept'],
    [
      'a NOTIFICATION of theirs',
      (r, t) => r.deliver(t, hexOf(6, 4)),
      'ended',
      'ended, routes kept',
    ],
    ['a NOTIFICATION of ours', (r, t) => r.deliver(t, openWith()), 'ended', 'ended, routes kept'],
    ['a hard reset', (r, t) => r.deliver(t, hexOf(6, 9)), 'ended', 'ended'],
    ['disable', (r) => r.neighbors.disable(r.neighbor, '', r.now), 'ended', 'ended'],
    ['restart', (r) => r.neighbors.restart(r.neighbor, r.now), 'ended', 'ended'],
    ['remove', (r) => r.neighbors.remove(r.neighbor, r.now), 'ended', 'ended'],
    [
      'another configuration',
      (r) => r.neighbors.update(r.neighbor, { holdTimeSeconds: 30 }, r.now),
      'ended',
      'ended',
    ],
  ];

test.each(ENDS)('%s: routes are kept as RFC 4724 and RFC 8538 say', (_, end, without, withN) => {
  for (const [notification, expected] of [
    [false, without],
    [true, withN],
  ] as const) {
    const r = router();
    const transport = establish(r, openWith({ notification }));
    end(r, transport);
    expect(r.heard.filter((word) => word !== 'forget')).toEqual(['established', expected]);
  }
});

test('our administrative shutdown is a hard reset to a neighbor that would keep our routes', () => {
  const r = router();
  const transport = establish(r, openWith({ notification: true }));
  r.neighbors.disable(r.neighbor, 'bye', r.now);
  expect(messagesOf(transport).at(-1)).toBe('NOTIFICATION 6/9 060203627965');
  expect(r.neighbors.view(r.neighbor).lastNotification?.notification).toEqual(
    notification(6, 9, Uint8Array.of(6, 2, ...ceaseWithText(2, 'bye').data)),
  );

  const other = router();
  const plain = establish(other, openWith());
  other.neighbors.disable(other.neighbor, 'bye', other.now);
  expect(messagesOf(plain).at(-1)).toBe('NOTIFICATION 6/2 03627965');
});

test('an operator ends what is kept of a neighbor that is away', () => {
  const r = router();
  r.lose(establish(r, openWith()));
  r.neighbors.disable(r.neighbor, '', r.now);
  expect(r.heard).toEqual(['established', 'ended, routes kept', 'forget']);
});

test('a neighbor that restarted takes the place of its dead session, without a word (RFC 4724 §4.2)', () => {
  const r = router();
  const dead = establish(r, openWith());
  r.pass(10);
  const anew = r.connect();
  if (anew === undefined) throw new Error('the connection was refused');
  expect(messagesOf(dead).some((message) => message.startsWith('NOTIFICATION'))).toBe(false);
  expect(dead.closed).toBe('graceful');
  expect(r.state()).toBe('opensent');
  r.deliver(anew, openWith({ restarting: true }));
  r.deliver(anew, KEEPALIVE_HEX);
  expect(r.heard).toEqual(['established', 'ended, routes kept', 'established']);
  r.pass(2);
  expect(r.neighbors.openTransports()).toBe(1);
});

test('a session that has only just come up is not dead: the other connection is a collision', () => {
  const r = router();
  establish(r, openWith());
  r.pass(4);
  expect(messagesOf(r.connect() as ScriptedTransport)).toEqual(['NOTIFICATION 6/7']);
  expect(r.state()).toBe('established');
});

test('a restarted neighbor that goes again before its OPEN is dialled', () => {
  const r = router();
  establish(r, openWith());
  r.pass(10);
  r.lose(r.connect() as ScriptedTransport);
  expect(r.state()).toBe('active');
  r.pass(60);
  expect(r.transports.length).toBeGreaterThan(2);
});
