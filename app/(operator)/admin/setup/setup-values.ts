/**
 * The set-up form as plain values, and the document it sends. Pure.
 *
 * @module
 */
import {
  customaryLinkLocal,
  type Finding,
  parseAsnOfVisitor,
  parseIpAddress,
  parseIpPrefix,
} from '../../../../router-core/index.ts';
import type { SetupInput, SetupView } from '../../../_queries/view-models.ts';

export const LEAST_PASSWORD = 12;

export type SetupValues = {
  readonly operatorName: string;
  readonly password: string;
  readonly asn: string;
  readonly networkName: string;
  readonly name: string;
  readonly place: string;
  readonly country: string;
  /** One per line. */
  readonly addresses: string;
  readonly announce: string;
  readonly linkLocal: string;
  readonly listenPort: string;
  readonly isUnreachable: boolean;
  readonly endpoint: string;
  readonly registryKind: SetupInput['registry']['kind'];
  readonly registryUrl: string;
  readonly registryPath: string;
  readonly approval: SetupInput['approval'];
};

export function initialValues({ defaults, fixed }: SetupView, host: string): SetupValues {
  const { node, registry } = defaults;
  const isGiven = 'node.endpoint' in fixed;
  return {
    operatorName: defaults.operatorName,
    password: '',
    asn: defaults.asn === 0 ? '' : String(defaults.asn),
    networkName: defaults.networkName,
    name: node.name,
    place: node.place,
    country: node.country,
    addresses: node.addresses.join('\n'),
    announce: node.announce.join('\n'),
    linkLocal: node.linkLocal,
    listenPort: String(node.listenPort),
    isUnreachable: isGiven && node.endpoint === null,
    endpoint: node.endpoint ?? (isGiven ? '' : host),
    registryKind: registry.kind,
    registryUrl: registry.kind === 'git' ? registry.url : '',
    registryPath: registry.kind === 'directory' ? registry.path : '',
    approval: defaults.approval,
  };
}

/** The AS number decides our link-local address, by DN42's custom, until it is typed. */
export function withAsn(values: SetupValues, asn: string): SetupValues {
  const before = parseAsnOfVisitor(values.asn);
  const after = parseAsnOfVisitor(asn);
  const isOurs =
    values.linkLocal === '' || (before && values.linkLocal === customaryLinkLocal(before));
  return {
    ...values,
    asn,
    linkLocal: isOurs ? (after === undefined ? '' : customaryLinkLocal(after)) : values.linkLocal,
  };
}

export const setupInputOf = (values: SetupValues): SetupInput => ({
  operatorName: values.operatorName.trim(),
  password: values.password,
  asn: parseAsnOfVisitor(values.asn) ?? 0,
  networkName: values.networkName.trim(),
  node: {
    name: values.name.trim(),
    place: values.place.trim(),
    country: values.country.trim().toUpperCase(),
    addresses: linesOf(values.addresses),
    announce: linesOf(values.announce),
    linkLocal: values.linkLocal.trim(),
    listenPort: Number(values.listenPort),
    endpoint: values.isUnreachable || values.endpoint.trim() === '' ? null : values.endpoint.trim(),
  },
  registry:
    values.registryKind === 'git'
      ? { kind: 'git', url: values.registryUrl.trim() }
      : values.registryKind === 'directory'
        ? { kind: 'directory', path: values.registryPath.trim() }
        : { kind: 'none' },
  approval: values.approval,
});

export type SetupFinding = Pick<Finding, 'path' | 'message'> & { readonly code: string };

/** What can be said without a server; the server checks everything again. */
export function checkSetup(values: SetupValues): SetupFinding[] {
  const findings: SetupFinding[] = [];
  const add = (code: string, path: string, message: string) =>
    findings.push({ code, path, message });
  if (values.operatorName.trim() === '') add('NAME_INVALID', 'operatorName', 'Give a name.');
  if (values.password.length < LEAST_PASSWORD)
    add('PASSWORD_TOO_SHORT', 'password', 'The password needs at least 12 characters.');
  if (parseAsnOfVisitor(values.asn) === undefined)
    add('ASN_INVALID', 'asn', 'An AS number is 1 to 10 digits; four mean AS424242xxxx.');
  if (!/^[a-z0-9-]{1,32}$/.test(values.name.trim()))
    add('NAME_INVALID', 'node.name', 'Use 1 to 32 of a-z, 0-9 and "-".');
  if (!/^([A-Za-z]{2})?$/.test(values.country.trim()))
    add('CONFIG_TYPE', 'node.country', 'A country is two letters, such as JP.');
  const badAddress = linesOf(values.addresses).find((line) => parseIpAddress(line) === undefined);
  if (badAddress !== undefined)
    add('ADDRESS_SYNTAX', 'node.addresses', `${badAddress} is not an IP address.`);
  const badPrefix = linesOf(values.announce).find((line) => parseIpPrefix(line) === undefined);
  if (badPrefix !== undefined)
    add(
      'PREFIX_SYNTAX',
      'node.announce',
      `Write ${badPrefix} like 172.21.128.0/27, host bits zero.`,
    );
  const port = Number(values.listenPort);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    add('PORT_RANGE', 'node.listenPort', 'A port is 1 to 65535.');
  if (!values.isUnreachable && values.endpoint.trim() === '')
    add('ENDPOINT_REQUIRED', 'node.endpoint', 'Give a name or an address, or tick “none”.');
  return findings;
}

const linesOf = (text: string): string[] =>
  text
    .split(/[\s,]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
