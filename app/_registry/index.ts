/**
 * The registry as the portal sees it. Parsing is router-core's.
 *
 * @module
 */
export {
  createRegistry,
  type LoadedRegistry,
  type Registry,
  type RegistryReader,
  type RegistryState,
} from './registry.ts';
export {
  createRegistryQuestions,
  type RegistryNetwork,
  type RegistryQuestions,
  shortNameOf,
} from './registry-questions.ts';
