/**
 * What edges measured, and the table that follows from it.
 *
 * Standard: EtherGuard, etherguard-go v0.3.5. An edge measures how long packets take to it and says so in pongs,
 * by UDP and in reports.
 *
 * Departures
 * - Only who measured may tell: the destination of a pong is the edge it comes from, and its source is an edge
 *   of ours. The original takes pongs about any pair by UDP.
 * - The cost in the file stands for the edge's own in both kinds of pongs, unless it is -1.
 *
 * @module
 */
import type { Instant } from '../../../base/units.ts';
import { type GraphNews, LatencyGraph, NextHopTable, readNextHopTable } from '../../graph/index.ts';
import { tableValues } from '../config/index.ts';
import { graphSettingsOf } from '../graph-settings.ts';
import type { Pong } from '../wire/index.ts';
import type { SuperCore } from './core.ts';
import type { Edge } from './edge-table.ts';
import { GRAPH_BATCH_MS, GRAPH_SLICE } from './limits.ts';

export class Measurements {
  readonly graph: LatencyGraph;
  private readonly core: SuperCore;

  constructor(core: SuperCore, now: Instant) {
    this.core = core;
    this.graph = new LatencyGraph(
      'super',
      graphSettingsOf(core.config.GraphRecalculateSetting),
      now,
    );
    this.setStaticTable();
  }

  /** Follows the configuration in force. */
  configure(now: Instant): void {
    this.graph.configure(graphSettingsOf(this.core.config.GraphRecalculateSetting), now);
    this.setStaticTable();
  }

  /** Takes a pong an edge sent or reported; false when it is not for this edge to tell. */
  take(edge: Edge, pong: Pong, now: Instant): boolean {
    if (pong.destination !== edge.node) return false;
    if (this.core.edges.of(pong.source) === undefined) return false;
    const { AdditionalCost } = edge.settings;
    const refusal = this.graph.update(
      {
        from: pong.source,
        to: edge.node,
        seconds: pong.latency,
        timeToAliveSeconds: pong.timeToAlive,
        additionalCostMs: this.costOf(AdditionalCost, pong),
      },
      now,
    );
    return refusal === undefined;
  }

  /**
   * The configured cost, or the edge's own. With QualityMetric an edge of ours tells the configured one and a penalty
   * for loss and jitter above it; an edge of the original tells no more than the configured one.
   */
  private costOf(configured: number, { additionalCost }: Pong): number {
    if (configured < 0) return additionalCost;
    return this.core.config.QualityMetric ? Math.max(configured, additionalCost) : configured;
  }

  forget(edge: Edge): void {
    this.graph.removeNode(edge.node);
  }

  /** Goes on with the graph for a few milliseconds of `clock`; returns the last news of it. */
  run(now: Instant, clock: () => Instant): GraphNews | undefined {
    const until = clock() + GRAPH_BATCH_MS;
    let news: GraphNews | undefined;
    this.graph.tick(now);
    while (this.graph.hasWork(now)) {
      news = this.graph.run(GRAPH_SLICE, now) ?? news;
      if (clock() >= until) break;
    }
    return news;
  }

  private setStaticTable(): void {
    const { GraphRecalculateSetting, NextHopTable: table } = this.core.config;
    if (!GraphRecalculateSetting.StaticMode) return;
    const read = readNextHopTable(tableValues(table));
    if (read instanceof NextHopTable) {
      const { hasChanged, hasVanished } = read.differenceFrom(this.graph.table);
      if (hasChanged || hasVanished) this.graph.setTable(read);
    } else
      this.core.outputs.log('error', 'life', 'the static table cannot be used', {
        path: read.path,
        reason: read.message,
      });
  }
}
