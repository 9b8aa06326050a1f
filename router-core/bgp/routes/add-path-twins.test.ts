/**
 * Two route sides with a session between them that carries several paths, against a model: whatever
 * happens, the receiver's table is what the sender's policy picks of what the sender was told.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GracefulRestart, NegotiatedSession } from '../types.ts';
import { LAB_ASN, Lab, type LabNeighbor } from './testing/lab.ts';
import { attribute, hex, ip, prefix, updateBody } from './testing/updates.ts';

const PREFIXES = ['172.20.0.0/24', '172.20.1.0/24', 'fd42:1::/48'];
const BOTH = ['ipv4', 'ipv6'] as const;
const RESTARTS: GracefulRestart = {
  isRestarting: false,
  coversNotifications: true,
  restartTimeSeconds: 120,
  families: BOTH,
  forwarding: BOTH,
};

const source = fc.integer({ min: 0, max: 2 });
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('announce' as const),
      source,
      prefixes: fc.subarray(PREFIXES, { minLength: 1 }),
      id: fc.integer({ min: 0, max: 3 }),
      path: fc.array(fc.constantFrom(11, 12), { maxLength: 2 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('withdraw' as const),
      source,
      prefixes: fc.subarray(PREFIXES, { minLength: 1 }),
      id: fc.integer({ min: 0, max: 3 }),
    }),
  },
  fc.record({ kind: fc.constant('reset' as const), source, keepsRoutes: fc.boolean() }),
  fc.record({ kind: fc.constant('break' as const), keepsRoutes: fc.boolean() }),
  fc.record({ kind: fc.constant('refresh' as const), family: fc.constantFrom(...BOTH) }),
  fc.record({ kind: fc.constant('limit' as const), paths: fc.constantFrom(1, 2, 3, 99) }),
  fc.record({ kind: fc.constant('slow' as const), room: fc.integer({ min: 0, max: 2 }) }),
  { weight: 4, arbitrary: fc.constant({ kind: 'settle' as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

test('the receiver has what the sender shall tell it, under one id as long as a path lives', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      const twins = new Twins();
      for (const each of steps) twins.take(each);
      twins.check();
      twins.takeEverythingBack();
    }),
    { numRuns: 25 },
  );
});

/** A path the sender was told: what the model keeps. */
type Told = { readonly source: number; readonly id: number; readonly path: readonly number[] };

class Twins {
  private readonly sender = new Lab({ decision: { preferOlder: false }, outboxBytesMax: 2000 });
  private readonly receiver = new Lab();
  private readonly sources: LabNeighbor[];
  /** The receiver, as the sender's neighbor; the sender, as the receiver's. */
  private readonly toReceiver: LabNeighbor;
  private readonly toSender: LabNeighbor;
  private readonly told = new Map<string, Told[]>();
  /** Ids under which paths were told when last looked at, by prefix, source and id. */
  private readonly ids = new Map<string, number>();
  private limit = 99;

  constructor() {
    // The first sends no path ids, the second and the third do.
    this.sources = [0, 1, 2].map((n) =>
      this.sender.add({
        session: {
          gracefulRestart: RESTARTS,
          ...(n === 0 ? {} : { addPath: { receive: BOTH, send: [] } }),
        },
      }),
    );
    const within: Partial<NegotiatedSession> = { isInternal: true, gracefulRestart: RESTARTS };
    this.toReceiver = this.sender.add({
      asn: LAB_ASN,
      session: { ...within, addPath: { receive: [], send: BOTH } },
    });
    this.toSender = this.receiver.add({
      asn: LAB_ASN,
      nextHopSelf: { ipv6Global: ip('fd42:7000::1'), linkLocal: ip('fe80::7000') },
      session: {
        ...within,
        addPath: { receive: BOTH, send: [] },
        localAddress: ip('fe80::7000'),
        remoteAddress: ip('fe80::6000'),
      },
    });
    this.toReceiver.onSent = (sent) => {
      if (sent instanceof Uint8Array) {
        expect(this.receiver.receive(this.toSender, sent.subarray(19))).toBeUndefined();
      } else {
        const { family, subtype } = sent;
        this.receiver.routes.receiveRouteRefresh(
          this.toSender.id,
          family,
          subtype,
          this.receiver.now,
        );
      }
    };
  }

  take(each: Step): void {
    switch (each.kind) {
      case 'announce':
        return this.announce(each.source, each.prefixes, each.id, each.path);
      case 'withdraw':
        return this.withdraw(each.source, each.prefixes, each.id);
      case 'reset':
        return this.reset(each.source, each.keepsRoutes);
      case 'break':
        this.sender.end(this.toReceiver, each.keepsRoutes);
        this.receiver.end(this.toSender, each.keepsRoutes);
        this.toReceiver.room = Number.POSITIVE_INFINITY;
        this.receiver.establish(this.toSender);
        return this.sender.establish(this.toReceiver);
      case 'refresh':
        return this.sender.routes.receiveRouteRefresh(
          this.toReceiver.id,
          each.family,
          0,
          this.sender.now,
        );
      case 'limit':
        this.limit = each.paths;
        return this.sender.routes.updateNeighbor(
          this.toReceiver.id,
          { sentPathsMax: each.paths },
          this.sender.now,
        );
      case 'slow':
        this.toReceiver.room = each.room;
        return this.sender.settle(20);
      case 'settle':
        return this.check();
    }
  }

  /** Compares both ends with the model. */
  check(): void {
    this.toReceiver.room = Number.POSITIVE_INFINITY;
    this.sender.routes.writable(this.toReceiver.id, this.sender.now);
    for (let turn = 0; turn < 3; turn++) {
      this.sender.settle();
      this.receiver.settle();
    }
    for (const text of PREFIXES) {
      const received = this.receiver.routes
        .lookup({ prefix: prefix(text), mode: 'exact' }, 100)
        .map(({ attributes }) => attributes.asPathText);
      expect(received.sort()).toEqual(
        this.picked(text)
          .map((each) => this.pathText(each))
          .sort(),
      );
      this.checkIds(text);
    }
    expect(this.sender.routes.counters(this.toReceiver.id).sent).toBe(
      this.receiver.routes.counters(this.toSender.id).received,
    );
    expect(this.sender.routes.audit()).toEqual([]);
    expect(this.receiver.routes.audit()).toEqual([]);
  }

  takeEverythingBack(): void {
    for (const each of this.sources) this.sender.end(each);
    this.told.clear();
    this.ids.clear();
    this.check();
    expect(this.sender.routes.counters(this.toReceiver.id).sent).toBe(0);
    expect(this.sender.routes.tables().ipv4).toEqual({ prefixes: 0, paths: 0 });
    // No id is left behind: the next path has the first.
    this.sender.establish(this.sources[0] as LabNeighbor);
    this.announce(0, PREFIXES, 0, [11]);
    this.check();
    for (const text of PREFIXES) expect([...this.toReceiver.table.keys()]).toContain(`${text}#1`);
  }

  private announce(
    n: number,
    prefixes: readonly string[],
    id: number,
    path: readonly number[],
  ): void {
    const from = this.sources[n] as LabNeighbor;
    const pathId = n === 0 ? 0 : id;
    this.sender.announce(from, { prefixes: prefixes.map((text) => named(n, text, id)), path });
    for (const text of prefixes) {
      const others = (this.told.get(text) ?? []).filter((t) => t.source !== n || t.id !== pathId);
      this.told.set(text, [...others, { source: n, id: pathId, path }]);
    }
  }

  private withdraw(n: number, prefixes: readonly string[], id: number): void {
    this.sender.withdraw(
      this.sources[n] as LabNeighbor,
      prefixes.map((text) => named(n, text, id)),
    );
    this.forget(prefixes, (t) => t.source === n && t.id === (n === 0 ? 0 : id));
  }

  /** The session of a source ends and is back; a restarted one has nothing to tell any more. */
  private reset(n: number, keepsRoutes: boolean): void {
    const from = this.sources[n] as LabNeighbor;
    this.sender.end(from, keepsRoutes);
    if (keepsRoutes) this.sender.settle(20);
    this.sender.establish(from);
    this.sender.receive(from, hex('00000000'));
    this.sender.receive(from, updateBody(hex(''), attribute(0x80, 15, hex('000201')), hex('')));
    this.forget(PREFIXES, (t) => t.source === n);
  }

  private forget(prefixes: readonly string[], isGone: (told: Told) => boolean): void {
    for (const text of prefixes) {
      const kept: Told[] = [];
      for (const each of this.told.get(text) ?? []) {
        if (isGone(each)) this.ids.delete(keyOf(text, each));
        else kept.push(each);
      }
      this.told.set(text, kept);
    }
  }

  /** What policy picks: the shortest paths, then the lowest router id, then the lowest path id. */
  private picked(text: string): Told[] {
    return (this.told.get(text) ?? [])
      .toSorted((a, b) => a.path.length - b.path.length || a.source - b.source || a.id - b.id)
      .slice(0, this.limit);
  }

  private pathText(told: Told): string {
    return [this.sources[told.source]?.asn, ...told.path].join(' ');
  }

  private checkIds(text: string): void {
    const views = this.sender.routes
      .exportsOf(prefix(text))
      .filter(({ to, path }) => to === this.toReceiver.config.name && path !== null);
    const sentIds: number[] = [];
    for (const { path, isAnnounced } of views) {
      const n = this.sources.findIndex(({ config }) => config.name === path?.from);
      const told = (this.told.get(text) ?? []).find(
        (t) => t.source === n && t.id === (path?.pathId ?? 0),
      );
      expect(isAnnounced).toBe(told !== undefined && this.picked(text).includes(told));
      if (told === undefined || path?.sentId == null) continue;
      sentIds.push(path.sentId);
      const key = keyOf(text, told);
      expect(path.sentId).toBe(this.ids.get(key) ?? path.sentId);
      this.ids.set(key, path.sentId);
      if (isAnnounced) {
        expect(this.toReceiver.table.get(`${text}#${path.sentId}`)).toBe(this.pathText(told));
      }
    }
    expect(new Set(sentIds).size).toBe(sentIds.length);
    const held = [...this.toReceiver.table.keys()].filter((key) => key.startsWith(`${text}#`));
    expect(held).toHaveLength(this.picked(text).length);
  }
}

/** The first source sends no path ids. */
const named = (n: number, text: string, id: number): string => (n === 0 ? text : `${text}#${id}`);

const keyOf = (text: string, { source: n, id }: Told): string => `${text} ${n} ${id}`;
