/**
 * The policy language: what the router needs of it.
 *
 * @module
 */
export { bindPolicies, type PolicyBinding } from './chain.ts';
export {
  type Assignment,
  CHAIN_SCHEMA,
  type ChainText,
  GROUPS_SCHEMA,
  PARAMETERS_SCHEMA,
  type ParameterValue,
  POLICY_SCHEMA,
  type PolicyDocument,
} from './document.ts';
export { checkAssignment, type PolicyBook, resolvePolicyDocument } from './resolve.ts';
