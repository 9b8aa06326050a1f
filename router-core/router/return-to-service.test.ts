import { expect, test } from 'vitest';
import { createTimerQueue } from '../base/timer-queue.ts';
import { type Instant, instant } from '../base/units.ts';
import { type ForwardingState, type GracefulRestart, neighborId } from '../bgp/index.ts';
import type { Engine } from './engine.ts';
import { RETURN_LIMIT_MS } from './limits.ts';
import { createReturnToService, type ReturnToService } from './return-to-service.ts';

const PROMISE: GracefulRestart = {
  isRestarting: false,
  coversNotifications: false,
  restartTimeSeconds: 120,
  families: ['ipv4'],
  forwarding: ['ipv4'],
};

type Neighbor = {
  isUp: boolean;
  hasToldAll: boolean;
  gracefulRestart: GracefulRestart | undefined;
  wasUp: boolean;
  enabled: boolean;
};
const NEIGHBOR: Neighbor = {
  isUp: false,
  hasToldAll: false,
  gracefulRestart: PROMISE,
  wasUp: true,
  enabled: true,
};

/** A Router of which only what the return looks at is there. */
function lab(
  neighbors: Neighbor[],
  forwarding: ForwardingState = 'preserved',
): {
  service: ReturnToService;
  said: string[];
  world: { hasRules: boolean };
  pass(ms: number): void;
} {
  const said: string[] = [];
  const world = { hasRules: true };
  const timerQueue = createTimerQueue();
  const peerings = neighbors.map(({ wasUp, enabled }, i) => ({
    vrf: { vrfName: undefined },
    wish: { config: { enabled } },
    remembered: { sessions: wasUp ? [{}] : [] },
    sessions: [{ neighbor: neighborId(i) }],
  }));
  const engine = {
    forwarding,
    timerQueue,
    roster: { byId: new Map(peerings.entries()) },
    neighbors: {
      returned: () => said.push('returned'),
      view(id: number) {
        const { isUp, gracefulRestart } = neighbors[id] as Neighbor;
        return isUp ? { state: 'established', session: { gracefulRestart } } : { state: 'active' };
      },
    },
    routes: {
      advertise: (now: Instant) => said.push(`advertise at ${now}`),
      hasToldAll: (id: number) => neighbors[id]?.hasToldAll,
    },
  };
  // The cast: the rest of an engine is not looked at.
  const service = createReturnToService(
    engine as unknown as Engine,
    () => world.hasRules,
    instant(0),
  );
  return { service, said, world, pass: (ms) => timerQueue.runDue(instant(ms)) };
}

const DONE = ['returned', 'advertise at 5'];
const NOW = instant(5);

test('it waits for every session of before, and for what each has to tell', () => {
  const [a, b] = [{ ...NEIGHBOR }, { ...NEIGHBOR }];
  const { service, said, pass } = lab([a, b]);
  a.isUp = true;
  a.hasToldAll = true;
  service.consider(NOW);
  b.isUp = true;
  service.consider(NOW);
  expect(said).toEqual([]);
  b.hasToldAll = true;
  service.consider(NOW);
  service.consider(NOW);
  pass(RETURN_LIMIT_MS);
  expect(said).toEqual(DONE);
});

test('after half a minute it waits no longer', () => {
  const { said, pass } = lab([NEIGHBOR]);
  pass(RETURN_LIMIT_MS - 1);
  expect(said).toEqual([]);
  pass(RETURN_LIMIT_MS);
  expect(said).toEqual(['returned', `advertise at ${RETURN_LIMIT_MS}`]);
});

test.each<[string, Partial<Neighbor>]>([
  ['that was down before', { wasUp: false }],
  ['that is disabled', { enabled: false }],
  ['without graceful restart, once it is up', { isUp: true, gracefulRestart: undefined }],
  [
    'that restarts itself, once it is up',
    { isUp: true, gracefulRestart: { ...PROMISE, isRestarting: true } },
  ],
])('nothing more is expected of a neighbor %s', (_, change) => {
  const { service, said } = lab([{ ...NEIGHBOR, ...change }]);
  service.consider(NOW);
  expect(said).toEqual(DONE);
});

test('routes that cannot be judged yet are no return', () => {
  const { service, said, world } = lab([{ ...NEIGHBOR, isUp: true, hasToldAll: true }]);
  world.hasRules = false;
  service.consider(NOW);
  expect(said).toEqual([]);
  world.hasRules = true;
  service.consider(NOW);
  expect(said).toEqual(DONE);
});

test.each<ForwardingState>(['ends-with-us', 'outlives-us'])('%s: there is no return', (state) => {
  const { service, said, pass } = lab([{ ...NEIGHBOR, isUp: true, hasToldAll: true }], state);
  service.consider(NOW);
  pass(RETURN_LIMIT_MS);
  expect(said).toEqual([]);
});
