/**
 * Why no packets: inside the tunnel, below TCP.
 *
 * Not standardized; portal specification §7, layer L3.
 *
 * @module
 */
import { formatWallTime } from '../../base/rfc3339.ts';
import type { DiagnosisFinding } from '../types.ts';
import type { Diagnose } from './types.ts';

/** A tunnel may be quiet this long before we ask about it. */
const QUIET_MS = 8000;

export const diagnoseInner: Diagnose = ({ config, facts, tunnel, sessions, now }) => {
  // Without BGP a tunnel may well be quiet: disabled, or a tunnel for static routes.
  const mayBeQuiet = !config.enabled || config.sessions === 'none';
  if (!facts.hasKeyPair || sessions.some((session) => session.state === 'established')) return [];
  const findings: DiagnosisFinding[] = [];
  if (facts.innerSource !== undefined) {
    const { value, since } = facts.innerSource;
    findings.push({
      code: 'L3_ADDRESS_MISMATCH',
      severity: 'bad',
      text: `Packets in the tunnel come from ${value}, the form says ${config.linkLocal}.`,
      since: formatWallTime(since),
      proposal: { field: 'linkLocal', value },
    });
  }
  const handshake = facts.firstPacketAt;
  const isSilent =
    facts.innerPacketAt === undefined && handshake !== undefined && now - handshake >= QUIET_MS;
  if (isSilent && !mayBeQuiet) {
    findings.push({
      code: 'L3_SILENT',
      severity: 'warn',
      text: `The tunnel is up, but nothing comes through it. Does the interface have ${config.linkLocal}/64, and \`Table = off\`?`,
      since: tunnel.lastHandshakeAt ?? formatWallTime(handshake),
    });
  }
  return findings;
};
