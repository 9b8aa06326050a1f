import fc from 'fast-check';
import { expect, test } from 'vitest';
import malformed from './fixtures/malformed.json';
import { goldenMessages } from './testing/golden.ts';
import { establish, messagesOf, scriptedRouter, theirOpen } from './testing/scripted-router.ts';

type Case = (typeof malformed.cases)[number];

const open = malformed.cases.filter((c) => c.stage === 'open');
// UPDATEs are the route side's.
const established = malformed.cases.filter(
  (c) => c.stage === 'established' && c.hex.slice(36, 38) !== '02',
);

test('the set has the cases of this side', () => {
  expect(open.length).toBe(15);
  expect(established.length).toBe(11);
});

test.each(open.map((c) => [c.id, c] as const))('instead of OPEN: %s', (_, c) => {
  const r = scriptedRouter();
  r.pass(1);
  const transport = r.last();
  r.open(transport);
  r.deliver(transport, c.hex);
  expectReaction(c, messagesOf(transport).slice(1), transport.closed, ['KEEPALIVE']);
  if (c.id === 'open-version-3') expect(messagesOf(transport)[1]).toBe('NOTIFICATION 2/1 0004');
});

test.each(established.map((c) => [c.id, c] as const))('established: %s', (_, c) => {
  const r = scriptedRouter();
  const transport = establish(r);
  for (const hex of malformed.before) r.deliver(transport, hex);
  expect(r.updates).toHaveLength(2);
  r.deliver(transport, c.hex);
  expectReaction(c, messagesOf(transport).slice(2), transport.closed, []);
  expect(r.heard.filter((word) => word.startsWith('refresh'))).toEqual([]);
});

test('any octets get one reaction: nothing yet, one NOTIFICATION, or a close', () => {
  const seeds = ['OPEN', 'KEEPALIVE', 'NOTIFICATION', 'ROUTE-REFRESH']
    .flatMap(goldenMessages)
    .map((m) => m.hex);
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 80 }).map((b) => [...b]),
    fc
      .tuple(fc.constantFrom(...seeds), fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat())
      .map(([hex, at, value, cut]) => {
        const b = [...Buffer.from(hex, 'hex')];
        b[at % b.length] = value;
        return b.slice(0, 1 + (cut % (2 * b.length)));
      }),
  );
  fc.assert(
    fc.property(
      fc.constantFrom('opensent', 'openconfirm', 'established'),
      fc.array(octets, { minLength: 1, maxLength: 4 }),
      (state, pieces) => {
        const r = scriptedRouter();
        r.pass(1);
        const transport = r.last();
        r.open(transport);
        if (state !== 'opensent') r.deliver(transport, theirOpen());
        if (state === 'established') r.deliver(transport, `${'ff'.repeat(16)}001304`);
        for (const piece of pieces) r.deliver(transport, Buffer.from(piece).toString('hex'));
        const notifications = messagesOf(transport).filter((m) => m.startsWith('NOTIFICATION'));
        expect(notifications.length).toBeLessThanOrEqual(1);
        if (notifications.length === 1) expect(messagesOf(transport).at(-1)).toBe(notifications[0]);
        expect(transport.closed === 'graceful').toBe(
          r.state() === 'idle' || r.state() === 'active',
        );
      },
    ),
    { numRuns: 3000 },
  );
});

function expectReaction(
  c: Case,
  answers: readonly string[],
  closed: string | undefined,
  whenAccepted: readonly string[],
): void {
  const [kind, code] = c.expect.split(':');
  if (kind === 'reset') {
    expect(answers).toHaveLength(1);
    expect(answers[0]?.split(' ').slice(0, 2)).toEqual(['NOTIFICATION', code]);
    expect(closed).toBe('graceful');
  } else if (kind === 'close') {
    expect(answers).toEqual([]);
    expect(closed).toBe('graceful');
  } else {
    expect(answers).toEqual(whenAccepted);
    expect(closed).toBeUndefined();
  }
}
