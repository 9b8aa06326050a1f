/** Prefix limits: received and accepted, near and hit, with each action (T13). */
import { expect, test } from 'vitest';
import type { PrefixLimit } from './route-options.ts';
import { Lab, type LabNeighbor, type NeighborWish } from './testing/lab.ts';
import type { RouteEvent } from './types.ts';

const prefixes = (count: number, first = 0): string[] =>
  Array.from({ length: count }, (_, i) => `10.0.${first + i}.0/24`);
const limited = (limit: Partial<PrefixLimit>): Pick<NeighborWish, 'options'> => ({
  options: { ipv4: { prefixLimit: { action: 'block', warnAtPercent: 80, ...limit } } },
});
const limitEvents = (lab: Lab): string[] => {
  const told: string[] = [];
  for (let e: RouteEvent | undefined = lab.routes.nextOutput(); e !== undefined; ) {
    if (e.kind === 'limit-hit' || e.kind === 'limit-near')
      told.push(`${e.kind} ${e.family} ${e.counted} ${e.limit} ${e.action}`);
    e = lab.routes.nextOutput();
  }
  return told;
};
const announce = (lab: Lab, neighbor: LabNeighbor, count: number, first = 0): void => {
  lab.announce(neighbor, { prefixes: prefixes(count, first) });
  lab.settle();
};

test('warns at 80 percent once, and again only after the count was well below', () => {
  const lab = new Lab();
  const x = lab.add(limited({ accepted: 10 }));
  announce(lab, x, 7);
  expect(limitEvents(lab)).toEqual([]);
  announce(lab, x, 1, 7);
  expect(limitEvents(lab)).toEqual(['limit-near ipv4 accepted 10 block']);
  lab.withdraw(x, prefixes(1, 7));
  lab.settle();
  // 7.2 is nine tenths of the threshold: seven is below it.
  announce(lab, x, 1, 7);
  expect(limitEvents(lab)).toEqual(['limit-near ipv4 accepted 10 block']);
  announce(lab, x, 1, 8);
  expect(limitEvents(lab)).toEqual([]);
});

test('warn lets everything in and says so', () => {
  const lab = new Lab();
  const x = lab.add(limited({ accepted: 10, action: 'warn' }));
  announce(lab, x, 20);
  expect(lab.routes.counters(x.id)).toMatchObject({ accepted: 20 });
  expect(limitEvents(lab)).toEqual(['limit-hit ipv4 accepted 10 warn']);
});

test('block of received prefixes comes before policy, keeps the old, and takes the new when there is room', () => {
  const lab = new Lab();
  const x = lab.add({ ...limited({ received: 5 }), policy: 'full' });
  announce(lab, x, 8);
  expect(lab.routes.counters(x.id).rejectedReasons).toEqual({
    'registry-missing': 5,
    'receive-limit': 3,
  });
  expect(limitEvents(lab)).toEqual(['limit-hit ipv4 received 5 block']);
  // An old one may change; the other family has a limit of its own.
  announce(lab, x, 1);
  lab.announce(x, { prefixes: ['fd42:1::/48'] });
  lab.withdraw(x, prefixes(2));
  lab.settle();
  expect(lab.routes.counters(x.id).rejectedReasons).toEqual({
    'registry-missing': 6,
    'receive-limit': 1,
  });
  lab.routes.updateNeighbor(x.id, { policy: 'accept-all', options: {} }, lab.now);
  lab.settle();
  expect(lab.routes.counters(x.id)).toMatchObject({ accepted: 7, rejected: 0 });
  expect(lab.routes.audit()).toEqual([]);
});

test.each(['restart', 'disable'] as const)(
  '%s is reported once, and blocks meanwhile',
  (action) => {
    const lab = new Lab();
    const x = lab.add(limited({ accepted: 5, action }));
    announce(lab, x, 8);
    announce(lab, x, 8, 20);
    expect(limitEvents(lab)).toEqual([`limit-hit ipv4 accepted 5 ${action}`]);
    expect(lab.routes.counters(x.id)).toMatchObject({ accepted: 5 });
    lab.end(x);
    lab.settle();
    lab.establish(x);
    announce(lab, x, 6);
    expect(limitEvents(lab)).toEqual([`limit-hit ipv4 accepted 5 ${action}`]);
  },
);

test('a limit that is lowered below what is there is hit at once', () => {
  const lab = new Lab();
  const x = lab.add();
  announce(lab, x, 8);
  lab.routes.updateNeighbor(x.id, limited({ accepted: 5, action: 'restart' }), lab.now);
  lab.settle();
  expect(limitEvents(lab)).toEqual(['limit-hit ipv4 accepted 5 restart']);
  expect(lab.routes.counters(x.id)).toMatchObject({ accepted: 8 });
});
