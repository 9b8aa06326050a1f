/**
 * The services of our nodes as the operator sees them: what the file switches on, and what came of it.
 *
 * Not standardized; router-core/router/service-settings.ts, docs/operators.md. Rights are checked here again.
 *
 * Invariant: no credentials, only whether there are some.
 *
 * @module
 */
import 'server-only';
import {
  formatEndpoint,
  formatIpAddress,
  formatIpPrefix,
  placeOfService,
  readServices,
  SERVICE_KINDS,
  type ServiceView,
} from '../../router-core/index.ts';
import { getPortal, ofFile, type Portal } from '../_router/index.ts';
import { askSnapshot, refuseOthers } from './admin.ts';
import { readNodes } from './read-peerings.ts';
import type { NodeServices, ServiceRow, ServicesView, Viewer } from './view-models.ts';

export async function getServices(viewer: Viewer): Promise<ServicesView> {
  refuseOthers(viewer);
  return readServicesView(getPortal());
}

export async function readServicesView(portal: Portal): Promise<ServicesView> {
  const nodes = await readNodes(portal);
  return {
    file: portal.settings.file?.path ?? null,
    nodes: await Promise.all(
      [...nodes.values()].map(async ({ facts }): Promise<NodeServices> => {
        const runtime = portal.nodes.get(facts.name);
        const isDemo = runtime?.isDemo === true;
        const { wishes } = readServices(ofFile(portal.settings, isDemo).services ?? {});
        const snapshot = wishes.length === 0 ? undefined : await askSnapshot(runtime);
        const views = (snapshot?.node ?? runtime?.hub.node())?.services;
        return {
          node: facts.name,
          place: facts.place,
          isDemo,
          services: isDemo ? [] : rowsOf(wishes, views, facts.addresses),
        };
      }),
    ),
  };
}

type Wish = ReturnType<typeof readServices>['wishes'][number];

/** In the order of the switches; one that is off has a row too. */
function rowsOf(
  wishes: readonly Wish[],
  views: readonly ServiceView[] | undefined,
  addresses: readonly string[],
): ServiceRow[] {
  return SERVICE_KINDS.flatMap((kind) => {
    const ofKind = wishes.filter((wish) => wish.kind === kind);
    return ofKind.length === 0
      ? [{ ...OFF, kind }]
      : ofKind.map((wish) => rowOf(wish, views, addresses));
  });
}

const OFF = {
  state: 'off',
  at: null,
  addresses: [],
  to: null,
  note: '',
  access: { kind: 'machine' },
  resolvers: [],
  connections: null,
} as const;

function rowOf(
  wish: Wish,
  views: readonly ServiceView[] | undefined,
  addresses: readonly string[],
): ServiceRow {
  const at = placeOfService(wish);
  const view = views?.find((each) => each.kind === wish.kind && each.at === at);
  return {
    kind: wish.kind,
    state: view === undefined ? 'unknown' : view.isListening ? 'listening' : 'not-listening',
    at,
    addresses: 'listen' in wish ? [] : addresses,
    to: 'to' in wish ? formatEndpoint(wish.to) : null,
    note: view?.note ?? '',
    access: accessOf(wish),
    resolvers: 'resolvers' in wish ? wish.resolvers.map(formatIpAddress) : [],
    connections: view?.connections ?? null,
  };
}

function accessOf(wish: Wish): ServiceRow['access'] {
  switch (wish.kind) {
    case 'overlay-portal':
      return { kind: 'sources', prefixes: [] };
    case 'forward-in':
      return { kind: 'sources', prefixes: wish.allow.map(formatIpPrefix) };
    case 'forward-out':
      return { kind: 'machine' };
    case 'socks':
    case 'http-connect':
      return { kind: wish.credentials === undefined ? 'machine' : 'password' };
  }
}
