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
import { PortalError } from '../_text/errors.ts';
import { readNodes } from './read-peerings.ts';
import type { NodeServices, ServiceRow, ServicesView, Viewer } from './view-models.ts';

/** A router that is busy longer is shown with what it said last. */
const ANSWER_MS = 1000;

export async function getServices(viewer: Viewer): Promise<ServicesView> {
  if (viewer.kind !== 'operator')
    throw new PortalError(viewer.kind === 'visitor' ? 'UNAUTHENTICATED' : 'FORBIDDEN');
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
        const snapshot = await runtime?.router.client
          .call('snapshot', {}, ANSWER_MS)
          .catch(() => undefined);
        const views = (snapshot?.node ?? runtime?.hub.node())?.services;
        const { services } = ofFile(portal.settings, isDemo);
        return {
          node: facts.name,
          place: facts.place,
          isDemo,
          services: isDemo ? [] : rowsOf(services, views, facts.addresses),
        };
      }),
    ),
  };
}

type Wish = ReturnType<typeof readServices>['wishes'][number];

/** In the order of the switches; one that is off has a row too. */
function rowsOf(
  settings: Parameters<typeof readServices>[0] | undefined,
  views: readonly ServiceView[] | undefined,
  addresses: readonly string[],
): ServiceRow[] {
  const { wishes } = readServices(settings ?? {});
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
