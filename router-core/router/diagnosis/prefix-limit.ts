/**
 * Prefix limits: near, passed, and what they did to the session.
 *
 * Standard: RFC 4486 §4. BGP specification §6.7 and §15.
 *
 * @module
 */
import { prefixLimitOf } from '../session-options.ts';
import type { DiagnosisFinding } from '../types.ts';
import type { Diagnose, ObservedSession, SessionsInput } from './types.ts';

const WORDS = { ipv4: 'IPv4', ipv6: 'IPv6' } as const;

export const diagnosePrefixLimits: Diagnose<SessionsInput> = (input) =>
  input.config.enabled
    ? input.sessions.flatMap((session) => [...ended(session), ...counted(input, session)])
    : [];

function ended({ excess, state, since }: ObservedSession): DiagnosisFinding[] {
  if (excess === undefined || state === 'established') return [];
  const { family, counted, limit, restartsAt } = excess;
  const until =
    restartsAt === null
      ? 'It stays down until the operator starts it again.'
      : `It starts again at ${restartsAt}.`;
  return [
    {
      code: 'BGP_PREFIX_LIMIT',
      severity: 'bad',
      text: `Your router announced more than ${limit} ${WORDS[family]} prefixes (${counted}), so we ended the session. ${until}`,
      since,
    },
  ];
}

/** Of a living session, by its counters: what has been refused is said by the rejected prefixes. */
function counted({ config }: SessionsInput, session: ObservedSession): DiagnosisFinding[] {
  return (['ipv4', 'ipv6'] as const).flatMap((family): DiagnosisFinding[] => {
    const counters = session.families[family];
    if (counters === undefined || session.state !== 'established') return [];
    const { received, accepted, action, warnAt } = prefixLimitOf(config, family);
    const limits = [
      ['accepted', counters.accepted, accepted],
      ...(received === undefined ? [] : [['received', counters.received, received] as const]),
    ] as const;
    return limits.flatMap(([what, count, limit]): DiagnosisFinding[] => {
      if (count * 100 < limit * warnAt) return [];
      const isPassed = count > limit;
      const share = `${count} of at most ${limit} ${WORDS[family]} prefixes (${what})`;
      const text = isPassed
        ? `Your router announces ${share}.`
        : `Your router announces ${share}; beyond that: ${action}.`;
      const severity = isPassed ? 'warn' : 'info';
      return [{ code: 'BGP_PREFIX_LIMIT_NEAR', severity, text, since: session.since }];
    });
  });
}
