import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lab, type LabNeighbor } from '../routes/testing/lab.ts';
import { prefix } from '../routes/testing/updates.ts';
import type { FlapView, RouteEvent } from '../routes/types.ts';
import type { GracefulRestart } from '../types.ts';
import { FLAP_EVENTS_PER_STEP, FLAPPING_MAX, PATH_VARIANTS_MAX } from './limits.ts';

const P = '172.20.0.0/24';
const Q = 'fd42:1::/48';
const MINUTE = 60_000;
const STEP = MINUTE / 2;

const flapsOf = (lab: Lab): readonly FlapView[] => [...lab.routes.flaps(lab.now).flaps];
const flapping = (lab: Lab): string[] => flapsOf(lab).map((flap) => flap.prefix);

/** Announces other attributes each time, first of all a first one. */
function change(lab: Lab, neighbor: LabNeighbor, times: number, what = P, every = 100): void {
  for (let i = 0; i < times; i++) {
    lab.announce(neighbor, { prefixes: [what], path: [1, 2 + (i % 2)], med: counter++ });
    lab.settle(every);
  }
}
let counter = 0;

/** Withdraws and announces: two changes each time. */
function bounce(lab: Lab, neighbor: LabNeighbor, times: number, what = P, every = 100): void {
  for (let i = 0; i < times; i++) {
    lab.withdraw(neighbor, [what]);
    lab.settle(every);
    lab.announce(neighbor, { prefixes: [what] });
    lab.settle(every);
  }
}

/** What was told of flaps since the last time. */
function told(lab: Lab): string[] {
  const events: RouteEvent[] = [];
  for (let event = lab.routes.nextOutput(); event !== undefined; event = lab.routes.nextOutput())
    events.push(event);
  return events.flatMap((event) =>
    event.kind === 'flap-started' || event.kind === 'flap-ended'
      ? [`${event.kind} ${event.prefix} ${event.from} ${event.changes}`]
      : event.kind === 'flaps-untold'
        ? [`${event.kind} ${event.count}`]
        : [],
  );
}

test('30 changes in five minutes are none too many, the 31st is (T22)', () => {
  const lab = new Lab();
  const alder = lab.add({ name: 'alder' });
  change(lab, alder, 31, P, 9000);
  expect(flapping(lab)).toEqual([]);
  change(lab, alder, 1);
  expect(flapsOf(lab)).toMatchObject([
    { prefix: P, changes: 31, neighbors: [{ name: 'alder', changes: 31, isFlapping: true }] },
  ]);
  expect(told(lab)).toEqual([`flap-started ${P} alder 31`]);
});

test('a withdrawal and the announcement after it are two changes, in both families', () => {
  const lab = new Lab();
  const alder = lab.add({ name: 'alder' });
  for (const what of [P, Q]) {
    lab.announce(alder, { prefixes: [what] });
    bounce(lab, alder, 15, what);
    expect(flapping(lab)).not.toContain(what);
    lab.withdraw(alder, [what]);
    expect(flapping(lab)).toContain(what);
  }
  expect(flapsOf(lab).map(({ family, neighbors }) => [family, neighbors[0]?.isWithdrawn])).toEqual([
    ['ipv4', true],
    ['ipv6', true],
  ]);
  expect(lab.routes.audit()).toEqual([]);
});

test('the window slides: what is slower never flaps, however long it goes on', () => {
  const lab = new Lab();
  const alder = lab.add();
  change(lab, alder, 400, P, 12_000);
  expect(told(lab)).toEqual([]);
  change(lab, alder, 400, P, 8000);
  expect(told(lab)).toHaveLength(1);
});

test('whatever comes within one window is counted together, wherever its steps begin', () => {
  for (let offset = 0; offset < STEP; offset += 1700) {
    const lab = new Lab();
    const alder = lab.add();
    lab.settle(offset);
    change(lab, alder, 1);
    // The first and the last of the 31 are just less than five minutes apart.
    change(lab, alder, 31, P, 9990);
    expect(flapping(lab)).toEqual([P]);
  }
});

test('it has calmed down when no neighbor is at more than half of the threshold', () => {
  const lab = new Lab();
  const alder = lab.add({ name: 'alder' });
  change(lab, alder, 41);
  told(lab);
  lab.settle(5 * MINUTE);
  change(lab, alder, 16);
  lab.settle(STEP);
  expect([flapping(lab), told(lab)]).toEqual([[P], []]);
  lab.settle(5 * MINUTE + STEP);
  expect([flapping(lab), told(lab)]).toEqual([[], [`flap-ended ${P} alder 0`]]);
  change(lab, alder, 31);
  expect(told(lab)).toEqual([`flap-started ${P} alder 31`]);
});

test('counted per neighbor: many that pass one outage on make no flap', () => {
  const lab = new Lab();
  const all = Array.from({ length: 40 }, () => lab.add());
  for (const one of all) lab.announce(one, { prefixes: [P] });
  for (let i = 0; i < 3; i++) for (const one of all) bounce(lab, one, 1);
  expect(flapping(lab)).toEqual([]);
});

test('of a prefix that flaps: every neighbor with its count, every path with its own', () => {
  const lab = new Lab();
  const [alder, basalt, cedar] = ['alder', 'basalt', 'cedar'].map((name) => lab.add({ name }));
  for (const one of [alder!, basalt!, cedar!]) lab.announce(one, { prefixes: [P], path: [9] });
  lab.settle();
  const from = lab.now;
  change(lab, basalt!, 5);
  change(lab, alder!, 32);
  change(lab, basalt!, 2);
  const [flap] = flapsOf(lab);
  expect(flap?.neighbors).toEqual([
    {
      neighbor: alder?.id,
      name: 'alder',
      peerAsn: alder?.asn,
      changes: 32,
      total: 32,
      lastAt: from + 3600,
      isWithdrawn: false,
      isFlapping: true,
    },
    expect.objectContaining({ name: 'basalt', changes: 7, isFlapping: false }),
  ]);
  expect(flap).toMatchObject({ changes: 39, since: from + 3500, otherPaths: 0 });
  // Of alder from the 16th change on, of basalt since the prefix flaps.
  expect(flap?.paths.map(({ asPathText, times, from: by }) => [asPathText, times, by])).toEqual([
    [`${alder?.asn} 1 3`, 9, 'alder'],
    [`${alder?.asn} 1 2`, 8, 'alder'],
    [`${basalt?.asn} 1 2`, 1, 'basalt'],
    [`${basalt?.asn} 1 3`, 1, 'basalt'],
  ]);
  expect(flap?.paths[0]).toMatchObject({ firstAt: from + 2000, lastAt: from + 3600 });
});

test('paths are bounded: further ones are counted together', () => {
  const lab = new Lab();
  const alder = lab.add();
  for (let i = 0; i < 43; i++) lab.announce(alder, { prefixes: [P], path: [1000 + i] });
  const [flap] = flapsOf(lab);
  expect(flap?.paths).toHaveLength(PATH_VARIANTS_MAX);
  expect(flap?.otherPaths).toBe(42 - 15 - PATH_VARIANTS_MAX);
});

test('the same once more, a new policy or other attributes of our own are no change', () => {
  const lab = new Lab();
  const alder = lab.add();
  for (let i = 0; i < 100; i++) {
    lab.announce(alder, { prefixes: [P] });
    lab.own(i % 2 === 0 ? [P] : []);
    lab.settle();
  }
  expect(lab.view(P)?.from).toBe('peer-1');
  expect(flapping(lab)).toEqual([]);
});

test('sessions that end and load again are quiet, without and with graceful restart', () => {
  const gracefulRestart: GracefulRestart = {
    families: ['ipv4', 'ipv6'],
    forwarding: ['ipv4', 'ipv6'],
    restartTimeSeconds: 120,
    isRestarting: true,
    coversNotifications: false,
  };
  for (const keepsRoutes of [false, true]) {
    const lab = new Lab();
    const alder = lab.add(keepsRoutes ? { session: { gracefulRestart } } : {});
    const prefixes = Array.from({ length: 200 }, (_, i) => `172.20.${i}.0/24`);
    for (let i = 0; i < 40; i++) {
      lab.announce(alder, { prefixes, med: i });
      lab.settle();
      lab.end(alder, keepsRoutes);
      lab.settle();
      lab.establish(alder);
    }
    expect([flapping(lab), told(lab)]).toEqual([[], []]);
  }
});

test('a neighbor that is removed takes its part along; its number says nothing of the next', () => {
  const lab = new Lab();
  const [alder, basalt] = [lab.add({ name: 'alder' }), lab.add({ name: 'basalt' })];
  change(lab, alder, 32);
  change(lab, basalt, 6);
  told(lab);
  lab.routes.removeNeighbor(alder.id, lab.now);
  lab.settle();
  expect([flapping(lab), told(lab)]).toEqual([[], [`flap-ended ${P} alder 0`]]);
  const cedar = lab.add({ name: 'cedar' });
  change(lab, cedar, 26);
  expect(flapping(lab)).toEqual([]);
});

test('other settings count anew; a window of an hour holds what came in it', () => {
  const lab = new Lab();
  const alder = lab.add();
  lab.routes.setFlapping({ changes: 3, minutes: 60 });
  change(lab, alder, 4, P, 15 * MINUTE);
  expect(flapping(lab)).toEqual([]);
  change(lab, alder, 1);
  expect(flapping(lab)).toEqual([P]);
  lab.routes.setFlapping({ changes: 3, minutes: 60 });
  expect(flapping(lab)).toEqual([P]);
  lab.routes.setFlapping({});
  const { flaps, ...rest } = lab.routes.flaps(lab.now);
  expect([...flaps]).toEqual([]);
  expect(rest).toEqual({ changes: 30, minutes: 5, flapping: 0, isFull: false });
});

test('a flood of prefixes that flap fills the list, and is told in a few words', () => {
  const lab = new Lab();
  const alder = lab.add();
  const prefixes = Array.from(
    { length: FLAPPING_MAX + 100 },
    (_, i) => `10.${i >> 8}.${i & 255}.0/24`,
  );
  lab.routes.setFlapping({ changes: 2 });
  for (let i = 0; i < 4; i++) lab.announce(alder, { prefixes, med: i });
  const { flapping: count, isFull } = lab.routes.flaps(lab.now);
  expect([count, isFull]).toEqual([FLAPPING_MAX, true]);
  expect(told(lab)).toHaveLength(FLAP_EVENTS_PER_STEP);
  lab.settle(STEP);
  expect(told(lab)).toEqual([`flaps-untold ${FLAPPING_MAX - FLAP_EVENTS_PER_STEP}`]);
  lab.settle(6 * MINUTE);
  expect(flapping(lab)).toEqual([]);
  expect(told(lab)).toHaveLength(FLAP_EVENTS_PER_STEP + 1);
});

test('nothing is left to wait for when nothing flaps', () => {
  const lab = new Lab();
  const alder = lab.add();
  lab.announce(alder, { prefixes: [P] });
  lab.settle();
  const quiet = lab.timerQueue.armed();
  bounce(lab, alder, 20);
  expect(lab.timerQueue.armed()).toBe(quiet + 1);
  lab.settle(6 * MINUTE);
  expect(lab.timerQueue.armed()).toBe(quiet);
});

test('paths of several ids: what is withdrawn comes back as often as it went (RFC 7911)', () => {
  const lab = new Lab();
  const addPath = { receive: ['ipv4'] as const, send: [] };
  const alder = lab.add({ session: { addPath } });
  const body = (pathId: number, isThere: boolean): Uint8Array => {
    const path = [0, 0, 0, pathId, 24, 172, 20, 0];
    if (!isThere) return Uint8Array.from([0, 8, ...path, 0, 0]);
    const attributes = [
      0x40,
      1,
      1,
      0,
      0x40,
      2,
      6,
      2,
      1,
      ...asnOctets(alder.asn),
      0x40,
      3,
      4,
      10,
      0,
      0,
      1,
    ];
    return Uint8Array.from([0, 0, 0, attributes.length, ...attributes, ...path]);
  };
  for (let id = 1; id <= 8; id++) lab.receive(alder, body(id, true));
  for (let id = 1; id <= 8; id++) lab.receive(alder, body(id, false));
  // Numbered anew, and one more than before.
  for (let id = 11; id <= 19; id++) lab.receive(alder, body(id, true));
  expect(lab.routes.lookup({ prefix: prefix(P), mode: 'exact' }, 100)).toHaveLength(9);
  lab.receive(alder, body(11, false));
  for (let i = 0; i < 15; i++) {
    lab.receive(alder, body(11, true));
    lab.receive(alder, body(11, false));
  }
  // The ninth was new, and is not among them.
  expect(flapsOf(lab)).toMatchObject([{ changes: 8 + 8 + 1 + 30 }]);
});

const asnOctets = (asn: number): number[] => [
  asn >>> 24,
  (asn >>> 16) & 255,
  (asn >>> 8) & 255,
  asn & 255,
];

/** What happened, in a list, counted by going through all of it. */
class NaiveDetector {
  readonly flapping = new Map<string, Set<number>>();
  private readonly changes: { key: string; neighbor: number; step: number }[] = [];
  private readonly said = new Map<string, number>();
  private readonly gone = new Set<string>();

  say(key: string, neighbor: number, value: number, step: number): void {
    const what = `${key} ${neighbor}`;
    const before = this.said.get(what) ?? 0;
    this.said.set(what, value);
    if (value === before) return;
    const isBack = this.gone.has(what) && this.count(key, neighbor, step) > 0;
    this.gone.delete(what);
    if (before === 0 && !isBack) return;
    if (value === 0) this.gone.add(what);
    this.changes.push({ key, neighbor, step });
    if (this.count(key, neighbor, step) <= 6) return;
    const by = this.flapping.get(key) ?? new Set();
    this.flapping.set(key, by.add(neighbor));
  }

  lose(keys: readonly string[], neighbor: number): void {
    for (const key of keys) this.said.delete(`${key} ${neighbor}`);
  }

  /** At the beginning of a step. */
  calm(step: number): void {
    for (const [key, by] of this.flapping) {
      for (const neighbor of by) if (this.count(key, neighbor, step) <= 3) by.delete(neighbor);
      if (by.size === 0) this.flapping.delete(key);
    }
  }

  count(key: string, neighbor: number, step: number): number {
    return this.changes.filter(
      (one) => one.key === key && one.neighbor === neighbor && one.step >= step - 10,
    ).length;
  }
}

test('agrees with a list of everything that was said', () => {
  const keys = [P, '172.20.1.0/24', Q];
  const word = fc.record({
    kind: fc.constant('say' as const),
    key: fc.constantFrom(...keys),
    neighbor: fc.nat(1),
    /** 0: withdrawn. */
    value: fc.nat(3),
  });
  const pause = fc.record({ kind: fc.constant('pause' as const), ms: fc.nat(20_000) });
  const loss = fc.record({ kind: fc.constant('lose' as const), neighbor: fc.nat(1) });
  const script = fc.array(
    fc.oneof(
      { weight: 20, arbitrary: word },
      { weight: 5, arbitrary: pause },
      { weight: 1, arbitrary: loss },
    ),
    { minLength: 50, maxLength: 200 },
  );
  let flaps = 0;
  fc.assert(
    fc.property(script, (events) => {
      const lab = new Lab();
      const naive = new NaiveDetector();
      const neighbors = [lab.add(), lab.add()];
      lab.routes.setFlapping({ changes: 6, minutes: 1 });
      const stepMs = MINUTE / 10;
      const step = (): number => Math.floor(lab.now / stepMs);
      const pass = (ms: number): void => {
        for (let left = ms; left > 0; ) {
          const next = Math.min(left, stepMs - (lab.now % stepMs));
          lab.settle(next);
          left -= next;
          if (lab.now % stepMs === 0) naive.calm(step());
        }
      };
      for (const event of events) {
        if (event.kind === 'pause') pass(event.ms);
        else if (event.kind === 'lose') {
          const neighbor = neighbors[event.neighbor]!;
          lab.end(neighbor);
          lab.establish(neighbor);
          naive.lose(keys, event.neighbor);
        } else {
          const neighbor = neighbors[event.neighbor]!;
          if (event.value === 0) lab.withdraw(neighbor, [event.key]);
          else lab.announce(neighbor, { prefixes: [event.key], path: [event.value] });
          naive.say(event.key, event.neighbor, event.value, step());
        }
        const views = flapsOf(lab);
        expect(views.map((flap) => flap.prefix).sort()).toEqual([...naive.flapping.keys()].sort());
        for (const flap of views) {
          flaps++;
          for (const { neighbor, changes, isFlapping } of flap.neighbors) {
            const index = neighbors.findIndex(({ id }) => id === neighbor);
            expect(changes).toBe(naive.count(flap.prefix, index, step()));
            expect(isFlapping).toBe(naive.flapping.get(flap.prefix)?.has(index) ?? false);
          }
        }
      }
    }),
  );
  expect(flaps).toBeGreaterThan(0);
});
