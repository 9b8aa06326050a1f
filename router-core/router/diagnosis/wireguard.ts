/**
 * Why no tunnel: UDP and WireGuard.
 *
 * Not standardized; codes and observations are portal specification §7, the sentences ui.md §6.
 *
 * @module
 */
import { formatWallTime } from '../../base/rfc3339.ts';
import type { WallTime } from '../../base/units.ts';
import type { Seen } from '../facts.ts';
import type { DiagnosisFinding } from '../types.ts';
import type { Diagnose } from './types.ts';

/** Silence is worth a sentence only after this long. */
const SILENCE_MS = 3000;

export const diagnoseTunnel: Diagnose = (input) => {
  const { config, facts, tunnel, failedPort, provisionedAt, now } = input;
  const findings: DiagnosisFinding[] = [];
  const add = (
    code: string,
    severity: DiagnosisFinding['severity'],
    text: string,
    since: WallTime,
    proposal?: DiagnosisFinding['proposal'],
  ): void => {
    findings.push({
      code,
      severity,
      text,
      since: formatWallTime(since),
      ...(proposal === undefined ? {} : { proposal }),
    });
  };
  const when = <T>(fact: Seen<T> | undefined, say: (value: T, since: WallTime) => void): void => {
    if (fact !== undefined) say(fact.value, fact.since);
  };

  if (failedPort !== undefined) {
    const { port, message, since } = failedPort;
    const text = `Our UDP port ${port} cannot be opened (${message}), so nothing of yours can arrive. This is ours to mend; we try again by ourselves.`;
    add('PORT_UNAVAILABLE', 'bad', text, since);
    return findings;
  }
  when(facts.otherSource, (from, since) =>
    add(
      'UDP_OTHER_SOURCE',
      'info',
      `Your packets come from ${from}, the form says ${config.endpoint ?? 'none'}. Use this endpoint?`,
      since,
      { field: 'endpoint', value: from },
    ),
  );
  when(facts.sourceNotAllowed, (source, since) =>
    add(
      'WG_SOURCE_NOT_ALLOWED',
      'warn',
      `Packets from ${source} came through the tunnel; that source is not allowed.`,
      since,
    ),
  );
  if (facts.hasKeyPair) return findings;

  when(facts.unknownKey, ({ publicKey, from }, since) =>
    add(
      'WG_KEY_UNKNOWN',
      'bad',
      `Your router at ${from} uses another key than the one in the form: it offers ${publicKey}.`,
      since,
      { field: 'publicKey', value: publicKey },
    ),
  );
  when(facts.wrongMac1, (from, since) =>
    add(
      'WG_MAC1',
      'bad',
      `Your router at ${from} has a wrong public key for us. Copy ours again.`,
      since,
    ),
  );
  when(facts.pskDiffers, (_, since) =>
    add(
      'WG_PSK',
      'bad',
      'Both ends know each other, but the preshared keys differ, or our answers do not reach you.',
      since,
    ),
  );
  when(facts.oldTimestamp, (from, since) =>
    add(
      'WG_OLD_TIMESTAMP',
      'warn',
      `The clock of your router at ${from} ran backwards: its handshake is older than one we have seen.`,
      since,
    ),
  );
  when(facts.endpointUnresolved, (host, since) =>
    add(
      'ENDPOINT_UNRESOLVED',
      'bad',
      `The name ${host} does not resolve to an address we may send to.`,
      since,
    ),
  );
  if (findings.some((finding) => finding.severity === 'bad')) return findings;

  if (facts.staleSince !== undefined) {
    add(
      'UDP_SILENT',
      'warn',
      `The tunnel was up and fell silent: nothing has arrived since ${formatWallTime(facts.staleSince).slice(11, 19)} UTC. ${sentTo(config.endpoint, tunnel.initiationsSent)}`.trimEnd(),
      facts.staleSince,
    );
  } else if (facts.firstPacketAt === undefined && now - provisionedAt >= SILENCE_MS) {
    const remedy =
      config.endpoint === undefined
        ? 'You gave no endpoint, so your router must send first. Check its Endpoint and the port of our node.'
        : 'Check your firewall and the port.';
    add(
      'UDP_SILENT',
      'warn',
      `Nothing has arrived from you yet. ${sentTo(config.endpoint, tunnel.initiationsSent)}${remedy}`,
      provisionedAt,
    );
  }
  return findings;
};

const sentTo = (endpoint: string | undefined, sent: number): string =>
  endpoint === undefined
    ? ''
    : `We have sent ${sent} ${sent === 1 ? 'packet' : 'packets'} to ${endpoint}. `;
