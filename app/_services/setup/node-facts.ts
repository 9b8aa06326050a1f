/**
 * From the set-up page to the facts of a node: defaults by DN42's customs, and every mistake named.
 *
 * Not standardized; docs/architecture.md §7. What a file fixes wins over what the page says.
 *
 * @module
 */
import 'server-only';
import path from 'node:path';
import {
  customaryLinkLocal,
  firstOfFamily,
  parseIpAddress,
  parseIpPrefix,
  type RegistrySource,
} from '../../../router-core/index.ts';
import type { SetupInput } from '../../_queries/view-models.ts';
import type { NodeFacts, Settings } from '../../_settings/index.ts';
import { type FieldError, PortalError } from '../../_text/errors.ts';

/** Returns the facts a configuration file states; undefined without a file. */
export function factsOfFile(settings: Settings): NodeFacts | undefined {
  const file = settings.file?.content;
  if (file === undefined) return undefined;
  const { node } = file;
  return {
    name: node.name,
    asn: node.asn,
    networkName: null,
    place: file.place ?? null,
    country: null,
    routerId: node.routerId,
    addresses: node.addresses,
    announce: node.announce,
    linkLocal: node.linkLocal,
    listen: node.listen,
    endpoint: node.endpoint ?? null,
    privateKeyFile: settings.file?.givenNodeKeys.includes('privateKeyFile')
      ? node.privateKeyFile
      : defaultKeyFile(settings, node.name),
    privateEndpoints: node.privateEndpoints,
    routes: file.routes,
    ...(file.vrfs === undefined ? {} : { vrfs: file.vrfs }),
  };
}

/** Reads the set-up page. @throws PortalError INPUT_INVALID with every field that is wrong. */
export function factsOfInput(settings: Settings, input: SetupInput): NodeFacts {
  const ofFile = factsOfFile(settings);
  const named = {
    networkName: input.networkName.trim() || null,
    place: input.node.place.trim() || null,
    country: input.node.country.trim().toUpperCase() || null,
  };
  if (ofFile !== undefined) return { ...ofFile, ...named, place: ofFile.place ?? named.place };
  refuseErrors(checkNode(input));
  const { node } = input;
  return {
    ...named,
    name: node.name,
    asn: input.asn,
    routerId: firstOfFamily(node.addresses, 4) ?? routerIdOf(input.asn),
    addresses: node.addresses,
    announce: node.announce,
    linkLocal: node.linkLocal || customaryLinkLocal(input.asn),
    listen: { port: node.listenPort, host: '::' },
    endpoint: node.endpoint ?? 'none',
    privateKeyFile: defaultKeyFile(settings, node.name),
    privateEndpoints: false,
    routes: [],
  };
}

/** Reads the registry of the set-up page; undefined when there is none. */
export function registryOfInput(input: SetupInput): RegistrySource | undefined {
  const { registry } = input;
  if (registry.kind === 'none') return undefined;
  if (registry.kind === 'directory') {
    if (!path.isAbsolute(registry.path))
      refuseErrors([wrong('CONFIG_TYPE', 'registry.path', 'Give an absolute path.')]);
    return { kind: 'directory', path: registry.path };
  }
  if (!/^(https|ssh):\/\/[^\s-]\S*$/.test(registry.url))
    refuseErrors([wrong('CONFIG_TYPE', 'registry.url', 'Give a git URL with https or ssh.')]);
  return { kind: 'git', url: registry.url };
}

const defaultKeyFile = (settings: Settings, node: string): string =>
  path.join(settings.dataFolder, 'keys', `${node}.key`);

/** An address nobody in DN42 has: 10.127/16 is NeoNetwork's, the id only has to be unlike others. */
const routerIdOf = (asn: number): string => `10.127.${(asn % 10000) >>> 8}.${(asn % 10000) & 255}`;

function checkNode({ node }: SetupInput): FieldError[] {
  const errors: FieldError[] = [];
  if (!/^[a-z0-9-]{1,32}$/.test(node.name))
    errors.push(wrong('NAME_INVALID', 'node.name', 'Use 1 to 32 of a-z, 0-9 and "-".'));
  for (const [i, address] of node.addresses.entries())
    if (parseIpAddress(address) === undefined)
      errors.push(wrong('ADDRESS_SYNTAX', `node.addresses.${i}`, 'This is not an IP address.'));
  for (const [i, prefix] of node.announce.entries())
    if (parseIpPrefix(prefix) === undefined)
      errors.push(
        wrong(
          'PREFIX_SYNTAX',
          `node.announce.${i}`,
          'Write it like 172.21.128.0/27, host bits zero.',
        ),
      );
  if (node.linkLocal !== '' && !/^fe80:/i.test(node.linkLocal))
    errors.push(wrong('LL_SYNTAX', 'node.linkLocal', 'A link-local address begins with fe80::'));
  else if (node.linkLocal !== '' && parseIpAddress(node.linkLocal) === undefined)
    errors.push(wrong('LL_SYNTAX', 'node.linkLocal', 'This is not an IPv6 address.'));
  if (node.endpoint !== null && !isHost(node.endpoint))
    errors.push(
      wrong('ENDPOINT_SYNTAX', 'node.endpoint', 'Give a host name or an address, without a port.'),
    );
  return errors;
}

const isHost = (text: string): boolean =>
  parseIpAddress(text) !== undefined ||
  /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(
    text,
  );

const wrong = (code: string, path: string, message: string): FieldError => ({
  code,
  path,
  message,
});

function refuseErrors(errors: readonly FieldError[]): void {
  const first = errors[0];
  if (first !== undefined)
    throw new PortalError('INPUT_INVALID', { message: first.message, errors });
}
