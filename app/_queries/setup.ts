/**
 * The set-up page: good defaults, and what is fixed from outside.
 *
 * Not standardized; view-models.ts, docs/architecture.md §7.
 *
 * @module
 */
import 'server-only';
import { isSetupLinkOpen } from '../_auth/index.ts';
import { getPortal, type Portal } from '../_router/index.ts';
import type { Settings } from '../_settings/index.ts';
import type { SetupInput, SetupView } from './view-models.ts';

export async function getSetupView(token: string | undefined): Promise<SetupView> {
  return readSetupView(getPortal(), token, new Date());
}

export async function readSetupView(
  portal: Portal,
  token: string | undefined,
  now: Date,
): Promise<SetupView> {
  const { settings, database } = portal;
  const isDone = (await database.operator.count()) > 0;
  const isOpen = token !== undefined && (await isSetupLinkOpen(database, token, now));
  return {
    state: isDone ? 'done' : isOpen ? 'open' : 'link-needed',
    defaults: setupDefaults(settings),
    fixed: settings.fixed,
    canDemo: portal.canDemo,
  };
}

/** Values that work for most: what the file says, else DN42's customs. */
function setupDefaults(settings: Settings): Omit<SetupInput, 'password'> {
  const node = settings.file?.content.node;
  const endpoint = node?.endpoint;
  return {
    operatorName: 'operator',
    asn: node?.asn ?? 0,
    networkName: '',
    node: {
      name: node?.name ?? 'node1',
      place: settings.file?.content.place ?? '',
      country: '',
      addresses: node?.addresses ?? [],
      announce: node?.announce ?? [],
      linkLocal: node?.linkLocal ?? '',
      listenPort: node?.listen.port ?? 51820,
      endpoint: endpoint === undefined || endpoint === 'none' ? null : endpoint,
    },
    registry: registryDefault(settings),
    approval: settings.file?.content.approval ?? 'automatic',
  };
}

function registryDefault(settings: Settings): SetupInput['registry'] {
  const source = settings.registry;
  if (source === undefined) return { kind: 'git', url: 'https://git.dn42.dev/dn42/registry.git' };
  return source.kind === 'git' ? { kind: 'git', url: source.url } : source;
}
