/**
 * What every page shows: who we are, whether set-up is done, what is wrong right now.
 *
 * Not standardized; view-models.ts.
 *
 * @module
 */
import 'server-only';
import { headers } from 'next/headers';
import { getPageContext, hostName } from '../_auth/index.ts';
import type { Portal } from '../_router/index.ts';
import { readNodes } from './read-peerings.ts';
import type { Network, RegistryAge, SiteView } from './view-models.ts';

const WARN_AGE_MS = 24 * 3_600_000;

export async function getSite(): Promise<SiteView> {
  const { portal, now } = await getPageContext();
  const nodes = await readNodes(portal);
  return {
    network: await readOurNetwork(portal),
    version: portal.version,
    portal: hostName((await headers()).get('host') ?? '') ?? 'localhost',
    needsSetup: nodes.size === 0,
    isDemo: [...portal.nodes.values()].some((node) => node.isDemo),
    contact: null,
    banner: bannerOf(portal, nodes.size > 0, now),
  };
}

/** Our own network: that of the first node. */
export async function readOurNetwork(portal: Portal): Promise<Network> {
  const first = (await readNodes(portal)).values().next();
  if (first.done) return { asn: 0, name: null };
  const { asn, networkName } = first.value.facts;
  return { asn, name: networkName ?? portal.registry.find()?.shortName(asn) ?? null };
}

export function registryAge(portal: Portal): RegistryAge {
  const state = portal.registry.state();
  return {
    commit: state.commit,
    loadedAt: state.loadedAt?.toISOString() ?? null,
    checkedAt: state.checkedAt?.toISOString() ?? null,
    roas: state.roas,
  };
}

function bannerOf(portal: Portal, isSetUp: boolean, now: Date): SiteView['banner'] {
  if (!isSetUp) return null;
  const away = [...portal.nodes.values()].find((node) => node.router.state().kind === 'down');
  if (away !== undefined)
    return {
      severity: 'warn',
      code: 'ROUTER_AWAY',
      fact: `The router of ${away.name} is restarting.`,
      rest: 'Peerings are stored; they return by themselves.',
    };
  const registry = portal.registry.state();
  if (registry.commit === null)
    return {
      severity: 'warn',
      code: 'REGISTRY_UNAVAILABLE',
      fact: 'The registry cannot be read.',
      rest: 'Nobody can sign in now; peerings run on.',
    };
  const age = now.getTime() - (registry.checkedAt?.getTime() ?? 0);
  if (age > WARN_AGE_MS)
    return {
      severity: 'info',
      code: null,
      fact: `The registry was last checked ${Math.floor(age / 3_600_000)} hours ago.`,
      rest: 'New networks may be missing.',
    };
  return null;
}
