/**
 * Super mode: registers with the supernode, follows what it says, reports what was measured.
 *
 * Standard: etherguard-go v0.3.5 (`process_UpdatePeerMsg` and its neighbors, `RoutineRegister`, `RoutinePostPeerInfo`).
 *
 *   register, over each family, every ping interval ─► server update: action and hash
 *                                                        │ hash is another than the one held
 *   peers, parameters, table ◄── GET with the hash ◄─────┘  404: it changed meanwhile, the next push tells
 *   parameters ─► ping all, POST report at once, then every HttpPostInterval
 *
 * A hash is adopted with what was fetched by it. One request of a kind is under way; a push that comes meanwhile is
 * followed after it. Pushes repeat every second until they were followed, so nothing is tried again by itself.
 *
 * Actions 1 to 3 end the original's process. Here they end the edge (`ended`), and nothing else.
 *
 * @module
 */
import { toBase64 } from '../../../base/bytes.ts';
import { formatEndpoint, parseEndpoint, type UnderlayAddress } from '../../../base/endpoint.ts';
import { printable } from '../../../base/printable.ts';
import type { Random } from '../../../base/random.ts';
import type { TimerOwner, TimerQueue, Timers } from '../../../base/timer-queue.ts';
import {
  addMilliseconds,
  elapsed,
  type Instant,
  type WallClock,
  type WallTime,
} from '../../../base/units.ts';
import type { NextHopTable } from '../../graph/index.ts';
import { type NodeNumber, SUPERNODE } from '../../node-number.ts';
import type { EdgeConfig } from '../config/index.ts';
import type { Compression, HttpOutcome, MeshOutput } from '../ports.ts';
import {
  type Pong,
  peerReportMessage,
  REPORT_SECRET_BYTES,
  registerMessage,
  SERVER_ACTION,
  type ServerUpdate,
  USAGE,
} from '../wire/index.ts';
import { type ApiTrouble, ApiWatch, refusal, silence } from './api-watch.ts';
import {
  ADDITIONAL_LOCAL_RANK,
  LOCAL_RANK,
  PANIC_EXIT_CODE,
  REGISTER_INTERVAL_WITHOUT_PINGS,
} from './constants.ts';
import type { Forwarding } from './forwarding.ts';
import { STATE_HASH_CHARACTERS_MAX } from './limits.ts';
import type { Link, LinkTable } from './links.ts';
import type { Outputs, Questions } from './outputs.ts';
import { reportToken } from './report-token.ts';
import type { EdgeSettings, SuperParameters } from './settings.ts';
import {
  AnswerProblem,
  readParameters,
  readPeers,
  readTable,
  type ToldPeer,
} from './supernode-answers.ts';

type Kind = 'peers' | 'parameters' | 'table';

export type SupernodeClientParts = {
  readonly own: NodeNumber;
  readonly publicKey: Uint8Array;
  readonly version: string;
  readonly random: Random;
  readonly wallClock: WallClock;
  readonly compression: Compression;
  readonly timerQueue: TimerQueue;
  readonly links: LinkTable;
  readonly forwarding: Forwarding;
  readonly outputs: Outputs;
  readonly questions: Questions<HttpOutcome>;
  readonly settings: () => EdgeSettings;
  /** Measurements of living peers, for the report. */
  readonly pongs: (now: Instant) => readonly Pong[];
  readonly ownEndpoints: () => readonly UnderlayAddress[];
  readonly peersTold: (peers: readonly ToldPeer[], now: Instant) => void;
  readonly parametersTold: (parameters: SuperParameters, now: Instant) => void;
  readonly tableTold: (table: NextHopTable) => void;
};

const PATHS: Readonly<Record<Kind, string>> = {
  peers: '/edge/peerinfo',
  parameters: '/edge/superparams',
  table: '/edge/nhtable',
};
const KINDS: ReadonlyMap<number, Kind> = new Map([
  [SERVER_ACTION.updatePeers, 'peers'],
  [SERVER_ACTION.updateNextHops, 'table'],
  [SERVER_ACTION.updateParameters, 'parameters'],
]);
type Sent = {
  readonly link: Link;
  readonly at: Instant;
  readonly wallTime: WallTime;
  /** Otherwise it waits for a session, and goes with it. */
  readonly hadSession: boolean;
};

const HTTP_OK = 200;
const HTTP_NOT_FOUND = 404;

export class SupernodeClient implements TimerOwner<'register' | 'report'> {
  lastReported: WallTime | undefined;
  private readonly parts: SupernodeClientParts;
  private readonly timers: Timers<'register' | 'report'>;
  private readonly secret: Uint8Array;
  private readonly api: ApiWatch;
  private postCount = 0n;
  private config: EdgeConfig;
  private isOn = false;
  /** The registration that was sent last, over each family. */
  private sent: readonly Sent[] = [];
  private registered: WallTime | undefined;
  private readonly held: Record<Kind, string> = { peers: '', parameters: '', table: '' };
  private readonly fetching = new Set<Kind>();
  /** What was pushed while a request of the kind was under way. */
  private readonly wanted = new Map<Kind, string>();

  constructor(parts: SupernodeClientParts, config: EdgeConfig) {
    this.parts = parts;
    this.config = config;
    this.timers = parts.timerQueue.add<'register' | 'report'>(this);
    this.secret = parts.random.bytes(REPORT_SECRET_BYTES);
    this.api = new ApiWatch(parts.outputs);
  }

  start(config: EdgeConfig, now: Instant): void {
    this.config = config;
    this.isOn = config.DynamicRoute.SuperNode.UseSuperNode;
    this.timers.clear('register');
    if (!this.isOn) this.stop();
    else this.register(now);
  }

  stop(): void {
    this.isOn = false;
    this.timers.clearAll();
    this.api.stop();
    this.wanted.clear();
    this.sent = [];
    this.registered = undefined;
    for (const kind of KINDS.values()) this.held[kind] = '';
  }

  /** What is wrong with its HTTP API, in words; undefined when nothing is. */
  get problem(): string | undefined {
    return this.api.problem;
  }

  /** When a registration was sent last after which the supernode was heard: one into the dark is none. */
  lastRegistered(now: Instant): WallTime | undefined {
    this.noteHeard(now);
    return this.registered;
  }

  /** Whether peers, parameters and table are the supernode's. */
  holds(kind: Kind): boolean {
    return this.held[kind] !== '';
  }

  timerExpired(name: 'register' | 'report', now: Instant): void {
    if (name === 'register') this.register(now);
    else this.report(now);
  }

  /** A supernode that restarted knows nothing of us before we register, and refuses reports until then. */
  sessionReady(link: Link, now: Instant): void {
    if (this.sent.some((sent) => sent.link === link && sent.hadSession)) this.register(now);
  }

  /** Its name has an address: until then there was nowhere to send a registration. */
  addressFound(now: Instant): void {
    if (this.isOn) this.register(now);
  }

  receiveUpdate(update: ServerUpdate): void {
    const kind = KINDS.get(update.action);
    if (kind !== undefined) this.pushed(kind, update.text);
    else if (update.action === SERVER_ACTION.none) return;
    else if (update.action >= SERVER_ACTION.shutdown && update.action <= SERVER_ACTION.panic)
      this.end(update);
    else {
      const fields = { code: 'MESH_UPDATE_UNKNOWN', action: update.action };
      this.parts.outputs.log('warn', 'control', 'the supernode wants something unknown', fields);
    }
  }

  private register(now: Instant): void {
    const { own, version, links, forwarding, settings, wallClock } = this.parts;
    const body = registerMessage.encode({
      node: own,
      version,
      peerStateHash: this.held.peers,
      nextHopStateHash: this.held.table,
      parameterStateHash: this.held.parameters,
      reportSecret: this.secret,
      reportCount: this.postCount,
    });
    this.noteHeard(now);
    this.sent = links.supernodes().flatMap((link) => {
      const hadSession = links.hasSession(link);
      const reason = forwarding.sendControl(link, USAGE.register, SUPERNODE, body, 'may wait', now);
      if (reason !== undefined) return [];
      return [{ link, at: now, wallTime: wallClock.now(), hadSession }];
    });
    const { sendPingInterval } = settings();
    const interval = sendPingInterval > 0 ? sendPingInterval : REGISTER_INTERVAL_WITHOUT_PINGS;
    this.timers.set('register', addMilliseconds(now, interval));
  }

  private noteHeard(now: Instant): void {
    const { links } = this.parts;
    for (const { link, at, wallTime } of this.sent) {
      const silence = links.at(link.index) === link ? links.silence(link, now) : undefined;
      if (silence !== undefined && silence < elapsed(at, now)) this.registered = wallTime;
    }
  }

  private end({ action, code, text }: ServerUpdate): void {
    const said = printable(text, 200);
    const { outputs } = this.parts;
    if (action === SERVER_ACTION.shutdown)
      outputs.end({ code: 'MESH_SHUT_DOWN', message: `The supernode: ${said}`, exitCode: 0 });
    else if (action === SERVER_ACTION.throwError)
      outputs.end({
        code: 'MESH_REFUSED',
        message: `The supernode refuses this edge: ${said}`,
        exitCode: code & 0xff,
      });
    else
      outputs.end({
        code: 'MESH_REFUSED',
        message: `The supernode wants this edge to crash: ${said}`,
        exitCode: PANIC_EXIT_CODE,
      });
  }

  private pushed(kind: Kind, hash: string): void {
    if (!this.isOn || hash === this.held[kind] || hash.length > STATE_HASH_CHARACTERS_MAX) return;
    if (this.fetching.has(kind)) this.wanted.set(kind, hash);
    else this.fetch(kind, hash);
  }

  private fetch(kind: Kind, hash: string): void {
    const { own, publicKey, questions } = this.parts;
    const question = questions.add((outcome, at) => this.fetched(kind, hash, outcome, at));
    if (question === undefined) return;
    this.fetching.add(kind);
    const query = new URLSearchParams({
      NodeID: String(own),
      PubKey: toBase64(publicKey),
      State: hash,
    });
    this.ask(question, 'GET', `${PATHS[kind]}?${query}`, {});
  }

  private ask(
    question: number,
    method: 'GET' | 'POST',
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: Uint8Array,
  ): void {
    const url = this.config.DynamicRoute.SuperNode.EndpointEdgeAPIUrl + path;
    const request = { kind: 'request', question, method, url, headers } as const;
    const output: MeshOutput = body === undefined ? request : { ...request, body };
    this.parts.outputs.push(output);
  }

  private fetched(kind: Kind, hash: string, outcome: HttpOutcome, now: Instant): void {
    this.fetching.delete(kind);
    if (!this.isOn) return;
    this.api.answered(kind, this.follow(kind, hash, outcome, now), now);
    const wanted = this.wanted.get(kind);
    this.wanted.delete(kind);
    if (wanted !== undefined) this.pushed(kind, wanted);
  }

  private follow(
    kind: Kind,
    hash: string,
    outcome: HttpOutcome,
    now: Instant,
  ): ApiTrouble | undefined {
    if ('reason' in outcome) return silence(outcome);
    // What was pushed is old news already: usual while nodes join.
    if (outcome.status === HTTP_NOT_FOUND) return undefined;
    if (outcome.status !== HTTP_OK) return refusal(outcome);
    const problem = this.take(kind, outcome.body, now);
    if (problem !== undefined)
      return { code: 'MESH_ANSWER_INVALID', problem: `${PATHS[kind]} ${problem.message}` };
    this.held[kind] = hash;
    return undefined;
  }

  private reported(outcome: HttpOutcome, now: Instant): void {
    if (!this.isOn) return;
    if ('reason' in outcome) this.api.answered('report', silence(outcome), now);
    else if (outcome.status !== HTTP_OK) this.api.answered('report', refusal(outcome), now);
    else {
      this.lastReported = this.parts.wallClock.now();
      this.api.answered('report', undefined, now);
    }
  }

  private take(kind: Kind, body: Uint8Array, now: Instant): AnswerProblem | undefined {
    switch (kind) {
      case 'peers':
        return this.takePeers(body, now);
      case 'parameters':
        return this.takeParameters(body, now);
      case 'table':
        return this.takeTable(body);
    }
  }

  private takePeers(body: Uint8Array, now: Instant): AnswerProblem | undefined {
    const { SuperNode } = this.config.DynamicRoute;
    const told = readPeers(body, {
      prefer: this.config.AfPrefer,
      usesLocal: !SuperNode.SkipLocalIP,
    });
    if (told instanceof AnswerProblem) return told;
    if (told.refused > 0) {
      const fields = { code: 'MESH_ANSWER_INVALID', entries: told.refused };
      this.parts.outputs.log('warn', 'control', 'the supernode told peers that are none', fields);
    }
    this.parts.peersTold(told.peers, now);
    return undefined;
  }

  private takeParameters(body: Uint8Array, now: Instant): AnswerProblem | undefined {
    const parameters = readParameters(body);
    if (parameters instanceof AnswerProblem) return parameters;
    this.parts.parametersTold(parameters, now);
    this.report(now);
    return undefined;
  }

  private takeTable(body: Uint8Array): AnswerProblem | undefined {
    const table = readTable(body);
    if (table instanceof AnswerProblem) return table;
    this.parts.tableTold(table);
    return undefined;
  }

  private report(now: Instant): void {
    const { httpPostInterval } = this.parts.settings();
    if (httpPostInterval > 0) this.timers.set('report', addMilliseconds(now, httpPostInterval));
    else this.timers.clear('report');
    this.post(now);
  }

  private post(now: Instant): void {
    const { own, publicKey, compression, questions, pongs } = this.parts;
    const body = compression.gzip(
      peerReportMessage.encode({
        pongs: pongs(now),
        localV4: this.localAddresses(4),
        localV6: this.localAddresses(6),
      }),
    );
    const question = questions.add((outcome, at) => this.reported(outcome, at));
    if (question === undefined) return;
    const query = new URLSearchParams({
      JWTSig: reportToken(this.secret, this.postCount, body),
      NodeID: String(own),
      PubKey: toBase64(publicKey),
    });
    this.postCount++;
    const headers = {
      'content-type': 'application/octet-stream',
      'content-encoding': 'gzip',
    };
    this.ask(question, 'POST', `/edge/post/nodeinfo?${query}`, headers, body);
  }

  /** Our addresses of a family with the ranks the original gives them. */
  private localAddresses(family: 4 | 6): ReadonlyMap<string, number> {
    const { SkipLocalIP, AdditionalLocalIP } = this.config.DynamicRoute.SuperNode;
    const ranks = new Map<string, number>();
    if (!SkipLocalIP)
      for (const own of this.parts.ownEndpoints())
        if (own.address.family === family) ranks.set(formatEndpoint(own), LOCAL_RANK);
    for (const text of AdditionalLocalIP)
      if (familyOfText(text) === family) ranks.set(text, ADDITIONAL_LOCAL_RANK);
    return ranks;
  }
}

/** A name is told as IPv4, as the original's resolver would most often have it. */
const familyOfText = (text: string): 4 | 6 => parseEndpoint(text)?.address?.family ?? 4;
