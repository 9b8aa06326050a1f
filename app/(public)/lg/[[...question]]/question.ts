/**
 * The question of the looking glass as an address: `/lg/<node>/<query>/<argument>?vrf=<name>`.
 *
 * Standard: looking-glass specification §2. A form without script sends it as a query string; that is
 * turned into the one address that can be shared.
 *
 * @module
 */
import { DEFAULT_VRF_NAME } from '../../../../router-core/index.ts';
import type { LookingGlassQuery } from '../../../_queries/view-models.ts';

export const QUERIES = [
  'route',
  'why',
  'history',
  'flaps',
  'ping',
  'rejected',
  'malformed',
  'summary',
] as const satisfies LookingGlassQuery[];

export type Question = {
  readonly node: string;
  readonly query: LookingGlassQuery;
  readonly argument: string;
  /** A virtual router; null: the default one. */
  readonly vrf: string | null;
};

type Search = Readonly<Record<string, string | string[] | undefined>>;

/** Reads an address; undefined when it names no question. */
export function readQuestion(
  segments: readonly string[],
  search: Search = {},
): Question | undefined {
  const [node, word, ...rest] = segments.map(decode);
  const query = QUERIES.find((each) => each === word);
  return node === undefined || query === undefined
    ? undefined
    : { node, query, argument: rest.join('/'), vrf: readVrf(search) };
}

/** Reads what the form sent. */
export function readForm(search: Search): Question | undefined {
  const value = (key: string): string => firstOf(search, key);
  const query = QUERIES.find((each) => each === value('query'));
  const node = value('node');
  return query === undefined || node === ''
    ? undefined
    : {
        node,
        query,
        argument: query === 'summary' ? '' : value('target').slice(0, 255),
        vrf: readVrf(search),
      };
}

/** A slash of a prefix stays a slash, everything else is encoded. */
export function addressOf({ node, query, argument, vrf }: Question): string {
  const path = argument.split('/').map(encodeURIComponent).join('/');
  const where = vrf === null ? '' : `?vrf=${encodeURIComponent(vrf)}`;
  return `/lg/${encodeURIComponent(node)}/${query}${argument === '' ? '' : `/${path}`}${where}`;
}

const firstOf = (search: Search, key: string): string => [search[key]].flat()[0]?.trim() ?? '';

/** The default virtual router is one, however it is named: not at all, by its name, or by the form's empty field. */
function readVrf(search: Search): string | null {
  const name = firstOf(search, 'vrf').slice(0, 32);
  return name === '' || name === DEFAULT_VRF_NAME ? null : name;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
