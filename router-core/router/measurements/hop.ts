/**
 * What one probe with a small hop limit tells about its hop; traceroute and mtr ask the same.
 *
 * Standard: RFC 1812 §5.3.1 and RFC 8200 §3 (who answers a probe whose hop limit ends), RFC 1122 §3.2.2.1
 * (the target answers a datagram to a port nobody listens at).
 *
 * @module
 */
import type { DropReason } from '../../base/drop-reason.ts';
import { formatIpAddress, type IpAddress } from '../../base/ip-address.ts';
import type { Instant } from '../../base/units.ts';
import type { ProbeProtocol } from '../../netstack/index.ts';
import type { ProbeOutcome, Probes } from './probes.ts';

export type PathOptions = {
  readonly target: IpAddress;
  readonly protocol: ProbeProtocol;
  /** Destination of SYNs; datagrams count upwards from 33,434, echo requests have none. */
  readonly port: number;
  /** The greatest hop limit that is tried. */
  readonly hops: number;
};

/** What a probe found: a router on the way, the target, somebody who refuses, or nobody. */
export type HopAnswer = {
  readonly outcome: 'passed' | 'reached' | 'refused' | 'timeout';
  readonly from: string | null;
  readonly roundTripMs: number | null;
  /** The ICMP error of a refusal, or why the probe could not leave. */
  readonly detail: string | null;
};

/** Where traceroute's datagrams go since 1988: nobody should listen there. */
const UDP_PORT_FIRST = 33_434;
/** Data of a probe: with IPv4 and UDP headers 60 octets, as Debian's traceroute sends. */
const PROBE_DATA_BYTES = 32;

/** Sends the probe with this number for this hop; `settled` is called once, perhaps at once. */
export function probeHop(
  probes: Probes,
  { target, protocol, port }: PathOptions,
  hopLimit: number,
  number: number,
  now: Instant,
  settled: (answer: HopAnswer, now: Instant) => void,
): void {
  const identifier = probes.nextIdentifier();
  const sequence =
    protocol === 'icmp' ? number & 0xffff : protocol === 'udp' ? UDP_PORT_FIRST + number : port;
  const reason = probes.send(
    { protocol, target, size: PROBE_DATA_BYTES, identifier, sequence, hopLimit },
    now,
    (outcome, at) => settled(answerOf(protocol, outcome), at),
  );
  if (reason !== undefined) settled(unsent(reason), now);
}

const unsent = (reason: DropReason): HopAnswer => ({
  outcome: 'refused',
  from: null,
  roundTripMs: null,
  detail: reason,
});

function answerOf(protocol: ProbeProtocol, outcome: ProbeOutcome): HopAnswer {
  if (outcome.kind === 'timeout')
    return { outcome: 'timeout', from: null, roundTripMs: null, detail: null };
  const from = formatIpAddress(outcome.from);
  const { roundTripMs } = outcome;
  if (outcome.kind === 'reply') return { outcome: 'reached', from, roundTripMs, detail: null };
  const { error } = outcome;
  if (error === 'hop-limit-exceeded') return { outcome: 'passed', from, roundTripMs, detail: null };
  const isTarget = protocol === 'udp' && error === 'port-unreachable';
  return isTarget
    ? { outcome: 'reached', from, roundTripMs, detail: null }
    : { outcome: 'refused', from, roundTripMs, detail: error };
}
