/**
 * Rows of `why`, `history`, `rejected` and `malformed` in the shapes of pages.
 *
 * Not standardized; looking-glass specification §2, router-core/router/door/queries.
 *
 * @module
 */
import 'server-only';
import type { QueryRow } from '../../router-core/index.ts';
import type { Portal } from '../_router/index.ts';
import { answerOfRoutes, pathOf, recordOf } from './looking-glass-route.ts';
import { numberOrNull, textOrNull } from './looking-glass-rows.ts';
import type {
  ExportRow,
  LookingGlassBody,
  MalformedMessage,
  PathChange,
  RejectedSession,
} from './view-models.ts';
import { networkOf } from './viewer.ts';

export function answerOfWhy(
  portal: Portal,
  argument: string,
  rows: readonly QueryRow[],
): LookingGlassBody<'why'> {
  const ofKind = (kind: string): QueryRow[] => rows.filter((row) => row.kind === kind);
  return {
    query: 'why',
    ...answerOfRoutes(portal, argument, ofKind('path')),
    exports: ofKind('export').map((row) => exportOf(portal, row)),
    changes: ofKind('change').map((row) => changeOf(portal, row)),
  };
}

export const answerOfHistory = (
  portal: Portal,
  rows: readonly QueryRow[],
): LookingGlassBody<'history'> => ({
  query: 'history',
  changes: rows.map((row) => changeOf(portal, row)),
});

export const answerOfRejected = (
  portal: Portal,
  rows: readonly QueryRow[],
): LookingGlassBody<'rejected'> => ({
  query: 'rejected',
  sessions: rows.filter((row) => row.kind === 'summary').map(sessionOf),
  paths: rows.filter((row) => row.kind === 'path').map((row) => pathOf(portal, row)),
});

export const answerOfMalformed = (rows: readonly QueryRow[]): LookingGlassBody<'malformed'> => ({
  query: 'malformed',
  messages: rows.map(messageOf).reverse(),
});

function exportOf(portal: Portal, row: QueryRow): ExportRow {
  const path = row.path === null ? undefined : recordOf(row.path);
  const best = row.insteadOf === undefined ? undefined : recordOf(row.insteadOf);
  return {
    to: String(row.to),
    network: networkOf(portal, Number(row.asn)),
    path: path === undefined ? null : { ...sourceOf(path), sentId: numberOrNull(path.sentId) },
    isAnnounced: row.isAnnounced === true,
    reason: textOrNull(row.reason),
    rule: textOrNull(row.rule),
    insteadOf:
      best === undefined
        ? null
        : { ...sourceOf(best), reason: String(best.reason), rule: textOrNull(best.rule) },
  };
}

const sourceOf = ({ from, pathId }: Readonly<Record<string, unknown>>) => ({
  from: String(from),
  pathId: numberOrNull(pathId),
});

function changeOf(portal: Portal, row: QueryRow): PathChange {
  return {
    at: String(row.at),
    prefix: String(row.prefix),
    from: textOrNull(row.from),
    to: textOrNull(row.to),
    fromPathId: numberOrNull(row.fromPathId),
    toPathId: numberOrNull(row.toPathId),
    cause: String(row.cause),
    detail: textOrNull(row.detail),
    origin: row.originAs === null ? null : networkOf(portal, Number(row.originAs)),
  };
}

function sessionOf(row: QueryRow): RejectedSession {
  const reasons = Array.isArray(row.reasons) ? row.reasons.map(recordOf) : [];
  return {
    name: String(row.session),
    count: Number(row.rejected),
    reasons: reasons.map(({ reason, count }) => ({
      reason: String(reason),
      count: Number(count),
    })),
  };
}

function messageOf(row: QueryRow): MalformedMessage {
  const { reaction } = row;
  return {
    session: String(row.session),
    at: String(row.at),
    reaction: reaction === 'reset' || reaction === 'discard' ? reaction : 'withdraw',
    attribute: textOrNull(row.attribute),
    dump: String(row.dump),
  };
}
