/**
 * Edges that go: told to shut down ten times, a tenth of a second apart, then their sessions end.
 *
 * Not standardized; etherguard-go v0.3.5. From the first moment they are served no more.
 *
 * @module
 */
import { addMilliseconds, type Instant, milliseconds } from '../../../base/units.ts';
import { SERVER_ACTION } from '../wire/index.ts';
import type { SuperCore } from './core.ts';
import type { Edge } from './edge-table.ts';
import type { SuperTunnels } from './tunnels.ts';

const FAREWELLS = 10;
const FAREWELL_INTERVAL = milliseconds(100);
const EXIT_CODE = 2;
const TEXT = "You've been removed from supernode.";

export class Departures {
  private readonly core: SuperCore;
  private readonly tunnels: SuperTunnels;
  private readonly leaving = new Set<Edge>();

  constructor(core: SuperCore, tunnels: SuperTunnels) {
    this.core = core;
    this.tunnels = tunnels;
  }

  begin(edge: Edge, now: Instant): void {
    this.core.edges.retire(edge);
    edge.farewells = FAREWELLS;
    this.leaving.add(edge);
    this.tell(edge, now);
  }

  /** Tells all of them once more. Returns when to do so again. */
  goOn(now: Instant): Instant | undefined {
    for (const edge of this.leaving) {
      if (edge.farewells === 0) this.end(edge);
      else this.tell(edge, now);
    }
    return this.deadline(now);
  }

  deadline(now: Instant): Instant | undefined {
    return this.leaving.size === 0 ? undefined : addMilliseconds(now, FAREWELL_INTERVAL);
  }

  /** Ends at once what stands in the way of an edge with this key. */
  makeRoomFor(keyText: string): void {
    for (const edge of this.leaving) if (edge.keyText === keyText) this.end(edge);
  }

  private tell(edge: Edge, now: Instant): void {
    edge.farewells--;
    const update = {
      node: edge.node,
      action: SERVER_ACTION.shutdown,
      code: EXIT_CODE,
      text: TEXT,
    };
    this.tunnels.send(edge, update, edge.node, now);
  }

  private end(edge: Edge): void {
    this.tunnels.remove(edge);
    this.core.edges.forget(edge);
    this.leaving.delete(edge);
  }
}
