/**
 * What a node's row says, as the JSON of `Node.settings`; and its reading back.
 *
 * Not standardized; docs/architecture.md §7. The row is written from the set-up page or the file
 * and read by the builder of documents, so both agree on this one shape.
 *
 * @module
 */
import 'server-only';
import type { NodeSettings, RuleNode } from '../../router-core/index.ts';
import type { NodeFacts } from '../_settings/index.ts';

/** Reads the JSON of a row; rows are written by us, so a broken one is our mistake. */
export function nodeFactsOf(row: { readonly settings: unknown }): NodeFacts {
  return row.settings as NodeFacts;
}

/** Returns the part that the router's document carries. */
export function nodeSettingsOf(facts: NodeFacts): NodeSettings {
  return {
    name: facts.name,
    asn: facts.asn,
    routerId: facts.routerId,
    addresses: facts.addresses,
    announce: facts.announce,
    linkLocal: facts.linkLocal,
    listen: facts.listen,
    ...(facts.endpoint === null ? {} : { endpoint: facts.endpoint }),
    privateKeyFile: facts.privateKeyFile,
    privateEndpoints: facts.privateEndpoints,
  };
}

/** The node as it is in a virtual router: addresses and prefixes of its own there, the rest as everywhere. */
export function nodeFactsIn(facts: NodeFacts, vrf: string | undefined): NodeFacts {
  const own = vrf === undefined ? undefined : facts.vrfs?.[vrf];
  if (own === undefined) return facts;
  const { addresses, announce } = own;
  return { ...facts, addresses, announce };
}

/** Returns what the rules of a peering want to know of our end, in the virtual router of the peering. */
export function ruleNodeOf(facts: NodeFacts, publicKey: string, vrf: string | undefined): RuleNode {
  const { addresses, announce } = nodeFactsIn(facts, vrf);
  return {
    name: facts.name,
    asn: facts.asn,
    publicKey,
    linkLocal: facts.linkLocal,
    addresses,
    announce,
    ...(facts.endpoint === null ? {} : { endpoint: facts.endpoint }),
    privateEndpoints: facts.privateEndpoints,
  };
}
