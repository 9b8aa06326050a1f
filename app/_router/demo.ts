/**
 * The demo: a simulated node with simulated neighbors, in this process.
 *
 * Not standardized; docs/architecture.md §13. The seam to `startDemoNode` of the second door.
 *
 * @module
 */
import 'server-only';
import type { PeeringRequest, RegistrySource } from '../../router-core/index.ts';
import type { Log, NodeFacts, Settings } from '../_settings/index.ts';
import type { RouterHandle } from './supervisor.ts';

export type RunningDemo = {
  readonly facts: NodeFacts;
  readonly router: RouterHandle;
  readonly registry: RegistrySource;
  readonly peerings: readonly Omit<PeeringRequest, 'node'>[];
};

export const DEMO_NODE = 'demo';

export interface Demo {
  start(): Promise<RunningDemo>;
  isDemo(name: string): boolean;
  /** The node's name while it runs. */
  name(): string | undefined;
}

export function createDemo(_options: {
  readonly settings: Settings;
  readonly version: string;
  readonly log: Log;
}): Demo {
  let running: RunningDemo | undefined;
  return {
    async start() {
      if (running === undefined) throw new Error('no demo yet');
      return running;
    },
    isDemo: (name) => name === DEMO_NODE,
    name: () => running?.facts.name,
  };
}
