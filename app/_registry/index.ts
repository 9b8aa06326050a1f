/**
 * The registry as the portal sees it. Parsing is router-core's.
 *
 * @module
 */
export {
  createRegistry,
  type Registry,
  type RegistryReader,
} from './registry.ts';
export {
  createRegistryQuestions,
  type RegistryNetwork,
  type RegistryQuestions,
} from './registry-questions.ts';
