/**
 * The supernode of an EtherGuard mesh: knows all edges, introduces them to each other, and computes their ways.
 *
 * Standard: EtherGuard, etherguard-go v0.3.5, super mode. No frame passes here.
 *
 *   datagram ─► tunnels ─► uplink ─┬─► edge table ──► news ─► tunnels ─► datagram
 *                                  └─► measurements ──┘ ↑
 *   HTTP request ─► api ─┬─ reads: news ────────────────┤
 *                        ├─ reports: measurements ──────┤
 *                        └─ management: configuration ──┘
 *
 * Calls note what is to be done; `settle` does what concerns all edges, once for a batch.
 *
 * Invariants
 * - Configuration, edge table and peers of the devices change together, in `follow`.
 * - What a stranger sends ends in a counter, an answer or a line of the log, never in an exception.
 *
 * @module
 */
import { createDropCounters, type DropCounters } from '../../../base/drop-reason.ts';
import type { UnderlayAddress } from '../../../base/endpoint.ts';
import { RouterError } from '../../../base/errors.ts';
import {
  addMilliseconds,
  type Instant,
  instant,
  milliseconds,
  type PacketSlot,
  type SocketId,
  seconds,
} from '../../../base/units.ts';
import type { SuperConfig } from '../config/index.ts';
import type { MeshOutput } from '../ports.ts';
import { ORIGINAL_VERSION } from '../version.ts';
import { Api } from './api/api.ts';
import type { SuperCore } from './core.ts';
import { Departures } from './departures.ts';
import { type Edge, type EdgeSettings, EdgeTable } from './edge-table.ts';
import { PEER_LIST_INTERVAL_MS } from './limits.ts';
import { Measurements } from './measurements.ts';
import { Names } from './names.ts';
import { News } from './news.ts';
import { OutputQueue } from './output-queue.ts';
import type {
  ApiRequest,
  ApiResponse,
  Supernode,
  SupernodeOptions,
  SupernodeView,
} from './supernode-contract.ts';
import { supernodeView } from './supernode-view.ts';
import { SuperTunnels } from './tunnels.ts';
import { Uplink } from './uplink.ts';

const PUSH_INTERVAL = milliseconds(1000);

/** Begins at `now`: sockets are asked for, timers run. */
export const createSupernode = (options: SupernodeOptions, now: Instant): Supernode =>
  new EtherGuardSupernode(options, now);

class EtherGuardSupernode implements Supernode {
  private readonly core: SuperCore;
  private readonly tunnels: SuperTunnels;
  private readonly measurements: Measurements;
  private readonly news: News;
  private readonly departures: Departures;
  private readonly names: Names;
  private readonly api: Api;
  private readonly timers;
  private peersAt: Instant;
  private isTellingDue = false;
  private hasEnded = false;

  constructor(options: SupernodeOptions, now: Instant) {
    const { ports, config } = options;
    const core: SuperCore = {
      ports,
      config: { ...config, Peers: [] },
      version: options.version ?? ORIGINAL_VERSION,
      edges: new EdgeTable(ports.random),
      outputs: new OutputQueue(config.LogLevel),
      drops: createDropCounters(),
      startedAt: now,
      arePeersDue: true,
    };
    this.core = core;
    this.measurements = new Measurements(core, now);
    const uplink = new Uplink(core, this.measurements, () => this.tunnels);
    this.tunnels = new SuperTunnels(core, (edge, slot, at) => uplink.receive(edge, slot, at));
    this.news = new News(core, this.tunnels);
    this.departures = new Departures(core, this.tunnels);
    this.names = new Names(core, this.tunnels);
    this.api = new Api({
      core,
      options,
      news: this.news,
      measurements: this.measurements,
      publicKeys: { v4: this.tunnels.publicKey(4), v6: this.tunnels.publicKey(6) },
      follow: (changed, at) => this.follow(changed, at),
    });
    this.timers = ports.timerQueue.add<
      'push' | 'repush' | 'check' | 'graph' | 'farewell' | 'names' | 'peers'
    >({ timerExpired: (name, at) => this.timerExpired(name, at) });
    this.peersAt = instant(now - PEER_LIST_INTERVAL_MS);
    this.tunnels.open();
    this.follow(config, now);
    this.timers.set('push', addMilliseconds(now, PUSH_INTERVAL));
  }

  get drops(): DropCounters {
    return this.tunnels.drops();
  }

  receiveDatagram(slot: PacketSlot, now: Instant): void {
    this.tunnels.receiveDatagram(slot, now);
  }

  handleRequest(request: ApiRequest, now: Instant): ApiResponse {
    return this.api.handle(request, now);
  }

  settle(now: Instant, clock: () => Instant): boolean {
    if (this.hasEnded) return false;
    this.tunnels.takeEvents();
    this.renewPeers(now);
    const news = this.measurements.run(now, clock);
    if (news !== undefined) {
      this.news.setTable(news.table);
      this.isTellingDue = true;
      if (news.hadNegativeCycle)
        this.core.outputs.log('warn', 'internal', 'a way round had a negative length');
    }
    if (this.isTellingDue) this.news.tellAll(now);
    else this.news.tellAsking(now);
    this.isTellingDue = false;
    const { graph } = this.measurements;
    const deadline = graph.nextDeadline();
    if (deadline === undefined) this.timers.clear('graph');
    else this.timers.set('graph', deadline);
    return graph.hasWork(now);
  }

  nextOutput(): MeshOutput | undefined {
    return this.core.outputs.next();
  }

  socketOpened(socket: SocketId, port: number): void {
    this.tunnels.opened(socket, port);
  }

  /** A host without one of the families still serves by the other; the original ends. */
  socketFailed(socket: SocketId, reason: string): void {
    if (this.hasEnded) return;
    const family = this.tunnels.familyOf(socket);
    if (family === undefined) return;
    const message = `UDP port ${this.core.config.ListenPort} over IPv${family} cannot be opened: ${reason}.`;
    this.core.outputs.log('error', 'life', message);
    if (!this.tunnels.failed(socket)) return;
    this.hasEnded = true;
    this.timers.clearAll();
    this.tunnels.close();
    this.core.outputs.push({ kind: 'ended', end: { code: 'MESH_SOCKET', message, exitCode: 1 } });
  }

  resolved(question: number, addresses: readonly UnderlayAddress[], now: Instant): void {
    this.names.answered(question, addresses, now);
    this.core.arePeersDue = true;
  }

  configure(config: SuperConfig, now: Instant): void {
    if (!this.hasEnded) this.follow(config, now);
  }

  view(now: Instant): SupernodeView {
    return supernodeView(this.core, this.tunnels, this.measurements.graph, now);
  }

  private timerExpired(
    name: 'push' | 'repush' | 'check' | 'graph' | 'farewell' | 'names' | 'peers',
    now: Instant,
  ): void {
    switch (name) {
      case 'push':
        this.isTellingDue = true;
        this.timers.set('push', addMilliseconds(now, PUSH_INTERVAL));
        break;
      case 'repush':
        this.news.repeatTable(now);
        this.setTimer('repush', this.core.config.RePushConfigInterval, now);
        break;
      case 'check':
        this.core.arePeersDue = true;
        this.setTimer('check', this.core.config.GraphRecalculateSetting.TimeoutCheckInterval, now);
        break;
      case 'farewell': {
        const again = this.departures.goOn(now);
        if (again !== undefined) this.timers.set('farewell', again);
        break;
      }
      case 'names':
        this.names.again(now);
        this.setTimer('names', this.core.config.ResetEndPointInterval, now);
        break;
      // `settle` follows, and looks at both.
      case 'graph':
      case 'peers':
        break;
    }
  }

  private setTimer(name: 'repush' | 'check' | 'names', interval: number, now: Instant): void {
    // Below a hundredth of a second the original means "never".
    if (interval > 0.01) this.timers.set(name, addMilliseconds(now, seconds(interval)));
    else this.timers.clear(name);
  }

  /** Makes the peer list anew when something may have changed, a few times a second at most. */
  private renewPeers(now: Instant): void {
    if (!this.core.arePeersDue) return;
    const due = addMilliseconds(this.peersAt, milliseconds(PEER_LIST_INTERVAL_MS));
    if (now < due) {
      this.timers.set('peers', due);
      return;
    }
    this.core.arePeersDue = false;
    this.peersAt = now;
    if (this.news.renewPeers(now)) this.isTellingDue = true;
  }

  /** Goes over to another configuration: who came, who went, what changed. */
  private follow(config: SuperConfig, now: Instant): void {
    const { core } = this;
    const before = core.config;
    const wanted = new Map(config.Peers.map((settings) => [settings.NodeID, settings]));
    for (const edge of [...core.edges.all()]) {
      const settings = wanted.get(edge.node);
      if (settings !== undefined && isSameEdge(edge, settings)) this.change(edge, settings, now);
      else this.remove(edge, now);
    }
    core.config = config;
    core.outputs.setLogLevel(config.LogLevel);
    for (const settings of config.Peers)
      if (core.edges.of(settings.NodeID) === undefined) this.add(settings, now);
    for (const edge of core.edges.all()) this.news.renewParameters(edge);
    if (before.UsePSKForInterEdge !== config.UsePSKForInterEdge) this.news.peersDiffer();
    this.measurements.configure(now);
    if (before.RePushConfigInterval !== config.RePushConfigInterval || !this.timers.isSet('repush'))
      this.setTimer('repush', config.RePushConfigInterval, now);
    if (!this.timers.isSet('check'))
      this.setTimer('check', config.GraphRecalculateSetting.TimeoutCheckInterval, now);
    if (!this.timers.isSet('names')) this.setTimer('names', config.ResetEndPointInterval, now);
    this.core.arePeersDue = true;
    this.isTellingDue = true;
  }

  private add(settings: EdgeSettings, now: Instant): void {
    const edge = this.core.edges.add(settings);
    this.departures.makeRoomFor(edge.keyText);
    try {
      this.tunnels.add(edge, now);
    } catch (error) {
      this.core.edges.forget(edge);
      if (!(error instanceof RouterError)) throw error;
      this.core.outputs.log('error', 'life', 'an edge of the file cannot be served', {
        node: settings.NodeID,
        code: error.code,
        reason: error.message,
      });
      return;
    }
    this.names.follow(edge, now);
  }

  private change(edge: Edge, settings: EdgeSettings, now: Instant): void {
    const before = edge.settings;
    edge.settings = settings;
    if (keyOf(before.PSKey) !== keyOf(settings.PSKey))
      this.tunnels.setPresharedKey(edge, settings, now);
    if (before.EndPoint !== settings.EndPoint || before.ExternalIP !== settings.ExternalIP)
      this.names.follow(edge, now);
    if (before.SkipLocalIP !== settings.SkipLocalIP) this.news.peersDiffer();
  }

  private remove(edge: Edge, now: Instant): void {
    this.core.outputs.log('info', 'life', 'an edge is removed', { node: edge.node });
    this.names.forget(edge);
    this.measurements.forget(edge);
    this.departures.begin(edge, now);
    const at = this.departures.deadline(now);
    if (at !== undefined && !this.timers.isSet('farewell')) this.timers.set('farewell', at);
  }
}

/** An edge with another key is another edge. */
const isSameEdge = (edge: Edge, settings: EdgeSettings): boolean =>
  keyOf(edge.settings.PubKey) === keyOf(settings.PubKey);

const keyOf = (key: Uint8Array | undefined): string => key?.join() ?? '';
