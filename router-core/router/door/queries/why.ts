/**
 * `why <ip or prefix>`: every path of a prefix against the best, to whom it is told, what changed.
 *
 * Not standardized; looking-glass specification §2, BGP specification §5, §6.1 and §17.
 *
 * Rows, in this order: `path` (best first, rejected last), `export` (one per session, one per path
 * where a session is told several), `change`
 * (newest first). An address asks for its longest match; a prefix for itself.
 * Options: `vrf`.
 *
 * @module
 */
import { RouterError } from '../../../base/errors.ts';
import {
  formatIpPrefix,
  hostPrefix,
  type IpPrefix,
  parseIpPrefix,
} from '../../../base/ip-address.ts';
import type { BgpRoutes, ExportReason, ExportView, RouteView } from '../../../bgp/index.ts';
import { rowOfChange, textOfChange } from './history.ts';
import { type Query, ROUTES_IN_ANSWER, readTarget, vrfOf } from './query.ts';
import { type RouteRow, rowOfRoute } from './route.ts';
import { EXPORT_WORDS, markOf, PATH_EXPORT_WORDS, pathInWords, sourceInWords } from './words.ts';

/** Changes at the end of an answer; `history` tells more. */
const CHANGES_SHOWN = 10;

export const why: Query = {
  *run(router, input, now) {
    const tables = vrfOf(router, input).routes;
    const routes = routesTo(tables, input.argument);
    const prefix = parseIpPrefix(routes[0]?.prefix ?? '') as IpPrefix;
    for (const view of routes) {
      const row = rowOfRoute(router, view, now);
      yield { kind: 'path', ...row, words: pathInWords(row) };
    }
    for (const view of tables.exportsOf(prefix)) yield rowOfExport(view);
    for (const change of tables.history(prefix, 'exact', CHANGES_SHOWN))
      yield { kind: 'change', ...rowOfChange(router, change, now) };
  },
  text(row) {
    if (row.kind === 'change') return `changed  ${textOfChange(row)}`;
    if (row.kind === 'export') return `told     ${String(row.to).padEnd(20)} ${row.words}`;
    const view = row as unknown as RouteRow & { words: string };
    const { prefix, attributes, changedBy, words } = view;
    const from = sourceInWords(view.from, view.pathId);
    const path = attributes.asPathText === '' ? 'own' : `AS path ${attributes.asPathText}`;
    const changes = changedBy.map((change) => `\n    changed by ${change}`).join('');
    return `${markOf(view)} ${prefix.padEnd(24)} ${from.padEnd(20)} ${path}\n    ${words}${changes}`;
  },
};

/** All paths of one prefix. @throws RouterError `ROUTE_UNKNOWN` */
function routesTo(tables: BgpRoutes, argument: string): RouteView[] {
  const { address, prefix } = readTarget(argument);
  const target = prefix ?? hostPrefix(address);
  const lookup = (mode: 'exact' | 'longest' | 'covering'): RouteView[] =>
    tables.lookup({ prefix: target, mode }, ROUTES_IN_ANSWER);
  if (prefix !== undefined) {
    const routes = lookup('exact');
    if (routes.length > 0) return routes;
    const [closest] = lookup('longest');
    throw unknownRoute(
      target,
      closest === undefined
        ? 'No shorter prefix covers it either.'
        : `Packets follow ${closest.prefix}.`,
    );
  }
  const routes = lookup('longest');
  if (routes.length > 0) return routes;
  // Nothing leads there; what was announced and rejected tells why.
  const covering = lookup('covering');
  const closest = covering.at(-1)?.prefix;
  if (closest === undefined)
    throw unknownRoute(target, 'No neighbor announces a prefix that covers it.');
  return covering.filter((view) => view.prefix === closest);
}

const unknownRoute = (prefix: IpPrefix, more: string): RouterError =>
  new RouterError(
    'ROUTE_UNKNOWN',
    `No path to ${formatIpPrefix(prefix)} is known. ${more} The query history tells what became of it.`,
  );

function rowOfExport({ neighbor: _neighbor, peerAsn, ...view }: ExportView) {
  const { isAnnounced, reason, rule, path, insteadOf } = view;
  const reasons = path === null ? EXPORT_WORDS : PATH_EXPORT_WORDS;
  const because = reason === null ? '' : refusalInWords(reasons, reason, rule);
  const state = isAnnounced
    ? reason === null
      ? 'announced'
      : `announced; a withdrawal is on its way: ${because}`
    : reason === null
      ? 'not announced yet: on its way'
      : `not announced: ${because}`;
  // A path with an id of ours: which one, and under which id.
  const which =
    path === null
      ? ''
      : `${sourceInWords(path.from, path.pathId)}${path.sentId === null ? '' : ` as path ${path.sentId}`}: `;
  // Path hiding avoided (RFC 7947 §2.3).
  const instead =
    insteadOf === undefined
      ? ''
      : `, the best of those it may have; not the best of all, from ${sourceInWords(insteadOf.from, insteadOf.pathId)}: ${refusalInWords(PATH_EXPORT_WORDS, insteadOf.reason, insteadOf.rule)}`;
  return { kind: 'export', ...view, asn: peerAsn, words: `${which}${state}${instead}` };
}

const refusalInWords = (
  words: typeof EXPORT_WORDS,
  reason: ExportReason,
  rule: string | null,
): string => `${words[reason]}${rule === null ? '' : ` (${rule})`}`;
