/**
 * What edges are to fetch, and telling them: peer list, next-hop table, parameters.
 *
 * Not standardized; etherguard-go v0.3.5. Each state has a name that changes with its content. An edge is told
 * the name, fetches what it names, and thereby holds it; what it reports in register messages counts likewise.
 *
 *   content changed ─┐
 *   edge registered ─┼─► push to alive edges that hold another state ◄── every second
 *   RePushConfigInterval ─► the table to every edge with an endpoint, whatever it holds
 *
 * Departures
 * - A name is 128 random bits, as it is also the permission to read; the original's is an MD5 sum.
 * - Routes that are gone are news as well, and an edge that registers is told all it lacks at once.
 *
 * Invariant: an edge is not told the same twice within PUSH_AGAIN_MS, but for RePushConfigInterval.
 *
 * @module
 */
import { toHex } from '../../../base/bytes.ts';
import type { Random } from '../../../base/random.ts';
import type { Instant } from '../../../base/units.ts';
import type { NextHopTable } from '../../graph/index.ts';
import { SUPERNODE } from '../../node-number.ts';
import { SERVER_ACTION } from '../wire/index.ts';
import { isAlive, type SuperCore } from './core.ts';
import { type Edge, NEWS_KINDS, type NewsKind } from './edge-table.ts';
import { PUSH_AGAIN_MS } from './limits.ts';
import { PeerList } from './peer-list.ts';
import type { SuperTunnels } from './tunnels.ts';

const STATE_BYTES = 16;
const ACTIONS: Readonly<Record<NewsKind, number>> = {
  peers: SERVER_ACTION.updatePeers,
  nextHops: SERVER_ACTION.updateNextHops,
  parameters: SERVER_ACTION.updateParameters,
};

export class News {
  private readonly core: SuperCore;
  private readonly tunnels: SuperTunnels;
  private list: PeerList | undefined;
  private peersState: string;
  /** Undefined until there is a first table. */
  private table: NextHopTable | undefined;
  private tableText: string | undefined;
  private tableState = '';

  constructor(core: SuperCore, tunnels: SuperTunnels) {
    this.core = core;
    this.tunnels = tunnels;
    this.peersState = newState(core.ports.random);
  }

  /** Makes the peer list anew; true when it is another. */
  renewPeers(now: Instant): boolean {
    const list = new PeerList(this.core, this.tunnels, now);
    if (list.text === (this.list?.text ?? '')) return false;
    this.list = list;
    this.peersState = newState(this.core.ports.random);
    return true;
  }

  /** Some reader's list is another, though the edges in it are the same. */
  peersDiffer(): void {
    this.peersState = newState(this.core.ports.random);
  }

  setTable(table: NextHopTable): void {
    this.table = table;
    this.tableText = undefined;
    this.tableState = newState(this.core.ports.random);
  }

  /** Names the parameters of an edge anew when they are others. */
  renewParameters(edge: Edge): void {
    const { config } = this.core;
    const text = JSON.stringify({
      SendPingInterval: config.SendPingInterval,
      HttpPostInterval: config.HttpPostInterval,
      PeerAliveTimeout: config.PeerAliveTimeout,
      DampingFilterRadius: config.DampingFilterRadius,
      AdditionalCost: edge.settings.AdditionalCost,
      ...(config.QualityMetric && { QualityMetric: true }),
    });
    if (text !== edge.parameters.text)
      edge.parameters = { text, state: newState(this.core.ports.random) };
  }

  /** The state there is for an edge to hold; empty: none yet. */
  stateFor(edge: Edge, kind: NewsKind): string {
    switch (kind) {
      case 'peers':
        return this.peersState;
      case 'nextHops':
        return this.tableState;
      case 'parameters':
        return edge.parameters.state;
    }
  }

  /** What the edge fetches, as JSON. */
  contentFor(edge: Edge, kind: NewsKind): string {
    switch (kind) {
      case 'peers':
        return this.list?.answerFor(edge) ?? '{}';
      case 'nextHops':
        this.tableText ??= JSON.stringify(this.table?.toMaps() ?? {});
        return this.tableText;
      case 'parameters':
        return edge.parameters.text;
    }
  }

  /** Tells every alive edge what it lacks. */
  tellAll(now: Instant): void {
    for (const edge of this.core.edges.all()) this.tell(edge, now);
  }

  /** Tells the edges that registered. */
  tellAsking(now: Instant): void {
    for (const edge of this.core.edges.all()) if (edge.isAsking) this.tell(edge, now);
  }

  /** Tells the table once more, also to who holds it. */
  repeatTable(now: Instant): void {
    if (this.tableState === '') return;
    for (const edge of this.core.edges.all()) this.push(edge, 'nextHops', now);
  }

  private tell(edge: Edge, now: Instant): void {
    edge.isAsking = false;
    if (!isAlive(this.core, edge, now)) return;
    for (const kind of NEWS_KINDS) {
      const state = this.stateFor(edge, kind);
      if (state === '' || state === edge.held[kind]) continue;
      const told = edge.told[kind];
      const isToldAlready = told?.state === state && now - told.at < PUSH_AGAIN_MS;
      if (!isToldAlready) this.push(edge, kind, now);
    }
  }

  private push(edge: Edge, kind: NewsKind, now: Instant): void {
    const text = this.stateFor(edge, kind);
    edge.told[kind] = { state: text, at: now };
    const update = { node: SUPERNODE, action: ACTIONS[kind], code: 0, text };
    this.tunnels.send(edge, update, SUPERNODE, now);
  }
}

const newState = (random: Random): string => toHex(random.bytes(STATE_BYTES));
