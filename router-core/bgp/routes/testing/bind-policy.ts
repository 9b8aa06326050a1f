/**
 * Policies for neighbors of the lab, from the documents operators write.
 *
 * For tests only.
 *
 * @module
 */
import {
  bindPolicies,
  type PolicyBinding,
  type PolicyDocument,
  resolvePolicyDocument,
} from '../../policy/rules/index.ts';
import type { LabNeighbor } from './lab.ts';

export type BindingWish = Partial<Parameters<typeof bindPolicies>[1]>;

/** Binds a document to a neighbor, whose base accepts all unless told otherwise. */
export function bindTo(
  neighbor: LabNeighbor,
  document: PolicyDocument,
  wish: BindingWish = {},
): PolicyBinding {
  const { book, findings } = resolvePolicyDocument(document);
  if (book === undefined) throw new Error(JSON.stringify(findings));
  return bindPolicies(book, {
    name: neighbor.config.name,
    asn: neighbor.asn,
    role: 'accept-all',
    groups: [],
    ...wish,
  });
}
