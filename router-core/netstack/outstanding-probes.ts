/**
 * Our probes that wait for an answer.
 *
 * Standard: RFC 792 and RFC 4443 §4.2 (identifier and sequence match echo replies to requests); for UDP and
 * TCP the two ports do.
 *
 * An answer counts only when we asked: strangers cannot fill the driver's queue.
 *
 * Invariant: at most `PROBES_MAX` entries; the oldest is forgotten first.
 *
 * @module
 */
import type { IpFamily } from '../base/ip-address.ts';
import type { Probe, ProbeProtocol } from './events.ts';
import { PROBES_MAX } from './limits.ts';

export class OutstandingProbes {
  private readonly probes = new Map<number, Probe>();

  /** Whether there is nothing an answer could be for. */
  get isEmpty(): boolean {
    return this.probes.size === 0;
  }

  add(probe: Probe): void {
    const key = keyOf(probe.protocol, probe.target.family, probe.identifier, probe.sequence);
    // Set anew, so that a repeated probe is the youngest.
    this.probes.delete(key);
    this.probes.set(key, probe);
    if (this.probes.size <= PROBES_MAX) return;
    for (const oldest of this.probes.keys()) {
      this.probes.delete(oldest);
      return;
    }
  }

  find(
    protocol: ProbeProtocol,
    family: IpFamily,
    identifier: number,
    sequence: number,
  ): Probe | undefined {
    return this.probes.get(keyOf(protocol, family, identifier, sequence));
  }

  remove(probe: Probe): void {
    const { protocol, target, identifier, sequence } = probe;
    this.probes.delete(keyOf(protocol, target.family, identifier, sequence));
  }
}

const PROTOCOLS: Readonly<Record<ProbeProtocol, number>> = { icmp: 0, udp: 1, tcp: 2 };

const keyOf = (
  protocol: ProbeProtocol,
  family: IpFamily,
  identifier: number,
  sequence: number,
): number =>
  ((identifier * 0x10000 + sequence) * 3 + PROTOCOLS[protocol]) * 2 + (family === 6 ? 1 : 0);
