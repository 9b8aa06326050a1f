/**
 * P2P mode: the next-hop table an edge computes itself, from the pongs of all.
 *
 * Standard: etherguard-go v0.3.5. A latency holds for our own PeerAliveTimeout, whatever the pong says; a new peer is in the
 * graph and out of reach.
 *
 * @module
 */
import type { DropReason } from '../../../base/drop-reason.ts';
import type { TimerOwner, TimerQueue, Timers } from '../../../base/timer-queue.ts';
import { type Instant, instant, type Milliseconds } from '../../../base/units.ts';
import { INFINITE_SECONDS, LatencyGraph, type NextHopTable } from '../../graph/index.ts';
import type { NodeNumber } from '../../node-number.ts';
import type { EdgeConfig } from '../config/index.ts';
import { graphSettingsOf } from '../graph-settings.ts';
import type { Pong } from '../wire/index.ts';
import { GRAPH_BUDGET } from './constants.ts';
import type { NextHops } from './next-hops.ts';
import type { Outputs } from './outputs.ts';

export type ComputationParts = {
  readonly timerQueue: TimerQueue;
  readonly nextHops: NextHops;
  readonly outputs: Outputs;
  readonly peerAliveTimeout: () => Milliseconds;
};

export class OwnComputation implements TimerOwner<'look'> {
  readonly graph: LatencyGraph;
  private readonly parts: ComputationParts;
  private readonly timers: Timers<'look'>;
  private isOn: boolean;

  constructor(parts: ComputationParts, config: EdgeConfig) {
    this.parts = parts;
    this.timers = parts.timerQueue.add<'look'>(this);
    this.graph = new LatencyGraph(
      'edge',
      graphSettingsOf(config.DynamicRoute.P2P.GraphRecalculateSetting),
      instant(0),
    );
    this.isOn = config.DynamicRoute.P2P.UseP2P;
  }

  configure(config: EdgeConfig, now: Instant): void {
    this.isOn = config.DynamicRoute.P2P.UseP2P;
    this.graph.configure(graphSettingsOf(config.DynamicRoute.P2P.GraphRecalculateSetting), now);
  }

  stop(): void {
    this.isOn = false;
    this.timers.clearAll();
  }

  /** A table that was told holds until the next computation. */
  tableTold(table: NextHopTable): void {
    if (this.isOn) this.graph.setTable(table);
  }

  learn(pong: Pong, now: Instant): DropReason | undefined {
    const { source, destination, latency, additionalCost } = pong;
    return this.put(source, destination, latency, additionalCost, now);
  }

  nodeAdded(node: NodeNumber, now: Instant): void {
    if (!this.isOn) return;
    const { own } = this.parts.nextHops;
    this.put(own, node, INFINITE_SECONDS, 0, now);
    this.put(node, own, INFINITE_SECONDS, 0, now);
  }

  nodeRemoved(node: NodeNumber): void {
    this.graph.removeNode(node);
  }

  /** Goes on with the computation; true when work is left. */
  settle(now: Instant): boolean {
    if (!this.isOn) return false;
    const { nextHops, outputs } = this.parts;
    const news = this.graph.run(GRAPH_BUDGET, now);
    // A table that was told is in force already.
    if (news !== undefined && news.table !== nextHops.table) {
      nextHops.setTable(news.table, 'own computation');
      const fields = { nodes: news.table.nodes.length, hadNegativeCycle: news.hadNegativeCycle };
      outputs.log('info', 'internal', 'another next-hop table', fields);
    }
    const deadline = this.graph.nextDeadline();
    if (deadline === undefined) this.timers.clear('look');
    else this.timers.set('look', deadline);
    return this.graph.hasWork(now);
  }

  /** Time to look at the graph, or to go on with it: `settle` does. */
  timerExpired(_name: 'look', now: Instant): void {
    this.graph.tick(now);
  }

  private put(
    from: NodeNumber,
    to: NodeNumber,
    seconds: number,
    additionalCostMs: number,
    now: Instant,
  ): DropReason | undefined {
    const timeToAliveSeconds = this.parts.peerAliveTimeout() / 1000;
    const refusal = this.graph.update(
      { from, to, seconds, timeToAliveSeconds, additionalCostMs },
      now,
    );
    return refusal === undefined ? undefined : 'malformed';
  }
}
