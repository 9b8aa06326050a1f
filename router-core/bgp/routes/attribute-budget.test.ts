import { expect, test } from 'vitest';
import { establish, messagesOf, scriptedRouter } from '../testing/scripted-router.ts';
import { LAB_ASN, Lab, type LabNeighbor } from './testing/lab.ts';

const PREFIXES = Array.from({ length: 50 }, (_, i) => `172.20.${i}.0/24`);
const MANY = Array.from({ length: 60 }, (_, i) => `64512:${i}`);

/** Each route with attributes of its own. */
function tell(lab: Lab, neighbor: LabNeighbor, communities: readonly string[]): void {
  for (const [i, text] of PREFIXES.entries())
    lab.announce(neighbor, { prefixes: [text], communities: [`64513:${i}`, ...communities] });
  lab.settle();
}

function shortages(lab: Lab): unknown[] {
  const found: unknown[] = [];
  for (let e = lab.routes.nextOutput(); e !== undefined; e = lab.routes.nextOutput())
    if (e.kind === 'out-of-resources') found.push(e.neighbor);
  return found;
}

test('when attributes take too much, the neighbor that holds most is named once, until it is gone', () => {
  const lab = new Lab({ attributeBytesMax: 12_000 });
  const [lean, fat, fatToo] = [lab.add(), lab.add(), lab.add()];
  tell(lab, lean, []);
  expect(shortages(lab)).toEqual([]);
  tell(lab, fat, MANY);
  expect(shortages(lab)).toEqual([fat.id]);
  // Its session is still there: nobody else pays for that.
  tell(lab, lean, ['64514:1']);
  expect(shortages(lab)).toEqual([]);
  lab.end(fat);
  lab.settle();
  tell(lab, lean, []);
  expect(shortages(lab)).toEqual([]);
  expect(lab.routes.counters(lean.id).accepted).toBe(PREFIXES.length);

  // The next one, and the first again.
  tell(lab, fatToo, MANY);
  expect(shortages(lab)).toEqual([fatToo.id]);
  lab.end(fatToo);
  lab.settle();
  lab.establish(fat);
  tell(lab, fat, MANY);
  expect(shortages(lab)).toEqual([fat.id]);
  expect(lab.routes.audit()).toEqual([]);
});

test('many routes that share their attributes are not the cause', () => {
  const lab = new Lab({ attributeBytesMax: 12_000 });
  const [wide, fat] = [lab.add(), lab.add()];
  const prefixes = Array.from({ length: 2000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
  // More octets than the other's, were they counted for each route.
  lab.announce(wide, { prefixes: prefixes.slice(0, 900), communities: MANY });
  lab.announce(wide, { prefixes: prefixes.slice(900, 1800), communities: MANY });
  tell(lab, fat, MANY);
  expect(shortages(lab)).toEqual([fat.id]);
});

const RESTART = {
  restartTimeSeconds: 120,
  isRestarting: false,
  coversNotifications: false,
  families: ['ipv4', 'ipv6'],
  forwarding: ['ipv4', 'ipv6'],
} as const;

test('what is kept of a neighbor that is away goes before the session of one that holds less', () => {
  const lab = new Lab({ attributeBytesMax: 18_000 });
  const [lean, fat] = [lab.add(), lab.add({ session: { gracefulRestart: RESTART } })];
  tell(lab, fat, MANY);
  lab.end(fat, true);
  lab.settle();
  expect(lab.routes.counters(fat.id).accepted).toBe(PREFIXES.length);
  tell(lab, lean, MANY.slice(30));
  expect(shortages(lab)).toEqual([]);
  expect(lab.routes.counters(fat.id).received).toBe(0);
  expect(lab.routes.counters(lean.id).accepted).toBe(PREFIXES.length);
  expect(lab.routes.audit()).toEqual([]);
});

test('nobody is named for what the last one leaves while its routes go, a step at a time', () => {
  const lab = new Lab({ attributeBytesMax: 12_000 });
  const [lean, fat] = [lab.add(), lab.add()];
  tell(lab, fat, MANY);
  expect(shortages(lab)).toEqual([fat.id]);
  lab.end(fat);
  let steps = 0;
  for (let isMore = true; isMore; ) {
    isMore = lab.routes.runPending(lab.now, 8);
    lab.announce(lean, { prefixes: ['172.21.0.0/24'], communities: [`64515:${steps++}`] });
    expect(shortages(lab)).toEqual([]);
  }
  expect(steps).toBeGreaterThan(3);
  lab.settle();
  expect(lab.routes.counters(lean.id).accepted).toBe(1);
});

test('routes that are rejected count like others, whoever else changes its own at the time', () => {
  const lab = new Lab({ attributeBytesMax: 12_000 });
  const [fat, busy] = [lab.add(), lab.add()];
  for (const [i, text] of PREFIXES.entries()) {
    lab.announce(busy, { prefixes: ['172.21.0.0/24'], communities: [`64515:${i}`] });
    lab.announce(fat, { prefixes: [text], path: [LAB_ASN], communities: [`1:${i}`, ...MANY] });
  }
  expect(lab.routes.counters(fat.id).rejected).toBe(PREFIXES.length);
  expect(shortages(lab)).toEqual([fat.id]);
});

test('T3: it is told 6/8 and loses its routes, whatever was promised, and is tried again', () => {
  const r = scriptedRouter({ gracefulRestart: true });
  const transport = establish(r);
  r.neighbors.shed(r.neighbor, r.now);
  expect(messagesOf(transport).at(-1)).toBe('NOTIFICATION 6/8');
  expect(r.heard).toEqual(['established', 'ended']);
  expect(r.neighbors.view(r.neighbor)).toMatchObject({
    state: 'idle',
    lastError: 'its routes take too much memory',
    lastNotification: { direction: 'sent', notification: { code: 6, subcode: 8 } },
  });
  r.pass(2);
  expect(r.state()).toBe('connect');
  // Without a session there is nothing to end.
  r.neighbors.shed(r.neighbor, r.now);
  expect(r.state()).toBe('connect');
});
