import { expect, test } from 'vitest';
import { toHex } from '../base/bytes.ts';
import type { Asn } from '../base/units.ts';
import { buildNotification, notification } from './message/notification.ts';
import {
  address,
  establish,
  KEEPALIVE_HEX,
  messagesOf,
  OUR_ASN,
  OUR_ID,
  scriptedRouter,
  THEIR_ASN,
  THEIR_ID,
  theirOpen,
} from './testing/scripted-router.ts';

const LOW = { asn: OUR_ASN, routerId: THEIR_ID - 1 };
const COLLISION_HEX = toHex(buildNotification(notification(6, 7)));

test('backs off 1, 2, 4 … 120 s after errors, refusing connections meanwhile', () => {
  const r = scriptedRouter();
  for (const delay of [1, 2, 4, 8, 16, 32, 64, 120, 120]) {
    r.pass(1);
    r.open(r.last());
    r.deliver(r.last(), 'ff'.repeat(18));
    r.deliver(r.last(), '09');
    expect(r.state()).toBe('idle');
    expect(r.connect()).toBeUndefined();
    r.pass(delay - 0.1);
    expect(r.state()).toBe('idle');
    r.pass(0.1);
    expect(r.state()).toBe('active');
  }
});

test('a session that was up for five minutes starts the backoff again', () => {
  const r = scriptedRouter();
  const fail = (transport = r.last()): void =>
    r.deliver(transport, toHex(buildNotification(notification(6, 4))));
  for (const _ of [1, 2, 3]) {
    establish(r);
    fail();
    r.pass(4);
  }
  expect(r.neighbors.view(r.neighbor).nextAttempt).toBeUndefined();
  const transport = establish(r);
  for (let i = 0; i < 20; i++) {
    r.pass(15);
    r.deliver(transport, KEEPALIVE_HEX);
  }
  fail(transport);
  expect(r.neighbors.view(r.neighbor).nextAttempt).toBe(r.now + 1000);
});

test('disable says 6/2 with the text, and rejects connections with 6/5 until enabled', () => {
  const r = scriptedRouter();
  const transport = establish(r);
  r.neighbors.disable(r.neighbor, 'moving house', r.now);
  const text = `0c${toHex(new TextEncoder().encode('moving house'))}`;
  expect(messagesOf(transport).at(-1)).toBe(`NOTIFICATION 6/2 ${text}`);
  expect(r.state()).toBe('idle');
  r.lose(transport, 'finished');
  const rejected = r.connect()!;
  expect(messagesOf(rejected)).toEqual(['NOTIFICATION 6/5']);
  expect(rejected.closed).toBe('graceful');
  r.lose(rejected, 'finished');
  r.pass(1000);
  expect(r.transports).toHaveLength(2);
  expect(r.neighbors.view(r.neighbor)).toMatchObject({ disabled: 'moving house', state: 'idle' });
  r.neighbors.enable(r.neighbor, r.now);
  establish(r);
  expect(r.state()).toBe('established');
});

test('a neighbor that dials in a loop is refused when four farewells are under way', () => {
  const r = scriptedRouter({ disabled: '' });
  const taken = Array.from({ length: 6 }, () => r.connect() !== undefined);
  expect(taken).toEqual([true, true, true, true, false, false]);
  r.pass(1);
  expect(r.neighbors.openTransports()).toBe(0);
  expect(r.connect()).toBeDefined();
});

test('remove says 6/3 and leaves nothing behind', () => {
  const r = scriptedRouter();
  const transport = establish(r);
  r.neighbors.remove(r.neighbor, r.now);
  expect(messagesOf(transport).at(-1)).toBe('NOTIFICATION 6/3');
  expect(r.heard).toEqual(['established', 'ended']);
  expect(r.timerQueue.armed()).toBe(1);
  r.lose(transport, 'finished');
  expect(r.timerQueue.armed()).toBe(0);
  expect(r.neighbors.openTransports()).toBe(0);
  expect(r.connect()).toBeUndefined();
});

test('restart says 6/4 and dials again at once', () => {
  const r = scriptedRouter();
  const transport = establish(r);
  r.neighbors.restart(r.neighbor, r.now);
  expect(messagesOf(transport).at(-1)).toBe('NOTIFICATION 6/4');
  expect(r.state()).toBe('active');
  r.pass(1);
  expect(r.state()).toBe('connect');
});

test('stopAll tells everybody, and openTransports tells when all is said', () => {
  const r = scriptedRouter();
  const transport = establish(r);
  r.neighbors.stopAll('router stops', r.now);
  expect(messagesOf(transport).at(-1)).toMatch(/^NOTIFICATION 6\/2/);
  expect(r.neighbors.openTransports()).toBe(1);
  r.lose(transport, 'finished');
  expect(r.neighbors.openTransports()).toBe(0);
});

test('a change restarts the session with 6/6 only where it must (RFC 4486)', () => {
  const r = scriptedRouter();
  const transport = establish(r);
  r.neighbors.update(
    r.neighbor,
    { name: 'new name', connectRetrySeconds: 5, passive: true },
    r.now,
  );
  expect(r.state()).toBe('established');
  expect(r.neighbors.view(r.neighbor).name).toBe('new name');
  r.neighbors.update(r.neighbor, { holdTimeSeconds: 30, passive: false }, r.now);
  expect(messagesOf(transport).at(-1)).toBe('NOTIFICATION 6/6');
  establish(r);
  expect(r.neighbors.view(r.neighbor).session?.holdTimeSeconds).toBe(30);
});

test('a neighbor that becomes passive while we dial stops dialling, and the other way round', () => {
  const r = scriptedRouter();
  r.pass(1);
  r.neighbors.update(r.neighbor, { passive: true }, r.now);
  expect(r.last().closed).toBe('abort');
  r.pass(1000);
  expect(r.transports).toHaveLength(1);
  r.neighbors.update(r.neighbor, { passive: false }, r.now);
  r.pass(1);
  expect(r.transports).toHaveLength(2);
});

test('linkUp forgets the ConnectRetry row and dials after ConnectDelay', () => {
  const r = scriptedRouter();
  r.pass(1);
  for (let i = 0; i < 5; i++) {
    r.lose(r.last(), 'unreachable');
    while (r.state() !== 'connect') r.pass(1);
  }
  r.lose(r.last(), 'unreachable');
  const attempts = r.transports.length;
  r.neighbors.linkUp(r.neighbor, r.now);
  r.pass(1);
  expect(r.transports).toHaveLength(attempts + 1);
});

test('the wrong AS is 2/2 with the number, and an event a person can act on', () => {
  const r = scriptedRouter();
  establish(r, theirOpen({ asn: 4242429999 }));
  expect(messagesOf(r.transports[0]!)).toEqual(['OPEN', 'NOTIFICATION 2/2 fcde582f']);
  expect(r.events()).toContainEqual({
    kind: 'other-as',
    neighbor: r.neighbor,
    expected: THEIR_ASN,
    offered: 4242429999,
  });
  expect(r.neighbors.view(r.neighbor).lastError).toBe(
    'the other side is AS4242429999, and AS4242420001 is configured',
  );
});

test('an internal session refuses our own identifier, an external one does not (RFC 6286)', () => {
  const internal = scriptedRouter({ peerAsn: OUR_ASN });
  establish(internal, theirOpen({ asn: OUR_ASN, routerId: OUR_ID }));
  expect(messagesOf(internal.transports[0]!).at(-1)).toBe('NOTIFICATION 2/3');
  const external = scriptedRouter();
  establish(external, theirOpen({ routerId: OUR_ID }));
  expect(external.state()).toBe('established');
});

test('no common family is 2/7 with what we wanted (RFC 5492 §5)', () => {
  const r = scriptedRouter({ families: ['ipv6'] });
  establish(r, theirOpen({ capabilities: [{ kind: 'four-octet-as', asn: THEIR_ASN }] }));
  expect(messagesOf(r.transports[0]!).at(-1)).toBe('NOTIFICATION 2/7 010400020001');
  expect(r.neighbors.view(r.neighbor).lastError).toBe(
    'the other side announced none of: Multiprotocol IPv6 unicast',
  );
});

test('a speaker without capabilities carries IPv4 unicast (RFC 4760 §8)', () => {
  const r = scriptedRouter({ peerAsn: 65001 as Asn });
  establish(r, theirOpen({ asn: 65001, capabilities: [] }));
  expect(r.neighbors.view(r.neighbor).session).toMatchObject({
    families: ['ipv4'],
    fourOctetAs: false,
    maxMessage: 4096,
    missingCapabilities: [
      'Multiprotocol IPv6 unicast',
      'Route refresh',
      'Extended message',
      '4-octet AS numbers',
      'Enhanced route refresh',
    ],
  });
});

test('a local AS of its own goes into OPEN and into the session', () => {
  const r = scriptedRouter({ localAsn: 64512 as Asn });
  establish(r);
  expect(r.last().written.slice(20, 22)).toEqual([0xfc, 0x00]);
  expect(r.neighbors.view(r.neighbor).session?.localAsn).toBe(64512);
});

test('a connection from another address than the configured one is refused', () => {
  const r = scriptedRouter();
  const elsewhere = address('10.97.0.9');
  const { neighbors, neighbor, now } = r;
  const transport = { ...r.transports[0], id: 99 as never };
  expect(neighbors.acceptTransport(neighbor, transport.id, elsewhere, elsewhere, now)).toBe(false);
});

// ── collisions (RFC 4271 §6.8) ──────────────────────────────────────────────────────────────────

/** Both connections in OpenSent. */
function collision(identity?: typeof LOW) {
  const r = scriptedRouter({}, 1, identity);
  r.pass(1);
  const ours = r.last();
  r.open(ours);
  const theirs = r.connect()!;
  return { r, ours, theirs };
}

test('with the higher identifier we keep the connection we opened', () => {
  const { r, ours, theirs } = collision();
  r.deliver(ours, theirOpen());
  r.deliver(ours, KEEPALIVE_HEX);
  expect(r.state()).toBe('established');
  expect(messagesOf(theirs)).toEqual(['OPEN', 'NOTIFICATION 6/7']);
});

test('with the lower identifier we keep the connection they opened', () => {
  const { r, ours, theirs } = collision(LOW);
  r.deliver(theirs, theirOpen());
  r.deliver(theirs, KEEPALIVE_HEX);
  expect(r.state()).toBe('established');
  expect(messagesOf(ours)).toEqual(['OPEN', 'NOTIFICATION 6/7']);
});

test('equal identifiers are decided by the AS number (RFC 6286 §2.3)', () => {
  const { r, ours, theirs } = collision({ asn: OUR_ASN, routerId: THEIR_ID });
  r.deliver(ours, theirOpen());
  r.deliver(theirs, theirOpen());
  r.deliver(theirs, KEEPALIVE_HEX);
  expect(messagesOf(ours)).toEqual(['OPEN', 'NOTIFICATION 6/7']);
  expect(r.state()).toBe('established');
});

test('the worse connection is not confirmed while the better one may speak', () => {
  const { r, ours, theirs } = collision();
  r.deliver(theirs, theirOpen());
  r.deliver(theirs, KEEPALIVE_HEX);
  expect(messagesOf(theirs)).toEqual(['OPEN']);
  expect(r.state()).toBe('openconfirm');
  r.deliver(ours, theirOpen());
  expect(messagesOf(theirs)).toEqual(['OPEN', 'NOTIFICATION 6/7']);
  expect(messagesOf(ours)).toEqual(['OPEN', 'KEEPALIVE']);
});

test.each(['lost', '6/7', 'silent'])(
  'the worse connection goes on when the better one is %s',
  (how) => {
    const { r, ours, theirs } = collision();
    r.deliver(theirs, theirOpen());
    r.deliver(theirs, KEEPALIVE_HEX);
    if (how === 'lost') r.lose(ours);
    else if (how === '6/7') r.deliver(ours, COLLISION_HEX);
    else r.pass(5);
    expect(messagesOf(theirs)).toEqual(['OPEN', 'KEEPALIVE']);
    expect(r.state()).toBe('established');
    expect(r.neighbors.openTransports()).toBe(how === 'lost' ? 1 : 2);
  },
);

test('a good OPEN on their connection stops our dial', () => {
  const r = scriptedRouter();
  r.pass(1);
  const ours = r.last();
  const theirs = r.connect()!;
  r.deliver(theirs, theirOpen());
  expect(ours.closed).toBe('abort');
  r.deliver(theirs, KEEPALIVE_HEX);
  expect(r.state()).toBe('established');
});

test('a new connection to an established session gets 6/7, and the old one is probed', () => {
  const r = scriptedRouter();
  const ours = establish(r);
  r.pass(5);
  const again = r.connect()!;
  expect(messagesOf(again)).toEqual(['NOTIFICATION 6/7']);
  expect(r.state()).toBe('established');
  expect(messagesOf(ours)).toEqual(['OPEN', 'KEEPALIVE', 'KEEPALIVE']);
  r.connect();
  expect(messagesOf(ours)).toHaveLength(3);
  // The neighbor had lost its memory: its TCP answers the probe with RST.
  r.lose(ours, 'reset');
  expect(r.state()).toBe('idle');
  r.pass(1);
  expect(r.state()).toBe('active');
});

test('their second connection replaces their first that never spoke', () => {
  const r = scriptedRouter({ passive: true });
  const first = r.connect()!;
  const second = r.connect()!;
  expect(messagesOf(first)).toEqual(['OPEN', 'NOTIFICATION 6/7']);
  r.deliver(second, theirOpen());
  r.deliver(second, KEEPALIVE_HEX);
  expect(r.state()).toBe('established');
});

test('6/7 without another connection is dialled again by ConnectRetry, without a backoff', () => {
  const r = scriptedRouter();
  r.pass(1);
  r.open(r.last());
  r.deliver(r.last(), COLLISION_HEX);
  expect(r.state()).toBe('active');
  r.pass(19);
  expect(r.state()).toBe('connect');
});

test('an error on one connection ends the other with 6/5', () => {
  const { r, ours, theirs } = collision();
  r.deliver(theirs, theirOpen({ holdTimeSeconds: 2 }));
  expect(messagesOf(theirs)).toEqual(['OPEN', 'NOTIFICATION 2/6']);
  expect(messagesOf(ours)).toEqual(['OPEN', 'NOTIFICATION 6/5']);
  expect(r.state()).toBe('idle');
});
