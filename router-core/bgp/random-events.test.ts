import { expect, test } from 'vitest';
import { toHex } from '../base/bytes.ts';
import { seededRandom } from '../base/random.ts';
import { FAREWELLS_MAX } from './limits.ts';
import { newMessage } from './message/header.ts';
import { buildNotification, notification } from './message/notification.ts';
import {
  KEEPALIVE_HEX,
  messagesOf,
  OUR_ASN,
  type ScriptedRouter,
  type ScriptedTransport,
  scriptedRouter,
  THEIR_ASN,
  THEIR_ID,
  theirOpen,
} from './testing/scripted-router.ts';

const RESTARTING_OPEN = theirOpen({
  capabilities: [
    { kind: 'multiprotocol', afi: 1, safi: 1 },
    {
      kind: 'graceful-restart',
      restarting: true,
      notification: true,
      restartTime: 120,
      families: [{ afi: 1, safi: 1, forwarding: true }],
    },
    { kind: 'four-octet-as', asn: THEIR_ASN },
  ],
});
const MESSAGES = [
  KEEPALIVE_HEX,
  KEEPALIVE_HEX,
  theirOpen(),
  theirOpen(),
  theirOpen({ holdTimeSeconds: 0 }),
  theirOpen({ holdTimeSeconds: 3 }),
  theirOpen({ asn: 1 }),
  theirOpen({ routerId: 0 }),
  RESTARTING_OPEN,
  RESTARTING_OPEN,
  RESTARTING_OPEN,
  toHex(newMessage(2, 4)),
  toHex(buildNotification(notification(6, 7))),
  toHex(buildNotification(notification(6, 2))),
  `${'ff'.repeat(16)}00170500010001`,
  'ff'.repeat(10),
  '00',
];

test.each([1, 2, 3, 4])('T7: no event in any order breaks the machine (part %i)', (part) => {
  for (let seed = part * 1000; seed < part * 1000 + 150; seed++) {
    const random = seededRandom(seed);
    // All three outcomes of the collision rule.
    const routerId = THEIR_ID + random.below(3) - 1;
    const identity = { asn: OUR_ASN, routerId };
    const config = { passive: random.below(6) === 0, gracefulRestart: random.below(2) === 0 };
    const r = scriptedRouter(config, seed, identity);
    const gone = new Set<ScriptedTransport>();
    for (let step = 0; step < 120; step++) {
      act(r, gone, random.below);
      check(r, `seed ${seed} step ${step}`);
    }
    r.neighbors.remove(r.neighbor, r.now);
    r.pass(2);
    expect(r.timerQueue.armed(), `seed ${seed}`).toBe(0);
    expect(r.neighbors.openTransports(), `seed ${seed}`).toBe(0);
    checkHistory(r, `seed ${seed}`);
  }
});

function act(r: ScriptedRouter, gone: Set<ScriptedTransport>, below: (n: number) => number): void {
  const live = r.transports.filter((t) => t.closed !== 'abort' && !gone.has(t));
  const some = live[below(Math.max(1, live.length))];
  const { neighbors, neighbor, now } = r;
  switch (below(16)) {
    case 0:
      r.pass(below(4));
      break;
    case 1:
      r.pass(below(300));
      break;
    case 2:
      r.connect();
      break;
    case 3:
    case 4:
      if (some !== undefined) r.open(some);
      break;
    case 5:
      if (some === undefined) break;
      gone.add(some);
      r.lose(some);
      break;
    case 6:
      if (some === undefined) break;
      some.room = below(2) === 0 ? below(60) : Number.POSITIVE_INFINITY;
      neighbors.transportWritable(some.id, now);
      break;
    case 7:
      for (let i = 0; i < 40; i++) {
        const update = newMessage(2, 4 + below(4000));
        neighbors.sendUpdate(neighbor, update, 0, update.length, now);
      }
      break;
    case 8: {
      const command = below(6);
      if (command === 0) neighbors.disable(neighbor, 'pause', now);
      else if (command === 1) neighbors.restart(neighbor, now);
      else if (command === 2) neighbors.linkUp(neighbor, now);
      else if (command === 3) neighbors.update(neighbor, { passive: below(2) === 0 }, now);
      else if (command === 4) neighbors.update(neighbor, { holdTimeSeconds: 3 + below(90) }, now);
      else r.nextUpdateError = notification(3, 1);
      break;
    }
    case 9:
      neighbors.enable(neighbor, now);
      break;
    default:
      if (some !== undefined) r.deliver(some, MESSAGES[below(MESSAGES.length)] ?? '');
  }
}

function check(r: ScriptedRouter, context: string): void {
  const view = r.neighbors.view(r.neighbor);
  expect(r.neighbors.openTransports(), context).toBeLessThanOrEqual(FAREWELLS_MAX + 4);
  expect(view.session !== undefined, context).toBe(view.state === 'established');
  const last = r.heard.findLast((word) => !isTalk(word));
  expect(last === 'established', context).toBe(view.state === 'established');
  if (view.disabled !== undefined) expect(view.state, context).toBe('idle');
  // Never stuck: an idle neighbor knows when it tries again.
  if (view.state === 'idle' && view.disabled === undefined)
    expect(view.nextAttempt, context).toBeGreaterThan(r.now);
  else expect(view.nextAttempt, context).toBeUndefined();
}

function checkHistory(r: ScriptedRouter, context: string): void {
  const turns = r.heard.filter((word) => !isTalk(word));
  for (const [i, word] of turns.entries())
    expect(word.split(',')[0], context).toBe(i % 2 === 0 ? 'established' : 'ended');
  let state = 'idle';
  for (const event of r.events()) {
    if (event.kind !== 'state') continue;
    expect(event.from, context).toBe(state);
    expect(event.because.length, context).toBeGreaterThan(0);
    state = event.to;
  }
  expect(state, context).toBe('idle');
  for (const transport of r.transports) {
    const messages = messagesOf(transport);
    const end = messages.findIndex((m) => m.startsWith('NOTIFICATION'));
    if (end !== -1) expect(end, context).toBe(messages.length - 1);
  }
}

const isTalk = (word: string | undefined): boolean =>
  word === 'writable' || word === 'forget' || word?.startsWith('refresh') === true;
