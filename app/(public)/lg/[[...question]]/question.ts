/**
 * The question of the looking glass as an address: `/lg/<node>/<query>/<argument>`.
 *
 * Standard: looking-glass specification §2. A form without script sends it as a query string; that is
 * turned into the one address that can be shared.
 *
 * @module
 */
import type { LookingGlassQuery } from '../../../_queries/view-models.ts';

export const QUERIES = [
  'route',
  'why',
  'history',
  'ping',
  'rejected',
  'malformed',
  'summary',
] as const satisfies LookingGlassQuery[];

export type Question = {
  readonly node: string;
  readonly query: LookingGlassQuery;
  readonly argument: string;
};

/** Reads the segments of the address; undefined when it names no question. */
export function readQuestion(segments: readonly string[]): Question | undefined {
  const [node, word, ...rest] = segments.map(decode);
  const query = QUERIES.find((each) => each === word);
  return node === undefined || query === undefined
    ? undefined
    : { node, query, argument: rest.join('/') };
}

/** Reads what the form sent. */
export function readForm(
  search: Readonly<Record<string, string | string[] | undefined>>,
): Question | undefined {
  const value = (key: string): string => [search[key]].flat()[0]?.trim() ?? '';
  const query = QUERIES.find((each) => each === value('query'));
  const node = value('node');
  return query === undefined || node === ''
    ? undefined
    : { node, query, argument: query === 'summary' ? '' : value('target').slice(0, 255) };
}

/** A slash of a prefix stays a slash, everything else is encoded. */
export function addressOf({ node, query, argument }: Question): string {
  const path = argument.split('/').map(encodeURIComponent).join('/');
  return `/lg/${encodeURIComponent(node)}/${query}${argument === '' ? '' : `/${path}`}`;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
