/**
 * Rows of `flaps` in the shapes of pages.
 *
 * Not standardized; looking-glass specification §2, router-core/router/door/queries/flaps.ts.
 *
 * @module
 */
import 'server-only';
import type { QueryRow } from '../../router-core/index.ts';
import type { Portal } from '../_router/index.ts';
import type { FlapRow, LookingGlassBody } from './view-models.ts';
import { networkOf } from './viewer.ts';

export function answerOfFlaps(
  portal: Portal,
  rows: readonly QueryRow[],
): LookingGlassBody<'flaps'> {
  const summary = rows.find((row) => row.kind === 'summary');
  return {
    query: 'flaps',
    changes: Number(summary?.changes),
    minutes: Number(summary?.minutes),
    isFull: summary?.isFull === true,
    flaps: rows.filter((row) => row.kind === 'flap').map((row) => flapOf(portal, row)),
  };
}

function flapOf(portal: Portal, row: QueryRow): FlapRow {
  return {
    prefix: String(row.prefix),
    since: String(row.since),
    changes: Number(row.changes),
    neighbors: listOf(row.neighbors).map((each) => ({
      name: String(each.name),
      network: networkOf(portal, Number(each.peerAsn)),
      changes: Number(each.changes),
      lastAt: String(each.lastAt),
      isWithdrawn: each.isWithdrawn === true,
    })),
    paths: listOf(row.paths).map((each) => ({
      networks: (String(each.asPathText).match(/\d+/g) ?? []).map((asn) =>
        networkOf(portal, Number(asn)),
      ),
      times: Number(each.times),
      lastAt: String(each.lastAt),
      from: String(each.from),
    })),
    otherPaths: Number(row.otherPaths),
  };
}

const listOf = (value: unknown): readonly QueryRow[] => value as readonly QueryRow[];
