/**
 * Are the policies of a configuration right, and what peerings ask of them?
 *
 * Not standardized; docs/policy.md. One set of rules for the file, `policy check` and the router.
 *
 * @module
 */
import { type Finding, RouterError } from '../base/errors.ts';
import {
  type Assignment,
  checkAssignment,
  type PolicyBook,
  type PolicyDocument,
  resolvePolicyDocument,
} from '../bgp/index.ts';

type Named = Assignment & { readonly name: string; readonly groups?: readonly string[] };

/** Returns everything that is wrong with a document and with what peerings say about it. */
export function checkPolicies(config: {
  readonly policy?: PolicyDocument;
  readonly peerings: readonly Named[];
}): Finding[] {
  const { book, findings } = resolvePolicyDocument(config.policy ?? {});
  if (book === undefined) return findings;
  return checkPeerings(book, config.peerings);
}

/** Returns what is wrong with the policies of peerings; `list` is what they stand in. */
export const checkPeerings = (
  book: PolicyBook,
  peerings: readonly Named[],
  list = 'peerings',
): Finding[] => peerings.flatMap((peering, i) => checkPeering(book, peering, `${list}[${i}]`));

/** Returns what is wrong with the policies of one peering. */
export function checkPeering(book: PolicyBook, peering: Named, path: string): Finding[] {
  const groups = Object.keys(book.document.groups ?? {});
  const unknown = (peering.groups ?? []).filter((name) => !groups.includes(name));
  return [
    ...unknown.map(
      (name): Finding => ({
        code: 'POLICY_NAME_UNKNOWN',
        path: `${path}.groups`,
        message: `The policy has no group ${name}.`,
        hint: `Known: ${groups.join(', ') || 'none'}.`,
        severity: 'error',
      }),
    ),
    ...checkAssignment(book, peering, path),
  ];
}

/** Resolves a document that is to run. @throws RouterError with the first thing that is wrong */
export function policyBookOf(document: unknown): PolicyBook {
  const { book, findings } = resolvePolicyDocument(document);
  if (book !== undefined) return book;
  throw errorOf(findings);
}

export function errorOf(findings: readonly Finding[]): RouterError {
  const [first] = findings;
  const text = findings.map(({ path, message, code }) => `${path}: ${message} (${code})`);
  return new RouterError(first?.code ?? 'POLICY_VALUE', text.join('\n'), {
    path: first?.path ?? 'policy',
  });
}
