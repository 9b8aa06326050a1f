/**
 * Which policies run with which values: is what a document, or a peering, says of it right?
 *
 * Not standardized; BGP specification §13.2. Codes as in `resolve.ts`.
 *
 * @module
 */
import type { Finding, RouterErrorCode } from '../../../base/errors.ts';
import { BASES, type Direction } from './builtin.ts';
import type { PolicyBook } from './condition.ts';
import type { Assignment, ChainText, ParameterDeclaration, ParameterValue } from './document.ts';

export const WORD_MAX = 0xffffffff;

/** Returns what is wrong with an assignment of a document, or of a peering. */
export function checkAssignment(book: PolicyBook, assignment: Assignment, path: string): Finding[] {
  const findings: Finding[] = [];
  const fail = reporter(findings);
  for (const direction of ['import', 'export'] as const)
    checkChain(book, direction, assignment[direction], `${path}.${direction}`, fail);
  for (const [name, value] of Object.entries(assignment.parameters ?? {})) {
    const declaration = book.parameters.get(name);
    const place = `${path}.parameters.${name}`;
    if (declaration === undefined)
      fail('POLICY_NAME_UNKNOWN', place, `No parameter is named ${name}.`, known(book.parameters));
    else if (!isValueOf(declaration, value))
      fail('POLICY_VALUE', place, `${name} is ${wordsOf(declaration)}, not ${String(value)}.`);
  }
  return findings;
}

export type Fail = (code: RouterErrorCode, path: string, message: string, hint?: string) => void;

export const reporter =
  (findings: Finding[]): Fail =>
  (code, path, message, hint) => {
    findings.push({
      code,
      path,
      message,
      severity: 'error',
      ...(hint === undefined ? {} : { hint }),
    });
  };

export const known = (names: ReadonlyMap<string, unknown> | readonly string[]): string =>
  `Known: ${[...('keys' in names && !Array.isArray(names) ? names.keys() : names)].join(', ')}.`;

function checkChain(
  book: PolicyBook,
  direction: Direction,
  chain: ChainText | undefined,
  path: string,
  fail: Fail,
): void {
  if (chain === undefined) return;
  const lists = Array.isArray(chain) ? [chain] : Object.values(chain as Record<string, string[]>);
  for (const list of lists as readonly (readonly string[])[]) {
    for (const [i, name] of list.entries()) {
      if (BASES[direction].includes(name)) {
        if (i > 0)
          fail('POLICY_VALUE', path, `${name} is what a chain begins with, not what follows.`);
      } else if (!book.policies.has(name))
        fail(
          'POLICY_NAME_UNKNOWN',
          path,
          `No ${direction} policy is named ${name}.`,
          known([...BASES[direction], ...book.policies.keys()]),
        );
    }
  }
  const bases = (lists as readonly (readonly string[])[]).map(([first]) =>
    BASES[direction].find((base) => base === first),
  );
  if (new Set(bases).size > 1)
    fail('POLICY_VALUE', path, 'Both families begin with the same built-in policy, or with none.');
}

export const wordsOf = ({ type, min, max, oneOf }: ParameterDeclaration): string =>
  oneOf !== undefined
    ? `one of ${oneOf.join(', ')}`
    : type === 'number'
      ? `a number from ${min ?? 0} to ${max ?? WORD_MAX}`
      : type === 'boolean'
        ? 'true or false'
        : 'a text';

export function isValueOf(declaration: ParameterDeclaration, value: ParameterValue): boolean {
  const { type, min = 0, max = WORD_MAX, oneOf } = declaration;
  if (type === 'number') return typeof value === 'number' && value >= min && value <= max;
  if (type === 'boolean') return typeof value === 'boolean';
  return typeof value === 'string' && (oneOf?.includes(value) ?? true);
}
