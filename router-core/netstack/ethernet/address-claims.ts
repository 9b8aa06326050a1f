/**
 * The addresses of a port: each is tried before it is used, and watched while it is.
 *
 * Standard: RFC 4862 §5.4 (duplicate address detection); RFC 5227 §2.1 (probing), §2.3 (announcing), §2.4 c
 * (defending without end, as its text allows for routers); RFC 9131 §6.1.2 and RFC 4861 §7.2.6 (unsolicited
 * advertisements).
 *
 *   tentative ── all questions unanswered ──► assigned ── announce
 *       │  ▲                                     │ somebody claims it
 *       │  └────────────┐                        ▼
 *       └ heard of ► duplicate, a minute      tell it; IPv4: defend, once in ten seconds
 *
 * Departure: RFC 4862 §5.4.5 leaves a duplicate to a person. Ours is tried again every minute, as RFC 5227
 * does, so that it heals when the other one leaves.
 *
 * Invariant: an address that is not assigned is neither answered for nor spoken from.
 *
 * @module
 */
import { equalAddresses, type IpAddress } from '../../base/ip-address.ts';
import type { Random } from '../../base/random.ts';
import type { TimerQueue, Timers } from '../../base/timer-queue.ts';
import { type Instant, instant } from '../../base/units.ts';
import {
  ANNOUNCE_INTERVAL,
  ANNOUNCE_NUM,
  ANNOUNCE_WAIT,
  DEFEND_INTERVAL,
  DUP_ADDR_DETECT_TRANSMITS,
  MAX_RTR_SOLICITATION_DELAY,
  PROBE_MAX,
  PROBE_MIN,
  PROBE_NUM,
  PROBE_WAIT,
  RATE_LIMIT_INTERVAL,
  RETRANS_TIMER,
} from './constants.ts';
import type { ClaimState } from './contract.ts';

/** What the claims ask of their port. */
export interface ClaimOutput {
  /** Asks whether anybody has the address. */
  probe(address: IpAddress, now: Instant): void;
  /** Tells the link who has it; `isOverride`: whatever was known before is wrong. */
  announce(address: IpAddress, isOverride: boolean, now: Instant): void;
  /** The set of assigned addresses changed. */
  assignmentChanged(): void;
  /** An address of ours got this state, or somebody claims an assigned one. */
  told(address: IpAddress, what: 'assigned' | 'duplicate' | 'claimed', now: Instant): void;
}

type Claim = {
  readonly address: IpAddress;
  state: ClaimState;
  probes: number;
  announcements: number;
  isOverride: boolean;
  defendedAt: number;
  readonly timers: Timers<'next'>;
};

type Pace = {
  readonly delayMax: number;
  readonly probes: number;
  readonly probeMin: number;
  readonly probeMax: number;
  readonly waitAfter: number;
  readonly announcements: number;
};

const PACES: Readonly<Record<4 | 6, Pace>> = {
  4: {
    delayMax: PROBE_WAIT,
    probes: PROBE_NUM,
    probeMin: PROBE_MIN,
    probeMax: PROBE_MAX,
    waitAfter: ANNOUNCE_WAIT,
    announcements: ANNOUNCE_NUM,
  },
  6: {
    delayMax: MAX_RTR_SOLICITATION_DELAY,
    probes: DUP_ADDR_DETECT_TRANSMITS,
    probeMin: RETRANS_TIMER,
    probeMax: RETRANS_TIMER,
    waitAfter: RETRANS_TIMER,
    announcements: 1,
  },
};

export class AddressClaims {
  private claims: Claim[] = [];
  private readonly timerQueue: TimerQueue;
  private readonly random: Random;
  private readonly output: ClaimOutput;

  constructor(options: {
    readonly timerQueue: TimerQueue;
    readonly random: Random;
    readonly output: ClaimOutput;
  }) {
    this.timerQueue = options.timerQueue;
    this.random = options.random;
    this.output = options.output;
  }

  /** Begins with the addresses that are new and gives up those that are gone. */
  set(addresses: readonly IpAddress[], now: Instant): void {
    const before = this.claims;
    this.claims = addresses.map(
      (address) =>
        before.find((claim) => equalAddresses(claim.address, address)) ?? this.begin(address, now),
    );
    for (const claim of before) if (!this.claims.includes(claim)) claim.timers.clearAll();
    this.output.assignmentChanged();
  }

  /** The port speaks from another link-layer address: neighbors hear of it (RFC 4861 §7.2.6). */
  announceAgain(now: Instant): void {
    for (const claim of this.claims) {
      if (claim.state !== 'assigned') continue;
      claim.announcements = 0;
      claim.isOverride = true;
      claim.timers.set('next', now);
    }
  }

  stop(): void {
    for (const claim of this.claims) claim.timers.clearAll();
    this.claims = [];
  }

  /** Returns the state of an address of ours, or undefined. */
  stateOf(family: 4 | 6, b: Uint8Array, i: number): ClaimState | undefined {
    return this.find(family, b, i)?.state;
  }

  /** Whether the address is ours or may become so; who has a duplicate is a neighbor like others. */
  isOurs(family: 4 | 6, b: Uint8Array, i: number): boolean {
    const state = this.find(family, b, i)?.state;
    return state === 'tentative' || state === 'assigned';
  }

  assigned(): IpAddress[] {
    return this.claims.filter((claim) => claim.state === 'assigned').map((claim) => claim.address);
  }

  views(): { readonly address: IpAddress; readonly state: ClaimState }[] {
    return this.claims.map(({ address, state }) => ({ address, state }));
  }

  /** Somebody else has or wants this address of ours. */
  claimedByOther(family: 4 | 6, b: Uint8Array, i: number, now: Instant): void {
    const claim = this.find(family, b, i);
    if (claim === undefined || claim.state === 'duplicate') return;
    if (claim.state === 'tentative') {
      claim.state = 'duplicate';
      claim.timers.set('next', instant(now + RATE_LIMIT_INTERVAL));
      this.output.told(claim.address, 'duplicate', now);
      return;
    }
    if (now - claim.defendedAt < DEFEND_INTERVAL) return;
    claim.defendedAt = now;
    this.output.told(claim.address, 'claimed', now);
    // RFC 4862 §5.4.4 knows no defense of an address in use; two that override each other would not end.
    if (family === 4) this.output.announce(claim.address, true, now);
  }

  private begin(address: IpAddress, now: Instant): Claim {
    const claim: Claim = {
      address,
      state: 'tentative',
      probes: 0,
      announcements: 0,
      isOverride: false,
      defendedAt: Number.NEGATIVE_INFINITY,
      timers: this.timerQueue.add<'next'>({ timerExpired: (_name, at) => this.step(claim, at) }),
    };
    const delay = this.random.below(PACES[address.family].delayMax + 1);
    claim.timers.set('next', instant(now + delay));
    return claim;
  }

  /** The claim's timer: the next question, the next announcement, or the whole again. */
  private step(claim: Claim, now: Instant): void {
    const pace = PACES[claim.address.family];
    if (claim.state === 'duplicate') {
      claim.state = 'tentative';
      claim.probes = 0;
    }
    if (claim.state === 'tentative' && claim.probes < pace.probes) {
      claim.probes++;
      const isLast = claim.probes === pace.probes;
      const jitter = this.random.below(pace.probeMax - pace.probeMin + 1);
      claim.timers.set('next', instant(now + (isLast ? pace.waitAfter : pace.probeMin + jitter)));
      this.output.probe(claim.address, now);
      return;
    }
    if (claim.state === 'tentative') {
      claim.state = 'assigned';
      claim.announcements = 0;
      claim.isOverride = false;
      this.output.assignmentChanged();
      this.output.told(claim.address, 'assigned', now);
    }
    claim.announcements++;
    if (claim.announcements < pace.announcements)
      claim.timers.set('next', instant(now + ANNOUNCE_INTERVAL));
    this.output.announce(claim.address, claim.isOverride, now);
  }

  private find(family: 4 | 6, b: Uint8Array, i: number): Claim | undefined {
    return this.claims.find(({ address }) => {
      if (address.family !== family) return false;
      for (let k = address.bytes.length - 1; k >= 0; k--)
        if (address.bytes[k] !== b[i + k]) return false;
      return true;
    });
  }
}
