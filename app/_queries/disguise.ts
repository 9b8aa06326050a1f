/**
 * How the messages of a peering are disguised, from its row and its node.
 *
 * Not standardized; router-core/router/disguise.ts decides. Who may see the peering may see it: the other
 * side needs the same options.
 *
 * @module
 */
import 'server-only';
import { disguiseOf } from '../../router-core/index.ts';
import type { PeeringRow } from '../_router/index.ts';
import type { NodeFacts } from '../_settings/index.ts';
import type { PeeringObject } from './view-models.ts';

export function disguiseOfRow(
  { listen }: NodeFacts,
  { obfuscation, listenPort, mtu }: Pick<PeeringRow, 'obfuscation' | 'listenPort' | 'mtu'>,
): PeeringObject['disguise'] {
  const ofPort = disguiseOf({ listenPort, mtu }, listen);
  const inForce = obfuscation === null ? ofPort : disguiseOf({ obfuscation, mtu }, listen);
  return { ...inForce, ofPort: ofPort.obfuscation };
}
