import { expect, test } from 'vitest';
import { formatWallTime } from '../../base/rfc3339.ts';
import { type WallTime, wallTime } from '../../base/units.ts';
import type { PeeringFacts, SessionFacts } from '../facts.ts';
import { createPeeringFacts } from '../facts.ts';
import { TEST_PEERING, testKey } from '../testing/document.ts';
import type { BfdSessionView, NotificationView, PeeringConfig, TunnelView } from '../types.ts';
import { type DiagnosisInput, diagnose, type ObservedSession } from './index.ts';

/** Noon; facts are given in seconds from here. */
const NOON = Date.UTC(2026, 10, 21, 12);
const at = (s: number): WallTime => wallTime(NOON + s * 1000);
const text = (s: number): string => formatWallTime(at(s));
const seen = <T>(value: T, s = 0): { since: WallTime; value: T } => ({ since: at(s), value });

const TUNNEL: TunnelView = {
  lastHandshakeAt: null,
  rxBytes: 0,
  txBytes: 0,
  endpoint: null,
  firstPacketAt: null,
  lastReceivedAt: null,
  initiationsSent: 3,
  roundTripMs: null,
};
const SESSION: ObservedSession = {
  name: 'alder',
  state: 'active',
  since: text(0),
  sinceAt: at(0),
  received: 0,
  accepted: 0,
  rejected: 0,
  sent: 0,
  families: {},
  lastNotification: null,
  localAddress: 'fe80::6000',
  remoteAddress: 'fe80::6001',
  routerId: null,
  holdTimeSeconds: null,
  capabilities: [],
  rejectedReasons: {},
};
const COUNTS = { received: 1, accepted: 1, rejected: 0, sent: 1 };
const ESTABLISHED: Partial<ObservedSession> = {
  ...COUNTS,
  state: 'established',
  families: { ipv4: COUNTS, ipv6: COUNTS },
};
const CEASE: NotificationView = {
  direction: 'received',
  code: 6,
  subcode: 2,
  name: 'Cease: Administrative Shutdown',
  text: 'maintenance until Monday',
  data: '',
  at: text(5),
};

const BFD_CEASE: NotificationView = {
  direction: 'sent',
  code: 6,
  subcode: 10,
  name: 'Cease: BFD Down',
  data: '',
  at: text(5),
};
/** Nothing was heard. */
const BFD: BfdSessionView = {
  state: 'down',
  since: text(1),
  remoteState: 'down',
  diagnostic: 'none',
  remoteDiagnostic: 'none',
  transmitIntervalMs: 1000,
  detectionTimeMs: null,
  lastReceivedAt: null,
  downs: 0,
};
const BFD_UP: BfdSessionView = {
  ...BFD,
  state: 'up',
  remoteState: 'up',
  transmitIntervalMs: 300,
  detectionTimeMs: 1500,
};

type Case = {
  facts?: Partial<PeeringFacts>;
  session?: Partial<ObservedSession>;
  sessionFacts?: SessionFacts;
  config?: Partial<PeeringConfig>;
  /** Seconds since the peering was provisioned. */
  now?: number;
  hasRegistry?: boolean;
  isWithoutRoas?: boolean;
};

function inputOf({
  facts,
  session,
  sessionFacts = {},
  config,
  now = 60,
  hasRegistry = true,
  isWithoutRoas = false,
}: Case): DiagnosisInput {
  return {
    config: { ...TEST_PEERING, ...config },
    facts: { ...createPeeringFacts(), sessions: new Map([['alder', sessionFacts]]), ...facts },
    tunnel: TUNNEL,
    sessions: [{ ...SESSION, ...session }],
    provisionedAt: at(0),
    now: at(now),
    hasRegistry,
    isWithoutRoas,
    failedPort: undefined,
  };
}
const lines = (what: Case): string[] =>
  diagnose(inputOf(what)).map(({ code, severity, text }) => `${severity} ${code}: ${text}`);

/** The tunnel is up since the first second. */
const UP: Partial<PeeringFacts> = { hasKeyPair: true, firstPacketAt: at(1), innerPacketAt: at(2) };

const CASES: readonly [observation: string, what: Case, findings: string[]][] = [
  ['nothing for two seconds is no news', { now: 2 }, []],
  [
    'nothing arrived',
    { now: 3 },
    [
      'warn UDP_SILENT: Nothing has arrived from you yet. We have sent 3 packets to 203.0.113.5:51820. Check your firewall and the port.',
    ],
  ],
  [
    'nothing arrived from a peer without endpoint',
    { config: { endpoint: undefined as never } },
    [
      'warn UDP_SILENT: Nothing has arrived from you yet. You gave no endpoint, so your router must send first. Check its Endpoint and the port of our node.',
    ],
  ],
  [
    'the tunnel was up and fell silent',
    { facts: { firstPacketAt: at(1), staleSince: at(30) } },
    [
      'warn UDP_SILENT: The tunnel was up and fell silent: nothing has arrived since 12:00:30 UTC. We have sent 3 packets to 203.0.113.5:51820.',
    ],
  ],
  [
    'the name of the endpoint does not resolve',
    { facts: { endpointUnresolved: seen('alder.example') } },
    [
      'bad ENDPOINT_UNRESOLVED: The name alder.example does not resolve to an address we may send to.',
    ],
  ],
  [
    'another key is offered',
    { facts: { unknownKey: seen({ publicKey: testKey(7), from: '203.0.113.5:51820' }) } },
    [
      `bad WG_KEY_UNKNOWN: Your router at 203.0.113.5:51820 uses another key than the one in the form: it offers ${testKey(7)}.`,
    ],
  ],
  [
    'our key is wrong on the other side',
    { facts: { wrongMac1: seen('203.0.113.5:51820') } },
    [
      'bad WG_MAC1: Your router at 203.0.113.5:51820 has a wrong public key for us. Copy ours again.',
    ],
  ],
  [
    'preshared keys differ',
    { facts: { firstPacketAt: at(1), pskDiffers: seen('psk') } },
    [
      'bad WG_PSK: Both ends know each other, but the preshared keys differ, or our answers do not reach you.',
    ],
  ],
  [
    'a clock ran backwards',
    { facts: { firstPacketAt: at(1), oldTimestamp: seen('203.0.113.5:51820') } },
    [
      'warn WG_OLD_TIMESTAMP: The clock of your router at 203.0.113.5:51820 ran backwards: its handshake is older than one we have seen.',
    ],
  ],
  [
    'a source inside the tunnel is not allowed, which is seen while it is up',
    { facts: { ...UP, sourceNotAllowed: seen('10.9.9.9') }, session: ESTABLISHED },
    [
      'warn WG_SOURCE_NOT_ALLOWED: Packets from 10.9.9.9 came through the tunnel; that source is not allowed.',
    ],
  ],
  [
    'packets come from elsewhere',
    { facts: { ...UP, otherSource: seen('198.51.100.7:4711') }, session: ESTABLISHED },
    [
      'info UDP_OTHER_SOURCE: Your packets come from 198.51.100.7:4711, the form says 203.0.113.5:51820. Use this endpoint?',
    ],
  ],
  [
    'the tunnel is up and quiet',
    { facts: { hasKeyPair: true, firstPacketAt: at(1) }, now: 9 },
    [
      'warn L3_SILENT: The tunnel is up, but nothing comes through it. Does the interface have fe80::6001/64, and `Table = off`?',
    ],
  ],
  [
    'the tunnel is up and quiet for seven seconds only',
    { facts: { hasKeyPair: true, firstPacketAt: at(1) }, now: 8 },
    [],
  ],
  [
    'a tunnel for static routes may be quiet',
    {
      facts: { hasKeyPair: true, firstPacketAt: at(1) },
      config: { sessions: 'none' },
      session: { state: 'idle' },
      now: 11,
    },
    [],
  ],
  [
    'packets in the tunnel have another address',
    { facts: { ...UP, innerSource: seen('fe80::dead') }, now: 5 },
    [
      'bad L3_ADDRESS_MISMATCH: Packets in the tunnel come from fe80::dead, the form says fe80::6001.',
    ],
  ],
  [
    'nobody listens on port 179',
    { facts: UP, sessionFacts: { tcpRefused: seen(null) } },
    [
      'bad TCP_REFUSED: Your router refuses BGP on fe80::6001. The daemon is not listening on this interface.',
    ],
  ],
  [
    'SYNs are not answered',
    { facts: UP, sessionFacts: { tcpUnanswered: seen(null) } },
    [
      'warn TCP_UNANSWERED: The handshake is done, but nothing answers on fe80::6001 port 179. Is BGP configured, and does a firewall drop it?',
    ],
  ],
  [
    'SYNs are not answered, and there is a password',
    { facts: UP, config: { password: 'moss' }, sessionFacts: { tcpUnanswered: seen(null) } },
    [
      'warn TCP_UNANSWERED: The handshake is done, but nothing answers on fe80::6001 port 179. Is BGP configured, and does a firewall drop it? This peering has a password: a router that has another one, or none, does not answer either.',
    ],
  ],
  [
    'SYNs are not answered, and there are keys of TCP-AO',
    {
      facts: UP,
      config: { tcpAo: [{ sendId: 1, receiveId: 2, key: 'moss' }] },
      sessionFacts: { tcpUnanswered: seen(null) },
    },
    [
      'warn TCP_UNANSWERED: The handshake is done, but nothing answers on fe80::6001 port 179. Is BGP configured, and does a firewall drop it? This peering has keys for TCP-AO: a router that has others, or none, does not answer either.',
    ],
  ],
  [
    'SYNs to a router behind another one are not answered',
    { facts: UP, config: { multihop: 3 }, sessionFacts: { tcpUnanswered: seen(null) } },
    [
      'warn TCP_UNANSWERED: The handshake is done, but nothing answers on fe80::6001 port 179. Is BGP configured, and does a firewall drop it? It is reached over up to 3 hops: does it have a way back to fe80::6000, and multihop for this neighbor?',
    ],
  ],
  [
    'the other side expects another AS than the one we speak for',
    {
      facts: UP,
      config: { localAs: { asn: 4242426666 } },
      session: {
        lastNotification: {
          direction: 'received',
          code: 2,
          subcode: 2,
          name: 'OPEN Message Error: Bad Peer AS',
          data: '',
          at: text(5),
        },
      },
    },
    [
      'bad BGP_NOTIFICATION: Your router ended the session: OPEN Message Error: Bad Peer AS (2/2). On this session we are AS4242426666.',
    ],
  ],
  [
    'segments are not signed, which says more than the SYNs nobody answered',
    {
      facts: UP,
      sessionFacts: { segmentsRefused: seen('signature-missing'), tcpUnanswered: seen(null) },
    },
    [
      'bad TCP_MD5_MISSING: Your router does not sign its TCP from fe80::6001, but this peering has a password, so we drop it. Set the same password on your side. BIRD: password "…"; FRR: neighbor … password ….',
    ],
  ],
  [
    'segments are signed with another password',
    { facts: UP, sessionFacts: { segmentsRefused: seen('signature-wrong') } },
    [
      'bad TCP_MD5_WRONG: Your router signs its TCP from fe80::6001 with another password than ours, so we drop it. Set the same password on both ends.',
    ],
  ],
  [
    'segments are signed, and nobody asked for it',
    { facts: UP, sessionFacts: { segmentsRefused: seen('signature-unexpected') } },
    [
      'bad TCP_MD5_UNEXPECTED: Your router signs its TCP from fe80::6001 with a password, but this peering has none, so we drop it. Set it here as well, or take it away on your side.',
    ],
  ],
  [
    'segments come from farther than next door',
    { facts: UP, sessionFacts: { segmentsRefused: seen('hop-limit-low') } },
    [
      'bad TCP_TTL_LOW: TCP from fe80::6001 arrives with a hop limit (TTL) below 255, and this peering has ttlSecurity, so we drop it. Switch it on on your side. BIRD: ttl security on; FRR: neighbor … ttl-security hops 1.',
    ],
  ],
  [
    'forged segments beside a session that is up say nothing',
    {
      facts: UP,
      session: ESTABLISHED,
      sessionFacts: { segmentsRefused: seen('signature-missing') },
    },
    [],
  ],
  [
    'the connection ends before OPEN',
    { facts: UP, sessionFacts: { closedEarly: seen(null) } },
    [
      'bad TCP_CLOSED_EARLY: Your router accepts TCP on fe80::6001 and closes it before OPEN: no neighbor is configured there for fe80::6000.',
    ],
  ],
  [
    'BGP is not up, and we do not know why',
    { facts: UP, now: 30 },
    ['info BGP_NOT_UP: The handshake is done; BGP on fe80::6001 is active.'],
  ],
  [
    'another AS in OPEN',
    {
      facts: UP,
      sessionFacts: { otherAs: seen(4242429999) },
      session: { lastNotification: { ...CEASE, direction: 'sent', code: 2, subcode: 2 } },
    },
    ['bad BGP_OTHER_AS: Your router says it is AS4242429999, the form says AS4242426001.'],
  ],
  [
    'another role in OPEN',
    {
      facts: UP,
      sessionFacts: { rolesDiffer: seen({ ours: 'provider' as const, theirs: 'peer' }) },
      session: { lastNotification: { ...CEASE, direction: 'sent', code: 2, subcode: 11 } },
    },
    [
      'bad BGP_ROLES_DIFFER: The roles do not fit: here the role of this node is "provider", and your router says that its own is "peer". Yours has to be "customer", or ours is wrong. BIRD: local role …; FRR: neighbor … local-role ….',
    ],
  ],
  [
    'no role, where one is required',
    {
      facts: UP,
      sessionFacts: { rolesDiffer: seen({ ours: 'rs-server' as const, theirs: null }) },
    },
    [
      'bad BGP_ROLES_DIFFER: Here the role of this node is "route server" and a role is required, but your router announces none. Yours has to be "route server client". BIRD: local role …; FRR: neighbor … local-role ….',
    ],
  ],
  [
    'our role refused before we saw theirs',
    {
      facts: UP,
      config: { role: 'customer' },
      session: { lastNotification: { ...CEASE, direction: 'received', code: 2, subcode: 11 } },
    },
    [
      'bad BGP_ROLES_DIFFER: Your router refuses the role "customer" of this node. Its own has to be "provider". BIRD: local role …; FRR: neighbor … local-role ….',
    ],
  ],
  [
    'an OPEN we cannot accept',
    {
      facts: UP,
      session: {
        lastNotification: {
          direction: 'sent',
          code: 2,
          subcode: 3,
          name: 'OPEN Message Error: Bad BGP Identifier',
          data: '',
          at: text(5),
        },
      },
    },
    ['bad BGP_BAD_OPEN: We ended the session: OPEN Message Error: Bad BGP Identifier (2/3).'],
  ],
  [
    'the other side said goodbye',
    { facts: UP, session: { lastNotification: CEASE } },
    [
      'bad BGP_NOTIFICATION: Your router ended the session: Cease: Administrative Shutdown (6/2). It says: "maintenance until Monday".',
    ],
  ],
  [
    'what was seen before the goodbye is explained by it',
    {
      facts: UP,
      session: { lastNotification: CEASE },
      sessionFacts: { tcpRefused: seen(null, 4) },
    },
    [
      'bad BGP_NOTIFICATION: Your router ended the session: Cease: Administrative Shutdown (6/2). It says: "maintenance until Monday".',
    ],
  ],
  [
    'what is seen after the goodbye is news',
    {
      facts: UP,
      session: { lastNotification: CEASE },
      sessionFacts: { tcpRefused: seen(null, 50) },
    },
    [
      'bad BGP_NOTIFICATION: Your router ended the session: Cease: Administrative Shutdown (6/2). It says: "maintenance until Monday".',
      'bad TCP_REFUSED: Your router refuses BGP on fe80::6001. The daemon is not listening on this interface.',
    ],
  ],
  [
    'the hold timer ran out',
    { facts: UP, sessionFacts: { holdTimerExpired: seen(90) } },
    ['bad BGP_HOLD_TIMER: No keepalive for 90 s, so the session ended. We try again by ourselves.'],
  ],
  [
    'established, and no source of ROAs has answered',
    { facts: UP, session: ESTABLISHED, isWithoutRoas: true },
    [
      "warn ROAS_MISSING: None of this node's sources of ROAs has answered yet, so it can verify no route and accepts none.",
    ],
  ],
  [
    'BFD lost the neighbor',
    {
      facts: UP,
      session: { lastNotification: BFD_CEASE, bfd: { ...BFD, downs: 1 } },
      sessionFacts: { bfdDown: seen('detection time expired', 5) },
    },
    [
      'bad BFD_DOWN: BFD lost your router (detection time expired), so we ended the session. We try again by ourselves.',
    ],
  ],
  [
    'another word came after BFD lost the neighbor',
    {
      facts: UP,
      session: { lastNotification: CEASE, bfd: BFD },
      sessionFacts: { bfdDown: seen('detection time expired', 2) },
    },
    [
      'bad BGP_NOTIFICATION: Your router ended the session: Cease: Administrative Shutdown (6/2). It says: "maintenance until Monday".',
    ],
  ],
  ['established with BFD', { facts: UP, session: { ...ESTABLISHED, bfd: BFD_UP } }, []],
  [
    'established, and nothing is heard from BFD',
    { facts: UP, session: { ...ESTABLISHED, bfd: BFD } },
    [
      'info BFD_NOT_UP: The session is up without BFD: nothing comes from fe80::6001 on UDP 3784. Is BFD configured on your side, and does a firewall drop it?',
    ],
  ],
  [
    'established a moment ago, and nothing is heard from BFD yet',
    { facts: UP, session: { ...ESTABLISHED, bfd: BFD }, now: 9 },
    [],
  ],
  [
    'established, and BFD hears but is not heard',
    {
      facts: UP,
      session: {
        ...ESTABLISHED,
        bfd: { ...BFD, detectionTimeMs: 3000, remoteDiagnostic: 'detection time expired' },
      },
    },
    [
      'info BFD_NOT_UP: The session is up without BFD: your router at fe80::6001 is heard, but does not hear us on UDP 3784 (it says: detection time expired).',
    ],
  ],
  [
    'established, and BFD is switched off there',
    { facts: UP, session: { ...ESTABLISHED, bfd: { ...BFD, remoteState: 'admin-down' } } },
    [
      'info BFD_ADMIN_DOWN: BFD with fe80::6001 is switched off on your side (AdminDown), so BGP alone watches the session.',
    ],
  ],
  [
    'a session that is shut down by wish has no trouble',
    { facts: UP, config: { enabled: false }, sessionFacts: { tcpRefused: seen(null) } },
    [],
  ],
  ['established with routes', { facts: UP, session: ESTABLISHED }, []],
  [
    'established without routes',
    { facts: UP, session: { ...ESTABLISHED, received: 0, accepted: 0 } },
    ['warn BGP_NO_ROUTES: Established, but you announce nothing. Check your export filter.'],
  ],
  [
    'established a moment ago',
    { facts: UP, session: { ...ESTABLISHED, received: 0, accepted: 0, sinceAt: at(55) } },
    [],
  ],
  [
    'prefixes are rejected',
    {
      facts: UP,
      session: {
        ...ESTABLISHED,
        rejected: 3,
        rejectedReasons: { 'roa-not-found': 1, 'not-dn42-space': 2 },
      },
    },
    [
      'warn BGP_PREFIXES_REJECTED: 3 of your prefixes are rejected: 2 outside DN42’s address space, 1 without ROA.',
    ],
  ],
  [
    'too many prefixes ended the session',
    {
      facts: UP,
      session: {
        lastNotification: { ...CEASE, direction: 'sent', subcode: 1 },
        excess: { family: 'ipv6', counted: 'accepted', limit: 500, restartsAt: text(300) },
      },
    },
    [
      `bad BGP_PREFIX_LIMIT: Your router announced more than 500 IPv6 prefixes (accepted), so we ended the session. It starts again at ${text(300)}.`,
    ],
  ],
  [
    'too many prefixes ended the session for good',
    {
      facts: UP,
      session: {
        excess: { family: 'ipv4', counted: 'received', limit: 500, restartsAt: null },
      },
    },
    [
      'bad BGP_PREFIX_LIMIT: Your router announced more than 500 IPv4 prefixes (received), so we ended the session. It stays down until the operator starts it again.',
    ],
  ],
  [
    'a prefix limit is near, and another one passed',
    {
      facts: UP,
      config: {
        prefixLimit: { accepted: 10, warnAt: 50 },
        ipv6: { prefixLimit: { received: 5, action: 'warn' } },
      },
      session: {
        ...ESTABLISHED,
        families: {
          ipv4: { ...COUNTS, accepted: 5 },
          ipv6: { ...COUNTS, received: 6, accepted: 4 },
        },
      },
    },
    [
      'info BGP_PREFIX_LIMIT_NEAR: Your router announces 5 of at most 10 IPv4 prefixes (accepted); beyond that: block.',
      'warn BGP_PREFIX_LIMIT_NEAR: Your router announces 6 of at most 5 IPv6 prefixes (received).',
    ],
  ],
  [
    'IPv4 over IPv6 is not offered',
    { facts: UP, session: { ...ESTABLISHED, families: { ipv6: COUNTS } } },
    [
      'warn BGP_CAPABILITY_MISSING: Your router does not offer IPv4 with an IPv6 next hop on this session. BIRD: ipv4 { extended next hop on; }; FRR: neighbor … capability extended-nexthop.',
    ],
  ],
  [
    'IPv4 is not offered, extended next hop is not wanted',
    {
      facts: UP,
      config: { extendedNextHop: false },
      session: { ...ESTABLISHED, families: { ipv6: COUNTS } },
    },
    [
      'warn BGP_CAPABILITY_MISSING: Your router does not offer IPv4 on this session. Activate the IPv4 family for this neighbor.',
    ],
  ],
  [
    'there is no registry',
    { facts: UP, hasRegistry: false, session: ESTABLISHED },
    [
      'warn REGISTRY_MISSING: This node has no copy of the registry, so it can verify no route and accepts none.',
    ],
  ],
  [
    'there is no registry, and none is needed',
    { facts: UP, hasRegistry: false, config: { policy: 'accept-all' }, session: ESTABLISHED },
    [],
  ],
];

test.each(CASES)('%s', (_, what, findings) => {
  expect(lines(what)).toEqual(findings);
});

test('while the tunnel is down nothing is said about BGP', () => {
  const codes = diagnose(
    inputOf({ sessionFacts: { tcpRefused: seen(null), otherAs: seen(1) } }),
  ).map((f) => f.code);
  expect(codes).toEqual(['UDP_SILENT']);
});

test('a cause that is known silences the guess', () => {
  expect(lines({ facts: { wrongMac1: seen('203.0.113.5:1') } })).toHaveLength(1);
});

test('findings carry the time they were first seen, and what the owner can take over', () => {
  const findings = diagnose(
    inputOf({ facts: { unknownKey: seen({ publicKey: testKey(7), from: '203.0.113.5:1' }, 5) } }),
  );
  expect(findings[0]).toMatchObject({
    since: text(5),
    proposal: { field: 'publicKey', value: testKey(7) },
  });
  const other = diagnose(
    inputOf({
      facts: { ...UP, otherSource: seen('198.51.100.7:4711'), innerSource: seen('fe80::dead') },
    }),
  );
  expect(other.map((finding) => finding.proposal)).toEqual([
    { field: 'endpoint', value: '198.51.100.7:4711' },
    { field: 'linkLocal', value: 'fe80::dead' },
    undefined,
  ]);
});

test('a port of ours that cannot be opened is ours to mend, and says nothing of the peer', () => {
  const failedPort = { port: 26001, host: '::', message: 'bind EADDRINUSE', since: at(5) };
  const findings = diagnose({ ...inputOf({}), failedPort });
  expect(findings).toEqual([
    expect.objectContaining({ code: 'PORT_UNAVAILABLE', severity: 'bad' }),
  ]);
  expect(findings[0]?.text).toMatch(/Our UDP port 26001 cannot be opened \(bind EADDRINUSE\)/);
});

test.each([
  [
    'session' as const,
    false,
    2,
    'The session is down, its 2 routes are kept for 30 s more, graceful restart.',
  ],
  [
    'session' as const,
    false,
    1,
    'The session is down, its 1 route is kept for 30 s more, graceful restart.',
  ],
  [
    'end-of-rib' as const,
    false,
    2,
    'The session is back. What your router does not say again within 30 s goes, graceful restart.',
  ],
  [
    'session' as const,
    true,
    2,
    'The session is down, its 2 routes are kept for 30 s more, long-lived graceful restart: used where nothing else is left.',
  ],
])(
  'routes that are kept are told of, whatever else is wrong (%s, %s, %i)',
  (awaits, isLongLived, accepted, words) => {
    const session: Partial<ObservedSession> = {
      accepted,
      stale: { families: ['ipv4'], awaits, isLongLived, until: text(90) },
      staleUntilAt: at(90),
    };
    for (const hasKeyPair of [false, true]) {
      const found = diagnose(inputOf({ facts: { hasKeyPair }, session }));
      expect(found.at(-1)).toEqual({
        code: 'BGP_ROUTES_KEPT',
        severity: 'info',
        text: words,
        since: text(0),
      });
    }
  },
);
