/**
 * What tells one row of an answer from all others, for React.
 *
 * Standard: RFC 7911: with add-path a neighbor tells, and is told, several paths of one prefix; the
 * neighbor alone, or the session, names no single row then.
 *
 * @module
 */
import type { ExportRow, RoutePath } from '../../../_queries/view-models.ts';

type PathName = Pick<RoutePath, 'prefix' | 'neighbor' | 'pathId'>;

export const keyOfPath = ({ prefix, neighbor, pathId }: PathName): string =>
  `${prefix} ${neighbor ?? ''} ${pathId ?? ''}`;

export const keyOfExport = ({ to, path }: Pick<ExportRow, 'to' | 'path'>): string =>
  path === null ? to : `${to} ${path.from} ${path.pathId ?? ''}`;
