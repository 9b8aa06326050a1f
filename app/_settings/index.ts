/**
 * Settings of one start.
 *
 * @module
 */
export { type Log, log } from './log.ts';
export { readSettings } from './read-settings.ts';
export { type NodeFacts, SettingError, type Settings } from './settings.ts';
export { readApproval, readRegistrySource, readStored, writeStored } from './stored.ts';
export { readYaml, writeYaml } from './yaml.ts';
