/**
 * What pages and islands see: the shapes that `_queries`, REST and event streams give. Types only.
 *
 * Standard: portal specification §9 (objects), looking-glass specification §2; docs/architecture.md §6.
 *
 * Each type is read by a page and made by a query of the same folder. A peering has one shape
 * everywhere: page, list, REST answer, event.
 *
 * Invariants
 * - No secrets: preshared and private keys are never in a view, only whether one is set.
 * - Times are RFC 3339 in UTC with milliseconds; durations end in `Seconds` or `Ms`.
 * - Text from others (registry, RFC 9003) is already printable.
 *
 * @module
 */
import type {
  DiagnosisFinding,
  Finding,
  MeshEdgeStatus,
  MeshInstanceView,
  MeshRange,
  MeshView as MeshRouterView,
  MeshSupernodeStatus,
  MeshWayChange,
  NotificationView,
  ObfuscationConfig,
  OperationalState,
  PeerConfigFile,
  PeerConfigFormat,
  PeeringPolicy,
  RouteCounters,
  RuleNode,
  ServiceKind,
  ServiceView,
  SessionShape,
  SessionState,
  SharedOptions,
  TimelineStep,
} from '../../router-core/index.ts';

// ---------------------------------------------------------------- who is looking

export type AssuranceLevel = 'key' | 'delegated' | 'mail' | 'address';
export type Network = {
  readonly asn: number;
  /** Short name for people: as-name without `AS-`, lower case; null when the registry has none. */
  readonly name: string | null;
};

/** The login behind a request. Queries and verbs take it as their first argument. */
export type Viewer =
  | { readonly kind: 'visitor' }
  | {
      readonly kind: 'member';
      readonly loginId: string;
      readonly network: Network;
      /** All networks proved by the same key; `network` is one of them. */
      readonly networks: readonly Network[];
      readonly level: AssuranceLevel;
    }
  | {
      readonly kind: 'operator';
      readonly loginId: string;
      readonly name: string;
      readonly role: 'owner' | 'operator' | 'viewer';
    };

// ---------------------------------------------------------------- site, nodes, landing

export type RegistryAge = {
  readonly commit: string | null;
  readonly loadedAt: string | null;
  /** Last successful check of the source; the age people see counts from here. */
  readonly checkedAt: string | null;
  readonly roas: number;
};

/** For header, footer and banner of every page. */
export type SiteView = {
  readonly network: Network;
  readonly version: string;
  /** Host name of this request, the `portal=` of challenges. */
  readonly portal: string;
  /** Set-up is not done: visitors see nothing else, the link on the console opens it. */
  readonly needsSetup: boolean;
  /** The demo network is what is shown. */
  readonly isDemo: boolean;
  /** Mail or URL, as the operator gave it. */
  readonly contact: string | null;
  readonly banner: {
    readonly severity: 'info' | 'warn' | 'bad';
    readonly code: string | null;
    readonly fact: string;
    readonly rest: string;
  } | null;
};

export type NodeState = 'up' | 'starting' | 'down' | 'maintenance';
export type NodeCard = {
  /** `node.name`, the id everywhere. */
  readonly name: string;
  /** "Tokyo"; null: the name is shown. */
  readonly place: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
  readonly state: NodeState;
  readonly stateSince: string | null;
  /** One sentence when the state is not `up`. */
  readonly stateReason: string | null;
  readonly isOpen: boolean;
  readonly closedReason: string | null;
  /** Families of the underlay that strangers can reach. */
  readonly families: readonly ('ipv4' | 'ipv6')[];
  readonly places: { readonly taken: number; readonly limit: number | null };
  readonly established: number;
  readonly routes: { readonly ipv4: number; readonly ipv6: number };
  readonly approval: 'automatic' | 'manual';
  readonly ours: OurEnd;
  /** Resource of one byte for latency measurements, same origin or absolute. */
  readonly rttUrl: string;
};

/** Our side of a peering: what the other network types into its router. */
export type OurEnd = {
  readonly asn: number;
  readonly publicKey: string;
  /** `host:port`; null: strangers cannot reach us (`endpoint: none`). */
  readonly endpoint: string | null;
  readonly linkLocal: string;
  readonly addresses: readonly string[];
};

export type LandingView = {
  readonly network: Network;
  readonly nodes: readonly NodeCard[];
  readonly peerings: { readonly total: number; readonly established: number };
  readonly routes: { readonly ipv4: number; readonly ipv6: number };
  /** Median from request to Established; null before there is one. */
  readonly medianSecondsToEstablished: number | null;
  readonly registry: RegistryAge | null;
};

// ---------------------------------------------------------------- sign-in

export type ProofMethod = {
  /** Stable inside one card, e.g. `ssh:ALDER-MNT:0`. */
  readonly id: string;
  readonly method: 'ssh' | 'pgp';
  readonly maintainer: string;
  /** `ssh-ed25519`, `sk-ssh-ed25519@openssh.com`, `pgp` … */
  readonly keyType: string;
  /** Last characters of the blob, or the fingerprint in groups of four. */
  readonly keyHint: string;
  /** Full fingerprint for `gpg -u`; null for SSH. */
  readonly fingerprint: string | null;
  /** Usual file name: `id_ed25519`, `id_rsa` …; null for PGP. */
  readonly keyFile: string | null;
  /** Only the fingerprint is registered: the public key has to be pasted too. */
  readonly needsPublicKey: boolean;
};

export type NetworkCard =
  | {
      readonly kind: 'found';
      readonly network: Network;
      readonly asName: string;
      readonly maintainers: readonly string[];
      /** Empty: NO_METHOD. */
      readonly methods: readonly ProofMethod[];
      /** `auth` lines that cannot be used, each with the reason in words. */
      readonly unusable: readonly { readonly what: string; readonly why: string }[];
      readonly registry: RegistryAge;
    }
  | { readonly kind: 'unknown'; readonly asn: number; readonly registry: RegistryAge }
  | { readonly kind: 'unavailable'; readonly code: string; readonly message: string };

/** POST /api/v1/auth/challenges {asn, purpose: 'login'}. */
export type ChallengeAnswer = {
  readonly nonce: string;
  readonly text: string;
  readonly expiresAt: string;
  readonly methods: readonly ProofMethod[];
};
/** POST /api/v1/auth/verify {nonce, method, signature, publicKey?}. */
export type VerifyAnswer = { readonly asns: readonly number[]; readonly level: AssuranceLevel };

// ---------------------------------------------------------------- peerings

export type AdministrativeState =
  | 'draft'
  | 'submitted'
  | 'pending'
  | 'rejected'
  | 'enabled'
  | 'disabled'
  | 'suspended'
  | 'deleting';

export type PeeringAddresses = { readonly ipv4?: string; readonly ipv6?: string };

/** How messages look on the wire; `none` is plain WireGuard. */
export type Obfuscation = ObfuscationConfig;

/** Body of POST /peerings and /peerings/check; PATCH takes any part. Keys: portal specification §4.1. */
export type PeeringInput = {
  readonly node: string;
  /** Operators only; a member's comes from the login. */
  readonly asn?: number;
  readonly publicKey: string;
  /** PATCH: null removes it, absent keeps it. */
  readonly presharedKey?: string | null;
  /** Of the BGP sessions (RFC 2385). PATCH: null removes it, absent keeps it. */
  readonly password?: string | null;
  /** Hop limit 255 in both directions (RFC 5082). PATCH: absent keeps it. */
  readonly ttlSecurity?: boolean;
  /** null: you connect to us. */
  readonly endpoint: string | null;
  readonly linkLocal: string;
  readonly addresses?: PeeringAddresses;
  readonly sessions: SessionShape;
  readonly families?: readonly ('ipv4' | 'ipv6')[];
  readonly extendedNextHop: boolean;
  readonly keepalive: number;
  readonly mtu: number;
  /** Operators only. PATCH: null is "as the UDP port says", absent keeps it. */
  readonly obfuscation?: Obfuscation | null;
  readonly policy: PeeringPolicy;
  readonly importLimit: number;
  /** Operators only. PATCH: null is no limit, absent keeps it. */
  readonly rateLimit?: number | null;
  readonly contact?: string;
  readonly remark?: string;
  /** Operators only: further keys of a peering of the configuration file, an object or YAML. PATCH: null is none, absent keeps them. */
  readonly options?: string | Readonly<Record<string, unknown>> | null;
};

/** One text to paste: the file of router-core/router/peer-config and the format it belongs to. */
export type ConfigFile = PeerConfigFile & { readonly format: PeerConfigFormat };

/** Answer of POST /peerings/check: 200 also with findings. The form runs the pure rules itself. */
export type PeeringCheck = {
  readonly findings: readonly Finding[];
  /** What happens on creation: at once, or after a person looked. */
  readonly approval: 'automatic' | 'manual';
};

export type PeeringSession = RouteCounters & {
  readonly name: string;
  readonly state: SessionState;
  readonly since: string;
  readonly families: Readonly<Partial<Record<'ipv4' | 'ipv6', RouteCounters>>>;
  readonly lastNotification: NotificationView | null;
  readonly capabilities: readonly string[];
  readonly holdTimeSeconds: number | null;
  /** Number of rejected prefixes by token of the router (`roa-not-found`, `rule:no-transit` …). */
  readonly rejectedReasons: Readonly<Record<string, number>>;
};

export type TimelineEntry = {
  readonly step: TimelineStep;
  readonly at: string;
  readonly detail: string | null;
  readonly operation: string | null;
};

/** The one object of a peering: GET/POST/PATCH, event `peering`, pages. */
export type PeeringObject = {
  readonly id: string;
  /** Counts edits; sent as If-Match. */
  readonly revision: number;
  readonly node: string;
  readonly nodePlace: string | null;
  readonly name: string;
  readonly asn: number;
  readonly networkName: string | null;
  readonly publicKey: string;
  readonly hasPresharedKey: boolean;
  readonly hasPassword: boolean;
  readonly ttlSecurity: boolean;
  readonly endpoint: string | null;
  readonly linkLocal: string;
  readonly addresses: PeeringAddresses;
  /** The `sessions` of the request; here that name belongs to the live list. */
  readonly sessionShape: SessionShape;
  readonly families: readonly ('ipv4' | 'ipv6')[];
  readonly extendedNextHop: boolean;
  readonly keepalive: number;
  readonly mtu: number;
  /** What the operator chose for this peering; null: as the UDP port says. */
  readonly obfuscation: Obfuscation | null;
  readonly disguise: {
    /** What is in force. */
    readonly obfuscation: Obfuscation;
    /** What the UDP port says. */
    readonly ofPort: Obfuscation;
    /** What it leaves of `mtu`. */
    readonly mtu: number;
  };
  readonly policy: PeeringPolicy;
  readonly importLimit: number;
  /** Packets per second taken from the peer; null: no limit. */
  readonly rateLimit: number | null;
  readonly ours: OurEnd;
  /** What the operator has set for the sessions and the other side has to match; no secrets. */
  readonly shared: SharedOptions;
  readonly links: { readonly self: string; readonly config: string; readonly events: string };
  readonly administrative: AdministrativeState;
  readonly administrativeReason: string | null;
  readonly operational: OperationalState;
  readonly tunnel: {
    readonly lastHandshakeAt: string | null;
    readonly lastReceivedAt: string | null;
    readonly rxBytes: number;
    readonly txBytes: number;
    /** Where packets come from; null before the first. */
    readonly endpoint: string | null;
    readonly initiationsSent: number;
    readonly roundTripMs: number | null;
  };
  readonly sessions: readonly PeeringSession[];
  readonly diagnosis: readonly DiagnosisFinding[];
  /** Oldest first. */
  readonly timeline: readonly TimelineEntry[];
  readonly createdAt: string;
  /** Time of the router's state this object shows; null: the router is away, values are the last known. */
  readonly routerAt: string | null;
  /** What this viewer may do now. */
  readonly can: {
    readonly edit: boolean;
    readonly enable: boolean;
    readonly disable: boolean;
    readonly delete: boolean;
    readonly approve: boolean;
    readonly restart: boolean;
    readonly capture: boolean;
  };
  /** Operators only. */
  readonly admin: {
    readonly contact: string | null;
    readonly remark: string | null;
    readonly requestedBy: string;
    readonly level: AssuranceLevel | null;
    /** Why approval is manual: "AS is 3 days old" …; empty when by rule. */
    readonly approvalReasons: readonly string[];
    /** Further keys of the configuration file that are in force, secrets hidden. */
    readonly options: Readonly<Record<string, unknown>>;
    /** The same as YAML; empty without any. */
    readonly optionsText: string;
  } | null;
};

/** What the form needs besides the network of the login. */
export type NewPeeringView = {
  readonly nodes: readonly NodeCard[];
  /** For the pure rules in the browser, one per node of `nodes`. */
  readonly ruleNodes: readonly RuleNode[];
  /** How the shared UDP port is disguised, by node; plain ones are left out. */
  readonly portDisguises: Readonly<Record<string, Obfuscation>>;
  readonly network: Network;
  /** Prefixes the registry gives this network; the base configuration announces them. */
  readonly prefixes: readonly string[];
  readonly defaults: {
    readonly linkLocal: string;
    readonly mtu: number;
    readonly policy: PeeringPolicy;
    readonly importLimit: number;
    readonly contact: string | null;
  };
};

// ---------------------------------------------------------------- looking glass

export type LookingGlassQuery =
  | 'summary'
  | 'route'
  | 'why'
  | 'history'
  | 'flaps'
  | 'rejected'
  | 'malformed'
  | 'ping';
export type RoaState = 'valid' | 'invalid-origin' | 'invalid-length' | 'not-found';
export type RoaView = {
  readonly prefix: string;
  readonly maxLength: number;
  readonly asn: number;
  /** Registry object, e.g. `route/172.21.142.0_27`. */
  readonly object: string | null;
};

export type NeighborRow = {
  readonly name: string;
  readonly network: Network;
  readonly state: SessionState;
  readonly since: string;
  readonly families: readonly ('ipv4' | 'ipv6')[];
  readonly counters: RouteCounters;
  readonly roundTripMs: number | null;
  readonly lastError: string | null;
};

/** Steps of the decision process in order (RFC 4271 §9.1.2.2 and ours). */
export type DecisionStep =
  | 'own'
  | 'long-lived-stale'
  | 'local-pref'
  | 'as-path-length'
  | 'origin'
  | 'med'
  | 'learnt-by'
  | 'age'
  | 'router-id'
  | 'cluster-list-length'
  | 'neighbor-address'
  | 'path-id';

export type RoutePath = {
  readonly prefix: string;
  /** Name of the peering it came by; null: our own route. */
  readonly neighbor: string | null;
  /** The id under which the neighbor told it (add-path, RFC 7911); null: none. */
  readonly pathId: number | null;
  readonly from: string | null;
  readonly learntBy: 'own' | 'ebgp' | 'ibgp';
  readonly asPath: readonly Network[];
  readonly origin: 'IGP' | 'EGP' | 'Incomplete';
  readonly localPref: number;
  readonly med: number | null;
  readonly nextHop: string;
  /** `64511:3` and `4242426000:104:1`. */
  readonly communities: readonly string[];
  readonly since: string;
  readonly isBest: boolean;
  /** Packets take it together with other paths of the prefix; of such a set the best is one (multipath). */
  readonly isMultipath: boolean;
  /** Packets that take it are discarded, as the neighbor asks (BLACKHOLE, RFC 7999). */
  readonly isBlackhole: boolean;
  /** On the best path: the step that beat the second; on others: the step they lost at. */
  readonly decidedBy: DecisionStep | null;
  /** The path it was compared with at that step, and both values. */
  readonly compared: {
    readonly against: string;
    readonly againstPathId: number | null;
    readonly value: string;
    readonly otherValue: string;
  } | null;
  readonly roa: RoaState;
  readonly rejected: {
    readonly code: string;
    readonly text: string;
    /** Where a rule of the operator rejects it: which, e.g. `mine, rule 3 "no-transit"`. */
    readonly rule: string | null;
    readonly roas: readonly RoaView[];
  } | null;
};

/** All paths of one prefix. */
export type RouteFacts = {
  /** The longest match; null: nothing found. */
  readonly prefix: string | null;
  readonly roa: RoaState | null;
  readonly holder: (Network & { readonly maintainer: string | null }) | null;
  /** Best first, accepted only. */
  readonly paths: readonly RoutePath[];
  readonly rejected: readonly RoutePath[];
  readonly coveringRoas: readonly RoaView[];
  readonly registryCommit: string | null;
};

/** Whether one session is told a path of a prefix, and the rule that keeps it back. */
export type ExportRow = {
  readonly to: string;
  readonly network: Network;
  /** Which path, where it is told several or another than the best; null: the best, whichever it is. */
  readonly path: {
    readonly from: string;
    /** The id under which it was told to us; null: none. */
    readonly pathId: number | null;
    /** The id under which the session is told; null: it is not, or there are no ids. */
    readonly sentId: number | null;
  } | null;
  readonly isAnnounced: boolean;
  /** Token of the router, e.g. `split-horizon`. */
  readonly reason: string | null;
  /** The rule of the export policy that keeps it back, when it is one. */
  readonly rule: string | null;
  /** The best path, which a client of a route server may not have, and why (RFC 7947 §2.3). */
  readonly insteadOf: {
    readonly from: string;
    readonly pathId: number | null;
    readonly reason: string;
    readonly rule: string | null;
  } | null;
};

export type PathChange = {
  readonly at: string;
  readonly prefix: string;
  /** A neighbor, or `own`; null: no path. */
  readonly from: string | null;
  readonly to: string | null;
  /** The ids under which these told the path; null: none. */
  readonly fromPathId: number | null;
  readonly toPathId: number | null;
  /** Token of the router, e.g. `withdrawn`. */
  readonly cause: string;
  /** The step that decided, or the reason of a rejection. */
  readonly detail: string | null;
  readonly origin: Network | null;
};

export type RejectedSession = {
  readonly name: string;
  readonly count: number;
  readonly reasons: readonly {
    /** Token of the router, e.g. `rule:no-transit`. */
    readonly reason: string;
    readonly count: number;
  }[];
};

/** A prefix that keeps changing. */
export type FlapRow = {
  readonly prefix: string;
  readonly since: string;
  /** Of all neighbors within the window. */
  readonly changes: number;
  readonly neighbors: readonly {
    readonly name: string;
    readonly network: Network;
    readonly changes: number;
    readonly lastAt: string;
    readonly isWithdrawn: boolean;
  }[];
  readonly paths: readonly {
    readonly networks: readonly Network[];
    readonly times: number;
    readonly lastAt: string;
    /** The neighbor that announced it last. */
    readonly from: string;
  }[];
  /** Announcements of further paths. */
  readonly otherPaths: number;
};

export type MalformedMessage = {
  readonly session: string;
  readonly at: string;
  readonly reaction: 'reset' | 'withdraw' | 'discard';
  readonly attribute: string | null;
  /** Octets in hexadecimal, 16 a line, those at fault in brackets. */
  readonly dump: string;
};

export type PingPacket = {
  readonly sequence: number;
  readonly roundTripMs: number | null;
  readonly error: string | null;
};

type LookingGlassMeta = {
  readonly node: string;
  readonly argument: string;
  readonly at: string;
  readonly tookSeconds: number;
  readonly source: 'live' | 'cache';
  /** The same answer as plain text. */
  readonly text: string;
};
export type LookingGlassAnswer = LookingGlassMeta &
  (
    | { readonly query: 'summary'; readonly neighbors: readonly NeighborRow[] }
    | ({ readonly query: 'route' } & RouteFacts)
    | ({
        readonly query: 'why';
        readonly exports: readonly ExportRow[];
        readonly changes: readonly PathChange[];
      } & RouteFacts)
    | { readonly query: 'history'; readonly changes: readonly PathChange[] }
    | {
        readonly query: 'flaps';
        /** More changes by one neighbor within so many minutes make a flap. */
        readonly changes: number;
        readonly minutes: number;
        readonly isFull: boolean;
        readonly flaps: readonly FlapRow[];
      }
    | {
        readonly query: 'rejected';
        readonly sessions: readonly RejectedSession[];
        readonly paths: readonly RoutePath[];
      }
    | { readonly query: 'malformed'; readonly messages: readonly MalformedMessage[] }
    | {
        readonly query: 'ping';
        readonly target: string;
        readonly packets: readonly PingPacket[];
        readonly summary: {
          readonly sent: number;
          readonly received: number;
          readonly minMs: number | null;
          readonly averageMs: number | null;
          readonly maxMs: number | null;
        };
      }
    | {
        readonly query: 'error';
        readonly code: string;
        readonly message: string;
        readonly hint: string | null;
        /** With TOO_MANY. */
        readonly retryAfterSeconds: number | null;
      }
  );
/** What is drawn of an answer to one query; its text is the router's. */
export type LookingGlassBody<Query> = Omit<
  Extract<LookingGlassAnswer, { query: Query }>,
  keyof LookingGlassMeta
>;

// ---------------------------------------------------------------- operator

export type SetupInput = {
  readonly operatorName: string;
  readonly password: string;
  readonly asn: number;
  readonly networkName: string;
  readonly node: {
    readonly name: string;
    readonly place: string;
    readonly country: string;
    readonly addresses: readonly string[];
    readonly announce: readonly string[];
    readonly linkLocal: string;
    readonly listenPort: number;
    /** Host name or address peers are told; null: strangers cannot reach us. */
    readonly endpoint: string | null;
  };
  readonly registry:
    | { readonly kind: 'git'; readonly url: string }
    | { readonly kind: 'directory'; readonly path: string }
    | { readonly kind: 'none' };
  readonly approval: 'automatic' | 'manual';
};
export type SetupView = {
  /** `link-needed`: the token of the address is missing, used or old. */
  readonly state: 'open' | 'link-needed' | 'done';
  readonly defaults: Omit<SetupInput, 'password'>;
  /** Paths of fields given by environment or file, with where: `{ 'registry': 'ROOTLESS42_REGISTRY' }`. */
  readonly fixed: Readonly<Record<string, string>>;
  readonly canDemo: boolean;
};

export type NeedItem = {
  readonly kind:
    | 'pending'
    | 'failed'
    | 'down'
    | 'stuck'
    | 'flapping'
    | 'quarantined'
    | 'registry'
    | 'router'
    | 'unclaimed-key';
  /** Who: "moss to hongkong", "tokyo". */
  readonly subject: string;
  readonly reason: string;
  readonly since: string;
  /** Page that shows it. */
  readonly href: string;
};
export type AdminNode = NodeCard & {
  readonly health: {
    readonly uptimeSeconds: number;
    readonly loopDelayMs: number;
    readonly memoryBytes: number | null;
    readonly restarts: number;
  } | null;
  /** Null before the router's first word. */
  readonly packetPath: PacketPath | null;
  readonly registry: RegistryAge | null;
  readonly vrfs: readonly AdminVrf[];
};
/** A virtual router beside the default one, as the file names it. */
export type AdminVrf = {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly announce: readonly string[];
  /** Whether visitors may ask its looking glass. */
  readonly isPublic: boolean;
  /** Prefixes with a best path; null before the router's first word. */
  readonly routes: { readonly ipv4: number; readonly ipv6: number } | null;
  /** Names of the peerings in it. */
  readonly peerings: readonly string[];
};
/** What carries the packets of a node, and which of them went no further. */
export type PacketPath = {
  /** `batched`, `burst`, `plain`, `inline`, `simulated`, `none`. */
  readonly kind: string;
  /** One sentence: why this one, and why not a faster one. */
  readonly reason: string;
  /** From a batch received to a batch handed to the system; null without a packet worker. */
  readonly latency: {
    readonly batches: number;
    readonly p50Us: number;
    readonly p99Us: number;
  } | null;
  /** Null without a packet worker. */
  readonly datagrams: {
    readonly received: number;
    readonly sent: number;
    /** Datagrams per system call, both ways; null before the first. */
    readonly perCall: number | null;
  } | null;
  /** Since the router's start, most frequent first; zeros are left out. */
  readonly drops: readonly { readonly reason: string; readonly count: number }[];
  /** The socket for `wg show`; null where there is no such thing. */
  readonly wgShow: { readonly path: string | null; readonly note: string } | null;
};
/** What a service of the node is, and how it is doing. */
export type ServiceRow = {
  readonly kind: ServiceKind;
  /** `off`: the file does not switch it on. `unknown`: the router has not said yet. */
  readonly state: 'off' | 'listening' | 'not-listening' | 'unknown';
  /** `127.0.0.1:1080`, or `DN42 port 80`; null when it is off. */
  readonly at: string | null;
  /** The node's addresses where it listens in DN42; empty on the host. */
  readonly addresses: readonly string[];
  /** The one place it leads to, if there is one. */
  readonly to: string | null;
  /** Why it does not listen, or what is missing behind it. */
  readonly note: string;
  /** Whom it serves. Prefixes: sources in DN42, empty for all of it. */
  readonly access:
    | { readonly kind: 'password' | 'machine' }
    | { readonly kind: 'sources'; readonly prefixes: readonly string[] };
  /** DNS servers in DN42 that names are asked of. */
  readonly resolvers: readonly string[];
  readonly connections: NonNullable<ServiceView['connections']> | null;
};
export type NodeServices = {
  readonly node: string;
  readonly place: string | null;
  /** The demo's node has no file, so it has no services. */
  readonly isDemo: boolean;
  readonly services: readonly ServiceRow[];
};
export type ServicesView = {
  /** The configuration file, where the switches are; null: there is none. */
  readonly file: string | null;
  readonly nodes: readonly NodeServices[];
};
export type AdminEvent = {
  readonly at: string;
  readonly subject: string;
  readonly text: string;
  readonly tone: 'ok' | 'busy' | 'warn' | 'bad' | 'idle';
  readonly href: string | null;
};
export type AdminOverview = {
  readonly needs: readonly NeedItem[];
  readonly peerings: readonly PeeringObject[];
  readonly nodes: readonly AdminNode[];
  /** Newest first, at most 20. */
  readonly events: readonly AdminEvent[];
};

// ---------------------------------------------------------------- mesh

export type MeshNodeObject = {
  /** 0 to 65,531: what EtherGuard calls it. */
  readonly number: number;
  /** As the mesh or our node calls it; null: only the number is known. */
  readonly name: string | null;
  readonly isOurs: boolean;
  readonly isAlive: boolean;
  /** Of one that is silent, where somebody told us. */
  readonly heardAt: string | null;
  /** Where a name we know stands on the map. */
  readonly position: MeshPosition | null;
  /** Ways of other pairs that lead through it. */
  readonly relays: readonly MeshPair[];
};
export type MeshPosition = {
  readonly place: string;
  readonly latitude: number;
  readonly longitude: number;
};
export type MeshPair = { readonly from: number; readonly to: number };
export type MeshDirectionObject = MeshPair & {
  /** Null: nobody has told us. */
  readonly ms: number | null;
  /** Pairs whose packets go this way over this link. */
  readonly carries: readonly MeshPair[];
  /** Oldest first; null: a gap. Empty: no history yet. */
  readonly samples: readonly (number | null)[];
};
/** Why nothing comes over a link of ours. */
export type MeshLinkProblem = 'endpoint-unknown' | 'endpoints-tried' | 'unanswered' | 'silent';
export type MeshLinkObject = {
  /** The smaller number stands first. */
  readonly a: number;
  readonly b: number;
  readonly state: 'up' | 'loss' | 'down';
  readonly problem: MeshLinkProblem | null;
  readonly there: MeshDirectionObject;
  readonly back: MeshDirectionObject;
  /** What our own node counts and measures of a neighbor; null: the link is none of ours. */
  readonly own: {
    readonly neighbor: number;
    readonly jitterMs: number | null;
    /** 0 to 1. */
    readonly loss: number | null;
    readonly heardAt: string | null;
    /** Passed on to the neighbor for others. */
    readonly relayedFrames: number;
    readonly relayedBytes: number;
  } | null;
};
export type MeshWayObject = MeshPair & {
  /** Both ends among them; it may end early where a table says no more. */
  readonly nodes: readonly number[];
  /** Of all its links; null: not all are measured. */
  readonly ms: number | null;
};
export type MeshObject = {
  /** Which of our nodes tells this. */
  readonly node: string;
  readonly isEdge: boolean;
  readonly isSupernode: boolean;
  /** `static`, `super`, `p2p` …; null: our node coordinates only. */
  readonly mode: string | null;
  /** Who made the table of an edge. */
  readonly tableFrom: string | null;
  /** What does not run. The sentence is for operators: it may name addresses. */
  readonly problems: readonly {
    readonly instance: 'edge' | 'supernode';
    readonly code: string;
    readonly message: string | null;
    readonly at: string;
  }[];
  readonly nodes: readonly MeshNodeObject[];
  readonly links: readonly MeshLinkObject[];
  readonly ways: readonly MeshWayObject[];
  readonly range: MeshRange;
  /** History goes back to here; null: there is none. */
  readonly historySince: string | null;
  readonly sampleSeconds: number;
  /** Newest first. */
  readonly changes: readonly MeshWayChange[];
  /** For operators: all that the router tells, with endpoints and keys. */
  readonly details: MeshRouterView | null;
};
/** `mesh` is null where none of our nodes takes part in one. */
export type MeshAnswer = { readonly mesh: MeshObject | null };

/** What an operator set up, and what came of it. */
export type MeshSettingsObject = {
  readonly node: string;
  readonly place: string | null;
  /** The file that decides instead of the portal. */
  readonly fixedBy: string | null;
  /** What edges are told of where this node is; null: nothing is known. */
  readonly endpoint: string | null;
  readonly edge: (MeshInstanceObject & MeshInstanceView<MeshEdgeStatus>) | null;
  readonly supernode:
    | (MeshInstanceObject & MeshInstanceView<MeshSupernodeStatus> & MeshSupernodeFacts)
    | null;
};
export type MeshFindingObject = {
  readonly code: string;
  /** `edge.NodeID`. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
  /** `line:column` of a text. */
  readonly place?: string;
  readonly severity: 'error' | 'warning';
};
/** Of an edge that was just made: the only time its file is seen. */
export type NewMeshEdge = { readonly node: number; readonly name: string; readonly text: string };
export type MeshEdgeStatusObject = MeshEdgeStatus;
export type MeshInstanceObject = {
  /** The fields as a file, a stand-in for each secret; no private key. */
  readonly text: string;
};
export type MeshSupernodeFacts = {
  /** The members as they are set up, whether they were ever seen or not. */
  readonly members: readonly { readonly node: number; readonly name: string }[];
};

// ---------------------------------------------------------------- answers of REST

/**
 * REST doors the islands use besides those of portal specification §9, all JSON, same origin:
 *
 * - POST /api/v1/auth/operator {name, password} → 204 and the cookie; 401 problem `SIGN_IN_REFUSED`
 * - POST /api/v1/auth/sign-out → 204
 * - POST /api/v1/auth/network {asn} → 204: another of the proved networks becomes `network`
 * - POST /api/v1/setup {token, ...SetupInput} → {next}; POST /api/v1/setup/demo {token} → {next}
 * - POST /api/v1/admin/peerings/{id}/approve → PeeringObject; …/reject {reason} → PeeringObject
 * - POST /api/v1/admin/nodes/{id}/restart → 202
 * - DELETE /api/v1/peerings/{id} {confirm: "4242426001"} → 204
 */
export type Problem = {
  /** RFC 9457 with `code` and `errors[]`. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code: string;
  readonly errors?: readonly (Finding & { readonly place?: string })[];
};
