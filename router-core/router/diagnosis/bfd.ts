/**
 * What BFD has to say beside a session that is up: nobody answers there, or somebody switched it off.
 *
 * Standard: RFC 5882 §3.2 (neither is a reason to end the session). Why a session fell stands in bgp.ts.
 *
 * @module
 */
import type { DiagnosisFinding } from '../types.ts';
import type { Diagnose } from './types.ts';

/** An established session may be without BFD this long before we ask about it. */
const BFD_MS = 10_000;

export const diagnoseBfd: Diagnose = ({ config, sessions, now }) => {
  if (!config.enabled) return [];
  return sessions.flatMap(({ bfd, state, sinceAt, remoteAddress }): DiagnosisFinding[] => {
    if (bfd === undefined || state !== 'established' || bfd.state === 'up') return [];
    if (bfd.remoteState === 'admin-down') {
      const text = `BFD with ${remoteAddress} is switched off on your side (AdminDown), so BGP alone watches the session.`;
      return [{ code: 'BFD_ADMIN_DOWN', severity: 'info', text, since: bfd.since }];
    }
    if (now - sinceAt < BFD_MS) return [];
    const text =
      bfd.detectionTimeMs === null
        ? `The session is up without BFD: nothing comes from ${remoteAddress} on UDP 3784. Is BFD configured on your side, and does a firewall drop it?`
        : `The session is up without BFD: your router at ${remoteAddress} is heard, but does not hear us on UDP 3784 (it says: ${bfd.remoteDiagnostic}).`;
    return [{ code: 'BFD_NOT_UP', severity: 'info', text, since: bfd.since }];
  });
};
