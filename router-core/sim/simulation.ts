/**
 * A simulation: routers on one virtual network and one virtual clock, from one seed.
 *
 * Not standardized; docs/architecture.md §3 and §13. This is the second of the two drivers of a
 * Router; the other is host/run-router.ts.
 *
 *   next of (deliveries, deadlines of routers) ─► time jumps there ─► all that is due ─► settle
 *
 * Invariants
 * - The same seed and the same calls give the same run, octet by octet.
 * - Time stands still while anything happens, and never runs backwards.
 *
 * @module
 */
import { assert } from '../base/assert.ts';
import type { IpAddress } from '../base/ip-address.ts';
import { type Random, seededRandom } from '../base/random.ts';
import {
  addMilliseconds,
  elapsed,
  type Instant,
  instant,
  type Milliseconds,
  milliseconds,
  type WallClock,
  type WallTime,
  wallTime,
} from '../base/units.ts';
import { createNobleCrypto, type WireguardCrypto } from '../router/index.ts';
import { createAgenda } from './agenda.ts';
import { createMachineNetwork } from './machine-tcp.ts';
import { createVirtualNetwork, type VirtualNetwork } from './network.ts';
import {
  createSimulatedRouter,
  type SimulatedRouter,
  type SimulatedRouterOptions,
  type World,
} from './simulated-router.ts';

export type SimulationOptions = {
  readonly seed: number;
  /** Default: noble, with randomness from the seed. */
  readonly crypto?: WireguardCrypto;
  /** Where monotonic time begins. */
  readonly startsAt?: Instant;
  /** Where calendar time begins; both run together. */
  readonly wallStartsAt?: WallTime;
};

export interface Simulation {
  readonly seed: number;
  readonly now: Instant;
  readonly wallClock: WallClock;
  readonly random: Random;
  readonly crypto: WireguardCrypto;
  readonly network: VirtualNetwork;
  /** Names of the underlay, for resolvers. */
  readonly names: Map<string, IpAddress>;
  addRouter(options: SimulatedRouterOptions): SimulatedRouter;
  /** Takes a router off the network, as if its machine burnt. */
  removeRouter(router: SimulatedRouter): void;
  /** Runs it after this time; the returned function calls it off. */
  after(ms: Milliseconds, run: () => void): () => void;
  /** Lets time pass. */
  run(ms: Milliseconds): void;
  /**
   * Lets time pass until it is so, looking every 50 ms; returns how long it took.
   * @throws Error with the seed when it is not so in time.
   */
  until(what: string, isSo: () => boolean, within: Milliseconds): Milliseconds;
  /** Does everything due until then. */
  advanceTo(at: Instant): void;
  /** Sets the clock on without doing anything: a machine that slept. */
  skipTo(at: Instant): void;
  /** Moves calendar time alone, as a wrong clock would. */
  moveWallClock(by: Milliseconds): void;
  nextDeadline(): Instant | undefined;
  /** Called when somebody gave work from outside, so that the driver looks at the deadline again. */
  onWork(listener: () => void): void;
}

/** 2026-11-21 09:00 UTC. */
const WALL_CLOCK_AT_START = 1_795_251_600_000;
const LOOK_EVERY = milliseconds(50);
/** Rounds at one instant; more means that somebody is always due. */
const ROUNDS_AT_ONCE = 100_000;

export function createSimulation(options: SimulationOptions): Simulation {
  const { seed } = options;
  const random = seededRandom(seed);
  const agenda = createAgenda();
  const network = createVirtualNetwork(agenda, seededRandom(seed ^ 0x5eed));
  const crypto = options.crypto ?? createNobleCrypto(seededRandom(seed ^ 0xc0de));
  const machines = createMachineNetwork(agenda, () => now);
  const names = new Map<string, IpAddress>();
  const routers = new Set<SimulatedRouter>();
  const workListeners: (() => void)[] = [];
  const start = options.startsAt ?? instant(0);
  let now = start;
  let wallOffset = 0;
  let isDriving = false;
  const wallStart = options.wallStartsAt ?? WALL_CLOCK_AT_START;
  const wallClock: WallClock = {
    now: (): WallTime => wallTime(wallStart + wallOffset + elapsed(start, now)),
  };
  const worked = (): void => {
    if (!isDriving) for (const listener of workListeners) listener();
  };
  const world: World = {
    agenda,
    network,
    machines,
    crypto,
    wallClock,
    random,
    names,
    now: () => now,
    worked,
    askWeb(host, port, request) {
      for (const router of routers) {
        const response = router.answerWeb(host, port, request);
        if (response !== undefined) return response;
      }
      return undefined;
    },
  };

  function nextDeadline(): Instant | undefined {
    let soonest = agenda.nextAt();
    for (const router of routers) {
      const deadline = router.nextDeadline();
      if (deadline !== undefined && (soonest === undefined || deadline < soonest))
        soonest = deadline;
    }
    return soonest;
  }

  function advanceTo(at: Instant): void {
    isDriving = true;
    try {
      let rounds = 0;
      for (let next = nextDeadline(); next !== undefined && next <= at; next = nextDeadline()) {
        rounds = next > now ? 0 : rounds + 1;
        assert(rounds < ROUNDS_AT_ONCE, 'the simulation comes to rest at every instant');
        if (next > now) now = next;
        agenda.runDue(now);
        for (const router of routers) {
          const deadline = router.nextDeadline();
          if (deadline !== undefined && deadline <= now) router.settle(now);
        }
      }
      if (at > now) now = at;
    } finally {
      isDriving = false;
    }
  }

  return {
    seed,
    get now() {
      return now;
    },
    wallClock,
    random,
    crypto,
    network,
    names,
    addRouter(routerOptions) {
      const router = createSimulatedRouter(world, routerOptions);
      routers.add(router);
      return router;
    },
    removeRouter(router) {
      router.crash();
      routers.delete(router);
    },
    after(ms, run) {
      const callOff = agenda.add(addMilliseconds(now, ms), run);
      worked();
      return callOff;
    },
    run: (ms) => advanceTo(addMilliseconds(now, ms)),
    until(what, isSo, within) {
      const since = now;
      const limit = addMilliseconds(now, within);
      advanceTo(now);
      while (!isSo()) {
        if (now >= limit)
          throw new Error(`seed ${seed}: not within ${within / 1000} s of virtual time: ${what}`);
        advanceTo(addMilliseconds(now, LOOK_EVERY));
      }
      return elapsed(since, now);
    },
    advanceTo,
    skipTo(at) {
      if (at > now) now = at;
    },
    moveWallClock(by) {
      wallOffset += by;
    },
    nextDeadline,
    onWork(listener) {
      workListeners.push(listener);
    },
  };
}
