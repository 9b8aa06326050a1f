/**
 * Why no session, or no routes: TCP and BGP.
 *
 * Not standardized; portal specification §7, layers TCP and BGP.
 *
 * @module
 */
import { type BgpRole, counterpartOf } from '../../base/bgp-role.ts';
import { formatWallTime } from '../../base/rfc3339.ts';
import type { WallTime } from '../../base/units.ts';
import { BGP_PORT, type RoleConflict, roleWords } from '../../bgp/index.ts';
import type { SegmentRefusal } from '../../netstack/index.ts';
import type { Seen, SessionFacts } from '../facts.ts';
import type { DiagnosisFinding } from '../types.ts';
import { rejectionWords } from './rejection-words.ts';
import type { Diagnose, ObservedSession, SessionsInput } from './types.ts';

/** An established session may be without routes this long before we ask about it. */
const ROUTES_MS = 10_000;

export const diagnoseBgp: Diagnose<SessionsInput> = (input) => {
  if (!input.config.enabled) return [];
  return input.sessions.flatMap((session) =>
    session.state === 'established' ? aboutRoutes(input, session) : aboutSession(input, session),
  );
};

function aboutSession(
  { config, facts, now }: SessionsInput,
  session: ObservedSession,
): DiagnosisFinding[] {
  const fact: SessionFacts = facts.sessions.get(session.name) ?? {};
  const findings: DiagnosisFinding[] = [];
  const add = (
    code: string,
    severity: DiagnosisFinding['severity'],
    text: string,
    since: string,
  ): void => {
    findings.push({ code, severity, text, since });
  };
  if (fact.otherAs !== undefined) {
    add(
      'BGP_OTHER_AS',
      'bad',
      `Your router says it is AS${fact.otherAs.value}, the form says AS${config.asn}.`,
      formatWallTime(fact.otherAs.since),
    );
  }
  if (fact.rolesDiffer !== undefined) {
    const { value, since } = fact.rolesDiffer;
    add('BGP_ROLES_DIFFER', 'bad', aboutRoles(value), formatWallTime(since));
  }
  if (fact.holdTimerExpired !== undefined) {
    add(
      'BGP_HOLD_TIMER',
      'bad',
      `No keepalive for ${fact.holdTimerExpired.value} s, so the session ended. We try again by ourselves.`,
      formatWallTime(fact.holdTimerExpired.since),
    );
  } else if (fact.bfdDown !== undefined && isBfdDown(session.lastNotification)) {
    add(
      'BFD_DOWN',
      'bad',
      `BFD lost your router (${fact.bfdDown.value}), so we ended the session. We try again by ourselves.`,
      formatWallTime(fact.bfdDown.since),
    );
  } else if (session.lastNotification !== null && findings.length === 0) {
    const { direction, code, subcode, name, text, at } = session.lastNotification;
    const isBadOpen = direction === 'sent' && code === 2;
    const who = direction === 'sent' ? 'We ended the session' : 'Your router ended the session';
    const words = text === undefined ? '' : ` It says: "${text}".`;
    if (code === 2 && subcode === 11 && config.role !== undefined)
      add('BGP_ROLES_DIFFER', 'bad', aboutRefusedRole(config.role), at);
    else
      add(
        isBadOpen ? 'BGP_BAD_OPEN' : 'BGP_NOTIFICATION',
        'bad',
        `${who}: ${name} (${code}/${subcode}).${words}${aboutOurAs(session.lastNotification, config)}`,
        at,
      );
  }
  // Below BGP only what came after the last word counts, and only while the tunnel can carry it.
  const lastWord = findings.reduce((last, { since }) => (since > last ? since : last), '');
  const cameAfter = <T>(seen: Seen<T> | undefined): seen is Seen<T> =>
    seen !== undefined && formatWallTime(seen.since) > lastWord;
  if (facts.hasKeyPair) {
    if (cameAfter(fact.segmentsRefused)) {
      const { value, since } = fact.segmentsRefused;
      const { code, text } = aboutRefusal(value, session.remoteAddress, config);
      add(code, 'bad', text, formatWallTime(since));
    } else if (cameAfter(fact.tcpRefused)) {
      add(
        'TCP_REFUSED',
        'bad',
        `Your router refuses BGP on ${session.remoteAddress}. The daemon is not listening on this interface.`,
        formatWallTime(fact.tcpRefused.since),
      );
    } else if (cameAfter(fact.closedEarly)) {
      add(
        'TCP_CLOSED_EARLY',
        'bad',
        `Your router accepts TCP on ${session.remoteAddress} and closes it before OPEN: no neighbor is configured there for ${session.localAddress}.`,
        formatWallTime(fact.closedEarly.since),
      );
    } else if (cameAfter(fact.tcpUnanswered)) {
      add(
        'TCP_UNANSWERED',
        'warn',
        `${config.port === undefined ? 'The handshake is done, but nothing' : 'Nothing'} answers on ${session.remoteAddress} port ${config.port ?? BGP_PORT}. Is BGP configured, and does a firewall drop it?${aboutGuards(config)}${aboutHops(config, session.localAddress)}`,
        formatWallTime(fact.tcpUnanswered.since),
      );
    } else if (findings.length === 0 && isOverdue(facts.firstPacketAt, now)) {
      add(
        'BGP_NOT_UP',
        'info',
        `The handshake is done; BGP on ${session.remoteAddress} is ${session.state}.`,
        session.since,
      );
    }
  }
  return findings;
}

/** What else keeps a router from answering: it drops what is not signed as it expects. */
function aboutGuards({ password, tcpAo }: SessionsInput['config']): string {
  if (tcpAo !== undefined)
    return ' This peering has keys for TCP-AO: a router that has others, or none, does not answer either.';
  return password === undefined
    ? ''
    : ' This peering has a password: a router that has another one, or none, does not answer either.';
}

/** Over several hops the tunnel may be fine and the way beyond it not. */
const aboutHops = ({ multihop }: SessionsInput['config'], from: string): string =>
  multihop === undefined
    ? ''
    : ` It is reached over up to ${multihop} hops: does it have a way back to ${from}, and multihop for this neighbor?`;

/** RFC 4271 §6.2, Bad Peer AS: on this session we may speak for another AS than elsewhere. */
const aboutOurAs = (
  { direction, code, subcode }: NonNullable<ObservedSession['lastNotification']>,
  { localAs }: SessionsInput['config'],
): string =>
  direction === 'received' && code === 2 && subcode === 2 && localAs !== undefined
    ? ` On this session we are AS${localAs.asn}.`
    : '';

/** RFC 9384, on its own or inside a hard reset: the last word is ours and BFD's. */
const isBfdDown = (last: ObservedSession['lastNotification']): boolean =>
  last?.direction === 'sent' &&
  last.code === 6 &&
  (last.subcode === 10 || (last.subcode === 9 && last.data.startsWith('060a')));

/** We refused the OPEN of the other side, so we know what both claim (RFC 9234 §4.2). */
function aboutRoles({ ours, theirs }: RoleConflict): string {
  const wanted = roleWords(counterpartOf(ours));
  return theirs === null
    ? `Here the role of this node is "${roleWords(ours)}" and a role is required, but your router announces none. Yours has to be "${wanted}". ${ROLE_REMEDY}`
    : `The roles do not fit: here the role of this node is "${roleWords(ours)}", and your router says that its own is "${theirs}". Yours has to be "${wanted}", or ours is wrong. ${ROLE_REMEDY}`;
}

/** The other side refused ours before we saw what it is. */
const aboutRefusedRole = (ours: BgpRole): string =>
  `Your router refuses the role "${roleWords(ours)}" of this node. Its own has to be "${roleWords(counterpartOf(ours))}". ${ROLE_REMEDY}`;

const ROLE_REMEDY = 'BIRD: local role …; FRR: neighbor … local-role ….';

/** Refused before TCP and without an answer, so the other side sees nothing but timeouts. */
function aboutRefusal(
  refusal: SegmentRefusal,
  from: string,
  { tcpAo, multihop: hops = 1 }: SessionsInput['config'],
): { code: string; text: string } {
  const hasAo = tcpAo !== undefined;
  if (hasAo && refusal === 'signature-missing')
    return {
      code: 'TCP_AO_MISSING',
      text: `Your router sends TCP from ${from} without the authentication option (TCP-AO), but this peering has keys for it, so we drop it. Set the same keys on your side.`,
    };
  if (hasAo && refusal === 'signature-wrong')
    return {
      code: 'TCP_AO_WRONG',
      text: `The authentication option (TCP-AO) of your TCP from ${from} fits none of our keys, so we drop it. Key, algorithm and both IDs (crosswise) must be the same on both ends.`,
    };
  switch (refusal) {
    case 'signature-missing':
      return {
        code: 'TCP_MD5_MISSING',
        text: `Your router does not sign its TCP from ${from}, but this peering has a password, so we drop it. Set the same password on your side. BIRD: password "…"; FRR: neighbor … password ….`,
      };
    case 'signature-wrong':
      return {
        code: 'TCP_MD5_WRONG',
        text: `Your router signs its TCP from ${from} with another password than ours, so we drop it. Set the same password on both ends.`,
      };
    case 'signature-unexpected':
      return {
        code: 'TCP_MD5_UNEXPECTED',
        text: `Your router signs its TCP from ${from} with a password, but this peering has none, so we drop it. Set it here as well, or take it away on your side.`,
      };
    case 'hop-limit-low':
      return {
        code: 'TCP_TTL_LOW',
        text: `TCP from ${from} arrives with a hop limit (TTL) below ${256 - hops}, and this peering has ttlSecurity, so we drop it. Switch it on on your side. BIRD: ttl security on; FRR: neighbor … ttl-security hops ${hops}.`,
      };
  }
}

const isOverdue = (since: WallTime | undefined, now: WallTime): boolean =>
  since !== undefined && now - since > ROUTES_MS;

function aboutRoutes(
  { config, hasRegistry, isWithoutRoas, now }: SessionsInput,
  session: ObservedSession,
): DiagnosisFinding[] {
  const findings: DiagnosisFinding[] = [];
  const add = (code: string, severity: DiagnosisFinding['severity'], text: string): void => {
    findings.push({ code, severity, text, since: session.since });
  };
  if (!hasRegistry && config.policy !== 'accept-all') {
    add(
      'REGISTRY_MISSING',
      'warn',
      'This node has no copy of the registry, so it can verify no route and accepts none.',
    );
  } else if (isWithoutRoas && config.policy !== 'accept-all') {
    add(
      'ROAS_MISSING',
      'warn',
      "None of this node's sources of ROAs has answered yet, so it can verify no route and accepts none.",
    );
  }
  const missing = config.families?.filter((family) => session.families[family] === undefined) ?? [];
  const isOneForBoth = (config.sessions ?? 'mp-bgp') === 'mp-bgp';
  for (const family of isOneForBoth ? missing : []) {
    const word = family === 'ipv4' ? 'IPv4' : 'IPv6';
    const isNextHop = family === 'ipv4' && config.extendedNextHop;
    const remedy = isNextHop
      ? 'BIRD: ipv4 { extended next hop on; }; FRR: neighbor … capability extended-nexthop.'
      : `Activate the ${word} family for this neighbor.`;
    add(
      'BGP_CAPABILITY_MISSING',
      'warn',
      `Your router does not offer ${word}${isNextHop ? ' with an IPv6 next hop' : ''} on this session. ${remedy}`,
    );
  }
  const age = now - session.sinceAt;
  if (session.received === 0 && age > ROUTES_MS) {
    add(
      'BGP_NO_ROUTES',
      'warn',
      'Established, but you announce nothing. Check your export filter.',
    );
  }
  if (session.rejected > 0) {
    const reasons = Object.entries(session.rejectedReasons)
      .sort((a, b) => b[1] - a[1])
      .map(([reason, n]) => `${n} ${rejectionWords(reason)}`);
    add(
      'BGP_PREFIXES_REJECTED',
      'warn',
      `${session.rejected} of your prefixes are rejected: ${reasons.join(', ')}.`,
    );
  }
  return findings;
}
