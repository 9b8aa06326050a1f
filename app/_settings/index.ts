/**
 * Settings of one start.
 *
 * @module
 */
export { parseConfigFile } from './config-file.ts';
export { createLog, type Log, type LogLevel, log } from './log.ts';
export { readSettings } from './read-settings.ts';
export {
  type Approval,
  DEFAULT_REGISTRY_POLICY,
  type LoadedConfigFile,
  type NodeFacts,
  type RegistryPolicy,
  type RouterKind,
  SettingError,
  type Settings,
} from './settings.ts';
export {
  readApproval,
  readRegistrySource,
  readStored,
  type StoredSettings,
  writeStored,
} from './stored.ts';
