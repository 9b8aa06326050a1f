/**
 * The router's state as the portal knows it, and who wants to hear of changes.
 *
 * Not standardized; docs/architecture.md §5 step 13. Keeps the latest whole state per entity. What
 * subscribers get is only "this peering changed": each then reads the object as its login may see
 * it, so what may be seen is decided per object. Changes of rows are announced here as well.
 *
 * Invariants
 * - Memory is bounded by the number of entities: intermediate states are overwritten.
 * - A transition is in the database before its subscribers hear of the change.
 *
 * @module
 */
import 'server-only';
import type {
  MeshView,
  NodeView,
  PeeringView,
  RouterClient,
  RouterEvent,
} from '../../router-core/index.ts';

type HubChange = { readonly kind: 'peering'; readonly id: string } | { readonly kind: 'node' };
type HubListener = (change: HubChange) => void;

export interface StatusHub {
  /** Loads the whole state; called when the router came up. */
  refresh(): Promise<void>;
  peering(id: string): PeeringView | undefined;
  peerings(): readonly PeeringView[];
  node(): NodeView | undefined;
  /** Undefined: the node takes no part in a mesh. */
  mesh(): MeshView | undefined;
  /** When the router last said anything; undefined before the first word. */
  heardAt(): Date | undefined;
  /** A row changed: everybody who may see it reads it again. */
  peeringChanged(id: string): void;
  nodeChanged(): void;
  subscribe(listener: HubListener): () => void;
  stop(): Promise<void>;
}

export type HubOptions = {
  readonly client: RouterClient;
  /** Writes the transitions not seen before; resolved before listeners hear. */
  readonly record: (view: PeeringView) => Promise<void>;
  readonly nodeSeen: (node: NodeView) => void;
  readonly log: (
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields: object,
  ) => void;
};

export function createStatusHub(options: HubOptions): StatusHub {
  const peerings = new Map<string, PeeringView>();
  const listeners = new Set<HubListener>();
  /** Views waiting to be recorded, the latest per peering. */
  const waiting = new Map<string, PeeringView>();
  let node: NodeView | undefined;
  let mesh: MeshView | undefined;
  let heardAt: Date | undefined;
  let draining: Promise<void> | undefined;

  const tell = (change: HubChange): void => {
    for (const listener of listeners) listener(change);
  };
  const drain = async (): Promise<void> => {
    for (let next = waiting.entries().next(); !next.done; next = waiting.entries().next()) {
      const [id, view] = next.value;
      waiting.delete(id);
      try {
        await options.record(view);
      } catch (error) {
        options.log('error', 'a transition could not be stored', { peering: id, error });
      }
      tell({ kind: 'peering', id });
    }
    draining = undefined;
  };
  const take = (view: PeeringView): void => {
    peerings.set(view.id, view);
    waiting.set(view.id, view);
    draining ??= drain();
  };
  const receive = (event: RouterEvent): void => {
    heardAt = new Date();
    if (event.kind === 'peering') take(event.peering);
    else if (event.kind === 'peering-gone') {
      peerings.delete(event.id);
      tell({ kind: 'peering', id: event.id });
    } else if (event.kind === 'node') {
      node = event.node;
      options.nodeSeen(event.node);
      tell({ kind: 'node' });
    } else if (event.kind === 'mesh') mesh = event.mesh ?? undefined;
    else if (event.kind === 'log') options.log(event.level, event.message, event.fields);
  };
  const unwatch = options.client.watch(receive);

  return {
    async refresh() {
      const snapshot = await options.client.call('snapshot', {});
      heardAt = new Date();
      const present = new Set(snapshot.peerings.map((view) => view.id));
      for (const id of [...peerings.keys()]) if (!present.has(id)) peerings.delete(id);
      for (const view of snapshot.peerings) take(view);
      node = snapshot.node;
      mesh = snapshot.mesh;
      options.nodeSeen(snapshot.node);
      tell({ kind: 'node' });
    },
    peering: (id) => peerings.get(id),
    peerings: () => [...peerings.values()],
    node: () => node,
    mesh: () => mesh,
    heardAt: () => heardAt,
    peeringChanged: (id) => tell({ kind: 'peering', id }),
    nodeChanged: () => tell({ kind: 'node' }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async stop() {
      unwatch();
      listeners.clear();
      await draining;
    },
  };
}
