/**
 * The policy language: what the router needs of it.
 *
 * @module
 */

export { checkAssignment } from './assignment.ts';
export { bindPolicies, type PolicyBinding } from './chain.ts';
export type { PolicyBook } from './condition.ts';
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
export { parseCommunity } from './patterns.ts';
export { resolvePolicyDocument } from './resolve.ts';
