/**
 * Path-MTU discovery: the largest packet that reaches a target whole.
 *
 * Standard: RFC 1191 §3 and §6 (IPv4: DF, and what routers say fits), RFC 8201 §4 (IPv6, never below 1,280);
 * RFC 4821 §3 and §7 and RFC 8899 §5.2 where nobody says anything: then sizes are searched by halves between
 * one that arrives and one that does not.
 *
 *   MTU of our way out ─► fits ─► done
 *                     ├─► too big, says a router ─► its size next
 *                     └─► lost ─► the least size: lost too ─► the target does not answer
 *                                             └─► fits ─► halves
 *
 * A size is lost when none of three echo requests is answered. What a router says is a hint: it must lie
 * between what arrived and what did not, and a smaller packet must arrive before it is believed.
 *
 * Invariant: at most `PATH_MTU_STEPS_MAX` sizes are tried, and `fits` < `tooBig`.
 *
 * @module
 */
import { formatIpAddress, type IpAddress } from '../../base/ip-address.ts';
import type { Instant } from '../../base/units.ts';
import type { Netstack } from '../../netstack/index.ts';
import { PATH_MTU_STEPS_MAX } from '../limits.ts';
import type { RowSink } from './measurement.ts';
import type { ProbeOutcome, Probes } from './probes.ts';

export type PathMtuRow =
  | {
      readonly kind: 'step';
      /** Octets of the whole packet. */
      readonly size: number;
      readonly outcome: 'fits' | 'too-big' | 'lost' | 'unreachable';
      readonly from: string | null;
      /** With `too-big`: what the router there carries. */
      readonly mtu: number | null;
      readonly roundTripMs: number | null;
      readonly detail: string | null;
    }
  | {
      readonly kind: 'result';
      /** Null when the target did not answer, or cannot be reached. */
      readonly pathMtu: number | null;
      /** The router that said it, or null when its size was the first tried or was searched. */
      readonly saidBy: string | null;
    };
type Step = Extract<PathMtuRow, { kind: 'step' }>;

/** RFC 791 §3.1 and RFC 8200 §5: every path carries as much. */
const LEAST = { 4: 68, 6: 1280 } as const;
const HEADERS = { 4: 28, 6: 48 } as const;
/** One lost packet is no narrow path. */
const PROBES_PER_SIZE = 3;

export function startPathMtu(
  probes: Probes,
  netstack: Netstack,
  target: IpAddress,
  sink: RowSink<PathMtuRow>,
  now: Instant,
): void {
  const { family } = target;
  const least = LEAST[family];
  const identifier = probes.nextIdentifier();
  let sequence = 0;
  let steps = 0;
  /** The greatest size that arrived, and the least that did not. */
  let fits = 0;
  let tooBig = Number.POSITIVE_INFINITY;
  let saidBy: string | null = null;

  function trySize(size: number, now: Instant): void {
    if (!sink.isOpen) return;
    steps++;
    let isSettled = false;
    let lost = 0;
    for (let i = 0; i < PROBES_PER_SIZE && !isSettled; i++) {
      const reason = probes.send(
        {
          protocol: 'icmp',
          target,
          size: size - HEADERS[family],
          identifier,
          sequence: sequence++,
          dontFragment: true,
        },
        now,
        (outcome, at) => {
          if (isSettled || (outcome.kind === 'timeout' && ++lost < PROBES_PER_SIZE)) return;
          isSettled = true;
          decide(stepOf(size, outcome), at);
        },
      );
      if (reason === undefined) continue;
      isSettled = true;
      const step = { kind: 'step', size, from: null, mtu: null, roundTripMs: null } as const;
      decide({ ...step, outcome: 'unreachable', detail: reason }, now);
    }
  }

  function decide(step: Step, now: Instant): void {
    const { size, mtu } = step;
    sink.push(step);
    if (step.outcome === 'unreachable') return finish(null);
    if (step.outcome === 'fits') fits = Math.max(fits, size);
    else if (size < tooBig) {
      tooBig = size;
      saidBy = null;
    }
    const hinted = step.outcome === 'too-big' && mtu !== null && mtu < tooBig && mtu > fits;
    if (hinted && mtu >= least) {
      saidBy = step.from;
      tooBig = mtu + 1;
    }
    if (fits + 1 >= tooBig || fits === start) return finish(fits);
    // Not even the least arrives: it is not about sizes.
    if (size === least && fits < least) return finish(null);
    if (steps >= PATH_MTU_STEPS_MAX) return finish(fits === 0 ? null : fits);
    if (hinted && mtu >= least) return trySize(mtu, now);
    trySize(fits === 0 ? least : Math.floor((fits + tooBig) / 2), now);
  }

  function finish(pathMtu: number | null): void {
    const isSaid = pathMtu !== null && pathMtu + 1 === tooBig;
    sink.push({ kind: 'result', pathMtu, saidBy: isSaid ? saidBy : null });
    sink.end();
  }

  const start = netstack.mtuTowards(target) ?? least;
  trySize(start, now);
}

function stepOf(size: number, outcome: ProbeOutcome): Step {
  const step = { kind: 'step', size, from: null, mtu: null, roundTripMs: null } as const;
  if (outcome.kind === 'timeout') return { ...step, outcome: 'lost', detail: null };
  const from = formatIpAddress(outcome.from);
  const { roundTripMs } = outcome;
  if (outcome.kind === 'reply')
    return { ...step, outcome: 'fits', from, roundTripMs, detail: null };
  const isTooBig = outcome.error === 'packet-too-big';
  return {
    ...step,
    outcome: isTooBig ? 'too-big' : 'unreachable',
    from,
    mtu: outcome.mtu ?? null,
    roundTripMs,
    detail: isTooBig ? null : outcome.error,
  };
}
