/**
 * The rules of a peering with all that only the server knows: other peerings, registry, limits.
 *
 * Not standardized; portal specification §4.1 to §4.5. `checkPeering` is the dry run of form and
 * API; `requestPeering` and `editPeering` run the same and refuse on the first error.
 *
 * @module
 */
import 'server-only';
import { isDeepStrictEqual } from 'node:util';
import {
  checkPeeringRequest,
  checkPolicies,
  customaryName,
  type Finding,
  type IpAddress,
  type NormalizedPeering,
  normalizePeering,
  operatorOptionAt,
  type PeeringRequest,
  unknownVrf,
} from '../../../router-core/index.ts';
import type { Context } from '../../_auth/index.ts';
import type { Database, Transaction } from '../../_db/index.ts';
import {
  ofFile,
  openOptions,
  type PeeringRow,
  peeringRowOf,
  ruleNodeOf,
} from '../../_router/index.ts';
import { PortalError } from '../../_text/errors.ts';
import type { LoadedNode } from './load.ts';
import { AGAINST_OPTIONS, atOptions } from './options.ts';

/** A claim of a key without a handshake yields to another network after this. */
export const CLAIM_MS = 24 * 3_600_000;

export type CheckedPeering = {
  readonly peering: NormalizedPeering;
  readonly findings: readonly Finding[];
  /** Peerings that lose their key to this one. */
  readonly yielding: readonly PeeringRow[];
};

/** @param before the peering being edited: no rival of itself, and what it was granted stays. */
export async function checkPeering(
  ctx: Context,
  reader: Database | Transaction,
  node: LoadedNode,
  request: PeeringRequest,
  before?: PeeringRow,
): Promise<CheckedPeering> {
  const rows = (
    await reader.peering.findMany({ where: { node: node.facts.name, deletedAt: null } })
  )
    .map(peeringRowOf)
    .filter((row) => row.id !== before?.id && row.administrative !== 'rejected');
  const yielding = rows.filter((row) => doesYield(row, request, ctx.now));
  const others = rows.filter((row) => !yielding.includes(row));
  const isMember = ctx.actor.kind === 'member';
  const registry = ctx.portal.registry.find();
  const named = { ...request, name: request.name ?? freeName(request.asn, others) };
  const peering = normalizePeering(named);
  if (isMember && registry === undefined && hasNewAddress(peering, before))
    throw new PortalError('REGISTRY_UNAVAILABLE');

  const rules = {
    node: ruleNodeOf(node.facts, node.publicKey, peering.vrf),
    others: others.map((row) => otherOf(ctx, row)),
    ...(registry === undefined
      ? {}
      : { addressHolder: (address: IpAddress) => registry.holderUnless(request.asn, address) }),
  };
  const findings = [
    ...checkPeeringRequest(named, { ...rules, actor: isMember ? 'visitor' : 'operator' }),
    ...moreFindings(peering, node, others, isMember),
    ...vrfFindings(node, peering),
    ...policyFindings(ctx, node, peering),
    ...(isMember ? operatorsOnly(peering, before) : []),
  ];
  if (!isMember) return { peering, findings: findings.map(atOptions), yielding };
  if (before === undefined) return { peering, findings, yielding };
  const asked = findings.filter((finding) => !isGranted(finding, peering, before));
  // A rule may stop at a granted value; what it says of the rest, it says as to the operator.
  const rest =
    asked.length === findings.length
      ? []
      : checkPeeringRequest(named, { ...rules, actor: 'operator' }).filter(
          ({ code, path }) => !asked.some((known) => known.code === code && known.path === path),
        );
  return { peering, findings: withoutOptions([...asked, ...rest]), yielding };
}

/** A member's edit keeps the operator's options: one that does not go with them is told no more than that. */
function withoutOptions(findings: readonly Finding[]): Finding[] {
  const isOfOptions = ({ path }: Finding): boolean => operatorOptionAt(path) !== undefined;
  const others = findings.filter((finding) => !isOfOptions(finding));
  const isAgainst = findings.some(
    (finding) => finding.severity === 'error' && isOfOptions(finding),
  );
  return isAgainst ? [...others, AGAINST_OPTIONS] : others;
}

/** Whether a finding is about what the operator granted before and the edit leaves as it is. */
function isGranted({ code, path }: Finding, peering: NormalizedPeering, before: PeeringRow) {
  if (operatorOptionAt(path) !== undefined) return true;
  switch (code) {
    case 'DUPLICATE':
      return path === 'node';
    case 'POLICY_UNKNOWN':
      return peering.policy === before.policy;
    case 'PORT_RANGE':
      return peering.listenPort === (before.listenPort ?? undefined);
    case 'SESSIONS_UNKNOWN':
      return peering.sessions === before.sessions;
    case 'ENDPOINT_PRIVATE':
      return peering.endpoint === (before.endpoint ?? undefined);
    case 'OBFUSCATION_INVALID':
      return (
        path === 'obfuscation' && isDeepStrictEqual(peering.obfuscation ?? null, before.obfuscation)
      );
    case 'ADDRESS_NOT_YOURS':
      return path === 'addresses.ipv4'
        ? peering.addresses.ipv4 === before.addresses.ipv4
        : peering.addresses.ipv6 === before.addresses.ipv6;
    default:
      return false;
  }
}

/** @throws PortalError INPUT_INVALID with every error; warnings pass. */
export function refuseErrors(findings: readonly Finding[]): void {
  const errors = findings.filter((finding) => finding.severity === 'error');
  const first = errors[0];
  if (first !== undefined)
    throw new PortalError('INPUT_INVALID', { message: first.message, errors });
}

function doesYield(row: PeeringRow, request: PeeringRequest, now: Date): boolean {
  return (
    row.publicKey === request.publicKey &&
    row.asn !== request.asn &&
    row.firstHandshakeAt === null &&
    now.getTime() - row.updatedAt.getTime() > CLAIM_MS
  );
}

/** What depends on other rows of the node beyond keys, ports and addresses. */
function moreFindings(
  peering: NormalizedPeering,
  node: LoadedNode,
  others: readonly PeeringRow[],
  isMember: boolean,
): Finding[] {
  const findings: Finding[] = [];
  const error = (code: Finding['code'], path: string, message: string): void => {
    findings.push({ code, path, message, severity: 'error' });
  };
  if (others.some((row) => row.name === peering.name))
    error('DUPLICATE', 'name', `A peering of ${node.facts.name} is named ${peering.name} already.`);
  if (isMember && others.some((row) => row.asn === peering.asn))
    error(
      'DUPLICATE',
      'node',
      `AS${peering.asn} has a peering on ${node.facts.name} already; the operator may allow more.`,
    );
  if (isMember && (peering.policy === 'upstream' || peering.policy === 'accept-all'))
    error('POLICY_UNKNOWN', 'policy', `The policy ${peering.policy} is the operator's to give.`);
  if (peering.listenPort === node.facts.listen.port)
    error(
      'PORT_IN_USE',
      'listenPort',
      `Port ${peering.listenPort} is the shared one; leave it out.`,
    );
  return findings;
}

/** What the rules want to know of another peering; an address may be used once in each virtual router. */
function otherOf({ portal }: Context, row: PeeringRow) {
  const { vrf } = openOptions(portal.sealer, row);
  return {
    publicKey: row.publicKey,
    name: row.name,
    addresses: row.addresses,
    ...(row.listenPort === null ? {} : { listenPort: row.listenPort }),
    ...(vrf === undefined ? {} : { vrf }),
  };
}

/** The file alone names virtual routers. */
function vrfFindings({ facts }: LoadedNode, { vrf }: NormalizedPeering): Finding[] {
  if (vrf === undefined || Object.hasOwn(facts.vrfs ?? {}, vrf)) return [];
  return [{ code: 'VRF_UNKNOWN', path: 'vrf', message: unknownVrf(vrf), severity: 'error' }];
}

/** Names of the policy document are known here alone; the form and the router's rules have none. */
function policyFindings(ctx: Context, node: LoadedNode, peering: NormalizedPeering): Finding[] {
  const { import: chain, export: out, parameters, groups } = peering;
  if ((chain ?? out ?? parameters ?? groups) === undefined) return [];
  const { policy } = ofFile(ctx.portal.settings, node.runtime?.isDemo === true);
  const document = policy === undefined ? {} : { policy };
  return checkPolicies({ ...document, peerings: [peering] }).map((finding) => ({
    ...finding,
    path: finding.path.replace(/^peerings\[0\]\./, ''),
  }));
}

function freeName(asn: number, others: readonly PeeringRow[]): string {
  const taken = new Set(others.map((row) => row.name));
  const base = customaryName(asn);
  if (!taken.has(base)) return base;
  let n = 2;
  while (taken.has(`${base}-${n}`)) n += 1;
  return `${base}-${n}`;
}

/** What a member may have and may not change; choosing a disguise is refused by the rules already. */
function operatorsOnly(peering: NormalizedPeering, before?: PeeringRow): Finding[] {
  const findings: Finding[] = [];
  if (peering.obfuscation === undefined && before !== undefined && before.obfuscation !== null)
    findings.push({
      code: 'OBFUSCATION_INVALID',
      path: 'obfuscation',
      message: "A disguise is the operator's to take away.",
      severity: 'error',
    });
  if ((peering.rateLimit ?? null) !== (before?.rateLimit ?? null))
    findings.push({
      code: 'LIMIT_RANGE',
      path: 'rateLimit',
      message: "A rate limit is the operator's to set.",
      severity: 'error',
    });
  return findings;
}

/** Only an address that was not there before asks for the registry. */
const hasNewAddress = ({ addresses }: NormalizedPeering, before?: PeeringRow): boolean =>
  (['ipv4', 'ipv6'] as const).some(
    (family) => addresses[family] !== undefined && addresses[family] !== before?.addresses[family],
  );
