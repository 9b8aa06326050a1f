/**
 * Merges environment and file, once per start.
 *
 * Not standardized; docs/architecture.md §7: the environment wins over the file, the file over what
 * the portal stored. What is fixed from outside is listed, so that pages can show it as fixed.
 *
 * @module
 */
import 'server-only';
import { loadConfigFile } from './config-file.ts';
import {
  checkTrustedProxies,
  type Environment,
  readDatabaseUrl,
  readDataFolder,
  readHost,
  readOrigins,
  readPacketPath,
  readPort,
  readRegistrySetting,
  readRouterKind,
  readSecret,
} from './environment.ts';
import { DEFAULT_REGISTRY_POLICY, type Settings } from './settings.ts';

/** @throws SettingError with the one line that stops the start. */
export function readSettings(environment: Environment, rootFolder: string): Settings {
  const dataFolder = readDataFolder(environment, rootFolder);
  checkTrustedProxies(environment);
  const file = environment.ROOTLESS42_CONFIG
    ? loadConfigFile(environment.ROOTLESS42_CONFIG)
    : undefined;
  const registryVariable = environment.ROOTLESS42_REGISTRY;
  const registry = registryVariable
    ? readRegistrySetting(registryVariable, rootFolder, 'ROOTLESS42_REGISTRY')
    : file?.content.registry;
  return {
    port: readPort(environment),
    host: readHost(environment),
    dataFolder,
    rootFolder,
    databaseUrl: readDatabaseUrl(environment, dataFolder),
    secret: readSecret(environment, 'ROOTLESS42_SECRET'),
    operatorToken: readSecret(environment, 'ROOTLESS42_OPERATOR_TOKEN'),
    origins: readOrigins(environment),
    router: readRouterKind(environment),
    packetPath: readPacketPath(environment),
    file,
    registry,
    registryPolicy:
      file === undefined
        ? DEFAULT_REGISTRY_POLICY
        : {
            maxAgeSeconds: file.content.registryMaxAgeSeconds,
            trustPersonKeys: file.content.trustPersonKeys,
          },
    fixed: fixedFields(registryVariable, file),
    demo: environment.ROOTLESS42_DEMO === '1',
  };
}

function fixedFields(
  registryVariable: string | undefined,
  file: Settings['file'],
): Record<string, string> {
  const fixed: Record<string, string> = {};
  if (file !== undefined) {
    // The file describes the whole node, defaults included; what it cannot say stays free.
    for (const key of FILE_NODE_FIELDS) fixed[key] = file.path;
    if (file.givenNodeKeys.includes('place')) fixed['node.place'] = file.path;
    if (file.hasApproval) fixed.approval = file.path;
    if (file.hasRegistry) fixed.registry = file.path;
  }
  if (registryVariable) fixed.registry = 'ROOTLESS42_REGISTRY';
  return fixed;
}

/** Fields of the set-up page that a file decides. */
const FILE_NODE_FIELDS = [
  'asn',
  'node.name',
  'node.addresses',
  'node.announce',
  'node.linkLocal',
  'node.listenPort',
  'node.endpoint',
] as const;
