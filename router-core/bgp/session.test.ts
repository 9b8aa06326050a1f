import { expect, test } from 'vitest';
import { toHex } from '../base/bytes.ts';
import { instant } from '../base/units.ts';
import { newMessage } from './message/header.ts';
import { buildNotification, ceaseWithText, notification } from './message/notification.ts';
import {
  address,
  CONFIG,
  establish,
  hexBytes,
  KEEPALIVE_HEX,
  messagesOf,
  scriptedRouter,
  THEIR_ASN,
  THEIR_ID,
  theirOpen,
} from './testing/scripted-router.ts';

const UPDATE_HEX = toHex(newMessage(2, 4));

test('dials after ConnectDelay, and walks through every state (RFC 4271 §8.2.2)', () => {
  const r = scriptedRouter();
  expect(r.state()).toBe('active');
  r.pass(0.999);
  expect(r.transports).toHaveLength(0);
  r.pass(0.001);
  expect(r.state()).toBe('connect');
  r.open(r.last());
  expect(r.state()).toBe('opensent');
  r.deliver(r.last(), theirOpen());
  expect(r.state()).toBe('openconfirm');
  r.deliver(r.last(), KEEPALIVE_HEX);
  expect(r.state()).toBe('established');
  expect(r.heard).toEqual(['established']);
  expect(messagesOf(r.last())).toEqual(['OPEN', 'KEEPALIVE']);
  const states = r.events().filter((e) => e.kind === 'state');
  expect(states.map((e) => `${e.from}→${e.to}`)).toEqual([
    'idle→active',
    'active→connect',
    'connect→opensent',
    'opensent→openconfirm',
    'openconfirm→established',
  ]);
});

test('an acceptable OPEN is an event with the AS number and the identifier', () => {
  const r = scriptedRouter();
  establish(r);
  expect(r.events().filter((e) => e.kind === 'open-received')).toEqual([
    { kind: 'open-received', neighbor: r.neighbor, asn: THEIR_ASN, routerId: THEIR_ID },
  ]);
});

test('a failed attempt waits for ConnectRetry, 15 s ± 25 %, doubling to 120 s', () => {
  const r = scriptedRouter();
  r.pass(1);
  for (const base of [15, 30, 60, 120, 120]) {
    const attempt = r.transports.length;
    r.lose(r.last(), 'refused');
    expect(r.state()).toBe('active');
    const from = r.now;
    while (r.transports.length === attempt) r.pass(0.1);
    const waited = (r.now - from) / 1000;
    expect(waited).toBeGreaterThanOrEqual(0.75 * base - 0.11);
    expect(waited).toBeLessThanOrEqual(1.25 * base + 0.11);
  }
  expect(r.neighbors.view(r.neighbor).connectRetryCounter).toBe(5);
  expect(r.neighbors.view(r.neighbor).lastError).toBe('could not connect: refused');
});

test('an attempt without an answer is cut and made again (RFC 4271 §8.2.2, Connect, event 9)', () => {
  const r = scriptedRouter();
  r.pass(1);
  r.pass(19);
  expect(r.transports.map((t) => t.closed)).toEqual(['abort', undefined]);
  expect(r.state()).toBe('connect');
});

test('a passive neighbor never dials', () => {
  const r = scriptedRouter({ passive: true });
  r.pass(1000);
  expect(r.transports).toHaveLength(0);
  expect(r.state()).toBe('active');
  const incoming = r.connect()!;
  r.deliver(incoming, theirOpen());
  r.deliver(incoming, KEEPALIVE_HEX);
  expect(r.state()).toBe('established');
});

test('waits 240 s for the OPEN, then 4/0 (RFC 4271 §8.2.2)', () => {
  const r = scriptedRouter();
  r.pass(1);
  r.open(r.last());
  r.pass(239.9);
  expect(r.state()).toBe('opensent');
  const transport = r.last();
  r.pass(0.2);
  expect(messagesOf(transport)).toEqual(['OPEN', 'NOTIFICATION 4/0']);
  expect(r.state()).toBe('idle');
});

test('a connection lost in OpenSent is dialled again without a backoff (RFC 4271 §8.2.2, event 18)', () => {
  const r = scriptedRouter();
  r.pass(1);
  r.open(r.last());
  r.lose(r.last());
  expect(r.state()).toBe('active');
  r.pass(38);
  expect(r.state()).toBe('connect');
});

test('a connection lost in OpenConfirm goes to Idle with a backoff', () => {
  const r = scriptedRouter();
  r.pass(1);
  r.open(r.last());
  r.deliver(r.last(), theirOpen());
  r.lose(r.last());
  expect(r.state()).toBe('idle');
  r.pass(1);
  expect(r.state()).toBe('active');
});

test('T5: the hold timer ends a silent session after 3 s, and a message of any kind restarts it', () => {
  const r = scriptedRouter({ holdTimeSeconds: 3 });
  const transport = establish(r);
  for (const message of [KEEPALIVE_HEX, UPDATE_HEX, '', UPDATE_HEX, KEEPALIVE_HEX]) {
    r.pass(1.4);
    r.deliver(transport, message);
  }
  expect(r.state()).toBe('established');
  r.pass(2.9);
  expect(r.state()).toBe('established');
  r.pass(0.2);
  expect(r.state()).toBe('idle');
  expect(messagesOf(transport).at(-1)).toBe('NOTIFICATION 4/0');
  expect(r.heard).toEqual(['established', 'ended']);
});

test('sends keepalives at 75 to 100 % of a third of the hold time', () => {
  const r = scriptedRouter();
  const transport = establish(r);
  let sent = 2;
  let last = r.now;
  for (let i = 0; i < 12_000; i++) {
    r.pass(0.1);
    if (i % 200 === 0) r.deliver(transport, KEEPALIVE_HEX);
    const count = messagesOf(transport).length;
    if (count === sent) continue;
    expect(count).toBe(sent + 1);
    expect((r.now - last) / 1000).toBeGreaterThanOrEqual(22.4);
    expect((r.now - last) / 1000).toBeLessThanOrEqual(30.1);
    sent = count;
    last = r.now;
  }
  expect(sent).toBeGreaterThan(40);
});

test('a hold time of zero means no keepalives and no end (RFC 4271 §4.2)', () => {
  const r = scriptedRouter();
  const transport = establish(r, theirOpen({ holdTimeSeconds: 0 }));
  r.pass(100_000);
  expect(r.state()).toBe('established');
  expect(messagesOf(transport)).toEqual(['OPEN', 'KEEPALIVE']);
  expect(r.timerQueue.armed()).toBe(0);
});

test('the smaller hold time counts, and keepalives follow it', () => {
  const r = scriptedRouter();
  establish(r, theirOpen({ holdTimeSeconds: 30 }));
  const { session } = r.neighbors.view(r.neighbor);
  expect(session).toMatchObject({ holdTimeSeconds: 30, keepaliveSeconds: 10 });
});

test('T6: a neighbor that stops reading is cut after 8 minutes, with a try at 8/0 (RFC 9687)', () => {
  const r = scriptedRouter();
  const transport = establish(r);
  transport.room = 100;
  const update = newMessage(2, 4000);
  expect(r.neighbors.sendUpdate(r.neighbor, update, 0, update.length, r.now)).toBe(true);
  const stayAlive = (seconds: number): void => {
    for (let i = 0; i < seconds; i += 20) {
      r.pass(Math.min(20, seconds - i));
      r.deliver(transport, KEEPALIVE_HEX);
    }
  };
  stayAlive(470);
  expect(r.state()).toBe('established');
  // Progress starts the timer again.
  transport.room = 10;
  r.neighbors.transportWritable(transport.id, r.now);
  stayAlive(470);
  expect(r.state()).toBe('established');
  r.pass(10.5);
  expect(r.state()).toBe('idle');
  expect(r.neighbors.view(r.neighbor).lastError).toBe('the other side stopped reading');
  // The rest of the UPDATE never left, so the NOTIFICATION could not; a second later it is over.
  expect(transport.closed).toBeUndefined();
  r.pass(1);
  expect(transport.closed).toBe('abort');
});

test('a NOTIFICATION waits for the rest of a half-sent message and overtakes whole ones', () => {
  const r = scriptedRouter();
  const transport = establish(r);
  const before = transport.written.length;
  transport.room = 30;
  const update = newMessage(2, 40);
  for (let i = 0; i < 3; i++) r.neighbors.sendUpdate(r.neighbor, update, 0, update.length, r.now);
  r.neighbors.restart(r.neighbor, r.now);
  expect(transport.closed).toBeUndefined();
  transport.room = 1000;
  r.neighbors.transportWritable(transport.id, r.now);
  expect(transport.written.slice(before).length).toBe(update.length + 21);
  expect(messagesOf(transport).slice(2)).toEqual(['UPDATE', 'NOTIFICATION 6/4']);
  expect(transport.closed).toBe('graceful');
});

test('sendUpdate says no when the queue is full, and writable follows once', () => {
  const r = scriptedRouter();
  const transport = establish(r);
  transport.room = 0;
  const update = newMessage(2, 4000);
  let taken = 0;
  while (r.neighbors.sendUpdate(r.neighbor, update, 0, update.length, r.now)) taken++;
  expect(taken).toBe(33);
  transport.room = 50_000;
  r.neighbors.transportWritable(transport.id, r.now);
  expect(r.heard).toEqual(['established']);
  transport.room = Number.POSITIVE_INFINITY;
  r.neighbors.transportWritable(transport.id, r.now);
  expect(r.heard).toEqual(['established', 'writable']);
  r.neighbors.transportWritable(transport.id, r.now);
  expect(r.heard).toEqual(['established', 'writable']);
  expect(messagesOf(transport).filter((m) => m === 'UPDATE')).toHaveLength(33);
});

test('UPDATE bodies and refresh requests reach the exchange, families of others do not', () => {
  const r = scriptedRouter({ families: ['ipv6'] });
  const transport = establish(r);
  const refresh = (body: string): string => `${'ff'.repeat(16)}001705${body}`;
  r.deliver(transport, `${'ff'.repeat(16)}0019020000000011aa`);
  r.deliver(transport, refresh('00020001') + refresh('00010001') + refresh('00020101'));
  r.deliver(transport, refresh('00020901') + refresh('00630063'));
  expect(r.updates).toEqual(['0000000011aa']);
  expect(r.heard).toEqual(['established', 'refresh ipv6 0', 'refresh ipv6 1']);
  expect(r.state()).toBe('established');
});

test('an error the exchange finds in an UPDATE ends the session with it, and nothing more is read', () => {
  const r = scriptedRouter();
  const transport = establish(r);
  r.nextUpdateError = notification(3, 1);
  r.deliver(transport, UPDATE_HEX + UPDATE_HEX);
  expect(r.updates).toHaveLength(1);
  expect(messagesOf(transport).at(-1)).toBe('NOTIFICATION 3/1');
  expect(r.state()).toBe('idle');
  expect(r.heard).toEqual(['established', 'ended']);
});

test.each([
  ['opensent', '5/1'],
  ['openconfirm', '5/2'],
])('an UPDATE in %s is answered with %s and its type (RFC 6608)', (state, code) => {
  const r = scriptedRouter();
  r.pass(1);
  r.open(r.last());
  if (state === 'openconfirm') r.deliver(r.last(), theirOpen());
  r.deliver(r.last(), UPDATE_HEX);
  expect(messagesOf(r.last()).at(-1)).toBe(`NOTIFICATION ${code} 02`);
});

test('a second OPEN in Established is 5/3 (RFC 6608)', () => {
  const r = scriptedRouter();
  const transport = establish(r);
  r.deliver(transport, theirOpen());
  expect(messagesOf(transport).at(-1)).toBe('NOTIFICATION 5/3 01');
});

test('a NOTIFICATION is never answered, and its text is kept for people (RFC 9003)', () => {
  const r = scriptedRouter();
  const transport = establish(r);
  r.deliver(transport, toHex(buildNotification(ceaseWithText(2, 'back at \u001b[31m22:00'))));
  expect(messagesOf(transport)).toEqual(['OPEN', 'KEEPALIVE']);
  expect(transport.closed).toBe('graceful');
  expect(r.state()).toBe('idle');
  const view = r.neighbors.view(r.neighbor);
  expect(view.lastNotification).toMatchObject({ direction: 'received', at: r.now });
  expect(view.lastError).toBe(
    'the other side ended the session: Cease: Administrative Shutdown (6/2): back at 22:00',
  );
});

test('a connection that lingers is cut after a second, unless it closes before', () => {
  const r = scriptedRouter();
  const first = establish(r);
  r.neighbors.disable(r.neighbor, 'bye', r.now);
  expect(first.closed).toBe('graceful');
  r.pass(1);
  expect(first.closed).toBe('abort');
  expect(r.neighbors.openTransports()).toBe(0);
  expect(r.timerQueue.armed()).toBe(0);
});

test('octets and events of a transport that is over have no effect', () => {
  const r = scriptedRouter();
  const transport = establish(r);
  r.lose(transport);
  r.deliver(transport, UPDATE_HEX);
  r.lose(transport);
  r.neighbors.transportWritable(transport.id, r.now);
  expect(r.updates).toEqual([]);
  expect(r.heard).toEqual(['established', 'ended']);
});

test('extended next hop is announced over IPv6 only, and used when both sides did (RFC 8950)', () => {
  const ends = { localAddress: address('fe80::2'), remoteAddress: address('fe80::1') };
  const capability5 = '0506000100010002';
  const over4 = scriptedRouter({ extendedNextHop: true });
  establish(over4);
  expect(toHex(Uint8Array.from(over4.last().written))).not.toContain(capability5);
  const over6 = scriptedRouter({ extendedNextHop: true, ...ends });
  establish(over6);
  expect(toHex(Uint8Array.from(over6.last().written))).toContain(capability5);
  const { session } = over6.neighbors.view(over6.neighbor);
  expect(session?.extendedNextHop).toBe(false);
  expect(session?.missingCapabilities).toEqual(['Extended next hop']);
  expect(session?.capabilities).toContain('Multiprotocol IPv6 unicast');
});

test('our OPEN is the one the golden speakers would send', () => {
  const r = scriptedRouter();
  establish(r);
  const open = Uint8Array.from(r.last().written);
  expect(toHex(open.subarray(19, 29))).toBe('045ba0005a0a6100021a');
  expect(toHex(open.subarray(29, 29 + 26))).toBe(
    `0218${'010400010001'}${'010400020001'}0200${'0600'}${'4104fcde3120'}4600`,
  );
});

test('route refresh needs the capability and the family', () => {
  const capabilities = [
    { kind: 'multiprotocol', afi: 1, safi: 1 },
    { kind: 'unknown', code: 128, value: new Uint8Array(0) },
    { kind: 'four-octet-as', asn: THEIR_ASN },
  ] as const;
  const r = scriptedRouter();
  const transport = establish(r, theirOpen({ capabilities }));
  const refresh = (family: 'ipv4' | 'ipv6', subtype: 0 | 1): boolean =>
    r.neighbors.sendRouteRefresh(r.neighbor, family, subtype, r.now);
  expect(refresh('ipv4', 0)).toBe(true);
  expect(refresh('ipv6', 0)).toBe(false);
  expect(refresh('ipv4', 1)).toBe(false);
  expect(messagesOf(transport).at(-1)).toBe('ROUTE-REFRESH 00010001');
});

test('messages are counted by type in both directions', () => {
  const r = scriptedRouter();
  const transport = establish(r);
  r.deliver(transport, UPDATE_HEX + UPDATE_HEX);
  const update = hexBytes(UPDATE_HEX);
  r.neighbors.sendUpdate(r.neighbor, update, 0, update.length, instant(r.now));
  const view = r.neighbors.view(r.neighbor);
  expect(view.messagesReceived).toEqual([0, 1, 2, 0, 1, 0]);
  expect(view.messagesSent).toEqual([0, 1, 1, 0, 1, 0]);
  expect(view.name).toBe(CONFIG.name);
});
