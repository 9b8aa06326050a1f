/**
 * The two documents of the door: NodeConfig (desired) and Snapshot (actual), as plain data.
 *
 * Not standardized; docs/architecture.md §7, portal specification §9. Strings are what people
 * write; `config.ts` turns them into types of our own once, and nothing inside a protocol sees them.
 *
 * Invariants
 * - Private keys are in neither document. Preshared keys, passwords and keys of TCP-AO are in NodeConfig only.
 * - Times in a snapshot are RFC 3339 in UTC with milliseconds; counters are monotonic.
 *
 * @module
 */
import type { BgpRole } from '../base/bgp-role.ts';
import type {
  BfdParameters,
  BfdState,
  ChainText,
  DecisionOptions,
  FlapSettings,
  ParameterValue,
  PolicyDocument,
} from '../bgp/index.ts';
import type { ObfuscationConfig } from '../wireguard/obfuscation/index.ts';
import type { AddPathSettings } from './add-path.ts';
import type { MeshSettings } from './mesh/mesh-settings.ts';
import type { MeshView } from './mesh/mesh-view-types.ts';
import type { ServicesSettings } from './service-settings.ts';
import type { OptionEffect, OptionsInForce, SessionOptions } from './session-option-types.ts';
import type { TcpAoKey } from './tcp-ao.ts';

export const NODE_CONFIG_SCHEMA = 1;

export const SESSION_SHAPES = ['mp-bgp', 'separate', 'ipv6-only', 'ipv4-only', 'none'] as const;
/** Which BGP sessions a peering has; `none` is a tunnel without BGP. */
export type SessionShape = (typeof SESSION_SHAPES)[number];

export const PEERING_POLICIES = [
  'full',
  'peer-only',
  'downstream',
  'upstream',
  'accept-all',
] as const;
export type PeeringPolicy = (typeof PEERING_POLICIES)[number];

/** What both sides are to each other in BGP, as people write it; keys of the file alone. */
export type PeeringRelation = {
  /** Absent: no role is announced, and nothing is marked or kept back because of one. */
  readonly role?: BgpRole;
  /** A neighbor that announces no role is refused; absent: false. */
  readonly strictRole?: boolean;
  /** Of our own AS: we reflect routes to it (RFC 4456); absent: false. */
  readonly routeReflectorClient?: boolean;
  /** Of another AS: it gets routes as we got them (RFC 7947); absent: false. */
  readonly routeServerClient?: boolean;
};

/** One peering as people write it (portal specification §4.1). */
export type PeeringConfig = PeeringRelation &
  SessionOptions & {
    /** Opaque and stable: the database's id, or `file:<name>` headless. */
    readonly id: string;
    readonly name: string;
    readonly asn: number;
    readonly publicKey: string;
    readonly presharedKey?: string;
    /** The virtual router its tunnel and sessions are in; absent: the default one. */
    readonly vrf?: string;
    /** Signs the TCP of every session (RFC 2385); absent: no signatures. */
    readonly password?: string;
    /** MACs over the TCP of every session (RFC 5925), the preferred key first; never beside `password`. */
    readonly tcpAo?: readonly TcpAoKey[];
    /** BGP must come from no further than it should: hop limit 255 out, few hops less in (RFC 5082); absent: false. */
    readonly ttlSecurity?: boolean;
    /** `host:port`; absent: the other side connects to us. */
    readonly endpoint?: string;
    readonly linkLocal: string;
    /** Our link-local on this tunnel; default the node's. */
    readonly ourLinkLocal?: string;
    /** The other side's addresses inside the tunnel. */
    readonly addresses?: { readonly ipv4?: string; readonly ipv6?: string };
    readonly sessions: SessionShape;
    readonly families?: readonly ('ipv4' | 'ipv6')[];
    readonly extendedNextHop: boolean;
    /** Seconds; 0 is off. */
    readonly keepalive: number;
    readonly mtu: number;
    /** A UDP port of its own; absent: the shared one. */
    readonly listenPort?: number;
    /** How its messages are disguised; absent: as the shared port says, plain on a port of its own. */
    readonly obfuscation?: ObfuscationConfig;
    readonly policy: PeeringPolicy;
    /** Names of policies after the base, and what they ask for (docs/policy.md); absent: the defaults. */
    readonly import?: ChainText;
    readonly export?: ChainText;
    readonly parameters?: Readonly<Record<string, ParameterValue>>;
    /** Groups of the policy document this peering belongs to. */
    readonly groups?: readonly string[];
    /** Prefixes per family. */
    readonly importLimit: number;
    /** Packets per second taken from the peer; absent: no limit. */
    readonly rateLimit?: number;
    /** How the sources of its packets must be routed (RFC 3704); absent: off. */
    readonly reversePath?: 'strict' | 'loose' | 'off';
    /** Packets from or to addresses outside DN42; absent: allow. */
    readonly bogons?: 'drop' | 'allow';
    /**
     * Routes are kept while the other side restarts, and it is asked to do the same; absent: yes.
     * `longLived`: for so many seconds more, as a last choice (RFC 9494).
     */
    readonly gracefulRestart?: boolean | { readonly longLived: number };
    /** Several paths per prefix (RFC 7911); absent: one, both ways. */
    readonly addPath?: AddPathSettings;
    /** Watches the neighbor of every session (RFC 5881); absent: nobody does but BGP itself. */
    readonly bfd?: BfdParameters;
    /** Disabled: the tunnel stays, BGP is shut down with this text. */
    readonly enabled: boolean;
    readonly disabledReason?: string;
  };

/** What a peering says of its sessions, whatever carries them. */
export type SessionSettings = PeeringRelation &
  SessionOptions &
  Pick<
    PeeringConfig,
    | 'id'
    | 'name'
    | 'asn'
    | 'policy'
    | 'import'
    | 'export'
    | 'parameters'
    | 'groups'
    | 'importLimit'
    | 'gracefulRestart'
    | 'addPath'
    | 'enabled'
    | 'disabledReason'
  >;

/**
 * A neighbor that is no tunnel away: reached over the TCP of the machine (`transport: host`), for a route
 * collector, a daemon on the same machine, a benchmark. Its routes are told on and carry no packets.
 */
export type HostNeighborConfig = SessionSettings & {
  /** Reached over the node's own TCP and its mesh instead (`transport: mesh`); its routes carry packets. */
  readonly over?: 'mesh';
  /** IPv4, or IPv6 that is not link-local. */
  readonly address: string;
  /** Where we dial; 179 unless it says otherwise. */
  readonly port: number;
  /** Never dial. */
  readonly passive: boolean;
  readonly families: readonly ('ipv4' | 'ipv6')[];
  readonly extendedNextHop: boolean;
};

/** Where BGP is accepted on the machine itself; absent: nowhere. */
export type BgpListen = { readonly host: string; readonly port: number };

/** What concerns BGP as a whole. */
export type BgpSettings = {
  readonly listen?: BgpListen;
  /** How paths compare, where it differs from what DECISION_DEFAULTS says. */
  readonly decision?: Partial<DecisionOptions>;
  /** From when on a prefix counts as flapping, where it differs from FLAP_DEFAULTS. */
  readonly flapping?: Partial<FlapSettings>;
};

export type NodeSettings = {
  readonly name: string;
  readonly asn: number;
  readonly routerId: string;
  readonly addresses: readonly string[];
  readonly announce: readonly string[];
  readonly linkLocal: string;
  readonly listen: {
    readonly port: number;
    readonly host: string;
    /** Of every peering on the shared port that does not say otherwise. */
    readonly obfuscation?: ObfuscationConfig;
  };
  /** Host name or address peers are told, without port; `none`: strangers cannot reach us. */
  readonly endpoint?: string;
  /** Path of the private key, absolute; made on first start when absent. */
  readonly privateKeyFile: string;
  readonly privateEndpoints: boolean;
  /** Names the cluster of this node and its reflector clients (RFC 4456); absent: the router id. */
  readonly bgp?: { readonly clusterId?: string };
};

/** A named virtual router: what is the node's own in it. */
export type VrfSettings = {
  readonly addresses: readonly string[];
  readonly announce: readonly string[];
  /** For a portal: whether visitors may ask its looking glass; absent: operators only. */
  readonly public?: boolean;
};

export type RegistrySource =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'git'; readonly url: string; readonly branch?: string };

/** Where ROAs come from; the smaller preference is preferred, equal ones are joined (RFC 8210 §10). */
export type RoaSource = { readonly preference: number } & (
  | { readonly kind: 'rtr'; readonly host: string; readonly port: number }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string }
);
export type RoaSettings = { readonly sources: readonly RoaSource[] };

/** The socket for `wg show`. */
export type UapiSettings = {
  /** Default: on. */
  readonly enabled?: boolean;
  /** Absolute; default /var/run/wireguard where we may write, else `<data>/wireguard`. */
  readonly dir?: string;
  /** Default: the node's name, cut to the 15 characters of an interface name. */
  readonly name?: string;
};

/** What a node offers in DN42 and into it (service-settings.ts). */
export const SERVICE_KINDS = [
  'overlay-portal',
  'socks',
  'http-connect',
  'forward-in',
  'forward-out',
] as const;
export type ServiceKind = (typeof SERVICE_KINDS)[number];

/** Why a service turned somebody away. */
export const SERVICE_REFUSALS = [
  /** Its connections are all in use, or those of one source. */
  'service-full',
  'source-full',
  /** By its list of sources. */
  'not-allowed',
  'password',
  /** Not what the protocol of the service knows. */
  'request',
  /** What stands behind it on the host cannot be reached. */
  'behind',
  /** Of what was asked for in DN42. */
  'name-unknown',
  'name-unanswered',
  'no-route',
  'refused',
  'unreachable',
  'timeout',
  'too-many',
  'given-up',
] as const;
export type ServiceRefusal = (typeof SERVICE_REFUSALS)[number];

export type ServiceView = {
  readonly kind: ServiceKind;
  /** Where it is to listen. */
  readonly at: string;
  /** Where it leads, when that is one place. */
  readonly to: string | null;
  readonly isListening: boolean;
  /** Why it does not listen, or what is missing behind it. */
  readonly note: string;
  /** Since the router's start. */
  readonly connections?: {
    readonly now: number;
    readonly total: number;
    /** Turned away: by the list of sources, a wrong password, a limit, or because the other side could not be reached. */
    readonly refused: number;
    /** At once, of all and of one source; nobody counts sources on the host. */
    readonly limit: number;
    readonly limitPerSource?: number;
    readonly lastRefusal?: { readonly at: string; readonly reason: ServiceRefusal };
  };
};

/** What the flight recorder may keep (bgp/mrt/README.md). */
export type RecorderSettings = {
  /** KiB of messages per BGP neighbor, 0 for none; default 128. */
  readonly perNeighborKib?: number;
  /** KiB of all neighbors together; default 16,384. */
  readonly totalKib?: number;
};

export const BMP_STATION_VIEWS = ['adj-in-pre', 'adj-in-post', 'loc-rib', 'adj-out'] as const;
export type BmpStationView = (typeof BMP_STATION_VIEWS)[number];

/** A monitoring station that is told of sessions and routes (RFC 7854). */
export type BmpStation = {
  /** `host:port`, over the host's own network. */
  readonly station: string;
  readonly views: readonly BmpStationView[];
};

export type NodeConfig = {
  readonly schema: typeof NODE_CONFIG_SCHEMA;
  readonly source: 'file' | 'database' | 'demo';
  readonly epoch: string;
  readonly revision: number;
  /** SHA-256 of the canonical document without this field, hex. */
  readonly digest: string;
  /** The operation this revision came from. */
  readonly operation?: string;
  readonly node: NodeSettings;
  readonly registry?: RegistrySource;
  /** Absent: the route objects of the registry. */
  readonly roa?: RoaSettings;
  readonly uapi?: UapiSettings;
  readonly services?: ServicesSettings;
  readonly recorder?: RecorderSettings;
  readonly bmp?: readonly BmpStation[];
  /** Virtual routers beside the default one, by name. */
  readonly vrfs?: Readonly<Record<string, VrfSettings>>;
  /** Absent: no part in a layer-2 mesh. */
  readonly mesh?: MeshSettings;
  /** Absent: the built-in policies alone. */
  readonly policy?: PolicyDocument;
  readonly peerings: readonly PeeringConfig[];
  readonly bgp?: BgpSettings;
  readonly hostNeighbors?: readonly HostNeighborConfig[];
  /** `via` is the name of a peering, or the address of a neighbor on the mesh. */
  readonly routes: readonly { readonly prefix: string; readonly via: string }[];
  /** The brake's explicit confirmation: a person deleted, the loss is meant. */
  readonly allowMassRemoval?: boolean;
};

/** What became of one entity of a document. */
export type ApplyReportLine = {
  readonly entity: 'node' | 'peering' | 'route' | 'socket' | 'mesh';
  readonly id: string;
  readonly outcome: 'applied' | 'unchanged' | 'removing' | 'failed';
  /** What changed session options did to the sessions; absent: none of them changed. */
  readonly effect?: OptionEffect;
  readonly code?: string;
  readonly path?: string;
  readonly message?: string;
};
export type ApplyReport = {
  readonly epoch: string;
  readonly revision: number;
  readonly digest: string;
  readonly lines: readonly ApplyReportLine[];
};

export const OPERATIONAL_STATES = [
  'none',
  'provisioned',
  'handshake',
  'established',
  'degraded',
  'failed',
] as const;
/** The furthest point a peering has reached. */
export type OperationalState = (typeof OPERATIONAL_STATES)[number];

export const SESSION_STATES = [
  'idle',
  'connect',
  'active',
  'opensent',
  'openconfirm',
  'established',
] as const;
export type SessionState = (typeof SESSION_STATES)[number];

export type RouteCounters = {
  readonly received: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly sent: number;
};

export type NotificationView = {
  readonly direction: 'sent' | 'received';
  readonly code: number;
  readonly subcode: number;
  /** The name of the standard, e.g. `Cease: Administrative Shutdown`. */
  readonly name: string;
  /** RFC 9003 text, printable, when there is one. */
  readonly text?: string;
  /** Data in hex, at most 64 octets. */
  readonly data: string;
  readonly at: string;
};

/** Routes of a former session that stay in use (RFC 4724). */
export type StaleRoutes = {
  readonly families: readonly ('ipv4' | 'ipv6')[];
  /** The session itself, or that the other side has said everything again. */
  readonly awaits: 'session' | 'end-of-rib';
  /** The restart time is over: they are a last choice (RFC 9494). */
  readonly isLongLived: boolean;
  /** What was not heard again by then goes. */
  readonly until: string;
};

/** BFD with the neighbor of a session (RFC 5880). */
export type BfdSessionView = {
  readonly state: BfdState;
  readonly since: string;
  readonly remoteState: BfdState;
  /** Why either side is where it is, in words of RFC 5880 §4.1. */
  readonly diagnostic: string;
  readonly remoteDiagnostic: string;
  /** Between our packets, before jitter; null: the other side wants none. */
  readonly transmitIntervalMs: number | null;
  /** Silence of this length is the end; null: the other side was not heard. */
  readonly detectionTimeMs: number | null;
  readonly lastReceivedAt: string | null;
  /** How often it was up and went down. */
  readonly downs: number;
};

/** The prefix limit that ended a session. */
export type SessionExcess = {
  readonly family: 'ipv4' | 'ipv6';
  readonly counted: 'received' | 'accepted';
  readonly limit: number;
  /** Null: when the operator says so. */
  readonly restartsAt: string | null;
};

export type SessionView = RouteCounters & {
  readonly name: string;
  readonly state: SessionState;
  readonly since: string;
  readonly families: Readonly<Partial<Record<'ipv4' | 'ipv6', RouteCounters>>>;
  readonly lastNotification: NotificationView | null;
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly routerId: string | null;
  readonly holdTimeSeconds: number | null;
  readonly capabilities: readonly string[];
  /** Absent: what is counted here was heard in this session. */
  readonly stale?: StaleRoutes;
  /** Absent: this session has no BFD. */
  readonly bfd?: BfdSessionView;
  /** The session options in force. */
  readonly options?: OptionsInForce;
  /** The session is down because of too many prefixes. */
  readonly excess?: SessionExcess;
  /** Rejected prefixes by reason token. */
  readonly rejectedReasons: Readonly<Record<string, number>>;
};

export type TunnelView = {
  readonly lastHandshakeAt: string | null;
  readonly rxBytes: number;
  readonly txBytes: number;
  /** The address packets go to and come from, once known. */
  readonly endpoint: string | null;
  readonly firstPacketAt: string | null;
  readonly lastReceivedAt: string | null;
  readonly initiationsSent: number;
  readonly roundTripMs: number | null;
  /** Packets out of the tunnel that `reversePath` and `bogons` refused; absent without either. */
  readonly refused?: { readonly reversePath: number; readonly bogons: number };
};

export type DiagnosisFinding = {
  /** Stable (portal specification §7). */
  readonly code: string;
  readonly text: string;
  readonly since: string;
  readonly severity: 'info' | 'warn' | 'bad';
  /** A value the owner can take over with one button, e.g. the key that was offered. */
  readonly proposal?: {
    readonly field: 'publicKey' | 'endpoint' | 'linkLocal';
    readonly value: string;
  };
};

export const TIMELINE_STEPS = [
  'requested',
  'approved',
  'provisioned',
  'first-packet',
  'handshake',
  'bgp-open',
  'established',
  'routes',
  'down',
  'tunnel-stale',
  'notification',
  'edited',
  'disabled',
  'enabled',
  'deleted',
  'restarted',
  'failed',
] as const;
export type TimelineStep = (typeof TIMELINE_STEPS)[number];

/** One transition of a peering, numbered by the router since its start. */
export type Transition = {
  readonly number: number;
  readonly step: TimelineStep;
  readonly at: string;
  /** For people: the session's name, a NOTIFICATION in words … */
  readonly detail?: string;
  readonly operation?: string;
};

/** The counters are those of all its sessions. */
export type PeeringView = RouteCounters & {
  readonly id: string;
  readonly node: string;
  readonly name: string;
  /** Absent: the default virtual router. */
  readonly vrf?: string;
  readonly asn: number;
  readonly revision: number;
  readonly operational: OperationalState;
  /** Null: a neighbor over the machine's TCP, or over the mesh. */
  readonly tunnel: TunnelView | null;
  /** Absent: a tunnel, or the machine's TCP. */
  readonly over?: 'mesh';
  readonly sessions: readonly SessionView[];
  readonly diagnosis: readonly DiagnosisFinding[];
  /** The last 100, oldest first. */
  readonly transitions: readonly Transition[];
};

/** A source of ROAs, and how fresh what it said is. */
export type RoaSourceView = {
  readonly source: string;
  /** In a few words. */
  readonly state: string;
  /** Null: it has not had a table yet. */
  readonly roas: number | null;
  readonly updatedAt: string | null;
  /** Its table is in force; another, more preferred one may be instead. */
  readonly isInUse: boolean;
};

export type NodeView = {
  readonly name: string;
  readonly asn: number;
  readonly publicKey: string;
  readonly listenPort: number;
  readonly ports: readonly number[];
  /** Of these, the ones that cannot be opened, and why; each is tried again. */
  readonly failedPorts: readonly { readonly port: number; readonly message: string }[];
  readonly startedAt: string;
  /** How packets pass the underlay, and why not faster. */
  readonly underlay: {
    readonly kind: string;
    readonly reason: string;
    /** Of batches inside the packet worker, from received to handed to the system; upper bounds. */
    readonly latency?: {
      readonly batches: number;
      readonly p50Us: number;
      readonly p99Us: number;
      /** Batches since the start by time; bucket n ends at 2^(n/4) µs. */
      readonly histogram: readonly number[];
    };
    /** Datagrams and system calls since the start, by name. */
    readonly counters?: Readonly<Record<string, number>>;
  };
  /** The socket for `wg show`, and why it is not where one would look for it. */
  readonly uapi: { readonly path: string | null; readonly note: string };
  readonly services: readonly ServiceView[];
  readonly routes: { readonly ipv4: number; readonly ipv6: number };
  /** Where BGP is accepted on the machine itself, and why it is not. */
  readonly bgpListen?: BgpListen & { readonly error: string | null };
  readonly drops: Readonly<Record<string, number>>;
  readonly registry: {
    readonly commit: string | null;
    readonly loadedAt: string | null;
    readonly checkedAt: string | null;
    readonly roas: number;
  } | null;
  /** Absent: ROAs are the registry's. */
  readonly roa?: { readonly roas: number | null; readonly sources: readonly RoaSourceView[] };
  /** Absent: there are none. */
  readonly bmp?: readonly {
    readonly station: string;
    readonly views: readonly BmpStationView[];
    readonly state: 'waiting' | 'connecting' | 'up';
    readonly since: string;
    /** Why the last connection ended. */
    readonly lastError?: string;
    readonly nextAttempt?: string;
  }[];
  /** Initiations by keys nobody claims; for operators. */
  readonly unclaimedKeys: readonly {
    readonly publicKey: string;
    readonly from: string;
    readonly at: string;
  }[];
};

/** Prefixes with a best path, and paths that are candidates for it, by family. */
export type TablesView = Readonly<
  Record<'ipv4' | 'ipv6', { readonly prefixes: number; readonly paths: number }>
>;

export type Snapshot = {
  readonly epoch: string;
  readonly revision: number;
  readonly digest: string;
  readonly at: string;
  readonly node: NodeView;
  /** Of the default virtual router. */
  readonly tables: TablesView;
  /** Of the named ones; absent: there are none. */
  readonly vrfs?: Readonly<Record<string, { readonly tables: TablesView }>>;
  readonly peerings: readonly PeeringView[];
  /** Absent: the node takes no part in a mesh. */
  readonly mesh?: MeshView;
};

export type Health = {
  readonly version: string;
  readonly epoch: string;
  readonly revision: number;
  readonly digest: string;
  readonly registryCommit: string | null;
  readonly uptimeSeconds: number;
  readonly loopDelayMs: number;
};

/** What `watch` streams: whole states of single entities. */
export type RouterEvent =
  | { readonly kind: 'peering'; readonly peering: PeeringView }
  | { readonly kind: 'peering-gone'; readonly id: string }
  | { readonly kind: 'node'; readonly node: NodeView }
  /** Null: the node takes part in none any more. */
  | { readonly kind: 'mesh'; readonly mesh: MeshView | null }
  | {
      readonly kind: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    };
