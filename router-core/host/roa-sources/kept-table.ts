/**
 * The last good table of a source, on disk: what a node has before its sources have answered.
 *
 * Not standardized. One JSON file per source, named by the hash of what the source is called; a damaged or
 * missing one is no table.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { formatIpPrefix, parseIpPrefix } from '../../base/ip-address.ts';
import { wallTime } from '../../base/units.ts';
import type { Roa } from '../../router/index.ts';
import { readJsonIfAny, writeFileAtomically } from '../files.ts';
import type { SourceTable } from './source.ts';

type KeptDocument = {
  /** For people who look into the folder. */
  readonly source: string;
  readonly updatedAt: number;
  readonly roas: readonly (readonly [prefix: string, maxLength: number, asn: number])[];
};

export const keptTablePath = (folder: string, source: string): string =>
  join(folder, `${createHash('sha256').update(source).digest('hex').slice(0, 16)}.json`);

/** Writes the table. @throws when the disk refuses */
export function keepTable(folder: string, source: string, table: SourceTable): void {
  const document: KeptDocument = {
    source,
    updatedAt: table.updatedAt,
    roas: table.roas.map(({ prefix, maxLength, asn }) => [formatIpPrefix(prefix), maxLength, asn]),
  };
  writeFileAtomically(keptTablePath(folder, source), `${JSON.stringify(document)}\n`);
}

/** Returns the table that was kept, or undefined. */
export function readKeptTable(folder: string, source: string): SourceTable | undefined {
  const document = readJsonIfAny(keptTablePath(folder, source)) as
    | Partial<KeptDocument>
    | undefined;
  if (typeof document?.updatedAt !== 'number' || !Array.isArray(document.roas)) return undefined;
  const roas = (document.roas as KeptDocument['roas']).map(roaOf);
  if (roas.includes(undefined)) return undefined;
  return { roas: roas as Roa[], updatedAt: wallTime(document.updatedAt) };
}

function roaOf(row: unknown): Roa | undefined {
  if (!Array.isArray(row)) return undefined;
  const [text, maxLength, asn] = row as unknown[];
  const prefix = typeof text === 'string' ? parseIpPrefix(text) : undefined;
  const isRight = prefix !== undefined && Number.isInteger(maxLength) && Number.isInteger(asn);
  return isRight ? { prefix, maxLength: maxLength as number, asn: asn as number } : undefined;
}
